/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two kernels that touch the Jacobian, against a plain sum and BLAS. */
#include "bench_private.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/random.h>

#include "core/types.h"
#include "plain_sum.h"

enum {
    SQUARE = 1024,   /* rows of the dgemm that rates are compared with */
    ADDED = 1 << 14, /* elements that a thread adds up at a time */
};

/* One Jacobian, its rows one after another as BLAS wants them. */
struct job {
    cod_pool *pool;
    size_t m;
    size_t n;
    cod_type type;
    void *J;
    const void **rows;
    double *weights;
    double *result;    /* m x m */
    void *direction;   /* n */
    void *blas_result; /* m x m, or n */
    void *blas_weights;
    double *square[3]; /* the factors of the reference product, and the product */
    size_t summed;
    cod_status status;
};

static void job_free(struct job *work)
{
    for (size_t k = 0; k < 3; k++)
        free(work->square[k]);
    free(work->blas_weights);
    free(work->blas_result);
    free(work->direction);
    free(work->result);
    free(work->weights);
    free(work->rows);
    free(work->J);
    cod_pool_free(work->pool);
}

static void fill(void *x, size_t count, cod_type type)
{
    enum { PERIOD = 4099 };
    for (size_t k = 0; k < count; k++) {
        double value = (double)(k % PERIOD) / PERIOD - 0.5;
        (void)cod_elements_store(&value, 1, type, (char *)x + k * cod_type_size(type));
    }
}

static cod_status job_alloc(size_t m, size_t n, cod_type type, unsigned threads,
                            const char *kernels, struct job *ret_job)
{
    size_t size = cod_type_size(type);
    size_t most = m * m > n ? m * m : n;
    *ret_job = (struct job){.m = m, .n = n, .type = type};
    cod_status status = cod_pool_alloc_for(threads, m, kernels, &ret_job->pool, NULL);
    if (status < 0)
        return status;
    /* One row more: what combine writes counts as bytes of its plain sum, too. */
    ret_job->J = aligned_alloc(64, (m + 1) * n * size);
    ret_job->rows = calloc(m, sizeof *ret_job->rows);
    ret_job->weights = calloc(m, sizeof(double));
    ret_job->result = calloc(m * m, sizeof(double));
    ret_job->direction = calloc(n, size);
    ret_job->blas_result = calloc(most, size);
    ret_job->blas_weights = calloc(m, size);
    for (size_t k = 0; k < 3; k++)
        ret_job->square[k] = calloc(SQUARE * SQUARE, sizeof(double));
    if (ret_job->square[0] == NULL || ret_job->square[1] == NULL ||
        ret_job->square[2] == NULL || ret_job->J == NULL || ret_job->rows == NULL ||
        ret_job->weights == NULL || ret_job->result == NULL ||
        ret_job->direction == NULL || ret_job->blas_result == NULL ||
        ret_job->blas_weights == NULL) {
        job_free(ret_job);
        return COD_EMEMORY;
    }
    fill(ret_job->J, (m + 1) * n, type);
    fill(ret_job->blas_weights, m, type);
    fill(ret_job->square[0], SQUARE * SQUARE, COD_FLOAT64);
    fill(ret_job->square[1], SQUARE * SQUARE, COD_FLOAT64);
    for (size_t i = 0; i < m; i++) {
        ret_job->rows[i] = (char *)ret_job->J + i * n * size;
        ret_job->weights[i] = 1 / (double)(i + 1);
    }
    openblas_set_num_threads((int)threads);
    return COD_OK;
}

static void run_gramian(void *arg)
{
    struct job *work = arg;
    work->status =
        cod_gramian(work->pool, work->m, work->n, work->rows, work->type, work->result);
}

static void run_combine(void *arg)
{
    struct job *work = arg;
    work->status = cod_combine(work->pool, work->m, work->n, work->weights, work->rows,
                               work->type, work->direction, work->type);
}

/* The references know float32 and float64. */
static int has_blas(const struct job *work)
{
    return work->type == COD_FLOAT32 || work->type == COD_FLOAT64;
}

static void run_sum(void *arg)
{
    struct job *work = arg;
    if (!has_blas(work))
        return;
    work->result[0] = plain_sum_of(work->pool, work->J, work->summed, work->type, 1);
}

static void run_read(void *arg)
{
    struct job *work = arg;
    if (!has_blas(work))
        return;
    work->result[0] = plain_sum_of(work->pool, work->J, work->summed, work->type, 0);
}

/* The rows added up by the plainest loop, with ordinary stores. */
static void add_part(void *arg, size_t part, unsigned thread)
{
    (void)thread;
    struct job *work = arg;
    size_t begin = part * ADDED;
    size_t count = work->n - begin < ADDED ? work->n - begin : ADDED;
    if (work->type == COD_FLOAT32)
        plain_add_floats(work->m, (const float *const *)work->rows, begin, count,
                         work->direction);
    else
        plain_add_doubles(work->m, (const double *const *)work->rows, begin, count,
                          work->direction);
}

static void run_add(void *arg)
{
    struct job *work = arg;
    if (has_blas(work))
        cod_pool_run(work->pool, add_part, work, (work->n + ADDED - 1) / ADDED);
}

static void run_syrk(void *arg)
{
    struct job *work = arg;
    if (!has_blas(work))
        return;
    int m = (int)work->m;
    int n = (int)work->n;
    if (work->type == COD_FLOAT32)
        cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, m, n, 1, work->J, n, 0,
                    work->blas_result, m);
    else
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, m, n, 1, work->J, n, 0,
                    work->blas_result, m);
}

