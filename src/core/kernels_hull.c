/* SPDX-License-Identifier: MIT */
/* Scaling and certificate of a Gramian, for one instruction set (COD_ISA, a name). The
 * scaling is the same bytes for each; the certificate's last bits depend on the set. */
#include "core/kernels_factor.h"
#include "core/kernels_hull_batch.h"
#include "core/kernels_vector.h"

#include <math.h>
#include <stdint.h>

enum { TOGETHER = 4 }; /* columns that are added to a sum at once */

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

#if defined(__GNUC__)
typedef int64_t bits __attribute__((vector_size(8 * WIDTH)));
#else
typedef int64_t bits;
#endif

static ALWAYS_INLINE bits bits_of(vector x)
{
    bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

/* 1 where a and b differ, else 0 */
static ALWAYS_INLINE bits differing(vector a, vector b)
{
#if defined(__GNUC__)
    return -(a != b);
#else
    return a != b;
#endif
}

static ALWAYS_INLINE int is_zero(bits x)
{
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)x, (__m512i)x) == 0;
#else
    int64_t each[WIDTH], any = 0;
    memcpy(each, &x, sizeof each);
    for (int k = 0; k < WIDTH; k++)
        any |= each[k];
    return any == 0;
#endif
}

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

/* The same for a tile below the diagonal. */
static void note_tile(cod_wolfe *w, size_t i0, size_t j0, const vector *x)
{
    bits columns = {0};
    int64_t each[WIDTH];
    for (size_t r = 0; r < WIDTH; r++) {
        bits row = differing(x[r], load_double(w->C + (i0 + r) * w->stride + j0));
        size_t count = 0;
        columns += row;
        memcpy(each, &row, sizeof row);
        for (size_t c = 0; c < WIDTH; c++)
            count += (size_t)each[c];
        w->changes[i0 + r] += count;
        w->changed += count;
    }
    memcpy(each, &columns, sizeof columns);
    for (size_t c = 0; c < WIDTH; c++)
        w->changes[j0 + c] += (size_t)each[c];
    w->kept = w->changed <= COD_CHANGES * w->m;
}

/* Whether C holds a tile already: nearly all, from one solve to the next. */
static ALWAYS_INLINE int tile_is_kept(const double *C, size_t stride, const vector *x)
{
    bits differs = {0};
    UNROLL
    for (int r = 0; r < WIDTH; r++, C += stride)
        differs |= bits_of(x[r]) ^ bits_of(load_double(C));
    return is_zero(differs);
}

/* The same for row i from column `first` to the diagonal, where whole vectors are. */
static ALWAYS_INLINE int row_is_kept(const cod_wolfe *w, const double *G,
                                     const double *d, size_t i, size_t first)
{
    const double *row = G + i * w->m, *before = w->C + i * w->stride;
    bits differs = {0};
    if (i + 1 < WIDTH)
        return 0;
    for (size_t j = first; j <= i; j += WIDTH) {
        size_t at = j + WIDTH <= i + 1 ? j : i + 1 - WIDTH;
        vector x = load_double(row + at) * d[i] * load_double(d + at);
        differs |= bits_of(x) ^ bits_of(load_double(before + at));
    }
    return is_zero(differs);
}

/* G_ij d_i d_j over WIDTH x WIDTH below the diagonal; what is new goes into `seen`. */
static ALWAYS_INLINE void scale_tile(cod_wolfe *w, const double *G, const double *d,
                                     size_t i0, size_t j0, bits *seen)
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

