/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/statistics.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* The most differences for which all ways to sign them are counted: up to a second. */
#define EXACT 1000

cod_quartiles cod_quartiles_of(double *values, size_t count)
{
    if (count == 0)
        return (cod_quartiles){NAN, NAN, NAN};
    gsl_sort(values, 1, count);
    return (cod_quartiles){
        .lower = gsl_stats_quantile_from_sorted_data(values, 1, count, 0.25),
        .median = gsl_stats_quantile_from_sorted_data(values, 1, count, 0.5),
        .upper = gsl_stats_quantile_from_sorted_data(values, 1, count, 0.75)};
}

/* ---- the signed-rank test ---- */

/* Ranks are kept doubled, so that the mean of tied ones is a whole number. */
typedef struct ranked {
    double difference;
    size_t doubled;
} ranked;

static int by_size(const void *a, const void *b)
{
    double left = fabs(((const ranked *)a)->difference);
    double right = fabs(((const ranked *)b)->difference);
    return (left > right) - (left < right);
}

static void rank(ranked *all, size_t count)
{
    qsort(all, count, sizeof *all, by_size);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && by_size(&all[from], &all[to]) == 0; to++)
            continue;
        for (size_t k = from; k < to; k++)
            all[k].doubled = from + 1 + to; /* the first rank and the last */
    }
}

/* P(S <= tail) for the sum S of those ranks whose coin shows heads: the distribution
 * grows by one rank at a time, chance[s] of the sum s. Halves are exact, and for few
 * ranks so is every sum. */
static cod_status lower_tail(const ranked *all, size_t count, size_t tail,
                             double *ret_chance)
{
    double sum = 0, *chance = calloc(tail + 1, sizeof *chance);
    if (chance == NULL)
        return COD_EMEMORY;
    chance[0] = 1;
    for (size_t k = 0; k < count; k++) {
        size_t r = all[k].doubled;
        for (size_t s = tail + 1; s-- > 0;)
            chance[s] = 0.5 * (chance[s] + (s >= r ? chance[s - r] : 0));
    }
    for (size_t s = 0; s <= tail; s++)
        sum += chance[s];
    free(chance);
    *ret_chance = sum;
    return COD_OK;
}

/* The same by the normal distribution: the variance of a rank that counts or not is a
 * quarter of its square. */
static double normal_tail(const ranked *all, size_t count, double total, double tail)
{
    double variance = 0;
    for (size_t k = 0; k < count; k++)
        variance += 0.25 * (double)all[k].doubled * (double)all[k].doubled;
    return 0.5 * erfc((0.5 * total - tail) / sqrt(2 * variance));
}

static cod_status test_ranked(ranked *all, size_t count, cod_signed_rank *ret_test)
{
    size_t sums[2] = {0, 0}, zeros = 0;
    double chance = 1;
    cod_status status = COD_OK;
    rank(all, count);
    while (zeros < count && all[zeros].difference == 0)
        zeros++;
    for (size_t k = zeros; k < count; k++)
        sums[all[k].difference < 0] += all[k].doubled;
    size_t tail = sums[0] < sums[1] ? sums[0] : sums[1], n = count - zeros;
    if (n > EXACT)
        chance = normal_tail(all + zeros, n, (double)(sums[0] + sums[1]), (double)tail);
    else if (n > 0)
        status = lower_tail(all + zeros, n, tail, &chance);
    if (status == COD_OK)
        *ret_test = (cod_signed_rank){.zeros = zeros,
                                      .positive = 0.5 * (double)sums[0],
                                      .negative = 0.5 * (double)sums[1],
                                      .p = fmin(2 * chance, 1)};
    return status;
}

cod_status cod_signed_rank_test(const double *differences, size_t count,
                                cod_signed_rank *ret_test)
{
    ranked *all = calloc(count > 0 ? count : 1, sizeof *all);
    if (all == NULL)
        return COD_EMEMORY;
    cod_status status = COD_OK;
    for (size_t k = 0; k < count; k++) {
        all[k].difference = differences[k];
        if (isnan(differences[k]))
            status = COD_ENONFINITE;
    }
    if (status == COD_OK)
        status = test_ranked(all, count, ret_test);
    free(all);
    return status;
}

double cod_signed_rank_smallest(size_t count)
{
    return fmin(ldexp(2, -(int)(count < 2000 ? count : 2000)), 1);
}

/* ---- Holm ---- */

/* What is multiplied, for one of p: how many are as large or larger. Of equal ones the
 * first in order has the largest product, and so decides for all. */
void cod_holm(const double *p, size_t count, double *ret_adjusted)
{
    for (size_t i = 0; i < count; i++) {
        double largest = 0;
        for (size_t k = 0; k < count; k++) {
            size_t as_large = 0;
            for (size_t j = 0; p[k] <= p[i] && j < count; j++)
                as_large += p[j] >= p[k];
            largest = fmax(largest, (double)as_large * p[k]);
        }
        ret_adjusted[i] = fmin(largest, 1);
    }
}
