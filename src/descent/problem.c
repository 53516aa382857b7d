/* SPDX-License-Identifier: MIT */
/* Making, checking and evaluating problems. */
#include <codescent/problem.h>

#include "core/finite.h"
#include "core/options_table.h"
#include "core/spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More variables than these cannot be allocated anyway, and m n must not overflow. */
#define SIZE_LIMIT ((size_t)1 << 40)

/* A problem owns its options and its box. */
static void free_options(const cod_problem_def *def, void *options)
{
    cod_options_clear(def->options, def->option_count, options);
    free(options);
}

void cod_problem_free(cod_problem *problem)
{
    if (problem == NULL)
        return;
    free_options(problem->def, (void *)problem->options);
    free((void *)problem->lower);
    free(problem);
}

/* The box of a definition that gives none is the whole space. */
static int fill_box(const cod_problem *problem, double *lower, double *upper)
{
    for (size_t j = 0; j < problem->n; j++) {
        lower[j] = -INFINITY;
        upper[j] = INFINITY;
    }
    if (problem->def->box != NULL)
        problem->def->box(problem, lower, upper);
    for (size_t j = 0; j < problem->n; j++)
        if (!(lower[j] <= upper[j]))
            return 0;
    return 1;
}

/* Takes over `options`, on success and on failure. */
static cod_status make(const cod_problem_def *def, cod_problem_size size, void *options,
                       void *data, cod_problem **ret_problem, cod_message *message)
{
    cod_status status = COD_EMEMORY;
    cod_problem *problem = calloc(1, sizeof *problem);
    double *box = NULL;
    if (size.m == 0 || size.n == 0 || size.m > SIZE_LIMIT / size.n) {
        status = cod_fail(message, COD_EARGUMENT,
                          "%s: %zu objectives of %zu variables are out of range",
                          def->name, size.m, size.n);
        goto fail;
    }
    box = malloc(2 * size.n * sizeof *box);
    if (problem == NULL || box == NULL) {
        cod_fail(message, COD_EMEMORY, "%s: no memory for %zu variables", def->name,
                 size.n);
        goto fail;
    }
    *problem = (cod_problem){.def = def,
                             .m = size.m,
                             .n = size.n,
                             .options = options,
                             .lower = box,
                             .upper = box + size.n,
                             .data = data};
    if (!fill_box(problem, box, box + size.n)) {
        status = cod_fail(message, COD_EARGUMENT,
                          "%s: a lower bound is above its upper bound", def->name);
        goto fail;
    }
    *ret_problem = problem;
    return COD_OK;
fail:
    free_options(def, options);
    free(box);
    free(problem);
    return status;
}

static const char *def_name_at(const void *list, size_t k)
{
    return ((const cod_problem_def *const *)list)[k]->name;
}

static cod_status find_def(const char *name, const cod_problem_def *const *defs,
                           size_t def_count, const cod_problem_def **ret_def,
                           cod_message *message)
{
    for (size_t k = 0; k < def_count; k++) {
        if (strcmp(defs[k]->name, name) == 0) {
            *ret_def = defs[k];
            return COD_OK;
        }
    }
    return cod_fail_name(message, "problem", name, defs, def_count, def_name_at);
}

/* "dtlz2: the options m=5, n=3 do not go together" */
static cod_status fail_size(const cod_problem_def *def, const void *options,
                            cod_status status, cod_message *message)
{
    char list[160] = "";
    size_t length = 0;
    for (size_t k = 0; k < def->option_count && length < sizeof list; k++) {
        char value[32];
        cod_options_print(&def->options[k], options, value, sizeof value);
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s=%s",
                                   k > 0 ? ", " : "", def->options[k].name, value);
    }
    return cod_fail(message, status, "%s: the options %s do not go together", def->name,
                    list);
}

static cod_status make_from_spec(const cod_spec *spec, const cod_problem_def *def,
                                 cod_problem **ret_problem, cod_message *message)
{
    if (spec->inner_count > 0)
        return cod_fail(message, COD_ESYNTAX, "%s takes options only, not '%.64s'",
                        def->name, spec->inner[0]->name);
    if (def->size == NULL)
        return cod_fail(message, COD_EARGUMENT, "%s does not say its sizes", def->name);
    void *options = calloc(1, def->options_size > 0 ? def->options_size : 1);
    if (options == NULL)
        return cod_fail(message, COD_EMEMORY, "%s: no memory", def->name);
    cod_problem_size size = {0};
    cod_status status =
        cod_options_read(spec, def->options, def->option_count, options, message);
    if (status == COD_OK) {
        status = def->size(options, &size);
        if (status != COD_OK)
            fail_size(def, options, status, message);
    }
    if (status != COD_OK) {
        free_options(def, options);
        return status;
    }
    return make(def, size, options, NULL, ret_problem, message);
}

cod_status cod_problem_alloc(const char *text, const cod_problem_def *const *defs,
                             size_t def_count, cod_problem **ret_problem,
                             cod_message *ret_message)
{
    if (text == NULL || defs == NULL || ret_problem == NULL)
        return cod_fail(ret_message, COD_EARGUMENT,
                        "no text or no definitions to make a problem of");
    cod_spec *spec = NULL;
    const cod_problem_def *def = NULL;
    cod_status status = cod_spec_parse(text, &spec, ret_message);
    if (status != COD_OK)
        return status;
    status = find_def(spec->name, defs, def_count, &def, ret_message);
    if (status == COD_OK)
        status = make_from_spec(spec, def, ret_problem, ret_message);
    cod_spec_free(spec);
    return status;
}

cod_status cod_problem_wrap(const cod_problem_def *def, cod_problem_size size,
                            void *data, cod_problem **ret_problem)
{
    if (def == NULL || def->name == NULL || def->evaluate == NULL ||
        ret_problem == NULL)
        return COD_EARGUMENT;
    void *options = calloc(1, def->options_size > 0 ? def->options_size : 1);
    if (options == NULL)
        return COD_EMEMORY;
    cod_options_default(def->options, def->option_count, options);
    return make(def, size, options, data, ret_problem, NULL);
}

cod_status cod_problem_evaluate(const cod_problem *problem, const double *x,
                                double *ret_f, double *ret_jacobian)
{
    if (problem == NULL || x == NULL || ret_f == NULL)
        return COD_EARGUMENT;
    if (!cod_all_finite(problem->n, x))
        return COD_ENONFINITE;
    if (problem->def->traits & COD_PROBLEM_BOUNDED)
        for (size_t j = 0; j < problem->n; j++)
            if (x[j] < problem->lower[j] || x[j] > problem->upper[j])
                return COD_EDOMAIN;
    problem->def->evaluate(problem, x, ret_f, ret_jacobian);
    if (!cod_all_finite(problem->m, ret_f))
        return COD_ENONFINITE;
    if (ret_jacobian != NULL && !cod_all_finite(problem->m * problem->n, ret_jacobian))
        return COD_ENONFINITE;
    return COD_OK;
}
