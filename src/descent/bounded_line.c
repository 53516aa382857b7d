/* SPDX-License-Identifier: MIT */
/* The exact line search of cod_bounded: psi' along a direction is a nondecreasing,
 * piecewise linear function whose breakpoints are where a coordinate begins or ceases
 * to be clipped. */
#include <math.h>

#include "core/twofold.h"
#include "descent/bounded.h"

/* psi'(t) = -q.v(w + t dw) */
static double derivative(const cod_bounded *ws, double t)
{
    cod_twofold sum = {0, 0};
    for (size_t j = 0; j < ws->n; j++) {
        double v = -(ws->c[j] + t * ws->q[j]);
        v = v < ws->down[j] ? ws->down[j] : v > ws->up[j] ? ws->up[j] : v;
        sum = twofold_add_product(sum, -ws->q[j], v);
    }
    return sum.high;
}

/* The sum of q_j^2 over the coordinates that are free at t: psi''. */
static double curvature(const cod_bounded *ws, double t)
{
    double sum = 0;
    for (size_t j = 0; j < ws->n; j++) {
        double v = -(ws->c[j] + t * ws->q[j]);
        if (v > ws->down[j] && v < ws->up[j])
            sum += ws->q[j] * ws->q[j];
    }
    return sum;
}

static size_t collect(cod_bounded *ws, double tmax)
{
    size_t count = 0;
    for (size_t j = 0; j < ws->n; j++) {
        if (ws->q[j] == 0)
            continue;
        double at[2] = {-(ws->down[j] + ws->c[j]) / ws->q[j],
                        -(ws->up[j] + ws->c[j]) / ws->q[j]};
        for (int side = 0; side < 2; side++)
            if (at[side] > 0 && at[side] < tmax)
                ws->breaks[count++] = at[side];
    }
    return count;
}

/* Narrows [*low, *high], where psi' changes sign, to a piece without a breakpoint. */
static void narrow(cod_bounded *ws, size_t count, double *low, double *high)
{
    double *breaks = ws->breaks;
    while (count > 0) {
        double pivot = breaks[count / 2];
        int below = derivative(ws, pivot) < 0;
        *(below ? low : high) = pivot;
        size_t kept = 0;
        for (size_t k = 0; k < count; k++)
            if (below ? breaks[k] > pivot : breaks[k] < pivot)
                breaks[kept++] = breaks[k];
        count = kept;
    }
}

double cod_bounded_line(cod_bounded *ws, double tmax)
{
    double low = 0, high = tmax;
    if (!(derivative(ws, 0) < 0))
        return 0;
    if (derivative(ws, tmax) <= 0)
        return tmax;
    narrow(ws, collect(ws, tmax), &low, &high);
    double rise = curvature(ws, low + (high - low) / 2);
    double t = rise > 0 ? low - derivative(ws, low) / rise : high;
    return t < low ? low : t > high ? high : t;
}
