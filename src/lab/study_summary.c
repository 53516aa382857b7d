/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <codescent/front.h>

#include "core/spec.h"
#include "lab/study_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

cod_status cod_study_known(cod_study *study)
{
    const cod_problem *problem = study->problem;
    const cod_problem_def *def = problem->def;
    size_t m = problem->m, count = study->options.known_count;
    if (study->options.reference != NULL || def->reference != NULL) {
        study->reference = calloc(m, sizeof *study->reference);
        if (study->reference == NULL)
            return COD_EMEMORY;
        if (study->options.reference != NULL)
            memcpy(study->reference, study->options.reference, m * sizeof(double));
        else
            def->reference(problem, study->reference);
        study->options.reference = study->reference;
    }
    if (def->front != NULL) {
        study->known = calloc(count * m, sizeof *study->known);
        if (study->known == NULL)
            return COD_EMEMORY;
        study->known_count = def->front(problem, count, study->known);
    }
    return COD_OK;
}

/* NaN where it is not defined: no reference point, more than 3 objectives. */
static cod_status hypervolume(const cod_study *study, size_t count,
                              const double *points, double *ret_hypervolume)
{
    size_t m = study->problem->m;
    *ret_hypervolume = NAN;
    if (study->reference == NULL || m > 3)
        return COD_OK;
    return cod_hypervolume(m, count, points, study->reference, ret_hypervolume);
}

static int counts(const cod_study_run *run)
{
    return run->finished && run->status == COD_OK;
}

static void sum_runs(cod_study_method *method)
{
    method->worst_stationarity = NAN;
    for (size_t k = 0; k < method->count; k++) {
        const cod_study_run *run = &method->runs[k];
        method->seconds += run->seconds;
        method->finished += run->finished != 0;
        method->failed += run->finished && run->status < 0;
        if (!counts(run))
            continue;
        const cod_descent_result *result = &run->result;
        method->stationary += result->status == COD_STOPPED_STATIONARY;
        method->stationary_at_start += result->stationary_at_start != 0;
        method->worst_stationarity =
            fmax(method->worst_stationarity, result->stationarity);
        method->steps += result->steps;
        method->evaluations += result->evaluations;
        method->conflict_steps += result->conflict_steps;
    }
}

/* The ends of the runs that count, one after another; their number. */
static size_t gather(const cod_study_method *method, size_t m, double *ret_points)
{
    size_t count = 0;
    for (size_t k = 0; k < method->count; k++)
        if (counts(&method->runs[k]))
            memcpy(ret_points + m * count++, method->runs[k].f, m * sizeof *ret_points);
    return count;
}

/* Moves the kept points to the front of the array and marks their runs. */
static void keep_front(cod_study_method *method, size_t m, const unsigned char *keep)
{
    size_t at = 0;
    for (size_t k = 0; k < method->count; k++) {
        cod_study_run *run = &method->runs[k];
        if (!counts(run) || !keep[at++])
            continue;
        run->on_front = 1;
        memcpy(method->front + m * method->front_count++, run->f,
               m * sizeof *method->front);
        method->front_stationary += run->result.status == COD_STOPPED_STATIONARY;
    }
}

static cod_status summarize(const cod_study *study, cod_study_method *method)
{
    size_t m = study->problem->m;
    cod_status status = COD_EMEMORY;
    sum_runs(method);
    method->front = calloc(method->count * m, sizeof *method->front);
    unsigned char *keep = calloc(method->count, 1);
    if (method->front == NULL || keep == NULL)
        goto done;
    size_t count = gather(method, m, method->front);
    status = COD_OK;
    if (count > 0)
        status = cod_front_nondominated(m, count, method->front, 0, keep, NULL);
    if (status < 0)
        goto done;
    keep_front(method, m, keep);
    method->igd_plus = NAN;
    status =
        hypervolume(study, method->front_count, method->front, &method->hypervolume);
    if (status == COD_OK && method->front_count > 0 && study->known_count > 0)
        status = cod_igd_plus(m, method->front_count, method->front, study->known_count,
                              study->known, &method->igd_plus);
done:
    free(keep);
    return status;
}

cod_status cod_study_summarize(cod_study *study, cod_message *message)
{
    cod_status status = COD_OK;
    study->known_hypervolume = NAN;
    if (study->known_count > 0)
        status = hypervolume(study, study->known_count, study->known,
                             &study->known_hypervolume);
    if (status < 0)
        return cod_fail(message, status, "the known front's hypervolume: %s",
                        cod_status_text(status));
    for (size_t k = 0; status == COD_OK && k < study->count; k++) {
        study->unfinished += study->methods[k].count;
        status = summarize(study, &study->methods[k]);
        if (status < 0)
            cod_fail(message, status, "the front of %.100s: %s", study->methods[k].text,
                     cod_status_text(status));
        study->unfinished -= study->methods[k].finished;
    }
    return status;
}

/* ---- what a store's table over seeds is made of ---- */

static cod_status measure_method(const cod_study *study, const cod_study_method *method,
                                 cod_store *store, cod_message *message)
{
    size_t ended = method->finished - method->failed;
    double none = NAN, runs = (double)ended;
    const struct {
        const char *name;
        double value;
        cod_better better;
    } measures[] = {
        {"hypervolume", ended > 0 ? method->hypervolume : none, COD_BETTER_HIGHER},
        {"igd_plus", method->igd_plus, COD_BETTER_LOWER},
        {"front_count", ended > 0 ? (double)method->front_count : none, 0},
        {"stationary_share", ended > 0 ? (double)method->stationary / runs : none,
         COD_BETTER_HIGHER},
        {"worst_stationarity", method->worst_stationarity, COD_BETTER_LOWER},
        {"evaluations", ended > 0 ? (double)method->evaluations : none,
         COD_BETTER_LOWER},
        {"conflict_steps", ended > 0 ? (double)method->conflict_steps : none, 0},
        {"failed", (double)method->failed, COD_BETTER_LOWER},
    };
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < sizeof measures / sizeof *measures;
         k++) {
        cod_measure measure = {.problem = study->options.title,
                               .method = method->text,
                               .seed = (int64_t)study->options.seed,
                               .name = measures[k].name,
                               .value = measures[k].value,
                               .better = measures[k].better};
        status = cod_store_measure(store, &measure, message);
    }
    return status;
}

cod_status cod_study_measure(cod_study *const *studies, size_t count, cod_store *store,
                             cod_message *ret_message)
{
    if (store == NULL)
        return COD_OK;
    cod_status status = cod_store_begin(store, ret_message);
    if (status < 0)
        return status;
    status = cod_store_clear_measures(store, ret_message);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; status == COD_OK && i < studies[k]->count; i++)
            if (studies[k]->methods[i].finished == studies[k]->methods[i].count)
                status = measure_method(studies[k], &studies[k]->methods[i], store,
                                        ret_message);
    if (status == COD_OK)
        status = cod_store_commit(store, ret_message);
    if (status < 0)
        cod_store_rollback(store);
    return status;
}
