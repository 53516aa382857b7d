/* SPDX-License-Identifier: MIT */
/* Every built-in method in several forms, and the ways in which a step is handed in. */
#ifndef COD_TESTS_CONFORMANCE_H
#define COD_TESTS_CONFORMANCE_H

#include "sets.h"

enum { M = 4, N = 23, SHARDS = 4, STEPS = 12 };

static const size_t lengths[SHARDS] = {5, 1, 11, 6};

static const char *const texts[] = {
    "linear",
    "linear(weights=4:0:1:2)",
    "mgda",
    "mgda(normalize=l2)",
    "mgda(normalize=loss)",
    "mgda(normalize=loss+)",
    "mgda(normalize=log)",
    "mgda(minnorm=fw)",
    "mgda(minnorm=line-search, output=times-m)",
    "uncertainty",
    "uncertainty(form=positive, optimizer=sgd, lr=0.1)",
    "uncertainty(form=optimum, output=sum-one)",
    "annealing",
    "annealing(order=3:1:2:4, steps=5, ramp=exponential)",
    "annealing(unit=epoch, ramp=cosine)",
    "alternation",
    "alternation(pattern=2:2:4, period=2)",
    "adaptive",
    "adaptive(by=gradients)",
    "adaptive(by=gradients, sense=inverse, momentum=0.5)",
    "adaptive(by=gradients, shard=3)",
    "dwa",
    "dwa(unit=step, temperature=0.5)",
    "famo",
    "famo(lower=-1:0:-2:0.05, lr=0.3, decay=0)",
    "gradvac",
    "gradvac(beta=0.5)",
    "graddrop",
    "graddrop(leak=0:0.5:1:0.25)",
    "trimmed-mean",
    "trimmed-mean(trim=0)",
    "moco",
    "moco(beta=0.9, gamma=0.01, sigma=0, rho=0.1)",
    "db-mtl",
    "gradnorm",
    "gradnorm(alpha=0.12, lr=0.2, shard=2)",
    "lr-annealing",
    "lr-annealing(every=3, alpha=0.5, shard=3)",
    "db-mtl(beta=0.5, sigma=0.5)",
};
#define TEXTS (sizeof texts / sizeof *texts)

/* The losses, rows and Gramian of one step. */
typedef struct input {
    double losses[M], rows[M][N], gramian[M * M];
    const void *at[M];
} input;

static inline void find_gramian(input *in)
{
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < M; j++) {
            in->gramian[i * M + j] = 0;
            for (size_t k = 0; k < N; k++)
                in->gramian[i * M + j] += in->rows[i][k] * in->rows[j][k];
        }
}

static inline void draw_input(uint64_t *seed, input *in)
{
    for (size_t i = 0; i < M; i++) {
        in->at[i] = in->rows[i];
        in->losses[i] = 0.1 + 3 * draw(seed);
        for (size_t k = 0; k < N; k++)
            in->rows[i][k] = (2 * draw(seed) - 1) * (double)(i + 1);
    }
    find_gramian(in);
}

static inline cod_solver *make(const char *text, unsigned threads)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = M,
                       .n = N,
                       .shards = SHARDS,
                       .lengths = lengths,
                       .steps = 9,
                       .epochs = 3,
                       .seed = 5,
                       .threads = threads};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return solver;
}

static inline void epoch(cod_solver *solver, int k)
{
    if (k > 0 && k % 4 == 0)
        assert_status(cod_solver_epoch(solver), COD_OK);
}

/* Those that a ready Gramian cannot serve. */
static inline int needs_rows(const char *text, const cod_solver *solver)
{
    return (cod_solver_method(solver)->needs & COD_NEED_ROWS) != 0 ||
           strstr(text, "shard=") != NULL;
}

/* ---- ways to hand a step in ---- */

/* The losses after the update, where they are asked for: some fell, some rose. */
static inline cod_status second_look(cod_solver *solver, const input *in,
                                     cod_status status)
{
    double after[M];
    if (status != COD_OK || !(cod_solver_method(solver)->needs & COD_NEED_AFTER))
        return status;
    for (size_t i = 0; i < M; i++)
        after[i] = in->losses[i] * (0.85 + 0.1 * (double)i);
    return cod_solver_after(solver, after);
}

static inline cod_status in_one_piece(cod_solver *solver, const input *in, double *w,
                                      double *d)
{
    return second_look(solver, in,
                       cod_solver_step(solver, in->losses, in->at, COD_FLOAT64, w, d,
                                       COD_FLOAT64, NULL));
}

static inline cod_status from_gramian(cod_solver *solver, const input *in, double *w)
{
    return second_look(solver, in,
                       cod_solver_weights(solver, in->losses, in->gramian, w, NULL));
}

static inline cod_shard shard_of(const input *in, size_t p, const void **rows)
{
    cod_shard shard = {0, lengths[p], COD_FLOAT64, rows};
    for (size_t k = 0; k < p; k++)
        shard.offset += lengths[k];
    for (size_t i = 0; i < M; i++)
        rows[i] = in->rows[i] + shard.offset;
    return shard;
}

static inline cod_status in_shards(cod_solver *solver, const input *in, int k,
                                   double *w, double *d)
{
    const void *rows[M];
    uint64_t seed = (uint64_t)k;
    double order[SHARDS] = {0, 1, 2, 3};
    shuffle(&seed, 1, SHARDS, order);
    cod_status status = COD_OK;
    int losses_first = cod_solver_method(solver)->visit != NULL;
    if (losses_first)
        status = cod_solver_losses(solver, in->losses);
    for (size_t p = 0; p < SHARDS && status == COD_OK; p++) {
        cod_shard shard = shard_of(in, (size_t)order[p], rows);
        status = cod_solver_shard(solver, &shard);
    }
    if (status == COD_OK && !losses_first)
        status = cod_solver_losses(solver, in->losses);
    if (status == COD_OK)
        status = cod_solver_solve(solver, w, NULL);
    for (size_t p = SHARDS; p-- > 0 && status == COD_OK;) {
        cod_shard shard = shard_of(in, p, rows);
        status = cod_solver_direction(solver, &shard, 0, d + shard.offset, COD_FLOAT64);
    }
    return second_look(solver, in, status);
}

static inline void check_next(cod_solver *a, cod_solver *b, uint64_t seed, int k)
{
    input in;
    double w[2][M], d[2][N];
    draw_input(&seed, &in);
    assert_status(in_one_piece(a, &in, w[0], d[0]), COD_OK);
    assert_status(in_shards(b, &in, k, w[1], d[1]), COD_OK);
    assert_memory_equal(w[0], w[1], sizeof w[0]);
    assert_memory_equal(d[0], d[1], sizeof d[0]);
}

static inline void steps(cod_solver *solver, uint64_t seed, int from, int to)
{
    for (int k = from; k < to; k++) {
        input in;
        double w[M], d[N];
        uint64_t its = seed + (uint64_t)k;
        draw_input(&its, &in);
        epoch(solver, k);
        assert_status(in_one_piece(solver, &in, w, d), COD_OK);
    }
}

#endif
