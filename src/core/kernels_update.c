/* SPDX-License-Identifier: MIT */
/* Rows and columns of a factor (kernels_factor.c) come and go, for one instruction set
 * (COD_ISA, a name). Whatever the width of the vectors, each number is the same sum in
 * the same order. */
#include "core/kernels_panel.h"

#include <math.h>

void COD_PASTE(cod_gather_, COD_ISA, )(const cod_wolfe *w, const cod_factor *f,
                                       size_t first, size_t from)
{
    for (size_t a = first; a < w->count; a++) {
        const double *row = w->C + w->support[a] * w->stride;
        cod_factor_take(f, a, a > from ? a : from, w->count, row, w->support);
        if (a >= from)
            f->y[a] = w->b[w->support[a]];
    }
}

/* ---- a few more at the end ---- */

/* Products of `count` columns with each other and with y: h_0'h_0, h_1'h_0, h_1'h_1, ..
 * then y'h_0, .. */
enum {
    MOST = TOGETHER * (TOGETHER + 3) / 2,
    SUMS = (MOST + WIDTH - 1) / WIDTH * WIDTH
};

static ALWAYS_INLINE void take_products(int count, size_t n, const double *x,
                                        size_t apart, const double *y, double ret[SUMS])
{
    vector sum[SUMS][PARTS] = {0}, all[SUMS];
    for (size_t a = 0; a < n; a += COD_PANEL)
        UNROLL
    for (int v = 0; v < PARTS; v++) {
        vector h[TOGETHER + 1];
        size_t at = a + (size_t)v * WIDTH;
        h[count] = load_double(y + at);
        UNROLL
        for (int q = 0; q < count; q++)
            h[q] = load_double(x + (size_t)q * apart + at);
        UNROLL
        for (int k = 0; k < count * (count + 3) / 2; k++) {
            int q = k < 1 ? 0 : k < 3 ? 1 : k < 6 ? 2 : k < 10 ? 3 : 4;
            sum[k][v] += h[q] * h[k - q * (q + 1) / 2];
        }
    }
    UNROLL
    for (int k = 0; k < SUMS; k++)
        all[k] = add_halves(sum[k], PARTS);
    for (int k = 0; k < count * (count + 3) / 2; k += WIDTH) {
        vector across = add_across(all + k);
        memcpy(ret + k, &across, sizeof across);
    }
}

/* New columns of U, and their products: `columns` of as many as there are x. */
static NEVER_INLINE void extend_one(const cod_factor *f, size_t n, double *x,
                                    double ret_sums[SUMS])
{
    forward(1, 1, f, n, x, 0);
    take_products(1, n, x, 0, f->y, ret_sums);
}

static NEVER_INLINE void extend_two(const cod_factor *f, size_t n, double *x,
                                    size_t apart, double ret_sums[SUMS])
{
    forward(2, 2, f, n, x, apart);
    take_products(2, n, x, apart, f->y, ret_sums);
}

static NEVER_INLINE void extend_four(size_t columns, const cod_factor *f, size_t n,
                                     double *x, size_t apart, double ret_sums[SUMS])
{
    forward(TOGETHER, columns, f, n, x, apart);
    take_products(TOGETHER, n, x, apart, f->y, ret_sums);
}

/* The new rows, given what is above them: returns how many there are. */
static size_t finish_rows(const cod_wolfe *w, const cod_factor *f, size_t n,
                          size_t count, const double *sums, const double *y_sums,
                          double tiny)
{
    double *U = f->U + n * f->stride + n, *inverse = f->inverse + n, *y = f->y + n;
    for (size_t q = 0; q < count; q++, sums += q) {
        size_t j = w->support[n + q];
        double pivot = 0, rest = w->b[j] - y_sums[q];
        for (size_t r = 0; r <= q; r++) {
            pivot = w->C[j * w->stride + w->support[n + r]] - sums[r];
            for (size_t t = 0; t < r; t++)
                pivot -= U[t * f->stride + q] * U[t * f->stride + r];
            if (r == q)
                break;
            U[r * f->stride + q] = pivot * inverse[r];
            rest -= U[r * f->stride + q] * y[r];
        }
        if (!(pivot > tiny))
            return q;
        inverse[q] = 1 / sqrt(pivot);
        U[q * f->stride + q] = pivot * inverse[q];
        y[q] = rest * inverse[q];
    }
    return count;
}

/* TOGETHER rows, or fewer; returns how many of them are made. */
static size_t append(const cod_wolfe *w, const cod_factor *f, size_t n, size_t count,
                     double tiny, double *x)
{
    size_t apart = w->stride + COD_PANEL, padded = count > 2 ? TOGETHER : count;
    size_t stride = f->stride;
    double *U = f->U + n, sums[SUMS];
    memset(f->y + n, 0, COD_PANEL * sizeof *f->y);
    for (size_t q = 0; q < padded; q++) {
        const double *row =
            w->C + w->support[n + (q < count ? q : count - 1)] * w->stride;
        for (size_t a = 0; a < n; a++)
            x[q * apart + a] = row[w->support[a]];
    }
    if (count == 1)
        extend_one(f, n, x, sums);
    else if (count == 2)
        extend_two(f, n, x, apart, sums);
    else
        extend_four(count, f, n, x, apart, sums);
    size_t made =
        finish_rows(w, f, n, count, sums, sums + padded * (padded + 1) / 2, tiny);
    for (size_t a = made < count ? 0 : n; a < n + made; a++)
        memset(U + a * stride + made, 0, cod_factor_zeros(n + made) * sizeof *U);
    COD_PASTE(cod_corners_, COD_ISA, )(f, n, n + made);
    return made;
}

