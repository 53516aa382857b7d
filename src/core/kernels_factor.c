/* SPDX-License-Identifier: MIT */
/* The Cholesky factor of a piece of a Gramian, for one instruction set (COD_ISA, a
 * name): panels of COD_PANEL rows, each updated with all rows above it at once, so that
 * rows and columns can be added where the last call ended. Whatever the width of the
 * vectors, each number is the same sum in the same order. */
#include "core/kernels_factor.h"
#include "core/kernels_vector.h"

#include <math.h>

enum { STRIP = WIDTH == 8 ? 3 : 1 }; /* vectors side by side: COD_PANEL x STRIP sums */

typedef struct panel {
    size_t first, height;
    double corner[COD_PANEL][COD_PANEL]; /* U on the diagonal */
    double inverse[COD_PANEL];
    double y[COD_PANEL];
} panel;

/* sum[r] = U_p,first+r U_p,column.. over the rows p above the panel. */
static ALWAYS_INLINE void products(int vectors, const cod_factor *f, size_t first,
                                   size_t column, vector sum[COD_PANEL][STRIP])
{
    const double *row = f->U;
    UNROLL
    for (int r = 0; r < COD_PANEL; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        sum[r][v] = (vector){0};
    for (size_t p = 0; p < first; p++, row += f->stride) {
        vector x[STRIP];
        UNROLL
        for (int v = 0; v < vectors; v++)
            x[v] = load_double(row + column + (size_t)v * WIDTH);
        UNROLL
        for (int r = 0; r < COD_PANEL; r++)
            UNROLL
        for (int v = 0; v < vectors; v++)
            sum[r][v] += row[first + (size_t)r] * x[v];
    }
}

/* Columns column .. column + vectors WIDTH - 1 of a panel, whose corner is known. */
static ALWAYS_INLINE void strip(int vectors, const cod_factor *f, const panel *p,
                                size_t column)
{
    vector x[COD_PANEL][STRIP];
    double *at = f->U + p->first * f->stride + column;
    products(vectors, f, p->first, column, x);
    UNROLL
    for (int r = 0; r < COD_PANEL; r++)
        UNROLL
    for (int v = 0; v < vectors; v++) {
        size_t offset = (size_t)r * f->stride + (size_t)v * WIDTH;
        x[r][v] = load_double(at + offset) - x[r][v];
        for (int q = 0; q < r; q++)
            x[r][v] -= p->corner[q][r] * x[q][v];
        x[r][v] *= p->inverse[r];
        if ((size_t)r < p->height)
            memcpy(at + offset, &x[r][v], sizeof x[r][v]);
    }
}

static NEVER_INLINE void strip_wide(const cod_factor *f, const panel *p, size_t column)
{
    strip(STRIP, f, p, column);
}

static NEVER_INLINE void strip_narrow(const cod_factor *f, const panel *p,
                                      size_t column)
{
    strip(1, f, p, column);
}

static void take_corner(const cod_factor *f, panel *p)
{
    memset(p->corner, 0, sizeof p->corner);
    memset(p->inverse, 0, sizeof p->inverse);
    for (size_t r = 0; r < p->height; r++) {
        for (size_t c = r; c < p->height; c++)
            p->corner[r][c] = f->U[(p->first + r) * f->stride + p->first + c];
        p->inverse[r] = f->inverse[p->first + r];
    }
}

/* The same as products() for the corner's columns, and for y. */
static ALWAYS_INLINE void corner_products(int height, const cod_factor *f, size_t first,
                                          size_t column, vector sum[COD_PANEL],
                                          vector *ret_y)
{
    const double *row = f->U;
    vector y = {0};
    UNROLL
    for (int r = 0; r < height; r++)
        sum[r] = (vector){0};
    for (size_t p = 0; p < first; p++, row += f->stride) {
        vector x = load_double(row + column);
        y += f->y[p] * x;
        UNROLL
        for (int r = 0; r < height; r++)
            sum[r] += row[first + (size_t)r] * x;
    }
    *ret_y = y;
}

static ALWAYS_INLINE void update_rows(int height, const cod_factor *f, panel *p)
{
    for (size_t v = 0; v < COD_PANEL; v += WIDTH) {
        vector sum[COD_PANEL], y;
        corner_products(height, f, p->first, p->first + v, sum, &y);
        y = load_double(f->y + p->first + v) - y;
        memcpy(p->y + v, &y, sizeof y);
        UNROLL
        for (int r = 0; r < height; r++) {
            const double *row = f->U + (p->first + (size_t)r) * f->stride;
            vector x = load_double(row + p->first + v) - sum[r];
            memcpy(&p->corner[r][v], &x, sizeof x);
        }
    }
}

/* Brings corner and y up to date; what is past the panel's height is harmless junk. */
static void update_corner(const cod_factor *f, panel *p)
{
    if (p->height == 1)
        update_rows(1, f, p);
    else if (p->height <= 3)
        update_rows(3, f, p);
    else
        update_rows(COD_PANEL, f, p);
}

/* The corner's own factor; returns its height, or the row that fails: what is past
 * either is junk. */
static size_t factor_corner(panel *p, double tiny)
{
    enum { PARTS = COD_PANEL / WIDTH };
    vector x[COD_PANEL][PARTS];
    size_t made = p->height;
    memcpy(x, p->corner, sizeof x);
    UNROLL
    for (int k = 0; k < COD_PANEL; k++) {
        if ((size_t)k >= p->height)
            break;
        double pivot = x[k][k / WIDTH][k % WIDTH];
        int good = pivot > tiny;
        made = !good && (size_t)k < made ? (size_t)k : made;
        p->inverse[k] = 1 / sqrt(good ? pivot : 1);
        UNROLL
        for (int v = 0; v < PARTS; v++)
            x[k][v] *= p->inverse[k];
        UNROLL
        for (int r = k + 1; r < COD_PANEL; r++)
            UNROLL
        for (int v = 0; v < PARTS; v++)
            x[r][v] -= x[k][r / WIDTH][r % WIDTH] * x[k][v];
    }
    memcpy(p->corner, x, sizeof x);
    return made;
}

static void write_corner(const cod_factor *f, const panel *p)
{
    for (size_t r = 0; r < p->height; r++) {
        double y = p->y[r];
        for (size_t c = r; c < p->height; c++)
            f->U[(p->first + r) * f->stride + p->first + c] = p->corner[r][c];
        for (size_t q = 0; q < r; q++)
            y -= p->corner[q][r] * f->y[p->first + q];
        f->y[p->first + r] = y * p->inverse[r];
        f->inverse[p->first + r] = p->inverse[r];
    }
}

size_t COD_PASTE(cod_factor_, COD_ISA, )(const cod_factor *f, cod_factor_range range,
                                         double tiny)
{
    panel p = {.first = range.rows};
    while (p.first < range.n) {
        int old = p.first < range.from;
        size_t most = (old ? range.from : range.n) - p.first, made;
        p.height = made = most < COD_PANEL ? most : COD_PANEL;
        if (old) {
            take_corner(f, &p);
        } else {
            update_corner(f, &p);
            p.height = made = factor_corner(&p, tiny);
            write_corner(f, &p);
            memset(p.inverse + made, 0, (COD_PANEL - made) * sizeof *p.inverse);
        }
        size_t c = old ? range.from : p.first + made;
        for (; c + STRIP * WIDTH <= range.n; c += STRIP * WIDTH)
            strip_wide(f, &p, c);
        for (; c < range.n; c += WIDTH)
            strip_narrow(f, &p, c);
        p.first += made;
        if (made < COD_PANEL && made < most)
            break;
    }
    COD_PASTE(cod_corners_, COD_ISA, )(f, range.from, p.first);
    return p.first;
}
