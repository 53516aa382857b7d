/* SPDX-License-Identifier: GPL-3.0-or-later */
/* h = 1 - u^2. */
#include "experiments/problems/zdt.h"

static cod_zdt_shape shape(double u, double f)
{
    (void)f;
    return (cod_zdt_shape){.h = 1 - u * u, .by_u = -2 * u};
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    cod_zdt_evaluate(problem, x, shape, ret_f, ret_jacobian);
}

/* x_2 = ... = x_n = 0; t is x_1. */
static void curve(const void *data, double t, double *ret_f)
{
    (void)data;
    ret_f[0] = t;
    ret_f[1] = 1 - t * t;
}

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    (void)problem;
    return cod_curve_points(curve, NULL, 1, (double[]){COD_ZDT_LEAST, 1}, count,
                            ret_points);
}

const cod_problem_def cod_problem_zdt2 = {
    .name = "zdt2",
    .summary = "a concave front on the bounds: weighted sums reach only its ends",
    .citation = "Zitzler, Deb and Thiele 2000, Evol. Comput. 8(2):173-195, T2",
    .bibtex = COD_ZDT_BIBTEX,
    .traits = COD_PROBLEM_BOUNDED,
    .options_size = sizeof(cod_n_options),
    .options = cod_zdt_options,
    .option_count = COD_COUNT(cod_zdt_options),
    .size = cod_size_two,
    .box = cod_zdt_box,
    .evaluate = evaluate,
    .front = front,
    .reference = cod_zdt_reference,
};
