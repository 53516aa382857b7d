/* SPDX-License-Identifier: MIT */
/* Uncertainty weighting: one log-variance s_i for each objective, trained beside the
 * model on the total loss, by an optimizer of its own. */
#include "solvers.h"

enum { ADAM, SGD };
enum { PLAIN, HALF, CLASSIFICATION, HALF_ALL, POSITIVE, OPTIMUM };

typedef struct options {
    int form;
    int optimizer;
    double lr;
    double init;
} options;

static const cod_option table[] = {
    COD_OPTION_CHOICE(options, form, PLAIN,
                      "plain|half|classification|half-all|positive|optimum",
                      "the total loss: plain e^-s L + s, half e^-s L/2 + s/2, "
                      "classification e^-s L + s/2, half-all (e^-s L + s)/2, positive "
                      "e^-s L/2 + ln(1 + e^s), optimum: weights 1/L, nothing trained"),
    COD_OPTION_CHOICE(options, optimizer, ADAM, "adam|sgd",
                      "what trains the log-variances (Adam: .9, .999, 1e-8)"),
    COD_OPTION_REAL(options, lr, 0.001, 0, COD_UNBOUNDED, NULL, "", "its step size"),
    {.name = "init",
     .kind = COD_KIND_REAL,
     .offset = COD_MEMBER_CHECK(options, init, double),
     .initial = 0,
     .min = -700,
     .max = 700,
     .unit = "",
     .doc = "the log-variances before the first step",
     .fixed = 1},
};

typedef struct state {
    double *s;
    double *first;
    double *second;
    int64_t *updates;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, s, COD_EXTENT_M, "log-variance", "the trained parameters"),
    COD_FIELD_REALS(state, first, COD_EXTENT_M, "", "Adam's first moments"),
    COD_FIELD_REALS(state, second, COD_EXTENT_M, "", "Adam's second moments"),
    COD_FIELD_INTEGERS(state, updates, COD_EXTENT_ONE, "steps", "updates so far"),
};

static cod_status prepare(const cod_step *step)
{
    const state *trained = step->state;
    for (size_t i = 0; i < step->m; i++)
        trained->s[i] = ((const options *)step->options)->init;
    return COD_OK;
}

/* The weight of L in the total loss, and the total's derivative with respect to s. */
static double weight(int form, double s, double loss, double *ret_slope)
{
    double e = exp(-s);
    switch (form) {
    case HALF:
    case HALF_ALL:
        *ret_slope = 0.5 - 0.5 * e * loss;
        return 0.5 * e;
    case CLASSIFICATION:
        *ret_slope = 0.5 - e * loss;
        return e;
    case POSITIVE:
        *ret_slope = 1 / (1 + e) - 0.5 * e * loss;
        return 0.5 * e;
    default:
        *ret_slope = 1 - e * loss;
        return e;
    }
}

static cod_status solve_optimum(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++) {
        if (!(step->losses[i] > 0))
            return cod_step_fail(
                step, COD_EDOMAIN,
                "form=optimum divides by the losses; that of objective "
                "%zu is %g",
                i + 1, step->losses[i]);
        weights[i] = 1 / step->losses[i];
    }
    return COD_OK;
}

static cod_status solve(const cod_step *step, double *weights)
{
    const options *chosen = step->options;
    const state *trained = step->state;
    double *slope = step->work;
    if (chosen->form == OPTIMUM)
        return solve_optimum(step, weights);
    for (size_t i = 0; i < step->m; i++)
        weights[i] = weight(chosen->form, trained->s[i], step->losses[i], &slope[i]);
    if (chosen->optimizer == ADAM)
        return cod_train_parameters(step, trained->s, slope, trained->first,
                                    trained->second, trained->updates, chosen->lr);
    trained->updates[0]++;
    for (size_t i = 0; i < step->m; i++)
        trained->s[i] -= chosen->lr * slope[i];
    return cod_check_trained(step, trained->s, slope, NULL);
}

static size_t work(const cod_step *step)
{
    return step->m;
}

const cod_method cod_method_uncertainty = {
    .abi = COD_METHOD_ABI,
    .name = "uncertainty",
    .summary = "learned log-variances weigh the losses",
    .citation =
        "Kendall, Gal and Cipolla 2018, CVPR, eq. 7; positive: Liebel and Koerner "
        "2018, arXiv 1805.06334; optimum: Kirchdorfer et al. 2024, GCPR",
    .bibtex =
        "@inproceedings{kendall2018multi,\n"
        "  author = {Kendall, Alex and Gal, Yarin and Cipolla, Roberto},\n"
        "  title = {Multi-task learning using uncertainty to weigh losses for scene "
        "geometry and semantics},\n"
        "  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern "
        "Recognition},\n"
        "  pages = {7482--7491}, year = {2018}\n"
        "}\n",
    .needs = COD_NEED_LOSSES,
    .traits = COD_TRAIT_NONNEGATIVE | COD_TRAIT_SYMMETRIC | COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .work = work,
    .prepare = prepare,
    .solve = solve,
};
