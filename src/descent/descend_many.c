/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/spec.h"
#include "descent/run.h"

/* How many optimizers the method distinguishes. */
static cod_status count_slots(cod_solver *solver, size_t *ret_slots,
                              cod_message *message)
{
    cod_plan plan;
    cod_status status = cod_solver_plan(solver, &plan);
    if (status != COD_OK)
        return cod_fail(message, status, "%s", cod_solver_message(solver));
    cod_solver_abandon(solver);
    cod_solver_reset(solver);
    *ret_slots = plan.slots;
    return COD_OK;
}

static cod_status fail_start(size_t k, cod_status status, cod_message *message)
{
    char text[224];
    if (message == NULL)
        return status;
    memcpy(text, message->text, sizeof text);
    text[sizeof text - 1] = '\0';
    return cod_fail(message, status, "start %zu: %s", k + 1, text);
}

cod_status cod_descend_many(const cod_problem *problem, const char *text,
                            const cod_setup *setup, const char *rule,
                            const cod_descent_options *options, size_t count, double *x,
                            double *ret_f, cod_descent_result *ret_results,
                            cod_message *ret_message)
{
    if (problem == NULL || text == NULL || rule == NULL ||
        (count > 0 && (x == NULL || ret_f == NULL || ret_results == NULL)))
        return cod_fail(ret_message, COD_EARGUMENT,
                        "a problem, a text, the starts or a place for results is NULL");
    cod_setup shape = setup != NULL ? *setup : (cod_setup){0};
    cod_solver *solver = NULL;
    cod_step_rule *moves = NULL;
    size_t slots = 1;
    shape.m = problem->m;
    shape.n = problem->n;
    if (shape.steps == 0)
        shape.steps = options != NULL && options->max_steps > 0 ? options->max_steps
                                                                : COD_DESCENT_STEPS;
    cod_status status = cod_solver_alloc(text, &shape, &solver, ret_message);
    if (status == COD_OK)
        status = count_slots(solver, &slots, ret_message);
    if (status == COD_OK)
        status = cod_step_rule_alloc(rule, problem->n, slots, &moves, ret_message);
    for (size_t k = 0; status == COD_OK && k < count; k++) {
        cod_solver_reset(solver);
        cod_step_rule_reset(moves);
        status = cod_descend(problem, solver, moves, options, x + k * problem->n,
                             ret_f + k * problem->m, &ret_results[k], ret_message);
        if (status != COD_OK)
            status = fail_start(k, status, ret_message);
    }
    cod_step_rule_free(moves);
    cod_solver_free(solver);
    return status;
}
