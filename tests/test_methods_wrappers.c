/* SPDX-License-Identifier: MIT */
/* Wrappers against their formulas, on the losses and Gramians recorded in
 * examples/trace-membrane: 250 steps around methods that are written down here. */
#include "nests.h"

/* The min-norm weights of two gradients (Sener and Koltun 2018, theorem 1). */
static void min_norm(size_t k, double *w)
{
    double G[M * M];
    recorded_gramian(k, M, G);
    w[0] = fmin(fmax((G[3] - G[1]) / (G[0] + G[3] - 2 * G[1]), 0), 1);
    w[1] = 1 - w[0];
}

/* Weights that a wrapper should have in step k, from those of the steps before. */
typedef void (*formula)(size_t k, double *w);

static void compare(const char *text, formula expected)
{
    cod_solver *solver = make(text);
    double v[M] = {0};
    for (size_t k = 0; k < STEPS; k++) {
        double w[M], G[M * M];
        cod_plan plan;
        recorded_gramian(k, M, G);
        if (k > 0 && k % EPOCH == 0)
            assert_status(cod_solver_epoch(solver), COD_OK);
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_status(cod_solver_losses(solver, trace.losses + trace.m * k), COD_OK);
        if (plan.needs & (COD_NEED_GRAMIAN | COD_NEED_NORMS))
            assert_status(cod_solver_gramian(solver, G), COD_OK);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        expected(k, v);
        for (size_t i = 0; i < M; i++)
            assert_close(w[i], v[i], 1e-12, 1e-12);
    }
    cod_solver_free(solver);
}

/* ---- averages, and weights kept ---- */

static void averaged(size_t k, double *w, double alpha)
{
    double now[M];
    min_norm(k, now);
    for (size_t i = 0; i < M; i++)
        w[i] = k == 0 ? now[i] : alpha * w[i] + (1 - alpha) * now[i];
}

static void cr_mogm(size_t k, double *w)
{
    averaged(k, w, 0.9);
}

/* Alternation asks for one gradient; the average has a weight for each. */
static void averaged_turns(size_t k, double *w)
{
    for (size_t i = 0; i < M; i++)
        w[i] = k == 0 ? i == 0 : 0.5 * w[i] + 0.5 * (k % M == i);
}

static void every_eight(size_t k, double *w)
{
    if (k % 8 == 0)
        min_norm(k, w);
}

/* Xu et al. 2024, algorithm 1: the average moves in every eighth step. */
static void psmgd(size_t k, double *w)
{
    double now[M];
    min_norm(k, now);
    for (size_t i = 0; i < M && k % 8 == 0; i++)
        w[i] = k == 0 ? now[i] : 0.9 * w[i] + 0.1 * now[i];
}

static void test_averages(void **state)
{
    (void)state;
    compare("cr-mogm(mgda)", cr_mogm);
    compare("cr-mogm(alpha=0.5, alternation)", averaged_turns);
    compare("every(mgda)", every_eight);
    compare("every(k=8, cr-mogm(alpha=0.9, mgda))", psmgd);
}

/* In between nothing is asked for, and no gradient that has no weight. */
static void test_every_asks_for_nothing_in_between(void **state)
{
    cod_solver *solver = make("every(k=3, linear(weights=0:2))");
    cod_plan plan;
    (void)state;
    for (int k = 0; k < 9; k++) {
        double w[M];
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_int_equal(plan.needs, 0);
        assert_int_equal(plan.gradients[0], k % 3 == 0);
        assert_int_equal(plan.gradients[1], 1);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_true(w[0] == 0 && w[1] == 2);
    }
    cod_solver_free(solver);
}

/* A weight below 0 is one, too: its gradient is asked for. */
static void test_every_keeps_weights_below_zero(void **state)
{
    cod_solver *solver = make("every(k=3, schedule(target=weight:2, from=-2, to=-2, "
                              "linear(weights=0:1)))");
    (void)state;
    for (int k = 0; k < 6; k++) {
        cod_plan plan;
        double w[M];
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_int_equal(plan.gradients[0], k % 3 == 0);
        assert_int_equal(plan.gradients[1], 1);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_true(w[0] == 0 && w[1] == -2);
    }
    cod_solver_free(solver);
}

/* An average has weights for all, whichever gradient the method inside asks for. */
static void test_cr_mogm_asks_for_all_gradients(void **state)
{
    cod_solver *solver = make("cr-mogm(alternation)");
    (void)state;
    for (int k = 0; k < 4; k++) {
        cod_plan plan;
        double w[M];
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_true(plan.gradients[0] == 1 && plan.gradients[1] == 1);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    }
    cod_solver_free(solver);
}

/* ---- ramps ---- */

