/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sum of an array: nothing reads memory and does less. */
#ifndef COD_BENCHMARKS_PLAIN_SUM_H
#define COD_BENCHMARKS_PLAIN_SUM_H

#include "core/pool.h"

/* With the pool's threads and the machine's widest vectors. `widened`: float32 is added
 * up in float64, as the Gramian does it; else in float32. */
double plain_sum_of(cod_pool *pool, const void *x, size_t count, cod_type type,
                    int widened);

/* sum[k] = the sum of rows[i][k] over the m rows, for begin <= k < begin + count. */
void plain_add_floats(size_t m, const float *const *rows, size_t begin, size_t count,
                      float *sum);
void plain_add_doubles(size_t m, const double *const *rows, size_t begin, size_t count,
                       double *sum);

#endif
