/* SPDX-License-Identifier: MIT */
/* Products with the matrix of cone_private.h, column by column: the loops that a
 * compiler turns into vectors. */
#include "core/cone_private.h"

#include "core/twofold.h"

void cod_cone_add_columns(size_t m, const double *C, const double *x, double *y)
{
    for (size_t j = 0; j < m; j++) {
        const double *column = C + j * m;
        double factor = x[j];
        for (size_t i = 0; factor != 0 && i < m; i++)
            y[i] += factor * column[i];
    }
}

void cod_cone_products(size_t m, const double *C, const double *v, double *high,
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
