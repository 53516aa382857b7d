/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of the ZDT problems (Zitzler, Deb and Thiele 2000): f_1 = x_1, f_2 = g h
 * with g = 1 + 9 mean(x_2 .. x_n), and h a shape of u = f_1/g and f_1. */
#ifndef COD_PROBLEMS_ZDT_H
#define COD_PROBLEMS_ZDT_H

#include "experiments/problems/common.h"

/* df_2/dx_1 is -infinity at x_1 = 0 where h has a root of u; a bound in place of 0. */
#define COD_ZDT_LEAST 1e-12

#define COD_ZDT_BIBTEX                                                                 \
    "@article{zitzler2000comparison,\n"                                                \
    "  author = {Zitzler, Eckart and Deb, Kalyanmoy and Thiele, Lothar},\n"            \
    "  title = {Comparison of multiobjective evolutionary algorithms: empirical\n"     \
    "           results},\n"                                                           \
    "  journal = {Evolutionary Computation},\n"                                        \
    "  volume = {8}, number = {2}, pages = {173--195}, year = {2000}\n"                \
    "}\n"

/* h and its derivatives with respect to u and f_1. */
typedef struct cod_zdt_shape {
    double h;
    double by_u;
    double by_f;
} cod_zdt_shape;

/* n, at least 2. */
extern const cod_option cod_zdt_options[1];

void cod_zdt_box(const cod_problem *problem, double *ret_lower, double *ret_upper);
void cod_zdt_reference(const cod_problem *problem, double *ret_reference);
void cod_zdt_evaluate(const cod_problem *problem, const double *x,
                      cod_zdt_shape (*shape)(double u, double f), double *ret_f,
                      double *ret_jacobian);

#endif
