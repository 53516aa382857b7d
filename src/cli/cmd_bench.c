/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"
#include "cli/program.h"

#ifdef COD_BENCH_NETWORK
#define NETWORK ", network, layers"
#else
#define NETWORK ""
#endif

typedef struct arguments {
    int json;
    const char *kernels;
} arguments;

static const argument table[] = {
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
    {"kernels", ARGUMENT_TEXT, offsetof(arguments, kernels), "SET",
     "instruction set: base, avx2 or avx512; neon on ARM; default the best here"},
};

static int run(const void *values, char **operands, size_t count)
{
    const arguments *given = values;
    cod_message message = {{0}};
    cod_status status = cod_bench_run(count > 0 ? operands[0] : NULL, given->kernels,
                                      given->json, stdout, &message);
    return status == COD_OK ? EXIT_DONE : complain_status(status, &message);
}

const verb verb_bench = {
    .name = "bench",
    .operands = "[TABLE]",
    .operands_max = 1,
    .summary = "speed, as ratios to references timed in the same run",
    .details = "Tables: gramian, combine, minnorm, warm, batch, cone, methods" NETWORK
               ".\nAll of them where none is named.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
