/* SPDX-License-Identifier: MIT */
/* The methods of libcodescent: one file each in this folder, one line each here. */
#include "solvers.h"

#include <string.h>

static const cod_method *const methods[] = {
    &cod_method_linear,    &cod_method_mgda,         &cod_method_uncertainty,
    &cod_method_annealing, &cod_method_alternation,  &cod_method_adaptive,
    &cod_method_dwa,       &cod_method_famo,         &cod_method_gradvac,
    &cod_method_graddrop,  &cod_method_trimmed_mean, &cod_method_moco,
    &cod_method_db_mtl,    &cod_method_gradnorm,     &cod_method_lr_annealing,
    &cod_method_upgrad,    &cod_method_dualproj,     &cod_method_modo,
    &cod_method_sdmgrad,   &cod_method_hv_gradient,  &cod_method_moo_svgd,
    &cod_method_cr_mogm,   &cod_method_every,        &cod_method_schedule,
    &cod_method_warmup,    &cod_method_switch,
};

const cod_method *const *cod_method_list(size_t *ret_count)
{
    *ret_count = sizeof methods / sizeof *methods;
    return methods;
}

const cod_method *cod_method_find(const char *name)
{
    for (size_t k = 0; name != NULL && k < sizeof methods / sizeof *methods; k++)
        if (strcmp(methods[k]->name, name) == 0)
            return methods[k];
    return NULL;
}
