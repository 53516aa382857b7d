/* SPDX-License-Identifier: MIT */
/* The min-norm solvers that published experiments used, kept as they are: not exact. */
#include <math.h>
#include <string.h>

#include "core/minnorm_private.h"

/* w'G x; only the lower triangle of G is read. */
static double form(size_t m, const double *G, const double *w, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++) {
        double row = 0;
        for (size_t j = 0; j < m; j++)
            row += (i >= j ? G[i * m + j] : G[j * m + i]) * x[j];
        sum += w[i] * row;
    }
    return sum;
}

static void multiply(size_t m, const double *G, const double *w, double *ret_product)
{
    for (size_t i = 0; i < m; i++) {
        ret_product[i] = 0;
        for (size_t j = 0; j < m; j++)
            ret_product[i] += (i >= j ? G[i * m + j] : G[j * m + i]) * w[j];
    }
}

/* ---- Frank-Wolfe ---- */

/* From uniform weights towards the best vertex, with the exact step; stops on a short
 * one (Frank and Wolfe 1956; the limits are TorchJD's). */
static cod_status frank_wolfe(cod_minnorm *ws, const double *G,
                              const cod_minnorm_options *options, double *w,
                              size_t *ret_iterations)
{
    size_t m = ws->wolfe.m, limit = options->max_iter > 0 ? options->max_iter : 100;
    double tol = options->tol > 0 ? options->tol : 1e-3, *product = ws->scratch;
    for (size_t i = 0; i < m; i++)
        w[i] = 1.0 / (double)m;
    for (size_t k = 0; k < limit; k++) {
        multiply(m, G, w, product);
        size_t t = 0;
        double b = 0, step;
        for (size_t i = 0; i < m; i++) {
            b += w[i] * product[i];
            t = product[i] < product[t] ? i : t;
        }
        double a = product[t], c = G[t * m + t];
        if (c <= a)
            step = 1;
        else if (b <= a)
            step = 0;
        else
            step = fmin((b - a) / (b + c - 2 * a), 1); /* rounding may lead beyond */
        for (size_t i = 0; i < m; i++)
            w[i] = (1 - step) * w[i] + (i == t ? step : 0);
        *ret_iterations = k + 1;
        if (step < tol)
            return COD_OK;
    }
    return COD_STOPPED_MAXITER;
}

/* ---- Sener and Koltun's loop ---- */

/* The weight of the first of two points with these products, as in their code: .999 and
 * .001 where the minimum is at an end. */
static double weight_of_two(double v11, double v12, double v22, double *ret_square)
{
    if (v12 >= v11) {
        *ret_square = v11;
        return 0.999;
    }
    if (v12 >= v22) {
        *ret_square = v22;
        return 0.001;
    }
    double gamma = fmin(-1.0 * ((v12 - v22) / (v11 + v22 - 2 * v12)), 1);
    *ret_square = v22 + gamma * (v12 - v22);
    return gamma;
}

static void start_with_best_pair(size_t m, const double *G, double *w)
{
    double least = INFINITY, square;
    for (size_t i = 0; i < m; i++)
        for (size_t j = i + 1; j < m; j++) {
            double gamma =
                weight_of_two(G[i * m + i], G[j * m + i], G[j * m + j], &square);
            if (!(square < least))
                continue;
            least = square;
            memset(w, 0, m * sizeof *w);
            w[i] = gamma;
            w[j] = 1 - gamma;
        }
}

/* Euclidean projection on the simplex (Held, Wolfe and Crowder 1974). */
static void project(size_t m, double *x, double *sorted)
{
    for (size_t i = 0; i < m; i++) {
        size_t k = i;
        for (; k > 0 && sorted[k - 1] < x[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = x[i];
    }
    double sum = 0, shift = 0;
    for (size_t k = 0; k < m; k++) {
        sum += sorted[k];
        double candidate = (sum - 1) / (double)(k + 1);
        if (k + 1 == m || candidate > sorted[k + 1]) {
            shift = candidate;
            break;
        }
    }
    for (size_t i = 0; i < m; i++)
        x[i] = fmax(x[i] - shift, 0);
}

/* Along the projected gradient to the first border, and onto the simplex. */
static void next_point(size_t m, const double *G, const double *w, double *ret_next,
                       double *scratch)
{
    double mean = 0, step = 1, first = INFINITY, second = INFINITY;
    multiply(m, G, w, scratch);
    for (size_t i = 0; i < m; i++)
        mean += scratch[i] / (double)m;
    for (size_t i = 0; i < m; i++) {
        double slope = mean - scratch[i];
        double to_zero = slope < 0 ? -w[i] / slope : 0;
        double to_one = slope > 0 ? (1 - w[i]) / slope : 0;
        first = to_zero > 1e-7 ? fmin(first, to_zero) : first;
        second = to_one > 1e-7 ? fmin(second, to_one) : second;
    }
    step = isinf(first) ? 1 : first;
    step = fmin(step, second);
    for (size_t i = 0; i < m; i++)
        ret_next[i] = w[i] + step * (mean - scratch[i]);
    project(m, ret_next, scratch);
}

static cod_status line_search(cod_minnorm *ws, const double *G,
                              const cod_minnorm_options *options, double *w,
                              size_t *ret_iterations)
{
    size_t m = ws->wolfe.m, limit = options->max_iter > 0 ? options->max_iter : 250;
    double tol = options->tol > 0 ? options->tol : 1e-5, square;
    double *next = ws->scratch, *scratch = ws->scratch + m;
    start_with_best_pair(m, G, w);
    for (size_t k = 0; m > 2 && k < limit; k++) {
        next_point(m, G, w, next, scratch);
        double gamma = weight_of_two(form(m, G, w, w), form(m, G, w, next),
                                     form(m, G, next, next), &square);
        double change = 0;
        for (size_t i = 0; i < m; i++) {
            next[i] = gamma * w[i] + (1 - gamma) * next[i];
            change += fabs(next[i] - w[i]);
        }
        *ret_iterations = k + 1;
        if (change < tol)
            return COD_OK;
        memcpy(w, next, m * sizeof *w);
    }
    return m > 2 ? COD_STOPPED_MAXITER : COD_OK;
}

cod_status cod_minnorm_baseline(cod_minnorm *ws, const double *G,
                                const cod_minnorm_options *options, double *ret_w,
                                cod_minnorm_info *ret_info)
{
    double *C = ws->wolfe.factor;
    size_t m = ws->wolfe.m;
    /* In units of the largest row: nothing overflows, and powers of two round nothing.
     */
    double largest = 0;
    for (size_t i = 0; i < m; i++)
        largest = fmax(largest, G[i * m + i]);
    int exponent;
    frexp(largest, &exponent);
    exponent += exponent % 2;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            C[i * m + j] = ldexp(G[i * m + j], -exponent);
    cod_status status = options->algorithm == COD_MINNORM_FW
                            ? frank_wolfe(ws, C, options, ret_w, &ret_info->iterations)
                            : line_search(ws, C, options, ret_w, &ret_info->iterations);
    double norm = sqrt(fmax(form(m, C, ret_w, ret_w), 0));
    ret_info->norm = ldexp(norm, exponent / 2);
    ret_info->kkt = cod_minnorm_kkt(m, G, ret_w);
    return status;
}
