/* SPDX-License-Identifier: MIT */
/* Shards: pieces of the rows come in, sums and directions go out. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/pool.h"
#include "core/solver_private.h"
#include "core/spec.h"

const char *cod_row_name(const cod_engine *engine, size_t row, char *ret_text,
                         size_t size)
{
    size_t batch = row / engine->rows, i = row % engine->rows;
    int length = snprintf(ret_text, size, "objective %zu", i % engine->m + 1);
    if (engine->points > 1)
        length += snprintf(ret_text + length, size - (size_t)length, " at point %zu",
                           i / engine->m + 1);
    if (batch > 0)
        snprintf(ret_text + length, size - (size_t)length, " in batch %zu", batch + 1);
    return ret_text;
}

cod_status cod_shard_find(cod_solver *solver, const cod_shard *shard, size_t *ret_index)
{
    cod_engine *engine = solver->engine;
    const cod_cut *cut = &engine->cut;
    if (shard->type != COD_FLOAT32 && shard->type != COD_FLOAT64)
        return cod_fail(&engine->message, COD_EARGUMENT,
                        "the shard at offset %zu has an unknown type", shard->offset);
    size_t low = 0, high = cut->shards;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (cut->offsets[middle] <= shard->offset)
            low = middle;
        else
            high = middle;
    }
    size_t length = cut->offsets[low + 1] - cut->offsets[low];
    if (cut->offsets[low] != shard->offset || length != shard->length)
        return cod_fail(
            &engine->message, COD_ESHAPE,
            "no shard has offset %zu and %zu elements; shard %zu has offset "
            "%zu and %zu elements",
            shard->offset, shard->length, low + 1, cut->offsets[low], length);
    *ret_index = low;
    return COD_OK;
}

/* ---- parts ---- */

size_t cod_parts_count(size_t length)
{
    size_t parts = length / (4 * COD_EMIT_BLOCK);
    return parts < 1 ? 1 : parts > COD_EMIT_PARTS ? COD_EMIT_PARTS : parts;
}

void cod_part_range(size_t length, size_t parts, size_t k, size_t *ret_from,
                    size_t *ret_to)
{
    size_t share = length / parts, rest = length % parts;
    *ret_from = k * share + (k < rest ? k : rest);
    *ret_to = *ret_from + share + (k < rest);
}

cod_block cod_shard_block(const cod_solver *node, const cod_shard *shard, size_t index,
                          size_t from, size_t to, const void **rows, size_t count)
{
    size_t width = shard->type == COD_FLOAT32 ? sizeof(float) : sizeof(double);
    for (size_t i = 0; i < count; i++)
        rows[i] =
            shard->rows[i] != NULL ? (const char *)shard->rows[i] + from * width : NULL;
    return (cod_block){
        .offset = shard->offset + from,
        .length = to - from,
        .shard = index,
        .type = shard->type,
        .rows = rows,
        .memory = node->memory != NULL
                      ? node->memory + node->memory_slots * shard->offset + from
                      : NULL,
        .stride = shard->length,
    };
}

int cod_block_is_finite(const cod_block *block, size_t count)
{
    int finite = 1;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; block->rows[i] != NULL && k < block->length; k++)
            finite &= fabs(cod_block_at(block, i, k)) <= DBL_MAX;
    return finite;
}

/* ---- errors that name the culprit ---- */

static double element(const void *row, cod_type type, size_t j)
{
    return type == COD_FLOAT32 ? (double)((const float *)row)[j]
                               : ((const double *)row)[j];
}

cod_status cod_fail_nonfinite(cod_solver *solver, const cod_shard *shard,
                              const void *const *rows, size_t count, cod_status status)
{
    cod_engine *engine = solver->engine;
    char name[64];
    double largest = 0;
    size_t of = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; rows[i] != NULL && j < shard->length; j++) {
            double value = element(rows[i], shard->type, j);
            if (!isfinite(value))
                return cod_fail(&engine->message, COD_ENONFINITE,
                                "the gradient of %s is %s at element %zu",
                                cod_row_name(engine, i, name, sizeof name),
                                isnan(value) ? "NaN" : "infinite",
                                shard->offset + j + 1);
            of = fabs(value) > largest ? i : of;
            largest = fmax(largest, fabs(value));
        }
    if (status != COD_EOVERFLOW || count == 0)
        return cod_fail(&engine->message, status, "the shard at offset %zu: %s",
                        shard->offset, cod_status_text(status));
    return cod_fail(&engine->message, status,
                    "the shard at offset %zu: %s; the largest element, %g, is in the "
                    "gradient of %s",
                    shard->offset, cod_status_text(status), largest,
                    cod_row_name(engine, of, name, sizeof name));
}

