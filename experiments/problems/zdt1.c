/* SPDX-License-Identifier: GPL-3.0-or-later */
/* h = 1 - sqrt u. Convex: f_2 = g - sqrt(x_1 g), a geometric mean subtracted. */
#include "experiments/problems/zdt.h"

static cod_zdt_shape shape(double u, double f)
{
    (void)f;
    double root = sqrt(u);
    return (cod_zdt_shape){.h = 1 - root, .by_u = -0.5 / root};
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    cod_zdt_evaluate(problem, x, shape, ret_f, ret_jacobian);
}

/* x_2 = ... = x_n = 0; t is the root of x_1. */
static void curve(const void *data, double t, double *ret_f)
{
    (void)data;
    ret_f[0] = t * t;
    ret_f[1] = 1 - t;
}

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    (void)problem;
    return cod_curve_points(curve, NULL, 1, (double[]){sqrt(COD_ZDT_LEAST), 1}, count,
                            ret_points);
}

const cod_problem_def cod_problem_zdt1 = {
    .name = "zdt1",
    .summary = "a convex front on the bounds x_2 = ... = x_n = 0",
    .citation = "Zitzler, Deb and Thiele 2000, Evol. Comput. 8(2):173-195, T1",
    .bibtex = COD_ZDT_BIBTEX,
    .traits = COD_PROBLEM_CONVEX | COD_PROBLEM_BOUNDED,
    .options_size = sizeof(cod_n_options),
    .options = cod_zdt_options,
    .option_count = COD_COUNT(cod_zdt_options),
    .size = cod_size_two,
    .box = cod_zdt_box,
    .evaluate = evaluate,
    .front = front,
    .reference = cod_zdt_reference,
};
