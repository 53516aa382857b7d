/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COD_BENCHMARKS_BENCH_PRIVATE_H
#define COD_BENCHMARKS_BENCH_PRIVATE_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "core/pool.h"

/* What several turns gave: of a time or a ratio, the best turn's (of a ratio: that of
 * the best times), the median, and how wide the middle half of all lies, relative to
 * the median. */
typedef struct bench_figure {
    double best;
    double median;
    double spread;
} bench_figure;

enum { BENCH_LEAST_TURNS = 9, BENCH_TURNS = 25 };

/* Something to be timed, and the seconds of one call in each turn. */
typedef struct bench_work {
    void (*run)(void *arg);
    void *arg;
    size_t turns;
    double seconds[BENCH_TURNS];
} bench_work;

/* Times several works turn by turn, so that whatever slows the machine slows them all.
 * Of one thread its own processor time is taken, so that others' turns on its processor
 * don't count; of several, the time that passes. `seconds` is what they take together,
 * about. */
void bench_measure(bench_work *works, size_t count, unsigned threads, double seconds);

/* The times of `work` in units of `unit` seconds; those of the turns, and their ratio
 * to the reference's of the same turn, times `factor`. */
bench_figure bench_time(const bench_work *work, double unit);
bench_figure bench_ratio(const bench_work *work, const bench_work *reference,
                         double factor);

/* Sets `key`, `key`_median and `key`_spread; 0, or -1 where there is no memory. NULL:
 * null, for a ratio that there is not. */
int bench_put(json_t *row, const char *key, const bench_figure *figure);
/* The same of a time and a ratio. */
int bench_put_time(json_t *row, const char *key, const bench_work *work, double unit);
int bench_put_ratio(json_t *row, const char *key, const bench_work *work,
                    const bench_work *reference);
/* "turns" of a work, and appends the row. `error`: something went wrong before. */
cod_status bench_add_row(json_t *rows, json_t *row, const bench_work *work, int error);

/* Whether the column is measured: has a median. */
int bench_is_measured(const json_t *row, const char *key);

/* Prints flat objects as a table, headed by the keys of the first; a measured column
 * as "best (median, spread)". */
void bench_print_rows(FILE *out, const json_t *rows);

/* Each adds rows, flat objects, to an array. `kernels` is the instruction set to be
 * used, NULL the best. COD_OK, or the first error. */
cod_status bench_gramian(json_t *rows, const char *kernels);
cod_status bench_combine(json_t *rows, const char *kernels);
cod_status bench_minnorm(json_t *rows, const char *kernels);
cod_status bench_minnorm_warm(json_t *rows, const char *kernels);
cod_status bench_minnorm_batch(json_t *rows, const char *kernels);
cod_status bench_cone(json_t *rows, const char *kernels);
cod_status bench_methods(json_t *rows, const char *kernels);
cod_status bench_network(json_t *rows, const char *kernels); /* both only with oneDNN */
cod_status bench_layers(json_t *rows, const char *kernels);

enum { BENCH_NAMES = 4 };

typedef struct bench_table {
    const char *name;
    const char *title;
    cod_status (*run)(json_t *rows, const char *kernels);
    const char *names[BENCH_NAMES]; /* the columns that tell its rows apart */
    int alone;                      /* BLAS gets one thread: so do we */
    int speeds; /* its ratios are of speeds: more is better; else of times */
} bench_table;

/* In order; NULL behind the last. */
const bench_table *bench_table_at(size_t k);
/* NULL where there is none of that name. */
const bench_table *bench_table_find(const char *name);

/* What names a row of the table, as "memory float32 m=2 threads=1". */
enum { BENCH_LABEL = 256 };
void bench_label(const bench_table *table, const json_t *row,
                 char ret_label[BENCH_LABEL]);

/* "codescent 0.1.0, PROCESSOR, avx2 kernels, ..." without the end of the line. */
void bench_print_machine(FILE *out, const json_t *machine);

/* The most threads that a table uses: as many as there are processors, up to 64. */
unsigned bench_threads(void);

/* The fixed small work that makes bare times comparable: dpotrf of 64 rows. */
enum { BENCH_REFERENCE_ROWS = 64 };

/* LAPACK's Cholesky factor of a random Gramian, to be timed. */
typedef struct bench_cholesky bench_cholesky;
bench_cholesky *bench_cholesky_alloc(size_t m);
void bench_cholesky_free(bench_cholesky *cholesky);
void bench_cholesky_run(void *cholesky);

/* A Gramian of m rows of n normal elements, row i of norm about scale^i. Returns -1
 * where there is no memory. */
int bench_random_gramian(size_t m, size_t n, double scale, uint64_t seed,
                         double *ret_G);

#endif
