/* SPDX-License-Identifier: MIT */
/* Rows of made-up elements for the tests of the kernels. */
#ifndef COD_TESTS_ROWS_H
#define COD_TESTS_ROWS_H

#include "check.h"

#include "core/types.h"

enum { ROWS_MAX = 260 };

/* What the elements are like. */
typedef enum rows_kind {
    ROWS_PLAIN,  /* uniform on [-1, 1) */
    ROWS_WIDE,   /* either sign, 1e-30 .. 1e30, log-uniform */
    ROWS_CANCEL, /* row 1 = row 0 but for alternating signs, row 2 = -row 0, ... */
    ROWS_BIASED, /* 0.1 throughout: every addition rounds the same way */
    ROWS_KINDS,
} rows_kind;

typedef struct row_set {
    size_t m;
    size_t n;
    cod_type type;
    const void *at[ROWS_MAX];
    void *memory[ROWS_MAX]; /* rows begin one element behind: aligned for no vector */
} row_set;

static inline double rows_get(const row_set *rows, size_t i, size_t k)
{
    return cod_element_at(rows->at[i], rows->type, k);
}

static inline void rows_set(row_set *rows, size_t i, size_t k, double value)
{
    size_t size = cod_type_size(rows->type);
    (void)cod_elements_store(&value, 1, rows->type,
                             (char *)rows->memory[i] + (k + 1) * size);
}

static inline double rows_draw(rows_kind kind, cod_type type, size_t i, size_t k)
{
    cod_random random = {.seed = 17, .stream = i};
    if (kind == ROWS_BIASED)
        return 0.1;
    if (kind == ROWS_CANCEL) {
        random.stream = 0;
        double sign = i % 3 == 1 ? (k % 2 ? 1 : -1) : i % 3 == 2 ? -1 : 1;
        return sign * (cod_random_uniform(random, k) + 0.5);
    }
    double u = 2 * cod_random_uniform(random, k) - 1;
    double decades = type == COD_FLOAT16 ? 9 : 60; /* of which float16 has few */
    return kind == ROWS_PLAIN ? u : copysign(pow(10, decades * (fabs(u) - 0.5)), u);
}

static inline void rows_make(row_set *ret, size_t m, size_t n, cod_type type,
                             rows_kind kind)
{
    size_t size = cod_type_size(type);
    *ret = (row_set){.m = m, .n = n, .type = type};
    for (size_t i = 0; i < m; i++) {
        /* Exactly as long as said: a sanitizer sees what reads too far. */
        ret->memory[i] = malloc((n + 1) * size);
        assert_non_null(ret->memory[i]);
        memset(ret->memory[i], 0, size);
        ret->at[i] = (char *)ret->memory[i] + size;
        for (size_t k = 0; k < n; k++)
            rows_set(ret, i, k, rows_draw(kind, type, i, k));
    }
}

static inline void rows_free(row_set *rows)
{
    for (size_t i = 0; i < rows->m; i++)
        free(rows->memory[i]);
}

#endif
