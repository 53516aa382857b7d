/* SPDX-License-Identifier: MIT */
/* Linear scalarisation: fixed weights. */
#include "solvers.h"

typedef struct options {
    cod_list weights;
} options;

static const cod_option table[] = {
    COD_OPTION_LIST(options, weights, 0, COD_UNBOUNDED, "",
                    "one weight for each objective; by default 1/m each"),
};

static cod_status check(const cod_step *step)
{
    const cod_list *weights = &((const options *)step->options)->weights;
    double sum = 0;
    if (weights->count == 0)
        return COD_OK;
    if (weights->count != step->m)
        return cod_step_fail(step, COD_ESHAPE,
                             "option weights has %zu entries for %zu objectives",
                             weights->count, step->m);
    for (size_t i = 0; i < step->m; i++)
        sum += weights->values[i];
    if (!(sum > 0) || isinf(sum))
        return cod_step_fail(step, COD_EOPTION, "the weights sum to %g", sum);
    return COD_OK;
}

static cod_status solve(const cod_step *step, double *weights)
{
    const cod_list *fixed = &((const options *)step->options)->weights;
    for (size_t i = 0; i < step->m; i++)
        weights[i] = fixed->count > 0 ? fixed->values[i] : 1.0 / (double)step->m;
    return COD_OK;
}

const cod_method cod_method_linear = {
    .abi = COD_METHOD_ABI,
    .name = "linear",
    .summary = "fixed weights: the weighted sum of the losses",
    .citation = "Zadeh 1963, IEEE Trans. Autom. Control 8(1):59-60",
    .bibtex = "@article{zadeh1963optimality,\n"
              "  author = {Zadeh, Lotfi A.},\n"
              "  title = {Optimality and non-scalar-valued performance criteria},\n"
              "  journal = {IEEE Transactions on Automatic Control},\n"
              "  volume = {8}, number = {1}, pages = {59--60}, year = {1963}\n"
              "}\n",
    .traits = COD_TRAIT_WEIGHTED | COD_TRAIT_NONNEGATIVE | COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .check = check,
    .solve = solve,
};
