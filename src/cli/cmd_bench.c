/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"
#include "cli/program.h"
#include "lab/json.h"

#ifdef COD_BENCH_NETWORK
#define NETWORK ", network, layers"
#else
#define NETWORK ""
#endif

typedef struct arguments {
    int json;
    const char *kernels;
    const char *compare;
    const char *with;
} arguments;

static const argument table[] = {
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
    {"kernels", ARGUMENT_TEXT, offsetof(arguments, kernels), "SET",
     "instruction set: base, avx2 or avx512; neon on ARM; default the best here"},
    {"compare", ARGUMENT_TEXT, offsetof(arguments, compare), "OLD.json",
     "run the tables of an earlier `bench --json`, and print what has changed"},
    {"with", ARGUMENT_TEXT, offsetof(arguments, with), "NEW.json",
     "compare with this document; nothing is run"},
};

static int complain_usage(const char *what)
{
    return complain(EXIT_USAGE, "%s (codescent bench --help)", what);
}

/* Prints what was made, and lets it go. */
static int show(json_t *document, int json, cod_status (*print)(FILE *, const json_t *))
{
    if (json)
        return print_json(document);
    cod_status status = cod_json_lost() ? COD_EMEMORY : print(stdout, document);
    json_decref(document);
    return status < 0 ? complain_status(status, NULL) : EXIT_DONE;
}

static int compare(const arguments *given, const char *what)
{
    cod_message message = {{0}};
    json_t *old = NULL, *now = NULL, *made = NULL;
    int code = EXIT_DONE;
    cod_status status = cod_bench_check(what, &message);
    if (status == COD_OK)
        status = cod_bench_load(given->compare, &old, &message);
    if (status == COD_OK && what != NULL && json_object_get(old, what) == NULL) {
        json_decref(old);
        return complain(EXIT_USAGE, "%s has no table '%s'", given->compare, what);
    }
    if (status == COD_OK && given->with != NULL)
        status = cod_bench_load(given->with, &now, &message);
    else if (status == COD_OK)
        status = cod_bench_run(what, old, given->kernels, &now, &message);
    if (status == COD_OK)
        status = cod_bench_compare(old, now, what, &made, &message);
    json_decref(now);
    json_decref(old);
    if (status < 0)
        return complain_status(status, &message);
    int slower = json_integer_value(json_object_get(made, "slower")) > 0;
    code = show(made, given->json, cod_bench_print_comparison);
    return code == EXIT_DONE && slower ? EXIT_NOT_MET : code;
}

static int run(const void *values, char **operands, size_t count)
{
    const arguments *given = values;
    const char *what = count > 0 ? operands[0] : NULL;
    cod_message message = {{0}};
    json_t *document;
    if (given->with != NULL && given->compare == NULL)
        return complain_usage("option --with needs --compare");
    if (given->with != NULL && given->kernels != NULL)
        return complain_usage("option --kernels: with --with nothing is run");
    if (given->compare != NULL)
        return compare(given, what);
    cod_status status = cod_bench_run(what, NULL, given->kernels, &document, &message);
    return status == COD_OK ? show(document, given->json, cod_bench_print)
                            : complain_status(status, &message);
}

const verb verb_bench = {
    .name = "bench",
    .operands = "[TABLE]",
    .operands_max = 1,
    .summary = "speed, as ratios to references timed in the same run",
    .details =
        "Tables: gramian, combine, minnorm, warm, batch, cone, methods" NETWORK
        ".\nAll of them where none is named.\n\n"
        "With --compare, what is measured is slower or faster where the best turns and "
        "the\nmedians both differ by more than either spread and by more than 10 %. "
        "Where processor,\ninstruction set or threads differ, only ratios are "
        "compared. "
        "Exit code 3: something is\nslower.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
