/* SPDX-License-Identifier: MIT */
/* Sets of points: orders, ranks and sums. */
#ifndef COD_FRONT_SET_H
#define COD_FRONT_SET_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

int cod_set_finite(size_t count, const double *values);

/* Positions 0 .. count - 1 in an order of the caller's values. */
typedef struct cod_order {
    size_t count;
    size_t *at; /* at[k]: which one is number k */
    size_t *spare;
    uint64_t *keys;
    uint64_t *spare_keys;
} cod_order;

/* Begins with the order in which they were given. 0 if there is no memory. */
int cod_order_alloc(cod_order *order, size_t count);
void cod_order_free(cod_order *order);

/* Sorts by values[k * stride], finite numbers, and leaves equal ones in the order that
 * they have: sorting by f_2 and then by f_1 gives the lexicographic order. */
void cod_order_by(cod_order *order, const double *values, size_t stride);

/* A set of numbers below `size`, with neighbours, in O(log_64 size). */
typedef struct cod_ranks {
    size_t levels;
    uint64_t *words[11]; /* a bit for each number; a bit for each word below; ... */
    size_t lengths[11];
} cod_ranks;

#define COD_NO_RANK SIZE_MAX

int cod_ranks_alloc(cod_ranks *ranks, size_t size);
void cod_ranks_free(cod_ranks *ranks);
void cod_ranks_insert(cod_ranks *ranks, size_t r);
void cod_ranks_remove(cod_ranks *ranks, size_t r);
/* The largest below r; the smallest at or above r; COD_NO_RANK where there is none. */
size_t cod_ranks_below(const cod_ranks *ranks, size_t r);
size_t cod_ranks_from(const cod_ranks *ranks, size_t r);

/* A sum that carries its rounding errors along (Neumaier 1974, ZAMM 54). */
typedef struct cod_sum {
    double high;
    double low;
} cod_sum;

static inline void cod_sum_add(cod_sum *sum, double value)
{
    double high = sum->high + value;
    sum->low += fabs(sum->high) >= fabs(value) ? (sum->high - high) + value
                                               : (value - high) + sum->high;
    sum->high = high;
}

static inline double cod_sum_value(const cod_sum *sum)
{
    return sum->high + sum->low;
}

#endif
