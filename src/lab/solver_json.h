/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options in force as JSON: a solver's, and others' that have a table of them. */
#ifndef COD_LAB_SOLVER_JSON_H
#define COD_LAB_SOLVER_JSON_H

#include <jansson.h>

#include <codescent/options.h>
#include <codescent/solver.h>

/* {"option": value, ...} of a struct of options. A new reference, or NULL. */
json_t *cod_options_json(const cod_option *table, size_t count, const void *options);

/* {"option": value, ..., "inner": [...]} after defaults, the engine's options included;
 * a new reference, or NULL where memory is short. */
json_t *cod_solver_json(const cod_solver *solver);

#endif
