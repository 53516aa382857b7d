/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The descriptors in this folder, and what they share. */
#ifndef COD_PROBLEMS_COMMON_H
#define COD_PROBLEMS_COMMON_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <codescent/problem.h>

extern const cod_problem_def cod_problem_dtlz2;
extern const cod_problem_def cod_problem_fonseca;
extern const cod_problem_def cod_problem_jos1;
extern const cod_problem_def cod_problem_kw2;
extern const cod_problem_def cod_problem_mop7;
extern const cod_problem_def cod_problem_toy2d;
extern const cod_problem_def cod_problem_zdt1;
extern const cod_problem_def cod_problem_zdt2;
extern const cod_problem_def cod_problem_zdt3;

#define COD_COUNT(table)   (sizeof(table) / sizeof *(table))

/* Variables, at the most. */
#define COD_MOST_VARIABLES 1e7

/* Options of the problems whose only choice is n. */
typedef struct cod_n_options {
    int64_t n;
} cod_n_options;

/* m = 2 and n from a cod_n_options. */
cod_status cod_size_two(const void *options, cod_problem_size *ret_size);

/* The same bounds for every variable. */
void cod_fill_box(const cod_problem *problem, double lower, double upper,
                  double *ret_lower, double *ret_upper);

/* The point of a front's curve at parameter t, two objectives. */
typedef void (*cod_curve)(const void *data, double t, double *ret_f);

#define COD_MOST_PIECES 8

/* Points of a front that is a curve in pieces t in [ends[2k], ends[2k + 1]], at equal
 * distances along it; each piece has its two ends among them where there are enough
 * points. Returns how many were written: `count`. */
size_t cod_curve_points(cod_curve curve, const void *data, size_t pieces,
                        const double *ends, size_t count, double *ret_points);

/* The lattice of Das and Dennis (1998, SIAM J. Optim. 8(3)): all points of the simplex
 * whose entries are multiples of 1/h, with the largest h that gives at most `count` of
 * them. Returns how many; none for count < m. ret_weights: count x m values. */
size_t cod_lattice(size_t m, size_t count, double *ret_weights);

#endif
