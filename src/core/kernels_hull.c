/* SPDX-License-Identifier: MIT */
/* A Gramian's scaling, for one instruction set (COD_ISA, a name), and the list of what
 * there is for that set. The same bytes for each. */
#include "core/kernels_factor.h"
#include "core/kernels_hull_batch.h"
#include "core/kernels_hull_pivot.h"
#include "core/kernels_lanes.h"

#include <math.h>
#include <stdint.h>

extern const cod_hull_kernels COD_PASTE(cod_hull_kernels_, COD_ISA, );

static int is_finite(size_t m, const double *G)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) {
            uint64_t bits;
            memcpy(&bits, &G[i * m + j], sizeof bits);
            bad |= (bits & 0x7ff0000000000000u) == 0x7ff0000000000000u;
        }
    return !bad;
}

/* ---- scaling ---- */

/* 1 where a and b differ, else 0 */
static ALWAYS_INLINE lane_bits differing(vector a, vector b)
{
#if defined(__GNUC__)
    return -(a != b);
#else
    return a != b;
#endif
}

#if !defined(__GNUC__)
#define SHUFFLE(a, b, s, second) (a) /* one element: never called */
#elif defined(__AVX512F__)
#define SHUFFLE(a, b, s, second)                                                       \
    ((s) == 1 ? __builtin_shufflevector(a, b, 0 + second, 8 + second, 2 + second,      \
                                        10 + second, 4 + second, 12 + second,          \
                                        6 + second, 14 + second)                       \
     : (s) == 2                                                                        \
         ? __builtin_shufflevector(a, b, 0 + 2 * second, 1 + 2 * second,               \
                                   8 + 2 * second, 9 + 2 * second, 4 + 2 * second,     \
                                   5 + 2 * second, 12 + 2 * second, 13 + 2 * second)   \
         : __builtin_shufflevector(a, b, 0 + 4 * second, 1 + 4 * second,               \
                                   2 + 4 * second, 3 + 4 * second, 8 + 4 * second,     \
                                   9 + 4 * second, 10 + 4 * second, 11 + 4 * second))
#elif defined(__AVX2__)
#define SHUFFLE(a, b, s, second)                                                       \
    ((s) == 1 ? __builtin_shufflevector(a, b, 0 + second, 4 + second, 2 + second,      \
                                        6 + second)                                    \
              : __builtin_shufflevector(a, b, 0 + 2 * second, 1 + 2 * second,          \
                                        4 + 2 * second, 5 + 2 * second))
#else
#define SHUFFLE(a, b, s, second) __builtin_shufflevector(a, b, 0 + second, 2 + second)
#endif

/* WIDTH vectors of WIDTH: swaps halves, quarters, ... */
static ALWAYS_INLINE void transpose(vector *x)
{
    UNROLL
    for (int s = 1; s < WIDTH; s *= 2)
        UNROLL
    for (int r = 0; r < WIDTH; r++)
        if ((r & s) == 0) {
            vector a = x[r], b = x[r + s];
            x[r] = SHUFFLE(a, b, s, 0);
            x[r + s] = SHUFFLE(a, b, s, 1);
        }
}

/* Entry i, j becomes x. */
static void note_change(cod_wolfe *w, size_t i, size_t j, double x)
{
    if (w->C[i * w->stride + j] == x)
        return;
    w->changed++;
    w->changes[i]++;
    w->changes[j] += i != j;
    w->kept = w->changed <= COD_CHANGES * w->m;
}

/* a += b */
static ALWAYS_INLINE void add_counts(size_t *a, lane_bits b)
{
    lane_bits sum;
    memcpy(&sum, a, sizeof sum);
    sum += b;
    memcpy(a, &sum, sizeof sum);
}

/* The same for a tile below the diagonal. */
static void note_tile(cod_wolfe *w, size_t i0, size_t j0, const vector *x)
{
    vector differs[WIDTH];
    lane_bits rows = {0}, columns = {0};
    int64_t each[WIDTH];
    for (size_t r = 0; r < WIDTH; r++) {
        lane_bits row = differing(x[r], load_double(w->C + (i0 + r) * w->stride + j0));
        columns += row;
        memcpy(&differs[r], &row, sizeof row);
    }
    transpose(differs);
    for (size_t c = 0; c < WIDTH; c++)
        rows += bits_of(differs[c]);
    memcpy(each, &rows, sizeof rows);
    for (size_t r = 0; r < WIDTH; r++)
        w->changed += (size_t)each[r];
    add_counts(w->changes + i0, rows);
    add_counts(w->changes + j0, columns);
    w->kept = w->changed <= COD_CHANGES * w->m;
}