static double ramp_of(int shape, double u)
{
    const double pi = acos(-1), v = fmin(u, 1);
    const double values[] = {v, (1 - cos(pi * v)) / 2, (exp(5 * v) - 1) / (exp(5) - 1),
                             u >= 1, (1 - cos(2 * pi * u)) / 2};
    return values[shape];
}

static int shape;

static void ramped_weight(size_t k, double *w)
{
    min_norm(k, w);
    w[1] *= 3 + (0.5 - 3) * ramp_of(shape, (double)k / 100);
}

static void ramped_option(size_t k, double *w)
{
    averaged(k, w, 0.1 + 0.8 * ramp_of(shape, (double)(k / EPOCH) / 4));
}

static void test_schedule(void **state)
{
    static const char *const ramps[] = {"linear", "cosine", "exponential", "step",
                                        "cyclic"};
    char text[160];
    (void)state;
    for (shape = 0; shape < 5; shape++) {
        snprintf(text, sizeof text,
                 "schedule(target=weight:2, ramp=%s, from=3, to=0.5, steps=100, mgda)",
                 ramps[shape]);
        compare(text, ramped_weight);
        snprintf(text, sizeof text,
                 "schedule(target=option:alpha, ramp=%s, from=0.1, to=0.9, steps=4, "
                 "unit=epoch, cr-mogm(mgda))",
                 ramps[shape]);
        compare(text, ramped_option);
    }
}

static void all_steps(size_t k, double *w)
{
    w[0] = 1;
    w[1] = (double)k / STEPS;
}

/* The option of a method two levels down; the announced total; a whole number. */
static void test_schedule_reaches_inwards(void **state)
{
    cod_solver *solver;
    char value[32];
    double w[M];
    (void)state;
    compare("schedule(target=weight:2, linear(weights=1:1))", all_steps);
    solver = make("schedule(target=option:period, from=1, to=9, steps=4, "
                  "warmup(k=2, linear, alternation))");
    const cod_solver *alternation = cod_solver_inner(cod_solver_inner(solver, 0), 1);
    for (int k = 0; k < 6; k++) {
        const int expected[] = {1, 3, 5, 7, 9, 9};
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_status(cod_solver_option(alternation, "period", value, sizeof value),
                      COD_OK);
        assert_int_equal(atoi(value), expected[k]);
    }
    cod_solver_free(solver);
}

/* ---- one method after another ---- */

static void warmed_up(size_t k, double *w)
{
    if (k >= 60)
        min_norm(k, w);
    else
        w[0] = 1, w[1] = 3;
}

static void by_epoch(size_t k, double *w)
{
    if (k / EPOCH >= 2)
        min_norm(k, w);
    else
        w[0] = 1, w[1] = 3;
}

/* The average stands still while the other method is at work. */
static void switched(size_t k, double *w)
{
    static double average[M];
    int second = (k >= 10 && k < 30) || k >= 100;
    double now[M];
    min_norm(k, now);
    for (size_t i = 0; i < M; i++) {
        if (!second)
            average[i] = k == 0 ? now[i] : 0.9 * average[i] + 0.1 * now[i];
        w[i] = second ? (i == 0 ? 1 : 3) : average[i];
    }
}

static void test_one_after_another(void **state)
{
    (void)state;
    compare("warmup(k=60, linear(weights=1:3), mgda)", warmed_up);
    compare("warmup(k=2, unit=epoch, linear(weights=1:3), mgda)", by_epoch);
    compare("warmup(k=0, linear, mgda)", min_norm);
    compare("switch(at=60, linear(weights=1:3), mgda)", warmed_up);
    compare("switch(at=10:30:100, cr-mogm(mgda), linear(weights=1:3))", switched);
}

/* The number of optimizer slots is that of the whole run, whichever method is on. */
static void test_slots_of_the_whole_tree(void **state)
{
    cod_solver *solver = make("warmup(k=2, mgda, alternation)");
    cod_plan plan;
    double w[M], G[M * M] = {1, 0, 0, 1};
    (void)state;
    for (size_t k = 0; k < 6; k++) {
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_int_equal(plan.slots, M);
        assert_int_equal(plan.slot, k < 2 ? 0 : k % M);
        if (k < 2)
            assert_status(cod_solver_gramian(solver, G), COD_OK);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    }
    cod_solver_free(solver);
    solver = make("alternation(slots=one)");
    for (size_t k = 0; k < 3; k++) {
        assert_status(cod_solver_plan(solver, &plan), COD_OK);
        assert_int_equal(plan.slots, 1);
        assert_int_equal(plan.slot, 0);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    }
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_averages),
        cmocka_unit_test(test_every_asks_for_nothing_in_between),
        cmocka_unit_test(test_every_keeps_weights_below_zero),
        cmocka_unit_test(test_cr_mogm_asks_for_all_gradients),
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_schedule_reaches_inwards),
        cmocka_unit_test(test_one_after_another),
        cmocka_unit_test(test_slots_of_the_whole_tree),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
