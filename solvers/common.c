/* SPDX-License-Identifier: MIT */
/* Options that several methods have. */
#include "solvers.h"

cod_status cod_check_shard(const cod_step *step, int64_t shard)
{
    if (shard == COD_AUTO_INT || (size_t)shard <= step->shards)
        return COD_OK;
    return cod_step_fail(step, COD_ESHAPE,
                         "option shard=%lld: the last shard is number %zu",
                         (long long)shard, step->shards);
}

cod_status cod_norm_over(const cod_step *step, int64_t shard, size_t i,
                         double *ret_norm)
{
    if (shard != COD_AUTO_INT)
        return cod_step_shard_norm(step, (size_t)shard - 1, i, ret_norm);
    *ret_norm = step->norms[i];
    return COD_OK;
}

cod_status cod_check_each(const cod_step *step, const char *name, const cod_list *list)
{
    if (list->count <= 1 || list->count == step->m)
        return COD_OK;
    return cod_step_fail(step, COD_ESHAPE,
                         "option %s has %zu entries for %zu objectives", name,
                         list->count, step->m);
}

double cod_each(const cod_list *list, size_t i, double otherwise)
{
    if (list->count == 0)
        return otherwise;
    return list->values[list->count == 1 ? 0 : i];
}
