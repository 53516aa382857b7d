/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `run` is given for one problem: does it fit together? */
#include "cli/run.h"

#include <math.h>
#include <string.h>

#include "core/spec.h"
#include "lab/figure.h"
#include "lab/lab.h"
#include "lab/methods.h"

/* A method's text, and whether it moves a set. */
static cod_status check_method(const run_arguments *given, const cod_problem *problem,
                               const char *text, int *ret_set, cod_message *message)
{
    cod_solver *solver = NULL;
    cod_setup setup = {.m = problem->m,
                       .n = problem->n,
                       .steps = given->steps > 0 ? (int64_t)given->steps : 10000};
    setup.methods = cod_lab_methods(&setup.method_count);
    cod_status status = cod_solver_alloc(text, &setup, &solver, message);
    if (status != COD_OK)
        return status;
    *ret_set = cod_solver_moves_set(solver);
    cod_solver_free(solver);
    if (!*ret_set)
        return COD_OK;
    if (given->step_rule != NULL && strncmp(given->step_rule, "armijo", 6) == 0)
        return cod_fail(
            message, COD_EUNSUPPORTED,
            "%s moves a set, by constant, momentum or adam; armijo searches "
            "along one point's direction",
            text);
    solver = NULL;
    setup.points = given->points > 0 ? given->points : 10;
    status = cod_solver_alloc(text, &setup, &solver, message);
    cod_solver_free(solver);
    return status;
}

static cod_status check_reference(const run_arguments *given,
                                  const cod_problem *problem, cod_message *message)
{
    if (given->reference.count > 0 && given->reference.count != problem->m)
        return cod_fail(message, COD_ESHAPE,
                        "--reference has %zu entries for %zu objectives",
                        given->reference.count, problem->m);
    for (size_t i = 0; i < given->reference.count; i++)
        if (!isfinite(given->reference.values[i]))
            return cod_fail(message, COD_ENONFINITE, "--reference: entry %zu is %g",
                            i + 1, given->reference.values[i]);
    return COD_OK;
}

cod_status run_check(const run_arguments *given, const cod_problem *problem,
                     char **texts, cod_message *message)
{
    cod_status status = COD_OK;
    int sets = 0;
    for (size_t k = 0; status == COD_OK && texts[k] != NULL; k++) {
        int set = 0;
        status = check_method(given, problem, texts[k], &set, message);
        sets |= set;
    }
    if (status == COD_OK && given->points > 0 && !sets)
        status = cod_fail(message, COD_EUNSUPPORTED,
                          "--points is for methods that move a set of points, such as "
                          "hv-gradient: none is given");
    if (status == COD_OK && given->study.format != NULL)
        status = cod_format_check(given->study.format, message);
    cod_step_rule *rule = NULL;
    if (status == COD_OK && given->step_rule != NULL)
        status = cod_step_rule_alloc(given->step_rule, problem->n, 1, &rule, message);
    cod_step_rule_free(rule);
    return status == COD_OK ? check_reference(given, problem, message) : status;
}
