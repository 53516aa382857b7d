/* SPDX-License-Identifier: MIT */
/* The certificates of both quadratic programs in quadruple precision, by their
 * formulas.
 */
#ifndef COD_TESTS_QUAD_H
#define COD_TESTS_QUAD_H

#include <float.h>
#include <math.h>
#include <stdlib.h>

#if LDBL_MANT_DIG >= 113
typedef long double quad;
#else
typedef __float128 quad;
#endif

/* minnorm.h's certificate, from the lower triangle of G; NaN, which no bound holds for,
 * of what are no weights. */
static inline double quad_kkt(size_t m, const double *G, const double *w)
{
    quad *product, square = 0;
    long double size = 0, kkt = 0;
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        sum += w[i] >= 0 ? w[i] : (double)NAN;
    if (!(fabs(sum - 1) <= 1e-12))
        return NAN;
    product = calloc(m, sizeof *product);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < m; j++)
            product[i] += (quad)(i >= j ? G[i * m + j] : G[j * m + i]) * w[j];
        square += product[i] * w[i];
        size += w[i] * sqrtl((long double)G[i * m + i]);
    }
    for (size_t i = 0; i < m; i++) {
        long double r = (long double)(product[i] - square);
        long double e = w[i] > 0 ? fabsl(r) : r < 0 ? -r : 0;
        if (e > 0)
            kkt = fmaxl(kkt, e / (sqrtl((long double)G[i * m + i]) * size));
    }
    free(product);
    return (double)kkt;
}

/* cone.h's certificate, from the lower triangle of G; NaN where v >= u does not hold.
 */
static inline double quad_cone_kkt(size_t m, const double *G, const double *u,
                                   const double *v)
{
    long double size = 0, kkt = 0;
    for (size_t i = 0; i < m; i++)
        size += v[i] * sqrtl((long double)G[i * m + i]);
    for (size_t i = 0; i < m; i++) {
        quad y = 0;
        for (size_t j = 0; j < m; j++)
            y += (quad)(i >= j ? G[i * m + j] : G[j * m + i]) * v[j];
        if (!(v[i] >= u[i]))
            return NAN;
        long double e = (long double)y;
        e = v[i] > u[i] ? fabsl(e) : e < 0 ? -e : 0;
        if (e > 0)
            kkt = fmaxl(kkt, e / (sqrtl((long double)G[i * m + i]) * size));
    }
    return (double)kkt;
}

#endif
