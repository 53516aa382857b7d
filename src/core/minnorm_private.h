/* SPDX-License-Identifier: MIT */
#ifndef COD_CORE_MINNORM_PRIVATE_H
#define COD_CORE_MINNORM_PRIVATE_H

#include <codescent/minnorm.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/wolfe.h"

/* kkt that double precision reaches where rows are not nearly dependent */
#define COD_GOOD_KKT 1e-14

struct cod_minnorm {
    cod_wolfe wolfe;
    void *blocks[3]; /* where its C, factor and work lie */
    double unit;     /* the length that b = 1 stands for */
    int *exponents;  /* m: of the scales */
    int rescaled;    /* one of them has changed with this call */
    double *start;   /* m */
    double *best;    /* m: v with the best certificate so far; 0 behind */
    double *scratch; /* 4 m: 1 / scales, then the b before them */
};

/* Frank-Wolfe and the line search, as published; G is checked, no row is zero. Fills
 * weights and info. COD_OK; COD_STOPPED_MAXITER. */
cod_status cod_minnorm_baseline(cod_minnorm *ws, const double *G,
                                const cod_minnorm_options *options, double *ret_w,
                                cod_minnorm_info *ret_info);

/* The k of a scale s = 2^k with square / s^2 in [1/4, 1). */
static inline int cod_scale_exponent(double square)
{
    uint64_t bits;
    memcpy(&bits, &square, sizeof bits);
    int exponent = (int)(bits >> 52 & 2047) - 1022;
    if (exponent == -1022) /* below the normal numbers */
        frexp(square, &exponent);
    return exponent >= 0 ? (exponent + 1) / 2 : -(-exponent / 2);
}

/* ---- minnorm_kkt.c ---- */

/* A power of two near row i's length. */
double cod_kkt_row_scale(size_t m, const double *G, size_t i);
/* (G w)_i over that scale */
cod_twofold cod_kkt_product(size_t m, const double *G, const double *w, size_t i);
/* error / unit, where 0/0 counts as 0, and x/0 as infinity; so does all that has
 * overflowed on the way: a NaN certifies nothing. */
static inline double cod_kkt_ratio(double error, double unit)
{
    if (error <= 0 && isfinite(unit))
        return 0;
    return isfinite(error) && isfinite(unit) && unit > 0 ? error / unit : INFINITY;
}

/* m > 0, and all that is read of G is finite. */
int cod_kkt_is_finite(size_t m, const double *G);

#endif
