/* SPDX-License-Identifier: MIT */
/* What the tests with methods of their own share: rows in shards, and a solver. */
#ifndef COD_TESTS_OWN_METHODS_H
#define COD_TESTS_OWN_METHODS_H

#include <codescent/method.h>

#include "sets.h"

/* Two of the shards are so long that threads share them. */
enum { M = 2, N = 20000, SHARDS = 3, BATCHES = 2 };

static const size_t lengths[SHARDS] = {8700, 300, 11000};
static const size_t offsets[SHARDS] = {0, 8700, 9000};

/* rows[b][i] is row i of batch b, or of point b */
static double rows[BATCHES][M][N];

static inline int draw_rows(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (size_t b = 0; b < BATCHES; b++)
        for (size_t i = 0; i < M; i++)
            for (size_t k = 0; k < N; k++)
                rows[b][i][k] = (2 * draw(&seed) - 1) * (double)(i + 1);
    return 0;
}

static inline cod_solver *make_own(const char *text, const cod_method *const *methods,
                                   size_t count, size_t points, unsigned threads)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = M,
                       .n = N,
                       .points = points,
                       .shards = SHARDS,
                       .lengths = lengths,
                       .seed = 9,
                       .threads = threads,
                       .methods = methods,
                       .method_count = count};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return solver;
}

/* `count` rows, of batch after batch */
static inline cod_shard shard_of(size_t p, size_t first_batch, size_t count,
                                 const void **at)
{
    for (size_t r = 0; r < count; r++)
        at[r] = rows[first_batch + r / M][r % M] + offsets[p];
    return (cod_shard){offsets[p], lengths[p], COD_FLOAT64, at};
}

/* All shards, the last first. */
static inline cod_status hand_in(cod_solver *solver, size_t count)
{
    const void *at[BATCHES * M];
    cod_status status = COD_OK;
    for (size_t p = SHARDS; p-- > 0 && status == COD_OK;) {
        cod_shard shard = shard_of(p, 0, count, at);
        status = cod_solver_shard(solver, &shard);
    }
    return status;
}

static inline cod_status hand_out(cod_solver *solver, size_t point, size_t batch,
                                  double *ret_d)
{
    const void *at[BATCHES * M];
    cod_status status = COD_OK;
    for (size_t p = 0; p < SHARDS && status == COD_OK; p++) {
        cod_shard shard = shard_of(p, batch, M, at);
        status = cod_solver_direction(solver, &shard, point, ret_d + offsets[p],
                                      COD_FLOAT64);
    }
    return status;
}

static inline double product(const double *a, const double *b)
{
    long double sum = 0;
    for (size_t k = 0; k < N; k++)
        sum += (long double)a[k] * b[k];
    return (double)sum;
}

#endif
