/* SPDX-License-Identifier: MIT */
/* All the memory that a solver's steps will need, allocated once. */
#include <stdlib.h>
#include <string.h>

#include "core/solver_private.h"

void *cod_zeroed(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size > 0 ? size : 1);
}

void cod_node_free(cod_solver *node)
{
    if (node == NULL)
        return;
    for (size_t k = 0; k < node->inner_count; k++)
        cod_node_free(node->inner[k]);
    if (node->options != NULL)
        cod_options_clear(node->method->options, node->method->option_count,
                          node->options);
    free(node->inner);
    free(node->options);
    free(node->driven);
    free(node->states);
    free(node->fields);
    free(node->fields_saved);
    free(node->inputs);
    free(node->fed);
    free(node->memory);
    free(node->work);
    free(node->scaled);
    free(node);
}

/* ---- memory ---- */

/* Points the state structs' members at their fields. */
static void link_fields(cod_solver *node)
{
    const cod_method *method = node->method;
    size_t groups = node->engine->cut.groups, at = 0;
    for (size_t k = 0; k < method->field_count; k++) {
        size_t length = cod_extent_count(node->engine, method->fields[k].extent);
        for (size_t g = 0; g < groups; g++, at += length * sizeof(double)) {
            char *state = node->states + g * method->state_size;
            void *entries = node->fields + at;
            memcpy(state + method->fields[k].offset, &entries, sizeof entries);
        }
    }
}

cod_status cod_node_allocate(cod_solver *node)
{
    const cod_method *method = node->method;
    cod_engine *engine = node->engine;
    size_t inputs = 0;
    for (size_t k = 0; k < method->field_count; k++)
        node->fields_size += cod_extent_count(engine, method->fields[k].extent) *
                             engine->cut.groups * sizeof(double);
    for (size_t k = 0; k < method->input_count; k++)
        inputs += cod_extent_count(engine, method->inputs[k].extent);
    node->states = cod_zeroed(engine->cut.groups, method->state_size);
    node->fields = cod_zeroed(1, node->fields_size);
    node->fields_saved = cod_zeroed(1, node->fields_size);
    node->inputs = cod_zeroed(inputs, sizeof(double));
    node->fed = cod_zeroed(method->input_count, 1);
    if (node->choice.normalize != COD_NORMALIZE_NONE)
        node->scaled = cod_zeroed(engine->rows * (engine->rows + 1), sizeof(double));
    if (node->states == NULL || node->fields == NULL || node->fields_saved == NULL ||
        node->inputs == NULL || node->fed == NULL ||
        (node->choice.normalize != COD_NORMALIZE_NONE && node->scaled == NULL))
        return COD_EMEMORY;
    link_fields(node);
    cod_step step = cod_node_step(node, 0);
    node->memory_slots = method->memory != NULL ? method->memory(&step) : 0;
    size_t work = method->work != NULL ? method->work(&step) : 0;
    if (node->memory_slots > 0)
        node->memory = cod_zeroed(engine->cut.n, node->memory_slots * sizeof(double));
    node->work = cod_zeroed(work, sizeof(double));
    if ((node->memory_slots > 0 && node->memory == NULL) || node->work == NULL)
        return COD_EMEMORY;
    for (size_t k = 0; k < node->inner_count; k++)
        if (cod_node_allocate(node->inner[k]) != COD_OK)
            return COD_EMEMORY;
    return COD_OK;
}

static size_t most_statistics(const cod_solver *node)
{
    size_t most = node->method->statistic_count;
    for (size_t k = 0; k < node->inner_count; k++) {
        size_t inner = most_statistics(node->inner[k]);
        most = inner > most ? inner : most;
    }
    return most;
}

static unsigned all_needs(const cod_solver *node)
{
    unsigned needs = node->method->needs;
    for (size_t k = 0; k < node->inner_count; k++)
        needs |= all_needs(node->inner[k]);
    return needs;
}

static int any_blocks(const cod_solver *node)
{
    int any = node->method->visit != NULL || node->method->emit != NULL;
    for (size_t k = 0; k < node->inner_count; k++)
        any = any || any_blocks(node->inner[k]);
    return any;
}

static void lay_out_entry(cod_entry *entry, const cod_solver *root)
{
    const cod_engine *engine = root->engine;
    size_t rows = engine->rows;
    entry->products = 1;
    entry->cross = entry->products + rows * (rows + 1) / 2;
    entry->statistics = entry->cross;
    if (all_needs(root) & COD_NEED_CROSS)
        entry->statistics += engine->m * engine->m;
    entry->size = entry->statistics + most_statistics(root) * rows;
}

cod_status cod_engine_allocate(cod_engine *engine, const cod_solver *root,
                               unsigned threads, const char *kernels)
{
    size_t rows = engine->rows, groups = engine->cut.groups;
    size_t statistics = most_statistics(root) * rows;
    size_t batches = cod_tree_batches(root);
    lay_out_entry(&engine->entry, root);
    engine->block_size = COD_EMIT_BLOCK > statistics ? COD_EMIT_BLOCK : statistics;
    engine->gradients = cod_zeroed(rows, 1);
    engine->losses = cod_zeroed(rows, sizeof(double));
    engine->losses_after = cod_zeroed(rows, sizeof(double));
    engine->table = cod_zeroed(engine->cut.shards * engine->entry.size, sizeof(double));
    engine->gramian = cod_zeroed(groups * rows * rows, sizeof(double));
    engine->norms = cod_zeroed(groups * rows, sizeof(double));
    engine->cross = cod_zeroed(groups * engine->m * engine->m, sizeof(double));
    engine->weights = cod_zeroed(groups * engine->points * rows, sizeof(double));
    engine->total = cod_zeroed(rows * rows, sizeof(double));
    engine->products = cod_zeroed(4 * rows, sizeof(double));
    engine->pointers =
        cod_zeroed((COD_EMIT_PARTS + 1) * batches * rows, sizeof(void *));
    engine->row_pointers = cod_zeroed(batches * rows, sizeof(void *));
    if (any_blocks(root)) {
        engine->blocks =
            cod_zeroed(COD_EMIT_PARTS * engine->block_size, sizeof(double));
        if (engine->blocks == NULL)
            return COD_EMEMORY;
    }
    if (engine->gradients == NULL || engine->losses == NULL ||
        engine->losses_after == NULL || engine->table == NULL ||
        engine->gramian == NULL || engine->norms == NULL || engine->cross == NULL ||
        engine->weights == NULL || engine->total == NULL || engine->products == NULL ||
        engine->pointers == NULL || engine->row_pointers == NULL)
        return COD_EMEMORY;
    cod_status status = cod_minnorm_alloc(engine->m, &engine->minnorm);
    if (status != COD_OK)
        return status;
    return cod_pool_alloc_for(threads, rows, kernels, &engine->pool, NULL);
}

void cod_engine_free(cod_engine *engine)
{
    if (engine == NULL)
        return;
    cod_pool_free(engine->pool);
    cod_minnorm_free(engine->minnorm);
    free(engine->cut.offsets);
    free(engine->cut.group_of);
    free(engine->gradients);
    free(engine->losses);
    free(engine->losses_after);
    free(engine->table);
    free(engine->gramian);
    free(engine->norms);
    free(engine->cross);
    free(engine->weights);
    free(engine->total);
    free(engine->products);
    free(engine->blocks);
    free(engine->pointers);
    free(engine->row_pointers);
    free(engine);
}
