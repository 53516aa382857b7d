/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-objective toy of the CAGrad paper. With
 *
 *     u_1 = (-x_1 - 7)/2 + tanh x_2,       u_2 = (-x_1 + 3)/2 - tanh x_2 + 2,
 *     q_k = ((x_1 -+ 7)^2 + (x_2 + 8)^2/10)/10 - 20,
 *     c_1 = max(tanh(x_2/2), 0),           c_2 = max(-tanh(x_2/2), 0):
 *
 *     f_k = (ln max(|u_k|, 5e-6) + 6) c_1 + q_k c_2,
 *
 * and f_1 times `scale`. Derivatives are those of the published program: a maximum has
 * the derivative of its first argument where both are equal, so both c_1 and c_2 have
 * one at x_2 = 0; that of |u| at 0 is 0. */
#include "experiments/problems/common.h"

typedef struct options {
    double scale;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(options, scale, 1, COD_ABOVE_0, 1e6, NULL, "",
                    "factor of f_1: 1 in the CAGrad paper, 0.1 in the Nash-MTL paper"),
};

#define FLOOR 5e-6

static cod_status size(const void *data, cod_problem_size *ret_size)
{
    (void)data;
    *ret_size = (cod_problem_size){.m = 2, .n = 2};
    return COD_OK;
}

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    cod_fill_box(problem, -10, 10, ret_lower, ret_upper);
}

/* A value and its derivatives with respect to x_1 and x_2. */
typedef struct jet {
    double value;
    double by[2];
} jet;

static jet logarithm(jet u)
{
    double size = fabs(u.value);
    jet result = {log(fmax(size, FLOOR)) + 6, {0, 0}};
    if (size >= FLOOR) {
        result.by[0] = u.by[0] / u.value;
        result.by[1] = u.by[1] / u.value;
    }
    return result;
}

/* max(sign tanh(x_2/2), 0) */
static jet gate(const double *x, double sign)
{
    double t = tanh(x[1] / 2), value = sign * t;
    if (value < 0)
        return (jet){0, {0, 0}};
    return (jet){value, {0, sign * (1 - t * t) / 2}};
}

static jet quadratic(const double *x, double centre)
{
    double a = x[0] - centre, b = x[1] + 8;
    return (jet){(a * a + 0.1 * b * b) / 10 - 20, {2 * a / 10, 0.2 * b / 10}};
}

static jet objective(const double *x, size_t k)
{
    double t = tanh(x[1]), slope = 1 - t * t;
    jet u = k == 0 ? (jet){(-x[0] - 7) / 2 + t, {-0.5, slope}}
                   : (jet){(-x[0] + 3) / 2 - t + 2, {-0.5, -slope}};
    jet l = logarithm(u), c1 = gate(x, 1), c2 = gate(x, -1);
    jet q = quadratic(x, k == 0 ? 7 : -7);
    jet f = {l.value * c1.value + q.value * c2.value, {0, 0}};
    for (size_t j = 0; j < 2; j++)
        f.by[j] = l.by[j] * c1.value + l.value * c1.by[j] + q.by[j] * c2.value +
                  q.value * c2.by[j];
    return f;
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    for (size_t k = 0; k < 2; k++) {
        double factor = k == 0 ? ((const options *)problem->options)->scale : 1;
        jet f = objective(x, k);
        ret_f[k] = factor * f.value;
        for (size_t j = 0; ret_jacobian != NULL && j < 2; j++)
            ret_jacobian[2 * k + j] = factor * f.by[j];
    }
}

/* ---- the front ----
 *
 * For x_2 < 0, f_k = c_2 q_k. A weighted sum with weights (1 + a)/2 and (1 - a)/2 of
 * f_1/scale and f_2 is tanh(-x_2/2) ((x_1 - 7 a)^2/10 + (x_2 + 8)^2/100 - b), b = 15.1
 * + 4.9 a^2. It is least at x_1 = 7 a, for any x_2, and at the one x_2 where its
 * derivative vanishes (for x_2 > -8 it grows; below, the part with b falls and the
 * other grows in size). For x_2 >= 0 both f_k/scale_k are above -6.3, more than all of
 * these. So for a in [-1, 1] these are minimisers of weighted sums, unique, so Pareto
 * points; and the critical points of x_2 < 0 are these alone, so there are no others.
 */

/* Newton from x_2 = -8.4, between the values at a = 0 and a = 1; quadratic from there.
 */
static double best_x2(double b)
{
    double y = -8.4;
    for (int k = 0; k < 8; k++) {
        double t = tanh(-y / 2), slope = -(1 - t * t) / 2, bend = t * slope;
        double v = 0.01 * (y + 8) * (y + 8) - b, by = 0.02 * (y + 8);
        y -= (slope * v + t * by) / (bend * v + 2 * slope * by + t * 0.02);
    }
    return y;
}

static void curve(const void *data, double a, double *ret_f)
{
    double x[2] = {7 * a, best_x2(15.1 + 4.9 * a * a)};
    evaluate(data, x, ret_f, NULL);
}

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    return cod_curve_points(curve, problem, 1, (double[]){1, -1}, count, ret_points);
}

static void reference(const cod_problem *problem, double *ret_reference)
{
    double right[2], left[2];
    curve(problem, 1, right);
    curve(problem, -1, left);
    ret_reference[0] = right[0] + 1.1 * (left[0] - right[0]);
    ret_reference[1] = left[1] + 1.1 * (right[1] - left[1]);
}

static int start(const cod_problem *problem, size_t k, double *ret_x)
{
    static const double starts[3][2] = {{-8.5, 7.5}, {-8.5, -5}, {9, 9}};
    (void)problem;
    if (k >= COD_COUNT(starts))
        return 0;
    ret_x[0] = starts[k][0];
    ret_x[1] = starts[k][1];
    return 1;
}

const cod_problem_def cod_problem_toy2d = {
    .name = "toy2d",
    .summary =
        "two valleys with steep walls: where the mean of the gradients gets stuck",
    .citation = "Liu, Liu, Jin, Stone and Liu 2021, NeurIPS (CAGrad), appendix; "
                "scale=0.1: Navon et al. 2022, ICML (Nash-MTL)",
    .bibtex =
        "@inproceedings{liu2021conflict,\n"
        "  author = {Liu, Bo and Liu, Xingchao and Jin, Xiaojie and Stone, Peter and\n"
        "            Liu, Qiang},\n"
        "  title = {Conflict-averse gradient descent for multi-task learning},\n"
        "  booktitle = {Advances in Neural Information Processing Systems},\n"
        "  volume = {34}, year = {2021}\n"
        "}\n",
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .size = size,
    .box = box,
    .evaluate = evaluate,
    .front = front,
    .reference = reference,
    .start = start,
};
