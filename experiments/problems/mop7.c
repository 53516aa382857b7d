/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three strictly convex quadratics of two variables: each a constant and the squares of
 * two linear forms, (a_0 x_1 + a_1 x_2 + a_2)^2 / a_3. */
#include "experiments/problems/common.h"

static const double constants[3] = {3, -17, -13};
static const double forms[3][2][4] = {
    {{1, 0, -2, 2}, {0, 1, 1, 13}},
    {{1, 1, -3, 36}, {-1, 1, 2, 8}},
    {{1, 2, -1, 175}, {-1, 2, 0, 17}},
};

static cod_status size(const void *options, cod_problem_size *ret_size)
{
    (void)options;
    *ret_size = (cod_problem_size){.m = 3, .n = 2};
    return COD_OK;
}

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    cod_fill_box(problem, -400, 400, ret_lower, ret_upper);
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    (void)problem;
    for (size_t i = 0; i < 3; i++) {
        double f = constants[i], gradient[2] = {0, 0};
        for (size_t k = 0; k < 2; k++) {
            const double *a = forms[i][k];
            double value = a[0] * x[0] + a[1] * x[1] + a[2];
            f += value * value / a[3];
            gradient[0] += 2 * value * a[0] / a[3];
            gradient[1] += 2 * value * a[1] / a[3];
        }
        ret_f[i] = f;
        if (ret_jacobian != NULL) {
            ret_jacobian[2 * i] = gradient[0];
            ret_jacobian[2 * i + 1] = gradient[1];
        }
    }
}

/* The minimiser of sum w_i f_i: the normal equations of its squares. All the f_i are
 * strictly convex, so these are the Pareto points, for all w of the simplex. */
static void minimise(const double *w, double *ret_x)
{
    double h11 = 0, h12 = 0, h22 = 0, g1 = 0, g2 = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++) {
            const double *a = forms[i][k];
            h11 += w[i] * a[0] * a[0] / a[3];
            h12 += w[i] * a[0] * a[1] / a[3];
            h22 += w[i] * a[1] * a[1] / a[3];
            g1 -= w[i] * a[0] * a[2] / a[3];
            g2 -= w[i] * a[1] * a[2] / a[3];
        }
    }
    double determinant = h11 * h22 - h12 * h12;
    ret_x[0] = (h22 * g1 - h12 * g2) / determinant;
    ret_x[1] = (h11 * g2 - h12 * g1) / determinant;
}

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    size_t written = cod_lattice(3, count, ret_points);
    for (size_t k = 0; k < written; k++) {
        double x[2];
        minimise(ret_points + 3 * k, x);
        evaluate(problem, x, ret_points + 3 * k, NULL);
    }
    return written;
}

/* The ideal point is the constants. The largest f_1 and f_2 of the front are at the
 * minimiser of f_3, (1/2, 1/4), and the largest f_3 is at that of f_1, (2, -1). */
static void reference(const cod_problem *problem, double *ret_reference)
{
    double third[3], first[3];
    evaluate(problem, (double[]){0.5, 0.25}, third, NULL);
    evaluate(problem, (double[]){2, -1}, first, NULL);
    double nadir[3] = {third[0], third[1], first[2]};
    for (size_t i = 0; i < 3; i++)
        ret_reference[i] = constants[i] + 1.1 * (nadir[i] - constants[i]);
}

const cod_problem_def cod_problem_mop7 = {
    .name = "mop7",
    .summary = "three strictly convex quadratics of very different scales",
    .citation = "Viennet, Fonteix and Marc 1996, Int. J. Syst. Sci. 27(2):255-260; "
                "MOP7 of Van Veldhuizen 1999",
    .bibtex = "@article{viennet1996multicriteria,\n"
              "  author = {Viennet, R. and Fonteix, C. and Marc, I.},\n"
              "  title = {Multicriteria optimization using a genetic algorithm for\n"
              "           determining a {Pareto} set},\n"
              "  journal = {International Journal of Systems Science},\n"
              "  volume = {27}, number = {2}, pages = {255--260}, year = {1996}\n"
              "}\n",
    .traits = COD_PROBLEM_CONVEX,
    .size = size,
    .box = box,
    .evaluate = evaluate,
    .front = front,
    .reference = reference,
};
