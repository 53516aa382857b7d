/* SPDX-License-Identifier: MIT */
/* FAMO: the losses fall at equal rates. Logits xi, z = softmax(xi), are trained on how
 * much each log-loss fell by the update, so they need the losses once more after it. */
#include "solvers.h"

#define EPSILON 1e-8 /* the authors' */

typedef struct options {
    double lr;
    double decay;
    cod_list lower;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(options, lr, 0.025, 0, COD_UNBOUNDED, NULL, "",
                    "step size of the logits' Adam"),
    COD_OPTION_REAL(options, decay, 0.001, 0, COD_UNBOUNDED, NULL, "",
                    "weight decay of the logits (gamma)"),
    COD_OPTION_LIST(
        options, lower, -COD_UNBOUNDED, COD_UNBOUNDED, "loss",
        "lower bounds of the losses: one for all, or one each; by default 0"),
};

typedef struct state {
    double *xi;
    double *first;
    double *second;
    int64_t *updates;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, xi, COD_EXTENT_M, "", "the logits"),
    COD_FIELD_REALS(state, first, COD_EXTENT_M, "", "Adam's first moments"),
    COD_FIELD_REALS(state, second, COD_EXTENT_M, "", "Adam's second moments"),
    COD_FIELD_INTEGERS(state, updates, COD_EXTENT_ONE, "steps", "updates so far"),
};

static cod_status check(const cod_step *step)
{
    return cod_check_each(step, "lower", &((const options *)step->options)->lower);
}

/* L_i - b_i + 1e-8: above 0, or there is no logarithm. */
static cod_status height(const cod_step *step, const double *losses, size_t i,
                         double *ret_height)
{
    double bound = cod_each(&((const options *)step->options)->lower, i, 0);
    *ret_height = losses[i] - bound + EPSILON;
    if (!(*ret_height > 0))
        return cod_step_fail(step, COD_EDOMAIN,
                             "the loss of objective %zu, %g, is below its bound, %g: "
                             "give lower=...",
                             i + 1, losses[i], bound);
    return COD_OK;
}

/* w_i = c z_i / (L_i - b_i), c such that they sum to 1. */
static cod_status solve(const cod_step *step, double *weights)
{
    const state *kept = step->state;
    double sum = 0;
    cod_softmax(step->m, kept->xi, weights);
    for (size_t i = 0; i < step->m; i++) {
        double above;
        cod_status status = height(step, step->losses, i, &above);
        if (status != COD_OK)
            return status;
        weights[i] /= above;
        sum += weights[i];
    }
    for (size_t i = 0; i < step->m; i++)
        weights[i] /= sum;
    return COD_OK;
}

/* delta_i = log before - log after; the logits go down (dz/dxi)' delta. */
static cod_status after(const cod_step *step)
{
    const options *chosen = step->options;
    const state *kept = step->state;
    double *z = step->work, *slope = z + step->m, mean = 0;
    cod_softmax(step->m, kept->xi, z);
    for (size_t i = 0; i < step->m; i++) {
        double before, now;
        cod_status status = height(step, step->before, i, &before);
        if (status == COD_OK)
            status = height(step, step->losses, i, &now);
        if (status != COD_OK)
            return status;
        slope[i] = log(before) - log(now);
        mean += z[i] * slope[i];
    }
    for (size_t i = 0; i < step->m; i++)
        slope[i] = z[i] * (slope[i] - mean) + chosen->decay * kept->xi[i];
    return cod_train_parameters(step, kept->xi, slope, kept->first, kept->second,
                                kept->updates, chosen->lr);
}

static size_t work(const cod_step *step)
{
    return 2 * step->m;
}

const cod_method cod_method_famo = {
    .abi = COD_METHOD_ABI,
    .name = "famo",
    .summary = "losses that fall at equal rates, by a second look at them",
    .citation = "Liu, Feng, Stone and Liu 2023, NeurIPS, algorithm 1",
    .bibtex = "@inproceedings{liu2023famo,\n"
              "  author = {Liu, Bo and Feng, Yihao and Stone, Peter and Liu, Qiang},\n"
              "  title = {{FAMO}: fast adaptive multitask optimization},\n"
              "  booktitle = {Advances in Neural Information Processing Systems},\n"
              "  volume = {36}, year = {2023}\n"
              "}\n",
    .needs = COD_NEED_LOSSES | COD_NEED_AFTER,
    .traits = COD_TRAIT_SUM_ONE | COD_TRAIT_NONNEGATIVE | COD_TRAIT_SYMMETRIC |
              COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .work = work,
    .check = check,
    .solve = solve,
    .after = after,
};
