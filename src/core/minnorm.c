/* SPDX-License-Identifier: MIT */
/* cod_minnorm_solve(): checks, scaling, the choice of the algorithm. */
#include <codescent/minnorm.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

/* ---- scaling ---- */

/* What a call asks for: to go on from the last one, of which all but some rows of G are
 * still there. NULL: nobody knows which. */
typedef struct request {
    int resume;
    const size_t *rows;
    size_t count;
} request;

/* 2^k where that is normal */
static double power_of_two(int k)
{
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* 0 where none differs from that before. */
static int take_exponents(cod_minnorm *ws, const double *G, const request *asked)
{
    size_t m = ws->wolfe.m, count = asked->rows != NULL ? asked->count : m;
    int differs = 0;
    for (size_t k = 0; k < count; k++) {
        size_t i = asked->rows != NULL ? asked->rows[k] : k;
        int exponent = cod_scale_exponent(G[i * m + i]);
        differs |= exponent != ws->exponents[i];
        ws->exponents[i] = exponent;
    }
    return differs;
}

/* b and the inverse scales. b is relative to the shortest row: 1 at the most. */
static void take_scales(cod_minnorm *ws)
{
    const int *exponents = ws->exponents;
    double *b = ws->wolfe.b, *scales = ws->scratch;
    size_t m = ws->wolfe.m;
    int least = exponents[0], most = exponents[0];
    for (size_t i = 0; i < m; i++) {
        least = exponents[i] < least ? exponents[i] : least;
        most = exponents[i] > most ? exponents[i] : most;
    }
    for (size_t i = 0; i < m; i++)
        scales[i] = power_of_two(-exponents[i]);
    if (most - least <= 1022)
        for (size_t i = 0; i < m; i++)
            b[i] = power_of_two(least - exponents[i]);
    else
        for (size_t i = 0; i < m; i++)
            b[i] = ldexp(1, least - exponents[i]);
    ws->unit = ldexp(1, least);
}

/* Fills C and b, or returns 0 where an entry of G is not finite; the scales are powers
 * of two, so nothing is rounded (underflow of what is 1e-300 times smaller apart). To
 * resume, what differs is noted, and the old b is behind the scales. */
static int scale(cod_minnorm *ws, const double *G, const request *asked)
{
    cod_wolfe *w = &ws->wolfe;
    w->kept = asked->resume;
    w->changed = 0;
    w->lift = 0;
    ws->rescaled = take_exponents(ws, G, asked) || !asked->resume;
    if (ws->rescaled) {
        memcpy(ws->scratch + w->m, w->b, w->m * sizeof *w->b);
        take_scales(ws);
    }
    if (asked->resume && asked->rows == NULL)
        memset(w->changes, 0, w->m * sizeof *w->changes);
    int finite = asked->rows != NULL
                     ? w->kernels->rescale(w, G, ws->scratch, asked->rows, asked->count)
                     : w->kernels->scale(w, G, ws->scratch);
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

/* Weights of the caller from v, with zeros behind: w_i = b_i v_i over their sum. */
static void write_weights(const cod_wolfe *w, const double *v, double *ret_w)
{
    double sums[4] = {0};
    for (size_t i = 0; i < w->m; i += 4)
        for (size_t k = 0; k < 4; k++)
            sums[k] += w->b[i + k] * v[i + k];
    double sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
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
static double pivot(cod_minnorm *ws, const double *start, const request *asked,
                    double *norm)
{
    cod_wolfe *w = &ws->wolfe;
    const double *before = ws->rescaled ? ws->scratch + w->m : NULL;
    cod_status status = asked->resume
                            ? cod_wolfe_resume(w, before, asked->rows, asked->count)
                            : cod_wolfe_pivot(w, start);
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

static cod_status solve_exact(cod_minnorm *ws, const double *start,
                              const request *asked, double tol, cod_minnorm_info *info)
{
    cod_wolfe *w = &ws->wolfe;
    double best = INFINITY;
    w->iterations = 0;
    if (w->m == 2) {
        solve_two(ws);
        best = keep_best(ws, best, &info->norm);
    } else {
        best = pivot(ws, start, asked, &info->norm);
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

/* Of the diagonal, where 0 is counted; where it is wrong, an entry elsewhere that is
 * not finite goes first. */
static cod_status check_diagonal(const cod_wolfe *w, const double *G, size_t *ret_zeros)
{
    size_t m = w->m, zeros = 0;
    int bad = 0;
    for (size_t i = 0; i < m; i++) {
        double square = G[i * m + i];
        bad |= !(square >= 0) | (square > DBL_MAX);
        zeros += square == 0;
    }
    if (bad)
        return w->kernels->finite(m, G) ? COD_EDOMAIN : COD_ENONFINITE;
    *ret_zeros = zeros;
    return COD_OK;
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

static int is_valid(const cod_minnorm_options *options, size_t m)
{
    if (options->algorithm < COD_MINNORM_EXACT ||
        options->algorithm > COD_MINNORM_LINE_SEARCH || !(options->tol >= 0) ||
        (options->rows == NULL && options->row_count > 0))
        return 0;
    for (size_t k = 0; k < options->row_count; k++)
        if (options->rows[k] >= m)
            return 0;
    return 1;
}

/* The rows that have changed are taken from the caller where they are few, and nothing
 * but ordinary. */
static request take_request(const cod_minnorm *ws, const double *G,
                            const cod_minnorm_options *options)
{
    size_t m = ws->wolfe.m;
    request asked = {.resume = options->resume && ws->wolfe.kept &&
                               options->algorithm == COD_MINNORM_EXACT};
    if (!asked.resume || options->rows == NULL || options->row_count > COD_CHANGES)
        return asked;
    for (size_t k = 0; k < options->row_count; k++) {
        double square = G[options->rows[k] * (m + 1)];
        if (!(square > 0) || isinf(square))
            return asked;
    }
    asked.rows = options->rows;
    asked.count = options->row_count;
    return asked;
}

/* By the exact solver; G is checked, no row is zero. */
static cod_status solve_scaled(cod_minnorm *ws, const double *start,
                               const cod_minnorm_options *options, const request *asked,
                               double *ret_w, cod_minnorm_info *info)
{
    size_t m = ws->wolfe.m;
    ws->wolfe.max_iter = options->max_iter > 0 ? options->max_iter : 20 * m + 100;
    double tol = options->tol > 0 ? options->tol : 1e-12;
    cod_status status = solve_exact(ws, scale_start(ws, start), asked, tol, info);
    if (status >= COD_OK)
        write_weights(&ws->wolfe, ws->best, ret_w);
    info->norm *= ws->unit;
    return status;
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
    size_t m = ws->wolfe.m, zeros = 0;
    request asked = {0};
    cod_status status = is_valid(options, m) ? COD_OK : COD_EARGUMENT;
    if (status == COD_OK)
        asked = take_request(ws, G, options);
    if (status == COD_OK && asked.rows == NULL)
        status = check_diagonal(&ws->wolfe, G, &zeros);
    ws->wolfe.kept = 0; /* after an error too: rows may be listed since that call */
    if (status != COD_OK)
        return status;
    cod_minnorm_info info = {0};
    if (zeros > 0) {
        status = take_zero_rows(&ws->wolfe, G, zeros, ret_w);
    } else if (m == 1) {
        ret_w[0] = 1;
        info.norm = sqrt(G[0]);
    } else if (!scale(ws, G, &asked)) {
        status = COD_ENONFINITE;
    } else if (options->algorithm == COD_MINNORM_EXACT) {
        status = solve_scaled(ws, start, options, &asked, ret_w, &info);
    } else {
        status = cod_minnorm_baseline(ws, G, options, ret_w, &info);
    }
    if (status < COD_OK)
        return status;
    if (ret_info != NULL)
        *ret_info = info;
    return status;
}
