/* SPDX-License-Identifier: MIT */
/* Four to eight gradients by block pivoting (wolfe_pivot.c), WIDTH problems side by
 * side: all do the same operations, and each lane depends on its own problem alone.
 * Products and sums are rounded one by one, so every set gives the same bytes. Included
 * by kernels_hull.c. */
#ifndef COD_CORE_KERNELS_HULL_PIVOT_H
#define COD_CORE_KERNELS_HULL_PIVOT_H

#include <float.h>

#include "core/kernels_hull.h"
#include "core/kernels_lanes.h"

/* Rounds at the most; those without progress before one exchange at a time. */
enum { ROUNDS = 12, PATIENCE = 3 };

/* The problems as in wolfe.h, and a support of each. */
typedef struct lanes {
    vector C[COD_BATCH_ROWS][COD_BATCH_ROWS]; /* both triangles */
    vector b[COD_BATCH_ROWS];
    vector inside[COD_BATCH_ROWS]; /* 1 in S, else 0 */
    vector u[COD_BATCH_ROWS];      /* C_SS^-1 b, 0 outside */
    vector least;                  /* the fewest that were wrong */
    vector patience;               /* rounds that it may still stay so */
} lanes;

static ALWAYS_INLINE vector all_of(double x)
{
    return (vector){0} + x;
}

static ALWAYS_INLINE vector size_of(vector x)
{
    return where_less(x, all_of(0), -x, x);
}

/* ---- scaling ---- */

/* 2^-k with square / 2^(2k) in [1/4, 1), as scale_of() */
static ALWAYS_INLINE vector scales_of(vector square)
{
    lane_bits exponent = ((bits_of(square) >> 52) + 1027) >> 1;
    lane_bits its = (2047 - exponent) << 52;
    vector scale;
    memcpy(&scale, &its, sizeof scale);
    return scale;
}

/* The lower triangles of WIDTH problems, one behind the other, into C. */
static ALWAYS_INLINE void read_lanes(size_t m, const double *G, lanes *ret)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            ret->C[i][j] = load_strided(G + i * m + j, m * m);
}

/* C and b; NaN in b, and with it all over, where the squares' range is not a small one
 * (is_small_range()), or entries are far beyond those of a Gramian, which are below 1.
 */
static ALWAYS_INLINE void scale_lanes(size_t m, lanes *p)
{
    vector least = p->C[0][0], most = least, total = {0}, s[COD_BATCH_ROWS];
    for (size_t i = 0; i < m; i++) {
        vector square = p->C[i][i];
        least = where_less(square, least, square, least);
        most = where_less(most, square, square, most);
        s[i] = scales_of(square);
        for (size_t j = 0; j <= i; j++) {
            p->C[j][i] = p->C[i][j] = p->C[i][j] * s[i] * s[j];
            total += p->C[i][j] * p->C[i][j];
        }
    }
    vector unit = 1 / scales_of(least), none = all_of(NAN);
    unit = where_less(all_of(1e-250), least, unit, none);
    unit = where_less(most, all_of(1e250), unit, none);
    unit = where_less(most, least * 1e60, unit, none);
    unit = where_less(total, all_of(2 * COD_BATCH_ROWS * COD_BATCH_ROWS), unit, none);
    for (size_t i = 0; i < m; i++)
        p->b[i] = s[i] * unit;
}

/* ---- pivoting ---- */

/* u on S: L D L' by columns, where the column of a row outside S is 0, so that nothing
 * follows from it. A row that depends on those before it leaves S. */
