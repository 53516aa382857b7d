/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Problems with methods from many starts. */
#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

#include "cli/describe_study.h"
#include "core/spec.h"
#include "experiments/problems.h"
#include "lab/figure.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/methods.h"
#include "lab/results.h"
#include "lab/study.h"

/* All problems and seeds of the command, and where they are kept. */
typedef struct session {
    const run_arguments *given;
    const char *title; /* the problems, as given */
    char **texts;      /* of the methods */
    size_t method_count;
    char **problem_texts;
    cod_problem **problems;
    size_t problem_count;
    cod_study **studies; /* a problem after another, each with all its seeds */
    size_t count;
    int interrupted;
    study_folder folder;
} session;

/* ---- results ---- */

/* Is there anything to draw? Where every run failed there is not. */
static int has_points(const cod_study *study)
{
    size_t points = 0;
    for (size_t k = 0; k < study->count; k++)
        points += study->methods[k].front_count;
    return points > 0;
}

static int draw(const session *s, FILE *out)
{
    int code = EXIT_DONE;
    for (size_t k = 0; code == EXIT_DONE && k < s->count; k++) {
        char *own;
        if (cod_study_folder(s->studies, s->count, k,
                             cod_results_path(s->folder.results), &own) < 0)
            return complain(EXIT_FAILED, "no memory");
        if (own != NULL && has_points(s->studies[k]))
            code = draw_figures(own, NULL, s->given->study.format, 0, out);
        free(own);
    }
    return code;
}

static size_t unfinished(const session *s)
{
    size_t sum = 0;
    for (size_t k = 0; k < s->count; k++)
        sum += s->studies[k]->unfinished;
    return sum;
}

static json_t *manifest_of(const session *s)
{
    json_t *content = study_manifest(s->studies[0], s->title);
    json_object_set_new(content, "seeds",
                        json_integer((json_int_t)(s->count / s->problem_count)));
    return content;
}

static int write_results(const session *s, FILE *out)
{
    cod_message message = {{0}};
    cod_results *results = s->folder.results;
    json_t *content = manifest_of(s);
    cod_status status = cod_results_manifest(results, content, 0, &message);
    if (status == COD_OK)
        status =
            cod_study_write(s->studies, s->count, cod_results_path(results), &message);
    if (status == COD_OK)
        status = cod_study_measure(s->studies, s->count, s->folder.store, &message);
    if (status == COD_OK && unfinished(s) == 0)
        status = cod_results_manifest(results, content, 1, &message);
    json_decref(content);
    if (status != COD_OK)
        return complain(EXIT_FAILED, "%s", message.text);
    if (out != NULL)
        fprintf(out, "results %s\n", cod_results_path(results));
    return s->interrupted ? EXIT_DONE : draw(s, out);
}

static int judge_tolerance(const run_arguments *given, const cod_study *study)
{
    int code = EXIT_DONE;
    for (size_t k = 0; code == EXIT_DONE && k < study->count; k++)
        if (study->methods[k].stationary < study->methods[k].finished)
            code = complain(EXIT_NOT_MET, "%s: %zu of %zu runs missed the tolerance %g",
                            study->methods[k].text,
                            study->methods[k].finished - study->methods[k].stationary,
                            study->methods[k].finished, given->tolerance);
    return code;
}

/* Errors of single runs, and tolerances that were asked for and missed. */
static int judge(const session *s)
{
    int code = EXIT_DONE;
    for (size_t k = 0; k < s->count; k++) {
        cod_message message = {{0}};
        if (cod_study_failed(s->studies[k], &message) < 0)
            code = complain(EXIT_FAILED, "%s", message.text);
    }
    for (size_t k = 0; code == EXIT_DONE && s->given->tolerance > 0 && k < s->count;
         k++)
        code = judge_tolerance(s->given, s->studies[k]);
    return code;
}

/* One problem's document as before there were several; else all of them. */
static json_t *session_json(const session *s)
{
    const char *folder = cod_results_path(s->folder.results);
    if (s->count == 1)
        return study_json(s->studies[0], folder);
    json_t *all = json_array();
    for (size_t k = 0; k < s->count; k++)
        json_array_append_new(all, study_json(s->studies[k], folder));
    return json_pack("{s:o, s:o}", "results", cod_json_text(folder), "studies", all);
}

static void print(const session *s)
{
    for (size_t k = 0; k < s->count; k++) {
        const cod_study_options *o = &s->studies[k]->options;
        if (s->count > 1)
            printf("%s%s, seed %llu:\n", k > 0 ? "\n" : "", o->title,
                   (unsigned long long)o->seed);
        study_print(s->studies[k]);
    }
}

static int report(const session *s)
{
    int code = EXIT_DONE, written;
    const char *folder = cod_results_path(s->folder.results);
    if (s->given->study.json) {
        written = write_results(s, NULL);
        code = print_json(session_json(s));
    } else {
        print(s);
        written = write_results(s, stdout);
    }
    if (s->interrupted)
        return complain(EXIT_INTERRUPTED, "interrupted: go on with --resume %s",
                        folder);
    if (written == EXIT_INTERRUPTED)
        return written;
    int judged = judge(s);
    if (written == EXIT_FAILED || judged == EXIT_FAILED)
        return EXIT_FAILED;
    code = code == EXIT_DONE ? judged : code;
    return code == EXIT_DONE ? written : code;
}

/* ---- the studies ---- */

