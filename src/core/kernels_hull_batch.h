/* SPDX-License-Identifier: MIT */
/* Two or three gradients in closed form, COD_BATCH problems side by side: each loop's
 * body is one problem without a branch. Included by kernels_hull.c. */
#ifndef COD_CORE_KERNELS_HULL_BATCH_H
#define COD_CORE_KERNELS_HULL_BATCH_H

#include <stdint.h>

#include "core/kernels_hull.h"
#include "core/kernels_vector.h"

/* 2^-k with square / 2^(2k) in [1/4, 1); worthless where the square is not normal */
static ALWAYS_INLINE double scale_of(double square)
{
    uint64_t bits;
    memcpy(&bits, &square, sizeof bits);
    bits = (2047 - (((bits >> 52) + 1027) >> 1)) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

/* One problem: the scaled Gramian's diagonal c and products o (of 0 and 1, 0 and 2, 1
 * and 2), the scales b, and the solution. */
typedef struct small {
    double c[3], o[3], b[3], v[3];
} small;

/* Squares where neither scales nor their fourth powers leave the range. */
static ALWAYS_INLINE int is_small_range(double least, double most)
{
    return (least > 1e-250) & (most < 1e250) & (most < least * 1e60);
}

static ALWAYS_INLINE double least_of(double a, double b)
{
    return a < b ? a : b;
}

static ALWAYS_INLINE double most_of(double a, double b)
{
    return a > b ? a : b;
}

/* b_i c_j - b_j o: v_i of the pair, up to their common factor; one rounding */
#define PAIR(i, j, o) (p.b[i] * p.c[j] - p.b[j] * (o))

static ALWAYS_INLINE small solve_small_two(small p)
{
    double first = PAIR(0, 1, p.o[0]), second = PAIR(1, 0, p.o[0]);
    int known = (first > 0) | (second > 0);
    p.v[0] = !known ? NAN : first > 0 ? first : 0;
    p.v[1] = second > 0 ? second : 0;
    p.v[2] = 0;
    return p;
}

/* By Cramer's rule, what is missing to the third row's inequality is, with its sign
 * changed, that row's weight inside. A face is taken where its weights are positive and
 * the others' inequalities hold; the certificate tells whether rounding was right. */
static ALWAYS_INLINE small solve_small_three(small p)
{
    double c0 = p.c[0], c1 = p.c[1], c2 = p.c[2];
    double o01 = p.o[0], o02 = p.o[1], o12 = p.o[2];
    double v01 = PAIR(0, 1, o01), v10 = PAIR(1, 0, o01);
    double v02 = PAIR(0, 2, o02), v20 = PAIR(2, 0, o02);
    double v12 = PAIR(1, 2, o12), v21 = PAIR(2, 1, o12);
    double s2 = (o02 * v01 + o12 * v10) - p.b[2] * (c0 * c1 - o01 * o01);
    double s1 = (o01 * v02 + o12 * v20) - p.b[1] * (c0 * c2 - o02 * o02);
    double s0 = (o01 * v12 + o02 * v21) - p.b[0] * (c1 * c2 - o12 * o12);
    int inside = (s0 < 0) & (s1 < 0) & (s2 < 0);
    int on01 = (v01 > 0) & (v10 > 0) & (s2 >= 0);
    int on02 = (v02 > 0) & (v20 > 0) & (s1 >= 0);
    int on12 = (v12 > 0) & (v21 > 0) & (s0 >= 0);
    int on0 = (v10 <= 0) & (v20 <= 0), on1 = (v01 <= 0) & (v21 <= 0);
    int on2 = (v02 <= 0) & (v12 <= 0);
    double x = inside ? -s0 : NAN, y = inside ? -s1 : 0, z = inside ? -s2 : 0;
    x = on01 ? v01 : on02 ? v02 : on12 ? 0 : x;
    y = on01 ? v10 : on02 ? 0 : on12 ? v12 : y;
    z = on01 ? 0 : on02 ? v20 : on12 ? v21 : z;
    p.v[0] = on0 ? 1 : on1 ? 0 : on2 ? 0 : x;
    p.v[1] = on0 ? 0 : on1 ? 1 : on2 ? 0 : y;
    p.v[2] = on0 ? 0 : on1 ? 0 : on2 ? 1 : z;
    return p;
}

/* x a + y b + z c, Dot2 */
static ALWAYS_INLINE cod_twofold small_dot(const double *x, double a, double b,
                                           double c)
{
    cod_twofold p = two_product(x[0], a), q = two_product(x[1], b);
    cod_twofold r = two_product(x[2], c), s = two_sum(p.high, q.high);
    cod_twofold t = two_sum(s.high, r.high);
    return quick_two_sum(t.high, ((p.low + q.low) + (s.low + r.low)) + t.low);
}

static ALWAYS_INLINE double small_error(const small *p, int i, cod_twofold product,
                                        cod_twofold lambda, double size)
{
    double b = p->b[i];
    double r = (product.high - lambda.high * b) + (product.low - lambda.low * b);
    double error = p->v[i] > 0 ? fabs(r) : -r;
    return error <= 0 ? 0 : error / (sqrt(p->c[i]) * size);
}

/* As kkt(); writes the weights. */
static ALWAYS_INLINE double small_finish(const small *p, double *ret_w)
{
    const double *v = p->v;
    cod_twofold x = small_dot(v, p->c[0], p->o[0], p->o[1]);
    cod_twofold y = small_dot(v, p->o[0], p->c[1], p->o[2]);
    cod_twofold z = small_dot(v, p->o[1], p->o[2], p->c[2]);
    cod_twofold form = small_dot(v, x.high, y.high, z.high);
    form.low += (v[0] * x.low + v[1] * y.low) + v[2] * z.low;
    cod_twofold weight = small_dot(v, p->b[0], p->b[1], p->b[2]);
    cod_twofold lambda = twofold_divide(form, weight);
    double size = (v[0] * sqrt(p->c[0]) + v[1] * sqrt(p->c[1])) + v[2] * sqrt(p->c[2]);
    double e0 = small_error(p, 0, x, lambda, size);
    double e1 = small_error(p, 1, y, lambda, size);
    double e2 = small_error(p, 2, z, lambda, size);
    double sum = (v[0] * p->b[0] + v[1] * p->b[1]) + v[2] * p->b[2];
    for (int i = 0; i < 3; i++)
        ret_w[i] = v[i] * p->b[i] / sum;
    double worst = most_of(e0, most_of(e1, e2)) + 0 * (e0 + e1 + e2);
    return sum > 0 ? worst : NAN;
}

/* What is not there counts as orthogonal, in units of its own. */
static ALWAYS_INLINE double small_problem(size_t m, double a, double d, double b,
                                          double e, double f, double c, double *ret_w)
{
    double last = m == 3 ? c : most_of(a, b);
    double least = least_of(least_of(a, b), last), most = most_of(most_of(a, b), last);
    double s = scale_of(a), t = scale_of(b), u = scale_of(last);
    double unit = 1 / most_of(s, most_of(t, u));
    small p = {
        .c = {a * s * s, b * t * t, last * u * u},
        .o = {d * s * t, m == 3 ? e * u * s : 0, m == 3 ? f * u * t : 0},
        .b = {s * unit, t * unit, m == 3 ? u * unit : 0},
    };
    p = m == 3 ? solve_small_three(p) : solve_small_two(p);
    double worst = small_finish(&p, ret_w) + 0 * (d + e + f);
    return is_small_range(least, most) ? worst : NAN;
}

static ALWAYS_INLINE void batch_of(size_t m, const double *G, double *ret_w,
                                   double *ret_kkt)
{
    double g[9][COD_BATCH], w[3][COD_BATCH];
    for (size_t k = 0; k < COD_BATCH; k++)
        for (size_t i = 0; i < m * m; i++)
            g[i][k] = G[k * m * m + i];
    for (size_t k = 0; k < COD_BATCH; k++) {
        double x[3];
        if (m == 2)
            ret_kkt[k] = small_problem(2, g[0][k], g[2][k], g[3][k], 0, 0, 0, x);
        else
            ret_kkt[k] = small_problem(3, g[0][k], g[3][k], g[4][k], g[6][k], g[7][k],
                                       g[8][k], x);
        w[0][k] = x[0];
        w[1][k] = x[1];
        w[2][k] = x[2];
    }
    for (size_t k = 0; k < COD_BATCH; k++)
        for (size_t i = 0; i < m; i++)
            ret_w[k * m + i] = w[i][k];
}

/* m = 2, 3 */
static void batch_closed(size_t m, const double *G, double *ret_w, double *ret_kkt)
{
    if (m == 2)
        batch_of(2, G, ret_w, ret_kkt);
    else
        batch_of(3, G, ret_w, ret_kkt);
}

#endif
