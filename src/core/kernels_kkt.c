/* SPDX-License-Identifier: MIT */
/* The certificate of a min-norm point, for one instruction set (COD_ISA, a name): its
 * last bits depend on the set. */
#include "core/kernels_factor.h"
#include "core/kernels_lanes.h"

#include <float.h>
#include <math.h>

enum { TOGETHER = 4 }; /* vectors of sums side by side */

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

/* The sums of all columns times their v, from row i on: `vectors` of them. */
static ALWAYS_INLINE void add_columns(int vectors, const cod_wolfe *w,
                                      const columns *all, double far, size_t i,
                                      double *high, double *low)
{
    vector sum[TOGETHER], rest[TOGETHER];
    UNROLL
    for (int k = 0; k < vectors; k++) {
        sum[k] = (vector){0} + far;
        rest[k] = (vector){0};
    }
    for (size_t a = 0; a < all->count; a++) {
        const double *row = w->C + all->list[a] * w->stride + i; /* C is symmetric */
        vector v = (vector){0} + w->v[all->list[a]];
        UNROLL
        for (int k = 0; k < vectors; k++)
            add_product(load_double(row + (size_t)k * WIDTH), v, &sum[k], &rest[k]);
    }
    UNROLL
    for (int k = 0; k < vectors; k++) {
        size_t at = i + (size_t)k * WIDTH;
        sum[k] -= far;
        memcpy(high + at, &sum[k], sizeof sum[k]);
        memcpy(low + at, &rest[k], sizeof rest[k]);
    }
}

/* C v as high + low; returns sum v_j |row j|. The sums start from a power of two beyond
 * twice what they can come to: all have that one's rounding, and its errors are
 * differences (Zielke and Drygalla 2003, GAMM Mitt. 26). */
static double products(const cod_wolfe *w, double *high, double *low)
{
    columns all = list_columns(w, (size_t *)(void *)(low + w->stride));
    size_t i = 0;
    int exponent;
    frexp(all.total * w->most, &exponent);
    double far = ldexp(1, exponent + 1);
    for (; i + TOGETHER * WIDTH <= w->m; i += TOGETHER * WIDTH)
        add_columns(TOGETHER, w, &all, far, i, high, low);
    for (; i + WIDTH < w->m; i += 2 * WIDTH)
        add_columns(2, w, &all, far, i, high, low);
    for (; i < w->m; i += WIDTH)
        add_columns(1, w, &all, far, i, high, low);
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
    for (size_t half = WIDTH / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++) {
            cod_twofold s = two_sum(sums[k], sums[k + half]);
            sums[k] = s.high;
            rests[k] += rests[k + half] + s.low;
        }
    return quick_two_sum(sums[0], rests[0]);
}

/* e_i / (|row i| size), NaN where that is one. */
static ALWAYS_INLINE vector error_of(const cod_wolfe *w, size_t i, cod_twofold lambda,
                                     double size)
{
    const double *high = (const double *)w->work + i, *low = high + w->stride;
    const vector zero = {0}, least = zero + DBL_TRUE_MIN;
    vector b = load_double(w->b + i); /* powers of two: products are exact */
    vector r =
        (load_double(high) - lambda.high * b) + (load_double(low) - lambda.low * b);
    vector error =
        where_less(zero, load_double(w->v + i), where_less(zero, r, r, -r), -r);
    vector ratio = error / (load_double(w->length + i) * size);
    return where_less(error, least, zero, ratio); /* a NaN is not less */
}

/* The largest of the errors; infinite where one is NaN. */
static double worst_error(const cod_wolfe *w, cod_twofold lambda, double size)
{
    vector worst = {0}, total = {0};
    double most[WIDTH], sum[WIDTH];
    for (size_t i = 0; i < w->m; i += WIDTH) {
        vector error = error_of(w, i, lambda, size);
        total += error;
        worst = where_less(worst, error, error, worst);
    }
    memcpy(most, &worst, sizeof worst);
    memcpy(sum, &total, sizeof total);
    for (int k = 1; k < WIDTH; k++) {
        sum[0] += sum[k];
        most[0] = most[k] > most[0] ? most[k] : most[0];
    }
    return isnan(sum[0]) ? INFINITY : most[0];
}

double COD_PASTE(cod_kkt_, COD_ISA, )(const cod_wolfe *w, double *ret_norm)
{
    double *high = w->work, *low = high + w->stride;
    double size = products(w, high, low);
    cod_twofold weight = dot(w->m, w->v, w->b, NULL);
    cod_twofold form = dot(w->m, w->v, high, low);
    *ret_norm = sqrt(fmax(form.high, 0)) / weight.high;
    return worst_error(w, twofold_divide(form, weight), size);
}
