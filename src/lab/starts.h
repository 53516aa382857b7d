/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts and preferences for many runs. */
#ifndef COD_LAB_STARTS_H
#define COD_LAB_STARTS_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/problem.h>
#include <codescent/status.h>

typedef enum cod_start_kind {
    COD_STARTS_QUASI,     /* evenly spread over the box; the default */
    COD_STARTS_UNIFORM,   /* independent, uniform on the box */
    COD_STARTS_PUBLISHED, /* the problem's own, cod_problem_def.start */
} cod_start_kind;

/* Fills ret_x with `count` starts in the problem's box.
 *
 * Quasi-random: up to 40 variables a Sobol sequence (GSL; Antonov and Saleev 1979),
 * moved by a vector drawn from the seed, modulo 1 (Cranley and Patterson 1976), so that
 * seeds differ; the first starts are the same for any count. Above 40 variables, where
 * Sobol's and Halton's projections are poor, a Latin hypercube (McKay, Beckman and
 * Conover 1979), which depends on count.
 *
 * COD_OK; COD_EARGUMENT; COD_EDOMAIN (the box is not finite: the message names the
 * variable); COD_EMISSING (fewer than `count` published starts); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_starts(const cod_problem *problem, cod_start_kind kind,
                                     size_t count, uint64_t seed, double *ret_x,
                                     cod_message *ret_message);

/* At most `wanted` preferences of m entries, positive, of unit sum, evenly spread and
 * inside. m = 2: proportional to (cos a, sin a), a = (k - 1/2)/K pi/2. m > 2: the
 * largest lattice of Das and Dennis (1998) of at most `wanted` points, entries floored
 * at 1e-3 and divided by their sum; the centre alone where not even m points are
 * wanted.
 *
 * ret_preferences: wanted x m values (room for all). COD_OK; COD_EARGUMENT */
COD_MUST_CHECK cod_status cod_preferences(size_t m, size_t wanted,
                                          double *ret_preferences, size_t *ret_count);

#endif
