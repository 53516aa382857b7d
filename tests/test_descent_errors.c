/* SPDX-License-Identifier: MIT */
/* What a descent refuses, and what it says about it. */
#include "quadratics.h"

static const double start[N] = {2, -1.5, 3};

/* What the problem gives is not a number: the message names it, x is the last good
 * point, the result is not written. */
static void test_descend_names_what_is_not_finite(void **state)
{
    static const struct {
        int at, row;
        double with;
        const char *says;
    } cases[] = {
        {1, 0, NAN, "quadratics: objective 2 is nan at x = (2, -1.5, 3), step 0"},
        {1, 0, INFINITY, "quadratics: objective 2 is inf at x = (2, -1.5, 3), step 0"},
        {1, 1, NAN,
         "quadratics: the derivative of objective 1 by x_3 is nan at x = (2, -1.5, 3), "
         "step 0"},
        {4, 1, -INFINITY, "quadratics: the derivative of objective 1 by x_3 is -inf"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench b;
        record r = {0};
        double x[N], f[M] = {7, 7};
        cod_descent_result result = {.steps = 99};
        const cod_monitor monitor = {keep_record, &r};
        const cod_descent_options options = {
            .max_steps = 20, .monitors = &monitor, .monitor_count = 1};
        set_up(&b, &free_quadratics, "mgda", "constant");
        b.data.spoil_at = cases[k].at;
        b.data.spoil_row = cases[k].row;
        b.data.spoil = cases[k].with;
        memcpy(x, start, sizeof x);
        assert_status(cod_descend(b.problem, b.solver, b.rule, &options, x, f, &result,
                                  &b.message),
                      COD_ENONFINITE);
        if (strstr(b.message.text, cases[k].says) == NULL)
            fail_msg("%s", b.message.text);
        assert_true(f[0] == 7 && result.steps == 99);
        assert_memory_equal(x, r.count > 0 ? r.x[r.count - 1] : start, sizeof x);
        /* the same bench works on, once the cause is gone */
        b.data.spoil_at = 0;
        memset(&r, 0, sizeof r);
        assert_status(cod_descend(b.problem, b.solver, b.rule, &options, x, f, &result,
                                  &b.message),
                      COD_OK);
        tear_down(&b);
    }
}

/* A method that can't take the losses: its own words, and the step. */
static void test_descend_passes_on_the_methods_error(void **state)
{
    bench b;
    double x[N] = {0};
    cod_descent_result result;
    (void)state;
    set_up(&b, &free_quadratics, "uncertainty(form=optimum)", "armijo");
    b.data.spoil_at = 1;
    b.data.spoil = -1;
    assert_status(
        cod_descend(b.problem, b.solver, b.rule, NULL, x, NULL, &result, &b.message),
        COD_EDOMAIN);
    assert_non_null(strstr(b.message.text, "uncertainty at step 0: "));
    assert_non_null(strstr(b.message.text, "objective 2"));
    tear_down(&b);
}

static void test_descend_refuses_wrong_shapes(void **state)
{
    bench b;
    double x[N] = {0};
    cod_descent_result result;
    cod_solver *solver;
    cod_step_rule *rule;
    (void)state;
    set_up(&b, &free_quadratics, "mgda", "armijo");
    const cod_setup three = {.m = 3, .n = N}, four = {.m = M, .n = 4};
    assert_status(cod_solver_alloc("mgda", &three, &solver, NULL), COD_OK);
    assert_status(
        cod_descend(b.problem, solver, b.rule, NULL, x, NULL, &result, &b.message),
        COD_ESHAPE);
    assert_non_null(strstr(b.message.text, "2 objectives of 3 variables"));
    cod_solver_free(solver);
    assert_status(cod_solver_alloc("mgda", &four, &solver, NULL), COD_OK);
    assert_status(
        cod_descend(b.problem, solver, b.rule, NULL, x, NULL, &result, &b.message),
        COD_ESHAPE);
    cod_solver_free(solver);
    assert_status(cod_step_rule_alloc("adam", 2, 1, &rule, NULL), COD_OK);
    assert_status(
        cod_descend(b.problem, b.solver, rule, NULL, x, NULL, &result, &b.message),
        COD_ESHAPE);
    cod_step_rule_free(rule);
    /* one optimizer for a method that has two */
    const cod_setup two = {.m = M, .n = N};
    assert_status(cod_solver_alloc("alternation", &two, &solver, NULL), COD_OK);
    assert_status(cod_step_rule_alloc("adam", N, 1, &rule, NULL), COD_OK);
    x[0] = 1;
    assert_status(
        cod_descend(b.problem, solver, rule, NULL, x, NULL, &result, &b.message),
        COD_ESHAPE);
    cod_step_rule_free(rule);
    cod_solver_free(solver);
    tear_down(&b);
}

static void test_descend_refuses_wrong_arguments(void **state)
{
    bench b;
    record r;
    double x[N] = {0};
    cod_descent_result result;
    const cod_monitor none = {NULL, &r};
    const cod_descent_options bad[] = {
        {.tolerance = NAN},
        {.max_steps = -1},
        {.max_evaluations = -1},
        {.monitor_count = 1},
        {.monitors = &none, .monitor_count = 1},
    };
    (void)state;
    set_up(&b, &free_quadratics, "mgda", "armijo");
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        b.message.text[0] = '\0';
        assert_status(cod_descend(b.problem, b.solver, b.rule, &bad[k], x, NULL,
                                  &result, &b.message),
                      COD_EARGUMENT);
        assert_true(b.message.text[0] != '\0');
    }
    assert_status(cod_descend(NULL, b.solver, b.rule, NULL, x, NULL, &result, NULL),
                  COD_EARGUMENT);
    assert_status(cod_descend(b.problem, NULL, b.rule, NULL, x, NULL, &result, NULL),
                  COD_EARGUMENT);
    assert_status(cod_descend(b.problem, b.solver, NULL, NULL, x, NULL, &result, NULL),
                  COD_EARGUMENT);
    assert_status(
        cod_descend(b.problem, b.solver, b.rule, NULL, NULL, NULL, &result, NULL),
        COD_EARGUMENT);
    assert_status(cod_descend(b.problem, b.solver, b.rule, NULL, x, NULL, NULL, NULL),
                  COD_EARGUMENT);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descend_names_what_is_not_finite),
        cmocka_unit_test(test_descend_passes_on_the_methods_error),
        cmocka_unit_test(test_descend_refuses_wrong_shapes),
        cmocka_unit_test(test_descend_refuses_wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
