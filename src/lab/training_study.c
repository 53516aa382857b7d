/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study's runs: made, identified, done. */
#include "lab/training_study.h"

#include "core/spec.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/solver_json.h"

#include <stdlib.h>
#include <string.h>

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

static cod_training_options options_of(const cod_training_study *study,
                                       const cod_training_method *method,
                                       const cod_training_run *run)
{
    return (cod_training_options){.method = method->text,
                                  .step_rule = study->options.step_rule,
                                  .steps = study->options.steps,
                                  .seed = run->seed};
}

/* ---- life ---- */

void cod_training_study_free(cod_training_study *study)
{
    if (study == NULL)
        return;
    for (size_t i = 0; study->methods != NULL && i < study->count; i++) {
        cod_training_method *method = &study->methods[i];
        for (size_t r = 0; method->runs != NULL && r < study->options.seeds; r++)
            cod_training_free(method->runs[r].record);
        free(method->runs);
        free(method->text);
    }
    for (size_t k = 0; k < study->trivial_count; k++)
        free(study->trivial[k].numbers);
    free(study->trivial);
    cod_learner_free(study->learner);
    free(study->over_seeds);
    free(study->methods);
    free(study);
}

static cod_status try_method(cod_training_study *study, cod_training_method *method,
                             cod_message *message)
{
    cod_plan plan;
    cod_solver *solver;
    cod_training_options options = options_of(study, method, &method->runs[0]);
    cod_status status =
        cod_training_solver(study->task, &options, study->learner, &solver, message);
    if (status < 0)
        return status;
    status = cod_solver_plan(solver, &plan);
    if (status < 0)
        cod_fail(message, status, "%.200s", cod_solver_message(solver));
    else
        method->slots = plan.slots;
    cod_solver_free(solver);
    return status;
}

static cod_status add_method(cod_training_study *study, const char *text,
                             cod_message *message)
{
    cod_training_method *method = &study->methods[study->count++];
    size_t seeds = study->options.seeds;
    for (size_t i = 0; i + 1 < study->count; i++)
        if (strcmp(study->methods[i].text, text) == 0)
            return cod_fail(message, COD_EOPTION, "the method %.100s is given twice",
                            text);
    method->text = strdup(text);
    method->runs = calloc(seeds, sizeof *method->runs);
    if (method->text == NULL || method->runs == NULL)
        return no_memory(message);
    for (size_t r = 0; r < seeds; r++)
        method->runs[r].seed = study->options.seed + r;
    return try_method(study, method, message);
}

static cod_status try_rule(const cod_training_study *study, cod_message *message)
{
    cod_step_rule *rule;
    cod_status status =
        cod_training_rule(study->options.step_rule, 1, 1, &rule, message);
    if (status == COD_OK)
        cod_step_rule_free(rule);
    return status;
}

static cod_status fill(cod_training_study *study, const char *const *methods,
                       size_t count, cod_message *message)
{
    if (study->options.steps < 1 || study->options.steps > COD_TRAINING_STEPS_MOST)
        return cod_fail(message, COD_EOPTION, "%lld steps: a run has from 1 to %d",
                        (long long)study->options.steps, COD_TRAINING_STEPS_MOST);
    cod_status status = try_rule(study, message);
    if (status == COD_OK)
        status = cod_learner_alloc(study->task, &study->learner, message);
    for (size_t k = 0; status == COD_OK && k < count; k++)
        status = add_method(study, methods[k], message);
    return status;
}

cod_status cod_training_study_alloc(const cod_task *task, const char *const *methods,
                                    size_t count,
                                    const cod_training_study_options *options,
                                    cod_training_study **ret_study,
                                    cod_message *ret_message)
{
    cod_training_study *study = calloc(1, sizeof *study);
    if (study == NULL)
        return no_memory(ret_message);
    study->task = task;
    study->options = *options;
    if (study->options.step_rule == NULL)
        study->options.step_rule = task->def->step_rule;
    if (study->options.steps == 0)
        study->options.steps = task->def->steps;
    if (study->options.seeds == 0)
        study->options.seeds = 1;
    study->methods = calloc(count, sizeof *study->methods);
    study->over_seeds = calloc(study->options.seeds, sizeof *study->over_seeds);
    cod_status status = study->methods == NULL || study->over_seeds == NULL
                            ? no_memory(ret_message)
                            : fill(study, methods, count, ret_message);
    if (status < 0)
        cod_training_study_free(study);
    else
        *ret_study = study;
    return status;
}

/* ---- units of the sweep: all methods of a seed, then the next seed ---- */

static cod_training_method *method_at(const cod_training_study *study, size_t unit)
{
    return &study->methods[unit % study->count];
}

static cod_training_run *run_at(const cod_training_study *study, size_t unit)
{
    return &method_at(study, unit)->runs[unit / study->count];
}

static json_t *describe(const cod_training_study *study, size_t unit,
                        const cod_solver *solver)
{
    const cod_task *task = study->task;
    char fingerprint[17];
    cod_task_fingerprint(task, fingerprint);
    return json_pack(
        "{s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:I}", "problem",
        cod_json_text(task->title), "problem_options",
        cod_options_json(task->def->options, task->def->option_count, task->options),
        "data", fingerprint, "method", cod_json_text(method_at(study, unit)->text),
        "options", cod_solver_json(solver), "step_rule",
        cod_json_text(study->options.step_rule), "steps",
        (json_int_t)study->options.steps, "seed",
        (json_int_t)run_at(study, unit)->seed);
}

