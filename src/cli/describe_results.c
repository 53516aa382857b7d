/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/describe_results.h"

#include <math.h>
#include <string.h>

#include "cli/program.h"
#include "lab/json.h"
#include "lab/results.h"

#define WIDEST 30 /* a method's text; a longer one has a line of its own */

static const char *const senses[] = {[COD_BETTER_NEITHER] = "",
                                     [COD_BETTER_LOWER] = "lower",
                                     [COD_BETTER_HIGHER] = "higher"};

static const char *const verdicts[] = {[COD_VERDICT_NONE] = "",
                                       [COD_VERDICT_BASELINE] = "baseline",
                                       [COD_VERDICT_BETTER] = "better",
                                       [COD_VERDICT_WORSE] = "worse",
                                       [COD_VERDICT_NOISE] = "within the noise",
                                       [COD_VERDICT_FEW] = "too few seeds"};

static const char *method_of(const result_tables *all, size_t method)
{
    return method == COD_NO_BASELINE ? NULL : all->measures->methods.texts[method];
}

/* ---- for people ---- */

static int width_of(const result_tables *all)
{
    size_t width = strlen("method");
    for (size_t k = 0; k < all->measures->methods.count; k++) {
        size_t length = strlen(all->measures->methods.texts[k]);
        width = length > width && length <= WIDEST ? length : width;
    }
    return (int)width;
}

static void print_number(double value, const char *format)
{
    char text[32] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    printf(" %11s", text);
}

static void print_row(const result_tables *all, const cod_measure_row *row, int width,
                      int compared)
{
    const char *method = method_of(all, row->method);
    if (strlen(method) > (size_t)width) {
        puts(method);
        method = "";
    }
    printf("%-*s %5zu", width, method, row->seeds);
    print_number(row->quartiles.median, "%.5g");
    print_number(row->quartiles.lower, "%.5g");
    print_number(row->quartiles.upper, "%.5g");
    if (!isnan(row->p_holm))
        printf(" %9.3g  %s", row->p_holm, verdicts[row->verdict]);
    else if (compared && row->verdict == COD_VERDICT_BASELINE)
        printf(" %9s  baseline", "");
    puts("");
}

/* How many seeds the rows have, and what p they allow; empty where nothing is compared.
 */
static void smallest_text(const result_tables *all, const cod_measure_table *table,
                          char *ret_text, size_t size)
{
    size_t least = SIZE_MAX, most = 0;
    double holm = 1;
    char range[32] = "", after[48] = "";
    for (size_t k = 0; k < table->count; k++) {
        const cod_measure_row *row = &table->rows[k];
        if (isnan(row->p))
            continue;
        least = row->pairs < least ? row->pairs : least;
        most = row->pairs > most ? row->pairs : most;
        holm = fmin(holm, row->p_smallest);
    }
    if (least < most)
        snprintf(range, sizeof range, "%zu to ", least);
    if (table->compared > 1)
        snprintf(after, sizeof after, ", %.3g after Holm", holm);
    *ret_text = '\0';
    if (table->compared > 0)
        snprintf(ret_text, size, "%s%zu seed%s: the smallest possible p is %.3g%s%s\n",
                 range, most, most == 1 ? "" : "s", cod_signed_rank_smallest(most),
                 after, holm > all->level ? ": too few seeds to tell" : "");
}

/* The text that all tables share; "" where they differ. */
static void common_text(const result_tables *all, char *ret_text, size_t size)
{
    char other[160];
    *ret_text = '\0';
    for (size_t k = 0; k < all->count; k++) {
        if (all->tables[k].constant)
            continue;
        smallest_text(all, &all->tables[k], other, sizeof other);
        if (*ret_text == '\0')
            snprintf(ret_text, size, "%s", other);
        if (*other != '\0' && strcmp(ret_text, other) != 0) {
            *ret_text = '\0';
            return;
        }
    }
}

static void print_nonfinite(const result_tables *all, const cod_measure_table *table)
{
    for (size_t k = 0; k < table->count; k++) {
        const cod_measure_row *row = &table->rows[k];
        if (row->nonfinite > 0)
            printf("%s: %zu of %zu values %s not finite\n", method_of(all, row->method),
                   row->nonfinite, row->seeds, row->nonfinite == 1 ? "is" : "are");
    }
}

static void print_head(const cod_measure_table *table, int width)
{
    if (table->better != COD_BETTER_NEITHER)
        printf(" (%s is better)", senses[table->better]);
    printf("\n%-*s %5s %11s %11s %11s", width, "method", "seeds", "median", "lower",
           "upper");
    if (table->compared > 0)
        printf(" %9s  %s", "p", "against the baseline");
    puts("");
}

