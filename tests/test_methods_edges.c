/* SPDX-License-Identifier: MIT */
/* Where a method's formula has a special case: zeros, no total, losses it can not take.
 */
#include "check.h"

static cod_solver *make(const char *text, size_t m)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = m, .n = 2};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return solver;
}

static void check(const char *text, size_t m, const double *losses, const double *G,
                  const double *expected)
{
    double w[3];
    cod_solver *solver = make(text, m);
    if (cod_solver_weights(solver, losses, G, w, NULL) != COD_OK)
        fail_msg("%s: %s", text, cod_solver_message(solver));
    for (size_t i = 0; i < m; i++)
        assert_close(w[i], expected[i], 1e-15, 0);
    cod_solver_free(solver);
}

static void test_adaptive_zeros(void **state)
{
    const double none[4] = {0, 0, 0, 0}, first[4] = {4, 0, 0, 0};
    const double two[9] = {0, 0, 0, 0, 9, 0, 0, 0, 0};
    const double uniform[3] = {0.5, 0.5}, thirds[3] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    (void)state;
    /* S = 0: uniform */
    check("adaptive", 2, (double[]){0, 0}, NULL, uniform);
    check("adaptive", 3, (double[]){0, 0, 0}, NULL, thirds);
    check("adaptive(by=gradients)", 2, NULL, none, uniform);
    check("adaptive(by=gradients, sense=inverse)", 2, NULL, none, uniform);
    /* one loss is 0: the clamps decide, 0.1 and 0.9 for m = 2 */
    check("adaptive", 2, (double[]){0, 3}, NULL, (double[]){0.9, 0.1});
    check("adaptive(by=gradients)", 2, NULL, first, (double[]){0.9, 0.1});
    check("adaptive(by=gradients, sense=inverse)", 2, NULL, first,
          (double[]){0.1, 0.9});
    /* zeros share the weight equally */
    check("adaptive(by=gradients, sense=inverse, low=0, high=1)", 3, NULL, two,
          (double[]){0.5, 0, 0.5});
}

static void check_error(const char *text, const double *losses, cod_status status,
                        const char *expected)
{
    double w[2] = {7, 7};
    cod_solver *solver = make(text, 2);
    assert_status(cod_solver_weights(solver, losses, NULL, w, NULL), status);
    assert_string_equal(cod_solver_message(solver), expected);
    assert_true(w[0] == 7 && w[1] == 7);
    /* and the next step is as the first */
    assert_status(cod_solver_weights(solver, (double[]){1, 2}, NULL, w, NULL), COD_OK);
    double fresh[2];
    cod_solver *other = make(text, 2);
    assert_status(cod_solver_weights(other, (double[]){1, 2}, NULL, fresh, NULL),
                  COD_OK);
    assert_memory_equal(w, fresh, sizeof w);
    cod_solver_free(solver);
    cod_solver_free(other);
}

static void test_losses_out_of_the_domain(void **state)
{
    (void)state;
    check_error(
        "adaptive", (double[]){1, -2}, COD_EDOMAIN,
        "adaptive: by=losses shares out losses >= 0; that of objective 2 is -2");
    check_error(
        "uncertainty(form=optimum)", (double[]){0, 1}, COD_EDOMAIN,
        "uncertainty: form=optimum divides by the losses; that of objective 1 is "
        "0");
}

static void test_annealing_needs_a_total(void **state)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = 2, .steps = 100};
    (void)state;
    assert_status(cod_solver_alloc("annealing(unit=epoch)", &setup, &solver, &message),
                  COD_EMISSING);
    assert_non_null(strstr(message.text, "steps"));
    setup.steps = 0;
    assert_status(cod_solver_alloc("annealing", &setup, &solver, &message),
                  COD_EMISSING);
    assert_null(strchr(message.text, '\n'));
    assert_status(cod_solver_alloc("annealing(steps=10)", &setup, &solver, &message),
                  COD_OK);
    cod_solver_free(solver);
}

static void test_orders_and_patterns(void **state)
{
    static const struct {
        const char *text;
        cod_status status;
        const char *culprit;
    } bad[] = {
        {"annealing(steps=5, order=1:1:2)", COD_EOPTION, "order"},
        {"annealing(steps=5, order=1:2)", COD_ESHAPE, "order"},
        {"annealing(steps=5, order=0:1:2)", COD_EOPTION, "order"},
        {"annealing(steps=5, order=1:2:4)", COD_EOPTION, "order"},
        {"annealing(steps=5:6:7)", COD_ESHAPE, "steps"},
        {"alternation(pattern=1:4)", COD_EOPTION, "pattern"},
        {"alternation(pattern=1.5:2)", COD_EOPTION, "pattern"},
        {"linear(weights=1:2)", COD_ESHAPE, "weights"},
        {"linear(weights=0:0:0)", COD_EOPTION, "weights"},
        {"adaptive(by=gradients, shard=9)", COD_ESHAPE, "shard"},
        {"adaptive(low=0.8, high=0.3)", COD_EOPTION, "low"},
    };
    cod_setup setup = {.m = 3, .n = 4};
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        cod_solver *solver;
        cod_message message;
        cod_status status = cod_solver_alloc(bad[k].text, &setup, &solver, &message);
        if (status == COD_OK || strstr(message.text, bad[k].culprit) == NULL)
            fail_msg("%s: %s", bad[k].text, status == COD_OK ? "taken" : message.text);
        if (status != bad[k].status)
            fail_msg("%s: %s (%s)", bad[k].text, cod_status_key(status), message.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adaptive_zeros),
        cmocka_unit_test(test_losses_out_of_the_domain),
        cmocka_unit_test(test_annealing_needs_a_total),
        cmocka_unit_test(test_orders_and_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
