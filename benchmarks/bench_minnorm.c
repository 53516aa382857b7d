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

/* Problems of one size, each with two neighbours, and what is timed with them. */
struct warm {
    size_t m;
    size_t turn[4];   /* of each work */
    double *G;        /* INSTANCES x m x m */
    double *percent;  /* the same, every entry changed by about 1 % */
    double *row;      /* the same, one gradient replaced */
    double *starts;   /* INSTANCES x m: the weights of G */
    double *factor;   /* m x m */
    double *weights;  /* m */
    size_t *supports; /* INSTANCES */
    cod_minnorm *ws;
    cod_minnorm *resumed[INSTANCES]; /* each stays with its G and its neighbour */
    cod_status status;               /* the first error */
};

static void warm_free(struct warm *work)
{
    for (size_t k = 0; k < INSTANCES; k++)
        cod_minnorm_free(work->resumed[k]);
    cod_minnorm_free(work->ws);
    free(work->supports);
    free(work->weights);
    free(work->factor);
    free(work->starts);
    free(work->row);
    free(work->percent);
    free(work->G);
}

static void keep(struct warm *work, cod_status status)
{
    if (status < 0 && work->status == COD_OK)
        work->status = status;
}

/* A problem and its neighbours. */
static int make_problem(struct warm *work, size_t k)
{
    size_t m = work->m, at = k * m * m;
    if (bench_random_gramian(m, 2 * m, 1, k, work->G + at) != 0 ||
        bench_random_gramian_but(m, 2 * m, k, m / 3, work->row + at) != 0)
        return -1;
    cod_random stream = {.seed = k, .stream = 1};
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            work->percent[at + i * m + j] =
                work->G[at + i * m + j] *
                (1 + 0.01 * cod_random_normal(stream, i * m + j));
    return 0;
}

static cod_status warm_alloc(size_t m, struct warm *ret)
{
    *ret = (struct warm){.m = m};
    ret->G = calloc(INSTANCES * m * m, sizeof(double));
    ret->percent = calloc(INSTANCES * m * m, sizeof(double));
    ret->row = calloc(INSTANCES * m * m, sizeof(double));
    ret->starts = calloc(INSTANCES * m, sizeof(double));
    ret->factor = calloc(m * m, sizeof(double));
    ret->weights = calloc(m, sizeof(double));
    ret->supports = calloc(INSTANCES, sizeof(size_t));
    if (ret->G == NULL || ret->percent == NULL || ret->row == NULL ||
        ret->starts == NULL || ret->factor == NULL || ret->weights == NULL ||
        ret->supports == NULL || cod_minnorm_alloc(m, &ret->ws) < 0)
        return COD_EMEMORY;
    for (size_t k = 0; k < INSTANCES; k++) {
        if (make_problem(ret, k) != 0 || cod_minnorm_alloc(m, &ret->resumed[k]) < 0)
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

/* From G to its neighbour and back, by turns. */
static void run_row(void *arg)
{
    struct warm *work = arg;
    size_t k = work->turn[2]++ % INSTANCES;
    const double *G = work->turn[2] / INSTANCES % 2 ? work->row : work->G;
    const cod_minnorm_options resume = {.resume = 1};
    keep(work, cod_minnorm_solve(work->resumed[k], G + k * work->m * work->m, NULL,
                                 &resume, work->weights, NULL));
}

/* dpotrf of the leading rows, as many as the support has. */
static void run_support(void *arg)
{
    struct warm *work = arg;
    size_t k = work->turn[3]++ % INSTANCES, n = work->supports[k];
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
    bench_work works[5] = {{.run = run_cold, .arg = work},
                           {.run = run_percent, .arg = work},
                           {.run = run_row, .arg = work},
                           {.run = run_support, .arg = work},
                           {.run = bench_cholesky_run, .arg = cholesky}};
    bench_measure(works, 5, 1, 0.5);
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
    static const size_t counts[] = {2, 3, 4, 8};
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
