/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A problem's analytic derivatives against numerical ones. */
#ifndef COD_LAB_CHECK_H
#define COD_LAB_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/problem.h>
#include <codescent/status.h>

/* The worst of one objective over all points and variables. */
typedef struct cod_check {
    double difference; /* |analytic - numerical|, less what rounding f explains, over
                          the largest |derivative| of this objective at this point */
    size_t point;      /* where it was found, from 0 */
    size_t variable;   /* from 0 */
    double analytic;
    double numerical;
} cod_check;

/* Compares at `points` quasi-random points of the box, kept 5 % of its width off its
 * sides, where the differences stay inside and square roots are smooth
 * (gsl_deriv_central: the 5-point rule), with shorter steps where the two differ:
 * beside a kink.
 *
 * @param ret_checks  m of them
 * @return COD_OK; COD_EARGUMENT; COD_ENONFINITE and what else cod_problem_evaluate()
 *         finds; COD_EDOMAIN (the box is not finite); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_check_derivatives(const cod_problem *problem,
                                                size_t points, uint64_t seed,
                                                cod_check *ret_checks,
                                                cod_message *ret_message);

#endif
