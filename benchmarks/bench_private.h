/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COD_BENCHMARKS_BENCH_PRIVATE_H
#define COD_BENCHMARKS_BENCH_PRIVATE_H

#include <stdint.h>

#include <jansson.h>

#include "core/pool.h"

/* Seconds for one call: the fastest, and the median, of several repetitions, and by how
 * much the slowest quarter is above the fastest, relative to the median. */
typedef struct bench_time {
    double min;
    double median;
    double spread;
} bench_time;

/* Something to be timed. After a failure `status` says so, and the times mean nothing.
 */
typedef struct bench_work {
    void (*run)(void *arg);
    void *arg;
    bench_time time;
} bench_work;

/* Times several works turn by turn, so that whatever slows the machine slows them all.
 * `seconds` is what they take together, about. */
void bench_measure(bench_work *works, size_t count, double seconds);

/* Each adds rows, flat objects, to an array; the first column names the row. `kernels`
 * is the instruction set to be used, NULL the best. COD_OK, or the first error. */
cod_status bench_gramian(json_t *rows, const char *kernels);
cod_status bench_combine(json_t *rows, const char *kernels);
cod_status bench_minnorm(json_t *rows, const char *kernels);
cod_status bench_minnorm_warm(json_t *rows, const char *kernels);
cod_status bench_minnorm_batch(json_t *rows, const char *kernels);
cod_status bench_cone(json_t *rows, const char *kernels);
cod_status bench_methods(json_t *rows, const char *kernels);
cod_status bench_network(json_t *rows, const char *kernels); /* both only with oneDNN */
cod_status bench_layers(json_t *rows, const char *kernels);

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
