/* SPDX-License-Identifier: MIT */
/* The promise of gramian.h at its limit: |error| <= 1e-12 |g_i| |g_j| at n = 1e8. */
#include "check.h"
#include "quad.h"

#include <sys/mman.h>

enum { N = 100000000 };

static void check_pair(const float *x, const float *y)
{
    const void *rows[2] = {x, y};
    double G[4];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(2, 2, &pool), COD_OK);
    assert_status(cod_gramian(pool, 2, N, rows, COD_FLOAT32, G), COD_OK);
    cod_pool_free(pool);
    quad exact[3] = {0};
    for (size_t k = 0; k < N; k++) {
        exact[0] += (quad)x[k] * x[k];
        exact[1] += (quad)x[k] * y[k];
        exact[2] += (quad)y[k] * y[k];
    }
    double norms[3] = {(double)exact[0],
                       sqrt((double)exact[0]) * sqrt((double)exact[2]),
                       (double)exact[2]};
    const double got[3] = {G[0], G[1], G[3]};
    for (int k = 0; k < 3; k++) {
        double error = fabs((double)(exact[k] - (quad)got[k])) / norms[k];
        print_message("relative error %.2g\n", error);
        assert_true(error <= 1e-12);
    }
}

static void test_gramian_at_its_limit(void **state)
{
    (void)state;
    float *x = malloc(N * sizeof *x);
    float *y = malloc(N * sizeof *y);
    if (x == NULL || y == NULL) {
        free(x);
        free(y);
        skip();
    }
    for (size_t k = 0; k < N; k++) { /* every addition rounds the same way */
        x[k] = 0.1f;
        y[k] = k % 2 ? 0.3f : -0.3f;
    }
    check_pair(x, y);
    for (size_t k = 0; k < N; k++) {
        double u = cod_random_uniform((cod_random){.seed = 1}, k) - 0.5;
        x[k] = (float)copysign(pow(10, 120 * fabs(u) - 30), u);
        y[k] = (float)(k % 2 ? x[k] : -1.0000001 * x[k]);
    }
    check_pair(x, y);
    free(x);
    free(y);
}

/* More elements than 32 bits count: a mapping that is zero, and takes no memory, but
 * for a few elements around 2^32. */
static void test_rows_longer_than_32_bits(void **state)
{
    (void)state;
    const size_t n = ((size_t)1 << 32) + 5;
    const size_t bytes = 2 * n + 4096;
    uint16_t *row = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (row == MAP_FAILED)
        skip();
    const void *rows[2] = {row,
                           row + 1}; /* odd addresses for vectors, and overlapping */
    enum { ONE = 0x3f80, TWO = 0x4000 }; /* in bfloat16 */
    row[0] = TWO;
    row[n - 6] = TWO; /* element 2^32 - 1 */
    row[n - 5] = ONE;
    row[n - 1] = TWO;
    row[n] = ONE; /* the last of the second row */
    double G[4];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(2, 2, &pool), COD_OK);
    assert_status(cod_gramian(pool, 2, n, rows, COD_BFLOAT16, G), COD_OK);
    assert_true(G[0] == 4 + 4 + 1 + 4 && G[3] == 4 + 1 + 4 + 1);
    assert_true(G[1] == 2 * 1 + 2 * 1 && G[2] == G[1]);
    row[n - 2] = 0x7f80; /* infinite */
    assert_status(cod_gramian(pool, 2, n, rows, COD_BFLOAT16, G), COD_ENONFINITE);
    cod_pool_free(pool);
    munmap(row, bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gramian_at_its_limit),
        cmocka_unit_test(test_rows_longer_than_32_bits),
    };
    return cmocka_run_group_tests_name("gramian_long", tests, NULL, NULL);
}
