/* SPDX-License-Identifier: MIT */
/* Making and freeing a solver: all the memory that its steps will need. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "core/solver_private.h"
#include "core/spec.h"

static const cod_option engine_options[] = {
    COD_OPTION_CHOICE(
        cod_engine_choice, normalize, COD_NORMALIZE_NONE, "none|l2|loss|loss+|log",
        "divide each gradient by its norm, its loss, or both before the "
        "weights are found; log also applies them to the gradients of the "
        "log-losses"),
    COD_OPTION_CHOICE(cod_engine_choice, output, COD_OUTPUT_NATIVE,
                      "native|sum-one|times-m",
                      "rescale the weights: as published, to sum one, or times m"),
};

const cod_option *cod_engine_options(size_t *ret_count)
{
    *ret_count = sizeof engine_options / sizeof *engine_options;
    return engine_options;
}

/* ---- the set-up ---- */

static cod_status check_setup(const cod_setup *setup, cod_message *message)
{
    size_t points = setup->points > 0 ? setup->points : 1;
    if (setup->m == 0)
        return cod_fail(message, COD_ESHAPE, "the set-up has no objectives: m is 0");
    if (setup->m > COD_ROWS_MAX || points > COD_ROWS_MAX / setup->m)
        return points == 1
                   ? cod_fail(message, COD_ESHAPE,
                              "%zu objectives: at most %d are supported", setup->m,
                              COD_ROWS_MAX)
                   : cod_fail(message, COD_ESHAPE,
                              "%zu points of %zu objectives: at most %d rows are "
                              "supported",
                              points, setup->m, COD_ROWS_MAX);
    if (setup->shards > 1 && setup->lengths == NULL)
        return cod_fail(message, COD_ESHAPE, "%zu shards but no lengths",
                        setup->shards);
    if (setup->steps < 0 || setup->epochs < 0)
        return cod_fail(message, COD_EARGUMENT, "the announced total of %s is negative",
                        setup->steps < 0 ? "steps" : "epochs");
    if (setup->method_count > 0 && setup->methods == NULL)
        return cod_fail(message, COD_EARGUMENT, "method_count is %zu, methods is NULL",
                        setup->method_count);
    const cod_kernels *kernels;
    return cod_kernels_find(setup->kernels, &kernels, message);
}

static cod_status check_groups(const cod_cut *cut, cod_message *message)
{
    for (size_t g = 0; g < cut->groups; g++) {
        size_t k = 0;
        while (k < cut->shards && cut->group_of[k] != g)
            k++;
        if (k == cut->shards)
            return cod_fail(message, COD_ESHAPE, "group %zu has no shard", g + 1);
    }
    return COD_OK;
}