/* Whether C holds a tile already: nearly all, from one solve to the next. */
static ALWAYS_INLINE int tile_is_kept(const double *C, size_t stride, const vector *x)
{
    lane_bits differs = {0};
    UNROLL
    for (int r = 0; r < WIDTH; r++, C += stride)
        differs |= bits_of(x[r]) ^ bits_of(load_double(C));
    return is_zero(differs);
}

/* The same for row i from column `first` to the diagonal. */
static ALWAYS_INLINE int row_is_kept(const cod_wolfe *w, const double *G,
                                     const double *d, size_t i, size_t first)
{
    const double *row = G + i * w->m, *before = w->C + i * w->stride;
    lane_bits differs = {0};
    int short_differs = 0;
    if (i + 1 < WIDTH) {
        for (size_t j = 0; j <= i; j++)
            short_differs |= row[j] * d[i] * d[j] != before[j];
        return !short_differs;
    }
    for (size_t j = first; j <= i; j += WIDTH) {
        size_t at = j + WIDTH <= i + 1 ? j : i + 1 - WIDTH;
        vector x = load_double(row + at) * d[i] * load_double(d + at);
        differs |= bits_of(x) ^ bits_of(load_double(before + at));
    }
    return is_zero(differs);
}

/* The same for the triangle from i0 on, with what is left of it: whole vectors. */
static ALWAYS_INLINE int triangle_is_kept(const cod_wolfe *w, const double *G,
                                          const double *d, size_t i0)
{
    size_t m = w->m, stride = w->stride;
    const double *row = G + i0 * m + i0 + 1 - WIDTH;
    const double *before = w->C + i0 * stride + i0 + 1 - WIDTH;
    const double *columns = d + i0 + 1 - WIDTH;
    lane_bits differs = {0};
    UNROLL
    for (int r = 0; r < WIDTH; r++, row += m + 1, before += stride + 1, columns++) {
        vector x = load_double(row) * d[i0 + (size_t)r] * load_double(columns);
        differs |= bits_of(x) ^ bits_of(load_double(before));
    }
    return is_zero(differs);
}

/* G_ij d_i d_j over WIDTH x WIDTH below the diagonal; what is new goes into `seen`. */
static ALWAYS_INLINE void scale_tile(cod_wolfe *w, const double *G, const double *d,
                                     size_t i0, size_t j0, lane_bits *seen)
{
    size_t m = w->m, stride = w->stride;
    const double *from = G + i0 * m + j0;
    double *to = w->C + i0 * stride + j0, *mirrored = w->C + j0 * stride + i0;
    vector x[WIDTH], column = load_double(d + j0);
    UNROLL
    for (int r = 0; r < WIDTH; r++, from += m)
        x[r] = load_double(from) * d[i0 + (size_t)r] * column;
    if (w->kept && tile_is_kept(to, stride, x))
        return;
    if (w->kept)
        note_tile(w, i0, j0, x);
    UNROLL
    for (int r = 0; r < WIDTH; r++, to += stride) {
        *seen |= bits_of(x[r]);
        memcpy(to, &x[r], sizeof x[r]);
    }
    transpose(x);
    UNROLL
    for (int r = 0; r < WIDTH; r++, mirrored += stride)
        memcpy(mirrored, &x[r], sizeof x[r]);
}

/* Row i from column `first` on; returns what is new. */
static int64_t scale_row(cod_wolfe *w, const double *G, const double *d, size_t i,
                         size_t first)
{
    int64_t seen = 0;
    if (w->kept && row_is_kept(w, G, d, i, first))
        return 0;
    w->inverse[i] = 1 / (G[i * w->m + i] * d[i] * d[i]);
    w->length[i] = sqrt(G[i * w->m + i] * d[i] * d[i]);
    for (size_t j = first; j <= i; j++) {
        double x = G[i * w->m + j] * d[i] * d[j];
        int64_t its_bits;
        memcpy(&its_bits, &x, sizeof x);
        seen |= its_bits;
        if (w->kept)
            note_change(w, i, j, x);
        w->C[j * w->stride + i] = w->C[i * w->stride + j] = x;
    }
    return seen;
}

