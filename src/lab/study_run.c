/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of a study: its solver, its step rule, its descent. */
#include <codescent/method.h>
#include <codescent/random.h>

#include "core/spec.h"
#include "lab/methods.h"
#include "lab/study_private.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_RUN (UINT64_MAX - 3) /* starts.c has the other streams of the lab */

static cod_setup setup_of(const cod_study *study, const cod_study_method *method,
                          size_t start)
{
    const cod_study_options *o = &study->options;
    cod_random random = {o->seed, STREAM_RUN, start};
    return (cod_setup){.m = study->problem->m,
                       .n = study->problem->n,
                       .points = method->set ? o->points : 1,
                       .steps = o->max_steps,
                       .seed = cod_random_bits(random, 0),
                       .threads = 1,
                       .methods = o->methods,
                       .method_count = o->method_count};
}

/* What the methods inside want to be told: r = 1/p for the ray through p, and the
 * reference point. */
static cod_status tell(const cod_study *study, const cod_study_run *run,
                       cod_solver *solver)
{
    size_t m = study->problem->m;
    cod_status status = COD_OK;
    if (run->preference != NULL && cod_solver_takes(solver, "preference")) {
        double sum = 0, *r = calloc(m, sizeof *r);
        if (r == NULL)
            return COD_EMEMORY;
        for (size_t i = 0; i < m; i++)
            sum += r[i] = 1 / run->preference[i];
        for (size_t i = 0; i < m; i++)
            r[i] /= sum;
        status = cod_solver_feed(solver, "preference", r, m);
        free(r);
    }
    if (status == COD_OK && study->reference != NULL &&
        cod_solver_takes(solver, "reference"))
        status = cod_solver_feed(solver, "reference", study->reference, m);
    return status;
}

static const char *rule_for(const cod_study *study, const cod_study_method *method,
                            const cod_solver *solver)
{
    if (study->options.step_rules != NULL)
        return study->options.step_rules[method - study->methods];
    if (study->options.step_rule != NULL)
        return study->options.step_rule;
    if (method->set)
        return "adam(step=0.01)";
    return cod_solver_takes(solver, "preference") ? "constant(step=0.1)" : "armijo";
}

cod_status cod_study_solver(const cod_study *study, const cod_study_method *method,
                            const cod_study_run *run, cod_solver **ret_solver,
                            cod_step_rule **ret_rule, size_t *ret_slots,
                            cod_message *message)
{
    char *full;
    cod_plan plan;
    cod_solver *solver = NULL;
    size_t m = study->problem->m;
    cod_setup setup = setup_of(study, method, run->start);
    if (cod_study_text(&study->options, method->text, m, run->preference, &full) < 0)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    cod_status status = cod_solver_alloc(full, &setup, &solver, message);
    free(full);
    if (status < 0)
        return status;
    status = tell(study, run, solver);
    if (status == COD_OK)
        status = cod_solver_plan(solver, &plan); /* for the number of slots */
    if (status < 0)
        cod_fail(message, status, "%.100s: %.140s", method->text,
                 status == COD_EMEMORY ? "out of memory" : cod_solver_message(solver));
    cod_solver_abandon(solver);
    if (status == COD_OK)
        status = cod_step_rule_alloc(rule_for(study, method, solver), study->problem->n,
                                     setup.points * plan.slots, ret_rule, message);
    if (status < 0) {
        cod_solver_free(solver);
        return status;
    }
    *ret_slots = plan.slots;
    *ret_solver = solver;
    return COD_OK;
}

cod_status cod_study_try(const cod_study *study, int preferred,
                         cod_study_method *method, cod_message *message)
{
    cod_solver *solver;
    cod_step_rule *rule;
    cod_status status = cod_study_solver(study, method, &method->runs[0], &solver,
                                         &rule, &method->slots, message);
    if (status < 0)
        return status;
    method->method = cod_solver_method(solver);
    method->step_rule = rule_for(study, method, solver);
    method->told = preferred && cod_solver_takes(solver, "preference");
    cod_step_rule_free(rule);
    cod_solver_free(solver);
    return COD_OK;
}

static cod_status run_single(cod_study *study, const cod_study_method *method,
                             cod_study_run *run, cod_message *message)
{
    cod_solver *solver = NULL;
    cod_step_rule *rule = NULL;
    size_t slots;
    cod_monitor monitor = {cod_path_monitor, run->path};
    cod_descent_options options = {.tolerance = study->options.tolerance,
                                   .max_steps = study->options.max_steps,
                                   .monitors = &monitor,
                                   .monitor_count = run->path == NULL ? 0 : 1};
    cod_status status =
        cod_study_solver(study, method, run, &solver, &rule, &slots, message);
    if (status == COD_OK)
        status = cod_descend(study->problem, solver, rule, &options, run->x, run->f,
                             &run->result, message);
    cod_step_rule_free(rule);
    cod_solver_free(solver);
    return status;
}

/* ---- the points of a set ---- */

static int point_monitor(void *data, const cod_iterate *iterate)
{
    const cod_study_method *method = data;
    cod_path *path = method->runs[iterate->point].path;
    return path != NULL ? cod_path_monitor(path, iterate) : 0;
}

/* x and f of a method's runs are one block each. */
static cod_status descend_set(cod_study *study, cod_study_method *method,
                              cod_descent_result *results, cod_message *message)
{
    cod_solver *solver = NULL;
    cod_step_rule *rule = NULL;
    size_t slots;
    cod_monitor monitor = {point_monitor, method};
    cod_descent_options options = {.tolerance = study->options.tolerance,
                                   .max_steps = study->options.max_steps,
                                   .monitors = &monitor,
                                   .monitor_count = 1};
    cod_study_run *first = &method->runs[0];
    cod_status status =
        cod_study_solver(study, method, first, &solver, &rule, &slots, message);
    if (status == COD_OK)
        status = cod_descend_set(study->problem, solver, rule, &options, method->count,
                                 first->x, first->f, results, message);
    cod_step_rule_free(rule);
    cod_solver_free(solver);
    return status;
}

static cod_status run_set(cod_study *study, cod_study_method *method,
                          cod_message *message)
{
    cod_descent_result *results = calloc(method->count, sizeof *results);
    if (results == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    cod_status status = descend_set(study, method, results, message);
    for (size_t k = 0; status == COD_OK && k < method->count; k++)
        method->runs[k].result = results[k];
    free(results);
    return status;
}

cod_status cod_study_run_one(cod_study *study, cod_study_method *method,
                             cod_study_run *run, cod_message *message)
{
    return method->set ? run_set(study, method, message)
                       : run_single(study, method, run, message);
}
