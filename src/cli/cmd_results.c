/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/describe_results.h"
#include "cli/program.h"
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/measures.h"
#include "lab/store.h"

#define MOST_LINES 10

typedef struct arguments {
    const char *baseline, *measure;
    double level;
    int json, csv;
} arguments;

static const argument table[] = {
    {"baseline", ARGUMENT_TEXT, offsetof(arguments, baseline), "METHOD",
     "compare with this method of the study, named as there (default: linear at equal "
     "weights)"},
    {"measure", ARGUMENT_TEXT, offsetof(arguments, measure), "NAME,...",
     "these measures alone"},
    {"level", ARGUMENT_REAL, offsetof(arguments, level), "P",
     "differences count where p is at most this (default 0.05)"},
    {"csv", ARGUMENT_FLAG, offsetof(arguments, csv), NULL, "one CSV table"},
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
};

/* ---- the tables ---- */

/* All of the chosen measures that the store has of a problem. */
static cod_status add_tables(size_t problem, const unsigned char *chosen,
                             result_tables *all)
{
    const cod_measures *m = all->measures;
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < m->measures.count; k++) {
        cod_measure_table *made = &all->tables[all->count];
        if (!chosen[k])
            continue;
        status = cod_measure_table_make(m, problem, k, all->baseline, all->level, made);
        if (status == COD_OK && made->count == 0)
            cod_measure_table_clear(made);
        else if (status == COD_OK)
            all->count++;
    }
    return status;
}

/* The measures that were asked for, each once, in the order of the store. */
static cod_status choose_measures(const char *wanted, const cod_names *names,
                                  unsigned char *ret_chosen, cod_message *message)
{
    char **parts = NULL;
    size_t place;
    if (wanted == NULL) {
        memset(ret_chosen, 1, names->count);
        return COD_OK;
    }
    cod_status status = cod_spec_split(wanted, &parts, message);
    for (size_t k = 0; status == COD_OK && parts[k] != NULL; k++) {
        status = cod_names_find(names, "measure", parts[k], &place, message);
        if (status == COD_OK)
            ret_chosen[place] = 1;
    }
    cod_split_free(parts);
    return status;
}

static cod_status make_tables(const arguments *given, result_tables *all,
                              cod_message *message)
{
    const cod_measures *m = all->measures;
    unsigned char *chosen = calloc(m->measures.count, 1);
    all->tables = calloc(m->problems.count * m->measures.count, sizeof *all->tables);
    cod_status status = chosen == NULL || all->tables == NULL ? COD_EMEMORY : COD_OK;
    if (status == COD_OK)
        status = choose_measures(given->measure, &m->measures, chosen, message);
    for (size_t k = 0; status == COD_OK && k < m->problems.count; k++)
        status = add_tables(k, chosen, all);
    free(chosen);
    return status == COD_EMEMORY ? cod_fail(message, status, "out of memory") : status;
}

static cod_status choose_baseline(const arguments *given, result_tables *all,
                                  cod_message *message)
{
    if (given->baseline != NULL)
        return cod_names_find(&all->measures->methods, "baseline", given->baseline,
                              &all->baseline, message);
    cod_status status = cod_measures_baseline(all->measures, &all->baseline);
    return status == COD_OK ? status : cod_fail(message, status, "out of memory");
}

/* ---- runs that are not in them ---- */

/* A line each, but no more than MOST_LINES. */
static cod_status name_lacking(void *data, const cod_lacking_runs *runs)
{
    size_t *lines = data;
    long long count = (long long)runs->count;
    const char *plural = count == 1 ? "" : "s";
    if (++*lines > MOST_LINES)
        return COD_OK;
    if (runs->state == COD_RUN_FAILED)
        complain(0, "%s, %s: %lld run%s failed; the first: %s", runs->problem,
                 runs->method, count, plural, runs->message);
    else
        complain(0, "%s, %s: %lld run%s not finished", runs->problem, runs->method,
                 count, plural);
    return COD_OK;
}

static cod_status say_lacking(cod_store *store, const char *folder,
                              const result_tables *all, cod_message *message)
{
    size_t lines = 0;
    long long waiting = (long long)all->runs[COD_RUN_WAITING];
    long long failed = (long long)all->runs[COD_RUN_FAILED];
    if (waiting + failed == 0)
        return COD_OK;
    complain(0, "%s: %lld of %lld runs not finished, %lld failed (--resume %s%s)",
             cod_store_path(store), waiting,
             waiting + failed + (long long)all->runs[COD_RUN_FINISHED], failed, folder,
             failed > 0 ? " --retry" : "");
    cod_status status = cod_store_lacking(store, name_lacking, &lines, message);
    if (lines > MOST_LINES)
        complain(0, "and %zu more like these", lines - MOST_LINES);
    return status;
}

/* ---- the verb ---- */

static int print(const arguments *given, const result_tables *all)
{
    if (given->json)
        return results_print_json(all);
    if (given->csv)
        results_print_csv(all);
    else
        results_print(all);
    return EXIT_DONE;
}

static int show_results(const arguments *given, const char *folder, cod_store *store)
{
    cod_message message = {{0}};
    cod_measures *measures = NULL;
    result_tables all = {.level = given->level > 0 ? given->level : 0.05};
    cod_status status = cod_measures_read(store, &measures, &message);
    all.measures = measures;
    if (status == COD_OK)
        status = cod_store_count(store, all.runs, &message);
    if (status == COD_OK && measures->count == 0)
        status = cod_fail(&message, COD_EFILE,
                          "%s: no method has measures yet (--resume %s)",
                          cod_store_path(store), folder);
    if (status == COD_OK)
        status = choose_baseline(given, &all, &message);
    if (status == COD_OK)
        status = make_tables(given, &all, &message);
    if (status == COD_OK)
        status = say_lacking(store, folder, &all, &message);
    int code =
        status == COD_OK ? print(given, &all) : complain_status(status, &message);
    for (size_t k = 0; k < all.count; k++)
        cod_measure_table_clear(&all.tables[k]);
    free(all.tables);
    cod_measures_free(measures);
    return code;
}

static int run(const void *values, char **operands, size_t count)
{
    (void)count;
    const arguments *given = values;
    cod_message message = {{0}};
    cod_store *store;
    if (given->json && given->csv)
        return complain(EXIT_USAGE, "results: --json or --csv, not both");
    if (given->level >= 1)
        return complain(EXIT_USAGE, "results: --level %g is not below 1", given->level);
    cod_status status = cod_store_open(operands[0], COD_STORE_READ, &store, &message);
    if (status < 0)
        return complain_status(status, &message);
    int code = show_results(given, operands[0], store);
    cod_store_close(store);
    return code;
}

const verb verb_results = {
    .name = "results",
    .operands = "DIR",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "a study's methods over its seeds, and which differ by more than chance",
    .details =
        "DIR is the folder of a study (codescent run --seeds K). For each problem and "
        "measure: median\nand quartiles over seeds (linear interpolation), and the "
        "two-sided Wilcoxon signed-rank test\nagainst a baseline, paired by seed, "
        "Holm-corrected over the methods of the table. p is exact\n(up to 1000 seeds), "
        "for ties too; zero differences are ranked and left out (Pratt 1959). A\nvalue "
        "that is not finite counts as the worst; the quartiles leave it out.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
