/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two documents, row by row. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench_private.h"
#include "core/spec.h"

/* Two runs of the same program on a busy machine differ by up to this much, whatever
 * the turns of each: with half of it three times as many quantities would have changed.
 */
static const double least_change = 0.1;

void bench_label(const bench_table *table, const json_t *row,
                 char ret_label[BENCH_LABEL])
{
    size_t used = 0;
    *ret_label = '\0';
    for (size_t k = 0; k < BENCH_NAMES && table->names[k] != NULL; k++) {
        const json_t *value = json_object_get(row, table->names[k]);
        char *to = ret_label + used;
        size_t left = BENCH_LABEL - used;
        const char *blank = used > 0 ? " " : "";
        if (json_is_string(value))
            snprintf(to, left, "%s%s", blank, json_string_value(value));
        else
            snprintf(to, left, "%s%s=%lld", blank, table->names[k],
                     (long long)json_integer_value(value));
        used += strlen(to);
    }
}

/* The row of that label; NULL where there is none. */
static const json_t *find_row(const bench_table *table, const json_t *rows,
                              const char *label)
{
    for (size_t k = 0; k < json_array_size(rows); k++) {
        char other[BENCH_LABEL];
        bench_label(table, json_array_get(rows, k), other);
        if (strcmp(label, other) == 0)
            return json_array_get(rows, k);
    }
    return NULL;
}

/* Whether the row has numbers there, which are those of a time or a ratio. */
static int has_figure(const json_t *row, const char *key)
{
    return bench_is_measured(row, key) && json_is_number(json_object_get(row, key));
}

/* By the names that bench gives its columns. */
static int is_ratio(const char *key)
{
    return strstr(key, "of_") != NULL;
}

static double part(const json_t *row, const char *key, const char *end)
{
    char name[128];
    snprintf(name, sizeof name, "%.100s%s", key, end);
    return json_number_value(json_object_get(row, name));
}

/* ---- what both have ---- */

/* What is made of two documents. */
typedef struct pair {
    const json_t *old, *now;
    const char *what;
    int times; /* bare times are compared, too */
    json_t *rows;
    json_int_t slower, faster, same;
    int error;
} pair;

/* Of the best turns and of the medians: a machine that is busy at the wrong time spoils
 * the one or the other, seldom both. */
static const char *judge(pair *c, const double changes[2], double spread)
{
    double bound = fmax(spread, least_change);
    double least = fmin(changes[0], changes[1]), most = fmax(changes[0], changes[1]);
    if (least > bound) {
        c->slower++;
        return "slower";
    }
    if (1 / (1 + most) - 1 > bound) {
        c->faster++;
        return "faster";
    }
    c->same++;
    return "same";
}

static void compare_figure(pair *c, const bench_table *table, const char *label,
                           const char *key, const json_t *old, const json_t *now)
{
    static const char *const ends[] = {"", "_median"};
    double before[2], after[2], changes[2];
    double spreads[] = {part(old, key, "_spread"), part(now, key, "_spread")};
    for (size_t k = 0; k < 2; k++) {
        before[k] = part(old, key, ends[k]);
        after[k] = part(now, key, ends[k]);
        changes[k] = (table->speeds && is_ratio(key) ? before[k] / after[k]
                                                     : after[k] / before[k]) -
                     1;
    }
    const char *verdict = judge(c, changes, fmax(spreads[0], spreads[1]));
    c->error |= json_array_append_new(
        c->rows, json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:s}",
                           "table", table->name, "row", label, "quantity", key, "old",
                           before[0], "old_median", before[1], "old_spread", spreads[0],
                           "new", after[0], "new_median", after[1], "new_spread",
                           spreads[1], "change", changes[0], "verdict", verdict));
}

static void compare_table(pair *c, const bench_table *table)
{
    const json_t *rows = json_object_get(c->old, table->name);
    for (size_t k = 0; k < json_array_size(rows); k++) {
        const json_t *old = json_array_get(rows, k);
        char label[BENCH_LABEL];
        const char *key;
        json_t *value;
        bench_label(table, old, label);
        const json_t *now =
            find_row(table, json_object_get(c->now, table->name), label);
        json_object_foreach((json_t *)old, key, value)
        {
            if (has_figure(old, key) && has_figure(now, key) &&
                (c->times || is_ratio(key)))
                compare_figure(c, table, label, key, old, now);
        }
    }
}

/* ---- what only one has ---- */

static void name_lone(pair *c, json_t *names, const char *table, const char *label,
                      const char *key)
{
    c->error |= json_array_append_new(
        names, json_sprintf("%s%s%s%s%s", table, *label != '\0' ? " " : "", label,
                            *key != '\0' ? " " : "", key));
}

static void name_lone_rows(pair *c, json_t *names, const bench_table *table,
                           const json_t *rows, const json_t *others)
{
    for (size_t k = 0; k < json_array_size(rows); k++) {
        const json_t *row = json_array_get(rows, k);
        char label[BENCH_LABEL];
        const char *key;
        json_t *value;
        bench_label(table, row, label);
        const json_t *other = find_row(table, others, label);
        if (other == NULL)
            name_lone(c, names, table->name, label, "");
        json_object_foreach((json_t *)row, key, value)
        {
            if (other != NULL && has_figure(row, key) && !has_figure(other, key))
                name_lone(c, names, table->name, label, key);
        }
    }
}

