/* SPDX-License-Identifier: MIT */
/* Block pivoting that goes on from the answer before, at the cost of what has changed
 * since: rows of C that did are taken out of the factor, and put back at its end. */
#include "core/wolfe_pivot.h"

/* Rows that are all that has changed, COD_CHANGES at the most: those with more than k
 * differences for some k, if their differences, with those between two of them counted
 * once, are all there are. COD_CHANGES + 1 where there are none such. */
static size_t find_changed(const cod_wolfe *w, size_t *ret_rows)
{
    for (size_t k = 0; w->kept && k <= COD_CHANGES && k < w->m; k++) {
        size_t rows = 0, entries = 0;
        for (size_t i = 0; i < w->m && rows <= COD_CHANGES; i++) {
            if (w->changes[i] <= k)
                continue;
            if (rows < COD_CHANGES)
                ret_rows[rows] = i;
            rows++;
            entries += w->changes[i];
        }
        if (rows <= COD_CHANGES &&
            w->changed + rows * (rows - (rows > 0)) / 2 == entries)
            return rows;
    }
    return COD_CHANGES + 1;
}

static int is_among(size_t i, const size_t *rows, size_t count)
{
    int found = 0;
    for (size_t k = 0; k < count; k++)
        found |= rows[k] == i;
    return found;
}

/* Whether b is what it was but in these rows; before: NULL where it is in all. */
static int keeps_scales(const cod_wolfe *w, const double *before, const size_t *rows,
                        size_t count)
{
    for (size_t i = 0; i < w->m && before != NULL; i++)
        if (w->b[i] != before[i] && !is_among(i, rows, count))
            return 0;
    return 1;
}

/* Takes rows out of the factor, and puts them behind it, those from outside too; then
 * those at the end that would be negative there leave it. */
static void move_to_end(cod_wolfe *w, cod_pivoting *p, const size_t *rows, size_t count)
{
    for (size_t a = w->count; a-- > 0;)
        if (is_among(w->support[a], rows, count)) {
            w->kernels->drop(&p->factor, w->count, a, p->spare);
            cod_pivoting_leave(w, a);
        }
    size_t done = w->count;
    for (size_t k = 0; k < count; k++)
        if (!w->inside[rows[k]]) {
            w->inside[rows[k]] = 1;
            w->support[w->count++] = rows[k];
        }
    cod_pivoting_factor(w, p, done);
    while (w->count > done && p->factor.y[w->count - 1] < 0) {
        w->kernels->drop(&p->factor, w->count, w->count - 1, p->spare);
        cod_pivoting_leave(w, w->count - 1);
    }
}

cod_status cod_wolfe_resume(cod_wolfe *w, const double *before, const size_t *rows,
                            size_t count)
{
    cod_pivoting p = cod_pivoting_of(w);
    size_t found[COD_CHANGES];
    if (rows == NULL) {
        count = find_changed(w, found);
        rows = found;
    }
    if (count > COD_CHANGES || !keeps_scales(w, before, rows, count))
        return cod_wolfe_pivot(w, w->v);
    move_to_end(w, &p, rows, count);
    return cod_pivoting_run(w, &p, w->count);
}

void cod_wolfe_refine(cod_wolfe *w)
{
    cod_pivoting p = cod_pivoting_of(w);
    const double *high = w->work, *low = high + w->stride;
    double form = 0, weight = 0;
    for (size_t a = 0; a < w->count; a++) {
        size_t j = w->support[a];
        form += w->v[j] * high[j];
        weight += w->v[j] * w->b[j];
    }
    for (size_t a = 0; a < w->count; a++) {
        size_t j = w->support[a];
        p.x[a] = (form / weight * w->b[j] - high[j]) - low[j];
    }
    w->kernels->forward(&p.factor, w->count, p.x);
    w->kernels->back(&p.factor, w->count, p.x);
    for (size_t a = 0; a < w->count; a++) {
        double *v = &w->v[w->support[a]];
        *v = *v + p.x[a] > 0 ? *v + p.x[a] : 0;
    }
}
