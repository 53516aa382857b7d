/* SPDX-License-Identifier: MIT */
/* Methods with slots, with several batches, with several points; and methods that fail.
 */
#include "own_methods.h"

/* ---- slots, batches, points ---- */

static size_t one_for_each(const cod_step *step)
{
    return step->m;
}

static cod_status in_turn(const cod_step *step, cod_plan *plan,
                          unsigned char *gradients)
{
    plan->slot = (size_t)step->step % step->m;
    gradients[1 - plan->slot] = 0;
    return COD_OK;
}

static cod_status ones(const cod_step *step, double *weights)
{
    weights[(size_t)step->step % step->m] = 1;
    return COD_OK;
}

static const cod_method slotted = {.abi = COD_METHOD_ABI,
                                   .name = "slotted",
                                   .slots = one_for_each,
                                   .plan = in_turn,
                                   .solve = ones};

static void test_slots(void **state)
{
    static const cod_method *const own[] = {&slotted};
    cod_solver *solver = make_own("slotted", own, 1, 0, 1);
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        cod_plan plan;
        double w[M];
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_int_equal(plan.slots, M);
        assert_int_equal(plan.slot, k % M);
        assert_int_equal(plan.step, k);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_close(w[k % M], 1, 0, 0);
    }
    cod_solver_free(solver);
}

static cod_status of_cross(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++)
        weights[i] = step->cross[i * step->m] + 10 * step->cross[i * step->m + 1];
    return COD_OK;
}

static const cod_method crossed = {.abi = COD_METHOD_ABI,
                                   .name = "crossed",
                                   .needs = COD_NEED_CROSS,
                                   .batches = 2,
                                   .direction_batch = 1,
                                   .solve = of_cross};

static void test_batches(void **state)
{
    static const cod_method *const own[] = {&crossed};
    static double d[N];
    cod_solver *solver = make_own("crossed", own, 1, 0, 1);
    double w[M], G[M * M] = {1, 0, 0, 1};
    cod_plan plan;
    (void)state;
    assert_status(cod_solver_plan(solver, &plan), COD_OK);
    assert_int_equal(plan.batches, 2);
    assert_int_equal(plan.direction_batch, 1);
    assert_status(hand_in(solver, BATCHES * M), COD_OK);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    for (size_t i = 0; i < M; i++) {
        double a = product(rows[0][i], rows[1][0]), b = product(rows[0][i], rows[1][1]);
        assert_close(w[i], a + 10 * b, 1e-12, 1e-10);
    }
    assert_status(hand_out(solver, 0, 1, d), COD_OK);
    for (size_t k = 0; k < N; k++)
        assert_close(d[k], w[0] * rows[1][0][k] + w[1] * rows[1][1][k], 1e-13, 1e-10);
    assert_status(cod_solver_gramian(solver, G), COD_EUNSUPPORTED);
    cod_solver_free(solver);
}

/* Point p moves along the other point's row 1, as many times as its own first loss. */
static cod_status swap(const cod_step *step, double *weights)
{
    for (size_t p = 0; p < step->points; p++)
        weights[p * step->rows + (1 - p) * step->m] = step->losses[p * step->m];
    return COD_OK;
}

static const cod_method set_of_points = {.abi = COD_METHOD_ABI,
                                         .name = "set-of-points",
                                         .needs = COD_NEED_LOSSES | COD_NEED_GRAMIAN,
                                         .traits = COD_TRAIT_SET,
                                         .solve = swap};

static void test_points(void **state)
{
    static const cod_method *const own[] = {&set_of_points};
    static double d[2][N];
    cod_solver *solver = make_own("set-of-points", own, 1, 2, 1);
    double w[2 * 2 * M], losses[2 * M] = {2, 3, 5, 7};
    const void *at[2 * M];
    cod_certificate certificate;
    (void)state;
    assert_status(cod_solver_losses(solver, losses), COD_OK);
    assert_status(hand_in(solver, 2 * M), COD_OK);
    assert_status(cod_solver_solve(solver, w, &certificate), COD_OK);
    const double expected[2 * 2 * M] = {0, 0, 2, 0, 5, 0, 0, 0};
    assert_memory_equal(w, expected, sizeof w);
    for (size_t p = 0; p < 2; p++)
        for (size_t k = 0; k < SHARDS; k++) {
            cod_shard shard = shard_of(k, 0, 2 * M, at);
            assert_status(
                cod_solver_direction(solver, &shard, p, d[p] + offsets[k], COD_FLOAT64),
                COD_OK);
        }
    for (size_t k = 0; k < N; k++) {
        assert_close(d[0][k], 2 * rows[1][0][k], 0, 0);
        assert_close(d[1][k], 5 * rows[0][0][k], 0, 0);
    }
    losses[3] = NAN;
    assert_status(cod_solver_losses(solver, losses), COD_ENONFINITE);
    assert_non_null(strstr(cod_solver_message(solver), "objective 2"));
    assert_non_null(strstr(cod_solver_message(solver), "point 2"));
    cod_solver_free(solver);
    cod_setup setup = {.m = M, .points = 2};
    cod_message message;
    assert_true(cod_solver_alloc("mgda", &setup, &solver, &message) < 0);
    assert_non_null(strstr(message.text, "point"));
}

