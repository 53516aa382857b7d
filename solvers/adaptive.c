/* SPDX-License-Identifier: MIT */
/* Adaptive weighting by moving averages: of the losses (the smaller loss gets the
 * larger weight) or of the gradients' norms (in both senses met in practice). */
#include "solvers.h"

enum { BY_LOSSES, BY_GRADIENTS };
enum { DIRECT, INVERSE };

typedef struct options {
    int by;
    double momentum;
    double low;
    double high;
    int64_t shard;
    int sense;
} options;

static const cod_option table[] = {
    COD_OPTION_CHOICE(options, by, BY_LOSSES, "losses|gradients", "what is averaged"),
    COD_OPTION_REAL(options, momentum, 0.9, 0, COD_BELOW_1, NULL, "",
                    "e <- momentum e + (1 - momentum) new, from 0"),
    COD_OPTION_REAL(options, low, NAN, 0, 1, "0.2/m", "",
                    "lower clamp of a share, before normalisation"),
    COD_OPTION_REAL(options, high, NAN, COD_ABOVE_0, 1, "1-0.2/m", "", "upper clamp"),
    COD_OPTION_INT(options, shard, NAN, 1, 9e15, "all", "",
                   "by=gradients: norms over all shards, or over one, counted from 1"),
    COD_OPTION_CHOICE(
        options, sense, DIRECT, "direct|inverse",
        "by=gradients: the larger gradient gets the larger weight, or the "
        "smaller one"),
};

typedef struct state {
    double *average;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, average, COD_EXTENT_M, "loss or norm",
                    "the moving averages"),
};

static double low_clamp(const cod_step *step)
{
    double low = ((const options *)step->options)->low;
    return isnan(low) ? 0.2 / (double)step->m : low;
}

static double high_clamp(const cod_step *step)
{
    double high = ((const options *)step->options)->high;
    return isnan(high) ? 1 - 0.2 / (double)step->m : high;
}

static cod_status check(const cod_step *step)
{
    const options *chosen = step->options;
    if (low_clamp(step) > high_clamp(step))
        return cod_step_fail(step, COD_EOPTION, "option low=%g is above high=%g",
                             low_clamp(step), high_clamp(step));
    return cod_check_shard(step, chosen->shard);
}

static cod_status plan(const cod_step *step, cod_plan *ret_plan,
                       unsigned char *gradients)
{
    (void)gradients;
    ret_plan->needs = ((const options *)step->options)->by == BY_LOSSES
                          ? COD_NEED_LOSSES
                          : COD_NEED_NORMS;
    return COD_OK;
}

/* What objective i adds to its average. */
static cod_status measure(const cod_step *step, size_t i, double *ret_value)
{
    const options *chosen = step->options;
    if (chosen->by == BY_LOSSES) {
        *ret_value = step->losses[i];
        if (step->losses[i] < 0)
            return cod_step_fail(step, COD_EDOMAIN,
                                 "by=losses shares out losses >= 0; that of objective "
                                 "%zu is %g",
                                 i + 1, step->losses[i]);
        return COD_OK;
    }
    return cod_norm_over(step, chosen->shard, i, ret_value);
}

/* Shares proportional to 1/e; zeros, if any, share everything. */
static double inverse_share(size_t m, const double *e, size_t i)
{
    double least = e[0], sum = 0;
    for (size_t j = 1; j < m; j++)
        least = fmin(least, e[j]);
    for (size_t j = 0; j < m; j++)
        sum += least > 0 ? least / e[j] : e[j] == 0;
    return (least > 0 ? least / e[i] : e[i] == 0) / sum;
}

static double share(const cod_step *step, const double *e, double sum, size_t i)
{
    const options *chosen = step->options;
    if (chosen->by == BY_LOSSES)
        return (sum - e[i]) / ((double)(step->m - 1) * sum);
    return chosen->sense == DIRECT ? e[i] / sum : inverse_share(step->m, e, i);
}

static cod_status solve(const cod_step *step, double *weights)
{
    double *e = ((const state *)step->state)->average;
    double momentum = ((const options *)step->options)->momentum, sum = 0, total = 0;
    for (size_t i = 0; i < step->m; i++) {
        double value;
        cod_status status = measure(step, i, &value);
        if (status != COD_OK)
            return status;
        e[i] = momentum * e[i] + (1 - momentum) * value;
        sum += e[i];
    }
    if (isinf(sum))
        return cod_step_fail(step, COD_EOVERFLOW, "the sum of the averages overflows");
    for (size_t i = 0; i < step->m; i++) {
        weights[i] = 1;
        if (sum > 0 && step->m > 1)
            weights[i] =
                fmin(fmax(share(step, e, sum, i), low_clamp(step)), high_clamp(step));
        total += weights[i];
    }
    for (size_t i = 0; i < step->m; i++)
        weights[i] /= total;
    return COD_OK;
}

const cod_method cod_method_adaptive = {
    .abi = COD_METHOD_ABI,
    .name = "adaptive",
    .summary = "weights from moving averages of losses or of gradient norms",
    .citation =
        "met in practice, without one publication; compare, by losses, Groenendijk "
        "et al. 2021, WACV; by gradients, Wang, Teng and Perdikaris 2021, SIAM J. "
        "Sci. Comput. 43(5)",
    .bibtex = "@inproceedings{groenendijk2021multi,\n"
              "  author = {Groenendijk, Rick and Karaoglu, Sezer and Gevers, Theo and "
              "Mensink, Thomas},\n"
              "  title = {Multi-loss weighting with coefficient of variations},\n"
              "  booktitle = {IEEE/CVF Winter Conference on Applications of Computer "
              "Vision},\n"
              "  pages = {1469--1478}, year = {2021}\n"
              "}\n"
              "@article{wang2021understanding,\n"
              "  author = {Wang, Sifan and Teng, Yujun and Perdikaris, Paris},\n"
              "  title = {Understanding and mitigating gradient flow pathologies in "
              "physics-informed neural networks},\n"
              "  journal = {SIAM Journal on Scientific Computing},\n"
              "  volume = {43}, number = {5}, pages = {A3055--A3081}, year = {2021}\n"
              "}\n",
    .needs = COD_NEED_LOSSES | COD_NEED_NORMS,
    .traits = COD_TRAIT_SUM_ONE | COD_TRAIT_NONNEGATIVE | COD_TRAIT_SYMMETRIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .check = check,
    .plan = plan,
    .solve = solve,
};
