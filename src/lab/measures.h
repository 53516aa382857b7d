/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The measures of a run store as tables over seeds: one for each problem and measure, a
 * row a method, compared with one method, the baseline. */
#ifndef COD_LAB_MEASURES_H
#define COD_LAB_MEASURES_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/status.h>

#include "lab/statistics.h"
#include "lab/store.h"

/* ---- all measures of a store ---- */

/* Different texts, in the order in which they came. */
typedef struct cod_names {
    char **texts;
    size_t count;
} cod_names;

/* One value; problem, measure and method are places in the lists of names. */
typedef struct cod_sample {
    size_t problem, measure, method;
    int64_t seed;
    double value;
    cod_better better;
} cod_sample;

typedef struct cod_measures {
    cod_names problems, measures, methods;
    cod_sample *samples; /* by problem, measure, method and seed, in this order */
    size_t count, room;
} cod_measures;

/* COD_OK (there may be none); COD_EFILE; COD_EMEMORY. To be freed with
 * cod_measures_free(), for which NULL is harmless. */
COD_MUST_CHECK cod_status cod_measures_read(cod_store *store,
                                            cod_measures **ret_measures,
                                            cod_message *ret_message);
void cod_measures_free(cod_measures *measures);

/* The place of a name; COD_ENAME names the nearest one. `what` is what it is called. */
COD_MUST_CHECK cod_status cod_names_find(const cod_names *names, const char *what,
                                         const char *name, size_t *ret_place,
                                         cod_message *ret_message);

#define COD_NO_BASELINE SIZE_MAX

/* The method that is `linear` with equal weights: the text "linear", else one with
 * weights that are equal as numbers; COD_NO_BASELINE where there is none. COD_OK;
 * COD_EMEMORY */
COD_MUST_CHECK cod_status cod_measures_baseline(const cod_measures *measures,
                                                size_t *ret_method);

/* ---- one table ---- */

typedef enum cod_verdict {
    COD_VERDICT_NONE, /* not compared */
    COD_VERDICT_BASELINE,
    COD_VERDICT_BETTER,
    COD_VERDICT_WORSE,
    COD_VERDICT_NOISE, /* the difference may be chance */
    COD_VERDICT_FEW,   /* no difference could be told apart from chance */
} cod_verdict;

/* What is not defined is NaN. */
typedef struct cod_measure_row {
    size_t method;
    size_t seeds;     /* values */
    size_t nonfinite; /* of these; the quartiles are those of the others */
    cod_quartiles quartiles;
    cod_verdict verdict;
    size_t pairs;      /* seeds that the baseline has, too, with a finite value of
                          either */
    double difference; /* median of the differences from the baseline, over the pairs of
                          two finite values */
    double p;          /* of the signed-rank test over the pairs */
    double p_holm;     /* corrected for all rows that are compared */
    double p_smallest; /* what p_holm could be at best, for so many pairs */
} cod_measure_row;

typedef struct cod_measure_table {
    size_t problem, measure;
    cod_better better;
    cod_measure_row *rows; /* in the order of the methods' names */
    size_t count;          /* 0: the store has no such measure of this problem */
    size_t compared;       /* rows with a p */
    int constant;          /* one finite value for every method and seed, of several */
} cod_measure_table;

/* Rows are compared where one of two values is better and the baseline has any. In a
 * pair, a value that is not finite counts as worse than any that is. The difference is
 * told apart from chance where p_holm <= level; which of the two is better is said by
 * the rank sums.
 *
 * COD_OK; COD_EMEMORY. To be cleared with cod_measure_table_clear(). */
COD_MUST_CHECK cod_status cod_measure_table_make(const cod_measures *measures,
                                                 size_t problem, size_t measure,
                                                 size_t baseline, double level,
                                                 cod_measure_table *ret_table);
void cod_measure_table_clear(cod_measure_table *table);

#endif
