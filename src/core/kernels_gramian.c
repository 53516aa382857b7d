/* SPDX-License-Identifier: MIT */
/* Products of rows, for one instruction set (COD_ISA, a name) and one type of elements
 * (COD_ELEMENT, a name): see kernels.h for what is added in which order.
 *
 * Where products are exact in float64 (all types but float64), this file is compiled
 * with contraction of a * b + c into one operation: it changes no bit. For float64 it
 * must stay off. */
#include "core/kernels_products.h"

#define COD_ROW_KERNELS                                                                \
    COD_PASTE(cod_row_kernels_, COD_ELEMENT, COD_PASTE(_, COD_ISA, ))
extern const cod_row_kernels COD_ROW_KERNELS;

enum {
    GROUP = 8, /* rows of products that are taken together */
    SMALL = 4, /* rows whose products with one another are one kernel */
};

/* The lower triangle of m <= SMALL rows. Functions of their own: together they are more
 * than gcc keeps in registers. */
#define SMALL_KERNEL(m, from)                                                          \
    static NEVER_INLINE void small_##m##_##from(block *in, const void *const *rows,    \
                                                double *sums, size_t ld)               \
    {                                                                                  \
        multiply(in, m, m, 1, from, rows, rows, sums, ld);                             \
    }
SMALL_KERNEL(1, ROWS)
SMALL_KERNEL(2, ROWS)
SMALL_KERNEL(3, ROWS)
SMALL_KERNEL(4, ROWS)
SMALL_KERNEL(4, KEPT)
SMALL_KERNEL(1, PANEL)
SMALL_KERNEL(2, PANEL)
SMALL_KERNEL(3, PANEL)
SMALL_KERNEL(4, PANEL)

typedef void small_kernel(block *in, const void *const *rows, double *sums, size_t ld);

/* Where `count` rows go on that have not been widened yet. */
static void find_rows(const block *in, size_t count, const void **ret_rows)
{
    for (size_t i = 0; i < count; i++)
        ret_rows[i] = (const element *)in->rows[in->widened + i] + in->begin;
}

static void find_panel(const double *panel, size_t count, const void **ret_rows)
{
    for (size_t i = 0; i < count; i++)
        ret_rows[i] = panel + i * COD_PANEL_STRIDE;
}

static void were_widened(block *in, size_t count)
{
    in->widened += count;
    in->fresh += count * COD_PANEL_STRIDE;
}

static void direct(block *in, size_t m, double *sums, size_t ld)
{
    static small_kernel *const kernels[SMALL] = {small_1_ROWS, small_2_ROWS,
                                                 small_3_ROWS, small_4_ROWS};
    const void *x[SMALL] = {NULL};
    find_rows(in, m, x);
    kernels[m - 1](in, x, sums, ld);
}

static void small_triangle(block *in, size_t m, const double *panel, double *sums,
                           size_t ld)
{
    static small_kernel *const kernels[SMALL] = {small_1_PANEL, small_2_PANEL,
                                                 small_3_PANEL, small_4_PANEL};
    const void *x[SMALL] = {NULL};
    if (panel == in->fresh) { /* the first rows of more than SMALL */
        find_rows(in, SMALL, x);
        small_4_KEPT(in, x, sums, ld);
        were_widened(in, SMALL);
        return;
    }
    find_panel(panel, m, x);
    kernels[m - 1](in, x, sums, ld);
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
            fetch(x, 0, AHEAD);
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

/* One tile of at most TILE_ROWS x TILE_COLUMNS products. The first one of its rows
 * brings them into the panel. */
static void tile(block *in, size_t ra, const double *a, size_t rb, const double *b,
                 double *sums, size_t ld)
{
    const void *x[TILE_ROWS] = {NULL};
    const void *y[TILE_COLUMNS] = {NULL};
    int kept = a == in->fresh;
    if (kept)
        find_rows(in, ra, x);
    else
        find_panel(a, ra, x);
    find_panel(b, rb, y);
#define TILE(r, c)                                                                     \
    case (r)*8 + (c):                                                                  \
        multiply(in, r, c, 0, PANEL, x, y, sums, ld);                                  \
        break;
#define KEPT_TILE(r)                                                                   \
    case 64 + (r)*8 + TILE_COLUMNS:                                                    \
        multiply(in, r, TILE_COLUMNS, 0, KEPT, x, y, sums, ld);                        \
        break;
    /* clang-format off */
    switch (kept * 64 + ra * 8 + rb) {
    TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) KEPT_TILE(1)
    TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4) KEPT_TILE(2)
#if TILE_ROWS > 2
    TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4) KEPT_TILE(3)
    TILE(4, 1) TILE(4, 2) TILE(4, 3) TILE(4, 4) KEPT_TILE(4)
