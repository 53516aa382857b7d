/* SPDX-License-Identifier: MIT */
#include "core/kernels.h"

#include <math.h>
#include <string.h>

#include "core/finite.h"
#include "core/pool.h"

enum {
    PARTS_ROWS = 128, /* up to here every part has sums of its own */
    PART_BLOCKS = 16, /* blocks in a part at the least */
    STRIP = 16,       /* rows of products that a thread takes, above PARTS_ROWS */
    FEW = 1 << 17,    /* products for which no other thread is woken */
};

/* Products of two lists of rows, or (mb = 0) of one list with itself. */
struct job {
    cod_pool *pool;
    const cod_row_kernels *kernels;
    size_t ma;
    size_t mb;
    const void *const *rows; /* ma + mb of them, none NULL */
    size_t n;
    size_t parts;
    size_t ld;     /* of the sums */
    double *sums;  /* parts x ma x ld */
    double *panel; /* one of panel_size() for each thread */
    size_t begin;  /* above PARTS_ROWS: the block in hand */
    size_t count;
};

/* A function of n alone: see kernels.h. */
static size_t part_count(size_t n)
{
    size_t parts = (n / COD_BLOCK + (n % COD_BLOCK != 0)) / PART_BLOCKS;
    return parts < 1 ? 1 : parts > COD_PARTS ? COD_PARTS : parts;
}

