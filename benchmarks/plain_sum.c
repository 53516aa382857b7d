/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_sum.h"

#include <string.h>

enum { PARTS = 128, PART_BYTES = 1 << 16 };

typedef struct sums {
    double (*floats)(const void *x, size_t count);
    double (*doubles)(const void *x, size_t count);
    double (*widened)(const void *x, size_t count);
} sums;

#define LOAD_FLOATS(p) *(const vector *)(const void *)(p)
#define LOAD_WIDENED_2(p)                                                              \
    (vector)                                                                           \
    {                                                                                  \
        (p)[0], (p)[1]                                                                 \
    }
#define LOAD_WIDENED_4(p)                                                              \
    (vector)                                                                           \
    {                                                                                  \
        (p)[0], (p)[1], (p)[2], (p)[3]                                                 \
    }
#define LOAD_WIDENED_8(p)                                                              \
    (vector)                                                                           \
    {                                                                                  \
        (p)[0], (p)[1], (p)[2], (p)[3], (p)[4], (p)[5], (p)[6], (p)[7]                 \
    }

/* Two streams, each of four vectors in flight: some processors read two faster than
 * one. The elements behind the last whole round, fewer than eight vectors, are left
 * out. */
#define SUM(name, target, from, to, lanes, LOAD)                                       \
    target static double name(const void *data, size_t count)                          \
    {                                                                                  \
        typedef to vector                                                              \
            __attribute__((vector_size((lanes) * sizeof(to)), aligned(sizeof(to))));   \
        const from *x = data;                                                          \
        const from *y = x + count / 2;                                                 \
        vector a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0}; \
        for (size_t k = 0; k + 4 * (lanes) <= count / 2; k += 4 * (lanes)) {           \
            a += LOAD(x + k);                                                          \
            e += LOAD(y + k);                                                          \
            b += LOAD(x + k + (lanes));                                                \
            f += LOAD(y + k + (lanes));                                                \
            c += LOAD(x + k + 2 * (lanes));                                            \
            g += LOAD(y + k + 2 * (lanes));                                            \
            d += LOAD(x + k + 3 * (lanes));                                            \
            h += LOAD(y + k + 3 * (lanes));                                            \
        }                                                                              \
        a = ((a + b) + (c + d)) + ((e + f) + (g + h));                                 \
        double total = 0;                                                              \
        for (int l = 0; l < (lanes); l++)                                              \
            total += (double)a[l];                                                     \
        return total;                                                                  \
    }
#define SUMS(isa, target, lanes)                                                       \
    SUM(floats_##isa, target, float, float, 2 * (lanes), LOAD_FLOATS)                  \
    SUM(doubles_##isa, target, double, double, lanes, LOAD_FLOATS)                     \
    SUM(widened_##isa, target, float, double, lanes, LOAD_WIDENED_##lanes)             \
    static const sums sums_##isa = {floats_##isa, doubles_##isa, widened_##isa};

SUMS(base, , 2)
#if defined(__x86_64__)
SUMS(avx2, __attribute__((target("avx2"))), 4)
SUMS(avx512, __attribute__((target("avx512f"))), 8)
#endif

static const sums *best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return &sums_avx512;
    if (__builtin_cpu_supports("avx2"))
        return &sums_avx2;
#endif
    return &sums_base;
}

typedef struct work {
    double (*sum)(const void *x, size_t count);
    const char *x;
    size_t count;
    size_t size;
    size_t parts;
    double total[PARTS];
} work;

static void run_part(void *arg, size_t part, unsigned thread)
{
    (void)thread;
    work *job = arg;
    size_t begin = job->count / job->parts * part;
    size_t count = job->count / job->parts;
    job->total[part] = job->sum(job->x + begin * job->size, count);
}

double plain_sum_of(cod_pool *pool, const void *x, size_t count, cod_type type,
                    int widened)
{
    const sums *sums_of = best();
    work job = {.sum = type == COD_FLOAT64 ? sums_of->doubles
                       : widened           ? sums_of->widened
                                           : sums_of->floats,
                .x = x,
                .count = count,
                .size = type == COD_FLOAT32 ? sizeof(float) : sizeof(double)};
    job.parts = count * job.size / PART_BYTES;
    job.parts = job.parts < 1 ? 1 : job.parts > PARTS ? PARTS : job.parts;
    cod_pool_run(pool, run_part, &job, job.parts);
    double total = 0;
    for (size_t part = 0; part < job.parts; part++)
        total += job.total[part];
    return total;
}

/* clang has vectors at -O2 already, and no such attribute. */
#if defined(__clang__)
#define VECTORS
#else
#define VECTORS __attribute__((optimize("O3")))
#endif

/* Pieces small enough that the sum so far stays in the first-level cache. */
#define ADD(name, type)                                                                \
    VECTORS void name(size_t m, const type *const *rows, size_t begin, size_t count,   \
                      type *sum)                                                       \
    {                                                                                  \
        enum { PIECE = 2048 };                                                         \
        for (size_t at = begin; at < begin + count; at += PIECE) {                     \
            size_t end = at + PIECE < begin + count ? at + PIECE : begin + count;      \
            if (m == 1)                                                                \
                memcpy(sum + at, rows[0] + at, (end - at) * sizeof *sum);              \
            else                                                                       \
                for (size_t k = at; k < end; k++)                                      \
                    sum[k] = rows[0][k] + rows[1][k];                                  \
            for (size_t i = 2; i < m; i++)                                             \
                for (size_t k = at; k < end; k++)                                      \
                    sum[k] += rows[i][k];                                              \
        }                                                                              \
    }
ADD(plain_add_floats, float)
ADD(plain_add_doubles, double)
