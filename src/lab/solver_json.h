/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A solver's options as JSON. */
#ifndef COD_LAB_SOLVER_JSON_H
#define COD_LAB_SOLVER_JSON_H

#include <jansson.h>

#include <codescent/solver.h>

/* {"option": value, ..., "inner": [...]} after defaults, the engine's options included;
 * a new reference, or NULL where memory is short. */
json_t *cod_solver_json(const cod_solver *solver);

#endif
