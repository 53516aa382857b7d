/* SPDX-License-Identifier: MIT */
/* cod_cone_solve(): scaling of one right-hand side, and what is tried in which order.
 */
#include "core/cone_private.h"

#include <math.h>
#include <string.h>

#include "core/minnorm_private.h"

/* kkt that is reached where rows are not nearly dependent */
#define GOOD_KKT 1e-14

/* Proximal steps: ridges, relative to the diagonal. A fixed point has kkt 0 with any of
 * them; the smaller, the fewer steps, and the more digits are lost on the way. The last
 * two are for Gramians that are indefinite by more than their rounding in double. */
enum { RIDGES = 5, RIDGES_FOR_ROUNDING = 3, STEPS = 6, REFINEMENTS = 2 };
static const double ridges[RIDGES] = {0x1p-30, 0x1p-40, 0x1p-46, 0x1p-20, 0x1p-14};

/* ---- one point ---- */

/* The certificate of v = u + z, whose slopes y are left in place; keeps the best. */
static double judge(cod_cone *c)
{
    double size = 0, kkt = 0;
    for (size_t i = 0; i < c->m; i++) {
        c->v[i] = c->u[i] + c->z[i];
        size += c->v[i] * c->root[i];
    }
    c->kernels->products(c->m, c->C, c->v, c->y, c->low);
    for (size_t i = 0; i < c->m; i++) {
        double y = c->y[i], unit = c->root[i] * size;
        if (c->v[i] > c->u[i] ? y == 0 : y >= 0)
            continue;
        double error = cod_kkt_ratio(fabs(y), unit);
        kkt = error > kkt ? error : kkt;
    }
    if (isfinite(size) && kkt < c->kkt) {
        c->kkt = kkt;
        memcpy(c->best, c->v, c->m * sizeof *c->v);
    }
    return kkt;
}

/* Corrections on F by the slopes of v, which have twice the digits. */
static void refine(cod_cone *c)
{
    for (size_t i = 0; i < c->m; i++)
        c->z[i] = c->z[i] > 0 ? c->z[i] : 0;
    double last = judge(c);
    for (int k = 0; k < REFINEMENTS && c->factored && last > GOOD_KKT; k++) {
        for (size_t a = 0; a < c->count; a++)
            c->right[a] = -c->y[c->set[a]];
        cod_cone_solve_factor(c, c->right);
        for (size_t a = 0; a < c->count; a++)
            c->z[c->set[a]] = fmax(c->z[c->set[a]] + c->right[a], 0);
        double now = judge(c);
        if (!(now < last))
            return;
        last = now;
    }
}

/* ---- what is tried ---- */

/* Proximal steps from z = 0 while they help; without a ridge one step is all. */
static void attempt(cod_cone *c, cod_cone_algorithm algorithm, double ridge)
{
    c->ridge = ridge;
    memset(c->center, 0, c->m * sizeof *c->center);
    for (int k = 0; k < (ridge > 0 ? STEPS : 1) && c->kkt > GOOD_KKT; k++) {
        for (size_t i = 0; i < c->m; i++)
            c->q[i] = c->base[i] - ridge * c->C[i * c->m + i] * c->center[i];
        if (cod_cone_pivot(c, algorithm) < COD_OK)
            return;
        double before = c->kkt;
        refine(c);
        if (!(c->kkt < before / 2))
            return;
        memcpy(c->center, c->z, c->m * sizeof *c->center);
    }
}

/* Rounds of projected Gauss-Seidel, at the most, that choose the first set: a round
 * costs a tenth of a factor, and three save half of the factors. One that leaves the
 * set as it was is the last. */
enum { SWEEPS = 3 };

/* F is where z > 0. Returns whether it was another set before. */
static int take_positive(cod_cone *c)
{
    int differs = 0;
    for (size_t i = 0; i < c->m; i++) {
        unsigned char is = c->z[i] > 0;
        differs |= c->inside[i] != is;
        c->inside[i] = is;
    }
    return differs;
}

