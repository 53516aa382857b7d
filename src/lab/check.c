/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/check.h"

#include "core/spec.h"
#include "lab/starts.h"

#include <gsl/gsl_deriv.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Truncation (h^4) and rounding (1e-16/h) of the 5-point rule balance near 1e-3. */
#define STEP   1e-3

/* A relative difference for which no shorter step is tried. */
#define ENOUGH 1e-6

/* f_i along variable j, for gsl_deriv_central(). */
typedef struct line {
    const cod_problem *problem;
    double *x;
    double *f;
    size_t objective;
    size_t variable;
    cod_status status;
} line;

static double value_at(double t, void *data)
{
    line *l = data;
    double kept = l->x[l->variable];
    l->x[l->variable] = t;
    cod_status status = cod_problem_evaluate(l->problem, l->x, l->f, NULL);
    l->x[l->variable] = kept;
    if (status < 0)
        l->status = status;
    return status < 0 ? NAN : l->f[l->objective];
}

/* The step of the differences at x_j. GSL may make it smaller, never larger. */
static double step_at(const cod_problem *problem, double x, size_t j)
{
    double h = STEP * fmax(1, fabs(x));
    double width = problem->upper[j] - problem->lower[j];
    return isfinite(width) && width > 0 ? fmin(h, width * STEP) : h;
}

static cod_status differ(line *l, double x, double h, double *ret_derivative)
{
    double error = 0;
    gsl_function function = {value_at, l};
    l->status = COD_OK;
    gsl_deriv_central(&function, x, h, ret_derivative, &error);
    return l->status;
}

typedef struct workspace {
    double *x;
    double *f;     /* at x */
    double *moved; /* beside it */
    double *jacobian;
} workspace;

/* Moves a point off the sides of the box. */
static void move_inside(const cod_problem *problem, double *x)
{
    for (size_t j = 0; j < problem->n; j++) {
        double margin = 0.05 * (problem->upper[j] - problem->lower[j]);
        x[j] = fmin(fmax(x[j], problem->lower[j] + margin), problem->upper[j] - margin);
    }
}

static double largest(size_t n, const double *row)
{
    double most = 0;
    for (size_t j = 0; j < n; j++)
        most = fmax(most, fabs(row[j]));
    return most;
}

/* What is left of a difference when the rounding of f, a few units in the last place
 * over h, is taken off; relative. Flat regions (f = 1 - 1e-13) would alarm otherwise.
 */
static double relative(double analytic, double numerical, double f, double h,
                       double scale)
{
    double excess = fabs(analytic - numerical) - 8 * DBL_EPSILON * fabs(f) / h;
    if (excess <= 0)
        return 0;
    return scale > 0 ? excess / scale : excess;
}

/* The relative difference at the best of three steps: beside a kink a long one sees
 * both sides, a wrong derivative is wrong at all of them. */
static cod_status compare(line *l, double analytic, double f, double scale,
                          cod_check *ret_check)
{
    double h = step_at(l->problem, l->x[l->variable], l->variable);
    cod_status status = COD_OK;
    ret_check->difference = INFINITY;
    for (int try = 0; status == COD_OK && try < 3 && ret_check->difference > ENOUGH;
         try++, h /= 20) {
        double numerical = NAN;
        status = differ(l, l->x[l->variable], h, &numerical);
        double difference = relative(analytic, numerical, f, h, scale);
        if (try == 0 || difference < ret_check->difference)
            *ret_check = (cod_check){.difference = difference,
                                     .variable = l->variable,
                                     .analytic = analytic,
                                     .numerical = numerical};
    }
    return status;
}

static cod_status check_point(const cod_problem *problem, size_t point, workspace *w,
                              cod_check *checks, cod_message *message)
{
    move_inside(problem, w->x);
    cod_status status = cod_problem_evaluate(problem, w->x, w->f, w->jacobian);
    for (size_t i = 0; status == COD_OK && i < problem->m; i++) {
        const double *row = w->jacobian + i * problem->n;
        double scale = largest(problem->n, row);
        for (size_t j = 0; status == COD_OK && j < problem->n; j++) {
            line l = {problem, w->x, w->moved, i, j, COD_OK};
            cod_check found;
            status = compare(&l, row[j], w->f[i], scale, &found);
            found.point = point;
            if (status == COD_OK && !(found.difference <= checks[i].difference))
                checks[i] = found;
        }
    }
    if (status < 0)
        return cod_fail(message, status, "%s, point %zu: %s", problem->def->name,
                        point + 1, cod_status_text(status));
    return COD_OK;
}

cod_status cod_check_derivatives(const cod_problem *problem, size_t points,
                                 uint64_t seed, cod_check *ret_checks,
                                 cod_message *ret_message)
{
    if (problem == NULL || ret_checks == NULL || points == 0)
        return cod_fail(ret_message, COD_EARGUMENT, "no problem, or no point to check");
    size_t m = problem->m, n = problem->n;
    double *starts = calloc(points, n * sizeof *starts);
    workspace w = {.f = calloc(2 * m, sizeof(double)),
                   .jacobian = calloc(m * n, sizeof(double))};
    cod_status status = COD_EMEMORY;
    if (starts == NULL || w.f == NULL || w.jacobian == NULL)
        cod_fail(ret_message, COD_EMEMORY, "out of memory");
    else
        status =
            cod_starts(problem, COD_STARTS_QUASI, points, seed, starts, ret_message);
    w.moved = w.f == NULL ? NULL : w.f + m;
    for (size_t i = 0; i < m; i++)
        ret_checks[i] = (cod_check){.difference = -1};
    for (size_t k = 0; status == COD_OK && k < points; k++) {
        w.x = starts + k * n;
        status = check_point(problem, k, &w, ret_checks, ret_message);
    }
    free(starts);
    free(w.f);
    free(w.jacobian);
    return status;
}