/* The first column of a part. */
static size_t part_begin(size_t n, size_t parts, size_t part)
{
    size_t blocks = n / COD_BLOCK + (n % COD_BLOCK != 0);
    size_t begin = (blocks / parts * part + blocks % parts * part / parts) * COD_BLOCK;
    return begin < n ? begin : n;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The panel of one thread: two sets of rows. */
static size_t panel_size(size_t m)
{
    return 2 * smaller(m, PARTS_ROWS) * COD_PANEL_STRIDE;
}

static size_t sums_size(size_t m)
{
    size_t few = smaller(m, PARTS_ROWS);
    return larger(COD_PARTS * few * few, m > PARTS_ROWS ? 2 * m * m : 0);
}

size_t cod_gramian_scratch(unsigned threads, size_t m)
{
    return sums_size(m) + larger(threads * panel_size(m), 2 * m * COD_PANEL_STRIDE);
}

static size_t padded(size_t count)
{
    return (count + COD_LANES - 1) / COD_LANES * COD_LANES;
}

static size_t block_length(size_t begin, size_t end)
{
    return end - begin < COD_BLOCK ? end - begin : COD_BLOCK;
}

/* The columns from `begin` to `end`, at most COD_BLOCK of them, by way of the panel. */
static void block_products(const struct job *job, size_t begin, size_t end,
                           double *sums, double *panel)
{
    const cod_row_kernels *kernels = job->kernels;
    size_t count = block_length(begin, end);
    kernels->widen(job->ma + job->mb, job->rows, begin, count, panel);
    if (job->mb == 0)
        kernels->triangle(job->ma, panel, padded(count), sums, job->ld);
    else
        kernels->rectangle(job->ma, panel, job->mb, panel + job->ma * COD_PANEL_STRIDE,
                           padded(count), sums, job->ld);
}

static void run_part(void *arg, size_t part, unsigned thread)
{
    const struct job *job = arg;
    size_t size = job->ma * job->ld;
    double *sums = job->sums + part * size;
    double *panel = job->panel + thread * panel_size(job->pool->m);
    memset(sums, 0, size * sizeof *sums);
    size_t begin = part_begin(job->n, job->parts, part);
    size_t end = part_begin(job->n, job->parts, part + 1);
    if (job->mb == 0) {
        size_t blocks = (end - begin) / COD_BLOCK;
        job->kernels->blocks(job->ma, job->rows, begin, blocks, panel, sums, job->ld);
        begin += blocks * COD_BLOCK;
    }
    for (; begin < end; begin += COD_BLOCK)
        block_products(job, begin, end, sums, panel);
}

/* The sum of the parts, in order, lands in part 0. */
static void add_parts(double *sums, size_t size, size_t parts)
{
    for (size_t part = 1; part < parts; part++)
        for (size_t k = 0; k < size; k++)
            sums[k] += sums[part * size + k];
}

static void widen_strip(void *arg, size_t strip, unsigned thread)
{
    (void)thread;
    const struct job *job = arg;
    size_t i = strip * STRIP;
    size_t rows = job->ma + job->mb - i;
    job->kernels->widen(rows < STRIP ? rows : STRIP, job->rows + i, job->begin,
                        job->count, job->panel + i * COD_PANEL_STRIDE);
}

/* Rows of products number strip * STRIP and on, of the block in hand. */
static void run_strip(void *arg, size_t strip, unsigned thread)
{
    (void)thread;
    const struct job *job = arg;
    size_t i = strip * STRIP;
    size_t ma = job->ma - i < STRIP ? job->ma - i : STRIP;
    double *sums = job->sums + i * job->ld;
    const double *a = job->panel + i * COD_PANEL_STRIDE;
    size_t count = padded(job->count);
    if (job->mb > 0) {
        job->kernels->rectangle(ma, a, job->mb, job->panel + job->ma * COD_PANEL_STRIDE,
                                count, sums, job->ld);
        return;
    }
    job->kernels->rectangle(ma, a, i, job->panel, count, sums, job->ld);
    job->kernels->triangle(ma, a, count, sums + i, job->ld);
}

/* Many rows: the parts one after another, the threads share the products of each block,
 * and two sets of sums serve: the total, and the part in hand. */
static void run_strips(struct job *job)
{
    size_t size = job->ma * job->ld;
    double *total = job->sums;
    job->sums = total + size;
    memset(total, 0, size * sizeof *total);
    for (size_t part = 0; part < job->parts; part++) {
        memset(job->sums, 0, size * sizeof *total);
        size_t end = part_begin(job->n, job->parts, part + 1);
        for (size_t k = part_begin(job->n, job->parts, part); k < end; k += COD_BLOCK) {
            job->begin = k;
            job->count = block_length(k, end);
            cod_pool_run(job->pool, widen_strip, job,
                         (job->ma + job->mb + STRIP - 1) / STRIP);
            cod_pool_run(job->pool, run_strip, job, (job->ma + STRIP - 1) / STRIP);
        }
        for (size_t k = 0; k < size; k++)
            total[k] += job->sums[k];
    }
    job->sums = total;
}

/* ma x ld sums in job->sums, of which only j <= i means something where mb is 0. */
static void run(struct job *job)
{
    cod_pool *pool = job->pool;
    job->parts = part_count(job->n);
    job->ld = job->mb > 0 ? job->mb : job->ma;
    job->sums = pool->scratch;
    size_t products = job->ma * job->ld;
    job->panel = pool->scratch + sums_size(pool->m);
    if (larger(job->ma, job->mb) > PARTS_ROWS) {
        run_strips(job);
        return;
    }
    int few = job->n < FEW / (products + 1);
    cod_pool_run_if(pool, few, run_part, job, job->parts);
    add_parts(job->sums, products, job->parts);
}

size_t cod_rows_nonfinite(size_t m, size_t n, const void *const *rows, cod_type type)
{
    for (size_t i = 0; i < m; i++) {
        if (rows[i] == NULL)
            continue;
        for (size_t k = 0; k < n; k++)
            if (!isfinite(cod_element_at(rows[i], type, k)))
                return i;
    }
    return m;
}

static cod_status check(const cod_pool *pool, size_t m, const void *const *rows,
                        cod_type type, const double *ret)
{
    if (pool == NULL || m == 0 || rows == NULL || ret == NULL ||
        cod_type_size(type) == 0)
        return COD_EARGUMENT;
    return m > pool->m ? COD_ESHAPE : COD_OK;
}

/* Packs the rows that are not NULL behind those that are there already. */
static size_t pack(cod_pool *pool, size_t used, size_t m, const void *const *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < m; i++) {
        if (rows[i] == NULL)
            continue;
        pool->rows[used + count] = rows[i];
        pool->index[used + count] = i;
        count++;
    }
    return count;
}

/* A NaN or an infinity among the elements makes the sum of their squares one. */
static cod_status why_nonfinite(size_t count, size_t n, const void *const *rows,
                                cod_type type)
{
    return cod_rows_nonfinite(count, n, rows, type) < count ? COD_ENONFINITE
                                                            : COD_EOVERFLOW;
}

