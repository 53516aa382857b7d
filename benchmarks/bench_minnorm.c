/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The min-norm point from a start that is nearly right, and many small problems at
 * once.
 */
#include "bench_private.h"

#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/minnorm.h>
#include <codescent/random.h>

/* ---- warm ---- */

enum { INSTANCES = 3 };

/* A problem whose gradients are replaced in turn, each by another and back. */
struct walk {
    double *G;            /* m x m */
    unsigned char *other; /* m flags: the second of the two is there */
    size_t turn;
    cod_minnorm *ws;
};

/* Problems of one size, each with a neighbour, and what is timed with them. */
struct warm {
    size_t m;
    size_t turn[3];  /* of each work */
    double *G;       /* INSTANCES x m x m */
    double *percent; /* the same, every entry changed by about 1 % */
    double *starts;  /* INSTANCES x m: the weights of G */
    double *pairs;   /* 2 m x 2 m: of the walks' gradients, and what replaces them */
    struct walk walk[2]; /* what has changed is found; it is named */
    double *factor;      /* m x m */
    double *weights;     /* m */
    size_t *supports;    /* INSTANCES */
    cod_minnorm *ws;
    cod_status status; /* the first error */
};

static void warm_free(struct warm *work)
{
    for (size_t k = 0; k < 2; k++) {
        cod_minnorm_free(work->walk[k].ws);
        free(work->walk[k].other);
        free(work->walk[k].G);
    }
    cod_minnorm_free(work->ws);
    free(work->supports);
    free(work->weights);
    free(work->factor);
    free(work->pairs);
    free(work->starts);
    free(work->percent);
    free(work->G);
}

static void keep(struct warm *work, cod_status status)
{
    if (status < 0 && work->status == COD_OK)
        work->status = status;
}

/* A problem and its neighbour. */
static int make_problem(struct warm *work, size_t k)
{
    size_t m = work->m, at = k * m * m;
    if (bench_random_gramian(m, 2 * m, 1, k, work->G + at) != 0)
        return -1;
    cod_random stream = {.seed = k, .stream = 1};
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            work->percent[at + i * m + j] =
                work->G[at + i * m + j] *
                (1 + 0.01 * cod_random_normal(stream, i * m + j));
    return 0;
}

static int make_walk(const struct warm *work, struct walk *ret)
{
    size_t m = work->m;
    ret->G = calloc(m * m, sizeof(double));
    ret->other = calloc(m, 1);
    if (ret->G == NULL || ret->other == NULL || cod_minnorm_alloc(m, &ret->ws) < 0)
        return -1;
    for (size_t i = 0; i < m; i++)
        memcpy(ret->G + i * m, work->pairs + i * 2 * m, m * sizeof(double));
    return 0;
}

static cod_status warm_alloc(size_t m, struct warm *ret)
{
    *ret = (struct warm){.m = m};
    ret->G = calloc(INSTANCES * m * m, sizeof(double));
    ret->percent = calloc(INSTANCES * m * m, sizeof(double));
    ret->starts = calloc(INSTANCES * m, sizeof(double));
    ret->pairs = calloc(4 * m * m, sizeof(double));
    ret->factor = calloc(m * m, sizeof(double));
    ret->weights = calloc(m, sizeof(double));
    ret->supports = calloc(INSTANCES, sizeof(size_t));
    if (ret->G == NULL || ret->percent == NULL || ret->starts == NULL ||
        ret->pairs == NULL || ret->factor == NULL || ret->weights == NULL ||
        ret->supports == NULL || cod_minnorm_alloc(m, &ret->ws) < 0 ||
        bench_random_gramian(2 * m, 2 * m, 1, 0, ret->pairs) != 0 ||
        make_walk(ret, &ret->walk[0]) != 0 || make_walk(ret, &ret->walk[1]) != 0)
        return COD_EMEMORY;
    for (size_t k = 0; k < INSTANCES; k++) {
        if (make_problem(ret, k) != 0)
            return COD_EMEMORY;
        double *start = ret->starts + k * m;
        keep(ret,
             cod_minnorm_solve(ret->ws, ret->G + k * m * m, NULL, NULL, start, NULL));
        for (size_t i = 0; i < m; i++)
            ret->supports[k] += start[i] > 0;
    }
    return ret->status;
}

static void run_cold(void *arg)
{
    struct warm *work = arg;
    size_t k = work->turn[0]++ % INSTANCES;
    keep(work, cod_minnorm_solve(work->ws, work->G + k * work->m * work->m, NULL, NULL,
                                 work->weights, NULL));
}

static void run_percent(void *arg)
{
    struct warm *work = arg;
    size_t k = work->turn[1]++ % INSTANCES;
    keep(work,
         cod_minnorm_solve(work->ws, work->percent + k * work->m * work->m,
                           work->starts + k * work->m, NULL, work->weights, NULL));
}

/* Replaces the next gradient, and goes on from the last weights. */
static void run_walk(struct warm *work, struct walk *walk, int named)
{
    size_t m = work->m, i = walk->turn++ % m;
    walk->other[i] ^= 1;
    const double *row = work->pairs + (i + walk->other[i] * m) * 2 * m;
    for (size_t j = 0; j < m; j++)
        walk->G[i * m + j] = walk->G[j * m + i] = row[j + walk->other[j] * m];
    const cod_minnorm_options resume = {
        .resume = 1, .rows = named ? &i : NULL, .row_count = named ? 1 : 0};
    keep(work,
         cod_minnorm_solve(walk->ws, walk->G, NULL, &resume, work->weights, NULL));
}

static void run_row(void *arg)
{
    struct warm *work = arg;
    run_walk(work, &work->walk[0], 0);
}

