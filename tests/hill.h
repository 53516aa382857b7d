/* SPDX-License-Identifier: MIT */
/* The problem of the tests of memory: f_i = |x - i 1|^2, two objectives of three
 * variables, in a box. */
#ifndef COD_TESTS_HILL_H
#define COD_TESTS_HILL_H

#include <codescent/problem.h>

static inline cod_status hill_size(const void *options, cod_problem_size *ret_size)
{
    (void)options;
    *ret_size = (cod_problem_size){.m = 2, .n = 3};
    return COD_OK;
}

static inline void hill_box(const cod_problem *problem, double *ret_lower,
                            double *ret_upper)
{
    for (size_t j = 0; j < problem->n; j++) {
        ret_lower[j] = -1;
        ret_upper[j] = 2;
    }
}

static inline void hill_evaluate(const cod_problem *problem, const double *x,
                                 double *ret_f, double *ret_jacobian)
{
    for (size_t i = 0; i < problem->m; i++) {
        ret_f[i] = 0;
        for (size_t j = 0; j < problem->n; j++) {
            double d = x[j] - (double)i;
            ret_f[i] += d * d;
            if (ret_jacobian != NULL)
                ret_jacobian[i * problem->n + j] = 2 * d;
        }
    }
}

#endif
