/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All methods that the program knows: those of libcodescent, and those that only the
 * lab has because they need GLPK. */
#ifndef COD_LAB_METHODS_H
#define COD_LAB_METHODS_H

#include <stddef.h>

#include <codescent/method.h>

/* The lab's own, for cod_setup.methods. */
const cod_method *const *cod_lab_methods(size_t *ret_count);

/* All, the lab's own last. */
size_t cod_all_method_count(void);
const cod_method *cod_all_method_at(size_t k);

/* By name; NULL, and a message with the nearest name. */
const cod_method *cod_all_method_find(const char *name, cod_message *ret_message);

/* Whether a solver's method, or one inside it, is told this input. */
int cod_solver_takes(const cod_solver *solver, const char *input);

/* Whether it is made for sets of points, or one inside it. */
int cod_solver_moves_set(const cod_solver *solver);

/* The most independent batches that it asks for, or one inside it. */
size_t cod_solver_batches(const cod_solver *solver);

#endif