#endif
    }
    /* clang-format on */
#undef TILE
#undef KEPT_TILE
    if (kept)
        were_widened(in, ra);
}

static size_t at_most(size_t limit, size_t count)
{
    return count < limit ? count : limit;
}

/* At most GROUP x GROUP products: their rows stay in the first-level cache. */
static void group(block *in, size_t ma, const double *a, size_t mb, const double *b,
                  double *sums, size_t ld)
{
    for (size_t i = 0; i < ma; i += TILE_ROWS)
        for (size_t j = 0; j < mb; j += TILE_COLUMNS)
            tile(in, at_most(TILE_ROWS, ma - i), a + i * COD_PANEL_STRIDE,
                 at_most(TILE_COLUMNS, mb - j), b + j * COD_PANEL_STRIDE,
                 sums + i * ld + j, ld);
}

static void rectangle_of(block *in, size_t ma, const double *a, size_t mb,
                         const double *b, double *sums, size_t ld)
{
    for (size_t i = 0; i < ma; i += GROUP)
        for (size_t j = 0; j < mb; j += GROUP)
            group(in, at_most(GROUP, ma - i), a + i * COD_PANEL_STRIDE,
                  at_most(GROUP, mb - j), b + j * COD_PANEL_STRIDE, sums + i * ld + j,
                  ld);
}

/* Every strip of rows meets the first rows first: rows are in the panel before others
 * need them there. */
static void triangle_of(block *in, size_t m, const double *panel, double *sums,
                        size_t ld)
{
    for (size_t i = 0; i < m; i += GROUP) {
        const double *a = panel + i * COD_PANEL_STRIDE;
        size_t ma = at_most(GROUP, m - i);
        rectangle_of(in, ma, a, i, panel, sums + i * ld, ld);
        for (size_t k = 0; k < ma; k += SMALL) {
            const double *c = a + k * COD_PANEL_STRIDE;
            double *corner = sums + (i + k) * ld + i;
            size_t mc = at_most(SMALL, ma - k);
            group(in, mc, c, k, a, corner, ld);
            small_triangle(in, mc, c, corner + k, ld);
        }
    }
}

/* The passes of whole tiles of m rows' triangle. */
static size_t passes_for(size_t m)
{
    size_t small = m / SMALL;
    size_t tiles = small * (small - 1) / 2 * (SMALL / TILE_ROWS);
    return small * (COD_LANES / WIDTH) / vectors_for(SMALL * (SMALL + 1) / 2) +
           tiles * (COD_LANES / WIDTH) / vectors_for(TILE_ROWS * TILE_COLUMNS);
}

static void triangle(size_t m, const double *panel, size_t count, double *sums,
                     size_t ld)
{
    block in = {.count = count};
    triangle_of(&in, m, panel, sums, ld);
}

static void rectangle(size_t ma, const double *a, size_t mb, const double *b,
                      size_t count, double *sums, size_t ld)
{
    block in = {.count = count};
    rectangle_of(&in, ma, a, mb, b, sums, ld);
}

static void blocks(size_t m, const void *const *rows, size_t begin, size_t count,
                   double *panel, double *sums, size_t ld)
{
    size_t passes = passes_for(m);
    for (size_t b = 0; b < count; b++) {
        block in = {.rows = rows,
                    .begin = begin + b * COD_BLOCK,
                    .count = COD_BLOCK,
                    .fresh = panel,
                    .ahead = b + 1 < count ? m : 0,
                    .passes = passes};
        if (!COD_PASTE(loads_, COD_ELEMENT, )) {
            widen(m, rows, in.begin, COD_BLOCK, panel);
            triangle(m, panel, COD_BLOCK, sums, ld);
        } else if (m <= SMALL)
            direct(&in, m, sums, ld);
        else
            triangle_of(&in, m, panel, sums, ld);
    }
}

const cod_row_kernels COD_ROW_KERNELS = {blocks, widen, triangle, rectangle};
