/* SPDX-License-Identifier: MIT */
/* The last solve on a known support, and the certificate: both in twofold precision. */
#include "core/wolfe.h"

#include <string.h>

#include "core/kernels_hull.h"

typedef cod_twofold real;

static void sort_support(cod_wolfe *w)
{
    w->count = 0;
    for (size_t i = 0; i < w->m; i++)
        if (w->inside[i])
            w->support[w->count++] = i;
}

/* C_SS = L E L' with unit lower L and pivots E of any sign. */
static int factor(const cod_wolfe *w, real *L, real *pivots)
{
    size_t m = w->m;
    for (size_t a = 0; a < w->count; a++) {
        size_t i = w->support[a];
        for (size_t c = 0; c <= a; c++) {
            size_t j = w->support[c];
            real sum = two_sum(w->C[i * w->stride + j], w->lift * w->b[i] * w->b[j]);
            for (size_t k = 0; k < c; k++)
                sum = twofold_subtract(
                    sum, twofold_multiply(twofold_multiply(L[a * m + k], L[c * m + k]),
                                          pivots[k]));
            if (c < a)
                L[a * m + c] = twofold_divide(sum, pivots[c]);
            else
                pivots[a] = sum;
        }
        if (pivots[a].high == 0 && a + 1 < w->count)
            return 0;
    }
    return 1;
}

/* y = C_SS^-1 b times the last pivot, which may be 0: then y is the null vector. */
static void solve(const cod_wolfe *w, const real *L, const real *pivots, real *y)
{
    size_t m = w->m, n = w->count;
    for (size_t a = 0; a < n; a++) {
        y[a] = twofold(w->b[w->support[a]]);
        for (size_t k = 0; k < a; k++)
            y[a] = twofold_subtract(y[a], twofold_multiply(L[a * m + k], y[k]));
    }
    for (size_t a = 0; a + 1 < n; a++)
        y[a] = twofold_multiply(twofold_divide(y[a], pivots[a]), pivots[n - 1]);
    for (size_t a = n; a-- > 0;)
        for (size_t k = a + 1; k < n; k++)
            y[a] = twofold_subtract(y[a], twofold_multiply(L[k * m + a], y[k]));
}

cod_status cod_wolfe_polish(cod_wolfe *w)
{
    real *L = w->factor, *y = w->work, *pivots = y + w->m;
    sort_support(w);
    if (!factor(w, L, pivots))
        return COD_ENUMERIC;
    solve(w, L, pivots, y);
    double scale = 0;
    for (size_t a = 0; a < w->count; a++)
        if (fabs(y[a].high) > fabs(scale))
            scale = y[a].high;
    if (!(fabs(scale) > 0) || isinf(scale))
        return COD_ENUMERIC;
    for (size_t a = 0; a < w->count; a++)
        if (!(y[a].high / scale >= 0))
            return COD_ENUMERIC;
    memset(w->v, 0, w->m * sizeof *w->v);
    for (size_t a = 0; a < w->count; a++)
        w->v[w->support[a]] = y[a].high / scale;
    return COD_OK;
}

double cod_wolfe_kkt(const cod_wolfe *w, double *ret_norm)
{
    return w->kernels->kkt(w, ret_norm);
}
