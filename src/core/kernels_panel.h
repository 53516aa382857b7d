/* SPDX-License-Identifier: MIT */
/* U'^-1 by panels of COD_PANEL rows, for what solves with a factor and what adds to it:
 * for one instruction set. */
#ifndef COD_CORE_KERNELS_PANEL_H
#define COD_CORE_KERNELS_PANEL_H

#include "core/kernels_factor.h"
#include "core/kernels_vector.h"

enum { PARTS = COD_PANEL / WIDTH, TOGETHER = 4 };

/* x over one panel, given what is above it: times the corner's inverse. */
static ALWAYS_INLINE void forward_corner(const double *corner, double *x)
{
    vector sum[PARTS];
    double s[COD_PANEL];
    memcpy(s, x, sizeof s);
    UNROLL
    for (int v = 0; v < PARTS; v++) {
        vector even = {0}, odd = {0};
        const double *at = corner + v * WIDTH;
        UNROLL
        for (int r = 0; r < COD_PANEL; r += 2) {
            even += s[r] * load_double(at + r * COD_PANEL);
            odd += s[r + 1] * load_double(at + (r + 1) * COD_PANEL);
        }
        sum[v] = even + odd;
    }
    memcpy(x, sum, sizeof sum);
}

/* Takes a panel's part out of elements `column` .. + WIDTH - 1 of each x; s: the
 * panel's. */
static ALWAYS_INLINE void take_panel(int count, const cod_factor *f, size_t first,
                                     size_t column, double s[TOGETHER][COD_PANEL],
                                     double *x, size_t apart)
{
    const double *row = f->U + first * f->stride + column;
    vector u[COD_PANEL];
    UNROLL
    for (int r = 0; r < COD_PANEL; r++)
        u[r] = load_double(row + (size_t)r * f->stride);
    UNROLL
    for (int q = 0; q < count; q++) {
        double *at = x + (size_t)q * apart + column;
        vector even = load_double(at), odd = {0};
        UNROLL
        for (int r = 0; r < COD_PANEL; r += 2) {
            even -= s[q][r] * u[r];
            odd += s[q][r + 1] * u[r + 1];
        }
        even -= odd;
        memcpy(at, &even, sizeof even);
    }
}

/* Rows of a panel, no more than there are, get their elements of new columns. */
static ALWAYS_INLINE void keep_panel(size_t columns, const cod_factor *f, size_t n,
                                     size_t first, double s[TOGETHER][COD_PANEL])
{
    double *row = f->U + first * f->stride + n;
    size_t before = cod_factor_zeros(n);
    size_t more = columns + cod_factor_zeros(n + columns) - before; /* 0, or a block */
    for (size_t r = 0; r < COD_PANEL && first + r < n; r++, row += f->stride) {
        for (size_t q = 0; q < columns; q++)
            row[q] = s[q][r];
        if (more > 0)
            memset(row + before, 0, COD_PANEL * sizeof *row);
    }
}

/* x <- U'^-1 x for `count` of them, `apart` doubles from one to the next; 0 behind. The
 * first `columns` of them become columns n .. of U, while its rows are in the cache. */
static ALWAYS_INLINE void forward(int count, size_t columns, const cod_factor *f,
                                  size_t n, double *x, size_t apart)
{
    double s[TOGETHER][COD_PANEL];
    for (int q = 0; q < count; q++)
        memset(x + (size_t)q * apart + n, 0, COD_PANEL * sizeof *x);
    for (size_t k = 0; k < n; k += COD_PANEL) {
        UNROLL
        for (int q = 0; q < count; q++) {
            double *at = x + (size_t)q * apart + k;
            forward_corner(f->corners + k * COD_PANEL, at);
            memcpy(s[q], at, sizeof s[q]);
        }
        for (size_t c = k + COD_PANEL; c < n; c += WIDTH)
            take_panel(count, f, k, c, s, x, apart);
        if (columns > 0)
            keep_panel(columns, f, n, k, s);
    }
}

#endif