static ALWAYS_INLINE void solve_lanes(size_t m, lanes *p)
{
    vector A[COD_BATCH_ROWS][COD_BATCH_ROWS]; /* L' above what is left of C */
    vector y[COD_BATCH_ROWS], tiny = all_of(16 * DBL_EPSILON * (double)(m + 1));
    UNROLL
    for (size_t i = 0; i < m; i++) {
        UNROLL
        for (size_t j = 0; j <= i; j++)
            A[i][j] = p->C[i][j];
        y[i] = p->b[i];
    }
    UNROLL
    for (size_t k = 0; k < m; k++) {
        vector pivot = where_less(A[k][k], tiny, all_of(1), A[k][k]);
        p->inside[k] = where_less(A[k][k], tiny, all_of(0), p->inside[k]);
        vector inverse = p->inside[k] / pivot;
        UNROLL
        for (size_t i = k + 1; i < m; i++) {
            vector l = A[i][k] * inverse;
            y[i] -= l * y[k];
            UNROLL
            for (size_t j = k + 1; j <= i; j++)
                A[i][j] -= A[j][k] * l;
            A[k][i] = l;
        }
        y[k] *= inverse;
    }
    UNROLL
    for (size_t k = 0; k < m; k++) {
        size_t i = m - 1 - k;
        p->u[i] = y[i];
        UNROLL
        for (size_t j = 0; j < i; j++)
            y[j] -= A[j][i] * y[i];
    }
}

/* 1 where u_i is negative, or the inequality of a row outside S is violated beyond
 * rounding; returns how many are. */
static ALWAYS_INLINE vector mark_wrong(size_t m, const lanes *p, vector *ret_wrong)
{
    vector size = {0}, count = {0}, unit = all_of(DBL_EPSILON * (double)(m + 4));
    for (size_t i = 0; i < m; i++)
        size += size_of(p->u[i]);
    for (size_t i = 0; i < m; i++) {
        vector r = -p->b[i], floor = -unit * (size + p->b[i]);
        for (size_t j = 0; j < m; j++)
            r += p->C[i][j] * p->u[j];
        r = where_less(all_of(0), p->inside[i], p->u[i], r);
        floor = where_less(all_of(0), p->inside[i], all_of(0), floor);
        ret_wrong[i] = where_less(r, floor, all_of(1), all_of(0));
        count += ret_wrong[i];
    }
    return count;
}

/* All that are wrong change places; the last of them alone where that has not led to
 * fewer for a while (Murty 1974). */
static ALWAYS_INLINE void exchange(size_t m, lanes *p, const vector *wrong,
                                   vector count)
{
    vector seen = {0};
    p->patience =
        where_less(count, p->least, all_of(PATIENCE), p->patience - all_of(1));
    p->least = where_less(count, p->least, count, p->least);
    vector single = where_less(p->patience, all_of(0), all_of(1), all_of(0));
    for (size_t i = m; i-- > 0;) {
        vector moves = wrong[i] - wrong[i] * seen * single;
        seen = where_less(seen, wrong[i], wrong[i], seen);
        p->inside[i] = size_of(p->inside[i] - moves);
    }
}

static ALWAYS_INLINE void pivot_lanes(size_t m, lanes *p)
{
    vector wrong[COD_BATCH_ROWS];
    for (size_t i = 0; i < m; i++)
        p->inside[i] = all_of(1);
    p->least = all_of(COD_BATCH_ROWS + 1);
    p->patience = all_of(0);
    for (int round = 0; round < ROUNDS; round++) {
        solve_lanes(m, p);
        vector count = mark_wrong(m, p, wrong);
        if (is_zero(bits_of(count)))
            break;
        exchange(m, p, wrong, count);
    }
}

/* ---- the certificate ---- */

typedef struct twofold_lanes {
    vector high, low;
} twofold_lanes;

/* sum x_i y_i, Dot2 */
static ALWAYS_INLINE twofold_lanes dot_lanes(size_t m, const vector *x, const vector *y)
{
    vector sum = {0}, rest = {0};
    for (size_t i = 0; i < m; i++) {
        vector p = x[i] * y[i], s = sum + p, part = s - sum;
        rest += ((sum - (s - part)) + (p - part)) + product_rest(x[i], y[i], p);
        sum = s;
    }
    vector high = sum + rest;
    return (twofold_lanes){high, rest - (high - sum)};
}