static void run_named_row(void *arg)
{
    struct warm *work = arg;
    run_walk(work, &work->walk[1], 1);
}

/* dpotrf of the leading rows, as many as the support has. */
static void run_support(void *arg)
{
    struct warm *work = arg;
    size_t k = work->turn[2]++ % INSTANCES, n = work->supports[k];
    for (size_t j = 0; j < n; j++)
        memcpy(work->factor + j * n, work->G + (k * work->m + j) * work->m,
               n * sizeof(double));
    LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)n, work->factor,
                        (lapack_int)n);
}

static cod_status measure_warm(json_t *rows, struct warm *work)
{
    bench_cholesky *cholesky = bench_cholesky_alloc(work->m);
    if (cholesky == NULL)
        return COD_EMEMORY;
    bench_work works[6] = {{.run = run_cold, .arg = work},
                           {.run = run_percent, .arg = work},
                           {.run = run_row, .arg = work},
                           {.run = run_support, .arg = work},
                           {.run = bench_cholesky_run, .arg = cholesky},
                           {.run = run_named_row, .arg = work}};
    bench_measure(works, 6, 1, 0.5);
    bench_cholesky_free(cholesky);
    if (work->status < 0)
        return work->status;
    json_t *row = json_pack("{s:I, s:I}", "m", (json_int_t)work->m, "support",
                            (json_int_t)work->supports[0]);
    int error = bench_put_time(row, "cold_us", &works[0], 1e-6);
    error |= bench_put_ratio(row, "of_dpotrf", &works[0], &works[4]);
    error |= bench_put_time(row, "warm_us", &works[1], 1e-6);
    error |= bench_put_ratio(row, "of_dpotrf_support", &works[1], &works[3]);
    error |= bench_put_time(row, "row_us", &works[2], 1e-6);
    error |= bench_put_ratio(row, "of_cold", &works[2], &works[0]);
    error |= bench_put_time(row, "named_row_us", &works[5], 1e-6);
    error |= bench_put_ratio(row, "named_of_cold", &works[5], &works[0]);
    return bench_add_row(rows, row, &works[0], error);
}

cod_status bench_minnorm_warm(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const size_t counts[] = {64, 128, 256, 512};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct warm work;
        cod_status status = warm_alloc(counts[c], &work);
        if (status >= 0)
            status = measure_warm(rows, &work);
        warm_free(&work);
        if (status < 0)
            return status;
    }
    return COD_OK;
}

/* ---- batch ---- */

enum { PROBLEMS = 100000 };

struct batch {
    size_t m;
    double *G;       /* PROBLEMS x m x m */
    double *weights; /* PROBLEMS x m */
    double *kkt;     /* PROBLEMS */
    cod_minnorm *ws;
    cod_status status; /* the first error */
};

static void run_batch(void *arg)
{
    struct batch *work = arg;
    cod_status status =
        cod_minnorm_batch(work->ws, PROBLEMS, work->G, work->weights, work->kkt, NULL);
    work->status = work->status == COD_OK ? status : work->status;
}

static void run_alone(void *arg)
{
    struct batch *work = arg;
    size_t m = work->m;
    for (size_t k = 0; k < PROBLEMS; k++) {
        cod_minnorm_info info;
        cod_status status = cod_minnorm_solve(work->ws, work->G + k * m * m, NULL, NULL,
                                              work->weights + k * m, &info);
        work->status = work->status == COD_OK ? status : work->status;
    }
}

static cod_status measure_batch(json_t *rows, struct batch *work)
{
    size_t m = work->m;
    work->G = calloc(PROBLEMS * m * m, sizeof(double));
    work->weights = calloc(PROBLEMS * m, sizeof(double));
    work->kkt = calloc(PROBLEMS, sizeof(double));
    if (work->G == NULL || work->weights == NULL || work->kkt == NULL ||
        cod_minnorm_alloc(m, &work->ws) < 0)
        return COD_EMEMORY;
    for (size_t k = 0; k < PROBLEMS; k++)
        if (bench_random_gramian(m, 2 * m, 1, k, work->G + k * m * m) != 0)
            return COD_EMEMORY;
    bench_cholesky *cholesky = bench_cholesky_alloc(BENCH_REFERENCE_ROWS);
    if (cholesky == NULL)
        return COD_EMEMORY;
    bench_work works[3] = {{.run = run_batch, .arg = work},
                           {.run = run_alone, .arg = work},
                           {.run = bench_cholesky_run, .arg = cholesky}};
    bench_measure(works, 3, 1, 0.5);
    bench_cholesky_free(cholesky);
    if (work->status < 0)
        return work->status;
    json_t *row =
        json_pack("{s:I, s:I}", "m", (json_int_t)m, "problems", (json_int_t)PROBLEMS);
    bench_figure small = bench_ratio(&works[0], &works[2], 1.0 / PROBLEMS);
    int error = bench_put_time(row, "us_each", &works[0], 1e-6 * PROBLEMS);
    error |= bench_put(row, "of_dpotrf64", &small);
    error |= bench_put_time(row, "alone_us_each", &works[1], 1e-6 * PROBLEMS);
    error |= bench_put_ratio(row, "of_alone", &works[0], &works[1]);
    return bench_add_row(rows, row, &works[0], error);
}

cod_status bench_minnorm_batch(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const size_t counts[] = {2, 3, 4, 6, 8};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct batch work = {.m = counts[c]};
        cod_status status = measure_batch(rows, &work);
        cod_minnorm_free(work.ws);
        free(work.kkt);
        free(work.weights);
        free(work.G);
        if (status < 0)
            return status;
    }
    return COD_OK;
}
