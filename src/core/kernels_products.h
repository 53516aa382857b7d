/* SPDX-License-Identifier: MIT */
/* The products of a few rows over one block of columns, for one instruction set and one
 * type of elements (COD_ELEMENT, a name): see kernels.h for what is added in which
 * order. Included where COD_ELEMENT is defined. */
#ifndef COD_CORE_KERNELS_PRODUCTS_H
#define COD_CORE_KERNELS_PRODUCTS_H

#include <stdalign.h>
#include <stdint.h>

#include "core/kernels_vector.h"

/* Bytes between what is read and what is asked for, of few rows. */
enum { AHEAD = 2048 };

/* Where a kernel finds its rows: in a panel, or as the caller has them, and then
 * whether it leaves them in the panel for those that come after. */
enum { PANEL, ROWS, KEPT };

typedef COD_PASTE(element_, COD_ELEMENT, ) element;

static ALWAYS_INLINE vector load(const void *row, size_t k, int widened)
{
    return widened ? load_double((const double *)row + k)
                   : COD_PASTE(load_, COD_ELEMENT, )((const element *)row + k);
}

/* Asks memory for COD_LANES elements that will be read soon, `ahead` bytes behind
 * element k. Where they lie behind a row's end nothing is read. */
static ALWAYS_INLINE void fetch(const void *row, size_t k, size_t ahead)
{
#if defined(__GNUC__)
    uintptr_t at = (uintptr_t)row + k * sizeof(element) + ahead;
    for (size_t byte = 0; byte < COD_LANES * sizeof(element); byte += LINE)
        __builtin_prefetch((const void *)(at + byte), 0, 2);
#else
    (void)row;
    (void)k;
    (void)ahead;
#endif
}

/* Columns in hand, and what is asked of memory while they are multiplied: the columns
 * behind them, spread over the passes of the kernels. Asked for at once, they would
 * keep what is needed now waiting. */
typedef struct block {
    const void *const *rows; /* as the caller has them */
    size_t begin;
    size_t count;
    double *fresh; /* the first row of the panel that has still to be filled, or NULL */
    size_t widened; /* rows that come before it */
    size_t ahead;   /* rows to ask for in all */
    size_t asked;   /* of them, until now */
    size_t passes;  /* that there will be at the least */
    size_t pass;
} block;

/* The row to ask for in this pass, from the column behind the block on; `nothing`,
 * which is in the cache, where enough have been asked for. */
static const void *due(block *in, const void *nothing)
{
    if (in->asked == in->ahead || in->asked * in->passes >= in->ahead * in->pass)
        return nothing;
    return (const element *)in->rows[in->asked++] + in->begin + in->count;
}

/* Vectors of lanes that go together: as many as there are registers for, so that the
 * additions of one product need not wait for each other. Divides COD_LANES / WIDTH. */
static ALWAYS_INLINE size_t vectors_for(size_t products)
{
    size_t vectors = COD_LANES / WIDTH;
    while (vectors > 1 && vectors * products > ACCUMULATORS)
        vectors /= 2;
    return vectors;
}

/* The lanes from `first` on, for all products of rows a[] and b[] (lower: j <= i of
 * a[] alone). Every argument but the pointers is a constant where this is inlined, so
 * that the loops over rows unroll and `sum` lives in registers. */
static ALWAYS_INLINE void lane_products(block *in, size_t ra, size_t rb, int lower,
                                        int from, const void *const *a,
                                        const void *const *b, size_t first,
                                        size_t vectors, double (*ret_lanes)[COD_LANES])
{
    const void *next[2] = {ret_lanes, ret_lanes};
    in->pass++;
    for (size_t i = 0; from != ROWS && i < 2; i++)
        next[i] = due(in, ret_lanes);
    const size_t count = in->count;
    double *fresh = in->fresh;
    vector sum[TILE_ROWS * TILE_COLUMNS > 10 ? TILE_ROWS * TILE_COLUMNS : 10]
              [COD_LANES / WIDTH] = {0};
    for (size_t k = first; k < count; k += COD_LANES) {
        for (size_t i = 0; from == ROWS && first == 0 && i < ra; i++)
            fetch(a[i], k, AHEAD);
        for (size_t i = 0; from != ROWS && i < 2; i++)
            fetch(next[i], k, 0);
        UNROLL
        for (size_t v = 0; v < vectors; v++) {
            size_t at = k + v * WIDTH;
            vector x[TILE_COLUMNS];
            UNROLL
            for (size_t i = 0; i < ra; i++)
                x[i] = load(a[i], at, from == PANEL);
            UNROLL
            for (size_t i = 0; from == KEPT && i < ra; i++)
                memcpy(fresh + i * COD_PANEL_STRIDE + at, &x[i], sizeof x[i]);
            UNROLL
            for (size_t j = 0; j < rb; j++) {
                vector y = lower ? x[j] : load(b[j], at, 1);
                UNROLL
                for (size_t i = lower ? j : 0; i < ra; i++)
                    sum[(lower ? i * (i + 1) / 2 : i * rb) + j][v] += x[i] * y;
            }
        }
    }
    size_t products = lower ? ra * (ra + 1) / 2 : ra * rb;
    UNROLL
    for (size_t p = 0; p < products; p++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        const vector its = sum[p][v]; /* or the array would be in memory */
        memcpy(&ret_lanes[p][first + v * WIDTH], &its, sizeof its);
    }
}

/* The lanes of one product, added up to one vector. */
static ALWAYS_INLINE vector fold_lanes(const double *lanes)
{
    vector part[COD_LANES / WIDTH];
    UNROLL
    for (size_t v = 0; v < COD_LANES / WIDTH; v++)
        part[v] = load_double(lanes + v * WIDTH);
    return add_halves(part, COD_LANES / WIDTH);
}

/* Makes the compiler store an array: kept in registers, the sums of one half of the
 * lanes would leave too few for the other half. */
#if defined(__GNUC__)
#define TO_MEMORY(array) __asm__ volatile("" : : "r"(array) : "memory")
#else
#define TO_MEMORY(array) (void)0
#endif

/* Adds the products of rows a[] and b[] over the block to sums. */
static ALWAYS_INLINE void multiply(block *in, size_t ra, size_t rb, int lower, int from,
                                   const void *const *a, const void *const *b,
                                   double *sums, size_t ld)
{
    alignas(64) double lanes[16][COD_LANES];
    alignas(64) double total[16];
    size_t products = lower ? ra * (ra + 1) / 2 : ra * rb;
    size_t vectors = vectors_for(products);
    UNROLL
    for (size_t first = 0; first < COD_LANES; first += vectors * WIDTH) {
        if (first > 0)
            TO_MEMORY(lanes);
        lane_products(in, ra, rb, lower, from, a, b, first, vectors, lanes);
    }
    UNROLL
    for (size_t p = 0; p < products; p += WIDTH) {
        vector folded[WIDTH];
        UNROLL
        for (size_t q = 0; q < WIDTH; q++)
            folded[q] = fold_lanes(lanes[p + q < products ? p + q : p]);
        vector added = add_across(folded);
        memcpy(total + p, &added, sizeof added);
    }
    UNROLL
    for (size_t i = 0; i < ra; i++) {
        double *at = sums + i * ld, row[TILE_COLUMNS];
        size_t columns = lower ? i + 1 : rb;
        memcpy(row, at, columns * sizeof *row);
        UNROLL
        for (size_t j = 0; j < columns; j++)
            row[j] += total[(lower ? i * (i + 1) / 2 : i * rb) + j];
        memcpy(at, row, columns * sizeof *row);
    }
}

#endif