/* form / weight, to nearly twice the precision */
static ALWAYS_INLINE twofold_lanes divide_lanes(twofold_lanes form,
                                                twofold_lanes weight)
{
    vector first = form.high / weight.high, p = first * weight.high;
    vector rest = (form.high - p) - product_rest(first, weight.high, p);
    vector second = ((rest + form.low) - first * weight.low) / weight.high;
    vector high = first + second;
    return (twofold_lanes){high, second - (high - first)};
}

/* v, which is u without what is negative, and the sum of v_j |row j|. */
static ALWAYS_INLINE vector cut_lanes(size_t m, lanes *p, vector *ret_length)
{
    vector size = {0};
    for (size_t i = 0; i < m; i++) {
        p->u[i] = where_less(p->u[i], all_of(0), all_of(0), p->u[i]);
        ret_length[i] = root_of(p->C[i][i]);
        size += p->u[i] * ret_length[i];
    }
    return size;
}

/* As cod_wolfe_kkt(), of v = u; NaN where v is no number, or 0. */
static ALWAYS_INLINE vector certify_lanes(size_t m, lanes *p)
{
    vector length[COD_BATCH_ROWS], high[COD_BATCH_ROWS], low[COD_BATCH_ROWS];
    vector size = cut_lanes(m, p, length), worst = {0}, rest = {0};
    UNROLL
    for (size_t i = 0; i < m; i++) {
        twofold_lanes product = dot_lanes(m, p->C[i], p->u);
        high[i] = product.high;
        low[i] = product.low;
        rest += p->u[i] * product.low;
    }
    twofold_lanes form = dot_lanes(m, p->u, high), weight = dot_lanes(m, p->u, p->b);
    form.low += rest;
    twofold_lanes lambda = divide_lanes(form, weight);
    for (size_t i = 0; i < m; i++) {
        vector r = (high[i] - lambda.high * p->b[i]) + (low[i] - lambda.low * p->b[i]);
        vector error = where_less(all_of(0), p->u[i], size_of(r), -r);
        error = where_less(error, all_of(0), all_of(0), error) / (length[i] * size);
        worst = where_less(worst, error, error, worst);
    }
    worst = where_less(all_of(0), size, worst, all_of(NAN));
    return where_less(size, all_of(1e200), worst, all_of(NAN));
}

static ALWAYS_INLINE void write_lanes(size_t m, const lanes *p, double *ret_w)
{
    vector sum = {0};
    for (size_t i = 0; i < m; i++)
        sum += p->u[i] * p->b[i];
    for (size_t i = 0; i < m; i++) {
        double each[WIDTH];
        vector w = p->u[i] * p->b[i] / sum;
        memcpy(each, &w, sizeof each);
        for (size_t k = 0; k < WIDTH; k++)
            ret_w[k * m + i] = each[k];
    }
}

static ALWAYS_INLINE void pivot_of(size_t m, const double *G, double *ret_w,
                                   double *ret_kkt)
{
    for (size_t k = 0; k < COD_BATCH; k += WIDTH) {
        lanes p;
        read_lanes(m, G + k * m * m, &p);
        scale_lanes(m, &p);
        pivot_lanes(m, &p);
        vector kkt = certify_lanes(m, &p);
        memcpy(ret_kkt + k, &kkt, sizeof kkt);
        write_lanes(m, &p, ret_w + k * m);
    }
}

/* m = 4 .. COD_BATCH_ROWS, as cod_hull_kernels' batch */
static void batch_by_pivots(size_t m, const double *G, double *ret_w, double *ret_kkt)
{
    switch (m) {
    case 4:
        pivot_of(4, G, ret_w, ret_kkt);
        break;
    case 5:
        pivot_of(5, G, ret_w, ret_kkt);
        break;
    case 6:
        pivot_of(6, G, ret_w, ret_kkt);
        break;
    case 7:
        pivot_of(7, G, ret_w, ret_kkt);
        break;
    default:
        pivot_of(8, G, ret_w, ret_kkt);
    }
}

#endif
