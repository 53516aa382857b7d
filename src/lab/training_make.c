/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that a training run needs, made before its first step. */
#include <codescent/method.h>
#include <codescent/random.h>

#include "core/spec.h"
#include "lab/methods.h"
#include "lab/training_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_TRAINING (UINT64_MAX - 4) /* starts.c, study_run.c have others */
#define ALIGNMENT       16               /* floats */

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

/* ---- the solver ---- */

/* Unit sum, unless the text says otherwise or the method has no weights. */
static int lacks_output(const cod_spec *spec)
{
    const cod_method *method = cod_all_method_find(spec->name, NULL);
    return method != NULL && method->emit == NULL && !cod_spec_gives(spec, "output");
}

/* The method's text as it is trained; to be freed. */
static cod_status full_text(const char *text, char **ret_text, cod_message *message)
{
    cod_spec *spec;
    const char *rest = strchr(text, '(');
    cod_status status = cod_spec_parse(text, &spec, message);
    if (status < 0)
        return status;
    int lacks = lacks_output(spec);
    int empty = spec->option_count + spec->inner_count == 0;
    int length =
        !lacks  ? asprintf(ret_text, "%s", text)
        : empty ? asprintf(ret_text, "%s(output=sum-one)", spec->name)
                : asprintf(ret_text, "%s(output=sum-one, %s", spec->name, rest + 1);
    cod_spec_free(spec);
    return length < 0 ? no_memory(message) : COD_OK;
}

/* A method that is told a preference is told an even one: losses have units. */
static cod_status tell(cod_solver *solver, size_t m, cod_message *message)
{
    if (!cod_solver_takes(solver, "preference"))
        return COD_OK;
    double *even = malloc(m * sizeof *even);
    if (even == NULL)
        return no_memory(message);
    for (size_t i = 0; i < m; i++)
        even[i] = 1 / (double)m;
    cod_status status = cod_solver_feed(solver, "preference", even, m);
    free(even);
    return status < 0 ? cod_fail(message, status, "%.200s", cod_solver_message(solver))
                      : COD_OK;
}

static cod_status alloc_solver(const cod_task *task,
                               const cod_training_options *options,
                               const cod_learner *learner, const size_t *lengths,
                               size_t n, cod_solver **ret_solver, cod_message *message)
{
    cod_random random = {options->seed, STREAM_TRAINING, 0};
    cod_setup setup = {.m = task->m,
                       .n = n,
                       .shards = learner->parameter_count,
                       .lengths = lengths,
                       .steps = options->steps,
                       .epochs = (int64_t)cod_training_marks(task, options->steps) - 1,
                       .seed = cod_random_bits(random, 0),
                       .threads = 1};
    setup.methods = cod_lab_methods(&setup.method_count);
    char *text;
    cod_status status = full_text(options->method, &text, message);
    if (status < 0)
        return status;
    status = cod_solver_alloc(text, &setup, ret_solver, message);
    free(text);
    return status;
}

cod_status cod_training_solver(const cod_task *task,
                               const cod_training_options *options,
                               const cod_learner *learner, cod_solver **ret_solver,
                               cod_message *ret_message)
{
    size_t n = 0, *lengths = malloc(learner->parameter_count * sizeof *lengths);
    if (lengths == NULL)
        return no_memory(ret_message);
    for (size_t k = 0; k < learner->parameter_count; k++)
        n += lengths[k] = learner->parameters[k].size;
    cod_solver *solver = NULL;
    cod_status status =
        alloc_solver(task, options, learner, lengths, n, &solver, ret_message);
    free(lengths);
    if (status == COD_OK && cod_solver_moves_set(solver))
        status =
            cod_fail(ret_message, COD_EUNSUPPORTED,
                     "%.100s moves a set of points; a training run has one network",
                     options->method);
    if (status == COD_OK)
        status = tell(solver, task->m, ret_message);
    if (status < 0)
        cod_solver_free(solver);
    else
        *ret_solver = solver;
    return status;
}

/* ---- the step rule ---- */

cod_status cod_training_rule(const char *text, size_t n, size_t slots,
                             cod_step_rule **ret_rule, cod_message *ret_message)
{
    cod_step_rule *rule;
    cod_status status = cod_step_rule_alloc(text, n, slots, &rule, ret_message);
    if (status < 0)
        return status;
    if (!cod_step_rule_searches(rule)) {
        *ret_rule = rule;
        return COD_OK;
    }
    cod_step_rule_free(rule);
    return cod_fail(ret_message, COD_EUNSUPPORTED,
                    "%.40s searches along the direction, which takes more than a "
                    "batch's losses: a network is trained by constant, momentum or "
                    "adam",
                    text);
}

/* ---- memory ---- */

static cod_status allocate(cod_trainer *t)
{
    size_t tensors = t->learner->parameter_count;
    t->begins = malloc(tensors * sizeof *t->begins);
    t->slices = malloc(tensors * sizeof *t->slices);
    if (t->begins == NULL || t->slices == NULL)
        return COD_EMEMORY;
    for (size_t k = 0; k < tensors; k++) {
        size_t size = t->learner->parameters[k].size;
        t->begins[k] = t->stride;
        t->n += size;
        t->stride += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    size_t rows = t->batches * t->m, bytes = rows * t->stride * sizeof *t->rows;
    t->rows = aligned_alloc(ALIGNMENT * sizeof *t->rows, bytes);
    t->shard_rows = malloc(rows * sizeof *t->shard_rows);
    t->direction = malloc(t->n * sizeof *t->direction);
    t->losses = malloc(3 * t->m * sizeof *t->losses);
    if (t->rows == NULL || t->shard_rows == NULL || t->direction == NULL ||
        t->losses == NULL)
        return COD_EMEMORY;
    memset(t->rows, 0, bytes);
    t->weights = t->losses + t->m;
    t->factors = t->weights + t->m;
    return COD_OK;
}

static cod_status make_rule(cod_trainer *t)
{
    cod_plan plan;
    cod_status status = cod_solver_plan(t->solver, &plan); /* for the number of slots */
    if (status < 0)
        return cod_fail(t->message, status, "%.200s", cod_solver_message(t->solver));
    size_t slots = plan.slots;
    cod_solver_abandon(t->solver);
    return cod_training_rule(t->options->step_rule, t->n, slots, &t->rule, t->message);
}

cod_status cod_trainer_make(const cod_task *task, const cod_training_options *options,
                            cod_training *record, cod_message *message,
                            cod_trainer *ret_trainer)
{
    *ret_trainer = (cod_trainer){.task = task,
                                 .options = options,
                                 .record = record,
                                 .message = message,
                                 .m = task->m};
    cod_trainer *t = ret_trainer;
    cod_status status = cod_learner_alloc(task, &t->learner, message);
    if (status == COD_OK)
        status = cod_training_solver(task, options, t->learner, &t->solver, message);
    if (status < 0)
        return status;
    t->batches = cod_solver_batches(t->solver);
    if (allocate(t) < 0)
        return no_memory(message);
    return make_rule(t);
}

void cod_trainer_clear(cod_trainer *t)
{
    cod_step_rule_free(t->rule);
    cod_solver_free(t->solver);
    cod_learner_free(t->learner);
    free(t->begins);
    free(t->slices);
    free(t->rows);
    free(t->shard_rows);
    free(t->direction);
    free(t->losses);
}