size_t COD_PASTE(cod_append_, COD_ISA, )(const cod_wolfe *w, const cod_factor *f,
                                         size_t from, double tiny, double *scratch)
{
    while (from < w->count) {
        size_t count = w->count - from < TOGETHER ? w->count - from : TOGETHER;
        size_t made = append(w, f, from, count, tiny, scratch);
        from += made;
        if (made < count)
            break;
    }
    return from;
}

/* ---- one out ---- */

/* What turns row T_k of T'T + u u', and the rest w of u, into the factor's row and what
 * the next row meets: w - p T_k, then T_k times `grow` and that times `part`. */
typedef struct rotation {
    double p, grow, part;
} rotation;

/* Of all rotations before. */
typedef struct rotated {
    double sum, root; /* 1 + the squares of their p, and its root */
    double y;         /* of the row that leaves: what is left */
} rotated;

static rotation take_rotation(double p, rotated *all)
{
    double next = all->sum + p * p, root = sqrt(next), both = 1 / (all->root * root);
    all->sum = next;
    all->root = root;
    return (rotation){.p = p, .grow = next * both, .part = p * both};
}

/* Rows k .. k + count - 1, where the rows below them have T's. */
static ALWAYS_INLINE void rotate(int count, const cod_factor *f, size_t n, size_t k,
                                 double *restrict w, const rotation *t)
{
    size_t begin = k / WIDTH * WIDTH; /* no matter what is on the left */
    size_t stride = f->stride;
    double *restrict row = f->U + k * stride;
    vector p[TOGETHER], grow[TOGETHER], part[TOGETHER];
    UNROLL
    for (int q = 0; q < count; q++) {
        p[q] = (vector){0} + t[q].p;
        grow[q] = (vector){0} + t[q].grow;
        part[q] = (vector){0} + t[q].part;
    }
    for (size_t c = begin; c < n; c += WIDTH) {
        double *at = row + c;
        vector rest = load_double(w + c);
        UNROLL
        for (int q = 0; q < count; q++, at += stride) {
            vector old = load_double(at + stride + 1);
            rest -= p[q] * old;
            old = grow[q] * old + part[q] * rest;
            memcpy(at, &old, sizeof old);
        }
        memcpy(w + c, &rest, sizeof rest);
    }
}

/* All of `count` rows from k on: the first elements of w go ahead of the others. */
static ALWAYS_INLINE void rotate_rows(int count, const cod_factor *f, size_t n,
                                      size_t k, double *w, rotated *all)
{
    rotation t[TOGETHER];
    size_t stride = f->stride;
    double *row = f->U + k * stride + k, *y = f->y + k, *inverse = f->inverse + k;
    rotated now = *all;
    UNROLL
    for (int q = 0; q < count; q++) {
        const double *old = row + stride + 1 + q;
        double first = w[k + (size_t)q];
        UNROLL
        for (int r = 0; r < q; r++, old += stride)
            first -= t[r].p * *old;
        t[q] = take_rotation(first * inverse[q + 1], &now);
        now.y -= t[q].p * y[q + 1];
        y[q] = t[q].grow * y[q + 1] + t[q].part * now.y;
    }
    *all = now;
    rotate(count, f, n, k, w, t);
    UNROLL
    for (int q = 0; q < count; q++, row += stride + 1)
        inverse[q] = 1 / *row;
}

static NEVER_INLINE void rotate_one(const cod_factor *f, size_t n, size_t k, double *w,
                                    rotated *all)
{
    rotate_rows(1, f, n, k, w, all);
}

static NEVER_INLINE void rotate_four(const cod_factor *f, size_t n, size_t k, double *w,
                                     rotated *all)
{
    rotate_rows(TOGETHER, f, n, k, w, all);
}

/* One column of so many rows goes, those behind it come nearer. */
static void shift_left(double *row, size_t stride, size_t rows, size_t columns)
{
    for (size_t a = 0; a < rows; a++, row += stride)
        for (size_t c = 0; c < columns; c += WIDTH) {
            vector next = load_double(row + c + 1);
            memcpy(row + c, &next, sizeof next);
        }
}

/* What is below the row that leaves gets that row u: T'T + u u' (Gill, Golub, Murray
 * and Saunders 1974, Math. Comput. 28, method C1), with p = T'^-1 u. */
void COD_PASTE(cod_drop_, COD_ISA, )(const cod_factor *f, size_t n, size_t place,
                                     double *scratch)
{
    double *w = scratch;
    rotated all = {.sum = 1, .root = 1, .y = f->y[place]};
    size_t k = place;
    memset(w + n, 0, COD_PANEL * sizeof *w);
    memcpy(w + place, f->U + place * f->stride + place + 1, (n - place) * sizeof *w);
    shift_left(f->U + place, f->stride, place, n - place);
    for (; k + TOGETHER < n; k += TOGETHER)
        rotate_four(f, n, k, w, &all);
    for (; k + 1 < n; k++)
        rotate_one(f, n, k, w, &all);
    COD_PASTE(cod_corners_, COD_ISA, )(f, place, n - 1);
}
