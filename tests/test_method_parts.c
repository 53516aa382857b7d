/* SPDX-License-Identifier: MIT */
/* The rarer parts of a method, each with a method of its own: losses after the update,
 * numbers told from outside, wrappers and their plans. */
#include "own_methods.h"

/* ---- after, and fields ---- */

typedef struct memory {
    double *gain;
    int64_t *looks;
} memory;

static const cod_field memory_fields[] = {
    COD_FIELD_REALS(memory, gain, COD_EXTENT_M, "", "losses before less after"),
    COD_FIELD_INTEGERS(memory, looks, COD_EXTENT_ONE, "", "second looks"),
};

static cod_status look_back(const cod_step *step)
{
    const memory *kept = step->state;
    if (step->step != kept->looks[0]) /* the step's own number */
        return COD_ENUMERIC;
    for (size_t i = 0; i < step->m; i++)
        kept->gain[i] = step->before[i] - step->losses[i] + 100 * step->weights[i];
    kept->looks[0]++;
    return COD_OK;
}

static cod_status by_gain(const cod_step *step, double *weights)
{
    const memory *kept = step->state;
    for (size_t i = 0; i < step->m; i++)
        weights[i] = kept->gain[i] + (double)kept->looks[0];
    return COD_OK;
}

static cod_status start_at_one(const cod_step *step)
{
    const memory *kept = step->state;
    for (size_t i = 0; i < step->m; i++)
        kept->gain[i] = 1;
    return COD_OK;
}

static const cod_method second_look = {.abi = COD_METHOD_ABI,
                                       .name = "second-look",
                                       .needs = COD_NEED_LOSSES | COD_NEED_AFTER,
                                       .state_size = sizeof(memory),
                                       .fields = memory_fields,
                                       .field_count = 2,
                                       .prepare = start_at_one,
                                       .solve = by_gain,
                                       .after = look_back};

static void test_after(void **state)
{
    static const cod_method *const own[] = {&second_look};
    cod_solver *solver = make_own("second-look", own, 1, 0, 1);
    double w[M], before[M] = {5, 6}, after[M] = {4, 8}, bad[M] = {1, INFINITY};
    cod_view view;
    (void)state;
    assert_status(cod_solver_weights(solver, before, NULL, w, NULL), COD_OK);
    assert_true(w[0] == 1 && w[1] == 1);
    assert_status(cod_solver_losses(solver, before), COD_EORDER);
    assert_non_null(strstr(cod_solver_message(solver), "after"));
    assert_status(cod_solver_after(solver, bad), COD_ENONFINITE);
    assert_non_null(strstr(cod_solver_message(solver), "objective 2"));
    assert_status(cod_solver_after(solver, after), COD_OK);
    assert_status(cod_solver_after(solver, after), COD_EORDER);
    assert_status(cod_solver_field(solver, "looks", &view), COD_OK);
    assert_int_equal(view.integers[0], 1);
    assert_status(cod_solver_weights(solver, before, NULL, w, NULL), COD_OK);
    assert_true(w[0] == 5 - 4 + 100 + 1 && w[1] == 6 - 8 + 100 + 1);
    cod_solver_abandon(solver); /* goes on without the second look */
    assert_status(cod_solver_weights(solver, before, NULL, w, NULL), COD_OK);
    assert_true(w[0] == 102 && w[1] == 99);
    cod_solver_free(solver);
}

/* ---- told from outside ---- */

static const cod_input preference[] = {
    {"preference", COD_EXTENT_M, 0, 10, 1, "how much each objective counts"}};

static cod_status as_told(const cod_step *step, double *weights)
{
    memcpy(weights, cod_step_input(step, "preference"), step->m * sizeof *weights);
    return cod_step_input(step, "nothing") == NULL ? COD_OK : COD_ENUMERIC;
}

static const cod_method told = {.abi = COD_METHOD_ABI,
                                .name = "told",
                                .inputs = preference,
                                .input_count = 1,
                                .solve = as_told};

static void test_feed(void **state)
{
    static const cod_method *const own[] = {&told};
    cod_solver *solver = make_own("told", own, 1, 0, 1);
    const struct {
        const char *name;
        double values[M];
        size_t count;
        cod_status status;
    } bad[] = {{"preferenc", {1, 2}, 2, COD_ENAME},
               {"preference", {1, 2}, 1, COD_ESHAPE},
               {"preference", {1, NAN}, 2, COD_ENONFINITE},
               {"preference", {-1, 2}, 2, COD_EDOMAIN},
               {"preference", {1, 11}, 2, COD_EDOMAIN}};
    double w[M] = {0};
    (void)state;
    assert_status(cod_solver_solve(solver, w, NULL), COD_EMISSING);
    assert_non_null(strstr(cod_solver_message(solver), "preference"));
    assert_status(cod_solver_feed(solver, "preference", (double[]){3, 4}, 2), COD_OK);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_status(cod_solver_feed(solver, bad[k].name, bad[k].values, bad[k].count),
                      bad[k].status);
        assert_non_null(strstr(cod_solver_message(solver), "preference"));
    }
    assert_status(cod_solver_feed(solver, NULL, w, 2), COD_EARGUMENT);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    assert_true(w[0] == 3 && w[1] == 4);
    cod_solver_free(solver);
}

