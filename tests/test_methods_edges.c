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

/* One more step of a solver made for two elements, from rows. */
static void check_rows(cod_solver *solver, size_t m, const double *losses,
                       const double (*rows)[2], const double *expected)
{
    double w[3];
    const void *at[9];
    for (size_t i = 0; i < 9; i++) /* further batches where they are asked for */
        at[i] = rows[i < 3 * m ? i : 0];
    if (cod_solver_step(solver, losses, at, COD_FLOAT64, w, NULL, COD_FLOAT64, NULL) !=
        COD_OK)
        fail_msg("%s", cod_solver_message(solver));
    for (size_t i = 0; i < m; i++)
        assert_close(w[i], expected[i], 1e-14, 0);
}

/* A gradient that vanishes cannot be stretched to the longest one's length. */
static void test_db_mtl_zero_gradient(void **state)
{
    const double rows[6][2] = {{3, 4}, {0, 0}}, none[6][2] = {{0}};
    cod_solver *solver = make("db-mtl(beta=0)", 2);
    (void)state;
    check_rows(solver, 2, (double[]){1, 1}, rows, (double[]){1, 0});
    check_rows(solver, 2, (double[]){1, 1}, none, (double[]){0, 0});
    cod_solver_free(solver);
}

/* Gradients of one length and losses that fell alike: nothing to balance. All losses 0:
 * no rate is behind the others. */
static void test_gradnorm_balanced(void **state)
{
    const double G[4] = {4, 1, 1, 4};
    const double *const losses[] = {(double[]){3, 5}, (double[]){1.5, 2.5},
                                    (double[]){0, 0}, (double[]){3, 5}};
    cod_solver *solver = make("gradnorm(lr=0.5)", 2);
    double w[2];
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        assert_status(cod_solver_weights(solver, losses[k], G, w, NULL), COD_OK);
        assert_true(w[0] == 1 && w[1] == 1);
    }
    assert_status(cod_solver_weights(solver, (double[]){1, -1}, G, w, NULL),
                  COD_EDOMAIN);
    assert_string_equal(cod_solver_message(solver),
                        "gradnorm: compares losses with their first values, which have "
                        "to be above 0: that of objective 2 is 5, now -1");
    cod_solver_reset(solver);
    assert_status(cod_solver_weights(solver, (double[]){0, 1}, G, w, NULL),
                  COD_EDOMAIN);
    assert_non_null(strstr(cod_solver_message(solver), "objective 1 is 0, now 0"));
    cod_solver_free(solver);
}

/* A length that is right stands still; where all losses are 0, lengths still differ. By
 * Adam's first steps of length lr. */
static void test_gradnorm_excess(void **state)
{
    const double three[9] = {1, 0, 0, 0, 4, 0, 0, 0, 9}, two[4] = {1, 0, 0, 9};
    cod_solver *solver = make("gradnorm(lr=0.5)", 3);
    double w[3];
    (void)state;
    for (size_t k = 0; k < 2; k++)
        assert_status(cod_solver_weights(solver, (double[]){1, 1, 1}, three, w, NULL),
                      COD_OK);
    assert_close(w[0], 1.5, 1e-7, 0);
    assert_close(w[1], 1, 1e-7, 0);
    assert_close(w[2], 0.5, 1e-7, 0);
    cod_solver_free(solver);
    solver = make("gradnorm(lr=0.25)", 2);
    for (size_t k = 0; k < 3; k++)
        assert_status(
            cod_solver_weights(solver, (double[]){k == 0, k == 0}, two, w, NULL),
            COD_OK);
    assert_close(w[0], 1.5, 1e-7, 0);
    assert_close(w[1], 0.5, 1e-7, 0);
    cod_solver_free(solver);
}

/* A weight stays where its gradient vanishes, and at 0, once the first gradient, whose
 * largest derivative is the measure, has brought it there. */
