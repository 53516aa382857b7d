/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/starts.h"

#include <codescent/random.h>

#include "core/spec.h"

#include <gsl/gsl_qrng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The streams of random numbers that starts are drawn from; a run's own stream is its
 * solver's, which counts from 0. */
#define STREAM_SHIFT   (UINT64_MAX - 0)
#define STREAM_UNIFORM (UINT64_MAX - 1)
#define STREAM_CUBE    (UINT64_MAX - 2)

#define SOBOL_MOST     40 /* variables, GSL's limit */
#define FLOOR          1e-3

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

/* Points of the unit cube, count x n. */
static void fill_uniform(size_t count, size_t n, uint64_t seed, double *ret_u)
{
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j < n; j++)
            ret_u[k * n + j] =
                cod_random_uniform((cod_random){seed, STREAM_UNIFORM, k}, j);
}

static cod_status fill_sobol(size_t count, size_t n, uint64_t seed, double *ret_u)
{
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)n);
    if (sequence == NULL)
        return COD_EMEMORY;
    cod_random random = {seed, STREAM_SHIFT, 0};
    for (size_t k = 0; k < count; k++) {
        double *u = ret_u + k * n;
        gsl_qrng_get(sequence, u);
        for (size_t j = 0; j < n; j++) {
            double moved = u[j] + cod_random_uniform(random, j);
            u[j] = moved - floor(moved);
        }
    }
    gsl_qrng_free(sequence);
    return COD_OK;
}

/* Each variable's range is cut in `count` parts, and every part is hit once. */
static cod_status fill_cube(size_t count, size_t n, uint64_t seed, double *ret_u)
{
    size_t *order = malloc(count * sizeof *order);
    if (order == NULL)
        return COD_EMEMORY;
    for (size_t j = 0; j < n; j++) {
        cod_random random = {seed, STREAM_CUBE, j};
        cod_random_permutation(random, count, count, order);
        for (size_t k = 0; k < count; k++)
            ret_u[k * n + j] =
                ((double)order[k] + cod_random_uniform(random, k)) / (double)count;
    }
    free(order);
    return COD_OK;
}

static cod_status to_box(const cod_problem *problem, size_t count, double *x,
                         cod_message *message)
{
    for (size_t j = 0; j < problem->n; j++) {
        double lower = problem->lower[j], upper = problem->upper[j];
        if (!isfinite(lower) || !isfinite(upper))
            return cod_fail(message, COD_EDOMAIN,
                            "%s: variable %zu has no finite range to draw starts from",
                            problem->def->name, j + 1);
        for (size_t k = 0; k < count; k++) {
            double *value = x + k * problem->n + j;
            /* both terms, so that upper - lower cannot overflow */
            *value = fmin(fmax((1 - *value) * lower + *value * upper, lower), upper);
        }
    }
    return COD_OK;
}

static cod_status take_published(const cod_problem *problem, size_t count,
                                 double *ret_x, cod_message *message)
{
    size_t there = 0;
    double *x = malloc(problem->n * sizeof *x);
    if (x == NULL)
        return no_memory(message);
    while (there < count && problem->def->start != NULL &&
           problem->def->start(problem, there, x))
        there++;
    free(x);
    if (there < count)
        return cod_fail(message, COD_EMISSING,
                        "%s: %zu starts are asked for, %zu are published",
                        problem->def->name, count, there);
    for (size_t k = 0; k < count; k++)
        problem->def->start(problem, k, ret_x + k * problem->n);
    return COD_OK;
}

cod_status cod_starts(const cod_problem *problem, cod_start_kind kind, size_t count,
                      uint64_t seed, double *ret_x, cod_message *ret_message)
{
    if (problem == NULL || ret_x == NULL || count == 0)
        return cod_fail(ret_message, COD_EARGUMENT,
                        "no problem, or no start asked for");
    if (kind == COD_STARTS_PUBLISHED)
        return take_published(problem, count, ret_x, ret_message);
    cod_status status = COD_OK;
    if (kind == COD_STARTS_UNIFORM)
        fill_uniform(count, problem->n, seed, ret_x);
    else if (problem->n <= SOBOL_MOST)
        status = fill_sobol(count, problem->n, seed, ret_x);
    else
        status = fill_cube(count, problem->n, seed, ret_x);
    if (status < 0)
        return no_memory(ret_message);
    return to_box(problem, count, ret_x, ret_message);
}

/* ---- preferences ---- */

/* Number of points of the lattice with h parts: (h + m - 1) over (m - 1); more than
 * `most` is as good as infinite. */
static size_t lattice_size(size_t m, size_t h, size_t most)
{
    size_t size = 1;
    for (size_t k = 1; k < m; k++) {
        if (size > most * k / (h + k)) /* size (h + k) / k would exceed it */
            return most + 1;
        size = size * (h + k) / k;
    }
    return size;
}

/* The next of the vectors of m counts of sum h, in falling order; 0 after the last. */
static int next_counts(size_t m, size_t *counts)
{
    size_t last = counts[m - 1], k = m - 1;
    counts[m - 1] = 0;
    while (k > 0 && counts[k - 1] == 0)
        k--;
    if (k == 0)
        return 0;
    counts[k - 1]--;
    counts[k] = last + 1;
    return 1;
}

static void normalize(size_t m, double *preference)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        sum += preference[i];
    for (size_t i = 0; i < m; i++)
        preference[i] /= sum;
}

static cod_status fill_lattice(size_t m, size_t h, double *ret_preferences,
                               size_t *ret_count)
{
    size_t *counts = calloc(m, sizeof *counts), count = 0;
    if (counts == NULL)
        return COD_EMEMORY;
    counts[0] = h;
    do {
        double *preference = ret_preferences + count++ * m;
        for (size_t i = 0; i < m; i++)
            preference[i] = h == 0 ? 1 : fmax((double)counts[i] / (double)h, FLOOR);
        normalize(m, preference);
    } while (next_counts(m, counts));
    free(counts);
    *ret_count = count;
    return COD_OK;
}

cod_status cod_preferences(size_t m, size_t wanted, double *ret_preferences,
                           size_t *ret_count)
{
    if (m == 0 || wanted == 0 || ret_preferences == NULL)
        return COD_EARGUMENT;
    if (m == 2) {
        for (size_t k = 0; k < wanted; k++) {
            double a = ((double)k + 0.5) / (double)wanted * M_PI_2;
            ret_preferences[2 * k] = cos(a);
            ret_preferences[2 * k + 1] = sin(a);
            normalize(2, ret_preferences + 2 * k);
        }
        *ret_count = wanted;
        return COD_OK;
    }
    size_t h = 0;
    while (m > 1 && lattice_size(m, h + 1, wanted) <= wanted)
        h++;
    return fill_lattice(m, h, ret_preferences, ret_count);
}
