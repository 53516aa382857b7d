/* SPDX-License-Identifier: MIT */
/* Rows anywhere in memory: over each other, and where no element lies by itself. */
#include "check.h"

#include "core/pool.h"
#include "rows.h"

/* Rows that lie over each other, a few elements apart, or are one and the same. */
static void test_gramian_of_overlapping_rows(void **state)
{
    (void)state;
    enum { M = 9, N = 3000 };
    for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++) {
        row_set one, apart;
        rows_make(&one, 1, N + M, (cod_type)type, ROWS_PLAIN);
        rows_make(&apart, M, N, (cod_type)type, ROWS_PLAIN);
        const void *over[M];
        for (size_t i = 0; i < M; i++) {
            size_t shift = i == M - 1 ? 0 : i; /* the last row is the first */
            over[i] = (const char *)one.at[0] + shift * cod_type_size(one.type);
            for (size_t k = 0; k < N; k++)
                rows_set(&apart, i, k, rows_get(&one, 0, k + shift));
        }
        cod_pool *pool = NULL;
        double G[M * M], expected[M * M];
        assert_status(cod_pool_alloc(2, M, &pool), COD_OK);
        assert_status(cod_gramian(pool, M, N, over, one.type, G), COD_OK);
        assert_status(cod_gramian(pool, M, N, apart.at, one.type, expected), COD_OK);
        assert_memory_equal(G, expected, sizeof G);
        cod_pool_free(pool);
        rows_free(&apart);
        rows_free(&one);
    }
}

/* At addresses that no element has by itself: the same bytes, and what is not finite is
 * found. */
static void test_gramian_at_any_address(void **state)
{
    (void)state;
    enum { M = 6, N = 300 };
    const cod_kernels *kernels;
    for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++)
        for (size_t k = 0; (kernels = cod_kernels_at(k)) != NULL; k++) {
            row_set rows;
            rows_make(&rows, M, N, (cod_type)type, ROWS_PLAIN);
            size_t size = N * cod_type_size(rows.type);
            char *memory[M];
            const void *moved[M];
            for (size_t i = 0; i < M; i++) {
                memory[i] = malloc(size + 2 * i + 1);
                moved[i] = memcpy(memory[i] + 2 * i + 1, rows.at[i], size);
            }
            cod_pool *pool = NULL;
            double G[M * M], expected[M * M];
            assert_status(cod_pool_alloc_with(1, M, kernels, &pool), COD_OK);
            assert_status(cod_gramian(pool, M, N, rows.at, rows.type, expected),
                          COD_OK);
            assert_status(cod_gramian(pool, M, N, moved, rows.type, G), COD_OK);
            assert_memory_equal(G, expected, sizeof G);
            memset(memory[2] + 5, 0xff, size);
            assert_status(cod_gramian(pool, M, N, moved, rows.type, G), COD_ENONFINITE);
            for (size_t i = 0; i < M; i++)
                free(memory[i]);
            cod_pool_free(pool);
            rows_free(&rows);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gramian_of_overlapping_rows),
        cmocka_unit_test(test_gramian_at_any_address),
    };
    return cmocka_run_group_tests_name("gramian_addresses", tests, NULL, NULL);
}
