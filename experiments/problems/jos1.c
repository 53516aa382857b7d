/* SPDX-License-Identifier: GPL-3.0-or-later */
/* f_1 = mean x_j^2, f_2 = mean (x_j - 2)^2. */
#include "experiments/problems/common.h"

static const cod_option table[] = {
    COD_OPTION_INT(cod_n_options, n, 2, 1, COD_MOST_VARIABLES, NULL, "",
                   "number of variables"),
};

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    cod_fill_box(problem, -100, 100, ret_lower, ret_upper);
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    size_t n = problem->n;
    double count = (double)n;
    for (size_t i = 0; i < 2; i++) {
        double centre = i == 0 ? 0 : 2, square = 0;
        for (size_t j = 0; j < n; j++)
            square += (x[j] - centre) * (x[j] - centre);
        ret_f[i] = square / count;
        for (size_t j = 0; ret_jacobian != NULL && j < n; j++)
            ret_jacobian[i * n + j] = 2 * (x[j] - centre) / count;
    }
}

/* The Pareto set is x = 2 t (1, ..., 1), t from 0 to 1. */
static void curve(const void *data, double t, double *ret_f)
{
    (void)data;
    ret_f[0] = 4 * t * t;
    ret_f[1] = 4 * (1 - t) * (1 - t);
}

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    (void)problem;
    return cod_curve_points(curve, NULL, 1, (double[]){0, 1}, count, ret_points);
}

/* ideal (0, 0), nadir (4, 4) */
static void reference(const cod_problem *problem, double *ret_reference)
{
    (void)problem;
    ret_reference[0] = ret_reference[1] = 4.4;
}

const cod_problem_def cod_problem_jos1 = {
    .name = "jos1",
    .summary = "two spheres: strictly convex, gradients that shrink with n",
    .citation = "Jin, Olhofer and Sendhoff 2001, GECCO, F1",
    .bibtex = "@inproceedings{jin2001dynamic,\n"
              "  author = {Jin, Yaochu and Olhofer, Markus and Sendhoff, Bernhard},\n"
              "  title = {Dynamic weighted aggregation for evolutionary\n"
              "           multi-objective optimization: why does it work and how?},\n"
              "  booktitle = {Genetic and Evolutionary Computation Conference},\n"
              "  pages = {1042--1049}, year = {2001}\n"
              "}\n",
    .traits = COD_PROBLEM_CONVEX,
    .options_size = sizeof(cod_n_options),
    .options = table,
    .option_count = COD_COUNT(table),
    .size = cod_size_two,
    .box = box,
    .evaluate = evaluate,
    .front = front,
    .reference = reference,
};