/* `common`: what is said of the seeds of all tables at their end. */
static void print_table(const result_tables *all, const cod_measure_table *table,
                        const char *common)
{
    int width = width_of(all);
    char text[160];
    const char *problem = all->measures->problems.texts[table->problem];
    const char *measure = all->measures->measures.texts[table->measure];
    size_t length = strlen(problem) + strlen(measure) + strlen(",  (higher is better)");
    printf("%s,%s%s", problem, length > 100 ? "\n" : " ", measure);
    if (table->constant) {
        printf(": %.5g for every method and seed\n\n", table->rows[0].quartiles.median);
        return;
    }
    print_head(table, width);
    for (size_t k = 0; k < table->count; k++)
        print_row(all, &table->rows[k], width, table->compared > 0);
    smallest_text(all, table, text, sizeof text);
    if (*common == '\0')
        fputs(text, stdout);
    print_nonfinite(all, table);
    puts("");
}

void results_print(const result_tables *all)
{
    const char *baseline = method_of(all, all->baseline);
    char common[160];
    common_text(all, common, sizeof common);
    for (size_t k = 0; k < all->count; k++)
        print_table(all, &all->tables[k], common);
    fputs(common, stdout);
    printf("median, lower and upper quartile over seeds, by linear interpolation");
    if (baseline == NULL)
        puts("\nno comparison: no method is linear at equal weights (--baseline METHOD "
             "names another)");
    else
        printf("; p (level %g): exact\ntwo-sided Wilcoxon signed-rank test, paired by "
               "seed, Holm-corrected, against %s\n",
               all->level, baseline);
}

/* ---- for programs ---- */

/* Empty where it is not a number. */
static void print_cell(double value)
{
    putchar(',');
    if (isfinite(value))
        cod_print_reals(stdout, &value, 1, "");
}

static void print_text(const char *text)
{
    putchar(',');
    cod_print_cell(stdout, text);
}

/* The baseline of a row that is compared; else NULL. */
static const char *baseline_of(const result_tables *all, const cod_measure_row *row)
{
    return row->verdict == COD_VERDICT_NONE ? NULL : method_of(all, all->baseline);
}

static void print_csv_row(const result_tables *all, const cod_measure_table *table,
                          const cod_measure_row *row)
{
    const char *baseline = baseline_of(all, row);
    cod_print_cell(stdout, all->measures->problems.texts[table->problem]);
    print_text(all->measures->measures.texts[table->measure]);
    print_text(senses[table->better]);
    print_text(method_of(all, row->method));
    printf(",%zu,%zu", row->seeds, row->nonfinite);
    print_cell(row->quartiles.median);
    print_cell(row->quartiles.lower);
    print_cell(row->quartiles.upper);
    print_text(baseline != NULL ? baseline : "");
    printf(",%zu", row->pairs);
    print_cell(row->difference);
    print_cell(row->p);
    print_cell(row->p_holm);
    print_cell(row->p_smallest);
    print_text(verdicts[row->verdict]);
    puts("");
}

void results_print_csv(const result_tables *all)
{
    puts("problem,measure,better,method,seeds,nonfinite,median,lower,upper,baseline,"
         "pairs,difference,p,p_holm,p_smallest,verdict");
    for (size_t k = 0; k < all->count; k++)
        for (size_t i = 0; i < all->tables[k].count; i++)
            print_csv_row(all, &all->tables[k], &all->tables[k].rows[i]);
}

/* A word, or null for the empty one. */
static json_t *word(const char *text)
{
    return cod_json_text(text[0] != '\0' ? text : NULL);
}

static json_t *row_json(const result_tables *all, const cod_measure_table *table,
                        const cod_measure_row *row)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, "
        "s:o}",
        "problem", cod_json_text(all->measures->problems.texts[table->problem]),
        "measure", cod_json_text(all->measures->measures.texts[table->measure]),
        "better", word(senses[table->better]), "method",
        cod_json_text(method_of(all, row->method)), "seeds", (json_int_t)row->seeds,
        "nonfinite", (json_int_t)row->nonfinite, "median",
        cod_json_real(row->quartiles.median), "lower",
        cod_json_real(row->quartiles.lower), "upper",
        cod_json_real(row->quartiles.upper), "baseline",
        cod_json_text(baseline_of(all, row)), "pairs", (json_int_t)row->pairs,
        "difference", cod_json_real(row->difference), "p", cod_json_real(row->p),
        "p_holm", cod_json_real(row->p_holm), "p_smallest",
        cod_json_real(row->p_smallest), "verdict", word(verdicts[row->verdict]));
}

int results_print_json(const result_tables *all)
{
    json_t *rows = json_array();
    int64_t runs = 0;
    for (int k = 0; k < 3; k++)
        runs += all->runs[k];
    for (size_t k = 0; k < all->count; k++)
        for (size_t i = 0; i < all->tables[k].count; i++)
            json_array_append_new(
                rows, row_json(all, &all->tables[k], &all->tables[k].rows[i]));
    return print_json(json_pack(
        "{s:o, s:f, s:I, s:I, s:I, s:o}", "baseline",
        cod_json_text(method_of(all, all->baseline)), "level", all->level, "runs",
        (json_int_t)runs, "unfinished", (json_int_t)all->runs[COD_RUN_WAITING],
        "failed", (json_int_t)all->runs[COD_RUN_FAILED], "results", rows));
}
