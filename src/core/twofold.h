/* SPDX-License-Identifier: MIT */
/* Twice the precision of a double: an unevaluated sum of two (Dekker 1971, Numer. Math.
 * 18; Ogita, Rump and Oishi 2005, SIAM J. Sci. Comput. 26). Needs -ffp-contract=off.
 * Operands have to be below 2^996, so that the splitting does not overflow: callers
 * scale first. */
#ifndef COD_CORE_TWOFOLD_H
#define COD_CORE_TWOFOLD_H

#include <math.h>

typedef struct cod_twofold {
    double high;
    double low;
} cod_twofold;

static inline cod_twofold twofold(double a)
{
    return (cod_twofold){a, 0};
}

/* a + b exactly */
static inline cod_twofold two_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (cod_twofold){sum, (a - (sum - part)) + (b - part)};
}

/* The same where |a| >= |b| or a = 0. */
static inline cod_twofold quick_two_sum(double a, double b)
{
    double sum = a + b;
    return (cod_twofold){sum, b - (sum - a)};
}

/* a b exactly, underflow apart */
static inline cod_twofold two_product(double a, double b)
{
    double product = a * b;
#ifdef __FP_FAST_FMA
    return (cod_twofold){product, fma(a, b, -product)};
#else
    const double splitter = 134217729; /* 2^27 + 1 */
    double ta = splitter * a, tb = splitter * b;
    double ah = ta - (ta - a), bh = tb - (tb - b);
    double al = a - ah, bl = b - bh;
    return (cod_twofold){product, ((ah * bh - product) + ah * bl + al * bh) + al * bl};
#endif
}

static inline cod_twofold twofold_add(cod_twofold a, cod_twofold b)
{
    cod_twofold s = two_sum(a.high, b.high), t = two_sum(a.low, b.low);
    s = quick_two_sum(s.high, s.low + t.high);
    return quick_two_sum(s.high, s.low + t.low);
}

static inline cod_twofold twofold_negative(cod_twofold a)
{
    return (cod_twofold){-a.high, -a.low};
}

static inline cod_twofold twofold_subtract(cod_twofold a, cod_twofold b)
{
    return twofold_add(a, twofold_negative(b));
}

static inline cod_twofold twofold_multiply(cod_twofold a, cod_twofold b)
{
    cod_twofold p = two_product(a.high, b.high);
    return quick_two_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

static inline cod_twofold twofold_divide(cod_twofold a, cod_twofold b)
{
    double first = a.high / b.high;
    cod_twofold rest = twofold_subtract(a, twofold_multiply(twofold(first), b));
    double second = rest.high / b.high;
    rest = twofold_subtract(rest, twofold_multiply(twofold(second), b));
    cod_twofold quotient = quick_two_sum(first, second);
    return twofold_add(quotient, twofold(rest.high / b.high));
}

static inline cod_twofold twofold_root(cod_twofold a)
{
    if (!(a.high > 0))
        return twofold(0);
    double root = sqrt(a.high);
    cod_twofold rest = twofold_subtract(a, two_product(root, root));
    return quick_two_sum(root, rest.high / (2 * root));
}

/* sum + a b, where sum is kept as twofold */
static inline cod_twofold twofold_add_product(cod_twofold sum, double a, double b)
{
    cod_twofold p = two_product(a, b), s = two_sum(sum.high, p.high);
    return quick_two_sum(s.high, s.low + (sum.low + p.low));
}

#endif