cod_status cod_shard_check_rows(cod_solver *solver, const cod_shard *shard,
                                size_t batches)
{
    cod_engine *engine = solver->engine;
    char name[64];
    for (size_t i = 0; i < batches * engine->rows; i++)
        if (shard->rows[i] == NULL && engine->gradients[i % engine->rows])
            return cod_fail(&engine->message, COD_EMISSING,
                            "the gradient of %s is missing in the shard at offset %zu",
                            cod_row_name(engine, i, name, sizeof name), shard->offset);
    return COD_OK;
}

/* ---- visit ---- */

typedef struct visiting {
    cod_solver *node;
    const cod_step *step;
    const cod_shard *shard;
    size_t index;
    size_t parts;
    size_t rows; /* pointers in a shard */
    cod_status status[COD_EMIT_PARTS];
} visiting;

static void visit_part(void *argument, size_t part, unsigned thread)
{
    (void)thread;
    visiting *v = argument;
    const cod_engine *engine = v->node->engine;
    double *statistics = engine->blocks + part * engine->block_size;
    memset(statistics, 0,
           v->node->method->statistic_count * engine->rows * sizeof *statistics);
    size_t from, to;
    cod_part_range(v->shard->length, v->parts, part, &from, &to);
    cod_block block = cod_shard_block(v->node, v->shard, v->index, from, to,
                                      engine->pointers + part * v->rows, v->rows);
    v->status[part] = cod_block_is_finite(&block, v->rows)
                          ? v->node->method->visit(v->step, &block, statistics)
                          : COD_ENONFINITE;
}

static void join_statistics(const visiting *v, double *entry)
{
    const cod_method *method = v->node->method;
    const cod_engine *engine = v->node->engine;
    size_t rows = engine->rows;
    for (size_t part = 0; part < v->parts; part++)
        for (size_t k = 0; k < method->statistic_count * rows; k++) {
            double value = engine->blocks[part * engine->block_size + k];
            if (method->statistics[k / rows].join == COD_JOIN_SUM)
                entry[k] += value;
            else
                entry[k] = fmax(entry[k], value);
        }
}

static cod_status visit_shard(cod_solver *node, const cod_shard *shard, size_t index,
                              double *entry)
{
    cod_engine *engine = node->engine;
    cod_step step = cod_node_step(node, engine->cut.group_of[index]);
    if (engine->has_losses)
        step.losses = engine->losses;
    visiting v = {.node = node,
                  .step = &step,
                  .shard = shard,
                  .index = index,
                  .parts = cod_parts_count(shard->length),
                  .rows = engine->plan.batches * engine->rows};
    cod_pool_run(engine->pool, visit_part, &v, v.parts);
    if (node->memory != NULL && (v.parts > 1 || v.status[0] == COD_OK))
        engine->remembered++;
    for (size_t part = 0; part < v.parts; part++)
        if (v.status[part] == COD_ENONFINITE)
            return cod_fail_nonfinite(node->root, shard, shard->rows, v.rows,
                                      COD_ENONFINITE);
    for (size_t part = 0; part < v.parts; part++)
        if (v.status[part] != COD_OK)
            return v.status[part];
    join_statistics(&v, entry + engine->entry.statistics);
    return COD_OK;
}

/* ---- products ---- */

/* The rows whose products are wanted: the caller's, or the memory that stands in. */
static cod_shard product_rows(cod_solver *solver, const cod_shard *shard)
{
    cod_engine *engine = solver->engine;
    const void **rows =
        engine->pointers + COD_EMIT_PARTS * engine->plan.batches * engine->rows;
    const cod_solver *rewriter = cod_node_on_path(solver, cod_method_rewrites);
    cod_shard effective = *shard;
    effective.rows = rows;
    if (rewriter == NULL) {
        for (size_t i = 0; i < engine->plan.batches * engine->rows; i++)
            rows[i] = engine->gradients[i % engine->rows] ? shard->rows[i] : NULL;
        return effective;
    }
    effective.type = COD_FLOAT64;
    for (size_t i = 0; i < engine->rows; i++)
        rows[i] = rewriter->memory + rewriter->memory_slots * shard->offset +
                  i * shard->length;
    return effective;
}

static cod_status add_products(cod_solver *solver, const cod_shard *shard,
                               double *entry)
{
    cod_engine *engine = solver->engine;
    unsigned needs = engine->plan.needs;
    size_t rows = engine->rows, m = engine->m;
    double *products = entry + engine->entry.products;
    cod_status status = COD_OK;
    if (needs & COD_NEED_GRAMIAN) {
        status = cod_gramian_some(engine->pool, rows, shard->length, shard->rows,
                                  shard->type, engine->total);
        for (size_t i = 0, k = 0; status == COD_OK && i < rows; i++)
            for (size_t j = 0; j <= i; j++)
                products[k++] = engine->total[i * rows + j];
    } else if (needs & COD_NEED_NORMS) {
        status = cod_norms2(engine->pool, rows, shard->length, shard->rows, shard->type,
                            engine->products);
        for (size_t i = 0; status == COD_OK && i < rows; i++)
            products[i * (i + 1) / 2 + i] = engine->products[i];
    }
    if (status == COD_OK && (needs & COD_NEED_CROSS))
        status =
            cod_cross(engine->pool, m, m, shard->length, shard->rows,
                      shard->rows + rows, shard->type, entry + engine->entry.cross);
    return status;
}

