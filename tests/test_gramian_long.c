/* SPDX-License-Identifier: MIT */
/* The promise of gramian.h at its limit: |error| <= 1e-12 |g_i| |g_j| at n = 1e8. */
#include "check.h"

enum { N = 100000000 };

static void check_pair(const float *x, const float *y)
{
    const void *rows[2] = {x, y};
    double G[4];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc(2, 2, &pool), COD_OK);
    assert_status(cod_gramian(pool, 2, N, rows, COD_FLOAT32, G), COD_OK);
    cod_pool_free(pool);
    __float128 exact[3] = {0};
    for (size_t k = 0; k < N; k++) {
        exact[0] += (__float128)x[k] * x[k];
        exact[1] += (__float128)x[k] * y[k];
        exact[2] += (__float128)y[k] * y[k];
    }
    double norms[3] = {(double)exact[0],
                       sqrt((double)exact[0]) * sqrt((double)exact[2]),
                       (double)exact[2]};
    const double got[3] = {G[0], G[1], G[3]};
    for (int k = 0; k < 3; k++) {
        double error = fabs((double)(exact[k] - (__float128)got[k])) / norms[k];
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gramian_at_its_limit),
    };
    return cmocka_run_group_tests_name("gramian_long", tests, NULL, NULL);
}
