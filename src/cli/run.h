/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb run: cmd_run.c has its options; run_problems.c runs problems from many
 * starts, run_task.c a learning task. */
#ifndef COD_CLI_RUN_H
#define COD_CLI_RUN_H

#include "cli/program.h"
#include "cli/study_folder.h"

typedef struct run_arguments {
    const char *method;
    size_t starts, preferences, points, steps, seeds;
    const char *step_rule;
    const char *start_kind;
    double tolerance;
    uint64_t seed;
    reals reference;
    const char *data, *scales; /* of learning tasks, like quick */
    int quick;
    study_arguments study;
} run_arguments;

/* Methods, step rule and reference point against one problem: everything that can be
 * wrong before a folder is made. `texts` of the methods end with NULL. */
COD_MUST_CHECK cod_status run_check(const run_arguments *given,
                                    const cod_problem *problem, char **texts,
                                    cod_message *message);

/* `line` is the command, for the study's store. An exit code. */
int run_problems(const run_arguments *given, const char *problems, const json_t *line);
int run_task(const run_arguments *given, const char *task, const json_t *line);

#endif
