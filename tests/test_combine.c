/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <float.h>

#include "core/pool.h"
#include "rows.h"

/* Relative rounding error, and the smallest number, of each type. */
static const double units[] = {FLT_EPSILON / 2, DBL_EPSILON / 2, 0x1p-8, 0x1p-11};
static const double least[] = {0x1p-149, 0x1p-1074, 0x1p-133, 0x1p-24};

static double round_to(double value, cod_type type)
{
    double room;
    (void)cod_elements_store(&value, 1, type, &room);
    return cod_element_at(&room, type, 0);
}

/* Each element against a sum in extended precision, and against the documented order of
 * operations, bit by bit. */
static void assert_sums(const row_set *rows, const double *weights, const void *d,
                        cod_type type)
{
    double unit = units[type];
    for (size_t k = 0; k < rows->n; k++) {
        long double exact = 0;
        long double size = 0;
        double sum = 0;
        for (size_t i = 0; i < rows->m; i++) {
            if (weights[i] == 0)
                continue;
            long double product = (long double)weights[i] * rows_get(rows, i, k);
            exact += product;
            size += fabsl(product);
            sum += weights[i] * rows_get(rows, i, k);
        }
        long double error = fabsl(exact - (long double)cod_element_at(d, type, k));
        assert_true(error <= unit * 1.001L * fabsl(exact) +
                                 (long double)(rows->m + 1) * DBL_EPSILON * size +
                                 (long double)least[type]);
        assert_true(cod_element_at(d, type, k) == round_to(sum, type));
    }
}

static void check_combine(size_t m, size_t n, cod_type type, cod_type ret_type)
{
    row_set rows;
    rows_make(&rows, m, n, type, ROWS_PLAIN);
    size_t size = n * cod_type_size(ret_type);
    double weights[ROWS_MAX];
    for (size_t i = 0; i < m; i++)
        weights[i] = i % 5 == 3 ? 0 : cod_random_normal((cod_random){.seed = 3}, i);
    for (size_t i = 3; i < m; i += 5) /* of weight 0: not even there */
        rows.at[i] = NULL;
    void *expected = malloc(size + 1);
    void *d = malloc(size + 1);
    const cod_kernels *kernels;
    for (size_t k = 0; (kernels = cod_kernels_at(k)) != NULL; k++)
        for (unsigned threads = 1; threads <= 4; threads += k == 0 ? 1 : 2) {
            cod_pool *pool = NULL;
            assert_status(cod_pool_alloc_with(threads, m, kernels, &pool), COD_OK);
            void *to = k == 0 && threads == 1 ? expected : d;
            memset(to, 0xff, size + 1);
            assert_status(cod_combine(pool, m, n, weights, rows.at, type, to, ret_type),
                          COD_OK);
            assert_int_equal(((unsigned char *)to)[size], 0xff);
            if (to == d)
                assert_memory_equal(d, expected, size + 1);
            cod_pool_free(pool);
        }
    assert_sums(&rows, weights, expected, ret_type);
    free(d);
    free(expected);
    rows_free(&rows);
}

static void test_combine_matches_extended_sums(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 7, 8, 9, 511, 512, 513, 1100};
    for (size_t m = 1; m <= 20; m++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (int type = 0; type < 16; type++)
                check_combine(m, lengths[l], (cod_type)(type & 3),
                              (cod_type)(type >> 2));
}

static void test_combine_of_long_rows(void **state)
{
    (void)state;
    for (int type = 0; type < 16; type++)
        check_combine(3, 200003, (cod_type)(type & 3), (cod_type)(type >> 2));
}

/* Written past the caches or not, to any address: the same bytes, and none beside. */
static void test_combine_to_any_address(void **state)
{
    (void)state;
    enum { M = 6, N = 1200 };
    const double weights[M] = {1, -1, 0.5, 2, 1e-3, 0.25};
    unsigned char *memory = aligned_alloc(64, 64 + 8 * N + 64);
    unsigned char *expected = malloc(8 * N);
    const cod_kernels *kernels;
    for (int type = 0; type < 16; type++) {
        row_set rows;
        rows_make(&rows, M, N, (cod_type)(type & 3), ROWS_PLAIN);
        size_t size = N * cod_type_size((cod_type)(type >> 2));
        for (size_t k = 0; (kernels = cod_kernels_at(k)) != NULL; k++)
            for (size_t shift = 0; shift < 64; shift++)
                for (int stream = 0; stream < 2; stream++) {
                    memset(memory, 0xff, 64 + size + 64);
                    cod_combine_kernel *run = kernels->combine[type & 3][type >> 2];
                    assert_int_equal(
                        run(M, weights, rows.at, 0, N, stream, memory + shift), 0);
                    if (k + shift == 0 && stream == 0)
                        memcpy(expected, memory, size);
                    assert_memory_equal(memory + shift, expected, size);
                    assert_int_equal(memory[shift + size], 0xff);
                    assert_true(shift == 0 || memory[shift - 1] == 0xff);
                }
        rows_free(&rows);
    }
    free(expected);
    free(memory);
}

/* Cancels in float64, where float32 would keep nothing. */
static void test_combine_rounds_once(void **state)
{
    (void)state;
    const float a[1] = {16777216};
    const float b[1] = {1};
    const void *rows[3] = {a, b, a};
    const double weights[3] = {1, 1, -1};
    float d[1];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(1, 3, &pool), COD_OK);
    assert_status(cod_combine(pool, 3, 1, weights, rows, COD_FLOAT32, d, COD_FLOAT32),
                  COD_OK);
    assert_true(d[0] == 1);
    cod_pool_free(pool);
}

