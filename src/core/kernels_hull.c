/* SPDX-License-Identifier: MIT */
/* Scaling and certificate of a Gramian, for one instruction set (COD_ISA, a name). The
 * same bytes for each: no sum is fused, vectors only hold independent numbers. */
#include "core/kernels_factor.h"
#include "core/kernels_hull_batch.h"
#include "core/kernels_vector.h"

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

/* The same for a tile: nearly all are as they were. Returns 0 for those. */
static int note_tile(cod_wolfe *w, size_t i0, size_t j0, const vector *x)
{
    double tile[WIDTH][WIDTH];
    uint64_t differs[WIDTH] = {0}, any = 0;
    memcpy(tile, x, sizeof tile);
    for (size_t r = 0; r < WIDTH; r++) {
        uint64_t now[WIDTH], before[WIDTH];
        memcpy(now, tile[r], sizeof now);
        memcpy(before, w->C + (i0 + r) * w->stride + j0, sizeof before);
        for (size_t c = 0; c < WIDTH; c++)
            differs[c] |= now[c] ^ before[c];
    }
    for (size_t c = 0; c < WIDTH; c++)
        any |= differs[c];
    for (size_t r = 0; r < WIDTH && any != 0; r++)
        for (size_t c = 0; c < WIDTH; c++)
            note_change(w, i0 + r, j0 + c, tile[r][c]);
    return any != 0;
}

/* G_ij d_i d_j over WIDTH x WIDTH below the diagonal; adds 0 G to `bad`. */
static ALWAYS_INLINE void scale_tile(cod_wolfe *w, const double *G, const double *d,
                                     size_t i0, size_t j0, vector *bad)
{
    vector x[WIDTH], column = load_double(d + j0);
    UNROLL
    for (int r = 0; r < WIDTH; r++) {
        size_t i = i0 + (size_t)r;
        vector g = load_double(G + i * w->m + j0);
        *bad += 0 * g;
        x[r] = g * d[i] * column;
    }
    if (w->kept && !note_tile(w, i0, j0, x))
        return;
    UNROLL
    for (int r = 0; r < WIDTH; r++)
        memcpy(w->C + (i0 + (size_t)r) * w->stride + j0, &x[r], sizeof x[r]);
    transpose(x);
    UNROLL
    for (int r = 0; r < WIDTH; r++)
        memcpy(w->C + (j0 + (size_t)r) * w->stride + i0, &x[r], sizeof x[r]);
}

/* Tiles, so that the columns that are written stay in the cache. */
static int scale(cod_wolfe *w, const double *G, const double *d)
{
    size_t m = w->m;
    vector bad = {0};
    double rest = 0;
    for (size_t i0 = 0; i0 < m; i0 += WIDTH) {
        size_t done = 0;
        for (; i0 + WIDTH <= m && done + WIDTH <= i0; done += WIDTH)
            scale_tile(w, G, d, i0, done, &bad);
        for (size_t i = i0; i < m && i < i0 + WIDTH; i++)
            for (size_t j = done; j <= i; j++) {
                double g = G[i * m + j], x = g * d[i] * d[j];
                rest += 0 * g;
                if (w->kept)
                    note_change(w, i, j, x);
                w->C[j * w->stride + i] = w->C[i * w->stride + j] = x;
            }
    }
    for (size_t i = 0; i < m; i++)
        w->length[i] = w->C[i * w->stride + i];
    for (size_t i = 0; i < m; i++)
        w->inverse[i] = 1 / w->length[i];
    for (size_t i = 0; i < m; i++)
        w->length[i] = sqrt(w->length[i]);
    double each[WIDTH];
    memcpy(each, &bad, sizeof bad);
    for (int k = 0; k < WIDTH; k++)
        rest += each[k];
    return rest == 0;
}

/* ---- certificate ---- */

/* C v for rows i .. i + count WIDTH - 1 as high + low (Ogita, Rump and Oishi's Dot2).
 */
static ALWAYS_INLINE void dot2(int count, const cod_wolfe *w, size_t i, double *high,
                               double *low)
{
    vector sum[4], rest[4];
    UNROLL
    for (int k = 0; k < count; k++)
        sum[k] = rest[k] = (vector){0};
    for (size_t j = 0; j < w->m; j++) {
        double v = w->v[j];
        if (v == 0)
            continue;
        const double *row = w->C + j * w->stride + i;
        UNROLL
        for (int k = 0; k < count; k++) {
            vector c = load_double(row + k * WIDTH), p = c * v, s = sum[k] + p;
            vector part = s - sum[k];
            rest[k] += ((sum[k] - (s - part)) + (p - part)) + product_rest(c, v, p);
            sum[k] = s;
        }
    }
    memcpy(high + i, sum, (size_t)count * sizeof *sum);
    memcpy(low + i, rest, (size_t)count * sizeof *rest);
}

/* sum x_i (high_i + low_i) */
static cod_twofold dot(size_t m, const double *x, const double *high, const double *low)
{
    cod_twofold sum = twofold(0);
    for (size_t i = 0; i < m; i++) {
        cod_twofold p = two_product(x[i], high[i]), s = two_sum(sum.high, p.high);
        double rest = low != NULL ? x[i] * low[i] : 0;
        sum = (cod_twofold){s.high, sum.low + ((s.low + p.low) + rest)};
    }
    return quick_two_sum(sum.high, sum.low);
}

static double kkt(const cod_wolfe *w, double *ret_norm)
{
    double *high = w->work, *low = high + w->stride, *errors = low + w->stride;
    double size = 0, worst = 0;
    size_t i = 0;
    for (; i + 4 * WIDTH <= w->stride; i += 4 * WIDTH)
        dot2(4, w, i, high, low);
    for (; i < w->stride; i += WIDTH)
        dot2(1, w, i, high, low);
    for (i = 0; i < w->m; i++)
        size += w->v[i] * w->length[i];
    cod_twofold weight = dot(w->m, w->v, w->b, NULL);
    cod_twofold form = dot(w->m, w->v, high, low);
    cod_twofold lambda = twofold_divide(form, weight);
    *ret_norm = sqrt(fmax(form.high, 0)) / weight.high;
    for (i = 0; i < w->m; i++) { /* products with b, a power of two, are exact */
        double r = (high[i] - lambda.high * w->b[i]) + (low[i] - lambda.low * w->b[i]);
        double error = w->v[i] > 0 ? fabs(r) : -r;
        errors[i] = error <= 0 ? 0 : error / (w->length[i] * size);
    }
    double total = 0; /* knows of a NaN */
    for (i = 0; i < w->m; i++) {
        total += errors[i];
        worst = errors[i] > worst ? errors[i] : worst;
    }
    return isnan(total) ? INFINITY : worst;
}

const cod_hull_kernels COD_PASTE(cod_hull_kernels_, COD_ISA, ) = {
#define NAME_(isa) #isa
#define NAME(isa)  NAME_(isa)
    .name = NAME(COD_ISA),
    .factor = COD_PASTE(cod_factor_, COD_ISA, ),
    .gather = COD_PASTE(cod_gather_, COD_ISA, ),
    .drop = COD_PASTE(cod_drop_, COD_ISA, ),
    .back = COD_PASTE(cod_back_, COD_ISA, ),
    .slack = COD_PASTE(cod_slack_, COD_ISA, ),
    .sweep = COD_PASTE(cod_sweep_, COD_ISA, ),
    .kkt = kkt,
    .finite = is_finite,
    .scale = scale,
    .batch = batch,
};