/* ---- wrappers ---- */

typedef struct factor_options {
    double by;
} factor_options;

static const cod_option factor_table[] = {
    COD_OPTION_REAL(factor_options, by, 2, -10, 10, NULL, "", "factor"),
};

static cod_status multiply(const cod_step *step, double *weights)
{
    const factor_options *chosen = step->options;
    cod_status status = cod_step_inner_solve(step, weights);
    for (size_t i = 0; i < step->m; i++)
        weights[i] *= chosen->by;
    return status;
}

static const cod_method times = {.abi = COD_METHOD_ABI,
                                 .name = "times",
                                 .inner = 1,
                                 .options_size = sizeof(factor_options),
                                 .options = factor_table,
                                 .option_count = 1,
                                 .solve = multiply};

static cod_status odd_or_even(const cod_step *step, cod_plan *plan,
                              unsigned char *gradients)
{
    return cod_step_inner_plan(step, (size_t)(step->step % 2), plan, gradients);
}

static const cod_method turns = {.abi = COD_METHOD_ABI,
                                 .name = "turns",
                                 .inner = 2,
                                 .plan = odd_or_even,
                                 .solve = cod_step_inner_solve};

static void test_wrappers(void **state)
{
    static const cod_method *const own[] = {&times, &turns};
    cod_solver *solver = make_own(
        "turns(times(by=3, times(linear)), alternation(pattern=2))", own, 2, 0, 1);
    double w[M];
    cod_plan plan;
    (void)state;
    for (int k = 0; k < 6; k++) {
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_int_equal(plan.gradients[0], k % 2 == 0);
        assert_int_equal(plan.gradients[1], 1);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_close(w[0], k % 2 == 0 ? 3 : 0, 0, 0);
        assert_close(w[1], k % 2 == 0 ? 3 : 1, 0, 0);
    }
    const cod_solver *inner = cod_solver_inner(solver, 0);
    assert_string_equal(cod_solver_method(inner)->name, "times");
    assert_string_equal(cod_solver_method(cod_solver_inner(inner, 0))->name, "times");
    assert_null(cod_solver_inner(solver, 2));
    assert_null(cod_solver_inner(cod_solver_inner(solver, 1), 0));
    assert_status(cod_solver_plan((cod_solver *)inner, &plan), COD_EARGUMENT);
    cod_solver_free(solver);
}

/* An inner method advances only in its own steps: four turns of alternation in eight.
 */
static void test_wrappers_inner_time(void **state)
{
    static const cod_method *const own[] = {&turns};
    cod_solver *solver = make_own("turns(alternation, linear)", own, 1, 0, 1);
    double w[M];
    (void)state;
    for (int k = 0; k < 8; k++) {
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        if (k % 2 == 0)
            assert_close(w[0], k / 2 % 2 == 0, 0, 0);
    }
    cod_solver_free(solver);
}

/* Steps that a wrapper keeps for itself: its inner method is asked for nothing, is not
 * there to solve, and does not see them. */
static cod_status every_second(const cod_step *step, cod_plan *plan,
                               unsigned char *gradients)
{
    return step->step % 2 == 1 ? cod_step_inner_plan(step, 0, plan, gradients) : COD_OK;
}

static cod_status alone_or_inner(const cod_step *step, double *weights)
{
    cod_status status = cod_step_inner_solve(step, weights);
    if (step->step % 2 == 1)
        return status;
    for (size_t i = 0; i < step->m; i++)
        weights[i] = 7;
    return status == COD_EARGUMENT ? COD_OK : COD_ENUMERIC;
}

static const cod_method rests = {.abi = COD_METHOD_ABI,
                                 .name = "rests",
                                 .inner = 1,
                                 .plan = every_second,
                                 .solve = alone_or_inner};

static void test_wrappers_steps_of_their_own(void **state)
{
    static const cod_method *const own[] = {&rests, &told, &second_look};
    cod_solver *solver = make_own("rests(told)", own, 3, 0, 1);
    double w[M] = {0}, losses[M] = {1, 2};
    (void)state;
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    assert_true(w[0] == 7);
    assert_status(cod_solver_solve(solver, w, NULL), COD_EMISSING);
    assert_status(cod_solver_feed(solver, "preference", (double[]){3, 4}, 2), COD_OK);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    assert_true(w[0] == 3 && w[1] == 4);
    cod_solver_free(solver);
    solver = make_own("rests(second-look)", own, 3, 0, 1);
    assert_status(cod_solver_weights(solver, losses, NULL, w, NULL), COD_OK);
    assert_status(cod_solver_after(solver, losses), COD_EORDER);
    assert_status(cod_solver_weights(solver, losses, NULL, w, NULL), COD_OK);
    assert_status(cod_solver_after(solver, losses), COD_OK);
    cod_solver_free(solver);
    solver = make_own("rests(rests(told))", own, 3, 0, 1);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK); /* outer */
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK); /* inner, alone */
    assert_status(cod_solver_solve(solver, w, NULL),
                  COD_OK); /* outer: not the one inside */
    assert_true(w[0] == 7);
    assert_status(cod_solver_solve(solver, w, NULL), COD_EMISSING);
    cod_solver_free(solver);
}

