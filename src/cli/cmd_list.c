/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/program.h"
#include "core/spec.h"
#include "experiments/experiments.h"
#include "experiments/problems.h"
#include "experiments/tasks.h"
#include "lab/methods.h"

typedef struct arguments {
    int json;
} arguments;

static const argument table[] = {
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
};

/* One row: its name and what it is. */
typedef struct row {
    const char *name, *summary, *citation;
} row;

typedef struct kind {
    const char *name;
    size_t (*count)(void);
    row (*at)(size_t k);
} kind;

static row method_at(size_t k)
{
    const cod_method *method = cod_all_method_at(k);
    return (row){method->name, method->summary, method->citation};
}

static size_t problem_count(void)
{
    size_t count;
    cod_problem_list(&count);
    return count;
}

static row problem_at(size_t k)
{
    size_t count;
    const cod_problem_def *def = cod_problem_list(&count)[k];
    return (row){def->name, def->summary, def->citation};
}

static size_t task_count(void)
{
    size_t count;
    cod_task_list(&count);
    return count;
}

static row task_at(size_t k)
{
    size_t count;
    const cod_task_def *def = cod_task_list(&count)[k];
    return (row){def->name, def->summary, def->citation};
}

static size_t indicator_count(void)
{
    size_t count;
    cod_indicator_list(&count);
    return count;
}

static row indicator_at(size_t k)
{
    size_t count;
    const cod_indicator *indicator = &cod_indicator_list(&count)[k];
    return (row){indicator->name, indicator->summary, indicator->citation};
}

static size_t experiment_count(void)
{
    size_t count;
    cod_experiment_list(&count);
    return count;
}

static row experiment_at(size_t k)
{
    size_t count;
    const cod_experiment *experiment = cod_experiment_list(&count)[k];
    return (row){experiment->name, experiment->summary, experiment->citation};
}

static const kind kinds[] = {
    {"methods", cod_all_method_count, method_at},
    {"problems", problem_count, problem_at},
    {"tasks", task_count, task_at},
    {"indicators", indicator_count, indicator_at},
    {"experiments", experiment_count, experiment_at},
};

static const char *kind_name_at(const void *list, size_t k)
{
    return ((const kind *)list)[k].name;
}

static int list_json(const kind *chosen)
{
    json_t *rows = json_array();
    for (size_t k = 0; k < chosen->count(); k++) {
        row r = chosen->at(k);
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:s}", "name", r.name, "summary",
                                        r.summary, "citation", r.citation));
    }
    return print_json(json_pack("{s:o}", chosen->name, rows));
}

static int run(const void *values, char **operands, size_t count)
{
    (void)count;
    const arguments *given = values;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        if (strcmp(kinds[k].name, operands[0]) != 0)
            continue;
        if (given->json)
            return list_json(&kinds[k]);
        for (size_t i = 0; i < kinds[k].count(); i++)
            printf("%-16s %s\n", kinds[k].at(i).name, kinds[k].at(i).summary);
        return EXIT_DONE;
    }
    cod_message message = {{0}};
    cod_fail_name(&message, "list", operands[0], kinds, COUNT(kinds), kind_name_at);
    return complain(EXIT_USAGE, "%s (codescent list --help)", message.text);
}

const verb verb_list = {
    .name = "list",
    .operands = "methods|problems|tasks|indicators|experiments",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "what there is",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