cod_status cod_gramian_some(cod_pool *pool, size_t m, size_t n, const void *const *rows,
                            cod_type type, double *ret_G)
{
    cod_status status = check(pool, m, rows, type, ret_G);
    if (status < 0)
        return status;
    size_t count = pack(pool, 0, m, rows);
    struct job job = {.pool = pool,
                      .kernels = pool->kernels->rows[type],
                      .ma = count,
                      .rows = pool->rows,
                      .n = n};
    if (count > 0)
        run(&job);
    for (size_t i = 0; i < count; i++)
        if (!cod_all_finite(i + 1, job.sums + i * count))
            return why_nonfinite(count, n, pool->rows, type);
    memset(ret_G, 0, m * m * sizeof *ret_G);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j <= i; j++) {
            size_t to_i = pool->index[i];
            size_t to_j = pool->index[j];
            ret_G[to_i * m + to_j] = job.sums[i * count + j];
            ret_G[to_j * m + to_i] = job.sums[i * count + j];
        }
    return COD_OK;
}

cod_status cod_gramian(cod_pool *pool, size_t m, size_t n, const void *const *rows,
                       cod_type type, double *ret_G)
{
    if (rows != NULL && pool != NULL && m <= pool->m && n > 0)
        for (size_t i = 0; i < m; i++)
            if (rows[i] == NULL)
                return COD_EARGUMENT;
    return cod_gramian_some(pool, m, n, rows, type, ret_G);
}

cod_status cod_cross(cod_pool *pool, size_t ma, size_t mb, size_t n,
                     const void *const *a, const void *const *b, cod_type type,
                     double *ret_products)
{
    cod_status status = check(pool, ma, a, type, ret_products);
    if (status == COD_OK)
        status = check(pool, mb, b, type, ret_products);
    if (status < 0)
        return status;
    size_t ca = pack(pool, 0, ma, a);
    size_t cb = pack(pool, ca, mb, b);
    struct job job = {.pool = pool,
                      .kernels = pool->kernels->rows[type],
                      .ma = ca,
                      .mb = cb,
                      .rows = pool->rows,
                      .n = n};
    if (ca > 0 && cb > 0) {
        run(&job);
        if (!cod_all_finite(ca * cb, job.sums))
            return why_nonfinite(ca + cb, n, pool->rows, type);
    }
    memset(ret_products, 0, ma * mb * sizeof *ret_products);
    for (size_t i = 0; ca > 0 && cb > 0 && i < ca; i++)
        for (size_t j = 0; j < cb; j++)
            ret_products[pool->index[i] * mb + pool->index[ca + j]] =
                job.sums[i * cb + j];
    return COD_OK;
}

/* The sums of squares of all rows over one part. */
static void run_norms(void *arg, size_t part, unsigned thread)
{
    const struct job *job = arg;
    double *panel = job->panel + thread * panel_size(job->pool->m);
    size_t begin = part_begin(job->n, job->parts, part);
    size_t end = part_begin(job->n, job->parts, part + 1);
    size_t blocks = (end - begin) / COD_BLOCK;
    size_t rest = begin + blocks * COD_BLOCK;
    for (size_t i = 0; i < job->ma; i++) {
        double *sum = job->sums + part * job->ma + i;
        *sum = 0;
        job->kernels->blocks(1, &job->rows[i], begin, blocks, panel, sum, 1);
        if (rest == end)
            continue;
        job->kernels->widen(1, &job->rows[i], rest, end - rest, panel);
        job->kernels->triangle(1, panel, padded(end - rest), sum, 1);
    }
}

cod_status cod_norms2(cod_pool *pool, size_t m, size_t n, const void *const *rows,
                      cod_type type, double *ret_norms2)
{
    cod_status status = check(pool, m, rows, type, ret_norms2);
    if (status < 0)
        return status;
    size_t count = pack(pool, 0, m, rows);
    struct job job = {.pool = pool,
                      .kernels = pool->kernels->rows[type],
                      .ma = count,
                      .rows = pool->rows,
                      .n = n,
                      .parts = part_count(n),
                      .sums = pool->scratch,
                      .panel = pool->scratch + sums_size(pool->m)};
    job.panel =
        pool->scratch + COD_PARTS * pool->m * (pool->m > PARTS_ROWS ? 1 : pool->m);
    if (count > 0) {
        cod_pool_run_if(pool, n < FEW / count, run_norms, &job, job.parts);
        add_parts(job.sums, count, job.parts);
        if (!cod_all_finite(count, job.sums))
            return why_nonfinite(count, n, pool->rows, type);
    }
    memset(ret_norms2, 0, m * sizeof *ret_norms2);
    for (size_t i = 0; i < count; i++)
        ret_norms2[pool->index[i]] = job.sums[i];
    return COD_OK;
}
