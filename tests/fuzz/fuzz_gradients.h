/* SPDX-License-Identifier: MIT */
/* Gradients and Gramians from bytes, for the two quadratic programs. */
#ifndef COD_TESTS_FUZZ_GRADIENTS_H
#define COD_TESTS_FUZZ_GRADIENTS_H

#include "fuzz.h"

#include "quad.h"

enum { M_MOST = 12, N_MOST = 16 };

/* How an element is written. */
typedef enum element_kind {
    ELEMENT_WHOLE,  /* a byte with a sign */
    ELEMENT_SCALED, /* the same, in units of the row: 1e-6 to 1e6 */
    ELEMENT_NORMAL, /* drawn from -1 to 1, in units of the row */
    ELEMENT_DOUBLE, /* any bits */
    ELEMENT_FLOAT,  /* any bits of a float32 */
    ELEMENT_KINDS,
} element_kind;

typedef struct gradients {
    size_t m, n;
    int from_rows; /* else G is any symmetric matrix */
    int ordinary;  /* within what the certificate is promised for */
    double rows[M_MOST * N_MOST];
    double G[M_MOST * M_MOST];
} gradients;

static inline double draw_element(fuzz_input *in, element_kind kind, double unit)
{
    uint32_t bits;
    float single;
    switch (kind) {
    case ELEMENT_WHOLE:
        return (double)(int8_t)fuzz_byte(in);
    case ELEMENT_SCALED:
        return (double)(int8_t)fuzz_byte(in) * unit;
    case ELEMENT_NORMAL:
        return ((double)(fuzz_draw(in) >> 11) * 0x1p-52 - 1) * unit;
    case ELEMENT_FLOAT:
        bits = (uint32_t)fuzz_bits(in, 4);
        memcpy(&single, &bits, sizeof single);
        return (double)single;
    default:
        return fuzz_double(in);
    }
}

/* Some rows are zero, or those of another row: equal, opposite, or nearly so. */
static inline void draw_row(fuzz_input *in, gradients *g, size_t i, element_kind kind)
{
    static const double factors[] = {1, -1, 1 + 1e-8, -1 - 1e-8, 1 + 0x1p-52, 3, 1e-5};
    double *row = g->rows + i * g->n;
    unsigned what = fuzz_most(in, 15);
    const double *other = g->rows + (i > 0 ? fuzz_byte(in) % i : 0) * g->n;
    double unit = pow(10, (double)fuzz_most(in, 12) - 6);
    for (size_t k = 0; k < g->n; k++) {
        if (what == 15)
            row[k] = 0;
        else if (what < 8 || i == 0)
            row[k] = draw_element(in, kind, unit);
        else
            row[k] = other[k] * factors[what - 8];
    }
}

static inline int has_nonfinite(const double *values, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return 1;
    return 0;
}

/* |g_i| in a type without overflow. */
static inline long double row_length(const gradients *g, size_t i)
{
    long double square = 0;
    for (size_t k = 0; k < g->n; k++)
        square += (long double)g->rows[i * g->n + k] * g->rows[i * g->n + k];
    return sqrtl(square);
}

/* Zero, or from 1e-100 to 1e100 and within 12 decades of each other, each element
 * 1e-140 at least: no product vanishes. */
static inline int is_ordinary(const gradients *g)
{
    long double longest = 0, shortest = INFINITY;
    for (size_t k = 0; k < g->m * g->n; k++)
        if (g->rows[k] != 0 && !(fabs(g->rows[k]) > 1e-140))
            return 0;
    for (size_t i = 0; i < g->m; i++) {
        long double length = row_length(g, i);
        longest = fmaxl(longest, length);
        shortest = length > 0 ? fminl(shortest, length) : shortest;
    }
    return longest <= 1e100L && shortest >= 1e-100L && longest <= 1e12L * shortest;
}

/* The library's Gramian, which has to be right, or refused for the reason there is. */
static inline int find_gramian(gradients *g)
{
    const void *at[M_MOST];
    cod_pool *pool;
    for (size_t i = 0; i < g->m; i++)
        at[i] = g->rows + i * g->n;
    require(cod_pool_alloc(1, g->m, &pool) == COD_OK, "a pool");
    cod_status status = cod_gramian(pool, g->m, g->n, at, COD_FLOAT64, g->G);
    cod_pool_free(pool);
    int nonfinite = has_nonfinite(g->rows, g->m * g->n);
    require_status(status, COD_OK, COD_ENONFINITE, COD_EOVERFLOW);
    require((status == COD_ENONFINITE) == nonfinite, "%s", cod_status_key(status));
    g->ordinary = status == COD_OK && is_ordinary(g);
    for (size_t e = 0; status == COD_OK && e < g->m * g->m; e++) {
        size_t i = e / g->m, j = e % g->m;
        quad sum = 0;
        for (size_t k = 0; k < g->n; k++)
            sum += (quad)g->rows[i * g->n + k] * g->rows[j * g->n + k];
        long double error = fabsl((long double)(sum - g->G[e]));
        require(isfinite(g->G[e]) && g->G[e] == g->G[j * g->m + i], "%g", g->G[e]);
        require(!g->ordinary || error <= 1e-12L * row_length(g, i) * row_length(g, j),
                "G[%zu][%zu] is off by %Lg", i, j, error);
    }
    return status == COD_OK;
}

/* Returns 0 where there is no Gramian. */
static inline int draw_gradients(fuzz_input *in, gradients *g)
{
    memset(g, 0, sizeof *g);
    g->m = 1 + fuzz_most(in, M_MOST - 1);
    g->n = 1 + fuzz_most(in, N_MOST - 1);
    unsigned kind = fuzz_byte(in);
    g->from_rows = (kind & 7) != 7;
    kind = kind >> 3 & 7;
    element_kind element = kind < ELEMENT_KINDS ? (element_kind)kind : ELEMENT_SCALED;
    for (size_t i = 0; g->from_rows && i < g->m; i++)
        draw_row(in, g, i, element);
    if (g->from_rows)
        return find_gramian(g);
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j <= i; j++) {
            double entry = draw_element(in, element, 1);
            g->G[i * g->m + j] =
                i == j && element != ELEMENT_DOUBLE ? fabs(entry) : entry;
            g->G[j * g->m + i] = NAN; /* never read */
        }
    return 1;
}

static inline int lower_is_finite(const gradients *g)
{
    for (size_t i = 0; i < g->m; i++)
        if (has_nonfinite(g->G + i * g->m, i + 1))
            return 0;
    return 1;
}

/* sum w_i |g_i| */
static inline long double weighted_length(const gradients *g, const double *w)
{
    long double sum = 0;
    for (size_t i = 0; i < g->m; i++)
        sum += w[i] * sqrtl((long double)g->G[i * g->m + i]);
    return sum;
}

static inline quad square_of(const gradients *g, const double *w)
{
    quad sum = 0;
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->m; j++)
            sum += (quad)g->G[i >= j ? i * g->m + j : j * g->m + i] * w[i] * w[j];
    return sum;
}

#endif
