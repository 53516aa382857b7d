/* SPDX-License-Identifier: MIT */
/* The exact hypervolume in one, two and three dimensions. */
#include <codescent/front.h>

#include "front/set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The points that are below the reference in every objective, one after another. */
static size_t copy_inside(size_t m, size_t count, const double *points,
                          const double *reference, double *ret_inside)
{
    size_t inside = 0;
    for (size_t k = 0; k < count; k++) {
        const double *a = points + k * m;
        size_t i = 0;
        while (i < m && a[i] < reference[i])
            i++;
        if (i == m)
            memcpy(ret_inside + inside++ * m, a, m * sizeof *a);
    }
    return inside;
}

static double length(size_t count, const double *points, double reference)
{
    double least = reference;
    for (size_t k = 0; k < count; k++)
        least = fmin(least, points[k]);
    return reference - least;
}

/* A sweep along f_1: each point adds the strip between its f_2 and the lowest so far.
 */
static cod_status area(size_t count, const double *points, const double *reference,
                       double *ret_area)
{
    cod_order order;
    cod_sum sum = {0};
    double lowest = reference[1];
    if (!cod_order_alloc(&order, count))
        return COD_EMEMORY;
    cod_order_by(&order, points, 2);
    for (size_t k = 0; k < count; k++) {
        const double *a = points + 2 * order.at[k];
        if (a[1] >= lowest)
            continue;
        cod_sum_add(&sum, (reference[0] - a[0]) * (lowest - a[1]));
        lowest = a[1];
    }
    cod_order_free(&order);
    *ret_area = cod_sum_value(&sum);
    return COD_OK;
}

/* ---- three dimensions --------------------------------------------------------------
 *
 * A sweep along f_3 (Fonseca, Paquete and Lopez-Ibanez 2006, CEC; Beume et al. 2009,
 * IEEE Trans. Evol. Comput. 13(5)). The points passed so far, seen along f_3, form a
 * staircase in f_1 and f_2; the area that it dominates, times the way to the next
 * point, is a slice of the volume. Every point enters and leaves the staircase at most
 * once. */

typedef struct staircase {
    const double *reference;
    const double **points; /* in the order of f_1: of each rank */
    cod_ranks steps;       /* the ranks that are steps: f_1 grows, f_2 falls */
    cod_sum area;
} staircase;

/* Adds the point of this rank: takes out the steps that it dominates and adds the area
 * that is new, strip by strip between them. */
static void add_step(staircase *s, size_t rank)
{
    const double *a = s->points[rank];
    size_t before = cod_ranks_below(&s->steps, rank);
    double top = before == COD_NO_RANK ? s->reference[1] : s->points[before][1];
    double from = a[0];
    if (top <= a[1])
        return;
    for (;;) {
        size_t next = cod_ranks_from(&s->steps, rank);
        const double *b = next == COD_NO_RANK ? NULL : s->points[next];
        double to = b == NULL ? s->reference[0] : b[0];
        cod_sum_add(&s->area, (to - from) * (top - a[1]));
        if (b == NULL || b[1] < a[1])
            break;
        cod_ranks_remove(&s->steps, next);
        from = to;
        top = b[1];
    }
    cod_ranks_insert(&s->steps, rank);
}

static double sweep(staircase *s, const cod_order *order, const size_t *rank_of,
                    const double *points)
{
    cod_sum volume = {0};
    for (size_t k = 0; k < order->count; k++) {
        add_step(s, rank_of[order->at[k]]);
        double here = points[3 * order->at[k] + 2];
        double next =
            k + 1 < order->count ? points[3 * order->at[k + 1] + 2] : s->reference[2];
        cod_sum_add(&volume, cod_sum_value(&s->area) * (next - here));
    }
    return cod_sum_value(&volume);
}

static cod_status volume(size_t count, const double *points, const double *reference,
                         double *ret_volume)
{
    cod_status status = COD_EMEMORY;
    cod_order order = {0};
    staircase s = {.reference = reference};
    size_t *rank_of = calloc(count + 1, sizeof *rank_of);
    s.points = calloc(count + 1, sizeof *s.points);
    if (rank_of == NULL || s.points == NULL || !cod_ranks_alloc(&s.steps, count) ||
        !cod_order_alloc(&order, count))
        goto done;
    cod_order_by(&order, points, 3);
    for (size_t k = 0; k < count; k++) {
        s.points[k] = points + 3 * order.at[k];
        rank_of[order.at[k]] = k;
    }
    cod_order_by(&order, points + 2, 3);
    *ret_volume = sweep(&s, &order, rank_of, points);
    status = COD_OK;
done:
    cod_order_free(&order);
    cod_ranks_free(&s.steps);
    free(rank_of);
    free(s.points);
    return status;
}

cod_status cod_hypervolume(size_t m, size_t count, const double *points,
                           const double *reference, double *ret_hypervolume)
{
    double result = 0;
    cod_status status = COD_OK;
    if (m == 0 || (points == NULL && count > 0) || reference == NULL ||
        ret_hypervolume == NULL || count > SIZE_MAX / sizeof(double) / 4)
        return COD_EARGUMENT;
    if (m > 3)
        return COD_EUNSUPPORTED;
    if (!cod_set_finite(m, reference) || !cod_set_finite(m * count, points))
        return COD_ENONFINITE;
    double *inside = malloc((m * count + 1) * sizeof *inside);
    if (inside == NULL)
        return COD_EMEMORY;
    count = copy_inside(m, count, points, reference, inside);
    if (m == 1)
        result = length(count, inside, reference[0]);
    else if (m == 2)
        status = area(count, inside, reference, &result);
    else
        status = volume(count, inside, reference, &result);
    free(inside);
    if (status != COD_OK)
        return status;
    if (!isfinite(result))
        return COD_EOVERFLOW;
    *ret_hypervolume = result;
    return COD_OK;
}