cod_status cod_solver_shard(cod_solver *solver, const cod_shard *shard)
{
    if (solver == NULL)
        return COD_EARGUMENT;
    cod_engine *engine = solver->engine;
    cod_status status = cod_step_begin(solver);
    if (status != COD_OK)
        return status;
    if (shard == NULL || shard->rows == NULL)
        return cod_step_void(solver, cod_fail(&engine->message, COD_EARGUMENT,
                                              "the shard or its rows are NULL"));
    if (engine->has_gramian)
        return cod_step_void(solver, cod_fail(&engine->message, COD_EORDER,
                                              "a shard after a ready Gramian"));
    size_t index;
    status = cod_shard_find(solver, shard, &index);
    if (status == COD_OK)
        status = cod_shard_check_rows(solver, shard, engine->plan.batches);
    if (status != COD_OK)
        return cod_step_void(solver, status);
    double *entry = engine->table + index * engine->entry.size;
    if (entry[engine->entry.given] != 0)
        return cod_step_void(solver,
                             cod_fail(&engine->message, COD_ESHAPE,
                                      "shard %zu (offset %zu) was handed in twice",
                                      index + 1, shard->offset));
    cod_solver *visitor = cod_node_on_path(solver, cod_method_visits);
    if (visitor != NULL && (engine->plan.needs & COD_NEED_LOSSES) &&
        !engine->has_losses)
        return cod_step_void(
            solver, cod_fail(&engine->message, COD_EORDER,
                             "%s looks at the losses with each shard: they have "
                             "to come first",
                             visitor->method->name));
    if (visitor != NULL)
        status = visit_shard(visitor, shard, index, entry);
    if (status != COD_OK)
        return cod_step_void(solver, status);
    cod_shard effective = product_rows(solver, shard);
    status = add_products(solver, &effective, entry);
    if (status != COD_OK)
        return cod_step_void(
            solver, cod_fail_nonfinite(solver, shard, shard->rows,
                                       engine->plan.batches * engine->rows, status));
    entry[engine->entry.given] = 1;
    engine->has_shards = 1;
    return COD_OK;
}

/* ---- sums over shards ---- */

static cod_status check_given(cod_solver *solver)
{
    cod_engine *engine = solver->engine;
    for (size_t k = 0; k < engine->cut.shards; k++) {
        double given = engine->table[k * engine->entry.size];
        if (given == 1)
            continue;
        return cod_fail(&engine->message, given == 0 ? COD_EMISSING : COD_ESHAPE,
                        "shard %zu (elements %zu to %zu) was %s", k + 1,
                        engine->cut.offsets[k] + 1, engine->cut.offsets[k + 1],
                        given == 0 ? "not handed in" : "handed in twice");
    }
    return COD_OK;
}

static void add_entry(cod_engine *engine, size_t shard)
{
    const double *entry = engine->table + shard * engine->entry.size;
    size_t rows = engine->rows, group = engine->cut.group_of[shard], k = 0;
    double *gramian = engine->gramian + group * rows * rows;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j <= i; j++)
            gramian[i * rows + j] += entry[engine->entry.products + k++];
    double *cross = engine->cross + group * engine->m * engine->m;
    for (k = engine->entry.cross; k < engine->entry.statistics; k++)
        cross[k - engine->entry.cross] += entry[k];
}

static cod_status finish_sums(cod_solver *solver)
{
    cod_engine *engine = solver->engine;
    size_t rows = engine->rows;
    for (size_t g = 0; g < engine->cut.groups; g++) {
        double *gramian = engine->gramian + g * rows * rows;
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j < i; j++)
                gramian[j * rows + i] = gramian[i * rows + j];
            engine->norms[g * rows + i] = sqrt(gramian[i * rows + i]);
            if (isinf(engine->norms[g * rows + i]))
                return cod_fail(
                    &engine->message, COD_EOVERFLOW,
                    "the squared norm of objective %zu's gradient overflows",
                    i % engine->m + 1);
        }
    }
    return COD_OK;
}

cod_status cod_shards_sum(cod_solver *solver)
{
    cod_engine *engine = solver->engine;
    cod_status status = check_given(solver);
    if (status != COD_OK)
        return status;
    size_t rows = engine->rows, groups = engine->cut.groups;
    memset(engine->gramian, 0, groups * rows * rows * sizeof(double));
    memset(engine->cross, 0, groups * engine->m * engine->m * sizeof(double));
    for (size_t k = 0; k < engine->cut.shards; k++)
        add_entry(engine, k);
    return finish_sums(solver);
}