static void test_combine_reads_no_row_of_weight_zero(void **state)
{
    (void)state;
    const double bad[2] = {NAN, INFINITY};
    const double good[2] = {1, 2};
    const void *rows[3] = {bad, good, NULL};
    const double weights[3] = {0, 0.5, -0.0};
    const double none[3] = {0, 0, 0};
    double d[2];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(1, 3, &pool), COD_OK);
    assert_status(cod_combine(pool, 3, 2, weights, rows, COD_FLOAT64, d, COD_FLOAT64),
                  COD_OK);
    assert_true(d[0] == 0.5 && d[1] == 1);
    assert_status(cod_combine(pool, 3, 2, none, rows, COD_FLOAT64, d, COD_FLOAT64),
                  COD_OK);
    assert_true(d[0] == 0 && d[1] == 0);
    cod_pool_free(pool);
}

static void test_combine_refuses_nonfinite_elements(void **state)
{
    (void)state;
    static const size_t places[] = {0, 15, 16, 511, 512, 16383, 16384, 40000, 40002};
    enum { M = 5, N = 40003 };
    const double weights[M] = {1, -1, 0.5, 2, 1e-3};
    double *d = malloc(N * sizeof *d);
    for (int type = 0; type < 16; type++) {
        row_set rows;
        rows_make(&rows, M, N, (cod_type)(type & 3), ROWS_PLAIN);
        cod_pool *pool = NULL;
        assert_status(cod_pool_alloc(2, M, &pool), COD_OK);
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            double good = rows_get(&rows, p % M, places[p]);
            rows_set(&rows, p % M, places[p], p % 3 ? INFINITY : NAN);
            assert_status(cod_combine(pool, M, N, weights, rows.at, rows.type, d,
                                      (cod_type)(type >> 2)),
                          COD_ENONFINITE);
            rows_set(&rows, p % M, places[p], good);
        }
        assert_status(cod_combine(pool, M, N, weights, rows.at, rows.type, d,
                                  (cod_type)(type >> 2)),
                      COD_OK);
        cod_pool_free(pool);
        rows_free(&rows);
    }
    free(d);
}

static void test_combine_tells_overflow_from_nonfinite(void **state)
{
    (void)state;
    const float a[3] = {1, 3e38f, 1};
    const double b[3] = {1, 1, 1e308};
    const void *floats[2] = {a, a};
    const void *doubles[2] = {b, b};
    const double weights[2] = {1, 1};
    double d[3];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(1, 2, &pool), COD_OK);
    assert_status(cod_combine(pool, 2, 3, weights, floats, COD_FLOAT32, d, COD_FLOAT32),
                  COD_EOVERFLOW);
    assert_status(cod_combine(pool, 2, 3, weights, floats, COD_FLOAT32, d, COD_FLOAT64),
                  COD_OK);
    assert_status(
        cod_combine(pool, 2, 3, weights, doubles, COD_FLOAT64, d, COD_FLOAT64),
        COD_EOVERFLOW);
    cod_pool_free(pool);
}

static void test_combine_checks_its_arguments(void **state)
{
    (void)state;
    double x[2] = {1, 2};
    double d[2];
    const void *rows[3] = {x, NULL, x};
    const double weights[3] = {1, 0, 1};
    const double all[3] = {1, 1, 1};
    const double bad[3] = {1, INFINITY, 1};
    cod_type type = COD_FLOAT64;
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(1, 2, &pool), COD_OK);
    assert_status(cod_combine(NULL, 2, 2, weights, rows, type, d, type), COD_EARGUMENT);
    assert_status(cod_combine(pool, 0, 2, weights, rows, type, d, type), COD_EARGUMENT);
    assert_status(cod_combine(pool, 2, 2, NULL, rows, type, d, type), COD_EARGUMENT);
    assert_status(cod_combine(pool, 2, 2, weights, NULL, type, d, type), COD_EARGUMENT);
    assert_status(cod_combine(pool, 2, 2, weights, rows, (cod_type)-1, d, type),
                  COD_EARGUMENT);
    assert_status(cod_combine(pool, 2, 2, weights, rows, type, d, (cod_type)4),
                  COD_EARGUMENT);
    assert_status(cod_combine(pool, 2, 2, weights, rows, type, NULL, type),
                  COD_EARGUMENT);
    assert_status(cod_combine(pool, 2, 2, all, rows, type, d, type), COD_EARGUMENT);
    assert_status(cod_combine(pool, 3, 2, weights, rows, type, d, type), COD_ESHAPE);
    assert_status(cod_combine(pool, 2, 2, bad, rows, type, d, type), COD_ENONFINITE);
    assert_status(cod_combine(pool, 2, 0, all, rows, type, NULL, type), COD_OK);
    cod_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_combine_matches_extended_sums),
        cmocka_unit_test(test_combine_of_long_rows),
        cmocka_unit_test(test_combine_to_any_address),
        cmocka_unit_test(test_combine_rounds_once),
        cmocka_unit_test(test_combine_reads_no_row_of_weight_zero),
        cmocka_unit_test(test_combine_refuses_nonfinite_elements),
        cmocka_unit_test(test_combine_tells_overflow_from_nonfinite),
        cmocka_unit_test(test_combine_checks_its_arguments),
    };
    return cmocka_run_group_tests_name("combine", tests, NULL, NULL);
}
