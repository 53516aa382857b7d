/* SPDX-License-Identifier: MIT */
/* The certificate of a min-norm point, for one instruction set (COD_ISA, a name): its
 * last bits depend on the set. */
#include "core/kernels_factor.h"
#include "core/kernels_lanes.h"

#include <math.h>

enum { TOGETHER = 4 }; /* columns that are added to a sum at once */

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

/* Adds columns of C times their v to high + low, TOGETHER or fewer. */
static void add_columns(const cod_wolfe *w, const size_t *list, size_t count,
                        double *high, double *low)
{
    const double *row[TOGETHER];
    vector v[TOGETHER];
    size_t m = w->m;
    for (size_t k = 0; k < TOGETHER; k++) {
        size_t j = list[k < count ? k : 0];
        row[k] = w->C + j * w->stride; /* C is symmetric */
        v[k] = (vector){0} + (k < count ? w->v[j] : 0);
    }
    for (size_t i = 0; i < m; i += WIDTH) {
        vector sum = load_double(high + i), rest = load_double(low + i);
        UNROLL
        for (int k = 0; k < TOGETHER; k++)
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
    frexp(all.total * w->most, &exponent);
    double far = ldexp(1, exponent + 1);
    for (size_t i = 0; i < w->stride; i++) {
        high[i] = far;
        low[i] = 0;
    }
    for (size_t a = 0; a < all.count; a += TOGETHER)
        add_columns(w, all.list + a, all.count - a, high, low);
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

double COD_PASTE(cod_kkt_, COD_ISA, )(const cod_wolfe *w, double *ret_norm)
{
    double *high = w->work, *low = high + w->stride;
    double size = products(w, high, low);
    cod_twofold weight = dot(w->m, w->v, w->b, NULL);
    cod_twofold form = dot(w->m, w->v, high, low);
    *ret_norm = sqrt(fmax(form.high, 0)) / weight.high;
    return worst_error(w, twofold_divide(form, weight), size);
}
