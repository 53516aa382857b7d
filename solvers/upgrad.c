/* SPDX-License-Identifier: MIT */
/* UPGrad: every gradient projected on the dual cone of all, then their weighted sum. */
#include "solvers.h"

#include <string.h>

typedef struct options {
    cod_list preference;
    double ridge;
} options;

static const cod_option table[] = {
    COD_OPTION_LIST(options, preference, 0, COD_UNBOUNDED, "",
                    "weights of the projected gradients, one for each objective; by "
                    "default 1/m each"),
    COD_OPTION_RIDGE(options),
};

typedef struct state {
    double *previous;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, previous, COD_EXTENT_SQUARE, "",
                    "row i: the last step's projection of gradient i, whose active set "
                    "is tried first"),
};

static cod_status check(const cod_step *step)
{
    return cod_check_preference(step, &((const options *)step->options)->preference);
}

/* The m projections share the Gramian, its scaling, and factors of equal sets. */
static cod_status solve(const cod_step *step, double *weights)
{
    const options *chosen = step->options;
    const state *kept = step->state;
    size_t m = step->m;
    double *u = step->work;
    cod_cone *cone;
    cod_status status = cod_cone_of_step(step, chosen->ridge, u + m, &cone);
    memset(u, 0, m * sizeof *u);
    for (size_t i = 0; i < m && status == COD_OK; i++) {
        double *v = kept->previous + i * m;
        u[i] = cod_each(&chosen->preference, i, 1 / (double)m);
        status = cod_project_cone(step, cone, u, v);
        for (size_t j = 0; j < m; j++)
            weights[j] += v[j];
        u[i] = 0;
    }
    return status;
}

static size_t work(const cod_step *step)
{
    return step->m + cod_cone_work(step);
}

const cod_method cod_method_upgrad = {
    .abi = COD_METHOD_ABI,
    .name = "upgrad",
    .summary = "every gradient projected on the dual cone, then their mean",
    .citation = "Quinton and Rey 2024, arXiv:2406.16232",
    .bibtex = "@misc{quinton2024jacobian,\n"
              "  author = {Quinton, Pierre and Rey, Val{\\'e}rian},\n"
              "  title = {Jacobian descent for multi-objective optimization},\n"
              "  year = {2024}, eprint = {2406.16232}, archivePrefix = {arXiv}\n"
              "}\n",
    .needs = COD_NEED_GRAMIAN,
    .traits = COD_TRAIT_NONNEGATIVE | COD_TRAIT_NONCONFLICTING | COD_TRAIT_SCALE_FREE |
              COD_TRAIT_SYMMETRIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .work = work,
    .check = check,
    .solve = solve,
};
