/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/study.h"

#include <codescent/method.h>

#include "core/spec.h"
#include "lab/lab.h"
#include "lab/methods.h"
#include "lab/study_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STARTS      20
#define RECORDED    10
#define PATH_LIMIT  500
#define KNOWN_COUNT 10000
#define POINTS      10

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

/* ---- making ---- */

static void method_clear(cod_study_method *method)
{
    for (size_t k = 0; method->runs != NULL && k < method->count; k++)
        cod_path_free(method->runs[k].path);
    if (method->runs != NULL && method->count > 0) {
        free(method->runs[0].x); /* one block for all runs */
        free(method->runs[0].f);
    }
    free(method->runs);
    free(method->front);
    free(method->text);
}

void cod_study_free(cod_study *study)
{
    if (study == NULL)
        return;
    for (size_t k = 0; study->methods != NULL && k < study->count; k++)
        method_clear(&study->methods[k]);
    free(study->methods);
    free(study->start_points);
    free(study->set_points);
    free(study->preferences);
    free(study->reference);
    free(study->known);
    free((char *)study->options.step_rule);
    free((char *)study->options.title);
    free(study);
}

static size_t or_else(size_t value, size_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static cod_status set_options(cod_study *study, const cod_study_options *options)
{
    cod_study_options *o = &study->options;
    if (options != NULL)
        *o = *options;
    const char *rule = o->step_rule, *title = o->title;
    o->step_rule = rule != NULL ? strdup(rule) : NULL;
    o->title = strdup(title != NULL ? title : study->problem->def->name);
    o->starts = or_else(o->starts, STARTS);
    o->points = or_else(o->points, POINTS);
    o->preferences = or_else(o->preferences, o->starts);
    o->tolerance = o->tolerance == 0 ? COD_DESCENT_TOLERANCE : o->tolerance;
    o->max_steps = o->max_steps > 0 ? o->max_steps : COD_DESCENT_STEPS;
    o->recorded = or_else(o->recorded, RECORDED);
    o->path_limit = or_else(o->path_limit, PATH_LIMIT);
    o->known_count = or_else(o->known_count, KNOWN_COUNT);
    if (o->method_count == 0)
        o->methods = cod_lab_methods(&o->method_count);
    int bad = o->title == NULL || (rule != NULL && o->step_rule == NULL);
    return bad ? COD_EMEMORY : COD_OK;
}

static cod_status make_points(cod_study *study, cod_message *message)
{
    const cod_study_options *o = &study->options;
    size_t m = study->problem->m, n = study->problem->n;
    study->starts = o->starts;
    study->start_points = calloc(o->starts, n * sizeof *study->start_points);
    study->preferences = calloc(o->preferences, m * sizeof *study->preferences);
    if (study->start_points == NULL || study->preferences == NULL)
        return cod_fail(message, COD_EMEMORY,
                        "no memory for %zu starts of %zu variables and %zu preferences",
                        o->starts, n, o->preferences);
    cod_status status = COD_OK;
    study->preference_count = o->preferences;
    if (o->rays != NULL)
        memcpy(study->preferences, o->rays, o->preferences * m * sizeof(double));
    else
        status = cod_preferences(m, o->preferences, study->preferences,
                                 &study->preference_count);
    if (status < 0)
        return cod_fail(message, status, "preferences: %s", cod_status_text(status));
    return cod_starts(study->problem, o->start_kind, o->starts, o->seed,
                      study->start_points, message);
}

/* As many starts as a set has points. */
static cod_status make_set_points(cod_study *study, cod_message *message)
{
    const cod_study_options *o = &study->options;
    if (study->set_points != NULL)
        return COD_OK;
    study->set_points =
        calloc(o->points, study->problem->n * sizeof *study->set_points);
    if (study->set_points == NULL)
        return no_memory(message);
    return cod_starts(study->problem, o->start_kind, o->points, o->seed,
                      study->set_points, message);
}

/* The runs of one method, at their starts. */
static cod_status make_runs(cod_study *study, cod_study_method *method, int preferred)
{
    const cod_problem *problem = study->problem;
    const double *from = method->set ? study->set_points : study->start_points;
    size_t m = problem->m, n = problem->n;
    size_t starts = method->set ? study->options.points : study->starts;
    size_t count = preferred && !method->set ? study->preference_count : starts;
    double *x = calloc(count, n * sizeof *x), *f = calloc(count, m * sizeof *f);
    method->runs = calloc(count, sizeof *method->runs);
    if (x == NULL || f == NULL || method->runs == NULL) {
        free(x);
        free(f);
        return COD_EMEMORY;
    }
    method->count = count;
    for (size_t k = 0; k < count; k++) {
        cod_study_run *run = &method->runs[k];
        run->start = k % starts;
        run->preference = preferred && !method->set ? study->preferences + k * m : NULL;
        run->x = x + k * n;
        run->f = f + k * m;
        memcpy(run->x, from + run->start * n, n * sizeof *x);
        for (size_t i = 0; i < m; i++)
            run->f[i] = NAN;
    }
    /* spread over the preferences, which follow each other along the front */
    size_t recorded = study->options.recorded < count ? study->options.recorded : count;
    for (size_t k = 0; k < recorded; k++)
        if (cod_path_alloc(m, n == 2 ? n : 0, study->options.path_limit,
                           &method->runs[k * count / recorded].path) < 0)
            return COD_EMEMORY;
    return COD_OK;
}

/* A method's runs, after a try whether its text and the step rule mean something. */
static cod_status add_method(cod_study *study, const char *text, cod_message *message)
{
    int preferred;
    cod_study_method *method = &study->methods[study->count];
    cod_status status =
        cod_study_takes_preference(&study->options, text, &preferred, message);
    if (status == COD_OK)
        status = cod_study_moves_set(&study->options, text, &method->set, message);
    if (status == COD_OK && method->set)
        status = make_set_points(study, message);
    if (status < 0)
        return status;
    study->count++;
    method->text = strdup(text);
    if (method->text == NULL || make_runs(study, method, preferred) < 0)
        return no_memory(message);
    return cod_study_try(study, preferred, method, message);
}

cod_status cod_study_alloc(const cod_problem *problem, const char *const *methods,
                           size_t count, const cod_study_options *options,
                           cod_study **ret_study, cod_message *ret_message)
{
    if (problem == NULL || methods == NULL || count == 0)
        return cod_fail(ret_message, COD_EARGUMENT, "no problem, or no method");
    cod_study *study = calloc(1, sizeof *study);
    if (study == NULL)
        return no_memory(ret_message);
    cod_status status = COD_EMEMORY;
    study->problem = problem;
    study->methods = calloc(count, sizeof *study->methods);
    if (study->methods == NULL || set_options(study, options) < 0 ||
        cod_study_known(study) < 0) {
        no_memory(ret_message);
        goto fail;
    }
    status = make_points(study, ret_message);
    for (size_t k = 0; status == COD_OK && k < count; k++)
        status = add_method(study, methods[k], ret_message);
    if (status < 0)
        goto fail;
    *ret_study = study;
    return COD_OK;
fail:
    cod_study_free(study);
    return status;
}

/* ---- all runs ---- */

/* One unit of the sweep: a run, or all points of a set. */
typedef struct unit {
    cod_study *study;
    cod_study_method *method;
    cod_study_run *run;
} unit;

static char *identity(void *data, size_t k)
{
    const unit *u = (const unit *)data + k;
    return cod_study_identity(u->study, u->method, u->run);
}

static cod_status do_run(void *data, size_t k, cod_bytes_reader checkpoint,
                         cod_crew_link *link, cod_bytes *ret_bytes,
                         cod_message *message)
{
    const unit *u = (const unit *)data + k;
    (void)checkpoint; /* these runs are short: none is saved half-way */
    (void)link;
    cod_status status = cod_study_run_one(u->study, u->method, u->run, message);
    if (status == COD_OK)
        cod_study_encode(u->study, u->method, u->run, ret_bytes);
    return status;
}

static cod_status accept(void *data, size_t k, const cod_sweep_end *end,
                         cod_message *message)
{
    const unit *u = (const unit *)data + k;
    cod_status status = COD_OK;
    cod_bytes_reader reader = end->result;
    if (end->status >= 0)
        status = cod_study_decode(u->study, u->method, u->run, &reader, message);
    size_t count = u->method->set ? u->method->count : 1;
    for (size_t r = 0; r < count; r++) {
        u->run[r].status = end->status;
        u->run[r].message = end->message;
        u->run[r].seconds = end->seconds / (double)count;
        u->run[r].finished = 1;
    }
    return status;
}

/* The units of one study, from units[at] on; where units is NULL, their number alone.
 */
static size_t list_units(cod_study *study, unit *units, size_t at)
{
    for (size_t i = 0; i < study->count; i++) {
        cod_study_method *method = &study->methods[i];
        size_t count = method->set ? 1 : method->count;
        for (size_t r = 0; r < count; r++, at++)
            if (units != NULL)
                units[at] = (unit){study, method, &method->runs[r]};
    }
    return at;
}

cod_status cod_study_run_all(cod_study *const *studies, size_t count,
                             const cod_sweep_options *how, cod_message *ret_message)
{
    size_t total = 0, at = 0;
    for (size_t k = 0; k < count; k++)
        total = list_units(studies[k], NULL, total);
    unit *units = calloc(total > 0 ? total : 1, sizeof *units);
    if (units == NULL)
        return no_memory(ret_message);
    for (size_t k = 0; k < count; k++)
        at = list_units(studies[k], units, at);
    cod_sweep sweep = {.count = total,
                       .data = units,
                       .identity = identity,
                       .run = do_run,
                       .accept = accept};
    cod_status ended = cod_sweep_run(&sweep, how, ret_message), status = COD_OK;
    free(units);
    if (ended < 0 && ended != COD_EINTERRUPTED)
        return ended;
    for (size_t k = 0; status == COD_OK && k < count; k++)
        status = cod_study_summarize(studies[k], ret_message);
    return status < 0 ? status : ended;
}

cod_status cod_study_failed(const cod_study *study, cod_message *ret_message)
{
    for (size_t k = 0; k < study->count; k++) {
        const cod_study_method *m = &study->methods[k];
        for (size_t r = 0; r < m->count; r++)
            if (m->runs[r].finished && m->runs[r].status < COD_OK)
                return cod_fail(ret_message, m->runs[r].status,
                                "%s: %zu of %zu runs failed; start %zu: %s", m->text,
                                m->failed, m->finished, m->runs[r].start + 1,
                                m->runs[r].message.text);
    }
    return COD_OK;
}
