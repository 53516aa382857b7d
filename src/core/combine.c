/* SPDX-License-Identifier: MIT */
#include <codescent/gramian.h>

#include <math.h>
#include <stdatomic.h>

#include "core/kernels.h"
#include "core/pool.h"

enum {
    PIECE = 1 << 14,
    FEW = 1 << 17,
    STREAMED = 1 << 25, /* bytes of a result that nobody will find in a cache anyway */
};

struct job {
    cod_combine_kernel *kernel;
    size_t m;
    size_t n;
    const double *weights;
    const void *const *rows;
    int stream;
    void *ret_d;
    atomic_int bad;
};

static void run_piece(void *arg, size_t piece, unsigned thread)
{
    (void)thread;
    struct job *job = arg;
    size_t begin = piece * PIECE;
    size_t count = job->n - begin < PIECE ? job->n - begin : PIECE;
    if (job->kernel(job->m, job->weights, job->rows, begin, count, job->stream,
                    job->ret_d))
        atomic_store(&job->bad, 1);
}

static cod_status check(const cod_pool *pool, size_t m, size_t n, const double *weights,
                        const void *const *rows, cod_type type, const void *ret_d,
                        cod_type ret_type)
{
    if (pool == NULL || m == 0 || weights == NULL || rows == NULL ||
        (ret_d == NULL && n > 0) || cod_type_size(type) == 0 ||
        cod_type_size(ret_type) == 0)
        return COD_EARGUMENT;
    if (m > pool->m)
        return COD_ESHAPE;
    for (size_t i = 0; i < m; i++)
        if (!isfinite(weights[i]))
            return COD_ENONFINITE;
    for (size_t i = 0; i < m && n > 0; i++)
        if (rows[i] == NULL && weights[i] != 0)
            return COD_EARGUMENT;
    return COD_OK;
}

cod_status cod_combine(cod_pool *pool, size_t m, size_t n, const double *weights,
                       const void *const *rows, cod_type type, void *ret_d,
                       cod_type ret_type)
{
    cod_status status = check(pool, m, n, weights, rows, type, ret_d, ret_type);
    if (status < 0 || n == 0)
        return status;
    struct job job = {.kernel = pool->kernels->combine[type][ret_type],
                      .n = n,
                      .weights = pool->weights,
                      .rows = pool->rows,
                      .stream = n >= STREAMED / cod_type_size(ret_type),
                      .ret_d = ret_d};
    for (size_t i = 0; i < m; i++)
        if (weights[i] != 0) {
            pool->weights[job.m] = weights[i];
            pool->rows[job.m] = rows[i];
            job.m++;
        }
    cod_pool_run_if(pool, n < FEW / (job.m + 1), run_piece, &job, (n - 1) / PIECE + 1);
    if (!atomic_load(&job.bad))
        return COD_OK;
    return cod_rows_nonfinite(job.m, n, pool->rows, type) < job.m ? COD_ENONFINITE
                                                                  : COD_EOVERFLOW;
}
