/* SPDX-License-Identifier: MIT */
/* Products of rows, for one instruction set (COD_ISA, a name) and one type of elements
 * (COD_ELEMENT, a name): see kernels.h for what is added in which order.
 *
 * Where products are exact in float64 (all types but float64), this file is compiled
 * with contraction of a * b + c into one operation: it changes no bit. For float64 it
 * must stay off. */
#include "core/kernels_vector.h"

#include <stdalign.h>

#define COD_ROW_KERNELS                                                                \
    COD_PASTE(cod_row_kernels_, COD_ELEMENT, COD_PASTE(_, COD_ISA, ))
extern const cod_row_kernels COD_ROW_KERNELS;

enum { GROUP = 8, LINE = 64 };

typedef COD_PASTE(element_, COD_ELEMENT, ) element;

static ALWAYS_INLINE vector load(const void *row, size_t k, int widened)
{
    return widened ? load_double((const double *)row + k)
                   : COD_PASTE(load_, COD_ELEMENT, )((const element *)row + k);
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
 * a[] alone). Every argument but the pointers and count is a constant where this is
 * inlined, so that the loops over rows unroll and `sum` lives in registers. */
static ALWAYS_INLINE void lane_products(size_t ra, size_t rb, int lower, int widened,
                                        const void *const *a, const void *const *b,
                                        size_t count, size_t first, size_t vectors,
                                        double (*ret_lanes)[COD_LANES])
{
    vector sum[TILE_ROWS * TILE_COLUMNS > 10 ? TILE_ROWS * TILE_COLUMNS : 10]
              [COD_LANES / WIDTH] = {0};
    for (size_t k = first; k < count; k += COD_LANES) {
        UNROLL
        for (size_t v = 0; v < vectors; v++) {
            vector x[TILE_COLUMNS];
            UNROLL
            for (size_t i = 0; i < ra; i++)
                x[i] = load(a[i], k + v * WIDTH, widened);
            UNROLL
            for (size_t j = 0; j < rb; j++) {
                vector y = lower ? x[j] : load(b[j], k + v * WIDTH, widened);
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
    for (size_t v = 0; v < vectors; v++)
        memcpy(&ret_lanes[p][first + v * WIDTH], &sum[p][v], sizeof(vector));
}

/* The lanes of one product, added up to one vector. */
static ALWAYS_INLINE vector fold_lanes(const double *lanes)
{
    vector part[COD_LANES / WIDTH];
    UNROLL
    for (size_t v = 0; v < COD_LANES / WIDTH; v++)
        part[v] = load_double(lanes + v * WIDTH);
    UNROLL
    for (size_t half = COD_LANES / WIDTH / 2; half > 0; half /= 2)
        UNROLL
    for (size_t v = 0; v < half; v++)
        part[v] += part[v + half];
    return part[0];
}

/* Makes the compiler store an array: kept in registers, the sums of one half of the
 * lanes would leave too few for the other half. */
#if defined(__GNUC__)
#define TO_MEMORY(array) __asm__ volatile("" : : "r"(array) : "memory")
#else
#define TO_MEMORY(array) (void)0
#endif

static ALWAYS_INLINE void multiply(size_t ra, size_t rb, int lower, int widened,
                                   const void *const *a, const void *const *b,
                                   size_t count, double *sums, size_t ld)
{
    alignas(64) double lanes[16][COD_LANES];
    alignas(64) double total[16];
    size_t products = lower ? ra * (ra + 1) / 2 : ra * rb;
    size_t vectors = vectors_for(products);
    for (size_t first = 0; first < COD_LANES; first += vectors * WIDTH) {
        lane_products(ra, rb, lower, widened, a, b, count, first, vectors, lanes);
        TO_MEMORY(lanes);
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

/* The lower triangle of m <= COD_DIRECT rows. Functions of their own: together they are
 * more than gcc keeps in registers. */
#define SMALL(m, widened)                                                              \
    static NEVER_INLINE void small_##m##_##widened(                                    \
        const void *const *rows, size_t count, double *sums, size_t ld)                \
    {                                                                                  \
        multiply(m, m, 1, widened, rows, rows, count, sums, ld);                       \
    }
SMALL(1, 0)
SMALL(2, 0)
SMALL(3, 0)
SMALL(4, 0)
SMALL(1, 1)
SMALL(2, 1)
SMALL(3, 1)
SMALL(4, 1)

typedef void small_kernel(const void *const *rows, size_t count, double *sums,
                          size_t ld);

static void direct(size_t m, const void *const *rows, size_t begin, size_t blocks,
                   double *sums, size_t ld)
{
    static small_kernel *const kernels[COD_DIRECT] = {small_1_0, small_2_0, small_3_0,
                                                      small_4_0};
    const void *at[COD_DIRECT] = {NULL};
    for (size_t b = 0; b < blocks; b++) {
        for (size_t i = 0; i < m; i++)
            at[i] = (const element *)rows[i] + begin + b * COD_BLOCK;
        kernels[m - 1](at, COD_BLOCK, sums, ld);
    }
}

static void small_triangle(size_t m, const double *panel, size_t count, double *sums,
                           size_t ld)
{
    static small_kernel *const kernels[COD_DIRECT] = {small_1_1, small_2_1, small_3_1,
                                                      small_4_1};
    const void *x[COD_DIRECT] = {NULL};
    for (size_t i = 0; i < m; i++)
        x[i] = panel + i * COD_PANEL_STRIDE;
    kernels[m - 1](x, count, sums, ld);
}

#define widen_element COD_PASTE(widen_, COD_ELEMENT, )

/* Four rows side by side: a lone row is too short a run for the processor's
 * prefetching. */
static ALWAYS_INLINE void widen_rows(size_t m, const void *const *rows, size_t begin,
                                     size_t count, double *ret_panel)
{
    size_t k = 0;
    for (; k + COD_LANES <= count; k += COD_LANES)
        for (size_t i = 0; i < m; i++) {
            const element *x = (const element *)rows[i] + begin + k;
            double *panel = ret_panel + i * COD_PANEL_STRIDE + k;
            UNROLL
            for (size_t v = 0; v < COD_LANES; v += WIDTH) {
                vector wide = load(x, v, 0);
                memcpy(panel + v, &wide, sizeof wide);
            }
        }
    for (size_t i = 0; i < m && k < count; i++) {
        double *panel = ret_panel + i * COD_PANEL_STRIDE + k;
        for (size_t l = 0; l < COD_LANES; l++)
            panel[l] = k + l < count
                           ? widen_element(((const element *)rows[i])[begin + k + l])
                           : 0;
    }
}

static void widen(size_t m, const void *const *rows, size_t begin, size_t count,
                  double *ret_panel)
{
    size_t i = 0;
    for (; i + 4 <= m; i += 4)
        widen_rows(4, rows + i, begin, count, ret_panel + i * COD_PANEL_STRIDE);
    for (; i < m; i++)
        widen_rows(1, rows + i, begin, count, ret_panel + i * COD_PANEL_STRIDE);
}

/* One tile of at most TILE_ROWS x TILE_COLUMNS products on the panel. */
static void tile(size_t ra, const double *a, size_t rb, const double *b, size_t count,
                 double *sums, size_t ld)
{
    const void *x[TILE_ROWS] = {NULL};
    const void *y[TILE_COLUMNS] = {NULL};
    for (size_t i = 0; i < ra; i++)
        x[i] = a + i * COD_PANEL_STRIDE;
    for (size_t j = 0; j < rb; j++)
        y[j] = b + j * COD_PANEL_STRIDE;
#define TILE(r, c)                                                                     \
    case (r)*8 + (c):                                                                  \
        multiply(r, c, 0, 1, x, y, count, sums, ld);                                   \
        break;
    /* clang-format off */
    switch (ra * 8 + rb) {
    TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4)
    TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4)
#if TILE_ROWS > 2
    TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4)
    TILE(4, 1) TILE(4, 2) TILE(4, 3) TILE(4, 4)
#endif
    }
    /* clang-format on */
#undef TILE
}

static size_t at_most(size_t limit, size_t count)
{
    return count < limit ? count : limit;
}

/* Asks for the next lines of rows that will be read soon. */
static ALWAYS_INLINE void fetch(cod_ahead *ahead, size_t lines)
{
#if defined(__GNUC__)
    for (; lines > 0 && ahead->row < ahead->m; lines--) {
        const char *row = ahead->rows[ahead->row];
        __builtin_prefetch(row + ahead->begin + ahead->byte, 0, 2);
        ahead->byte += LINE;
        if (ahead->byte >= ahead->bytes) {
            ahead->byte = 0;
            ahead->row++;
        }
    }
#else
    (void)ahead;
    (void)lines;
#endif
}

/* At most GROUP x GROUP products: their rows stay in the first-level cache. */
static void group(size_t ma, const double *a, size_t mb, const double *b, size_t count,
                  double *sums, size_t ld, cod_ahead *ahead)
{
    for (size_t i = 0; i < ma; i += TILE_ROWS)
        for (size_t j = 0; j < mb; j += TILE_COLUMNS) {
            fetch(ahead, ahead->step);
            tile(at_most(TILE_ROWS, ma - i), a + i * COD_PANEL_STRIDE,
                 at_most(TILE_COLUMNS, mb - j), b + j * COD_PANEL_STRIDE, count,
                 sums + i * ld + j, ld);
        }
}

static void rectangle(size_t ma, const double *a, size_t mb, const double *b,
                      size_t count, double *sums, size_t ld, cod_ahead *ahead)
{
    for (size_t i = 0; i < ma; i += GROUP)
        for (size_t j = 0; j < mb; j += GROUP)
            group(at_most(GROUP, ma - i), a + i * COD_PANEL_STRIDE,
                  at_most(GROUP, mb - j), b + j * COD_PANEL_STRIDE, count,
                  sums + i * ld + j, ld, ahead);
}

static void triangle(size_t m, const double *panel, size_t count, double *sums,
                     size_t ld, cod_ahead *ahead)
{
    for (size_t i = 0; i < m; i += GROUP) {
        const double *a = panel + i * COD_PANEL_STRIDE;
        size_t ma = at_most(GROUP, m - i);
        rectangle(ma, a, i, panel, count, sums + i * ld, ld, ahead);
        for (size_t k = 0; k < ma; k += COD_DIRECT) {
            const double *c = a + k * COD_PANEL_STRIDE;
            double *corner = sums + (i + k) * ld + i;
            size_t mc = at_most(COD_DIRECT, ma - k);
            group(mc, c, k, a, count, corner, ld, ahead);
            fetch(ahead, ahead->step);
            small_triangle(mc, c, count, corner + k, ld);
        }
    }
    fetch(ahead, SIZE_MAX);
}

const cod_row_kernels COD_ROW_KERNELS = {direct, widen, triangle, rectangle};
