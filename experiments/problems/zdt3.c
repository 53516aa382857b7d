/* SPDX-License-Identifier: GPL-3.0-or-later */
/* h = 1 - sqrt u - u sin(10 pi f_1). */
#include "experiments/problems/zdt.h"

static cod_zdt_shape shape(double u, double f)
{
    double root = sqrt(u), wave = sin(10 * M_PI * f);
    return (cod_zdt_shape){.h = 1 - root - u * wave,
                           .by_u = -0.5 / root - wave,
                           .by_f = -u * 10 * M_PI * cos(10 * M_PI * f)};
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
    ret_f[1] = 1 - t - t * t * sin(10 * M_PI * t * t);
}

/* The pieces of the front in x_1. Each ends at a local minimum of f_2, and the next
 * begins where f_2 is that low again. The point there is weakly dominated by the end
 * before it, so the pieces begin a rounding further on. */
static const double pieces[5][2] = {
    {COD_ZDT_LEAST, .0830015349269116327},
    {.182228728029399780, .257762363387830222},
    {.409313674808656842, .453882104088830166},
    {.618396794439265793, .652511703804662519},
    {.823331798326632738, .851832865436413896},
};
#define BEYOND 1e-13

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    (void)problem;
    double ends[2 * COD_COUNT(pieces)];
    for (size_t k = 0; k < COD_COUNT(pieces); k++) {
        ends[2 * k] = sqrt(pieces[k][0]) * (k > 0 ? 1 + BEYOND : 1);
        ends[2 * k + 1] = sqrt(pieces[k][1]);
    }
    return cod_curve_points(curve, NULL, COD_COUNT(pieces), ends, count, ret_points);
}

const cod_problem_def cod_problem_zdt3 = {
    .name = "zdt3",
    .summary = "a front in five pieces on the bounds x_2 = ... = x_n = 0",
    .citation = "Zitzler, Deb and Thiele 2000, Evol. Comput. 8(2):173-195, T3",
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