static void test_lr_annealing_zero_gradients(void **state)
{
    const double one[6][2] = {{3, -1}, {0, 0}}, two[6][2] = {{3, -1}, {0.5, 1.5}};
    const double none[6][2] = {{0, 0}, {0.5, 1.5}};
    cod_solver *solver = make("lr-annealing(alpha=1, every=1)", 2);
    (void)state;
    check_rows(solver, 2, NULL, one, (double[]){1, 1});
    check_rows(solver, 2, NULL, two, (double[]){1, 3});
    check_rows(solver, 2, NULL, two, (double[]){1, 1}); /* 3 / (3 times 1) */
    check_rows(solver, 2, NULL, none, (double[]){1, 0});
    check_rows(solver, 2, NULL, two, (double[]){1, 0});
    cod_solver_free(solver);
}

/* A gradient whose products in two batches are below 0 counts as one of length 0 in the
 * unit of the steps: w - lr (slope / unit), from even weights. */
static void test_sdmgrad_negative_products(void **state)
{
    const double rows[6][2] = {{1, 0}, {0, 2}, {-1, 0}, {0, 2}, {1, 0}, {0, 2}};
    const double unit = pow((sqrt(1e-4) + sqrt(4 + 1e-4)) / 2, 2);
    const double slope[2] = {-0.5 / unit, 2 / unit};
    const double shift = 0.1 * (slope[0] - slope[1]) / 2;
    cod_solver *solver = make("sdmgrad(lambda=0, iterations=1, lr=0.1)", 2);
    (void)state;
    check_rows(solver, 2, NULL, rows, (double[]){0.5 - shift, 0.5 + shift});
    cod_solver_free(solver);
}

/* The reference point that was told, or where a loss reaches it, one beyond the largest
 * loss: also where that is below 0. */
static void test_hv_gradient_reference(void **state)
{
    static const struct {
        double told, at, expected; /* of one point: told - at, or what lies beyond */
    } cases[] = {{2, 0.5, 1.5}, {-1, -3, 2}, {-4, -3, 0.3}, {1, 1, 0.1}, {0, 5, 0.5}};
    cod_solver *solver = make("hv-gradient(length=native)", 2);
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double told[] = {10, cases[k].told}, losses[] = {9, cases[k].at}, w[2];
        assert_status(cod_solver_feed(solver, "reference", told, 2), COD_OK);
        assert_status(cod_solver_weights(solver, losses, NULL, w, NULL), COD_OK);
        assert_close(w[0], cases[k].expected, 1e-14, 0);
        assert_close(w[1], 1, 1e-14, 0);
    }
    cod_solver_free(solver);
}

static void test_dwa_without_a_rate(void **state)
{
    cod_solver *solver = make("dwa(unit=step)", 2);
    double w[2];
    (void)state;
    for (size_t k = 0; k < 2; k++)
        assert_status(cod_solver_weights(solver, (double[]){1, 0}, NULL, w, NULL),
                      COD_OK);
    assert_status(cod_solver_weights(solver, (double[]){1, 1}, NULL, w, NULL),
                  COD_EDOMAIN);
    assert_string_equal(cod_solver_message(solver),
                        "dwa: the average loss of objective 2 was 0: there is no rate "
                        "at which it falls");
    cod_solver_free(solver);
}

/* What a method is scaled by is asked for, though the method itself does not need it.
 */
static void test_normalize_needs(void **state)
{
    static const char *const texts[] = {"mgda(normalize=loss)", "mgda(normalize=loss+)",
                                        "mgda(normalize=log)",
                                        "every(k=2, mgda(normalize=loss))"};
    const double G[4] = {1, 0, 0, 1};
    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        cod_solver *solver = make(texts[t], 2);
        cod_plan plan;
        double w[2];
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_true(plan.needs & COD_NEED_LOSSES);
        cod_solver_abandon(solver);
        assert_status(cod_solver_weights(solver, NULL, G, w, NULL), COD_EMISSING);
        assert_string_equal(cod_solver_message(solver), "mgda needs the losses");
        cod_solver_free(solver);
    }
}

/* The engine's options, as cod_solver_option() gives them, can be said of any method;
 * what a method has no use for cannot. */
