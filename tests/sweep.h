/* SPDX-License-Identifier: MIT */
/* Random hulls, solved and checked one by one; the worst of each class. */
#ifndef COD_TESTS_SWEEP_H
#define COD_TESTS_SWEEP_H

#include "hulls.h"

typedef struct sweep {
    cod_pool *pool;
    double kkt[HULL_KINDS][4];       /* the largest certificate, by kind and decades */
    double excess[HULL_KINDS][4];    /* |J'w|^2 above the minimum, over size^2 */
    double direction[HULL_KINDS][4]; /* |J'w - d|, over size */
    size_t count[HULL_KINDS][4];
    size_t compared; /* with brute force */
} sweep;

static inline int column_of(const hull *h)
{
    return h->decades == 12 ? 3 : h->decades / 3;
}

static inline void keep_worst(double table[HULL_KINDS][4], const hull *h, double value)
{
    double *cell = &table[h->kind][column_of(h)];
    if (!(value <= *cell))
        *cell = value;
}

static inline void sweep_fail(const hull *h, const char *what, double value)
{
    fail_msg("m = %zu, n = %zu, kind %d, %d decades: %s %.3g", h->m, h->n, h->kind,
             h->decades, what, value);
}

/* Sums of 1, none negative, optimal for the G that was solved. */
static inline void check_certificate(sweep *s, const hull *h, cod_status status,
                                     const cod_minnorm_info *info)
{
    double sum = 0, kkt = quad_kkt(h->m, h->G, h->w);
    keep_worst(s->kkt, h, kkt);
    s->count[h->kind][column_of(h)]++;
    if (status != COD_OK)
        sweep_fail(h, cod_status_key(status), info->kkt);
    for (size_t i = 0; i < h->m; i++) {
        if (!(h->w[i] >= 0))
            sweep_fail(h, "weight", h->w[i]);
        sum += h->w[i];
    }
    if (!(fabs(sum - 1) <= 1e-15 * (double)h->m))
        sweep_fail(h, "the sum is off by", sum - 1);
    if (!(kkt <= 1e-12))
        sweep_fail(h, "kkt", kkt);
    if (!(fabs(kkt - info->kkt) <= 1e-14) ||
        !(fabs(kkt - cod_minnorm_kkt(h->m, h->G, h->w)) <= 1e-10 * kkt + 1e-24))
        sweep_fail(h, "the certificate says", info->kkt);
}

/* From the rows, in quadruple precision. */
static inline void check_optimum(sweep *s, const hull *h)
{
    quad w[BRUTE_MOST], *d = calloc(2 * h->n, sizeof *d), *best = d + h->n, apart = 0;
    double size = hull_size(h);
    for (size_t i = 0; i < h->m; i++)
        w[i] = h->w[i];
    quad square = quad_direction(h, w, d), least = brute_force(h, best);
    for (size_t k = 0; k < h->n; k++)
        apart += (d[k] - best[k]) * (d[k] - best[k]);
    free(d);
    double excess = (double)(square - least), distance = sqrt((double)apart);
    s->compared++;
    if (size == 0 && excess == 0)
        return;
    keep_worst(s->excess, h, excess / (size * size));
    keep_worst(s->direction, h, distance / size);
    if (!(excess <= 1e-13 * size * size))
        sweep_fail(h, "above the minimum by", excess / (size * size));
    if (h->kind != HULL_OPPOSITE && h->decades <= 6 && !(distance <= 1e-10 * size))
        sweep_fail(h, "direction off by", distance / size);
}

static inline void sweep_one(sweep *s, uint64_t *seed, size_t most, size_t brute_most)
{
    hull h;
    cod_minnorm *ws;
    cod_minnorm_info info = {0};
    hull_draw(seed, most, &h);
    hull_gramian(s->pool, &h);
    assert_status(cod_minnorm_alloc(h.m, &ws), COD_OK);
    cod_status status = cod_minnorm_solve(ws, h.G, NULL, NULL, h.w, &info);
    check_certificate(s, &h, status, &info);
    if (h.m <= brute_most)
        check_optimum(s, &h);
    cod_minnorm_free(ws);
    hull_clear(&h);
}

static inline void sweep_print(const sweep *s)
{
    static const char *const kinds[HULL_KINDS] = {"plain", "duplicate", "opposite",
                                                  "zero"};
    printf("kind       decades  count  kkt      excess   direction\n");
    for (int a = 0; a < HULL_KINDS; a++)
        for (int b = 0; b < 4; b++)
            printf("%-10s %7d %6zu  %.1e  %.1e  %.1e\n", kinds[a], b < 3 ? 3 * b : 12,
                   s->count[a][b], s->kkt[a][b], s->excess[a][b], s->direction[a][b]);
    printf("%zu compared with brute force over all faces\n", s->compared);
}

#endif
