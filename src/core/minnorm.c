/* SPDX-License-Identifier: MIT */
/* cod_minnorm_solve(): checks, scaling, the choice of the algorithm. */
#include <codescent/minnorm.h>

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

#define ROWS_LIMIT 4096

cod_status cod_minnorm_alloc(size_t m, cod_minnorm **ret_ws)
{
    if (m == 0 || m > ROWS_LIMIT || ret_ws == NULL)
        return COD_EARGUMENT;
    cod_minnorm *ws = calloc(1, sizeof *ws);
    if (ws == NULL)
        return COD_EMEMORY;
    cod_wolfe *w = &ws->wolfe;
    size_t stride = (m + COD_PANEL - 1) / COD_PANEL * COD_PANEL;
    size_t factor = cod_wolfe_factor_size(m) * sizeof(double);
    w->m = m;
    w->stride = stride % 64 == 0 ? stride + COD_PANEL : stride; /* cache sets */
    for (size_t k = 0; cod_hull_kernels_at(k) != NULL; k++)
        w->kernels = cod_hull_kernels_at(k);
    stride = w->stride;
    w->C = calloc(stride * stride, sizeof(double));
    w->b = calloc(stride, sizeof(double));
    w->inverse = calloc(stride, sizeof(double));
    w->length = calloc(stride, sizeof(double));
    w->v = calloc(stride, sizeof(double));
    w->support = calloc(m, sizeof(size_t));
    w->inside = calloc(m, 1);
    w->changes = calloc(m, sizeof(size_t));
    w->factor =
        calloc(factor > m * m * COD_WOLFE_REAL ? factor : m * m * COD_WOLFE_REAL, 1);
    w->work = calloc(4 * (stride + COD_PANEL), COD_WOLFE_REAL);
    ws->start = calloc(m, sizeof(double));
    ws->best = calloc(m, sizeof(double));
    ws->scratch = calloc(4 * m, sizeof(double));
    if (w->C == NULL || w->b == NULL || w->inverse == NULL || w->length == NULL ||
        w->v == NULL || w->support == NULL || w->inside == NULL || w->changes == NULL ||
        w->factor == NULL || w->work == NULL || ws->start == NULL || ws->best == NULL ||
        ws->scratch == NULL) {
        cod_minnorm_free(ws);
        return COD_EMEMORY;
    }
    *ret_ws = ws;
    return COD_OK;
}

void cod_minnorm_free(cod_minnorm *ws)
{
    if (ws == NULL)
        return;
    free(ws->wolfe.C);
    free(ws->wolfe.b);
    free(ws->wolfe.inverse);
    free(ws->wolfe.length);
    free(ws->wolfe.v);
    free(ws->wolfe.support);
    free(ws->wolfe.inside);
    free(ws->wolfe.changes);
    free(ws->wolfe.factor);
    free(ws->wolfe.work);
    free(ws->start);
    free(ws->best);
    free(ws->scratch);
    free(ws);
}

/* ---- scaling ---- */

