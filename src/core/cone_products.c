/* SPDX-License-Identifier: MIT */
/* Products with the matrix of cone_private.h, column by column; compiled once for each
 * instruction set. Each entry has its own order of operations, whatever the vectors'
 * width, and a product of two doubles is split exactly with and without FMA: the same
 * bytes everywhere. */
#include "core/cone_private.h"

#include "core/twofold.h"

static void add_columns(size_t m, const double *C, const double *x, double *y)
{
    for (size_t j = 0; j < m; j++) {
        const double *column = C + j * m;
        double factor = x[j];
        for (size_t i = 0; factor != 0 && i < m; i++)
            y[i] += factor * column[i];
    }
}

static void products(size_t m, const double *C, const double *v, double *high,
                     double *low)
{
    for (size_t i = 0; i < m; i++)
        high[i] = low[i] = 0;
    for (size_t j = 0; j < m; j++) {
        const double *column = C + j * m;
        double factor = v[j];
        for (size_t i = 0; factor != 0 && i < m; i++) {
            cod_twofold sum = {high[i], low[i]};
            sum = twofold_add_product(sum, column[i], factor);
            high[i] = sum.high;
            low[i] = sum.low;
        }
    }
}

/* Columns so short that adding 0 times one is cheaper than asking whether it is 0. */
#define SHORT 64

static void sweep(size_t m, const double *C, const double *inverse, double *z,
                  double *restrict y)
{
    double slope = y[0];
    for (size_t j = 0; j < m; j++) {
        const double *column = C + j * m;
        double to = z[j] - slope * inverse[j];
        to = to > 0 ? to : 0; /* also where a zero row has 0 times infinity */
        double change = to - z[j];
        z[j] = to;
        /* the next one, which the others need not wait for */
        slope = j + 1 < m ? y[j + 1] + change * column[j + 1] : 0;
        if (m > SHORT && change == 0)
            continue;
        for (size_t i = 0; i < m; i++)
            y[i] += change * column[i];
    }
}

static void gather(const cod_cone *c, const cod_factor *f)
{
    for (size_t a = 0; a < c->count; a++) {
        double *diagonal = f->U + a * (f->stride + 1);
        cod_factor_take(f, a, a, c->count, c->C + c->set[a] * c->m, c->set);
        *diagonal += c->ridge * *diagonal;
    }
}

#define NAMED(isa) cod_cone_kernels_##isa
#define TABLE(isa) NAMED(isa)
const cod_cone_kernels TABLE(COD_ISA) = {add_columns, products, sweep, gather};
