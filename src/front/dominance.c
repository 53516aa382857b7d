/* SPDX-License-Identifier: MIT */
/* Comparing points, and the nondominated points of a set. */
#include <codescent/front.h>

#include "front/set.h"

#include <math.h>
#include <stdlib.h>

cod_dominance cod_dominance_compare(size_t m, const double *a, const double *b)
{
    int better = 0, worse = 0;
    for (size_t i = 0; i < m; i++) {
        better |= a[i] < b[i];
        worse |= a[i] > b[i];
    }
    return better && worse ? COD_INCOMPARABLE
           : better        ? COD_DOMINATES
           : worse         ? COD_DOMINATED
                           : COD_EQUAL;
}

/* ---- the nondominated points -------------------------------------------------------
 *
 * In lexicographic order a point can only be dominated by one before it, and distinct
 * points before it are no larger in f_1 (Kung, Luccio and Preparata 1975, J. ACM
 * 22(4)). So two objectives need the lowest f_2 so far, and three the lowest f_3 among
 * the points whose f_2 is no larger: a prefix minimum (Fenwick 1994), O(log count).
 * With more, every point is compared with the nondominated ones before it. */

typedef struct filter {
    size_t m;
    double lowest;  /* m <= 2: the last objective */
    size_t *rank;   /* m = 3: place of a point's f_2 among the values of f_2, from 1 */
    double *minima; /* m = 3: a Fenwick tree of f_3 */
    size_t values;  /* its size */
    const double **kept; /* m > 3 */
    size_t kept_count;
} filter;

static double lowest_up_to(const filter *f, size_t rank)
{
    double lowest = INFINITY;
    for (; rank > 0; rank &= rank - 1)
        lowest = fmin(lowest, f->minima[rank]);
    return lowest;
}

static void lower_from(filter *f, size_t rank, double value)
{
    for (; rank <= f->values; rank += rank & (0 - rank))
        f->minima[rank] = fmin(f->minima[rank], value);
}

static int is_dominated(const filter *f, const double *a, size_t k)
{
    if (f->m <= 2)
        return f->lowest <= a[f->m - 1];
    if (f->m == 3)
        return lowest_up_to(f, f->rank[k]) <= a[2];
    for (size_t j = f->kept_count; j-- > 0;)
        if (cod_dominance_compare(f->m, f->kept[j], a) == COD_DOMINATES)
            return 1;
    return 0;
}

static void add(filter *f, const double *a, size_t k)
{
    if (f->m <= 2)
        f->lowest = fmin(f->lowest, a[f->m - 1]);
    else if (f->m == 3)
        lower_from(f, f->rank[k], a[2]);
    else
        f->kept[f->kept_count++] = a;
}

static int filter_alloc(filter *f, cod_order *order, const double *points)
{
    size_t count = order->count;
    if (f->m > 3)
        return (f->kept = calloc(count + 1, sizeof *f->kept)) != NULL;
    if (f->m < 3)
        return 1;
    f->rank = calloc(count + 1, sizeof *f->rank);
    f->minima = calloc(count + 1, sizeof *f->minima);
    if (f->rank == NULL || f->minima == NULL)
        return 0;
    cod_order_by(order, points + 1, 3);
    for (size_t k = 0; k < count; k++) {
        size_t at = order->at[k];
        if (k == 0 || points[3 * at + 1] > points[3 * order->at[k - 1] + 1])
            f->values++;
        f->rank[at] = f->values;
        f->minima[k + 1] = INFINITY;
    }
    return 1;
}

static size_t mark(filter *f, const cod_order *order, const double *points,
                   int keep_duplicates, unsigned char *ret_keep)
{
    const double *before = NULL;
    int before_is_kept = 0;
    size_t marked = 0;
    for (size_t k = 0; k < order->count; k++) {
        size_t at = order->at[k];
        const double *a = points + at * f->m;
        if (before != NULL && cod_dominance_compare(f->m, before, a) == COD_EQUAL) {
            ret_keep[at] = before_is_kept && keep_duplicates;
        } else {
            before_is_kept = !is_dominated(f, a, at);
            ret_keep[at] = (unsigned char)before_is_kept;
            if (before_is_kept)
                add(f, a, at);
        }
        before = a;
        marked += ret_keep[at];
    }
    return marked;
}

cod_status cod_front_nondominated(size_t m, size_t count, const double *points,
                                  int keep_duplicates, unsigned char *ret_keep,
                                  size_t *ret_count)
{
    if (m == 0 || (count > 0 && (points == NULL || ret_keep == NULL)) ||
        count > SIZE_MAX / sizeof(double) / m - 1)
        return COD_EARGUMENT;
    if (!cod_set_finite(m * count, points))
        return COD_ENONFINITE;
    if (count == 0) {
        if (ret_count != NULL)
            *ret_count = 0;
        return COD_OK;
    }
    cod_status status = COD_EMEMORY;
    cod_order order;
    filter f = {.m = m, .lowest = INFINITY};
    if (!cod_order_alloc(&order, count))
        return COD_EMEMORY;
    if (filter_alloc(&f, &order, points)) {
        /* stable, so among equal points the one given first comes first */
        for (size_t i = m; i-- > 0;)
            cod_order_by(&order, points + i, m);
        size_t marked = mark(&f, &order, points, keep_duplicates != 0, ret_keep);
        if (ret_count != NULL)
            *ret_count = marked;
        status = COD_OK;
    }
    cod_order_free(&order);
    free(f.rank);
    free(f.minima);
    free(f.kept);
    return status;
}
