/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run.h"
#include "core/spec.h"
#include "experiments/tasks.h"

static const argument table[] = {
    {"method", ARGUMENT_TEXT, offsetof(run_arguments, method), "A,B,...",
     "the methods; commas inside parentheses do not split; of a learning task: all "
     "adds every other one (default: the task's own list)"},
    {"starts", ARGUMENT_COUNT, offsetof(run_arguments, starts), "N",
     "number of starts (default 20)", MOST_RUNS},
    {"start-kind", ARGUMENT_TEXT, offsetof(run_arguments, start_kind), "K",
     "quasi (random, evenly spread; default), uniform, or published"},
    {"preferences", ARGUMENT_COUNT, offsetof(run_arguments, preferences), "K",
     "preferences or weights, evenly spread, for methods that take them (default: as "
     "many as starts)",
     MOST_RUNS},
    {"points", ARGUMENT_COUNT, offsetof(run_arguments, points), "P",
     "points that methods for sets (hv-gradient, moo-svgd) move together (default 10)",
     COD_ROWS_MAX},
    {"steps", ARGUMENT_COUNT, offsetof(run_arguments, steps), "N",
     "the most steps of a run (default 10000; of a learning task, its own)"},
    {"step-rule", ARGUMENT_TEXT, offsetof(run_arguments, step_rule), "R",
     "armijo, constant(step=..), momentum(step=.., beta=..), adam(step=..) (default "
     "armijo; constant(step=0.1) for methods told a preference, adam(step=0.01) for "
     "sets and learning tasks)"},
    {"optimizer", ARGUMENT_TEXT, offsetof(run_arguments, step_rule), "R",
     "the same as --step-rule, by the name that trainers of networks know"},
    {"tolerance", ARGUMENT_REAL, offsetof(run_arguments, tolerance), "T",
     "on the stationarity, and for weighted sums on their own gradient (default 1e-6); "
     "given explicitly, exit 3 where a run misses it"},
    {"seed", ARGUMENT_SEED, offsetof(run_arguments, seed), "S",
     "seed of the starts and of what is random in methods (default 0)"},
    {"seeds", ARGUMENT_COUNT, offsetof(run_arguments, seeds), "K",
     "K seeds, from --seed on (default 1): `codescent results` compares methods over "
     "them",
     MOST_SEEDS},
    {"reference", ARGUMENT_REALS, offsetof(run_arguments, reference), "A:B",
     "reference point of the hypervolume (default: the problem's)"},
    {"data", ARGUMENT_TEXT, offsetof(run_arguments, data), "DIR",
     "of a learning task: where its data are (default: generated)"},
    {"scales", ARGUMENT_TEXT, offsetof(run_arguments, scales), "S",
     "of a learning task: one (default: weights are brought to unit sum), or both "
     "(methods "
     "whose weights do not sum to one are run as published, too)"},
    {"quick", ARGUMENT_FLAG, offsetof(run_arguments, quick), NULL,
     "of a learning task: a trial of some seconds, of a smaller network on less data"},
    STUDY_ARGUMENTS(run_arguments, study, "PROBLEM"),
};

/* The name of an option that was given but means nothing here, or NULL. */
static const char *out_of_place(const run_arguments *given, int task)
{
    const struct {
        const char *name;
        int given, task;
    } options[] = {
        {"starts", given->starts > 0, 0},
        {"start-kind", given->start_kind != NULL, 0},
        {"preferences", given->preferences > 0, 0},
        {"points", given->points > 0, 0},
        {"tolerance", given->tolerance > 0, 0},
        {"reference", given->reference.count > 0, 0},
        {"data", given->data != NULL, 1},
        {"scales", given->scales != NULL, 1},
        {"quick", given->quick, 1},
    };
    for (size_t k = 0; k < COUNT(options); k++)
        if (options[k].given && options[k].task != task)
            return options[k].name;
    return NULL;
}

/* The task among several names, or NULL. */
static const char *find_task(char *const *names)
{
    size_t count = 0;
    const char *task = NULL;
    for (; names[count] != NULL; count++)
        if (cod_task_names(names[count]))
            task = names[count];
    return count > 1 ? task : NULL;
}

/* A learning task runs alone. */
static int check_alone(const char *operand)
{
    char **names;
    int code = EXIT_DONE;
    cod_status status = cod_spec_split(operand, &names, NULL);
    if (status == COD_EMEMORY)
        return complain_status(status, NULL);
    if (status < 0)
        return EXIT_DONE; /* whoever reads it says what is wrong */
    const char *task = find_task(names);
    if (task != NULL)
        code = complain(EXIT_USAGE, "run: %.100s is a learning task, which runs alone",
                        task);
    cod_split_free(names);
    return code;
}

static int run_it(const run_arguments *given, const char *operand, const json_t *line)
{
    int alone = check_alone(operand);
    if (alone != EXIT_DONE)
        return alone;
    int task = cod_task_names(operand);
    const char *other = out_of_place(given, task);
    if (other != NULL)
        return complain(EXIT_USAGE, "run: --%s means nothing for %.100s, %s", other,
                        operand,
                        task ? "a learning task" : "which is no learning task");
    return task ? run_task(given, operand, line) : run_problems(given, operand, line);
}

static int run(const void *values, char **operands, size_t operand_count)
{
    const run_arguments *given = values;
    if (operand_count == 0 && given->study.resume == NULL)
        return complain(EXIT_USAGE, "run: missing PROBLEM (codescent run --help)");
    if (operand_count == 0)
        return study_again(&verb_run, given->study.resume, values);
    json_t *line = verb_line(&verb_run, values, operands, operand_count);
    int code = run_it(given, operands[0], line);
    json_decref(line);
    return code;
}

const verb verb_run = {
    .name = "run",
    .operands = "PROBLEM,...",
    .operands_min = 0,
    .operands_max = 1,
    .summary = "problems or a learning task with methods: front, figures, indicators",
    .details = "PROBLEM may have options: 'fonseca(n=20)'. `codescent list problems` "
               "names them,\n`codescent list tasks` the learning tasks, which train "
               "networks: 'segmentation(width=4)'.",
    .size = sizeof(run_arguments),
    .study = offsetof(run_arguments, study),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
