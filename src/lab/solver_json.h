/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A solver's options as JSON. */
#ifndef COD_LAB_SOLVER_JSON_H
#define COD_LAB_SOLVER_JSON_H

#include <jansson.h>

#include <codescent/options.h>
#include <codescent/solver.h>

/* The value of one option of a struct of options. A new reference, or NULL. */
json_t *cod_option_json(const cod_option *option, const void *options);

/* {"option": value, ..., "inner": [...]} after defaults, the engine's options included;
 * a new reference, or NULL where memory is short. */
json_t *cod_solver_json(const cod_solver *solver);

#endif