static cod_status make_cut(cod_cut *cut, const cod_setup *setup, cod_message *message)
{
    cut->n = setup->n;
    cut->shards = setup->lengths != NULL && setup->shards > 0 ? setup->shards : 1;
    cut->groups = 1;
    cut->offsets = cod_zeroed(cut->shards + 1, sizeof *cut->offsets);
    cut->group_of = cod_zeroed(cut->shards, sizeof *cut->group_of);
    if (cut->offsets == NULL || cut->group_of == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory for %zu shards", cut->shards);
    for (size_t k = 0; k < cut->shards; k++) {
        size_t length = setup->lengths != NULL ? setup->lengths[k] : setup->n;
        if (setup->lengths != NULL && length == 0)
            return cod_fail(message, COD_ESHAPE, "shard %zu has no elements", k + 1);
        cut->offsets[k + 1] = cut->offsets[k] + length;
        if (cut->offsets[k + 1] < length)
            return cod_fail(message, COD_ESHAPE, "the shards' lengths overflow");
        if (setup->groups == NULL)
            continue;
        cut->group_of[k] = setup->groups[k];
        if (setup->groups[k] >= cut->shards)
            return cod_fail(message, COD_ESHAPE,
                            "shard %zu is of group %zu: there are "
                            "fewer shards than groups",
                            k + 1, setup->groups[k] + 1);
        if (setup->groups[k] >= cut->groups)
            cut->groups = setup->groups[k] + 1;
    }
    if (cut->offsets[cut->shards] != setup->n)
        return cod_fail(message, COD_ESHAPE,
                        "the shards have %zu elements together, a row has %zu",
                        cut->offsets[cut->shards], setup->n);
    return check_groups(cut, message);
}

/* ---- nodes ---- */

/* The caller's methods, then the built-in ones. */
static const char *method_name_at(const void *list, size_t k)
{
    const cod_setup *setup = list;
    size_t count;
    return k < setup->method_count
               ? setup->methods[k]->name
               : cod_method_list(&count)[k - setup->method_count]->name;
}

static cod_status find_method(const char *name, const cod_setup *setup,
                              const cod_method **ret_method, cod_message *message)
{
    for (size_t k = 0; k < setup->method_count; k++) {
        const cod_method *method = setup->methods[k];
        if (method == NULL || method->name == NULL || method->abi != COD_METHOD_ABI)
            return cod_fail(
                message, COD_EARGUMENT,
                "method %zu of the set-up is NULL, has no name or another abi "
                "than %d",
                k + 1, COD_METHOD_ABI);
        if (method->solve == NULL && method->emit == NULL)
            return cod_fail(message, COD_EARGUMENT,
                            "method %s has neither `solve` nor `emit`", method->name);
        if (strcmp(method->name, name) == 0) {
            *ret_method = method;
            return COD_OK;
        }
    }
    *ret_method = cod_method_find(name);
    if (*ret_method != NULL)
        return COD_OK;
    size_t count;
    cod_method_list(&count);
    return cod_fail_name(message, "method", name, setup, setup->method_count + count,
                         method_name_at);
}

/* What changes nothing may be said of any method. */
static cod_status check_engine_option(const cod_solver *node,
                                      const cod_spec_option *given,
                                      cod_message *message)
{
    const cod_method *method = node->method;
    const char *name = given->name;
    if (strcmp(given->value, "none") == 0 || strcmp(given->value, "native") == 0)
        return COD_OK;
    if (strcmp(name, "normalize") == 0 && !(method->needs & COD_NEED_GRAMIAN))
        return cod_fail(
            message, COD_EOPTION,
            "%s: option normalize rescales the rows of a Gramian, and %s %s",
            method->name, method->name,
            method->inner > 0 ? "wraps another method: write it there" : "uses none");
    if (strcmp(name, "output") == 0 && method->emit != NULL)
        return cod_fail(message, COD_EOPTION,
                        "%s: option output rescales weights, and %s has none",
                        method->name, method->name);
    return COD_OK;
}

/* The method's options and the engine's as one list of names. */
typedef struct option_names {
    const cod_method *method;
    const cod_option *engine;
} option_names;

static const char *option_name_at(const void *list, size_t k)
{
    const option_names *names = list;
    size_t own = names->method->option_count;
    return k < own ? names->method->options[k].name : names->engine[k - own].name;
}

static cod_status fail_option(const cod_method *method, const char *name,
                              cod_message *message)
{
    char what[96];
    size_t count;
    option_names names = {method, cod_engine_options(&count)};
    snprintf(what, sizeof what, "option of %s", method->name);
    return cod_fail_name(message, what, name, &names, method->option_count + count,
                         option_name_at);
}

/* Every option of the spec, the method's own or the engine's. */
static cod_status read_options(cod_solver *node, const cod_spec *spec,
                               cod_message *message)
{
    const cod_method *method = node->method;
    size_t count;
    const cod_option *table = cod_engine_options(&count);
    cod_spec own = *spec, engine = *spec;
    cod_spec_option *split = cod_zeroed(2 * spec->option_count, sizeof *split);
    if (split == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory for options");
    own.options = split;
    engine.options = split + spec->option_count;
    own.option_count = engine.option_count = 0;
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < spec->option_count; k++) {
        const char *name = spec->options[k].name;
        if (cod_options_find(method->options, method->option_count, name) != NULL) {
            own.options[own.option_count++] = spec->options[k];
        } else if (cod_options_find(table, count, name) != NULL) {
            engine.options[engine.option_count++] = spec->options[k];
            status = check_engine_option(node, &spec->options[k], message);
        } else {
            status = fail_option(method, name, message);
        }
    }
    if (status == COD_OK)
        status = cod_options_read(&own, method->options, method->option_count,
                                  node->options, message);
    if (status == COD_OK)
        status = cod_options_read(&engine, table, count, &node->choice, message);
    free(split);
    return status;
}

static cod_status make_node(const cod_spec *spec, const cod_setup *setup,
                            cod_engine *engine, cod_solver *root, uint64_t *stream,
                            cod_solver **ret_node, cod_message *message);

static cod_status make_inner(cod_solver *node, const cod_spec *spec,
                             const cod_setup *setup, uint64_t *stream,
                             cod_message *message)
{
    if (spec->inner_count != node->method->inner)
        return cod_fail(message, COD_ESYNTAX, "%s wraps %zu method%s, %zu given",
                        spec->name, node->method->inner,
                        node->method->inner == 1 ? "" : "s", spec->inner_count);
    node->inner = cod_zeroed(spec->inner_count, sizeof *node->inner);
    if (node->inner == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory");
    for (size_t k = 0; k < spec->inner_count; k++, node->inner_count++) {
        cod_status status = make_node(spec->inner[k], setup, node->engine, node->root,
                                      stream, &node->inner[k], message);
        if (status != COD_OK)
            return status;
    }
    return COD_OK;
}

static cod_status make_node(const cod_spec *spec, const cod_setup *setup,
                            cod_engine *engine, cod_solver *root, uint64_t *stream,
                            cod_solver **ret_node, cod_message *message)
{
    cod_solver *node = cod_zeroed(1, sizeof *node);
    if (node == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory for a solver");
    node->engine = engine;
    node->root = root != NULL ? root : node;
    node->stream = (*stream)++;
    cod_status status = find_method(spec->name, setup, &node->method, message);
    if (status != COD_OK)
        goto fail;
    node->options = cod_zeroed(1, node->method->options_size);
    node->driven = cod_zeroed(node->method->option_count, 1);
    status = node->options != NULL && node->driven != NULL
                 ? read_options(node, spec, message)
                 : cod_fail(message, COD_EMEMORY, "no memory");
    if (status == COD_OK)
        status = make_inner(node, spec, setup, stream, message);
    if (status != COD_OK)
        goto fail;
    *ret_node = node;
    return COD_OK;
fail:
    if (node->options == NULL)
        node->method = NULL;
    cod_node_free(node);
    return status;
}

/* ---- check and prepare the whole tree ---- */

static cod_status check_shape(const cod_solver *node, cod_message *message)
{
    const cod_method *method = node->method;
    const cod_engine *engine = node->engine;
    if (engine->points > 1 && !(method->traits & COD_TRAIT_SET) && method->inner == 0)
        return cod_fail(message, COD_EUNSUPPORTED,
                        "%s moves one point; the set-up has %zu", method->name,
                        engine->points);
    if (engine->cut.n == 0 && (method->memory != NULL || method->emit != NULL))
        return cod_fail(message, COD_ESHAPE,
                        "%s needs the rows: it works on their elements, and the set-up "
                        "has none (n = 0)",
                        method->name);
    return COD_OK;
}

static cod_status prepare_tree(cod_solver *node)
{
    cod_message *message = &node->engine->message;
    cod_status status = check_shape(node, message);
    if (status == COD_OK)
        status = cod_node_check(node);
    if (status == COD_OK)
        status = cod_node_prepare(node);
    for (size_t k = 0; status == COD_OK && k < node->inner_count; k++)
        status = prepare_tree(node->inner[k]);
    return status;
}

void cod_solver_free(cod_solver *solver)
{
    if (solver == NULL)
        return;
    cod_engine *engine = solver->engine;
    cod_node_free(solver);
    cod_engine_free(engine);
}

static cod_status make_solver(const cod_spec *spec, const cod_setup *setup,
                              cod_solver **ret_solver, cod_message *message)
{
    cod_solver *root = NULL;
    uint64_t stream = 0;
    cod_engine *engine = cod_zeroed(1, sizeof *engine);
    if (engine == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory for a solver");
    engine->m = setup->m;
    engine->points = setup->points > 0 ? setup->points : 1;
    engine->rows = engine->m * engine->points;
    engine->steps = setup->steps;
    engine->epochs = setup->epochs;
    engine->seed = setup->seed;
    engine->certify = setup->certify;
    cod_status status = make_cut(&engine->cut, setup, message);
    if (status == COD_OK)
        status = make_node(spec, setup, engine, NULL, &stream, &root, message);
    if (status != COD_OK)
        goto fail;
    status = cod_engine_allocate(engine, root, setup->threads, setup->kernels);
    if (status == COD_OK)
        status = cod_node_allocate(root);
    if (status != COD_OK) {
        cod_fail(message, status, "%s: %s", spec->name, cod_status_text(status));
        goto fail;
    }
    status = prepare_tree(root);
    if (status != COD_OK) {
        cod_fail(message, status, "%s", engine->message.text);
        goto fail;
    }
    engine->message.text[0] = '\0';
    *ret_solver = root;
    return COD_OK;
fail:
    cod_node_free(root);
    cod_engine_free(engine);
    return status;
}

cod_status cod_solver_alloc(const char *text, const cod_setup *setup,
                            cod_solver **ret_solver, cod_message *ret_message)
{
    if (text == NULL || setup == NULL || ret_solver == NULL)
        return cod_fail(ret_message, COD_EARGUMENT, "%s is NULL",
                        text == NULL    ? "the method's text"
                        : setup == NULL ? "the set-up"
                                        : "ret_solver");
    cod_spec *spec = NULL;
    cod_status status = check_setup(setup, ret_message);
    if (status == COD_OK)
        status = cod_spec_parse(text, &spec, ret_message);
    if (status == COD_OK)
        status = make_solver(spec, setup, ret_solver, ret_message);
    cod_spec_free(spec);
    return status;
}
