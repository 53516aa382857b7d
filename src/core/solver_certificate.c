/* SPDX-License-Identifier: MIT */
/* What is known of a step's weights, from the Gramian of the un-normalised rows. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/solver_private.h"
#include "core/twofold.h"

/* The Gramian of the whole row: the sum over groups. */
static const double *total_gramian(cod_engine *engine)
{
    size_t size = engine->rows * engine->rows;
    if (engine->cut.groups == 1)
        return engine->gramian;
    memcpy(engine->total, engine->gramian, size * sizeof(double));
    for (size_t g = 1; g < engine->cut.groups; g++)
        for (size_t k = 0; k < size; k++)
            engine->total[k] += engine->gramian[g * size + k];
    return engine->total;
}

/* A power of two that brings the Gramian below twofold's bound. */
static double safe_unit(size_t rows, const double *G)
{
    double largest = 0;
    int exponent;
    for (size_t i = 0; i < rows; i++)
        largest = fmax(largest, G[i * rows + i]);
    frexp(largest, &exponent);
    return exponent > 900 ? ldexp(1, 900 - exponent) : 1;
}

/* w'Gw in twofold precision: the sum cancels where the direction is short. */
static double quadratic_form(size_t rows, const double *G, const double *w)
{
    double unit = safe_unit(rows, G);
    cod_twofold form = twofold(0);
    for (size_t i = 0; i < rows; i++) {
        cod_twofold product = twofold(0);
        for (size_t j = 0; j < rows; j++)
            product = twofold_add_product(product, G[i * rows + j] * unit, w[j]);
        form = twofold_add(form, twofold_multiply(product, twofold(w[i])));
    }
    return isfinite(form.high) ? form.high / unit : INFINITY;
}

/* Adds g_i.d and its size |g_i| sum_j |w_j| |g_j| for one group. */
static void add_products(const cod_engine *engine, size_t group, double *products,
                         double *sizes)
{
    size_t rows = engine->rows;
    const double *G = engine->gramian + group * rows * rows;
    const double *w = engine->weights + group * rows;
    const double *norms = engine->norms + group * rows;
    double sum = 0;
    for (size_t j = 0; j < rows; j++)
        sum += fabs(w[j]) * norms[j];
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < rows; j++)
            products[i] += G[i * rows + j] * w[j];
        sizes[i] += norms[i] * sum;
    }
}

/* Norm and conflicts of the direction. A product within its own rounding is no
 * conflict. */
static void certify_direction(cod_engine *engine)
{
    size_t rows = engine->rows, groups = engine->cut.groups;
    double *products = engine->products, *sizes = engine->products + rows;
    double square = 0;
    memset(products, 0, 2 * rows * sizeof(double));
    for (size_t g = 0; g < groups; g++) {
        const double *w = engine->weights + g * rows;
        const double *G = engine->gramian + g * rows * rows;
        add_products(engine, g, products, sizes);
        square += quadratic_form(rows, G, w);
    }
    engine->certificate.norm = sqrt(fmax(square, 0));
    double rounding = (double)(rows + 4) * DBL_EPSILON;
    for (size_t i = 0; i < rows; i++)
        engine->certificate.conflicts += products[i] < -rounding * sizes[i];
    engine->certificate.known |= COD_KNOWN_NORM;
}

static void certify_stationarity(cod_solver *solver)
{
    cod_engine *engine = solver->engine;
    cod_certificate *certificate = &engine->certificate;
    const double *G = total_gramian(engine);
    size_t rows = engine->rows;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < i; j++)
            certificate->conflicting_pairs += G[i * rows + j] < 0;
    if (engine->cut.groups > 1)
        certificate->known &= ~(unsigned)COD_KNOWN_STATIONARITY;
    if (certificate->known & COD_KNOWN_STATIONARITY)
        return;
    cod_minnorm_info info;
    cod_status status =
        cod_minnorm_solve(engine->minnorm, G, NULL, NULL, engine->products, &info);
    if (status < COD_OK)
        return;
    certificate->stationarity = info.norm;
    certificate->known |= COD_KNOWN_STATIONARITY;
}

void cod_certify(cod_solver *solver)
{
    cod_engine *engine = solver->engine;
    int of_rows = engine->has_shards && (engine->plan.needs & COD_NEED_GRAMIAN);
    if (engine->indefinite < 0) {
        engine->certificate.indefinite = engine->indefinite;
        engine->certificate.known |= COD_KNOWN_INDEFINITE;
    }
    /* A set has a stationarity and a direction for each point: not one number. */
    if (engine->points > 1 || !(engine->has_gramian || of_rows))
        return;
    if (cod_node_on_path(solver, cod_method_emits) == NULL)
        certify_direction(engine);
    certify_stationarity(solver);
}