static void take_diagonal(cod_wolfe *w)
{
    for (size_t i = 0; i < w->m; i++)
        w->length[i] = w->C[i * w->stride + i];
    for (size_t i = 0; i < w->m; i++)
        w->inverse[i] = 1 / w->length[i];
    for (size_t i = 0; i < w->m; i++)
        w->length[i] = sqrt(w->length[i]);
}

static double largest_entry(const cod_wolfe *w)
{
    double most = 0;
    for (size_t i = 0; i < w->m; i++)
        for (size_t j = 0; j <= i; j++) {
            double x = fabs(w->C[i * w->stride + j]);
            most = x > most && !isinf(x) ? x : most;
        }
    return most;
}

/* The bits of all entries that are new say that they are finite and below 2, which
 * those of a Gramian are; else it takes a closer look. */
static int take_bound(cod_wolfe *w, const double *G, int64_t seen)
{
    int usual = (seen >> 52 & 2047) < 1024;
    if (!usual && !is_finite(w->m, G))
        return 0;
    double most = usual ? 2 : largest_entry(w);
    w->most = most > w->most ? most : w->most;
    return 1;
}

/* One row and its column alone. */
static int64_t rescale_row(cod_wolfe *w, const double *G, const double *d, size_t i)
{
    double *row = w->C + i * w->stride;
    int64_t seen = 0;
    for (size_t j = 0; j <= i; j++)
        row[j] = G[i * w->m + j] * d[i] * d[j];
    for (size_t j = i + 1; j < w->m; j++)
        row[j] = G[j * w->m + i] * d[j] * d[i];
    for (size_t j = 0; j < w->m; j++) {
        int64_t its_bits;
        memcpy(&its_bits, &row[j], sizeof its_bits);
        seen |= its_bits;
        w->C[j * w->stride + i] = row[j];
    }
    w->inverse[i] = 1 / row[i];
    w->length[i] = sqrt(row[i]);
    return seen;
}

static int rescale(cod_wolfe *w, const double *G, const double *d, const size_t *rows,
                   size_t count)
{
    int64_t seen = 0;
    for (size_t k = 0; k < count; k++)
        seen |= rescale_row(w, G, d, rows[k]);
    return take_bound(w, G, seen);
}

/* Tiles, so that the columns that are written stay in the cache. */
static int scale(cod_wolfe *w, const double *G, const double *d)
{
    size_t m = w->m;
    lane_bits seen = {0};
    int64_t each[WIDTH], rest = 0;
    int resume = w->kept;
    w->most = resume ? w->most : 0;
    for (size_t i0 = 0; i0 < m; i0 += WIDTH) {
        size_t done = 0;
        for (; i0 + WIDTH <= m && done + WIDTH <= i0; done += WIDTH)
            scale_tile(w, G, d, i0, done, &seen);
        if (w->kept && i0 >= WIDTH && i0 + WIDTH <= m && triangle_is_kept(w, G, d, i0))
            continue;
        for (size_t i = i0; i < m && i < i0 + WIDTH; i++)
            rest |= scale_row(w, G, d, i, done);
    }
    if (!resume)
        take_diagonal(w);
    memcpy(each, &seen, sizeof seen);
    for (int k = 0; k < WIDTH; k++)
        rest |= each[k];
    return take_bound(w, G, rest);
}

static void batch(size_t m, const double *G, double *ret_w, double *ret_kkt)
{
    if (m < 4)
        batch_closed(m, G, ret_w, ret_kkt);
    else
        batch_by_pivots(m, G, ret_w, ret_kkt);
}

const cod_hull_kernels COD_PASTE(cod_hull_kernels_, COD_ISA, ) = {
    .factor = COD_PASTE(cod_factor_, COD_ISA, ),
    .gather = COD_PASTE(cod_gather_, COD_ISA, ),
    .drop = COD_PASTE(cod_drop_, COD_ISA, ),
    .append = COD_PASTE(cod_append_, COD_ISA, ),
    .corners = COD_PASTE(cod_corners_, COD_ISA, ),
    .forward = COD_PASTE(cod_forward_, COD_ISA, ),
    .back = COD_PASTE(cod_back_, COD_ISA, ),
    .slack = COD_PASTE(cod_slack_, COD_ISA, ),
    .sweep = COD_PASTE(cod_sweep_, COD_ISA, ),
    .kkt = COD_PASTE(cod_kkt_, COD_ISA, ),
    .finite = is_finite,
    .scale = scale,
    .rescale = rescale,
    .batch = batch,
};
