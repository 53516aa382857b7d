/* SPDX-License-Identifier: MIT */
/* 10^5 random instances of the min-norm problem, up to m = 512. */
#include "sweep.h"

static void test_minnorm_solve_many(void **state)
{
    sweep s = {0};
    uint64_t seed = 20;
    (void)state;
    assert_status(cod_pool_alloc(1, 512, &s.pool), COD_OK);
    for (int k = 0; k < 100000; k++)
        sweep_one(&s, &seed, 512, k % 4 == 0 ? BRUTE_MOST : 6);
    cod_pool_free(s.pool);
    sweep_print(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_minnorm_solve_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
