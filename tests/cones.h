/* SPDX-License-Identifier: MIT */
/* Random dual-cone problems on the gradients of hulls.h, solved and checked one by one.
 */
#ifndef COD_TESTS_CONES_H
#define COD_TESTS_CONES_H

#include "hulls.h"

#include <codescent/cone.h>

enum { CONE_BRUTE_MOST = 10, BOUNDS_KINDS = 4 };

typedef struct cone_sweep {
    cod_pool *pool;
    double kkt[HULL_KINDS][4];    /* the largest certificate, by kind and decades */
    double excess[HULL_KINDS][4]; /* |J'v|^2 above the minimum, over size^2 */
    size_t count[HULL_KINDS][4];
    size_t compared; /* with brute force */
    size_t iterations, most_iterations;
} cone_sweep;

static inline cod_cone *cone_of(size_t m, const double *G)
{
    cod_cone *ws;
    assert_status(cod_cone_alloc(m, &ws), COD_OK);
    assert_status(cod_cone_load(ws, G), COD_OK);
    return ws;
}

static inline void cone_solve(size_t m, const double *G, const double *u, double *ret_v,
                              cod_cone_info *ret_info)
{
    cod_cone *ws = cone_of(m, G);
    assert_status(cod_cone_solve(ws, u, NULL, NULL, ret_v, ret_info), COD_OK);
    cod_cone_free(ws);
}

/* One gradient, as UPGrad has them; the mean; anything; anything with many zeros. */
static inline void draw_bounds(uint64_t *seed, size_t m, double *ret_u)
{
    int kind = draw_int(seed, BOUNDS_KINDS - 1);
    for (size_t i = 0; i < m; i++)
        ret_u[i] = kind == 1 ? 1 / (double)m : kind > 1 ? draw(seed) : 0;
    for (size_t i = 0; kind == 3 && i < m; i++)
        ret_u[i] = draw(seed) < 0.7 ? 0 : pow(10, 6 * ret_u[i] - 3);
    if (kind == 0)
        ret_u[draw_int(seed, (int)m - 1)] = 1 / (double)m;
}

/* ---- brute force ---- */

/* v on the set F, where the gradients are to be orthogonal to J'v, from the rows by
 * Gauss with pivoting. Returns 0 where it is singular or not >= u. */
static inline int cone_face_brute(const hull *h, const double *u, unsigned F,
                                  const double *s, quad *ret_v)
{
    quad A[CONE_BRUTE_MOST][CONE_BRUTE_MOST + 1];
    size_t index[CONE_BRUTE_MOST], c = 0;
    for (size_t i = 0; i < h->m; i++) {
        ret_v[i] = u[i];
        if (F >> i & 1)
            index[c++] = i;
    }
    for (size_t a = 0; a < c; a++)
        for (size_t b = 0; b <= c; b++) {
            A[a][b] = 0;
            for (size_t k = 0; k < h->n; k++) {
                quad other = 0;
                for (size_t j = 0; b == c && j < h->m; j++)
                    other -= u[j] * (quad)h->rows[j * h->n + k];
                if (b < c)
                    other = h->rows[index[b] * h->n + k] / (quad)s[index[b]];
                A[a][b] += h->rows[index[a] * h->n + k] / (quad)s[index[a]] * other;
            }
        }
    for (size_t k = 0; k < c; k++) {
        size_t best = k;
        for (size_t r = k; r < c; r++)
            if ((A[r][k] < 0 ? -A[r][k] : A[r][k]) >
                (A[best][k] < 0 ? -A[best][k] : A[best][k]))
                best = r;
        if (A[best][k] == 0)
            return 0;
        for (size_t b = 0; b <= c; b++) {
            quad kept = A[k][b];
            A[k][b] = A[best][b];
            A[best][b] = kept;
        }
        for (size_t r = 0; r < c; r++) {
            quad factor = A[r][k] / A[k][k];
            for (size_t b = k; r != k && b <= c; b++)
                A[r][b] -= factor * A[k][b];
        }
    }
    for (size_t a = 0; a < c; a++) {
        quad z = A[a][c] / A[a][a] / s[index[a]];
        if (!(z >= 0))
            return 0;
        ret_v[index[a]] += z;
    }
    return 1;
}

/* The least |J'v|^2 over all 2^m sets: each gives a point that is allowed, one of them
 * the answer. ret_size: sum v_i |g_i| there. m <= CONE_BRUTE_MOST */
static inline quad cone_brute(const hull *h, const double *u, double *ret_size)
{
    quad least = -1, v[CONE_BRUTE_MOST], *d = calloc(h->n, sizeof *d);
    double s[CONE_BRUTE_MOST];
    for (size_t i = 0; i < h->m; i++)
        s[i] = h->G[i * h->m + i] > 0 ? sqrt(h->G[i * h->m + i]) : 1;
    for (unsigned F = 0; F < 1U << h->m; F++) {
        if (!cone_face_brute(h, u, F, s, v))
            continue;
        quad square = quad_direction(h, v, d);
        if (least >= 0 && !(square < least))
            continue;
        least = square;
        *ret_size = 0;
        for (size_t i = 0; i < h->m; i++)
            *ret_size += (double)v[i] * sqrt(h->G[i * h->m + i]);
    }
    free(d);
    return least;
}

