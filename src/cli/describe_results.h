/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study's tables over seeds, as the program shows them. */
#ifndef COD_CLI_DESCRIBE_RESULTS_H
#define COD_CLI_DESCRIBE_RESULTS_H

#include <stddef.h>
#include <stdint.h>

#include "lab/measures.h"

typedef struct result_tables {
    const cod_measures *measures;
    size_t baseline; /* a method's place, or COD_NO_BASELINE */
    double level;
    cod_measure_table *tables;
    size_t count;
    int64_t runs[3]; /* of the study, by cod_run_state */
} result_tables;

/* Tables of at most 100 columns, and two lines on what they show. */
void results_print(const result_tables *all);
/* One header line, a row for each method of each table. */
void results_print_csv(const result_tables *all);
/* The same as one document; an exit code. */
int results_print_json(const result_tables *all);

#endif
