/* SPDX-License-Identifier: MIT */
/* Hypervolume gradient: a set of points moves so that the hypervolume of its front
 * grows; the points that others dominate are fronts of their own, layer by layer. */
#include "solvers.h"

enum { UNIT, NATIVE };

typedef struct options {
    int length;
} options;

static const cod_option table[] = {
    COD_OPTION_CHOICE(options, length, UNIT, "unit|native",
                      "each point's weights at length 1, as published, or as the "
                      "hypervolume's derivatives are"),
};

static const cod_input inputs[] = {
    {"reference", COD_EXTENT_M, -1e300, 1e300, 1,
     "the reference point; where a loss reaches it, it is moved 10 % beyond the "
     "largest"},
};

/* In the workspace: for each objective the points in its rising order, and each point's
 * layer; indices as doubles. */
static double *sorted(const cod_step *step, size_t i)
{
    return step->work + (i % step->m) * step->points;
}

static double *layers(const cod_step *step)
{
    return step->work + step->m * step->points;
}

static size_t work(const cod_step *step)
{
    return (step->m + 1) * step->points;
}

static cod_status check(const cod_step *step)
{
    if (step->m == 2 || step->m == 3)
        return COD_OK;
    return cod_step_fail(step, COD_EUNSUPPORTED,
                         "knows the hypervolume of 2 and of 3 objectives, not of %zu",
                         step->m);
}

/* Objective i of point p; two objectives have a third one that is 0 everywhere. */
static double f(const cod_step *step, size_t p, size_t i)
{
    return i < step->m ? step->losses[p * step->m + i] : 0;
}

/* Whether q comes before p in objective i; of equal ones the first. */
static int precedes(const cod_step *step, size_t q, size_t p, size_t i)
{
    double a = f(step, q, i), b = f(step, p, i);
    return a < b || (a == b && q < p);
}

static int dominates(const cod_step *step, size_t q, size_t p)
{
    int better = 0;
    for (size_t i = 0; i < step->m; i++) {
        if (f(step, q, i) > f(step, p, i))
            return 0;
        better |= f(step, q, i) < f(step, p, i);
    }
    return better;
}

static void sort_by(const cod_step *step, size_t i)
{
    double *order = sorted(step, i);
    for (size_t k = 0; k < step->points; k++) {
        size_t at = k;
        for (; at > 0 && precedes(step, k, (size_t)order[at - 1], i); at--)
            order[at] = order[at - 1];
        order[at] = (double)k;
    }
}

/* A point's layer is one more than the highest among those that dominate it. They
 * precede it in the first objective, or are level there and precede it in others: a
 * second pass over level ones may raise layers, until none rises. */
static void find_layers(const cod_step *step)
{
    double *layer = layers(step);
    const double *order = sorted(step, 0);
    int rising = 1;
    for (size_t p = 0; p < step->points; p++)
        layer[p] = 0;
    while (rising) {
        rising = 0;
        for (size_t k = 0; k < step->points; k++)
            for (size_t l = 0; l < step->points; l++) {
                size_t p = (size_t)order[k], q = (size_t)order[l];
                if (layer[q] >= layer[p] && dominates(step, q, p)) {
                    layer[p] = layer[q] + 1;
                    rising = 1;
                }
            }
    }
}

/* Deist et al. take at least 1.1 times the largest loss, whether it exceeds what was
 * told or not; the set would then not be the best one for the point that was told. */
static double reference(const cod_step *step, size_t i)
{
    if (i >= step->m)
        return 1;
    double most = f(step, (size_t)sorted(step, i)[step->points - 1], i);
    double told = cod_step_input(step, "reference")[i];
    return most < told ? told : most + 0.1 * fabs(most);
}

/* Minus the derivative of the hypervolume by objective i of point p: the area of its
 * facet, in the other two objectives, that no point preceding it in i covers. */
static double facet(const cod_step *step, size_t p, size_t i)
{
    size_t a = i == 0 ? 1 : 0, b = 3 - i - a;
    const double *order = sorted(step, a), *layer = layers(step);
    double from = f(step, p, a), low = f(step, p, b);
    double high = reference(step, b), area = 0;
    for (size_t k = 0; k < step->points; k++) {
        size_t q = (size_t)order[k];
        if (q == p || layer[q] != layer[p] || !precedes(step, q, p, i))
            continue;
        double at = fmax(f(step, q, a), f(step, p, a));
        area += (at - from) * (high - low);
        from = at;
        high = fmin(high, fmax(f(step, q, b), low));
    }
    return area + (reference(step, a) - from) * (high - low);
}

static cod_status solve(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++)
        sort_by(step, i);
    find_layers(step);
    for (size_t p = 0; p < step->points; p++) {
        double *w = weights + p * (step->rows + step->m), square = 0, largest = 0;
        for (size_t i = 0; i < step->m; i++)
            largest = fmax(largest, w[i] = facet(step, p, i));
        if (isinf(largest))
            return cod_step_fail(step, COD_EOVERFLOW,
                                 "the hypervolume's derivatives at point %zu overflow",
                                 p + 1);
        if (((const options *)step->options)->length == NATIVE || !(largest > 0))
            continue;
        for (size_t i = 0; i < step->m; i++)
            square += (w[i] / largest) * (w[i] / largest);
        for (size_t i = 0; i < step->m; i++)
            w[i] /= largest * sqrt(square);
    }
    return COD_OK;
}

const cod_method cod_method_hv_gradient = {
    .abi = COD_METHOD_ABI,
    .name = "hv-gradient",
    .summary = "a set of points moves along the gradient of its hypervolume",
    .citation = "Wang, Deutz, Baeck and Emmerich 2017, EMO, pp. 654-669; Deist et al. "
                "2023, AAAI, for losses of networks",
    .bibtex = "@inproceedings{wang2017hypervolume,\n"
              "  author = {Wang, Hao and Deutz, Andr{\\'e} and B{\\\"a}ck, Thomas and "
              "Emmerich, Michael},\n"
              "  title = {Hypervolume indicator gradient ascent multi-objective "
              "optimization},\n"
              "  booktitle = {Evolutionary Multi-Criterion Optimization},\n"
              "  pages = {654--669}, year = {2017}\n"
              "}\n",
    .needs = COD_NEED_LOSSES,
    .traits = COD_TRAIT_SET | COD_TRAIT_NONNEGATIVE | COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .inputs = inputs,
    .input_count = COD_COUNT(inputs),
    .check = check,
    .work = work,
    .solve = solve,
};