static void test_engine_options(void **state)
{
    static const char *const good[] = {
        "adaptive(normalize=none, output=native)", "trimmed-mean(output=native)",
        "graddrop(normalize=none, output=native)", "every(normalize=none, mgda)"};
    static const char *const bad[] = {
        "adaptive(normalize=l2)", "trimmed-mean(output=sum-one)",
        "every(normalize=l2, mgda)", "adaptive(normalize=native)",
        "trimmed-mean(output=none)"};
    const cod_setup setup = {.m = 3, .n = 4};
    cod_solver *solver;
    (void)state;
    for (size_t k = 0; k < sizeof good / sizeof *good; k++)
        cod_solver_free(make(good[k], 3));
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_status(cod_solver_alloc(bad[k], &setup, &solver, NULL), COD_EOPTION);
}

/* A direction asks for the rows that have a weight, and for no others. */
static void test_direction_without_a_row(void **state)
{
    const double g[2] = {3, 4}, G[4] = {1, 0, 0, 1};
    const void *first[2] = {g, NULL}, *second[2] = {NULL, g};
    const cod_shard good = {0, 2, COD_FLOAT64, first},
                    bad = {0, 2, COD_FLOAT64, second};
    cod_solver *solver = make("alternation", 2);
    double d[2], w[2];
    (void)state;
    assert_status(cod_solver_weights(solver, NULL, G, w, NULL), COD_OK);
    assert_status(cod_solver_direction(solver, &bad, 0, d, COD_FLOAT64), COD_EMISSING);
    assert_string_equal(cod_solver_message(solver),
                        "the gradient of objective 1, of weight 1, is missing in the "
                        "shard at offset 0");
    assert_status(cod_solver_direction(solver, &good, 0, d, COD_FLOAT64), COD_OK);
    assert_true(d[0] == 3 && d[1] == 4);
    cod_solver_free(solver);
}

static void test_softmax(void **state)
{
    double x[] = {1000, 1000 - log(3), -1000}, low[] = {-1e308, -1e308};
    (void)state;
    cod_softmax(3, x, x);
    assert_close(x[0], 0.75, 1e-13, 0);
    assert_close(x[1], 0.25, 1e-13, 0);
    assert_true(x[2] == 0);
    cod_softmax(2, low, low);
    assert_true(low[0] == 0.5 && low[1] == 0.5);
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

/* What is trained does not stay infinite, and the step is as if it had not been. */
static void test_training_that_overflows(void **state)
{
    (void)state;
    check_error("uncertainty", (double[]){1, 1e200}, COD_EOVERFLOW,
                "uncertainty: the parameter of objective 2 is not finite after its "
                "update, by a slope of -1e+200");
    check_error("uncertainty(optimizer=sgd, lr=1e9)", (double[]){1e300, 1},
                COD_EOVERFLOW,
                "uncertainty: the parameter of objective 1 is not finite after its "
                "update, by a slope of -1e+300");
}

/* Updates are counted, whichever way they are made. */
static void test_updates_are_counted(void **state)
{
    static const char *const texts[] = {"uncertainty", "uncertainty(optimizer=sgd)",
                                        "gradnorm"};
    const double G[4] = {1, 0, 0, 4};
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        cod_solver *solver = make(texts[t], 2);
        cod_view view;
        double w[2];
        for (int k = 0; k < 3; k++)
            assert_status(cod_solver_weights(solver, (double[]){1, 2}, G, w, NULL),
                          COD_OK);
        assert_status(cod_solver_field(solver, "updates", &view), COD_OK);
        assert_int_equal(view.integers[0], 3);
        cod_solver_free(solver);
    }
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
        cmocka_unit_test(test_db_mtl_zero_gradient),
        cmocka_unit_test(test_gradnorm_balanced),
        cmocka_unit_test(test_gradnorm_excess),
        cmocka_unit_test(test_lr_annealing_zero_gradients),
        cmocka_unit_test(test_sdmgrad_negative_products),
        cmocka_unit_test(test_hv_gradient_reference),
        cmocka_unit_test(test_dwa_without_a_rate),
        cmocka_unit_test(test_normalize_needs),
        cmocka_unit_test(test_engine_options),
        cmocka_unit_test(test_direction_without_a_row),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_losses_out_of_the_domain),
        cmocka_unit_test(test_training_that_overflows),
        cmocka_unit_test(test_updates_are_counted),
        cmocka_unit_test(test_annealing_needs_a_total),
        cmocka_unit_test(test_orders_and_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
