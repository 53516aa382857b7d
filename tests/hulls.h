/* SPDX-License-Identifier: MIT */
/* Sets of gradients for the tests of the min-norm solver, and what is true of them:
 * their certificate in quadruple precision, and the answer by brute force. */
#ifndef COD_TESTS_HULLS_H
#define COD_TESTS_HULLS_H

#include "quad.h"
#include "sets.h"

typedef enum hull_kind {
    HULL_PLAIN,
    HULL_DUPLICATE, /* some rows are there twice */
    HULL_OPPOSITE,  /* some are the opposite of another up to 1e-8 */
    HULL_ZERO,      /* some are zero */
    HULL_KINDS,
} hull_kind;

typedef struct hull {
    hull_kind kind;
    int decades; /* over which the norms are spread: 0, 3, 6 or 12 */
    size_t m, n;
    double *rows; /* m x n */
    double *G;    /* m x m, as cod_gramian() has it */
    double *w;    /* m, for the answer */
} hull;

static inline double draw_normal(uint64_t *seed)
{
    double u = 1 - draw(seed); /* not from the same line: the order is to be one */
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * draw(seed));
}

/* m log-uniform in 2 .. most, but where m > 24 it is kept with probability 24/m; n
 * log-uniform in 1 .. 2 m; a tenth of each special kind. */
static inline void hull_draw(uint64_t *seed, size_t most, hull *ret)
{
    static const int decades[4] = {0, 3, 6, 12};
    double kept;
    do {
        ret->m = (size_t)(2 * exp(draw(seed) * log((double)(most + 1) / 2)));
        kept = 24.0 / (double)ret->m;
    } while (draw(seed) > kept);
    ret->n = (size_t)exp(draw(seed) * log((double)(2 * ret->m + 1)));
    int kind = draw_int(seed, 9);
    ret->kind = kind < HULL_KINDS ? (hull_kind)kind : HULL_PLAIN;
    ret->decades = decades[draw_int(seed, 3)];
    ret->rows = calloc(ret->m * ret->n, sizeof(double));
    ret->G = calloc(ret->m * ret->m, sizeof(double));
    ret->w = calloc(ret->m, sizeof(double));
    for (size_t i = 0; i < ret->m; i++) {
        double norm = pow(10, ret->decades * (draw(seed) - 0.5));
        for (size_t k = 0; k < ret->n; k++)
            ret->rows[i * ret->n + k] = norm * draw_normal(seed);
    }
    for (size_t t = 0; ret->kind != HULL_PLAIN && t < 1 + ret->m / 10; t++) {
        double *a = ret->rows + (size_t)draw_int(seed, (int)ret->m - 1) * ret->n;
        double *b = ret->rows + (size_t)draw_int(seed, (int)ret->m - 1) * ret->n;
        for (size_t k = 0; k < ret->n && a != b; k++)
            a[k] = ret->kind == HULL_DUPLICATE  ? b[k]
                   : ret->kind == HULL_OPPOSITE ? -b[k] * (1 + 1e-8 * draw_normal(seed))
                                                : 0;
    }
}

static inline void hull_clear(hull *h)
{
    free(h->rows);
    free(h->G);
    free(h->w);
}

/* G of the rows, through the library. */
static inline void hull_gramian(cod_pool *pool, const hull *h)
{
    const void **at = calloc(h->m, sizeof *at);
    for (size_t i = 0; i < h->m; i++)
        at[i] = h->rows + i * h->n;
    assert_status(cod_gramian(pool, h->m, h->n, at, COD_FLOAT64, h->G), COD_OK);
    free(at);
}

/* sum w_i |g_i| */
static inline double hull_size(const hull *h)
{
    double size = 0;
    for (size_t i = 0; i < h->m; i++)
        size += h->w[i] * sqrt(h->G[i * h->m + i]);
    return size;
}

