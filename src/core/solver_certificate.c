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

/* Scratch of certify_direction(), one entry a row. Row i is divided by a power of two
 * near its length and its weight multiplied by it, and all weights are divided by
 * 2^exponent, so that they are at most about 1 and nothing overflows or vanishes. */
typedef struct scratch {
    double *products; /* g_i.d, scaled */
    double *sizes;    /* |g_i| sum_j |w_j| |g_j|, scaled */
    double *inverse;  /* what row i is multiplied by */
    double *weights;  /* of the group in hand, scaled */
    int exponent;
} scratch;

static double largest(size_t count, size_t stride, const double *x)
{
    double most = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, fabs(x[k * stride]));
    return most;
}

static scratch set_up(cod_engine *engine)
{
    size_t rows = engine->rows, groups = engine->cut.groups;
    double *memory = engine->products;
    scratch s = {memory, memory + rows, memory + 2 * rows, memory + 3 * rows, -4000};
    memset(memory, 0, 4 * rows * sizeof *memory);
    for (size_t i = 0; i < rows; i++) {
        int of_row, of_weight;
        double norm = largest(groups, rows, engine->norms + i);
        double weight = largest(groups, rows, engine->weights + i);
        frexp(norm, &of_row);
        frexp(weight, &of_weight);
        s.inverse[i] = ldexp(1, -of_row);
        if (norm > 0 && weight > 0 && of_row + of_weight > s.exponent)
            s.exponent = of_row + of_weight;
    }
    return s;
}

/* Adds one group's products and sizes; returns its w'Gw, in twofold precision, because
 * the sum cancels where the direction is short. */
static double add_group(const cod_engine *engine, size_t group, const scratch *s)
{
    size_t rows = engine->rows;
    const double *G = engine->gramian + group * rows * rows;
    const double *norms = engine->norms + group * rows;
    cod_twofold form = twofold(0);
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        s->weights[i] = ldexp(engine->weights[group * rows + i],
                              (int)-logb(s->inverse[i]) - s->exponent);
        sum += fabs(s->weights[i]) * norms[i] * s->inverse[i];
    }
    for (size_t i = 0; i < rows; i++) {
        cod_twofold product = twofold(0);
        for (size_t j = 0; j < rows; j++)
            product = twofold_add_product(
                product, G[i * rows + j] * s->inverse[i] * s->inverse[j],
                s->weights[j]);
        form = twofold_add(form, twofold_multiply(product, twofold(s->weights[i])));
        s->products[i] += product.high;
        s->sizes[i] += norms[i] * s->inverse[i] * sum;
    }
    return form.high;
}

/* Norm and conflicts of the direction. A product within its own rounding is no
 * conflict. */
static void certify_direction(cod_engine *engine)
{
    size_t rows = engine->rows;
    scratch s = set_up(engine);
    double square = 0, rounding = (double)(rows + 4) * DBL_EPSILON;
    for (size_t g = 0; g < engine->cut.groups; g++)
        square += add_group(engine, g, &s);
    engine->certificate.norm = ldexp(sqrt(fmax(square, 0)), s.exponent);
    for (size_t i = 0; i < rows; i++)
        engine->certificate.conflicts += s.products[i] < -rounding * s.sizes[i];
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
