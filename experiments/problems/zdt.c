/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/problems/zdt.h"

const cod_option cod_zdt_options[1] = {
    COD_OPTION_INT(cod_n_options, n, 30, 2, COD_MOST_VARIABLES, NULL, "",
                   "number of variables"),
};

void cod_zdt_box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    cod_fill_box(problem, 0, 1, ret_lower, ret_upper);
    ret_lower[0] = COD_ZDT_LEAST;
}

void cod_zdt_reference(const cod_problem *problem, double *ret_reference)
{
    (void)problem;
    ret_reference[0] = ret_reference[1] = 1.1;
}

void cod_zdt_evaluate(const cod_problem *problem, const double *x,
                      cod_zdt_shape (*shape)(double u, double f), double *ret_f,
                      double *ret_jacobian)
{
    size_t n = problem->n;
    double sum = 0, slope = 9 / (double)(n - 1);
    for (size_t j = 1; j < n; j++)
        sum += x[j];
    double g = 1 + slope * sum, u = x[0] / g;
    cod_zdt_shape s = shape(u, x[0]);
    ret_f[0] = x[0];
    ret_f[1] = g * s.h;
    if (ret_jacobian == NULL)
        return;
    double *first = ret_jacobian, *second = ret_jacobian + n;
    first[0] = 1;
    second[0] = s.by_u + g * s.by_f;
    for (size_t j = 1; j < n; j++) {
        first[j] = 0;
        second[j] = slope * (s.h - u * s.by_u);
    }
}
