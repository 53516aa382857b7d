/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/pool.h"
#include "quad.h"
#include "rows.h"

static const unsigned thread_counts[] = {1, 2, 3, 4, 7};

/* The products in quadruple precision. */
static void assert_products(const row_set *rows, const double *G)
{
    for (size_t i = 0; i < rows->m; i++)
        for (size_t j = 0; j <= i; j++) {
            quad exact = 0;
            quad norm_i = 0;
            quad norm_j = 0;
            for (size_t k = 0; k < rows->n; k++) {
                quad x = rows_get(rows, i, k);
                quad y = rows_get(rows, j, k);
                exact += x * y;
                norm_i += x * x;
                norm_j += y * y;
            }
            double error = (double)(exact - (quad)G[i * rows->m + j]);
            double scale = sqrt((double)norm_i) * sqrt((double)norm_j);
            if (!(fabs(error) <= 2e-14 * scale))
                print_error("n %zu, entry %zu %zu\n", rows->n, i, j);
            assert_true(fabs(error) <= 2e-14 * scale);
            assert_memory_equal(&G[i * rows->m + j], &G[j * rows->m + i], sizeof *G);
        }
}

/* Every instruction set and number of threads gives the bytes of the first. */
static void assert_same_bytes(const row_set *rows, const double *expected)
{
    size_t size = rows->m * rows->m * sizeof *expected;
    double *G = malloc(size);
    const cod_kernels *kernels;
    for (size_t k = 0; (kernels = cod_kernels_at(k)) != NULL; k++)
        for (size_t t = 0; t < sizeof thread_counts / sizeof *thread_counts; t++) {
            cod_pool *pool = NULL;
            assert_status(
                cod_pool_alloc_with(thread_counts[t], rows->m + t, kernels, &pool),
                COD_OK);
            memset(G, 0xff, size);
            assert_status(cod_gramian(pool, rows->m, rows->n, rows->at, rows->type, G),
                          COD_OK);
            if (memcmp(G, expected, size) != 0)
                print_error("%s, %u threads, m %zu, n %zu\n", kernels->name,
                            thread_counts[t], rows->m, rows->n);
            assert_memory_equal(G, expected, size);
            cod_pool_free(pool);
        }
    free(G);
}

static void check_rows(size_t m, size_t n, cod_type type, rows_kind kind)
{
    row_set rows;
    rows_make(&rows, m, n, type, kind);
    cod_pool *pool = NULL;
    double *G = malloc(m * m * sizeof *G);
    assert_status(cod_pool_alloc(1, m, &pool), COD_OK);
    assert_status(cod_gramian(pool, m, n, rows.at, type, G), COD_OK);
    cod_pool_free(pool);
    assert_products(&rows, G);
    assert_same_bytes(&rows, G);
    free(G);
    rows_free(&rows);
}

static void test_gramian_matches_quadruple_sums(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 7, 8, 9, 255, 256, 257, 1024, 4097};
    for (size_t m = 1; m <= 20; m++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++)
                check_rows(m, m > 6 && lengths[l] > 1025 ? 530 : lengths[l],
                           (cod_type)type, (rows_kind)((m + l) % ROWS_KINDS));
}

static void test_gramian_matches_quadruple_sums_on_every_kind(void **state)
{
    (void)state;
    for (int kind = 0; kind < ROWS_KINDS; kind++)
        for (size_t m = 2; m <= 5; m++)
            for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++)
                check_rows(m, 20011, (cod_type)type, (rows_kind)kind);
}

/* Long rows in many parts, by several threads. */
static void test_gramian_of_long_rows(void **state)
{
    (void)state;
    check_rows(2, 400009, COD_FLOAT32, ROWS_WIDE);
    check_rows(3, 300007, COD_FLOAT64, ROWS_BIASED);
    check_rows(6, 70001, COD_FLOAT32, ROWS_BIASED);
}

