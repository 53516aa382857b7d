/* SPDX-License-Identifier: MIT */
/* Every built-in method in several forms, and the ways in which a step is handed in. */
#ifndef COD_TESTS_CONFORMANCE_H
#define COD_TESTS_CONFORMANCE_H

#include "method_forms.h"
#include "sets.h"

enum { M = 4, N = 23, SHARDS = 4, STEPS = 12, BATCHES = 3 };

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
    "upgrad",
    "upgrad(preference=1:0:2:0.5)",
    "dualproj",
    "dualproj(preference=3, output=sum-one)",
    "modo",
    "modo(batches=3, gamma=0.02, rho=0)",
    "sdmgrad",
    "sdmgrad(lambda=1, lr=0.5, momentum=0)",
    "cr-mogm(mgda)",
    "every(k=2, upgrad(normalize=l2))",
    "cr-mogm(alpha=0.5, alternation)",
    "cr-mogm(alpha=0.75, db-mtl)",
    "every(mgda)",
    "every(k=3, cr-mogm(alpha=0.9, mgda(normalize=l2)))",
    "every(k=4, famo)",
    "every(k=2, alternation)",
    "schedule(target=weight:2, ramp=cosine, linear(weights=1:1:1:1))",
    "schedule(target=option:temperature, from=5, to=0.5, steps=6, dwa(unit=step))",
    "schedule(target=option:beta, ramp=cyclic, from=0.1, to=0.9, steps=4, gradvac)",
    "schedule(target=option:momentum, ramp=step, to=0.9, unit=epoch, adaptive)",
    "warmup(k=3, alternation, mgda)",
    "warmup(k=2, graddrop, linear)",
    "warmup(k=1, unit=epoch, modo, mgda)",
    "switch(at=2:5:9, moco, famo)",
    "switch(at=1, unit=epoch, sdmgrad, trimmed-mean)",
    ("every(k=2, warmup(k=3, cr-mogm(schedule(target=weight:1, mgda)), switch(at=2, "
     "adaptive, linear)))"),
};
#define TEXTS (sizeof texts / sizeof *texts)

/* The losses, the rows of all batches and the Gramian of the first of one step. */
typedef struct input {
    double losses[M], rows[BATCHES * M][N], gramian[M * M];
    const void *at[BATCHES * M];
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
    for (size_t i = 0; i < BATCHES * M; i++) {
        in->at[i] = in->rows[i];
        if (i < M)
            in->losses[i] = 0.1 + 3 * draw(seed);
        for (size_t k = 0; k < N; k++)
            in->rows[i][k] = i < M ? (2 * draw(seed) - 1) * (double)(i + 1)
                                   : in->rows[i % M][k] + 0.3 * (2 * draw(seed) - 1);
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
    return (all_needs(solver) & (COD_NEED_ROWS | COD_NEED_CROSS)) != 0 ||
           strstr(text, "shard=") != NULL;
}

/* ---- ways to hand a step in ---- */

/* The losses after the update, where they are asked for: some fell, some rose. */
static inline cod_status second_look(cod_solver *solver, const input *in,
                                     cod_status status)
{
    double after[M];
    if (status != COD_OK || !(all_needs(solver) & COD_NEED_AFTER))
        return status;
    for (size_t i = 0; i < M; i++)
        after[i] = in->losses[i] * (0.85 + 0.1 * (double)i);
    status = cod_solver_after(solver, after);
    /* Not of every step; where it is left out, the next step cannot begin. */
    return status == COD_EORDER && cod_solver_method(solver)->inner > 0 ? COD_OK
                                                                        : status;
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

/* Rows of all batches, from `batch` on. */
static inline cod_shard shard_of(const input *in, size_t p, size_t batch,
                                 const void **rows)
{
    cod_shard shard = {0, lengths[p], COD_FLOAT64, rows};
    for (size_t k = 0; k < p; k++)
        shard.offset += lengths[k];
    for (size_t i = 0; batch * M + i < BATCHES * M; i++)
        rows[i] = in->rows[batch * M + i] + shard.offset;
    return shard;
}

static inline cod_status in_shards(cod_solver *solver, const input *in, int k,
                                   double *w, double *d)
{
    const void *rows[BATCHES * M];
    uint64_t seed = (uint64_t)k;
    double order[SHARDS] = {0, 1, 2, 3};
    cod_plan plan;
    shuffle(&seed, 1, SHARDS, order);
    cod_status status = cod_solver_plan(solver, &plan);
    int losses_first = (plan.needs & COD_NEED_ROWS) != 0;
    if (status == COD_OK && losses_first)
        status = cod_solver_losses(solver, in->losses);
    for (size_t p = 0; p < SHARDS && status == COD_OK; p++) {
        cod_shard shard = shard_of(in, (size_t)order[p], 0, rows);
        status = cod_solver_shard(solver, &shard);
    }
    if (status == COD_OK && !losses_first)
        status = cod_solver_losses(solver, in->losses);
    if (status == COD_OK)
        status = cod_solver_solve(solver, w, NULL);
    for (size_t p = SHARDS; p-- > 0 && status == COD_OK;) {
        cod_shard shard = shard_of(in, p, plan.direction_batch, rows);
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
