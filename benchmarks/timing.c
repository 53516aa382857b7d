/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_private.h"

#include <codescent/random.h>

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORKS = 8 };

static double now(clockid_t its_clock)
{
    struct timespec time;
    clock_gettime(its_clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Seconds for one call, of `calls` in a row. */
static double sample(const bench_work *work, clockid_t its_clock, size_t calls)
{
    double start = now(its_clock);
    for (size_t k = 0; k < calls; k++)
        work->run(work->arg);
    return (now(its_clock) - start) / (double)calls;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_measure(bench_work *works, size_t count, unsigned threads, double seconds)
{
    clockid_t its_clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    size_t calls[WORKS];
    double turn = 0;
    count = count < WORKS ? count : WORKS;
    for (size_t w = 0; w < count; w++) {
        sample(&works[w], its_clock, 1); /* touches all memory */
        double once = fmax(sample(&works[w], its_clock, 1), 1e-8);
        double share = seconds / (double)(BENCH_TURNS * count);
        calls[w] = once < share ? (size_t)(share / once) + 1 : 1;
        turn += once * (double)calls[w];
    }
    size_t turns = (size_t)(seconds / turn);
    turns = turns < BENCH_LEAST_TURNS ? BENCH_LEAST_TURNS
            : turns > BENCH_TURNS     ? BENCH_TURNS
                                      : turns;
    for (size_t t = 0; t < turns; t++)
        for (size_t w = 0; w < count; w++)
            works[w].seconds[t] = sample(&works[w], its_clock, calls[w]);
    for (size_t w = 0; w < count; w++)
        works[w].turns = turns;
}

static double least(const bench_work *work)
{
    double best = work->seconds[0];
    for (size_t t = 1; t < work->turns; t++)
        best = fmin(best, work->seconds[t]);
    return best;
}

/* `values` is sorted. */
static bench_figure summarize(double best, double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    double median = values[count / 2];
    return (bench_figure){best, median,
                          (values[count - 1 - count / 4] - values[count / 4]) / median};
}

bench_figure bench_time(const bench_work *work, double unit)
{
    double values[BENCH_TURNS];
    for (size_t t = 0; t < work->turns; t++)
        values[t] = work->seconds[t] / unit;
    return summarize(least(work) / unit, values, work->turns);
}

bench_figure bench_ratio(const bench_work *work, const bench_work *reference,
                         double factor)
{
    double values[BENCH_TURNS];
    for (size_t t = 0; t < work->turns; t++)
        values[t] = factor * work->seconds[t] / reference->seconds[t];
    return summarize(factor * least(work) / least(reference), values, work->turns);
}

int bench_random_gramian(size_t m, size_t n, double scale, uint64_t seed, double *ret_G)
{
    double *J = calloc(m * n, sizeof *J);
    if (J == NULL)
        return -1;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n; k++) {
            cod_random stream = {.seed = seed};
            J[i * n + k] = pow(scale, (double)i) * cod_random_normal(stream, i * n + k);
        }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) {
            double product = cblas_ddot((int)n, J + i * n, 1, J + j * n, 1);
            ret_G[i * m + j] = product;
            ret_G[j * m + i] = product;
        }
    free(J);
    return 0;
}

struct bench_cholesky {
    size_t m;
    double *G;
    double *factor;
};

bench_cholesky *bench_cholesky_alloc(size_t m)
{
    bench_cholesky *cholesky = calloc(1, sizeof *cholesky);
    if (cholesky == NULL)
        goto fail;
    cholesky->m = m;
    cholesky->G = calloc(m * m, sizeof(double));
    cholesky->factor = calloc(m * m, sizeof(double));
    if (cholesky->G == NULL || cholesky->factor == NULL ||
        bench_random_gramian(m, 2 * m, 1, 1, cholesky->G) != 0)
        goto fail;
    return cholesky;
fail:
    bench_cholesky_free(cholesky);
    return NULL;
}

void bench_cholesky_free(bench_cholesky *cholesky)
{
    if (cholesky == NULL)
        return;
    free(cholesky->factor);
    free(cholesky->G);
    free(cholesky);
}

/* Column-major, so that LAPACKE passes it on as it is. */
void bench_cholesky_run(void *arg)
{
    bench_cholesky *cholesky = arg;
    size_t m = cholesky->m;
    memcpy(cholesky->factor, cholesky->G, m * m * sizeof(double));
    LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)m, cholesky->factor,
                        (lapack_int)m);
}