static void test_gramian_of_many_rows(void **state)
{
    (void)state;
    check_rows(33, 1500, COD_FLOAT32, ROWS_PLAIN);
    check_rows(21, 1500, COD_BFLOAT16, ROWS_WIDE);
    check_rows(22, 1500, COD_FLOAT16, ROWS_WIDE);
    check_rows(128, 40, COD_FLOAT64, ROWS_WIDE);
    check_rows(129, 40, COD_FLOAT32, ROWS_WIDE);
    check_rows(150, 1100, COD_FLOAT64, ROWS_CANCEL);
}

/* A product of two rows is the same bytes whatever rows stand beside them: in pools and
 * Gramians of any size, with rows left out, as a cross product, as a norm. */
static void test_gramian_entries_depend_on_two_rows_alone(void **state)
{
    (void)state;
    enum { M = 140, N = 9001 };
    for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++) {
        row_set rows;
        rows_make(&rows, M, N, (cod_type)type, ROWS_PLAIN);
        cod_pool *pool = NULL;
        double *G = malloc(M * M * sizeof *G);
        double *other = malloc(M * M * sizeof *G);
        assert_status(cod_pool_alloc(2, M, &pool), COD_OK);
        assert_status(cod_gramian(pool, M, N, rows.at, rows.type, G), COD_OK);
        for (size_t m = 1; m < M; m += m < 10 ? 1 : 43) {
            assert_status(cod_gramian(pool, m, N, rows.at, rows.type, other), COD_OK);
            for (size_t i = 0; i < m; i++)
                assert_memory_equal(other + i * m, G + i * M, m * sizeof *G);
            assert_status(
                cod_cross(pool, m, 7, N, rows.at, rows.at + 3, rows.type, other),
                COD_OK);
            for (size_t i = 0; i < m; i++)
                assert_memory_equal(other + i * 7, G + i * M + 3, 7 * sizeof *G);
        }
        assert_status(cod_cross(pool, 5, M, N, rows.at + 2, rows.at, rows.type, other),
                      COD_OK);
        assert_memory_equal(other, G + 2 * M, 5 * M * sizeof *G);
        assert_status(cod_norms2(pool, M, N, rows.at, rows.type, other), COD_OK);
        for (size_t i = 0; i < M; i++)
            assert_memory_equal(other + i, G + i * M + i, sizeof *G);
        cod_pool_free(pool);
        free(other);
        free(G);
        rows_free(&rows);
    }
}

static void test_gramian_some_skips_null_rows(void **state)
{
    (void)state;
    enum { M = 7, N = 1300 };
    row_set rows;
    rows_make(&rows, M, N, COD_FLOAT64, ROWS_PLAIN);
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(2, M, &pool), COD_OK);
    double G[M * M];
    double some[M * M];
    double norms2[M];
    assert_status(cod_gramian(pool, M, N, rows.at, rows.type, G), COD_OK);
    for (unsigned mask = 0; mask < 1u << M; mask++) {
        const void *at[M];
        for (size_t i = 0; i < M; i++)
            at[i] = mask >> i & 1 ? rows.at[i] : NULL;
        assert_status(cod_gramian_some(pool, M, N, at, rows.type, some), COD_OK);
        assert_status(cod_norms2(pool, M, N, at, rows.type, norms2), COD_OK);
        for (size_t i = 0; i < M; i++) {
            assert_true(norms2[i] == (at[i] ? G[i * M + i] : 0));
            for (size_t j = 0; j < M; j++)
                assert_true(some[i * M + j] == (at[i] && at[j] ? G[i * M + j] : 0));
        }
        assert_status(cod_cross(pool, M, 3, N, at, rows.at, rows.type, some), COD_OK);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < 3; j++)
                assert_true(some[i * 3 + j] == (at[i] ? G[i * M + j] : 0));
        assert_status(cod_cross(pool, 3, M, N, rows.at, at, rows.type, some), COD_OK);
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < M; j++)
                assert_true(some[i * M + j] == (at[j] ? G[i * M + j] : 0));
    }
    cod_pool_free(pool);
    rows_free(&rows);
}

