/* SPDX-License-Identifier: MIT */
/* GradNorm: the weights are trained until the weighted gradients' lengths are those
 * that the objectives' rates of training ask for. */
#include "solvers.h"

typedef struct options {
    double alpha;
    double lr;
    int64_t shard;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(options, alpha, 1.5, -COD_UNBOUNDED, COD_UNBOUNDED, NULL, "",
                    "how strongly slow objectives are pulled along"),
    COD_OPTION_REAL(options, lr, 0.025, 0, COD_UNBOUNDED, NULL, "",
                    "step size of the weights' Adam"),
    COD_OPTION_INT(options, shard, NAN, 1, 9e15, "all", "",
                   "lengths over all shards, or over one (the last shared layer in the "
                   "paper), counted from 1"),
};

typedef struct state {
    double *w;
    double *initial;
    double *first;
    double *second;
    int64_t *updates;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, w, COD_EXTENT_M, "", "the weights, of sum m"),
    COD_FIELD_REALS(state, initial, COD_EXTENT_M, "loss", "the first step's losses"),
    COD_FIELD_REALS(state, first, COD_EXTENT_M, "", "Adam's first moments"),
    COD_FIELD_REALS(state, second, COD_EXTENT_M, "", "Adam's second moments"),
    COD_FIELD_INTEGERS(state, updates, COD_EXTENT_ONE, "steps", "updates so far"),
};

static cod_status check(const cod_step *step)
{
    return cod_check_shard(step, ((const options *)step->options)->shard);
}

static cod_status prepare(const cod_step *step)
{
    for (size_t i = 0; i < step->m; i++)
        ((const state *)step->state)->w[i] = 1;
    return COD_OK;
}

/* length: |g_i| where it is looked at; rate: L_i over its first value. */
static cod_status measure(const cod_step *step, double *length, double *rate)
{
    const options *chosen = step->options;
    const state *kept = step->state;
    for (size_t i = 0; i < step->m; i++) {
        cod_status status = cod_norm_over(step, chosen->shard, i, &length[i]);
        if (status != COD_OK)
            return status;
        if (kept->updates[0] == 0)
            kept->initial[i] = step->losses[i];
        if (!(kept->initial[i] > 0) || step->losses[i] < 0)
            return cod_step_fail(
                step, COD_EDOMAIN,
                "compares losses with their first values, which have to "
                "be above 0: that of objective %zu is %g, now %g",
                i + 1, kept->initial[i], step->losses[i]);
        rate[i] = step->losses[i] / kept->initial[i];
    }
    return COD_OK;
}

/* The paper's eq. 2: sum_i | |w_i g_i| - T_i |, T_i = mean_j |w_j g_j| (r_i / mean
 * r)^alpha held constant; its slope by w_i. */
static void slopes(const cod_step *step, const double *length, const double *rate,
                   double *slope)
{
    const double *w = ((const state *)step->state)->w;
    double alpha = ((const options *)step->options)->alpha, m = (double)step->m;
    double mean_length = 0, mean_rate = 0;
    for (size_t i = 0; i < step->m; i++) {
        mean_length += fabs(w[i]) * length[i] / m;
        mean_rate += rate[i] / m;
    }
    for (size_t i = 0; i < step->m; i++) {
        double relative = mean_rate > 0 ? rate[i] / mean_rate : 1;
        double excess = fabs(w[i]) * length[i] - mean_length * pow(relative, alpha);
        slope[i] = (excess > 0 ? 1 : excess < 0 ? -1 : 0) * copysign(length[i], w[i]);
    }
}

/* A step's weights come from before its update, after which they are brought back to
 * the sum m. */
static cod_status solve(const cod_step *step, double *weights)
{
    const state *kept = step->state;
    double *length = step->work, *rate = length + step->m, *slope = rate + step->m;
    double sum = 0;
    cod_status status = measure(step, length, rate);
    if (status != COD_OK)
        return status;
    for (size_t i = 0; i < step->m; i++)
        weights[i] = kept->w[i];
    slopes(step, length, rate, slope);
    status = cod_train_parameters(step, kept->w, slope, kept->first, kept->second,
                                  kept->updates, ((const options *)step->options)->lr);
    if (status != COD_OK)
        return status;
    for (size_t i = 0; i < step->m; i++)
        sum += kept->w[i];
    if (!(sum > 0) || isinf(sum))
        return cod_step_fail(
            step, COD_EDOMAIN,
            "the weights sum to %g after the update: a smaller lr keeps "
            "them apart from 0",
            sum);
    for (size_t i = 0; i < step->m; i++)
        kept->w[i] *= (double)step->m / sum;
    return COD_OK;
}

static size_t work(const cod_step *step)
{
    return 3 * step->m;
}

const cod_method cod_method_gradnorm = {
    .abi = COD_METHOD_ABI,
    .name = "gradnorm",
    .summary = "weights trained to balance the gradients' lengths by rates of training",
    .citation = "Chen, Badrinarayanan, Lee and Rabinovich 2018, ICML, algorithm 1",
    .bibtex =
        "@inproceedings{chen2018gradnorm,\n"
        "  author = {Chen, Zhao and Badrinarayanan, Vijay and Lee, Chen-Yu and\n"
        "            Rabinovich, Andrew},\n"
        "  title = {{GradNorm}: gradient normalization for adaptive loss balancing\n"
        "           in deep multitask networks},\n"
        "  booktitle = {International Conference on Machine Learning},\n"
        "  pages = {794--803}, year = {2018}\n"
        "}\n",
    .needs = COD_NEED_LOSSES | COD_NEED_NORMS,
    .traits = COD_TRAIT_SYMMETRIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .work = work,
    .check = check,
    .prepare = prepare,
    .solve = solve,
};
