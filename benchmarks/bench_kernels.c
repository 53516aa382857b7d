/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two kernels that touch the Jacobian, against a plain sum and BLAS. */
#include "bench_private.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <codescent/random.h>

#include "plain_sum.h"

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
    size_t summed;
    cod_status status;
};

static void job_free(struct job *work)
{
    free(work->blas_weights);
    free(work->blas_result);
    free(work->direction);
    free(work->result);
    free(work->weights);
    free(work->rows);
    free(work->J);
    cod_pool_free(work->pool);
}

static size_t element_size(cod_type type)
{
    return type == COD_FLOAT32 ? sizeof(float) : sizeof(double);
}

static void fill(void *x, size_t count, cod_type type)
{
    enum { PERIOD = 4099 };
    for (size_t k = 0; k < count; k++) {
        double value = (double)(k % PERIOD) / PERIOD - 0.5;
        if (type == COD_FLOAT32)
            ((float *)x)[k] = (float)value;
        else
            ((double *)x)[k] = value;
    }
}

static cod_status job_alloc(size_t m, size_t n, cod_type type, unsigned threads,
                            struct job *ret_job)
{
    size_t size = element_size(type);
    size_t most = m * m > n ? m * m : n;
    *ret_job = (struct job){.m = m, .n = n, .type = type};
    cod_status status = cod_pool_alloc(threads, m, &ret_job->pool);
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
    if (ret_job->J == NULL || ret_job->rows == NULL || ret_job->weights == NULL ||
        ret_job->result == NULL || ret_job->direction == NULL ||
        ret_job->blas_result == NULL || ret_job->blas_weights == NULL) {
        job_free(ret_job);
        return COD_EMEMORY;
    }
    fill(ret_job->J, (m + 1) * n, type);
    fill(ret_job->blas_weights, m, type);
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

static void run_sum(void *arg)
{
    struct job *work = arg;
    work->result[0] = plain_sum_of(work->pool, work->J, work->summed, work->type, 1);
}

static void run_read(void *arg)
{
    struct job *work = arg;
    work->result[0] = plain_sum_of(work->pool, work->J, work->summed, work->type, 0);
}

static void run_syrk(void *arg)
{
    struct job *work = arg;
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
    int m = (int)work->m;
    int n = (int)work->n;
    if (work->type == COD_FLOAT32)
        cblas_sgemv(CblasRowMajor, CblasTrans, m, n, 1, work->J, n, work->blas_weights,
                    1, 0, work->blas_result, 1);
    else
        cblas_dgemv(CblasRowMajor, CblasTrans, m, n, 1, work->J, n, work->blas_weights,
                    1, 0, work->blas_result, 1);
}

/* One row of the table: the kernel, both plain sums, BLAS. */
static cod_status measure(json_t *rows, size_t m, size_t bytes, cod_type type,
                          unsigned threads, int combine)
{
    size_t n = bytes / (m * element_size(type)) / 1024 * 1024;
    struct job work;
    cod_status status = job_alloc(m, n, type, threads, &work);
    if (status < 0)
        return status;
    work.summed = (m + (combine ? 1 : 0)) * n;
    bench_work works[4] = {{.run = combine ? run_combine : run_gramian, .arg = &work},
                           {.run = run_sum, .arg = &work},
                           {.run = run_read, .arg = &work},
                           {.run = combine ? run_gemv : run_syrk, .arg = &work}};
    bench_measure(works, 4, bytes > (8u << 20) ? 0.6 : 0.2);
    status = work.status;
    bench_time kernel = works[0].time;
    double size = (double)(work.summed * element_size(type));
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "data",
                  bytes > (8u << 20) ? "memory" : "cache", "type",
                  type == COD_FLOAT32 ? "float32" : "float64", "m", (json_int_t)m, "n",
                  (json_int_t)n, "threads", (json_int_t)threads, "us", kernel.min * 1e6,
                  "median_us", kernel.median * 1e6, "gb_per_s",
                  size / kernel.min * 1e-9, "of_sum", works[1].time.min / kernel.min,
                  "of_read", works[2].time.min / kernel.min,
                  combine ? "of_gemv" : "of_syrk", works[3].time.min / kernel.min);
    job_free(&work);
    if (row == NULL || json_array_append_new(rows, row) != 0)
        return COD_EMEMORY;
    return status;
}

static cod_status kernels(json_t *rows, int combine)
{
    static const struct {
        size_t m;
        cod_type type;
    } cases[] = {{2, COD_FLOAT32}, {2, COD_FLOAT64}, {3, COD_FLOAT32},
                 {4, COD_FLOAT32}, {8, COD_FLOAT32}, {32, COD_FLOAT32}};
    /* Half of a usual second-level cache, and more than any cache of a usual machine.
     */
    static const size_t sizes[] = {512u << 10, 256u << 20};
    int blas_threads = openblas_get_num_threads();
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    cod_status status = COD_OK;
    for (unsigned pass = 0; pass < (processors > 1 ? 2 : 1) && status >= 0; pass++) {
        unsigned threads = pass == 0 ? 1 : processors < 64 ? (unsigned)processors : 64;
        for (size_t s = 0; s < 2 && status >= 0; s++)
            for (size_t c = 0; c < sizeof cases / sizeof *cases && status >= 0; c++)
                status = measure(rows, cases[c].m, sizes[s], cases[c].type, threads,
                                 combine);
    }
    openblas_set_num_threads(blas_threads);
    return status;
}

cod_status bench_gramian(json_t *rows)
{
    return kernels(rows, 0);
}

cod_status bench_combine(json_t *rows)
{
    return kernels(rows, 1);
}
