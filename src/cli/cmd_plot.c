/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/program.h"

typedef struct arguments {
    const char *what;
    const char *format;
} arguments;

static const argument table[] = {
    {"what", ARGUMENT_TEXT, offsetof(arguments, what), "W",
     "front, trajectories, weights, convergence, or, of a learning task, spread, "
     "learning, weights, conflict, samples (default: all that there is data for)"},
    {"format", ARGUMENT_TEXT, offsetof(arguments, format), "F",
     "png, svg or pdf (default png)"},
};

static int run(const void *values, char **operands, size_t count)
{
    (void)count;
    const arguments *given = values;
    return draw_figures(operands[0], given->what, given->format, 1, stdout);
}

const verb verb_plot = {
    .name = "plot",
    .operands = "DIR",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "draw a result folder's figures again",
    .details = "Writes the gnuplot script beside the data: edit it and run `gnuplot "
               "front.gp` there.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
