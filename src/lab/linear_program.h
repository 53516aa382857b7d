/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small linear programs over the simplex; the one file that knows GLPK. */
#ifndef COD_LAB_LINEAR_PROGRAM_H
#define COD_LAB_LINEAR_PROGRAM_H

#include <stddef.h>

#include <codescent/status.h>

/* max { c'x : A x >= b, x >= 0, sum x = 1 }
 *
 * A: rows x n, row-major; b[i] = -INFINITY: there is no such constraint, and row i of A
 * is not read. A and b may be NULL where rows = 0. Nothing is kept.
 * ret_x: n values >= 0 of unit sum, a vertex; where several are best, the same one in
 * every run. ret_value: c'x, may be NULL. Both are written only where the result is
 * COD_OK.
 *
 * GLPK's simplex method, primal, then dual, then in rational numbers, until an answer
 * stands this check: A x >= b within 1e-9 of each row's largest |a_ij - b_i| (or 8
 * roundings of its largest number, where that is more), and c'x within 1e-9 of the
 * bound that the dual variables give. Rows and c are scaled, so that their units do not
 * matter. The set is bounded, and with it the program.
 *
 * Each call makes and frees its own GLPK environment: calls of several threads do not
 * meet, nothing is printed, and no error of GLPK's ends the process. (GMP, under the
 * rational numbers, does end it where it is refused memory.) Rational numbers are only
 * met where rows all but contradict each other; 14 variables take 0.1 s there.
 *
 * COD_OK; COD_EARGUMENT (a NULL, n = 0, or more than 1e8 rows or variables);
 * COD_ENONFINITE (in A, c, or b other than -INFINITY); COD_EDOMAIN (infeasible);
 * COD_ENUMERIC (no answer stands the check); COD_EMEMORY; COD_EORDER (the calling
 * thread has a GLPK environment already, which GLPK cannot set aside) */
COD_MUST_CHECK cod_status cod_linear_program(size_t n, size_t rows, const double *A,
                                             const double *b, const double *c,
                                             double *ret_x, double *ret_value,
                                             cod_message *ret_message);

/* GLPK's version. */
const char *cod_linear_program_version(void);

#endif
