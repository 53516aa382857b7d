/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A learning task with methods from several seeds. */
#include <stdlib.h>
#include <string.h>

#include "cli/describe_training.h"
#include "cli/run.h"
#include "cli/task_methods.h"
#include "core/spec.h"
#include "experiments/tasks.h"
#include "lab/figure.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/training_study.h"

typedef struct session {
    const run_arguments *given;
    cod_task *task;
    cod_training_study *study;
    study_folder folder;
    int interrupted;
} session;

/* ---- making ---- */

static cod_status check(const run_arguments *given, int *ret_both, cod_message *message)
{
    *ret_both = given->scales != NULL && strcmp(given->scales, "both") == 0;
    if (given->scales != NULL && !*ret_both && strcmp(given->scales, "one") != 0)
        return cod_fail(message, COD_EOPTION, "--scales %.40s is not one or both",
                        given->scales);
    if (given->seed > INT64_MAX - given->seeds)
        return cod_fail(message, COD_EOPTION, "--seed and --seeds: past the last seed");
    return given->study.format != NULL ? cod_format_check(given->study.format, message)
                                       : COD_OK;
}

static cod_status make_task(session *s, const char *text, cod_message *message)
{
    size_t count;
    char *quick = NULL;
    const cod_task_def *const *defs = cod_task_list(&count);
    const cod_task_def *def = cod_task_find(text, message);
    if (def == NULL)
        return COD_ENAME;
    cod_status status = COD_OK;
    if (s->given->quick)
        status = task_quick_text(def, text, &quick, message);
    if (status == COD_OK)
        status = cod_task_alloc(quick != NULL ? quick : text, s->given->data, defs,
                                count, &s->task, message);
    free(quick);
    return status;
}

static cod_status make(session *s, const char *text, cod_message *message)
{
    int both;
    char **texts = NULL;
    const run_arguments *given = s->given;
    cod_training_study_options options = {.step_rule = given->step_rule,
                                          .steps = (int64_t)given->steps,
                                          .seed = given->seed,
                                          .seeds = given->seeds};
    cod_status status = check(given, &both, message);
    if (status == COD_OK)
        status = make_task(s, text, message);
    if (status == COD_OK)
        status = task_methods(s->task, given->method, both, &texts, message);
    if (status < 0)
        return status;
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    if (given->quick && options.steps == 0)
        options.steps = s->task->def->quick_steps;
    status = cod_training_study_alloc(s->task, (const char *const *)texts, count,
                                      &options, &s->study, message);
    cod_split_free(texts);
    return status;
}

/* ---- results ---- */

static int write_results(const session *s, json_t *content, FILE *out)
{
    char version[96];
    cod_message message = {{0}};
    const char *folder = cod_results_path(s->folder.results);
    s->task->def->library_version(version, sizeof version);
    cod_results_library(s->folder.results, s->task->def->library, version);
    cod_status status = cod_training_study_write(s->study, folder, &message);
    if (status == COD_OK)
        status = cod_training_study_measure(s->study, s->folder.store, &message);
    if (status == COD_OK && s->study->unfinished == 0)
        status = cod_results_manifest(s->folder.results, content, 1, &message);
    if (status != COD_OK)
        return complain(EXIT_FAILED, "%s", message.text);
    if (out != NULL)
        fprintf(out, "results %s\n", folder);
    return s->interrupted ? EXIT_DONE
                          : draw_figures(folder, NULL, s->given->study.format, 0, out);
}

/* Runs that failed, in a line a method. */
static int judge(const cod_training_study *study)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < study->count; i++) {
        const cod_training_method *method = &study->methods[i];
        size_t r = 0;
        while (r < study->options.seeds &&
               !(method->runs[r].finished && method->runs[r].status < COD_OK))
            r++;
        if (r < study->options.seeds)
            code = complain(EXIT_FAILED, "%s: %zu of %zu runs failed; seed %llu: %s",
                            method->text, method->failed, method->finished,
                            (unsigned long long)method->runs[r].seed,
                            method->runs[r].message.text);
    }
    return code;
}

static int report(const session *s, json_t *content)
{
    int written, code = EXIT_DONE;
    const char *folder = cod_results_path(s->folder.results);
    if (s->given->study.json) {
        written = write_results(s, content, NULL);
        code = print_json(training_json(s->study, folder));
    } else {
        training_print(s->study);
        if (s->given->quick)
            puts("a quick trial: these networks have hardly learned; compare nothing");
        written = write_results(s, content, stdout);
    }
    if (s->interrupted)
        return complain(EXIT_INTERRUPTED, "interrupted: go on with --resume %s",
                        folder);
    if (written == EXIT_INTERRUPTED)
        return written;
    int judged = judge(s->study);
    if (written == EXIT_FAILED || judged == EXIT_FAILED)
        return EXIT_FAILED;
    return code == EXIT_DONE ? written : code;
}

/* ---- running ---- */

static int train(session *s, json_t *content, cod_sweep_options how)
{
    cod_message message = {{0}};
    progress_line progress = progress_begin("runs", s->given->study.quiet);
    how.store = s->folder.store;
    how.progress = progress_show;
    how.progress_data = &progress;
    how.interrupt = &interrupted;
    interrupt_catch();
    cod_status status = cod_training_study_run(s->study, &how, &message);
    progress_end(&progress);
    s->interrupted = status == COD_EINTERRUPTED;
    return status == COD_OK || s->interrupted
               ? report(s, content)
               : complain(EXIT_FAILED, "%s", message.text);
}

static int run_session(session *s, const char *text, const json_t *line)
{
    char wanted[128];
    cod_message message = {{0}};
    const study_arguments *given = &s->given->study;
    cod_sweep_options how = {.jobs = (unsigned)given->jobs, .retry = given->retry};
    cod_status status = read_part(given->part, &how, &message);
    if (status == COD_OK)
        status = make(s, text, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    snprintf(wanted, sizeof wanted, "results/%s", s->task->def->name);
    json_t *content = training_manifest(s->study, s->given->data);
    int code =
        study_folder_open(line, content, given->out != NULL ? given->out : wanted,
                          given->resume, &s->folder);
    if (code < 0)
        code = train(s, content, how);
    json_decref(content);
    return code;
}

int run_task(const run_arguments *given, const char *task, const json_t *line)
{
    session s = {.given = given};
    int code = run_session(&s, task, line);
    study_folder_close(&s.folder);
    cod_training_study_free(s.study);
    cod_task_free(s.task);
    return code;
}
