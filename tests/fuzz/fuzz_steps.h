/* SPDX-License-Identifier: MIT */
/* Solvers of any text for the fuzz targets, and whole steps with them: a step succeeds
 * with finite numbers, or is refused with a word. */
#ifndef COD_TESTS_FUZZ_STEPS_H
#define COD_TESTS_FUZZ_STEPS_H

#include "fuzz.h"

#include <codescent/method.h>

enum { M = 3, N = 5, SHARDS = 2, POINTS_MOST = 2, BATCHES_MOST = 3 };

/* Two shards, as two groups where asked for. */
static inline cod_status make_solver(const char *text, size_t points, int grouped,
                                     cod_solver **ret_solver, cod_message *message)
{
    static const size_t lengths[SHARDS] = {2, 3}, groups[SHARDS] = {1, 0};
    const cod_setup setup = {.m = M,
                             .n = N,
                             .points = points,
                             .shards = SHARDS,
                             .lengths = lengths,
                             .groups = grouped ? groups : NULL,
                             .steps = 9,
                             .epochs = 3,
                             .seed = 5};
    return cod_solver_alloc(text, &setup, ret_solver, message);
}

static inline unsigned char *save_solver(const cod_solver *solver, size_t *ret_size)
{
    *ret_size = cod_solver_save_size(solver);
    unsigned char *bytes = fuzz_memory(*ret_size);
    cod_status status = cod_solver_save(solver, bytes, *ret_size);
    require(status == COD_OK, "saving is %s", cod_status_key(status));
    return bytes;
}

/* Losses and rows from -2 to 2, the losses above 0. */
typedef struct step_input {
    double losses[POINTS_MOST * M];
    double rows[BATCHES_MOST * POINTS_MOST * M][N];
    const void *at[BATCHES_MOST * POINTS_MOST * M];
} step_input;

static inline double draw_between(fuzz_input *in, double low, double high)
{
    return low + (high - low) * (double)(fuzz_draw(in) >> 11) * 0x1p-53;
}

static inline void draw_step(fuzz_input *in, step_input *ret)
{
    for (size_t i = 0; i < POINTS_MOST * M; i++)
        ret->losses[i] = draw_between(in, 0.1, 2);
    for (size_t i = 0; i < BATCHES_MOST * POINTS_MOST * M; i++) {
        ret->at[i] = ret->rows[i];
        for (size_t k = 0; k < N; k++)
            ret->rows[i][k] = draw_between(in, -2, 2);
    }
}

static inline void require_finite(const double *values, size_t count, const char *what)
{
    for (size_t k = 0; k < count; k++)
        require(isfinite(values[k]), "entry %zu of %s is %g", k, what, values[k]);
}

/* What is fed, a step, and the losses after it; the state can always be saved then. */
static inline cod_status take_step(cod_solver *solver, fuzz_input *in)
{
    static const double reference[M] = {2.5, 2.5, 2.5};
    step_input step;
    double w[SHARDS * POINTS_MOST * POINTS_MOST * M] = {0}, d[POINTS_MOST * N] = {0};
    cod_certificate certificate;
    draw_step(in, &step);
    cod_status status = cod_solver_feed(solver, "reference", reference, M);
    require_status(status, COD_OK, COD_ENAME);
    status = cod_solver_step(solver, step.losses, step.at, COD_FLOAT64, w, d,
                             COD_FLOAT64, &certificate);
    cod_message message = {""};
    snprintf(message.text, sizeof message.text, "%s", cod_solver_message(solver));
    require_message(status, &message);
    require_status(status, COD_OK, COD_EDOMAIN, COD_ENUMERIC, COD_EOVERFLOW,
                   COD_EOPTION, COD_ENONFINITE);
    if (status == COD_OK) {
        require_finite(w, sizeof w / sizeof *w, "the weights");
        require_finite(d, sizeof d / sizeof *d, "the direction");
        cod_status after = cod_solver_after(solver, step.losses);
        require_status(after, COD_OK, COD_EORDER, COD_EOVERFLOW, COD_EDOMAIN,
                       COD_ENUMERIC);
    }
    cod_solver_abandon(solver);
    return status;
}

#endif
