/* SPDX-License-Identifier: MIT */
/* Gradients whose Gramian keeps its bytes, and the min-norm solver's factor as its
 * kernels see it. */
#ifndef COD_TESTS_FACTORS_H
#define COD_TESTS_FACTORS_H

#include "hulls.h"

#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

enum { MOST = 70 };

/* G of h->rows, plain sums: what did not change has the same bytes. */
static inline void plain_gramian(const hull *h)
{
    for (size_t i = 0; i < h->m; i++)
        for (size_t j = 0; j < h->m; j++) {
            double sum = 0;
            for (size_t k = 0; k < h->n; k++)
                sum += h->rows[i * h->n + k] * h->rows[j * h->n + k];
            h->G[i * h->m + j] = sum;
        }
}

static inline void draw_rows(uint64_t *seed, size_t m, size_t n, hull *h)
{
    *h = (hull){.m = m, .n = n};
    h->rows = calloc(m * n, sizeof(double));
    h->G = calloc(m * m, sizeof(double));
    h->w = calloc(m, sizeof(double));
    for (size_t k = 0; k < m * n; k++)
        h->rows[k] = draw_normal(seed);
    plain_gramian(h);
}

/* ---- the factor ---- */

/* A problem as the kernels see it, with room for its factor. */
typedef struct model {
    cod_minnorm *ws;
    cod_wolfe *w;
    cod_factor f;
    double x[MOST + 2 * COD_PANEL];
} model;

/* Each corner times its inverse is 1. */
static inline void check_corners(const model *at)
{
    const cod_factor *f = &at->f;
    for (size_t r = 0; r < at->w->count; r++) {
        size_t first = r / COD_PANEL * COD_PANEL;
        const double *inverse = f->corners + r * COD_PANEL;
        for (size_t q = r; q < first + COD_PANEL && q < at->w->count; q++) {
            double sum = 0;
            for (size_t c = r; c <= q; c++)
                sum += inverse[c - first] * f->U[c * f->stride + q];
            assert_close(sum, q == r, 1e-13, 1e-13);
        }
    }
}

/* U'U = C_SS, with zeros behind, U'y = b, C_SS x = b, and inverse is that of the
 * diagonal. */
static inline void check_factor(model *at)
{
    const cod_wolfe *w = at->w;
    const cod_factor *f = &at->f;
    check_corners(at);
    memcpy(at->x, f->y, w->count * sizeof(double));
    w->kernels->back(f, w->count, at->x);
    for (size_t a = 0; a < w->count; a++) {
        const double *C = w->C + w->support[a] * w->stride;
        double b = 0, solved = 0;
        for (size_t c = 0; c < cod_factor_zeros(w->count); c++)
            assert_true(f->U[a * f->stride + w->count + c] == 0);
        for (size_t c = a; c < w->count; c++) {
            double sum = 0;
            for (size_t k = 0; k <= a; k++)
                sum += f->U[k * f->stride + a] * f->U[k * f->stride + c];
            assert_close(sum, C[w->support[c]], 1e-13, 1e-13);
        }
        for (size_t k = 0; k <= a; k++)
            b += f->U[k * f->stride + a] * f->y[k];
        for (size_t c = 0; c < w->count; c++)
            solved += C[w->support[c]] * at->x[c];
        assert_close(b, w->b[w->support[a]], 1e-13, 0);
        assert_close(solved, w->b[w->support[a]], 1e-12, 0);
        assert_close(f->inverse[a] * f->U[a * f->stride + a], 1, 1e-14, 0);
    }
}

#endif