static char *identity(void *data, size_t k)
{
    const cod_training_study *study = data;
    cod_solver *solver;
    cod_training_options options =
        options_of(study, method_at(study, k), run_at(study, k));
    if (cod_training_solver(study->task, &options, study->learner, &solver, NULL) < 0)
        return NULL;
    json_t *json = describe(study, k, solver);
    char *text = cod_json_line(json);
    json_decref(json);
    cod_solver_free(solver);
    return text;
}

/* A run into new memory, which is to be freed also after an error. */
static cod_status train(const cod_training_study *study, size_t k,
                        cod_bytes_reader checkpoint, cod_crew_link *link,
                        cod_training **ret_record, cod_message *message)
{
    cod_training_options options =
        options_of(study, method_at(study, k), run_at(study, k));
    if (cod_training_alloc(study->task, options.steps, ret_record) < 0)
        return no_memory(message);
    return cod_train(study->task, &options, checkpoint, link, *ret_record, message);
}

/* From its beginning where the checkpoint is damaged: the result is the same. */
static cod_status do_run(void *data, size_t k, cod_bytes_reader checkpoint,
                         cod_crew_link *link, cod_bytes *ret_bytes,
                         cod_message *message)
{
    const cod_training_study *study = data;
    cod_training *record = NULL;
    cod_status status = train(study, k, checkpoint, link, &record, message);
    if (status == COD_EFILE && checkpoint.size > 0) {
        cod_training_free(record);
        record = NULL;
        status = train(study, k, (cod_bytes_reader){0}, link, &record, message);
    }
    if (status == COD_OK) {
        cod_training_encode(record, ret_bytes);
        cod_bytes_seal(ret_bytes);
    }
    cod_training_free(record);
    return status;
}

/* The record that a store or a worker has sent. */
static cod_status read_record(const cod_training_study *study, cod_bytes_reader reader,
                              cod_training_run *run, cod_message *message)
{
    if (cod_training_alloc(study->task, study->options.steps, &run->record) < 0)
        return no_memory(message);
    cod_bytes_unseal(&reader);
    cod_status status = cod_training_decode(run->record, &reader, NULL);
    if (reader.at != reader.size || run->record->steps != study->options.steps ||
        run->record->marks != cod_training_marks(study->task, study->options.steps))
        status = COD_EFILE;
    return status;
}

static cod_status accept(void *data, size_t k, const cod_sweep_end *end,
                         cod_message *message)
{
    cod_training_study *study = data;
    cod_training_run *run = run_at(study, k);
    cod_status status = COD_OK;
    run->status = end->status;
    run->message = end->message;
    run->seconds = end->seconds;
    if (end->status >= 0)
        status = read_record(study, end->result, run, message);
    if (status == COD_EFILE)
        cod_fail(message, status, "the stored result of %.100s, seed %llu, is damaged",
                 method_at(study, k)->text, (unsigned long long)run->seed);
    run->finished = status == COD_OK;
    return status;
}

const cod_training *cod_training_record(const cod_training_run *run)
{
    return run->finished && run->status == COD_OK ? run->record : NULL;
}

static void count_runs(cod_training_study *study)
{
    study->unfinished = study->count * study->options.seeds;
    for (size_t i = 0; i < study->count; i++) {
        cod_training_method *method = &study->methods[i];
        method->finished = method->failed = 0;
        for (size_t r = 0; r < study->options.seeds; r++) {
            const cod_training_run *run = &method->runs[r];
            method->finished += (size_t)run->finished;
            method->failed += run->finished && run->status < COD_OK;
        }
        study->unfinished -= method->finished;
    }
}

/* The answers that take no learning: each takes as long as the test of a network. */
static cod_status judge_trivial(cod_training_study *study, cod_message *message)
{
    const cod_task *task = study->task;
    cod_status status = study->trivial == NULL ? COD_OK : COD_EMISSING;
    while (status == COD_OK) {
        size_t k = study->trivial_count;
        double *numbers = malloc(cod_training_number_count(task) * sizeof *numbers);
        cod_trivial *grown = realloc(study->trivial, (k + 1) * sizeof *grown);
        study->trivial = grown != NULL ? grown : study->trivial;
        if (numbers == NULL || grown == NULL) {
            free(numbers);
            return no_memory(message);
        }
        cod_outcome outcome = {numbers, numbers + task->m};
        grown[k].numbers = numbers;
        status = task->def->trivial(task, k, &grown[k].name, &outcome);
        if (status == COD_OK)
            study->trivial_count++;
        else
            free(numbers);
    }
    return status == COD_EMEMORY ? no_memory(message) : COD_OK;
}

cod_status cod_training_study_run(cod_training_study *study,
                                  const cod_sweep_options *how,
                                  cod_message *ret_message)
{
    cod_sweep sweep = {.count = study->count * study->options.seeds,
                       .data = study,
                       .identity = identity,
                       .run = do_run,
                       .accept = accept};
    cod_status ended = cod_sweep_run(&sweep, how, ret_message);
    count_runs(study);
    if (ended < 0 && ended != COD_EINTERRUPTED)
        return ended;
    cod_status status = judge_trivial(study, ret_message);
    return status < 0 ? status : ended;
}
