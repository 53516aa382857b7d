/* SPDX-License-Identifier: MIT */
/* Whole steps in one call. */
#include "core/solver_private.h"
#include "core/spec.h"

/* A plan may have been asked for, but nothing handed in. */
static cod_status no_step_under_way(cod_solver *solver)
{
    const cod_engine *engine = solver->engine;
    if (engine->phase != COD_PHASE_OPEN ||
        !(engine->has_losses || engine->has_gramian || engine->has_shards))
        return COD_OK;
    return cod_fail(&solver->engine->message, COD_EORDER,
                    "a whole step within a step; cod_solver_abandon() gives it up");
}

cod_status cod_solver_weights(cod_solver *solver, const double *losses,
                              const double *gramian, double *ret_weights,
                              cod_certificate *ret_certificate)
{
    if (solver == NULL)
        return COD_EARGUMENT;
    cod_status status = no_step_under_way(solver);
    if (status == COD_OK && losses != NULL)
        status = cod_solver_losses(solver, losses);
    if (status == COD_OK && gramian != NULL)
        status = cod_solver_gramian(solver, gramian);
    if (status == COD_OK)
        status = cod_solver_solve(solver, ret_weights, ret_certificate);
    return status;
}

/* Shard number k of rows in one piece; pointers has room for as many rows. */
static cod_shard cut_shard(const cod_engine *engine, const void *const *rows,
                           size_t count, cod_type type, size_t k, const void **pointers)
{
    size_t width = cod_type_size(type);
    size_t offset = engine->cut.offsets[k];
    for (size_t i = 0; i < count; i++)
        pointers[i] =
            rows[i] != NULL ? (const char *)rows[i] + offset * width : (void *)0;
    return (cod_shard){.offset = offset,
                       .length = engine->cut.offsets[k + 1] - offset,
                       .type = type,
                       .rows = pointers};
}

static cod_status hand_in_rows(cod_solver *solver, const void *const *rows,
                               cod_type type)
{
    cod_engine *engine = solver->engine;
    cod_status status = cod_step_begin(solver);
    size_t count = engine->plan.batches * engine->rows;
    for (size_t k = 0; status == COD_OK && k < engine->cut.shards; k++) {
        cod_shard shard = cut_shard(engine, rows, count, type, k, engine->row_pointers);
        status = cod_solver_shard(solver, &shard);
    }
    return status;
}

static cod_status hand_out_directions(cod_solver *solver, const void *const *rows,
                                      cod_type type, void *ret_direction,
                                      cod_type ret_type)
{
    cod_engine *engine = solver->engine;
    size_t width = cod_type_size(ret_type);
    rows += engine->plan.direction_batch * engine->rows;
    cod_status status = COD_OK;
    for (size_t p = 0; p < engine->points; p++)
        for (size_t k = 0; status == COD_OK && k < engine->cut.shards; k++) {
            cod_shard shard =
                cut_shard(engine, rows, engine->rows, type, k, engine->row_pointers);
            char *d =
                (char *)ret_direction + (p * engine->cut.n + shard.offset) * width;
            status = cod_solver_direction(solver, &shard, p, d, ret_type);
        }
    return status;
}

cod_status cod_solver_step(cod_solver *solver, const double *losses,
                           const void *const *rows, cod_type type, double *ret_weights,
                           void *ret_direction, cod_type ret_type,
                           cod_certificate *ret_certificate)
{
    if (solver == NULL)
        return COD_EARGUMENT;
    cod_engine *engine = solver->engine;
    cod_status status = no_step_under_way(solver);
    if (status == COD_OK && rows == NULL)
        status = cod_fail(&engine->message, COD_EARGUMENT, "the rows are NULL");
    if (status == COD_OK && engine->cut.n == 0)
        status = cod_fail(&engine->message, COD_ESHAPE,
                          "the set-up has n = 0: no rows were announced");
    if (status == COD_OK && losses != NULL)
        status = cod_solver_losses(solver, losses);
    if (status == COD_OK)
        status = hand_in_rows(solver, rows, type);
    cod_certificate certificate;
    if (status == COD_OK)
        status = cod_solver_solve(solver, NULL, ret_certificate ? &certificate : NULL);
    if (status != COD_OK)
        return status;
    if (ret_direction != NULL)
        status = hand_out_directions(solver, rows, type, ret_direction, ret_type);
    if (status != COD_OK)
        return cod_step_void(solver, status);
    if (ret_weights != NULL)
        cod_solver_copy_weights(solver, ret_weights);
    if (ret_certificate != NULL)
        *ret_certificate = certificate;
    return COD_OK;
}