static cod_status read_start_kind(const char *text, cod_start_kind *ret_kind,
                                  cod_message *message)
{
    static const char *const kinds[] = {"quasi", "uniform", "published"};
    *ret_kind = COD_STARTS_QUASI;
    for (size_t k = 0; text != NULL && k < COUNT(kinds); k++)
        if (strcmp(kinds[k], text) == 0) {
            *ret_kind = (cod_start_kind)k;
            return COD_OK;
        }
    if (text == NULL)
        return COD_OK;
    return cod_fail(message, COD_EOPTION,
                    "--start-kind %.40s is not quasi, uniform or published", text);
}

static cod_status add_study(session *s, size_t problem, uint64_t seed,
                            cod_message *message)
{
    const run_arguments *given = s->given;
    cod_study_options options = {
        .title = s->problem_texts[problem],
        .step_rule = given->step_rule,
        .starts = given->starts,
        .preferences = given->preferences,
        .points = given->points,
        .tolerance = given->tolerance,
        .max_steps = (int64_t)given->steps,
        .seed = seed,
        .reference = given->reference.count > 0 ? given->reference.values : NULL,
    };
    cod_status status =
        read_start_kind(given->start_kind, &options.start_kind, message);
    if (status == COD_OK)
        status =
            cod_study_alloc(s->problems[problem], (const char *const *)s->texts,
                            s->method_count, &options, &s->studies[s->count], message);
    s->count += status == COD_OK;
    return status;
}

static cod_status add_problem(session *s, const char *text, cod_message *message)
{
    size_t count, at = s->problem_count;
    const cod_problem_def *const *list = cod_problem_list(&count);
    for (size_t k = 0; k < at; k++)
        if (strcmp(s->problem_texts[k], text) == 0)
            return cod_fail(message, COD_EOPTION, "the problem %.100s is given twice",
                            text);
    cod_status status = cod_problem_alloc(text, list, count, &s->problems[at], message);
    if (status == COD_OK) {
        s->problem_count++;
        status = run_check(s->given, s->problems[at], s->texts, message);
    }
    return status;
}

static size_t length_of(char **texts)
{
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    return count;
}

static cod_status add_studies(session *s, cod_message *message)
{
    size_t problems = length_of(s->problem_texts);
    size_t seeds = s->given->seeds > 0 ? s->given->seeds : 1;
    cod_status status = COD_OK;
    s->method_count = length_of(s->texts);
    s->problems = calloc(problems, sizeof(cod_problem *));
    s->studies = calloc(problems * seeds, sizeof(cod_study *));
    if (s->problems == NULL || s->studies == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    if (s->given->seed > INT64_MAX - seeds)
        return cod_fail(message, COD_EOPTION, "--seed and --seeds: past the last seed");
    for (size_t k = 0; status == COD_OK && k < problems; k++) {
        status = add_problem(s, s->problem_texts[k], message);
        for (size_t i = 0; status == COD_OK && i < seeds; i++)
            status = add_study(s, k, s->given->seed + i, message);
    }
    return status;
}

/* -1 to go on, or an exit code. */
static int open_folder(session *s, const json_t *line)
{
    const study_arguments *given = &s->given->study;
    char *wanted = NULL;
    const char *name = s->problem_count == 1 ? s->problems[0]->def->name : "problems";
    if (asprintf(&wanted, "results/%s", name) < 0)
        return complain(EXIT_FAILED, "no memory");
    json_t *content = manifest_of(s);
    int code =
        study_folder_open(line, content, given->out != NULL ? given->out : wanted,
                          given->resume, &s->folder);
    json_decref(content);
    free(wanted);
    return code;
}

static int run_session(session *s, const json_t *line)
{
    cod_message message = {{0}};
    progress_line progress = progress_begin("runs", s->given->study.quiet);
    cod_sweep_options how = {.jobs = (unsigned)s->given->study.jobs,
                             .retry = s->given->study.retry,
                             .progress = progress_show,
                             .progress_data = &progress,
                             .interrupt = &interrupted};
    cod_status status = cod_spec_split(s->given->method, &s->texts, &message);
    if (status == COD_OK)
        status = cod_spec_split(s->title, &s->problem_texts, &message);
    if (status == COD_OK)
        status = read_part(s->given->study.part, &how, &message);
    if (status == COD_OK)
        status = add_studies(s, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    int code = open_folder(s, line);
    if (code >= 0)
        return code;
    how.store = s->folder.store;
    interrupt_catch();
    status = cod_study_run_all(s->studies, s->count, &how, &message);
    progress_end(&progress);
    s->interrupted = status == COD_EINTERRUPTED;
    return status == COD_OK || s->interrupted
               ? report(s)
               : complain(EXIT_FAILED, "%s", message.text);
}

int run_problems(const run_arguments *given, const char *problems, const json_t *line)
{
    session s = {.given = given, .title = problems};
    if (given->method == NULL)
        return complain(EXIT_USAGE,
                        "run: give --method A,B,... (codescent list methods)");
    int code = run_session(&s, line);
    study_folder_close(&s.folder);
    for (size_t k = 0; k < s.count; k++)
        cod_study_free(s.studies[k]);
    for (size_t k = 0; k < s.problem_count; k++)
        cod_problem_free(s.problems[k]);
    free(s.studies);
    free(s.problems);
    cod_split_free(s.problem_texts);
    cod_split_free(s.texts);
    return code;
}
