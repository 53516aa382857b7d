/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a table over seeds is made of: quartiles, the signed-rank test, Holm's
 * correction. */
#ifndef COD_LAB_STATISTICS_H
#define COD_LAB_STATISTICS_H

#include <stddef.h>

#include <codescent/status.h>

typedef struct cod_quartiles {
    double lower, median, upper;
} cod_quartiles;

/* The quantile q of n sorted values stands at place q (n - 1) counted from 0, between
 * two values by linear interpolation (Hyndman and Fan 1996, definition 7; the default
 * of numpy and R). `values`, all finite, are sorted here. NaN where there are none. */
cod_quartiles cod_quartiles_of(double *values, size_t count);

/* Wilcoxon's signed-rank test of paired differences (Wilcoxon 1945, Biometrics Bulletin
 * 1:80-83). */
typedef struct cod_signed_rank {
    size_t zeros;
    double positive, negative; /* sums of ranks */
    double p;                  /* two-sided */
} cod_signed_rank;

/* Equal sizes share the mean of their ranks. Zeros are ranked like the others, and then
 * left out (Pratt 1959, J. Amer. Statist. Assoc. 54:655-667). The test is conditional
 * on those ranks: p is the share of all 2^n ways to sign the n differences that are not
 * zero, in which the smaller of the two sums is at most the one here; 1 where n = 0.
 * Exact, tied ranks included, for n up to 1000; beyond, by the normal distribution of
 * the same mean and variance.
 *
 * `differences` may be infinite, but not NaN. COD_OK; COD_ENONFINITE; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_signed_rank_test(const double *differences, size_t count,
                                               cod_signed_rank *ret_test);

/* The smallest p that the test can give for so many differences: 2 / 2^n, at most 1. */
double cod_signed_rank_smallest(size_t count);

/* Holm's step-down correction (Holm 1979, Scand. J. Statist. 6:65-70): the j-th
 * smallest of k values is multiplied by k - j + 1, made no smaller than the one before
 * it, and cut at 1. The order of p is any; ret_adjusted has the same. */
void cod_holm(const double *p, size_t count, double *ret_adjusted);

#endif