static void run_gemv(void *arg)
{
    struct job *work = arg;
    if (!has_blas(work))
        return;
    int m = (int)work->m;
    int n = (int)work->n;
    if (work->type == COD_FLOAT32)
        cblas_sgemv(CblasRowMajor, CblasTrans, m, n, 1, work->J, n, work->blas_weights,
                    1, 0, work->blas_result, 1);
    else
        cblas_dgemv(CblasRowMajor, CblasTrans, m, n, 1, work->J, n, work->blas_weights,
                    1, 0, work->blas_result, 1);
}

static void run_gemm(void *arg)
{
    struct job *work = arg;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SQUARE, SQUARE, SQUARE, 1,
                work->square[0], SQUARE, work->square[1], SQUARE, 0, work->square[2],
                SQUARE);
}

/* What a run is measured for: a Jacobian, threads, kernels. */
typedef struct shape {
    size_t m;
    size_t bytes;
    cod_type type;
    unsigned threads;
    const char *kernels;
    int combine;
} shape;

static const char *type_name(cod_type type)
{
    static const char *const names[] = {"float32", "float64", "bfloat16", "float16"};
    return names[type];
}

/* Ratios of speeds: the references' times in units of the kernel's. NULL where BLAS has
 * no such type. */
static cod_status add_row(json_t *rows, const shape *s, const struct job *work,
                          const bench_work *works)
{
    double size = (double)(work->summed * cod_type_size(s->type));
    json_t *row = json_pack("{s:s, s:s, s:I, s:I, s:I}", "data",
                            s->bytes > (8u << 20) ? "memory" : "cache", "type",
                            type_name(s->type), "m", (json_int_t)s->m, "n",
                            (json_int_t)work->n, "threads", (json_int_t)s->threads);
    int error = bench_put_time(row, "us", &works[0], 1e-6);
    error |= json_object_set_new(row, "gb_per_s",
                                 json_real(size / bench_time(&works[0], 1e-9).best));
    static const char *const names[2][4] = {
        {"of_sum", "of_read", "of_dgemm", "of_syrk"},
        {"of_sum", "of_read", "of_add", "of_gemv"}};
    double products = (double)(work->m * (work->m + 1) / 2) * (double)work->n;
    for (size_t k = 0; k < 4; k++) {
        int rates = k == 2 && !s->combine;
        double factor = rates ? products / ((double)SQUARE * SQUARE * SQUARE) : 1;
        bench_figure figure = bench_ratio(&works[k + 1], &works[0], factor);
        error |= bench_put(row, names[s->combine][k],
                           has_blas(work) || rates ? &figure : NULL);
    }
    return bench_add_row(rows, row, &works[0], error);
}

/* One row of the table: the kernel, both plain sums, dgemm or the addition, BLAS. */
static cod_status measure(json_t *rows, const shape *s)
{
    size_t n = s->bytes / (s->m * cod_type_size(s->type)) / 1024 * 1024;
    struct job work;
    cod_status status = job_alloc(s->m, n, s->type, s->threads, s->kernels, &work);
    if (status < 0)
        return status;
    work.summed = (s->m + (s->combine ? 1 : 0)) * n;
    bench_work works[5] = {
        {.run = s->combine ? run_combine : run_gramian, .arg = &work},
        {.run = run_sum, .arg = &work},
        {.run = run_read, .arg = &work},
        {.run = s->combine ? run_add : run_gemm, .arg = &work},
        {.run = s->combine ? run_gemv : run_syrk, .arg = &work}};
    bench_measure(works, 5, s->threads, s->bytes > (8u << 20) ? 0.6 : 0.2);
    status = work.status;
    if (status >= 0)
        status = add_row(rows, s, &work, works);
    job_free(&work);
    return status;
}

static cod_status measure_all(json_t *rows, const char *set, int combine)
{
    static const struct {
        size_t m;
        cod_type type;
    } cases[] = {{2, COD_FLOAT32},  {2, COD_FLOAT64}, {2, COD_BFLOAT16},
                 {3, COD_FLOAT32},  {4, COD_FLOAT32}, {8, COD_FLOAT32},
                 {8, COD_BFLOAT16}, {8, COD_FLOAT16}, {16, COD_FLOAT32},
                 {32, COD_FLOAT32}, {64, COD_FLOAT32}};
    /* Half of a usual second-level cache, and more than any cache of a usual machine.
     */
    static const size_t sizes[] = {512u << 10, 256u << 20};
    int blas_threads = openblas_get_num_threads();
    unsigned most = bench_threads();
    cod_status status = COD_OK;
    for (unsigned pass = 0; pass < (most > 1 ? 2 : 1) && status >= 0; pass++) {
        unsigned threads = pass == 0 ? 1 : most;
        for (size_t s = 0; s < 2 && status >= 0; s++)
            for (size_t c = 0; c < sizeof cases / sizeof *cases && status >= 0; c++)
                status = measure(rows, &(shape){cases[c].m, sizes[s], cases[c].type,
                                                threads, set, combine});
    }
    openblas_set_num_threads(blas_threads);
    return status;
}

cod_status bench_gramian(json_t *rows, const char *kernels)
{
    return measure_all(rows, kernels, 0);
}

cod_status bench_combine(json_t *rows, const char *kernels)
{
    return measure_all(rows, kernels, 1);
}
