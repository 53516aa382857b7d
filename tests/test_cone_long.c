/* SPDX-License-Identifier: MIT */
/* 10^5 random sets of gradients, up to m = 512, with two dual-cone problems each. */
#include "cones.h"

static void test_cone_solve_many(void **state)
{
    cone_sweep s = {0};
    uint64_t seed = 30;
    (void)state;
    assert_status(cod_pool_alloc(1, 512, &s.pool), COD_OK);
    for (int k = 0; k < 100000; k++)
        cone_sweep_one(&s, &seed, 512, k % 20 == 0 ? CONE_BRUTE_MOST : 6);
    cod_pool_free(s.pool);
    cone_sweep_print(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cone_solve_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
