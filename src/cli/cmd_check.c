/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "cli/program.h"
#include "experiments/problems.h"
#include "lab/check.h"

typedef struct arguments {
    size_t points;
    uint64_t seed;
} arguments;

static const argument table[] = {
    {"points", ARGUMENT_COUNT, offsetof(arguments, points), "N",
     "quasi-random points to compare at (default 50)", MOST_RUNS},
    {"seed", ARGUMENT_SEED, offsetof(arguments, seed), "S", "seed of the points"},
};

/* Five-point differences of smooth functions agree far below this. */
#define AGREE 1e-6

static int compare(const cod_problem *problem, const arguments *given)
{
    cod_message message = {{0}};
    cod_check *checks = calloc(problem->m, sizeof *checks);
    if (checks == NULL)
        return complain(EXIT_FAILED, "no memory");
    size_t points = given->points > 0 ? given->points : 50;
    cod_status status =
        cod_check_derivatives(problem, points, given->seed, checks, &message);
    int code = status == COD_OK ? EXIT_DONE : complain_status(status, &message);
    for (size_t i = 0; status == COD_OK && i < problem->m; i++) {
        int agree = checks[i].difference <= AGREE;
        printf(
            "f_%zu  %-8s worst difference %.2e at x_%zu of point %zu: analytic %.10g, "
            "numerical %.10g\n",
            i + 1, agree ? "agrees" : "DIFFERS", checks[i].difference,
            checks[i].variable + 1, checks[i].point + 1, checks[i].analytic,
            checks[i].numerical);
        code = agree ? code : EXIT_FAILED;
    }
    free(checks);
    return code;
}

static int run(const void *values, char **operands, size_t operand_count)
{
    (void)operand_count;
    size_t count;
    const cod_problem_def *const *list = cod_problem_list(&count);
    cod_problem *problem;
    cod_message message = {{0}};
    cod_status status = cod_problem_alloc(operands[0], list, count, &problem, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    int code = compare(problem, values);
    cod_problem_free(problem);
    return code;
}

const verb verb_check = {
    .name = "check",
    .operands = "PROBLEM",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "a problem's derivatives against numerical ones",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
