/* SPDX-License-Identifier: GPL-3.0-or-later */
/* f_i = (1 + g) P_i, with P on the unit sphere at the angles pi x_1/2 .. pi x_{m-1}/2
 * and g = sum over j >= m of (x_j - 1/2)^2. */
#include "experiments/problems/common.h"

typedef struct options {
    int64_t m;
    int64_t n;
} options;

static const cod_option table[] = {
    COD_OPTION_INT(options, m, 3, 2, 100, NULL, "", "number of objectives"),
    COD_OPTION_INT(options, n, NAN, 2, COD_MOST_VARIABLES, "m+9", "",
                   "number of variables, at least m"),
};

static cod_status size(const void *data, cod_problem_size *ret_size)
{
    const options *o = data;
    int64_t n = o->n == COD_AUTO_INT ? o->m + 9 : o->n;
    if (n < o->m)
        return COD_EOPTION;
    *ret_size = (cod_problem_size){.m = (size_t)o->m, .n = (size_t)n};
    return COD_OK;
}

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    cod_fill_box(problem, 0, 1, ret_lower, ret_upper);
}

/* P_i, counted from 0, or its derivative with respect to x_{by}, by < m - 1. P_i is the
 * product of the cosines of the first m - 1 - i angles and, but for i = 0, the sine of
 * the next. */
static double sphere(size_t m, const double *x, size_t i, size_t by)
{
    double product = 1;
    size_t cosines = m - 1 - i, factors = i > 0 ? cosines + 1 : cosines;
    if (by != SIZE_MAX && by >= factors)
        return 0;
    for (size_t j = 0; j < factors; j++) {
        double angle = M_PI_2 * x[j];
        if (j < cosines)
            product *= j == by ? -M_PI_2 * sin(angle) : cos(angle);
        else
            product *= j == by ? M_PI_2 * cos(angle) : sin(angle);
    }
    return product;
}

static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    size_t m = problem->m, n = problem->n;
    double g = 0;
    for (size_t j = m - 1; j < n; j++)
        g += (x[j] - 0.5) * (x[j] - 0.5);
    for (size_t i = 0; i < m; i++) {
        double p = sphere(m, x, i, SIZE_MAX);
        ret_f[i] = (1 + g) * p;
        if (ret_jacobian == NULL)
            continue;
        for (size_t j = 0; j + 1 < m; j++)
            ret_jacobian[i * n + j] = (1 + g) * sphere(m, x, i, j);
        for (size_t j = m - 1; j < n; j++)
            ret_jacobian[i * n + j] = 2 * (x[j] - 0.5) * p;
    }
}

/* The part of the unit sphere in f >= 0: a lattice of the simplex, each point divided
 * by its norm. */
static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    size_t m = problem->m, written = cod_lattice(m, count, ret_points);
    for (size_t k = 0; k < written; k++) {
        double *f = ret_points + k * m, square = 0;
        for (size_t i = 0; i < m; i++)
            square += f[i] * f[i];
        for (size_t i = 0; i < m; i++)
            f[i] /= sqrt(square);
    }
    return written;
}

static void reference(const cod_problem *problem, double *ret_reference)
{
    for (size_t i = 0; i < problem->m; i++)
        ret_reference[i] = 1.1;
}

const cod_problem_def cod_problem_dtlz2 = {
    .name = "dtlz2",
    .summary = "any number of objectives; the front is a part of the unit sphere",
    .citation = "Deb, Thiele, Laumanns and Zitzler 2002, CEC, pp. 825-830",
    .bibtex = "@inproceedings{deb2002scalable,\n"
              "  author = {Deb, Kalyanmoy and Thiele, Lothar and Laumanns, Marco and\n"
              "            Zitzler, Eckart},\n"
              "  title = {Scalable multi-objective optimization test problems},\n"
              "  booktitle = {Congress on Evolutionary Computation},\n"
              "  pages = {825--830}, year = {2002}\n"
              "}\n",
    .traits = COD_PROBLEM_BOUNDED,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .size = size,
    .box = box,
    .evaluate = evaluate,
    .front = front,
    .reference = reference,
};
