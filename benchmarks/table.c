/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a benchmark: made, and printed. */
#include "bench_private.h"

#include <stdio.h>
#include <string.h>

/* ---- made ---- */

int bench_put(json_t *row, const char *key, const bench_figure *figure)
{
    char name[64];
    int error = json_object_set_new(
        row, key, figure != NULL ? json_real(figure->best) : json_null());
    snprintf(name, sizeof name, "%s_median", key);
    error |= json_object_set_new(
        row, name, figure != NULL ? json_real(figure->median) : json_null());
    snprintf(name, sizeof name, "%s_spread", key);
    error |= json_object_set_new(
        row, name, figure != NULL ? json_real(figure->spread) : json_null());
    return error;
}

int bench_put_time(json_t *row, const char *key, const bench_work *work, double unit)
{
    bench_figure figure = bench_time(work, unit);
    return bench_put(row, key, &figure);
}

int bench_put_ratio(json_t *row, const char *key, const bench_work *work,
                    const bench_work *reference)
{
    bench_figure figure = bench_ratio(work, reference, 1);
    return bench_put(row, key, &figure);
}

cod_status bench_add_row(json_t *rows, json_t *row, const bench_work *work, int error)
{
    error |= json_object_set_new(row, "turns", json_integer((json_int_t)work->turns));
    return json_array_append_new(rows, row) != 0 || error ? COD_EMEMORY : COD_OK;
}

/* ---- printed ---- */

int bench_is_measured(const json_t *row, const char *key)
{
    char name[64];
    snprintf(name, sizeof name, "%s_median", key);
    return json_object_get(row, name) != NULL;
}

/* Whether it is such a median or spread, which is printed with its column. */
static int is_part(const json_t *row, const char *key)
{
    static const char *const parts[] = {"_median", "_spread"};
    size_t length = strlen(key);
    for (size_t k = 0; k < 2; k++) {
        size_t end = strlen(parts[k]);
        char name[64];
        if (length <= end || strcmp(key + length - end, parts[k]) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(length - end), key);
        if (json_object_get(row, name) != NULL)
            return 1;
    }
    return 0;
}

/* Four digits, without an exponent where the value has fewer than seven before the
 * point. */
static void print_real(char *ret_text, size_t size, double value)
{
    if (value >= 1e4 && value < 1e7)
        snprintf(ret_text, size, "%.0f", value);
    else
        snprintf(ret_text, size, "%.4g", value);
}

static void cell_text(const json_t *row, const char *key, char ret_text[64])
{
    const json_t *value = json_object_get(row, key);
    snprintf(ret_text, 64, "-");
    if (json_is_integer(value))
        snprintf(ret_text, 64, "%lld", (long long)json_integer_value(value));
    else if (json_is_string(value))
        snprintf(ret_text, 64, "%s", json_string_value(value));
    if (!json_is_real(value))
        return;
    print_real(ret_text, 64, json_real_value(value));
    if (!bench_is_measured(row, key))
        return;
    char name[64], median[24];
    snprintf(name, sizeof name, "%s_median", key);
    print_real(median, sizeof median, json_real_value(json_object_get(row, name)));
    snprintf(name, sizeof name, "%s_spread", key);
    size_t used = strlen(ret_text);
    snprintf(ret_text + used, 64 - used, " (%s, %.0f%%)", median,
             100 * json_real_value(json_object_get(row, name)));
}

static int cell_width(const char *key, const json_t *rows)
{
    size_t width = strlen(key);
    for (size_t k = 0; k < json_array_size(rows); k++) {
        char text[64];
        cell_text(json_array_get(rows, k), key, text);
        width = strlen(text) > width ? strlen(text) : width;
    }
    return (int)width;
}

static void print_row(FILE *out, const json_t *first, const json_t *rows,
                      const json_t *row)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)first, key, value)
    {
        char text[64];
        if (is_part(first, key))
            continue;
        if (row != NULL)
            cell_text(row, key, text);
        fprintf(out, " %*s", cell_width(key, rows), row != NULL ? text : key);
    }
    fputc('\n', out);
}

void bench_print_rows(FILE *out, const json_t *rows)
{
    const json_t *first = json_array_get(rows, 0);
    if (first == NULL)
        return;
    print_row(out, first, rows, NULL);
    for (size_t k = 0; k < json_array_size(rows); k++)
        print_row(out, first, rows, json_array_get(rows, k));
}
