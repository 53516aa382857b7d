/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One problem's one measure: every method's quartiles, and the baseline beside them. */
#include "lab/measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One method's values, by seed. */
typedef struct values {
    const cod_sample *samples;
    size_t count;
} values;

/* The table's samples: of one problem and one measure, a method after another. */
static values find_samples(const cod_measures *all, size_t problem, size_t measure)
{
    values found = {NULL, 0};
    for (size_t k = 0; k < all->count; k++) {
        const cod_sample *s = &all->samples[k];
        if (s->problem != problem || s->measure != measure)
            continue;
        if (found.count++ == 0)
            found.samples = s;
    }
    return found;
}

/* The samples of the method that samples[at] is of. */
static values of_method(values samples, size_t at)
{
    values own = {samples.samples + at, 0};
    while (at + own.count < samples.count &&
           own.samples[own.count].method == own.samples[0].method)
        own.count++;
    return own;
}

static values find_method(values samples, size_t method)
{
    values own = {NULL, 0};
    for (size_t at = 0; at < samples.count; at += own.count) {
        own = of_method(samples, at);
        if (own.samples[0].method == method)
            return own;
    }
    return (values){NULL, 0};
}

static int is_constant(values samples)
{
    for (size_t k = 0; k < samples.count; k++)
        if (!isfinite(samples.samples[k].value) ||
            samples.samples[k].value != samples.samples[0].value)
            return 0;
    return samples.count > 1;
}

/* ---- quartiles ---- */

static void describe(values own, double *room, cod_measure_row *row)
{
    size_t finite = 0;
    for (size_t k = 0; k < own.count; k++)
        if (isfinite(own.samples[k].value))
            room[finite++] = own.samples[k].value;
    *row = (cod_measure_row){.method = own.samples[0].method,
                             .seeds = own.count,
                             .nonfinite = own.count - finite,
                             .quartiles = cod_quartiles_of(room, finite),
                             .difference = NAN,
                             .p = NAN,
                             .p_holm = NAN,
                             .p_smallest = NAN};
}

/* ---- the comparison ---- */

/* A value minus the baseline's; of which at most one is not finite, and then the worse.
 */
static double subtract(double value, double base, cod_better better)
{
    double worst = better == COD_BETTER_LOWER ? (double)INFINITY : -(double)INFINITY;
    if (!isfinite(value))
        return worst;
    return isfinite(base) ? value - base : -worst;
}

/* The differences of the pairs, those of two finite values first; numbers of both. */
static size_t pair(values own, values base, cod_better better, double *ret_differences,
                   size_t *ret_finite)
{
    size_t i = 0, j = 0, count = 0, finite = 0;
    while (i < own.count && j < base.count) {
        const cod_sample *a = &own.samples[i], *b = &base.samples[j];
        i += a->seed <= b->seed;
        j += b->seed <= a->seed;
        int both = isfinite(a->value) && isfinite(b->value);
        if (a->seed != b->seed || (!isfinite(a->value) && !isfinite(b->value)))
            continue;
        ret_differences[count] = subtract(a->value, b->value, better);
        if (both) {
            double first = ret_differences[finite];
            ret_differences[finite++] = ret_differences[count];
            ret_differences[count] = first;
        }
        count++;
    }
    *ret_finite = finite;
    return count;
}

static cod_status compare(values own, values base, cod_better better, double *room,
                          cod_measure_row *row)
{
    size_t finite;
    cod_signed_rank test;
    row->pairs = pair(own, base, better, room, &finite);
    if (row->pairs == 0)
        return COD_OK;
    cod_status status = cod_signed_rank_test(room, row->pairs, &test);
    if (status < 0)
        return status;
    row->difference = cod_quartiles_of(room, finite).median;
    row->p = test.p;
    row->p_smallest = cod_signed_rank_smallest(row->pairs);
    row->verdict = (test.negative > test.positive) == (better == COD_BETTER_LOWER)
                       ? COD_VERDICT_BETTER
                       : COD_VERDICT_WORSE; /* if it is more than chance */
    return COD_OK;
}

/* Holm's correction of p, and of the smallest p: no p_holm can be smaller than what it
 * would be if every p were the smallest, since it grows with each. */
static void correct(cod_measure_table *table, double level, double *room)
{
    size_t n = table->count, at = 0;
    double *p = room, *smallest = room + n, *holm = room + 2 * n;
    for (size_t k = 0; k < n; k++)
        if (!isnan(table->rows[k].p)) {
            p[table->compared] = table->rows[k].p;
            smallest[table->compared++] = table->rows[k].p_smallest;
        }
    cod_holm(p, table->compared, holm);
    cod_holm(smallest, table->compared, holm + n);
    for (size_t k = 0; k < n; k++) {
        cod_measure_row *row = &table->rows[k];
        if (isnan(row->p))
            continue;
        row->p_holm = holm[at];
        row->p_smallest = holm[n + at++];
        if (row->p_smallest > level)
            row->verdict = COD_VERDICT_FEW;
        else if (row->p_holm > level)
            row->verdict = COD_VERDICT_NOISE;
    }
}

/* `room` is for as many doubles as there are samples, and for four a method. */
static cod_status fill(values samples, values base, double level, double *room,
                       cod_measure_table *table)
{
    cod_status status = COD_OK;
    values own;
    for (size_t at = 0; status == COD_OK && at < samples.count; at += own.count) {
        cod_measure_row *row = &table->rows[table->count++];
        own = of_method(samples, at);
        describe(own, room, row);
        if (base.count > 0 && row->method == base.samples[0].method)
            row->verdict = COD_VERDICT_BASELINE;
        else if (base.count > 0 && table->better != COD_BETTER_NEITHER)
            status = compare(own, base, table->better, room, row);
    }
    correct(table, level, room);
    return status;
}

cod_status cod_measure_table_make(const cod_measures *measures, size_t problem,
                                  size_t measure, size_t baseline, double level,
                                  cod_measure_table *ret_table)
{
    values samples = find_samples(measures, problem, measure);
    values base = find_method(samples, baseline);
    size_t methods = measures->methods.count;
    cod_measure_table table = {
        .problem = problem, .measure = measure, .constant = is_constant(samples)};
    double *room = calloc(samples.count + 4 * methods + 1, sizeof *room);
    table.rows = calloc(methods + 1, sizeof *table.rows);
    if (samples.count > 0)
        table.better = samples.samples[0].better;
    cod_status status = room == NULL || table.rows == NULL
                            ? COD_EMEMORY
                            : fill(samples, base, level, room, &table);
    free(room);
    if (status < 0)
        cod_measure_table_clear(&table);
    else
        *ret_table = table;
    return status;
}

void cod_measure_table_clear(cod_measure_table *table)
{
    free(table->rows);
    *table = (cod_measure_table){0};
}