/* J'w, n elements; returns its square. */
static inline quad quad_direction(const hull *h, const quad *w, quad *ret_d)
{
    quad square = 0;
    for (size_t k = 0; k < h->n; k++) {
        ret_d[k] = 0;
        for (size_t i = 0; i < h->m; i++)
            ret_d[k] += w[i] * (quad)h->rows[i * h->n + k];
        square += ret_d[k] * ret_d[k];
    }
    return square;
}

/* Independent rows, so that the weights are unique. */
static inline void draw_gramian(uint64_t *seed, size_t m, double *G)
{
    double rows[16 * 24];
    size_t n = m + 8;
    for (size_t k = 0; k < m * n; k++)
        rows[k] = draw_normal(seed) + (k % n == 0);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            G[i * m + j] = 0;
            for (size_t k = 0; k < n; k++)
                G[i * m + j] += rows[i * n + k] * rows[j * n + k];
        }
}

static inline cod_minnorm *workspace(size_t m)
{
    cod_minnorm *ws;
    assert_status(cod_minnorm_alloc(m, &ws), COD_OK);
    return ws;
}

/* ---- brute force ---- */

enum { BRUTE_MOST = 8 };

/* The minimiser of the affine hull of the rows of S, in the unknowns w_i s_i, by Gauss
 * with pivoting. Where the system is singular the answer is worthless, and harmless:
 * the minimum is taken over what is inside, by its true value, and some other face has
 * it. */
static inline int brute_face(const hull *h, unsigned S, const double *s, quad *ret_w)
{
    quad A[BRUTE_MOST + 1][BRUTE_MOST + 2] = {{0}}, sum = 0;
    size_t index[BRUTE_MOST], c = 0;
    for (size_t i = 0; i < h->m; i++)
        if (S >> i & 1)
            index[c++] = i;
    for (size_t a = 0; a < c; a++) {
        for (size_t b = 0; b < c; b++)
            for (size_t k = 0; k < h->n; k++)
                A[a][b] += (quad)h->rows[index[a] * h->n + k] / s[index[a]] *
                           ((quad)h->rows[index[b] * h->n + k] / s[index[b]]);
        A[a][c] = A[c][a] = 1 / (quad)s[index[a]];
    }
    A[c][c + 1] = 1;
    for (size_t k = 0; k <= c; k++) {
        size_t best = k;
        for (size_t r = k; r <= c; r++)
            if ((A[r][k] < 0 ? -A[r][k] : A[r][k]) >
                (A[best][k] < 0 ? -A[best][k] : A[best][k]))
                best = r;
        if (A[best][k] == 0)
            return 0;
        for (size_t b = 0; b <= c + 1; b++) {
            quad kept = A[k][b];
            A[k][b] = A[best][b];
            A[best][b] = kept;
        }
        for (size_t r = 0; r <= c; r++) {
            quad factor = A[r][k] / A[k][k];
            for (size_t b = k; r != k && b <= c + 1; b++)
                A[r][b] -= factor * A[k][b];
        }
    }
    for (size_t i = 0; i < h->m; i++)
        ret_w[i] = 0;
    for (size_t a = 0; a < c; a++) {
        quad w = A[a][c + 1] / A[a][a] / s[index[a]];
        if (!(w >= 0))
            return 0;
        sum += ret_w[index[a]] = w;
    }
    for (size_t i = 0; i < h->m; i++)
        ret_w[i] /= sum;
    return sum > 0;
}

/* The least square over all faces; ret_d: the direction, n elements. m <= BRUTE_MOST */
static inline quad brute_force(const hull *h, quad *ret_d)
{
    quad least = -1, *d = calloc(h->n, sizeof *d);
    double s[BRUTE_MOST];
    for (size_t i = 0; i < h->m; i++)
        s[i] = h->G[i * h->m + i] > 0 ? sqrt(h->G[i * h->m + i]) : 1;
    for (unsigned S = 1; S < 1U << h->m; S++) {
        quad w[BRUTE_MOST];
        if (!brute_face(h, S, s, w))
            continue;
        quad square = quad_direction(h, w, d);
        if (least >= 0 && !(square < least))
            continue;
        least = square;
        memcpy(ret_d, d, h->n * sizeof *d);
    }
    free(d);
    return least;
}

#endif