/* ---- checks ---- */

static inline int decades_column(const hull *h)
{
    return h->decades == 12 ? 3 : h->decades / 3;
}

static inline void cone_fail(const hull *h, const char *what, double value)
{
    fail_msg("m = %zu, n = %zu, kind %d, %d decades: %s %.3g", h->m, h->n, h->kind,
             h->decades, what, value);
}

/* v >= u, and optimal for the G that was solved. */
static inline void check_cone(cone_sweep *s, const hull *h, const double *u,
                              const double *v, cod_status status,
                              const cod_cone_info *info)
{
    double kkt = quad_cone_kkt(h->m, h->G, u, v);
    double *worst = &s->kkt[h->kind][decades_column(h)];
    *worst = kkt <= *worst ? *worst : kkt;
    if (status != COD_OK)
        cone_fail(h, cod_status_key(status), info->kkt);
    for (size_t i = 0; i < h->m; i++)
        if (!(v[i] >= u[i]) || isinf(v[i]))
            cone_fail(h, "v - u =", v[i] - u[i]);
    if (!(kkt <= 1e-12))
        cone_fail(h, "kkt", kkt);
    if (!(fabs(kkt - info->kkt) <= 1e-10 * kkt + 1e-22) ||
        !(fabs(kkt - cod_cone_kkt(h->m, h->G, u, v)) <= 1e-10 * kkt + 1e-22))
        cone_fail(h, "the certificate says", info->kkt);
}

static inline void check_cone_optimum(cone_sweep *s, const hull *h, const double *u,
                                      const double *v)
{
    quad w[CONE_BRUTE_MOST], *d = calloc(h->n, sizeof *d);
    double size = 0, its_size = 0;
    for (size_t i = 0; i < h->m; i++) {
        w[i] = v[i];
        size += v[i] * sqrt(h->G[i * h->m + i]);
    }
    quad square = quad_direction(h, w, d), least = cone_brute(h, u, &its_size);
    free(d);
    size = fmax(size, its_size);
    double excess = (double)(square - least);
    s->compared++;
    if (size == 0 && excess == 0)
        return;
    double *worst = &s->excess[h->kind][decades_column(h)];
    *worst = fmax(*worst, excess / (size * size));
    if (!(excess <= 1e-13 * size * size))
        cone_fail(h, "above the minimum by", excess / (size * size));
}

/* With blocks, or the active set alone; from nowhere, or from any start. */
static inline void cone_sweep_one(cone_sweep *s, uint64_t *seed, size_t most,
                                  size_t brute_most)
{
    hull h;
    cod_cone_info info = {0};
    hull_draw(seed, most, &h);
    hull_gramian(s->pool, &h);
    s->count[h.kind][decades_column(&h)]++;
    double *u = calloc(3 * h.m, sizeof *u), *v = u + h.m, *start = v + h.m;
    cod_cone *ws = cone_of(h.m, h.G);
    cod_cone_options how = {.algorithm = draw_int(seed, 3) == 0 ? COD_CONE_ACTIVE_SET
                                                                : COD_CONE_BLOCK};
    for (int k = 0; k < 2; k++) {
        draw_bounds(seed, h.m, u);
        for (size_t i = 0; i < h.m; i++)
            start[i] = u[i] + fmax(draw(seed) - 0.5, 0);
        cod_status status =
            cod_cone_solve(ws, u, k == 0 ? NULL : start, &how, v, &info);
        check_cone(s, &h, u, v, status, &info);
        if (h.m <= brute_most)
            check_cone_optimum(s, &h, u, v);
        s->iterations += info.iterations;
        if (info.iterations > s->most_iterations)
            s->most_iterations = info.iterations;
    }
    cod_cone_free(ws);
    free(u);
    hull_clear(&h);
}

static inline void cone_sweep_print(const cone_sweep *s)
{
    static const char *const kinds[HULL_KINDS] = {"plain", "duplicate", "opposite",
                                                  "zero"};
    size_t count = 0;
    printf("kind       decades  count  kkt      excess\n");
    for (int a = 0; a < HULL_KINDS; a++)
        for (int b = 0; b < 4; b++) {
            printf("%-10s %7d %6zu  %.1e  %.1e\n", kinds[a], b < 3 ? 3 * b : 12,
                   s->count[a][b], s->kkt[a][b], s->excess[a][b]);
            count += s->count[a][b];
        }
    printf("%zu compared with brute force; %.2f iterations each, %zu at the most\n",
           s->compared, (double)s->iterations / (2 * (double)count),
           s->most_iterations);
}

#endif
