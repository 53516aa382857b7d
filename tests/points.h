/* SPDX-License-Identifier: MIT */
/* What the tests of methods for sets share: losses and rows of some points, drawn or
 * recorded. */
#ifndef COD_TESTS_POINTS_H
#define COD_TESTS_POINTS_H

#include <codescent/method.h>

#include "recorded.h"
#include "sets.h"

enum { MOST = 12, N = 7, SHARDS = 2 };

static const size_t lengths[SHARDS] = {3, 4};

/* Losses and rows of some points. */
typedef struct input {
    size_t points, m;
    double losses[MOST * 3], rows[MOST * 3][N], gramian[MOST * 3 * MOST * 3];
    const void *at[MOST * 3];
} input;

static inline void find_gramian(input *in)
{
    size_t rows = in->points * in->m;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++) {
            in->gramian[i * rows + j] = 0;
            for (size_t k = 0; k < N; k++)
                in->gramian[i * rows + j] += in->rows[i][k] * in->rows[j][k];
        }
}

static inline void draw_input(uint64_t *seed, size_t points, size_t m, input *in)
{
    in->points = points;
    in->m = m;
    draw_set(seed, m, points, in->losses);
    for (size_t i = 0; i < points * m; i++) {
        in->at[i] = in->rows[i];
        for (size_t k = 0; k < N; k++)
            in->rows[i][k] = 2 * draw(seed) - 1;
    }
    find_gramian(in);
}

/* The trace's steps from this one on are the points. */
static inline void recorded_input(size_t step, size_t points, size_t m, input *in)
{
    in->points = points;
    in->m = m;
    for (size_t p = 0; p < points; p++) {
        for (size_t i = 0; i < m; i++) {
            in->losses[p * m + i] = trace.losses[(step + p) * trace.m + i];
            in->at[p * m + i] = in->rows[p * m + i];
        }
        recorded_rows(step + p, m, N, in->rows[p * m], N);
    }
    find_gramian(in);
}

static inline cod_solver *make(const char *text, size_t points, size_t m,
                               unsigned threads)
{
    cod_solver *solver;
    cod_message message;
    const double reference[] = {1.5, 2, 1.25};
    const cod_setup setup = {.m = m,
                             .n = N,
                             .points = points,
                             .shards = SHARDS,
                             .lengths = lengths,
                             .steps = 10,
                             .threads = threads};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    if (strstr(text, "hv-gradient") != NULL)
        assert_status(cod_solver_feed(solver, "reference", reference, m), COD_OK);
    return solver;
}

static inline cod_shard cut(const input *in, size_t s, const void **rows)
{
    cod_shard shard = {s == 0 ? 0 : lengths[0], lengths[s], COD_FLOAT64, rows};
    for (size_t i = 0; i < in->points * in->m; i++)
        rows[i] = in->rows[i] + shard.offset;
    return shard;
}

static inline void hand_in(cod_solver *solver, const input *in)
{
    const void *rows[MOST * 3];
    assert_status(cod_solver_losses(solver, in->losses), COD_OK);
    for (size_t s = SHARDS; s-- > 0;) {
        cod_shard shard = cut(in, s, rows);
        assert_status(cod_solver_shard(solver, &shard), COD_OK);
    }
}

#endif