/* Tables, rows and columns of `document` that the other lacks. */
static json_t *lone_names(pair *c, const json_t *document, const json_t *other)
{
    json_t *names = json_array();
    const char *name;
    json_t *rows;
    json_object_foreach((json_t *)document, name, rows)
    {
        const bench_table *table = bench_table_find(name);
        const json_t *others = json_object_get(other, name);
        if (strcmp(name, "machine") == 0 ||
            (c->what != NULL && strcmp(name, c->what) != 0))
            continue;
        if (others == NULL || table == NULL)
            name_lone(c, names, name, "", "");
        else
            name_lone_rows(c, names, table, rows, others);
    }
    return names;
}

/* ---- the whole ---- */

static const char *const machine_keys[] = {"processor", "kernels", "threads"};
enum { MACHINE_KEYS = 3 };

static int is_another(const json_t *old, const json_t *now, const char *key)
{
    return !json_equal(json_object_get(old, key), json_object_get(now, key));
}

cod_status cod_bench_compare(const json_t *old, const json_t *now, const char *what,
                             json_t **ret_comparison, cod_message *ret_message)
{
    json_t *machines[] = {json_object_get(old, "machine"),
                          json_object_get(now, "machine")};
    pair c = {.old = old, .now = now, .what = what, .times = 1};
    for (size_t k = 0; k < MACHINE_KEYS; k++)
        c.times &= !is_another(machines[0], machines[1], machine_keys[k]);
    c.rows = json_array();
    for (size_t k = 0; bench_table_at(k) != NULL; k++)
        if (what == NULL || strcmp(bench_table_at(k)->name, what) == 0)
            compare_table(&c, bench_table_at(k));
    json_t *only_old = lone_names(&c, old, now), *only_new = lone_names(&c, now, old);
    json_t *made = json_pack("{s:O, s:O, s:b, s:o, s:o, s:o, s:I, s:I, s:I}", "old",
                             machines[0], "new", machines[1], "times", c.times, "rows",
                             c.rows, "only_old", only_old, "only_new", only_new,
                             "slower", c.slower, "faster", c.faster, "same", c.same);
    if (made == NULL || c.error) {
        json_decref(made);
        return cod_fail(ret_message, COD_EMEMORY, "no memory for the comparison");
    }
    *ret_comparison = made;
    return COD_OK;
}

/* ---- printed ---- */

static void print_machines(FILE *out, const json_t *comparison)
{
    const json_t *old = json_object_get(comparison, "old");
    const json_t *now = json_object_get(comparison, "new");
    const char *between = "Another ";
    fputs("old: ", out);
    bench_print_machine(out, old);
    fputs("\nnew: ", out);
    bench_print_machine(out, now);
    fputc('\n', out);
    for (size_t k = 0; k < MACHINE_KEYS; k++)
        if (is_another(old, now, machine_keys[k])) {
            fprintf(out, "%s%s", between,
                    k == 2 ? "number of threads" : machine_keys[k]);
            between = ", another ";
        }
    if (!json_is_true(json_object_get(comparison, "times")))
        fputs(": only ratios are compared.\n", out);
    if (is_another(old, now, "openblas"))
        fputs("OpenBLAS is another: ratios to it are not the library's alone.\n", out);
}

/* With the change in per cent. */
static cod_status print_rows(FILE *out, const json_t *rows)
{
    json_t *shown = json_deep_copy(rows);
    int error = shown == NULL;
    for (size_t k = 0; k < json_array_size(shown); k++) {
        json_t *row = json_array_get(shown, k);
        double change = json_number_value(json_object_get(row, "change"));
        error |=
            json_object_set_new(row, "change", json_sprintf("%+.1f%%", 100 * change));
    }
    if (!error)
        bench_print_rows(out, shown);
    json_decref(shown);
    return error ? COD_EMEMORY : COD_OK;
}

static void print_names(FILE *out, const char *head, const json_t *names)
{
    for (size_t k = 0; k < json_array_size(names); k++)
        fprintf(out, "%s: %s\n", head, json_string_value(json_array_get(names, k)));
}

static long long count_of(const json_t *comparison, const char *key)
{
    return json_integer_value(json_object_get(comparison, key));
}

cod_status cod_bench_print_comparison(FILE *out, const json_t *comparison)
{
    print_machines(out, comparison);
    fputc('\n', out);
    cod_status status = print_rows(out, json_object_get(comparison, "rows"));
    print_names(out, "only in the old", json_object_get(comparison, "only_old"));
    print_names(out, "only in the new", json_object_get(comparison, "only_new"));
    fprintf(out, "%lld slower, %lld faster, %lld the same\n",
            count_of(comparison, "slower"), count_of(comparison, "faster"),
            count_of(comparison, "same"));
    return status;
}
