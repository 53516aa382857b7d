/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/solver_json.h"

#include <codescent/method.h>

#include "core/options_table.h"
#include "lab/json.h"

#include <math.h>

static json_t *option_json(const cod_option *option, const void *options)
{
    const void *member = (const char *)options + option->offset;
    char text[64];
    switch (option->kind) {
    case COD_KIND_BOOL:
        return json_boolean(*(const int *)member);
    case COD_KIND_INT:
        if (*(const int64_t *)member != COD_AUTO_INT)
            return json_integer(*(const int64_t *)member);
        break;
    case COD_KIND_REAL:
        if (!isnan(*(const double *)member))
            return cod_json_real(*(const double *)member);
        break;
    case COD_KIND_LIST:
        return cod_json_reals(((const cod_list *)member)->count > 0
                                  ? ((const cod_list *)member)->values
                                  : NULL,
                              ((const cod_list *)member)->count);
    case COD_KIND_TEXT:
        return cod_json_text(*(const char *const *)member);
    case COD_KIND_CHOICE:
        break;
    }
    cod_options_print(option, options, text, sizeof text);
    return cod_json_text(text);
}

json_t *cod_options_json(const cod_option *table, size_t count, const void *options)
{
    json_t *all = json_object();
    for (size_t k = 0; k < count; k++)
        json_object_set_new(all, table[k].name, option_json(&table[k], options));
    return all;
}

json_t *cod_solver_json(const cod_solver *solver)
{
    const cod_method *method = cod_solver_method(solver);
    json_t *all = cod_options_json(method->options, method->option_count,
                                   cod_solver_options(solver));
    size_t count;
    const cod_option *engine = cod_engine_options(&count);
    char text[64];
    for (size_t k = 0; k < count; k++)
        if (cod_solver_option(solver, engine[k].name, text, sizeof text) == COD_OK)
            json_object_set_new(all, engine[k].name, cod_json_text(text));
    json_t *inner = json_array();
    for (size_t k = 0; cod_solver_inner(solver, k) != NULL; k++) {
        const cod_solver *wrapped = cod_solver_inner(solver, k);
        json_array_append_new(inner, json_pack("{s:s, s:o}", "method",
                                               cod_solver_method(wrapped)->name,
                                               "options", cod_solver_json(wrapped)));
    }
    if (json_array_size(inner) > 0)
        json_object_set(all, "inner", inner);
    json_decref(inner);
    return all;
}