/* One bad element at (row, k): every function says so and writes nothing. */
static void check_nonfinite(cod_pool *pool, row_set *rows, size_t row, size_t k,
                            double bad)
{
    double *G = malloc(rows->m * rows->m * sizeof *G);
    double good = rows_get(rows, row, k);
    rows_set(rows, row, k, bad);
    G[0] = 42;
    assert_status(cod_gramian(pool, rows->m, rows->n, rows->at, rows->type, G),
                  COD_ENONFINITE);
    assert_status(cod_norms2(pool, rows->m, rows->n, rows->at, rows->type, G),
                  COD_ENONFINITE);
    assert_status(
        cod_cross(pool, rows->m, 1, rows->n, rows->at, rows->at, rows->type, G),
        COD_ENONFINITE);
    assert_status(
        cod_cross(pool, 1, rows->m, rows->n, rows->at, rows->at, rows->type, G),
        COD_ENONFINITE);
    assert_true(G[0] == 42);
    assert_int_equal(cod_rows_nonfinite(rows->m, rows->n, rows->at, rows->type), row);
    rows_set(rows, row, k, good);
    free(G);
}

static void test_gramian_refuses_nonfinite_elements(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 4, 5, 9, 131};
    static const size_t places[] = {0, 1, 15, 16, 255, 256, 2047, 2048, 5119, 5131};
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++) {
            size_t m = counts[c];
            row_set rows;
            rows_make(&rows, m, 5132, (cod_type)type, ROWS_PLAIN);
            cod_pool *pool = NULL;
            assert_status(cod_pool_alloc(2, m, &pool), COD_OK);
            for (size_t p = 0; p < sizeof places / sizeof *places; p++)
                check_nonfinite(pool, &rows, p % 2 ? m - 1 : m / 2, places[p],
                                bad[p % 3]);
            cod_pool_free(pool);
            rows_free(&rows);
        }
}

static void test_gramian_tells_overflow_from_nonfinite(void **state)
{
    (void)state;
    enum { M = 3, N = 100 };
    row_set rows;
    cod_pool *pool = NULL;
    double G[M * M] = {42};
    assert_status(cod_pool_alloc(1, M, &pool), COD_OK);
    rows_make(&rows, M, N, COD_FLOAT64, ROWS_PLAIN);
    rows_set(&rows, 1, 57, 1e200);
    assert_status(cod_gramian(pool, M, N, rows.at, rows.type, G), COD_EOVERFLOW);
    assert_status(cod_norms2(pool, M, N, rows.at, rows.type, G), COD_EOVERFLOW);
    assert_status(cod_cross(pool, M, M, N, rows.at, rows.at, rows.type, G),
                  COD_EOVERFLOW);
    rows_set(&rows, 1, 57, 0);
    for (size_t k = 0; k < N; k++) /* each square is finite, their sum is not */
        rows_set(&rows, 2, k, 1.3e154);
    assert_status(cod_gramian(pool, M, N, rows.at, rows.type, G), COD_EOVERFLOW);
    rows_set(&rows, 0, 0, NAN);
    assert_status(cod_gramian(pool, M, N, rows.at, rows.type, G), COD_ENONFINITE);
    assert_true(G[0] == 42);
    rows_free(&rows);

    rows_make(&rows, M, N, COD_FLOAT32, ROWS_PLAIN);
    for (size_t k = 0; k < N; k++)
        rows_set(&rows, 0, k, 3.4e38);
    assert_status(cod_gramian(pool, M, N, rows.at, rows.type, G), COD_OK);
    assert_close(G[0], 100 * 3.4e38 * 3.4e38, 1e-6, 0);
    rows_free(&rows);
    cod_pool_free(pool);
}

/* The smallest and the largest number of each type; float64's squares leave its range.
 */
static void test_gramian_at_the_edges_of_a_type(void **state)
{
    (void)state;
    static const double least[] = {0x1p-149, 0x1p-537, 0x1p-133, 0x1p-24};
    static const double most[] = {0x1.fffffep127, 0x1.fp510, 0x1.fep127, 65504};
    enum { N = 300 };
    for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++)
        for (size_t m = 2; m <= 6; m += 4) {
            row_set rows;
            rows_make(&rows, m, N, (cod_type)type, ROWS_PLAIN);
            for (size_t i = 0; i < m; i++)
                for (size_t k = 0; k < N; k++)
                    rows_set(&rows, i, k,
                             k % 150 != 7 ? 0
                             : i == 0     ? least[type]
                                          : most[type]);
            cod_pool *pool = NULL;
            double G[36];
            assert_status(cod_pool_alloc(1, m, &pool), COD_OK);
            assert_status(cod_gramian(pool, m, N, rows.at, rows.type, G), COD_OK);
            assert_true(G[0] == 2 * least[type] * least[type] && G[0] > 0);
            assert_true(G[1] == 2 * least[type] * most[type]);
            assert_true(G[m * m - 1] == 2 * most[type] * most[type]);
            assert_same_bytes(&rows, G);
            cod_pool_free(pool);
            rows_free(&rows);
        }
}