/* 2^k, rounded */
static double power_of_two(int k)
{
    if (k < -1022 || k > 1023)
        return ldexp(1, k);
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* Fills C and b, or returns 0 where an entry of G is not finite; the scales are powers
 * of two, so nothing is rounded (underflow of what is 1e-300 times smaller apart). b is
 * relative to the shortest row: 1 at the most. To resume, what differs is noted, and
 * the old b is behind the scales. */
static int scale(cod_minnorm *ws, const double *G, int resume)
{
    cod_wolfe *w = &ws->wolfe;
    size_t m = w->m;
    int least = INT_MAX;
    w->kept = resume;
    w->changed = 0;
    if (resume) {
        memset(w->changes, 0, m * sizeof *w->changes);
        memcpy(ws->scratch + m, w->b, m * sizeof *w->b);
    }
    for (size_t i = 0; i < m; i++) {
        int k = cod_scale_exponent(G[i * m + i]);
        ws->scratch[i] = k;
        least = k < least ? k : least;
    }
    for (size_t i = 0; i < m; i++) {
        w->b[i] = power_of_two(least - (int)ws->scratch[i]);
        ws->scratch[i] = power_of_two(-(int)ws->scratch[i]);
    }
    ws->unit = ldexp(1, least);
    w->lift = 0;
    int finite = w->kernels->scale(w, G, ws->scratch);
    w->kept = w->kept && finite;
    return finite;
}

/* So large that rounding in G (1e-16 of the long rows) cannot outweigh it, so small
 * that twofold precision keeps G beside it in the short rows. */
static void lift(cod_wolfe *w, int shift)
{
    int longest = 0;
    for (size_t i = 0; i < w->m; i++)
        longest = ilogb(w->b[i]) < longest ? ilogb(w->b[i]) : longest;
    w->lift = ldexp(1, (-2 * longest - 33 < 47 ? -2 * longest - 33 : 47) + shift);
}

/* Where rounding leads one lift into a circle (1 of 10^5 hulls that are nearly opposite
 * and spread over 12 decades), another gets through. */
#define LIFTS 3
static const int lift_shifts[LIFTS] = {0, -15, 5};

/* ---- exact ---- */

/* Weights of the caller from v: w_i = b_i v_i over their sum. */
static void write_weights(const cod_wolfe *w, const double *v, double *ret_w)
{
    double sum = 0;
    for (size_t i = 0; i < w->m; i++)
        sum += w->b[i] * v[i];
    for (size_t i = 0; i < w->m; i++)
        ret_w[i] = w->b[i] * v[i] / sum;
}

/* Two rows: w_1 = (b - c) / ((a - c) + (b - c)), cut off at the ends. */
static void solve_two(cod_minnorm *ws)
{
    cod_wolfe *w = &ws->wolfe;
    /* in units where the longer row has scale 1, c - a and c - b keep their accuracy */
    double s = w->b[0], t = w->b[1]; /* one of them is 1, the other a smaller power */
    double a = w->C[0] / (s * s), b = w->C[w->stride + 1] / (t * t),
           c = w->C[1] / s / t;
    if (isinf(a) || isinf(b)) { /* 300 decades apart: the shorter alone, to rounding */
        w->v[0] = isinf(b);
        w->v[1] = isinf(a);
        return;
    }
    double first = fmax(b - c, 0), second = fmax(a - c, 0);
    if (first == 0 && second == 0) {
        first = a <= b;
        second = b <= a;
    }
    w->v[0] = first / s;
    w->v[1] = second / t;
    double largest = fmax(w->v[0], w->v[1]);
    w->v[0] /= largest;
    w->v[1] /= largest;
}

/* Keeps v where its certificate is the best so far. */
static double keep_best(cod_minnorm *ws, double best, double *norm)
{
    double its_norm, kkt = cod_wolfe_kkt(&ws->wolfe, &its_norm);
    if (!(kkt < best))
        return best;
    memcpy(ws->best, ws->wolfe.v, ws->wolfe.m * sizeof(double));
    *norm = its_norm;
    return kkt;
}

/* Pivoting in blocks, and once more where rounding asks for it. What it leaves is worth
 * keeping where the first was enough. */
static double pivot(cod_minnorm *ws, const double *start, int resume, double *norm)
{
    cod_wolfe *w = &ws->wolfe;
    cod_status status =
        resume ? cod_wolfe_resume(w, ws->scratch + w->m) : cod_wolfe_pivot(w, start);
    w->kept = 0;
    if (status < COD_OK)
        return INFINITY;
    double best = keep_best(ws, INFINITY, norm);
    if (status == COD_OK && best > COD_GOOD_KKT) {
        cod_wolfe_refine(w);
        return keep_best(ws, best, norm);
    }
    w->kept = status == COD_OK;
    return best;
}

/* The active set in both precisions, until one is good. */
static double active_set(cod_minnorm *ws, const double *start, double best,
                         double *norm)
{
    cod_wolfe *w = &ws->wolfe;
    for (int k = -1; k < LIFTS && best > COD_GOOD_KKT; k++) {
        if (k >= 0)
            lift(w, lift_shifts[k]);
        cod_status status =
            k < 0 ? cod_wolfe_double(w, start) : cod_wolfe_twofold(w, start);
        if (status >= COD_OK)
            best = keep_best(ws, best, norm);
        if (best > COD_GOOD_KKT && cod_wolfe_polish(w) == COD_OK)
            best = keep_best(ws, best, norm);
    }
    w->lift = 0;
    return best;
}

static cod_status solve_exact(cod_minnorm *ws, const double *start, int resume,
                              double tol, cod_minnorm_info *info)
{
    cod_wolfe *w = &ws->wolfe;
    double best = INFINITY;
    w->iterations = 0;
    if (w->m == 2) {
        solve_two(ws);
        best = keep_best(ws, best, &info->norm);
    } else {
        best = pivot(ws, start, resume, &info->norm);
        best = active_set(ws, start, best, &info->norm);
        /* rounding has led astray: from there */
        if (best > tol && !isinf(best) && w->iterations < w->max_iter) {
            memcpy(ws->start, ws->best, w->m * sizeof *ws->start);
            best = active_set(ws, ws->start, best, &info->norm);
        }
    }
    info->kkt = best;
    info->iterations = w->iterations;
    if (isinf(best))
        return COD_ENUMERIC;
    return best <= tol ? COD_OK : COD_STOPPED_MAXITER;
}

/* ---- the call ---- */

/* Of the diagonal; where that is wrong, an entry elsewhere that is not finite goes
 * first. */
static cod_status check_diagonal(const cod_wolfe *w, const double *G)
{
    size_t m = w->m;
    for (size_t i = 0; i < m; i++)
        if (!(G[i * m + i] >= 0) || isinf(G[i * m + i]))
            return w->kernels->finite(m, G) ? COD_EDOMAIN : COD_ENONFINITE;
    return COD_OK;
}

static size_t count_zero_rows(size_t m, const double *G)
{
    size_t zeros = 0;
    for (size_t i = 0; i < m; i++)
        zeros += G[i * m + i] == 0;
    return zeros;
}

/* Zero rows, if any, are the answer: equal weights. */
static cod_status take_zero_rows(const cod_wolfe *w, const double *G, size_t zeros,
                                 double *ret_w)
{
    if (!w->kernels->finite(w->m, G))
        return COD_ENONFINITE;
    for (size_t i = 0; i < w->m; i++)
        ret_w[i] = G[i * w->m + i] == 0 ? 1.0 / (double)zeros : 0;
    return COD_OK;
}

/* The start in the scaled unknowns, or NULL. */
static const double *scale_start(cod_minnorm *ws, const double *start)
{
    const cod_wolfe *w = &ws->wolfe;
    double largest = 0;
    if (start == NULL)
        return NULL;
    for (size_t i = 0; i < w->m; i++) {
        if (!(start[i] >= 0) || isinf(start[i]))
            return NULL;
        ws->start[i] = start[i] / w->b[i];
        largest = fmax(largest, ws->start[i]);
    }
    return largest > 0 && !isinf(largest) ? ws->start : NULL;
}

cod_status cod_minnorm_solve(cod_minnorm *ws, const double *G, const double *start,
                             const cod_minnorm_options *options, double *ret_w,
                             cod_minnorm_info *ret_info)
{
    static const cod_minnorm_options defaults = {0};
    if (ws == NULL || G == NULL || ret_w == NULL)
        return COD_EARGUMENT;
    if (options == NULL)
        options = &defaults;
    size_t m = ws->wolfe.m;
    cod_status status = check_diagonal(&ws->wolfe, G);
    if (status != COD_OK || options->algorithm < COD_MINNORM_EXACT ||
        options->algorithm > COD_MINNORM_LINE_SEARCH || !(options->tol >= 0))
        return status != COD_OK ? status : COD_EARGUMENT;
    int resume =
        options->resume && ws->wolfe.kept && options->algorithm == COD_MINNORM_EXACT;
    ws->wolfe.kept = 0;
    cod_minnorm_info info = {0};
    size_t zeros = count_zero_rows(m, G);
    if (zeros > 0) {
        status = take_zero_rows(&ws->wolfe, G, zeros, ret_w);
    } else if (m == 1) {
        ret_w[0] = 1;
        info.norm = sqrt(G[0]);
    } else if (!scale(ws, G, resume)) {
        status = COD_ENONFINITE;
    } else if (options->algorithm == COD_MINNORM_EXACT) {
        ws->wolfe.max_iter = options->max_iter > 0 ? options->max_iter : 20 * m + 100;
        double tol = options->tol > 0 ? options->tol : 1e-12;
        status = solve_exact(ws, scale_start(ws, start), resume, tol, &info);
        if (status >= COD_OK)
            write_weights(&ws->wolfe, ws->best, ret_w);
        info.norm *= ws->unit;
    } else {
        status = cod_minnorm_baseline(ws, G, options, ret_w, &info);
    }
    if (status < COD_OK)
        return status;
    if (ret_info != NULL)
        *ret_info = info;
    return status;
}
