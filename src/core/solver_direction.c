/* SPDX-License-Identifier: MIT */
/* The direction of a shard: the weighted sum of its rows, or what the method emits. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/pool.h"
#include "core/solver_private.h"
#include "core/spec.h"

typedef struct emitting {
    cod_solver *node;
    const cod_step *step;
    const cod_shard *shard;
    size_t index;
    size_t point;
    size_t parts;
    void *direction;
    cod_type type;
    cod_status status[COD_EMIT_PARTS];
    cod_status stored[COD_EMIT_PARTS];
} emitting;

/* Rounds a block to the caller's type. COD_OK; COD_ENUMERIC where the method made
 * something that is not finite; COD_EOVERFLOW where it is out of the type's range. */
static cod_status store(const emitting *e, size_t from, size_t length,
                        const double *values)
{
    int finite = 1, in_range = 1;
    for (size_t j = 0; j < length; j++) {
        finite &= fabs(values[j]) <= DBL_MAX;
        if (e->type == COD_FLOAT64) {
            ((double *)e->direction)[from + j] = values[j];
        } else {
            ((float *)e->direction)[from + j] = (float)values[j];
            in_range &= fabs(values[j]) <= FLT_MAX;
        }
    }
    return !finite ? COD_ENUMERIC : !in_range ? COD_EOVERFLOW : COD_OK;
}

static void emit_part(void *argument, size_t part, unsigned thread)
{
    (void)thread;
    emitting *e = argument;
    const cod_engine *engine = e->node->engine;
    double *values = engine->blocks + part * engine->block_size;
    const void **rows = engine->pointers + part * engine->rows;
    size_t from, to;
    cod_part_range(e->shard->length, e->parts, part, &from, &to);
    e->status[part] = e->stored[part] = COD_OK;
    for (size_t at = from;
         at < to && e->status[part] == COD_OK && e->stored[part] == COD_OK;
         at += COD_EMIT_BLOCK) {
        size_t end = to - at < COD_EMIT_BLOCK ? to : at + COD_EMIT_BLOCK;
        cod_block block =
            cod_shard_block(e->node, e->shard, e->index, at, end, rows, engine->rows);
        if (!cod_block_is_finite(&block, engine->rows)) {
            e->stored[part] = COD_ENONFINITE;
            return;
        }
        e->status[part] = e->node->method->emit(e->step, &block, e->point, values);
        if (e->status[part] == COD_OK)
            e->stored[part] = store(e, at, end - at, values);
    }
}

static cod_status emit_shard(cod_solver *solver, cod_solver *node,
                             const cod_shard *shard, size_t index, size_t point,
                             void *direction, cod_type type)
{
    cod_engine *engine = solver->engine;
    cod_status status = cod_shard_check_rows(solver, shard, 1);
    if (status != COD_OK)
        return status;
    size_t group = engine->cut.group_of[index];
    cod_step step = cod_node_step(node, group);
    cod_node_inputs(&step);
    step.step = node->step - 1;
    step.random.step = (uint64_t)step.step;
    step.weights = engine->weights + group * engine->points * engine->rows;
    emitting e = {.node = node,
                  .step = &step,
                  .shard = shard,
                  .index = index,
                  .point = point,
                  .parts = cod_parts_count(shard->length),
                  .direction = direction,
                  .type = type};
    cod_pool_run(engine->pool, emit_part, &e, e.parts);
    for (size_t part = 0; part < e.parts; part++) {
        if (e.status[part] != COD_OK)
            return e.status[part];
        if (e.stored[part] != COD_OK)
            return cod_fail_nonfinite(solver, shard, shard->rows, engine->rows,
                                      e.stored[part]);
    }
    return COD_OK;
}

/* Finite weights and rows, a sum that is not: the largest weight is named. */
static cod_status fail_overflow(cod_engine *engine, const cod_shard *shard,
                                const double *weights)
{
    char name[64];
    size_t of = 0;
    for (size_t i = 1; i < engine->rows; i++)
        if (fabs(weights[i]) > fabs(weights[of]))
            of = i;
    return cod_fail(&engine->message, COD_EOVERFLOW,
                    "the shard at offset %zu: the direction overflows; the largest "
                    "weight, %g, is that of %s",
                    shard->offset, weights[of],
                    cod_row_name(engine, of, name, sizeof name));
}

/* The rows that the direction is made of: the memory stands in where it does. */
static cod_status combine_shard(cod_solver *solver, const cod_shard *shard,
                                const double *weights, void *direction, cod_type type)
{
    cod_engine *engine = solver->engine;
    const cod_solver *rewriter = cod_node_on_path(solver, cod_method_rewrites);
    const void **rows = engine->pointers;
    cod_type row_type = rewriter != NULL ? COD_FLOAT64 : shard->type;
    char name[64];
    for (size_t i = 0; i < engine->rows; i++) {
        rows[i] = rewriter == NULL
                      ? shard->rows[i]
                      : rewriter->memory + rewriter->memory_slots * shard->offset +
                            i * shard->length;
        if (rows[i] == NULL && weights[i] != 0)
            return cod_fail(
                &engine->message, COD_EMISSING,
                "the gradient of %s, of weight %g, is missing in the shard at "
                "offset %zu",
                cod_row_name(engine, i, name, sizeof name), weights[i], shard->offset);
        if (weights[i] == 0)
            rows[i] = NULL;
    }
    cod_status status = cod_combine(engine->pool, engine->rows, shard->length, weights,
                                    rows, row_type, direction, type);
    if (status == COD_OK)
        return COD_OK;
    if (status == COD_EOVERFLOW)
        return fail_overflow(engine, shard, weights);
    return cod_fail_nonfinite(solver, shard, rows, rewriter == NULL ? engine->rows : 0,
                              status);
}

cod_status cod_solver_direction(cod_solver *solver, const cod_shard *shard,
                                size_t point, void *ret_d, cod_type type)
{
    if (solver == NULL)
        return COD_EARGUMENT;
    cod_engine *engine = solver->engine;
    engine->message.text[0] = '\0';
    if (engine->phase != COD_PHASE_SOLVED)
        return cod_fail(&engine->message, COD_EORDER, "direction before solve");
    if (shard == NULL || shard->rows == NULL || ret_d == NULL ||
        (type != COD_FLOAT32 && type != COD_FLOAT64))
        return cod_fail(&engine->message, COD_EARGUMENT, "%s",
                        ret_d == NULL ? "ret_d is NULL"
                        : shard == NULL || shard->rows == NULL
                            ? "the shard or its rows are NULL"
                            : "the direction has an unknown type");
    if (point >= engine->points)
        return cod_fail(&engine->message, COD_ESHAPE,
                        "point %zu, where the last is number %zu", point + 1,
                        engine->points);
    size_t index;
    cod_status status = cod_shard_find(solver, shard, &index);
    if (status != COD_OK)
        return status;
    cod_solver *emitter = cod_node_on_path(solver, cod_method_emits);
    if (emitter != NULL)
        return emit_shard(solver, emitter, shard, index, point, ret_d, type);
    size_t group = engine->cut.group_of[index];
    const double *weights =
        engine->weights + (group * engine->points + point) * engine->rows;
    return combine_shard(solver, shard, weights, ret_d, type);
}