static void test_pool_takes_the_kernels_it_is_told(void **state)
{
    (void)state;
    cod_pool *pool = NULL;
    cod_message message = {{0}};
    assert_status(cod_pool_alloc_for(1, 2, "axv2", &pool, &message), COD_ENAME);
    assert_non_null(strstr(message.text, "unknown instruction set 'axv2'"));
#if defined(__aarch64__)
    const char *first = "neon";
#else
    const char *first = "base";
#endif
    assert_status(cod_pool_alloc_for(1, 0, first, &pool, &message), COD_EARGUMENT);
    assert_null(pool);
    assert_string_equal(cod_kernels_name(0), first);
    size_t k = 0;
    for (; cod_kernels_name(k) != NULL; k++) {
        assert_status(cod_pool_alloc_for(1, 2, cod_kernels_name(k), &pool, NULL),
                      COD_OK);
        assert_ptr_equal(pool->kernels, cod_kernels_at(k));
        cod_pool_free(pool);
    }
    assert_status(cod_pool_alloc_for(1, 2, NULL, &pool, NULL), COD_OK);
    assert_ptr_equal(pool->kernels, cod_kernels_at(k - 1));
    cod_pool_free(pool);
}

static void test_gramian_checks_its_arguments(void **state)
{
    (void)state;
    double x[4] = {1, 2, 3, 4};
    double G[9] = {42};
    const void *rows[3] = {x, x, NULL};
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(1, 2, &pool), COD_OK);
    assert_status(cod_gramian(NULL, 2, 4, rows, COD_FLOAT64, G), COD_EARGUMENT);
    assert_status(cod_gramian(pool, 0, 4, rows, COD_FLOAT64, G), COD_EARGUMENT);
    assert_status(cod_gramian(pool, 2, 4, NULL, COD_FLOAT64, G), COD_EARGUMENT);
    assert_status(cod_gramian(pool, 2, 4, rows, (cod_type)4, G), COD_EARGUMENT);
    assert_status(cod_gramian(pool, 2, 4, rows, COD_FLOAT64, NULL), COD_EARGUMENT);
    assert_status(cod_gramian(pool, 2, 4, rows + 1, COD_FLOAT64, G), COD_EARGUMENT);
    assert_status(cod_gramian(pool, 3, 4, rows, COD_FLOAT64, G), COD_ESHAPE);
    assert_true(G[0] == 42);
    assert_status(cod_gramian(pool, 2, 0, rows + 1, COD_FLOAT64, G), COD_OK);
    for (int k = 0; k < 4; k++)
        assert_true(G[k] == 0);
    cod_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gramian_matches_quadruple_sums),
        cmocka_unit_test(test_gramian_matches_quadruple_sums_on_every_kind),
        cmocka_unit_test(test_gramian_of_long_rows),
        cmocka_unit_test(test_gramian_of_many_rows),
        cmocka_unit_test(test_gramian_entries_depend_on_two_rows_alone),
        cmocka_unit_test(test_gramian_some_skips_null_rows),
        cmocka_unit_test(test_gramian_refuses_nonfinite_elements),
        cmocka_unit_test(test_gramian_tells_overflow_from_nonfinite),
        cmocka_unit_test(test_gramian_at_the_edges_of_a_type),
        cmocka_unit_test(test_pool_takes_the_kernels_it_is_told),
        cmocka_unit_test(test_gramian_checks_its_arguments),
    };
    return cmocka_run_group_tests_name("gramian", tests, NULL, NULL);
}
