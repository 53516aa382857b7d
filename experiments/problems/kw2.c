/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two many-humped functions of two variables, here minimised; f_1 has no lower bound
 * outside the box. Each is a sum of three bells and a linear term. */
#include "experiments/problems/common.h"

static cod_status size(const void *options, cod_problem_size *ret_size)
{
    (void)options;
    *ret_size = (cod_problem_size){.m = 2, .n = 2};
    return COD_OK;
}

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    cod_fill_box(problem, -3, 3, ret_lower, ret_upper);
}

/* Adds p(x, y) exp(-(x - a)^2 - (y - b)^2), p with its two derivatives, to f and the
 * gradient. */
static void add_bell(const double *x, const double *p, double a, double b, double *f,
                     double *gradient)
{
    double u = x[0] - a, v = x[1] - b, bell = exp(-u * u - v * v);
    *f += p[0] * bell;
    gradient[0] += (p[1] - 2 * u * p[0]) * bell;
    gradient[1] += (p[2] - 2 * v * p[0]) * bell;
}

/* -3 (1 - t)^2, 10 (t/5 - t^3 - s^5) and 3 are the bells' factors in f_1 for (t, s) =
 * x, and in f_2 for (t, s) = (-x_2, -x_1). */
static void evaluate_both(const double *x, double *f, double *jacobian)
{
    double t = x[0], s = x[1];
    jacobian[0] = -1;
    jacobian[1] = -0.5;
    f[0] = -0.5 * (2 * t + s);
    add_bell(x, (double[]){-3 * (1 - t) * (1 - t), 6 * (1 - t), 0}, 0, -1, &f[0],
             jacobian);
    add_bell(x,
             (double[]){10 * (t / 5 - t * t * t - s * s * s * s * s), 2 - 30 * t * t,
                        -50 * s * s * s * s},
             0, 0, &f[0], jacobian);
    add_bell(x, (double[]){3, 0, 0}, -2, 0, &f[0], jacobian);
    jacobian[2] = jacobian[3] = 0;
    f[1] = 0;
    add_bell(x, (double[]){-3 * (1 + s) * (1 + s), 0, -6 * (1 + s)}, 1, 0, &f[1],
             jacobian + 2);
    add_bell(x,
             (double[]){10 * (-s / 5 + s * s * s + t * t * t * t * t),
                        50 * t * t * t * t, -2 + 30 * s * s},
             0, 0, &f[1], jacobian + 2);
    add_bell(x, (double[]){3, 0, 0}, 0, 2, &f[1], jacobian + 2);
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    double jacobian[4];
    (void)problem;
    evaluate_both(x, ret_f, ret_jacobian != NULL ? ret_jacobian : jacobian);
}

/* ---- the front ----
 *
 * No closed form. The nondominated points of a grid of 6001 x 6001 points lie within
 * the box and on three arcs of the curve where the two gradients are parallel, det J =
 * 0. Along each arc x_1 is monotonic, so it parametrises the arc, and x_2 is found from
 * det J = 0 to rounding. The ends are, with 20 digits, in this order: the minimiser of
 * f_1; where the first two arcs cross in the space of objectives (two ends); a local
 * minimiser of f_2; where f_2 is that low again; and the minimiser of f_2. The tests
 * check each of these properties, and search for dominating points on a grid. */

#define STEPS 8

typedef struct arc {
    double from, to;      /* x_1 at its ends */
    double x2[STEPS + 1]; /* at equal steps of x_1, to start from */
} arc;

static const arc arcs[3] = {
    {0.053134086047333056303,
     0.94809579323011810096,
     {1.5973217, 1.5896256, 1.5710546, 1.5422815, 1.500803, 1.4412145, 1.3525839,
      1.2090992, 0.96356235}},
    {1.0605956701862836637,
     0.62340446467602350594,
     {0.5315108, 0.58821838, 0.59594705, 0.5773706, 0.55088041, 0.52256862, 0.49444221,
      0.46723296, 0.44120263}},
    {-1.1724537195427011845,
     -1.5808220611581151492,
     {-0.69668074, -0.65530615, -0.60702192, -0.54904519, -0.47716583, -0.38438635,
      -0.25893546, -0.097847318, 0.0094369893}},
};

static double determinant(double x1, double x2)
{
    double f[2], j[4];
    evaluate_both((double[]){x1, x2}, f, j);
    return j[0] * j[3] - j[1] * j[2];
}

/* The root of det J in x_2, from a bracket (false position, the Illinois way: Dowell
 * and Jarratt 1971, BIT 11). */
static double root(double x1, double low, double high)
{
    double at_low = determinant(x1, low), at_high = determinant(x1, high);
    for (int k = 0; k < 60 && fabs(high - low) > 4e-16 && at_high != 0; k++) {
        double x2 = high - at_high * (high - low) / (at_high - at_low);
        double here = determinant(x1, x2);
        if ((here < 0) != (at_high < 0)) {
            low = high;
            at_low = at_high;
        } else {
            at_low /= 2;
        }
        high = x2;
        at_high = here;
    }
    return high;
}

/* t is u/2 on the first arc, 1 + u/2 on the second, 2 + u/2 on the third, u in [0, 1].
 */
static void curve(const void *data, double t, double *ret_f)
{
    size_t which = t < 1 ? 0 : t < 2 ? 1 : 2;
    const arc *a = &arcs[which];
    double u = 2 * (t - (double)which), jacobian[4];
    size_t k = u < 1 ? (size_t)(u * STEPS) : STEPS - 1;
    double part = u * STEPS - (double)k;
    double x1 = u < 1 ? a->from + u * (a->to - a->from) : a->to;
    double guess = a->x2[k] + part * (a->x2[k + 1] - a->x2[k]);
    double x[2] = {x1, root(x1, guess - 0.04, guess + 0.04)};
    (void)data;
    evaluate_both(x, ret_f, jacobian);
}

/* The second arc and the third begin where a point before them is as good: a rounding
 * further on they are nondominated. */
#define BEYOND 1e-12

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    (void)problem;
    return cod_curve_points(curve, NULL, 3,
                            (double[]){0, 0.5, 1 + BEYOND, 1.5, 2 + BEYOND, 2.5}, count,
                            ret_points);
}

/* ideal (-8.927993736, -8.111787517), nadir (6.485746776, 4.820264066) */
static void reference(const cod_problem *problem, double *ret_reference)
{
    double left[2], right[2];
    (void)problem;
    curve(NULL, 0, left);
    curve(NULL, 2.5, right);
    ret_reference[0] = left[0] + 1.1 * (right[0] - left[0]);
    ret_reference[1] = right[1] + 1.1 * (left[1] - right[1]);
}

const cod_problem_def cod_problem_kw2 = {
    .name = "kw2",
    .summary = "many-humped functions, a front in three arcs; local fronts to stop at",
    .citation =
        "Kim and de Weck 2005, Struct. Multidiscip. Optim. 29(2):149-158, ex. 2",
    .bibtex = "@article{kim2005adaptive,\n"
              "  author = {Kim, I. Y. and de Weck, O. L.},\n"
              "  title = {Adaptive weighted-sum method for bi-objective optimization:\n"
              "           {Pareto} front generation},\n"
              "  journal = {Structural and Multidisciplinary Optimization},\n"
              "  volume = {29}, number = {2}, pages = {149--158}, year = {2005}\n"
              "}\n",
    .traits = COD_PROBLEM_BOUNDED,
    .size = size,
    .box = box,
    .evaluate = evaluate,
    .front = front,
    .reference = reference,
};
