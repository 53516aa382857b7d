/* SPDX-License-Identifier: MIT */
/* cod_minnorm_solve(): checks, scaling, the choice of the algorithm. */
#include <codescent/minnorm.h>

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/minnorm_private.h"

#define ROWS_LIMIT 4096

cod_status cod_minnorm_alloc(size_t m, cod_minnorm **ret_ws)
{
    if (m == 0 || m > ROWS_LIMIT || ret_ws == NULL)
        return COD_EARGUMENT;
    cod_minnorm *ws = calloc(1, sizeof *ws);
    if (ws == NULL)
        return COD_EMEMORY;
    ws->wolfe.m = m;
    ws->wolfe.C = calloc(m * m, sizeof(double));
    ws->wolfe.b = calloc(m, sizeof(double));
    ws->wolfe.v = calloc(m, sizeof(double));
    ws->wolfe.support = calloc(m, sizeof(size_t));
    ws->wolfe.inside = calloc(m, 1);
    ws->wolfe.factor = calloc(m * m, COD_WOLFE_REAL);
    ws->wolfe.work = calloc(4 * m, COD_WOLFE_REAL);
    ws->start = calloc(m, sizeof(double));
    ws->best = calloc(m, sizeof(double));
    ws->scratch = calloc(4 * m, sizeof(double));
    if (ws->wolfe.C == NULL || ws->wolfe.b == NULL || ws->wolfe.v == NULL ||
        ws->wolfe.support == NULL || ws->wolfe.inside == NULL ||
        ws->wolfe.factor == NULL || ws->wolfe.work == NULL || ws->start == NULL ||
        ws->best == NULL || ws->scratch == NULL) {
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
    free(ws->wolfe.v);
    free(ws->wolfe.support);
    free(ws->wolfe.inside);
    free(ws->wolfe.factor);
    free(ws->wolfe.work);
    free(ws->start);
    free(ws->best);
    free(ws->scratch);
    free(ws);
}

/* ---- scaling ---- */

/* Fills C and b; the scales are powers of two, so nothing is rounded (underflow of what
 * is 1e-300 times smaller apart). b is relative to the shortest row: 1 at the most. */
static void scale(cod_minnorm *ws, const double *G)
{
    cod_wolfe *w = &ws->wolfe;
    size_t m = w->m;
    int least = INT_MAX;
    for (size_t i = 0; i < m; i++) {
        int k = cod_scale_exponent(G[i * m + i]);
        ws->scratch[i] = k;
        least = k < least ? k : least;
    }
    for (size_t i = 0; i < m; i++) {
        int k = (int)ws->scratch[i];
        w->b[i] = ldexp(1, least - k);
        double row = ldexp(1, -k);
        for (size_t j = 0; j <= i; j++) {
            double column = ldexp(1, -(int)ws->scratch[j]);
            w->C[i * m + j] = w->C[j * m + i] = G[i * m + j] * row * column;
        }
    }
    ws->unit = ldexp(1, least);
    w->lift = 0;
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
    double a = w->C[0] / (s * s), b = w->C[3] / (t * t), c = w->C[1] / s / t;
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

/* kkt that double precision reaches where rows are not nearly dependent */
#define GOOD_KKT 1e-14

static cod_status solve_exact(cod_minnorm *ws, const double *start, double tol,
                              cod_minnorm_info *info)
{
    cod_wolfe *w = &ws->wolfe;
    double best = INFINITY;
    w->iterations = 0;
    if (w->m == 2) {
        solve_two(ws);
        best = keep_best(ws, best, &info->norm);
    } else {
        if (cod_wolfe_double(w, start) >= COD_OK)
            best = keep_best(ws, best, &info->norm);
        if (best > GOOD_KKT && cod_wolfe_polish(w) == COD_OK)
            best = keep_best(ws, best, &info->norm);
    }
    for (int k = 0; k < LIFTS && best > GOOD_KKT && w->m > 2; k++) {
        lift(w, lift_shifts[k]);
        if (cod_wolfe_twofold(w, start) >= COD_OK)
            best = keep_best(ws, best, &info->norm);
        if (best > GOOD_KKT && cod_wolfe_polish(w) == COD_OK)
            best = keep_best(ws, best, &info->norm);
    }
    info->kkt = best;
    info->iterations = w->iterations;
    if (isinf(best))
        return COD_ENUMERIC;
    return best <= tol ? COD_OK : COD_STOPPED_MAXITER;
}

/* ---- the call ---- */

static cod_status check(size_t m, const double *G)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            if (!isfinite(G[i * m + j]))
                return COD_ENONFINITE;
    for (size_t i = 0; i < m; i++)
        if (G[i * m + i] < 0)
            return COD_EDOMAIN;
    return COD_OK;
}

/* Zero rows, if any, are the answer: equal weights. Returns their number. */
static size_t take_zero_rows(size_t m, const double *G, double *ret_w)
{
    size_t zeros = 0;
    for (size_t i = 0; i < m; i++)
        zeros += G[i * m + i] == 0;
    for (size_t i = 0; zeros > 0 && i < m; i++)
        ret_w[i] = G[i * m + i] == 0 ? 1.0 / (double)zeros : 0;
    return zeros;
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
    cod_status status = check(m, G);
    if (status != COD_OK || options->algorithm < COD_MINNORM_EXACT ||
        options->algorithm > COD_MINNORM_LINE_SEARCH || !(options->tol >= 0))
        return status != COD_OK ? status : COD_EARGUMENT;
    cod_minnorm_info info = {0};
    if (m == 1 || take_zero_rows(m, G, ret_w) > 0) {
        if (m == 1)
            ret_w[0] = 1;
        info.norm = m == 1 ? sqrt(G[0]) : 0;
    } else {
        scale(ws, G);
        ws->wolfe.max_iter = options->max_iter > 0 ? options->max_iter : 20 * m + 100;
        double tol = options->tol > 0 ? options->tol : 1e-12;
        if (options->algorithm == COD_MINNORM_EXACT) {
            status = solve_exact(ws, scale_start(ws, start), tol, &info);
            if (status < COD_OK)
                return status;
            write_weights(&ws->wolfe, ws->best, ret_w);
            info.norm *= ws->unit;
        } else {
            status = cod_minnorm_baseline(ws, G, options, ret_w, &info);
        }
    }
    if (ret_info != NULL)
        *ret_info = info;
    return status;
}