/* Tiles, so that the columns that are written stay in the cache. */
static int scale(cod_wolfe *w, const double *G, const double *d)
{
    size_t m = w->m;
    bits seen = {0};
    int64_t each[WIDTH], rest = 0;
    int resume = w->kept;
    w->most = resume ? w->most : 0;
    for (size_t i0 = 0; i0 < m; i0 += WIDTH) {
        size_t done = 0;
        for (; i0 + WIDTH <= m && done + WIDTH <= i0; done += WIDTH)
            scale_tile(w, G, d, i0, done, &seen);
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

/* ---- certificate ---- */

/* sum + rest grows by c v, to the rounding of rest: sum has to stay above what comes.
 */
static ALWAYS_INLINE void add_product(vector c, vector v, vector *sum, vector *rest)
{
#if defined(__FMA__)
    vector s = fused(c, v, *sum);
    *rest += fused(c, v, *sum - s);
#else
    vector p = c * v, s = *sum + p;
    *rest += (p - (s - *sum)) + product_rest(c, v, p);
#endif
    *sum = s;
}

/* Adds `count` columns of C times their v to high + low. */
static ALWAYS_INLINE void add_columns(int count, const cod_wolfe *w, const size_t *list,
                                      double *high, double *low)
{
    const double *row[TOGETHER];
    vector v[TOGETHER];
    size_t m = w->m;
    for (int k = 0; k < count; k++) {
        row[k] = w->C + list[k] * w->stride; /* C is symmetric */
        v[k] = (vector){0} + w->v[list[k]];
    }
    for (size_t i = 0; i < m; i += WIDTH) {
        vector sum = load_double(high + i), rest = load_double(low + i);
        UNROLL
        for (int k = 0; k < count; k++)
            add_product(load_double(row[k] + i), v[k], &sum, &rest);
        memcpy(high + i, &sum, sizeof sum);
        memcpy(low + i, &rest, sizeof rest);
    }
}

/* All columns with v_j > 0, and sums on the way: of v_j, and of v_j |row j|. */
typedef struct columns {
    size_t *list, count;
    double total, size;
} columns;

static columns list_columns(const cod_wolfe *w, size_t *list)
{
    double total[COD_PANEL] = {0}, size[COD_PANEL] = {0};
    columns all = {.list = list};
    for (size_t i = 0; i < w->m; i += COD_PANEL)
        for (size_t k = 0; k < COD_PANEL; k++) {
            total[k] += w->v[i + k];
            size[k] += w->v[i + k] * w->length[i + k];
        }
    for (size_t k = 0; k < COD_PANEL; k++) {
        all.total += total[k];
        all.size += size[k];
    }
    for (size_t j = 0; j < w->m; j++) {
        list[all.count] = j;
        all.count += w->v[j] != 0;
    }
    return all;
}

/* C v as high + low; returns sum v_j |row j|. The sums start from a power of two beyond
 * twice what they can come to: all have that one's rounding, and its errors are
 * differences (Zielke and Drygalla 2003, GAMM Mitt. 26). */
static double products(const cod_wolfe *w, double *high, double *low)
{
    columns all = list_columns(w, (size_t *)(void *)(low + w->stride));
    int exponent;
    size_t a = 0;
    frexp(all.total * w->most, &exponent);
    double far = ldexp(1, exponent + 1);
    for (size_t i = 0; i < w->stride; i++) {
        high[i] = far;
        low[i] = 0;
    }
    for (; a + TOGETHER <= all.count; a += TOGETHER)
        add_columns(TOGETHER, w, all.list + a, high, low);
    for (; a < all.count; a++)
        add_columns(1, w, all.list + a, high, low);
    for (size_t i = 0; i < w->stride; i++)
        high[i] -= far;
    return isnan(all.total) ? NAN : all.size;
}

/* sum x_i (high_i + low_i), Dot2 (Ogita, Rump and Oishi 2005); low may be NULL. Whole
 * vectors, with zeros behind. */
static cod_twofold dot(size_t m, const double *x, const double *high, const double *low)
{
    vector sum = {0}, rest = {0};
    for (size_t i = 0; i < m; i += WIDTH) {
        vector v = load_double(x + i), h = load_double(high + i), p = v * h;
        vector s = sum + p, part = s - sum;
        rest += ((sum - (s - part)) + (p - part)) + product_rest(h, v, p);
        if (low != NULL)
            rest += v * load_double(low + i);
        sum = s;
    }
    double sums[WIDTH], rests[WIDTH];
    memcpy(sums, &sum, sizeof sum);
    memcpy(rests, &rest, sizeof rest);
    cod_twofold all = {sums[0], rests[0]};
    for (int k = 1; k < WIDTH; k++) {
        cod_twofold s = two_sum(all.high, sums[k]);
        all = (cod_twofold){s.high, all.low + (s.low + rests[k])};
    }
    return quick_two_sum(all.high, all.low);
}

/* The largest of the errors; infinite where one is NaN. */
static double worst_error(const cod_wolfe *w, cod_twofold lambda, double size)
{
    const double *high = w->work, *low = high + w->stride;
    double worst[COD_PANEL] = {0}, total[COD_PANEL] = {0};
    for (size_t i = 0; i < w->m; i += COD_PANEL)
        for (size_t k = i; k < i + COD_PANEL; k++) {
            double b = w->b[k]; /* a power of two: products are exact */
            double r = (high[k] - lambda.high * b) + (low[k] - lambda.low * b);
            double error = w->v[k] > 0 ? fabs(r) : -r;
            error = error <= 0 ? 0 : error / (w->length[k] * size);
            total[k - i] += error;
            worst[k - i] = error > worst[k - i] ? error : worst[k - i];
        }
    for (int k = 1; k < COD_PANEL; k++) {
        total[0] += total[k];
        worst[0] = worst[k] > worst[0] ? worst[k] : worst[0];
    }
    return isnan(total[0]) ? INFINITY : worst[0];
}

static double kkt(const cod_wolfe *w, double *ret_norm)
{
    double *high = w->work, *low = high + w->stride;
    double size = products(w, high, low);
    cod_twofold weight = dot(w->m, w->v, w->b, NULL);
    cod_twofold form = dot(w->m, w->v, high, low);
    *ret_norm = sqrt(fmax(form.high, 0)) / weight.high;
    return worst_error(w, twofold_divide(form, weight), size);
}

const cod_hull_kernels COD_PASTE(cod_hull_kernels_, COD_ISA, ) = {
#define NAME_(isa) #isa
#define NAME(isa)  NAME_(isa)
    .name = NAME(COD_ISA),
    .factor = COD_PASTE(cod_factor_, COD_ISA, ),
    .gather = COD_PASTE(cod_gather_, COD_ISA, ),
    .drop = COD_PASTE(cod_drop_, COD_ISA, ),
    .extend = COD_PASTE(cod_extend_, COD_ISA, ),
    .corners = COD_PASTE(cod_corners_, COD_ISA, ),
    .forward = COD_PASTE(cod_forward_, COD_ISA, ),
    .back = COD_PASTE(cod_back_, COD_ISA, ),
    .slack = COD_PASTE(cod_slack_, COD_ISA, ),
    .sweep = COD_PASTE(cod_sweep_, COD_ISA, ),
    .kkt = kkt,
    .finite = is_finite,
    .scale = scale,
    .batch = batch,
};