/* The set where start > u; by default a guess. */
static void begin(cod_cone *c, const double *u, const double *start)
{
    if (start != NULL) {
        for (size_t i = 0; i < c->m; i++)
            c->inside[i] = start[i] > u[i];
        return;
    }
    memset(c->z, 0, c->m * sizeof *c->z);
    memcpy(c->y, c->base, c->m * sizeof *c->y);
    memset(c->inside, 0, c->m);
    int k = 0;
    do
        c->kernels->sweep(c->m, c->C, c->reciprocal, c->z, c->y);
    while (take_positive(c) && ++k < SWEEPS);
}

static void search(cod_cone *c, const double *u, const double *start, double tol,
                   cod_cone_algorithm algorithm)
{
    c->kkt = INFINITY;
    c->iterations = 0;
    memset(c->x, 0, c->m * sizeof *c->x); /* where the count ends before a face */
    begin(c, u, start);
    attempt(c, algorithm, 0);
    if (start != NULL && c->kkt > GOOD_KKT) {
        begin(c, u, NULL);
        attempt(c, algorithm, 0);
    }
    for (int k = 0; k < RIDGES && c->kkt > GOOD_KKT; k++)
        if (k < RIDGES_FOR_ROUNDING || c->kkt > tol)
            attempt(c, algorithm, ridges[k]);
}

/* ---- the call ---- */

/* u in units of 2^exponent over s: 1 at the most. Returns the exponent. */
static int scale_bounds(cod_cone *c, const double *u)
{
    int exponent = -4000, its;
    for (size_t i = 0; i < c->m; i++) {
        if (!(u[i] > 0 && c->root[i] > 0)) /* most, for UPGrad */
            continue;
        frexp(u[i], &its);
        its += (int)c->scale[i];
        exponent = its > exponent ? its : exponent;
    }
    for (size_t i = 0; i < c->m; i++)
        c->u[i] =
            u[i] > 0 && c->root[i] > 0 ? ldexp(u[i], (int)c->scale[i] - exponent) : 0;
    memset(c->base, 0, c->m * sizeof *c->base);
    c->kernels->add_columns(c->m, c->C, c->u, c->base);
    return exponent;
}

/* The caller's v. */
static cod_status unscale(const cod_cone *c, const double *u, int exponent, double *v)
{
    for (size_t i = 0; i < c->m; i++) {
        double found =
            c->best[i] > c->u[i] ? ldexp(c->best[i], exponent - (int)c->scale[i]) : 0;
        v[i] = found > u[i] ? found : u[i];
        if (isinf(v[i]))
            return COD_EOVERFLOW;
    }
    return COD_OK;
}

static cod_status check(const cod_cone *ws, const double *u,
                        const cod_cone_options *options, const double *v)
{
    if (ws == NULL || u == NULL || v == NULL || !(options->tol >= 0) ||
        (options->algorithm != COD_CONE_BLOCK &&
         options->algorithm != COD_CONE_ACTIVE_SET))
        return COD_EARGUMENT;
    if (!ws->loaded)
        return COD_EORDER;
    for (size_t i = 0; i < ws->m; i++)
        if (!isfinite(u[i]))
            return COD_ENONFINITE;
    for (size_t i = 0; i < ws->m; i++)
        if (u[i] < 0)
            return COD_EDOMAIN;
    return COD_OK;
}

cod_status cod_cone_solve(cod_cone *ws, const double *u, const double *start,
                          const cod_cone_options *options, double *ret_v,
                          cod_cone_info *ret_info)
{
    static const cod_cone_options defaults = {0};
    if (options == NULL)
        options = &defaults;
    cod_status status = check(ws, u, options, ret_v);
    if (status != COD_OK)
        return status;
    double tol = options->tol > 0 ? options->tol : 1e-12;
    ws->max_iter = options->max_iter > 0 ? options->max_iter : 100 * ws->m + 1000;
    int exponent = scale_bounds(ws, u);
    search(ws, u, start, tol, options->algorithm);
    if (isinf(ws->kkt))
        return COD_ENUMERIC;
    status = unscale(ws, u, exponent, ws->right);
    if (status != COD_OK)
        return status;
    memcpy(ret_v, ws->right, ws->m * sizeof *ret_v);
    if (ret_info != NULL)
        *ret_info = (cod_cone_info){ws->kkt, ws->iterations};
    return ws->kkt <= tol ? COD_OK : COD_STOPPED_MAXITER;
}
