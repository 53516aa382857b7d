/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/methods.h"

#include "core/spec.h"

#include <string.h>

size_t cod_all_method_count(void)
{
    size_t core, lab;
    cod_method_list(&core);
    cod_lab_methods(&lab);
    return core + lab;
}

const cod_method *cod_all_method_at(size_t k)
{
    size_t core, lab;
    const cod_method *const *list = cod_method_list(&core);
    return k < core ? list[k] : cod_lab_methods(&lab)[k - core];
}

static const char *name_at(const void *list, size_t k)
{
    (void)list;
    return cod_all_method_at(k)->name;
}

const cod_method *cod_all_method_find(const char *name, cod_message *ret_message)
{
    size_t count = cod_all_method_count();
    for (size_t k = 0; k < count; k++)
        if (strcmp(cod_all_method_at(k)->name, name) == 0)
            return cod_all_method_at(k);
    cod_fail_name(ret_message, "method", name, NULL, count, name_at);
    return NULL;
}

int cod_solver_takes(const cod_solver *solver, const char *input)
{
    const cod_method *method = cod_solver_method(solver);
    for (size_t k = 0; k < method->input_count; k++)
        if (strcmp(method->inputs[k].name, input) == 0)
            return 1;
    for (size_t k = 0; k < method->inner; k++)
        if (cod_solver_takes(cod_solver_inner(solver, k), input))
            return 1;
    return 0;
}

int cod_solver_moves_set(const cod_solver *solver)
{
    const cod_method *method = cod_solver_method(solver);
    int moves = (method->traits & COD_TRAIT_SET) != 0;
    for (size_t k = 0; k < method->inner; k++)
        moves |= cod_solver_moves_set(cod_solver_inner(solver, k));
    return moves;
}

size_t cod_solver_batches(const cod_solver *solver)
{
    const cod_method *method = cod_solver_method(solver);
    size_t most = method->batches > 0 ? method->batches : 1;
    for (size_t k = 0; k < method->inner; k++) {
        size_t inner = cod_solver_batches(cod_solver_inner(solver, k));
        most = inner > most ? inner : most;
    }
    return most;
}
