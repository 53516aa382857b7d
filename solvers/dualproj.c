/* SPDX-License-Identifier: MIT */
/* DualProj: the mean gradient projected on the dual cone of all; GEM's step, where the
 * gradient that is projected is the present task's. */
#include "solvers.h"

typedef struct options {
    cod_list preference;
    double ridge;
} options;

static const cod_option table[] = {
    COD_OPTION_LIST(options, preference, 0, COD_UNBOUNDED, "",
                    "weights of the sum that is projected, one for each objective; by "
                    "default 1/m each"),
    COD_OPTION_RIDGE(options),
};

typedef struct state {
    double *previous;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, previous, COD_EXTENT_M, "",
                    "the last step's weights, whose active set is tried first"),
};

static cod_status check(const cod_step *step)
{
    return cod_check_preference(step, &((const options *)step->options)->preference);
}

static cod_status solve(const cod_step *step, double *weights)
{
    const options *chosen = step->options;
    const state *kept = step->state;
    size_t m = step->m;
    double *u = step->work;
    cod_cone *cone;
    cod_status status = cod_cone_of_step(step, chosen->ridge, u + m, &cone);
    for (size_t i = 0; i < m; i++)
        u[i] = cod_each(&chosen->preference, i, 1 / (double)m);
    if (status == COD_OK)
        status = cod_project_cone(step, cone, u, kept->previous);
    for (size_t i = 0; i < m; i++)
        weights[i] = kept->previous[i];
    return status;
}

static size_t work(const cod_step *step)
{
    return step->m + cod_cone_work(step);
}

const cod_method cod_method_dualproj = {
    .abi = COD_METHOD_ABI,
    .name = "dualproj",
    .summary = "the mean gradient projected on the dual cone",
    .citation =
        "Lopez-Paz and Ranzato 2017, NeurIPS, eq. (11); of the mean: Quinton and "
        "Rey 2024, arXiv:2406.16232",
    .bibtex = "@inproceedings{lopezpaz2017gradient,\n"
              "  author = {Lopez-Paz, David and Ranzato, Marc'Aurelio},\n"
              "  title = {Gradient episodic memory for continual learning},\n"
              "  booktitle = {Advances in Neural Information Processing Systems},\n"
              "  volume = {30}, year = {2017}\n"
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