/* ---- errors from within a method ---- */

static int fails_in;

static cod_status fail_solve(const cod_step *step, double *weights)
{
    weights[0] = fails_in == 1 ? NAN : 1;
    return fails_in == 2 ? cod_step_fail(step, COD_ENUMERIC, "no %s today", "luck")
                         : COD_OK;
}

static cod_status fail_plan(const cod_step *step, cod_plan *plan,
                            unsigned char *gradients)
{
    (void)plan;
    (void)gradients;
    return fails_in == 3 ? cod_step_fail(step, COD_EDOMAIN, "no plan") : COD_OK;
}

static cod_status fail_visit(const cod_step *step, const cod_block *block,
                             double *statistics)
{
    (void)block;
    (void)statistics;
    return fails_in == 4 ? cod_step_fail(step, COD_EDOMAIN, "not seen") : COD_OK;
}

static cod_status fail_emit(const cod_step *step, const cod_block *block, size_t point,
                            double *ret_direction)
{
    (void)point;
    for (size_t k = 0; k < block->length; k++)
        ret_direction[k] = fails_in == 5 ? NAN : 0;
    return fails_in == 6 ? cod_step_fail(step, COD_EDOMAIN, "not said") : COD_OK;
}

static const cod_method failing = {.abi = COD_METHOD_ABI,
                                   .name = "failing",
                                   .needs = COD_NEED_ROWS,
                                   .plan = fail_plan,
                                   .visit = fail_visit,
                                   .solve = fail_solve,
                                   .emit = fail_emit};

static void test_errors_of_methods(void **state)
{
    static const cod_method *const own[] = {&failing};
    static const struct {
        cod_status status;
        const char *message;
    } expected[] = {{COD_OK, ""},
                    {COD_ENUMERIC, "weight"},
                    {COD_ENUMERIC, "failing: no luck today"},
                    {COD_EDOMAIN, "failing: no plan"},
                    {COD_EDOMAIN, "failing: not seen"},
                    {COD_ENUMERIC, "shard at offset 0"},
                    {COD_EDOMAIN, "failing: not said"}};
    static double d[N];
    const void *at[M] = {rows[0][0], rows[0][1]};
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        cod_solver *solver = make_own("failing", own, 1, 0, threads);
        for (fails_in = 6; fails_in >= 0; fails_in--) {
            double w[M] = {7, 7};
            cod_status status =
                cod_solver_step(solver, NULL, at, COD_FLOAT64, w, d, COD_FLOAT64, NULL);
            if (status != expected[fails_in].status ||
                strstr(cod_solver_message(solver), expected[fails_in].message) == NULL)
                fail_msg("%d: %s, '%s'", fails_in, cod_status_key(status),
                         cod_solver_message(solver));
            assert_true(status == COD_OK || w[0] == 7);
        }
        cod_solver_free(solver);
    }
}

static void test_bad_descriptors(void **state)
{
    const cod_method wrong_abi = {
        .abi = COD_METHOD_ABI + 1, .name = "x", .solve = ones};
    const cod_method no_name = {.abi = COD_METHOD_ABI, .solve = ones};
    const cod_method nothing = {.abi = COD_METHOD_ABI, .name = "x"};
    const cod_method *const own[] = {&wrong_abi, &no_name, &nothing};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        cod_solver *solver;
        cod_message message = {""};
        cod_setup setup = {.m = M, .methods = own + k, .method_count = 1};
        assert_true(cod_solver_alloc("x", &setup, &solver, &message) < 0);
        assert_true(message.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_errors_of_methods),
        cmocka_unit_test(test_bad_descriptors),
    };
    return cmocka_run_group_tests(tests, draw_rows, NULL);
}