/* A wrapper's own needs are added to those of the method inside. */
static const cod_method curious = {.abi = COD_METHOD_ABI,
                                   .name = "curious",
                                   .inner = 1,
                                   .needs = COD_NEED_LOSSES,
                                   .solve = cod_step_inner_solve};

static void test_wrappers_needs(void **state)
{
    static const cod_method *const own[] = {&curious};
    const double G[M * M] = {1, 0, 0, 4};
    cod_solver *solver = make_own("curious(mgda)", own, 1, 0, 1);
    cod_plan plan;
    double w[M];
    (void)state;
    assert_status(cod_solver_plan(solver, &plan), COD_OK);
    assert_int_equal(plan.needs, COD_NEED_LOSSES | COD_NEED_GRAMIAN);
    cod_solver_abandon(solver);
    assert_status(cod_solver_weights(solver, NULL, G, w, NULL), COD_EMISSING);
    assert_status(cod_solver_weights(solver, (double[]){1, 2}, G, w, NULL), COD_OK);
    assert_close(w[0], 0.8, 1e-15, 0);
    cod_solver_free(solver);
}

/* ---- numbers that a wrapper sets in the method inside ---- */

static cod_status check_factor(const cod_step *step)
{
    double by = ((const factor_options *)step->options)->by;
    return by != 3 ? COD_OK
                   : cod_step_fail(step, COD_EOPTION, "option by=3 is refused here");
}

static cod_status show_factor(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++)
        weights[i] = ((const factor_options *)step->options)->by;
    return COD_OK;
}

static const cod_method picky = {.abi = COD_METHOD_ABI,
                                 .name = "picky",
                                 .options_size = sizeof(factor_options),
                                 .options = factor_table,
                                 .option_count = 1,
                                 .check = check_factor,
                                 .solve = show_factor};

/* A value that the method's own check refuses in the middle of a run: the step is void,
 * the old value stays, and the wrapper can be told to do something else. */
static void test_wrappers_set_what_is_refused(void **state)
{
    static const cod_method *const own[] = {&picky};
    cod_solver *solver = make_own(
        "schedule(target=option:by, from=1, to=5, steps=4, picky)", own, 1, 0, 1);
    const cod_solver *inner = cod_solver_inner(solver, 0);
    char by[32];
    double w[M] = {0};
    (void)state;
    for (int k = 0; k < 2; k++)
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    for (int k = 0; k < 2; k++) {
        assert_true(w[0] == 2);
        assert_status(cod_solver_solve(solver, w, NULL), COD_EOPTION);
        assert_string_equal(cod_solver_message(solver),
                            "picky: option by=3 is refused here");
        assert_status(cod_solver_option(inner, "by", by, sizeof by), COD_OK);
        assert_string_equal(by, "2");
    }
    assert_status(cod_solver_set(solver, "to", "9"), COD_OK);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    assert_true(w[0] == 5);
    cod_solver_free(solver);
}

/* Two methods of one nest draw random numbers of their own. */
static void test_wrappers_random_streams(void **state)
{
    static double d[2][N];
    const void *at[M] = {rows[0][0], rows[0][1]};
    cod_solver *solver = make_own("switch(at=1, graddrop, graddrop)", NULL, 0, 0, 1);
    (void)state;
    for (int k = 0; k < 2; k++)
        assert_status(cod_solver_step(solver, NULL, at, COD_FLOAT64, NULL, d[k],
                                      COD_FLOAT64, NULL),
                      COD_OK);
    size_t differ = 0;
    for (size_t k = 0; k < N; k++)
        differ += d[0][k] != d[1][k];
    assert_true(differ > N / 8);
    cod_solver_free(solver);
}

static void test_wrappers_texts(void **state)
{
    static const cod_method *const own[] = {&times, &turns};
    static const char *const bad[] = {
        "times",           "times()",     "times(linear, mgda)", "turns(linear)",
        "linear(mgda)",    "times(by=3)", "times(times(times))", "times(lineer)",
        "times(linear(x))"};
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        cod_solver *solver;
        cod_message message = {""};
        cod_setup setup = {.m = M, .methods = own, .method_count = 2};
        assert_true(cod_solver_alloc(bad[k], &setup, &solver, &message) < 0);
        assert_true(message.text[0] != '\0' && strchr(message.text, '\n') == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after),
        cmocka_unit_test(test_feed),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_wrappers_inner_time),
        cmocka_unit_test(test_wrappers_steps_of_their_own),
        cmocka_unit_test(test_wrappers_needs),
        cmocka_unit_test(test_wrappers_set_what_is_refused),
        cmocka_unit_test(test_wrappers_random_streams),
        cmocka_unit_test(test_wrappers_texts),
    };
    return cmocka_run_group_tests(tests, draw_rows, NULL);
}
