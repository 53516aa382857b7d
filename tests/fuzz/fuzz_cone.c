/* SPDX-License-Identifier: MIT */
/* Projections on the dual cone of any gradients, and of any symmetric matrix: v >= u
 * exactly, with a certificate, in quadruple precision, that is what the solver says;
 * for gradients and bounds within 12 decades at most 1e-12, from any start, by both
 * algorithms, with one workspace for all. */
#include "fuzz_gradients.h"

#define TOLERANCE 1e-12

enum { BOUNDS = 4 };

/* One entry, all the same, bytes, or anything. Returns whether they are ordinary: zero,
 * or u_i |g_i| within 12 decades. */
static int draw_bounds(fuzz_input *in, const gradients *g, double *ret_u)
{
    unsigned kind = fuzz_byte(in) % 5;
    long double longest = 0, shortest = INFINITY;
    for (size_t i = 0; i < g->m; i++)
        ret_u[i] = kind == 0   ? 0
                   : kind == 1 ? 1 / (double)g->m
                   : kind == 2 ? fuzz_byte(in) / 16.0
                   : kind == 3 ? fmax((double)(int8_t)fuzz_byte(in), 0)
                               : fuzz_double(in);
    if (kind == 0)
        ret_u[fuzz_byte(in) % g->m] = 1;
    for (size_t i = 0; i < g->m; i++) {
        long double length = ret_u[i] * sqrtl((long double)g->G[i * g->m + i]);
        longest = fmaxl(longest, length);
        shortest = length > 0 ? fminl(shortest, length) : shortest;
    }
    return g->ordinary && kind < 4 && longest <= 1e12L * shortest;
}

static int is_negative(const double *u, size_t m)
{
    for (size_t i = 0; i < m; i++)
        if (u[i] < 0)
            return 1;
    return 0;
}

static void require_projected(const gradients *g, const double *u, const double *v,
                              cod_status status, double kkt, int ordinary)
{
    for (size_t i = 0; i < g->m; i++)
        require(v[i] >= u[i] && isfinite(v[i]), "v - u is %g, u %g", v[i] - u[i], u[i]);
    require((status == COD_OK) == (kkt <= TOLERANCE), "kkt %g", kkt);
    if (!ordinary)
        return;
    double its = quad_cone_kkt(g->m, g->G, u, v);
    double again = cod_cone_kkt(g->m, g->G, u, v);
    require(status == COD_OK && its <= TOLERANCE, "kkt %g, not %g", its, kkt);
    require(fabs(its - kkt) <= 1e-10 * its + 1e-22, "kkt %g, not %g", its, kkt);
    require(fabs(its - again) <= 1e-10 * its + 1e-22, "cod_cone_kkt %g, not %g", again,
            its);
}

/* Returns whether there is a v. */
static int solve(cod_cone *ws, const gradients *g, const double *u, const double *start,
                 cod_cone_algorithm algorithm, int ordinary, double *ret_v)
{
    const cod_cone_options options = {.algorithm = algorithm};
    cod_cone_info info = {0};
    for (size_t i = 0; i < g->m; i++)
        ret_v[i] = -7;
    cod_status status = cod_cone_solve(ws, u, start, &options, ret_v, &info);
    if (has_nonfinite(u, g->m) || is_negative(u, g->m))
        require(status == (has_nonfinite(u, g->m) ? COD_ENONFINITE : COD_EDOMAIN), "%s",
                cod_status_key(status));
    else
        require_status(status, COD_OK, COD_STOPPED_MAXITER, COD_EOVERFLOW,
                       COD_ENUMERIC);
    require(!ordinary || status >= 0, "%s", cod_status_key(status));
    if (status >= 0)
        require_projected(g, u, ret_v, status, info.kkt, ordinary);
    else
        require(ret_v[0] == -7 && ret_v[g->m - 1] == -7, "v after an error");
    return status >= 0;
}

/* J'v is unique, whichever way it is found. */
static void require_as_short(const gradients *g, const double *v, const double *other)
{
    long double size = fmaxl(weighted_length(g, v), weighted_length(g, other));
    long double difference = (long double)(square_of(g, v) - square_of(g, other));
    require(fabsl(difference) <= 8 * TOLERANCE * size * size,
            "squares differ by %Lg of %Lg", difference, size * size);
}

static void try_bounds(fuzz_input *in, cod_cone *ws, const gradients *g)
{
    double u[M_MOST], v[M_MOST], other[M_MOST], start[M_MOST];
    int ordinary = draw_bounds(in, g, u);
    for (size_t i = 0; i < g->m; i++)
        start[i] = fuzz_byte(in) % 4 == 0 ? fuzz_double(in) : fuzz_byte(in);
    int there = solve(ws, g, u, NULL, COD_CONE_BLOCK, ordinary, v);
    if (solve(ws, g, u, NULL, COD_CONE_ACTIVE_SET, ordinary, other) && ordinary)
        require_as_short(g, v, other);
    if (solve(ws, g, u, start, COD_CONE_BLOCK, ordinary, other) && ordinary)
        require_as_short(g, v, other);
    if (there && solve(ws, g, u, v, COD_CONE_BLOCK, ordinary, v) && ordinary)
        require_as_short(g, v, other);
}

/* Returns whether it is loaded. */
static int load(cod_cone *ws, const gradients *g)
{
    double negative = 0, u[M_MOST] = {0}, v[M_MOST];
    for (size_t i = 0; i < g->m; i++)
        negative = fmin(negative, g->G[i * g->m + i]);
    cod_status status = cod_cone_load(ws, g->G);
    if (!lower_is_finite(g))
        require(status == COD_ENONFINITE, "%s", cod_status_key(status));
    else if (negative < 0)
        require(status == COD_EDOMAIN, "%s", cod_status_key(status));
    else
        require_status(status, COD_OK, COD_EINDEFINITE);
    require(!g->ordinary || status == COD_OK, "%s", cod_status_key(status));
    if (status != COD_OK)
        require(cod_cone_solve(ws, u, NULL, NULL, v, NULL) == COD_EORDER,
                "solved, and nothing loaded");
    return status == COD_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = fuzz_begin(data, size);
    gradients g;
    cod_cone *ws;
    if (!draw_gradients(&in, &g))
        return 0;
    require(cod_cone_alloc(g.m, &ws) == COD_OK, "a workspace");
    if (load(ws, &g))
        for (int k = 0; k < BOUNDS; k++)
            try_bounds(&in, ws, &g);
    cod_cone_free(ws);
    return 0;
}
