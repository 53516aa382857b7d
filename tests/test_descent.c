/* SPDX-License-Identifier: MIT */
/* The descent loop: why it ends, what monitors and methods see, many starts. */
#include "quadratics.h"

#include <codescent/method.h>

static const double start[N] = {2, -1.5, 3};

/* ---- why it ends ---- */

/* The min-norm point of two gradients by its formula (Sener and Koltun 2018, eq. 4). */
static double two_norm(const double jacobian[M][N])
{
    double between = 0, across = 0, square = 0;
    for (size_t j = 0; j < N; j++) {
        double gap = jacobian[1][j] - jacobian[0][j];
        between += gap * gap;
        across += gap * jacobian[1][j];
    }
    double w = fmin(fmax(across / between, 0), 1);
    for (size_t j = 0; j < N; j++) {
        double d = w * jacobian[0][j] + (1 - w) * jacobian[1][j];
        square += d * d;
    }
    return sqrt(square);
}

static void test_descend_to_stationarity(void **state)
{
    bench b;
    record r;
    double x[N], f[M];
    (void)state;
    set_up(&b, &free_quadratics, "mgda", "armijo");
    memcpy(x, start, sizeof x);
    cod_descent_result result = descend(&b, (cod_descent_options){0}, &r, x, f);
    size_t end = r.count - 1;
    assert_status(result.status, COD_STOPPED_STATIONARY);
    assert_true(r.ended && result.steps > 1 && !result.stationary_at_start);
    assert_int_equal(result.steps, end);
    assert_int_equal(result.evaluations, b.data.evaluations);
    assert_memory_equal(x, r.x[end], sizeof x);
    assert_memory_equal(f, r.f[end], sizeof f);
    for (size_t k = 0; k < end; k++)
        assert_true(two_norm(r.jacobian[k]) > 1e-6);
    assert_true(two_norm(r.jacobian[end]) <= 1.0001e-6);
    assert_close(result.stationarity, two_norm(r.jacobian[end]), 1e-6, 1e-15);
    /* again from there: nothing to do, and it says so */
    double there[N];
    memcpy(there, x, sizeof x);
    result = descend(&b, (cod_descent_options){0}, &r, x, NULL);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    assert_true(result.stationary_at_start && result.steps == 0);
    assert_int_equal(result.evaluations, 1);
    assert_memory_equal(x, there, sizeof x);
    tear_down(&b);
}

/* A tighter tolerance is met, too; a negative one means that there is none. */
static void test_descend_tolerance(void **state)
{
    bench b;
    record r;
    double x[N];
    (void)state;
    set_up(&b, &free_quadratics, "mgda", "armijo");
    memcpy(x, start, sizeof x);
    cod_descent_result result =
        descend(&b, (cod_descent_options){.tolerance = 1e-12}, &r, x, NULL);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    assert_true(two_norm(r.jacobian[r.count - 1]) < 1.01e-12);
    tear_down(&b);
    set_up(&b, &free_quadratics, "mgda", "constant(step=0.25)");
    memcpy(x, start, sizeof x);
    result = descend(&b, (cod_descent_options){.tolerance = -1, .max_steps = 300}, NULL,
                     x, NULL);
    assert_status(result.status, COD_STOPPED_MAXITER);
    assert_int_equal(result.steps, 300);
    tear_down(&b);
}

/* Beside a value of 1000 a decrease of f disappears in rounding long before the
 * gradients do: the line search goes by these. */
static void test_descend_beyond_the_rounding_of_f(void **state)
{
    static const char *const methods[] = {"mgda", "linear"};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bench b;
        record r;
        double x[N];
        set_up(&b, &free_quadratics, methods[k], "armijo");
        b.data.shift = 1000;
        memcpy(x, start, sizeof x);
        cod_descent_result result =
            descend(&b, (cod_descent_options){.tolerance = 1e-11}, &r, x, NULL);
        assert_status(result.status, COD_STOPPED_STATIONARY);
        assert_true(two_norm(r.jacobian[r.count - 1]) < 1.01e-11);
        tear_down(&b);
    }
}

/* Fixed weights are after the minimum of their sum: not just any critical point. */
static void test_descend_linear_to_its_own_minimum(void **state)
{
    bench b;
    /* x_1, x_2, x_3 at f_1's minimum: critical, but not for these weights */
    double x[N] = {1, 0, -1};
    (void)state;
    set_up(&b, &free_quadratics, "linear(weights=0.5:1.5)", "armijo");
    cod_descent_result result = descend(&b, (cod_descent_options){0}, NULL, x, NULL);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    assert_true(result.steps > 0 && !result.stationary_at_start);
    for (size_t j = 0; j < N; j++) {
        double a = pair.curvature[0][j] * 0.5, c = pair.curvature[1][j] * 1.5;
        assert_close(x[j], (a * pair.centre[0][j] + c * pair.centre[1][j]) / (a + c), 0,
                     1e-5);
    }
    tear_down(&b);
}

static void test_descend_budgets(void **state)
{
    bench b;
    (void)state;
    for (int64_t most = 1; most < 8; most++) {
        double x[N];
        record r;
        set_up(&b, &free_quadratics, "mgda", "armijo(first=1000)");
        memcpy(x, start, sizeof x);
        cod_descent_result result =
            descend(&b, (cod_descent_options){.max_evaluations = most}, &r, x, NULL);
        assert_status(result.status, COD_STOPPED_EVALUATIONS);
        assert_int_equal(result.evaluations, most);
        assert_int_equal(b.data.evaluations, most);
        assert_memory_equal(x, r.x[r.count - 1], sizeof x);
        tear_down(&b);
        set_up(&b, &free_quadratics, "mgda", "constant(step=0.001)");
        memcpy(x, start, sizeof x);
        result = descend(&b, (cod_descent_options){.max_steps = most}, &r, x, NULL);
        assert_status(result.status, COD_STOPPED_MAXITER);
        assert_int_equal(result.steps, most);
        assert_int_equal(result.evaluations, most + 1);
        tear_down(&b);
    }
}

static void test_descend_monitor_stops(void **state)
{
    bench b;
    record r;
    double x[N];
    (void)state;
    set_up(&b, &free_quadratics, "mgda", "constant(step=0.001)");
    memcpy(x, start, sizeof x);
    memset(&r, 0, sizeof r);
    r.stop_after = 5;
    const cod_monitor monitor = {keep_record, &r};
    const cod_descent_options options = {.monitors = &monitor, .monitor_count = 1};
    cod_descent_result result;
    assert_status(cod_descend(b.problem, b.solver, b.rule, &options, x, NULL, &result,
                              &b.message),
                  COD_OK);
    assert_status(result.status, COD_STOPPED_MONITOR);
    assert_int_equal(result.steps, 5);
    assert_int_equal(r.count, 7); /* steps 0 to 5, and the end */
    assert_memory_equal(r.x[5], r.x[6], sizeof x);
    assert_memory_equal(r.x[6], x, sizeof x);
    tear_down(&b);
}

/* The iterate's numbers are those of its point. */
static void test_descend_monitor_sees_the_point(void **state)
{
    bench b;
    record r;
    double x[N] = {-3, 4, 1}, f[M], jacobian[M * N];
    size_t rising = 0;
    (void)state;
    set_up(&b, &free_quadratics, "linear(weights=1:0.05)", "constant(step=0.02)");
    cod_descent_result result = descend(
        &b, (cod_descent_options){.tolerance = -1, .max_steps = 100}, &r, x, NULL);
    for (size_t k = 0; k < 100; k++) {
        double along[M] = {0};
        assert_status(cod_problem_evaluate(b.problem, r.x[k], f, jacobian), COD_OK);
        assert_memory_equal(f, r.f[k], sizeof f);
        assert_memory_equal(jacobian, r.jacobian[k], sizeof jacobian);
        for (size_t j = 0; j < N; j++) {
            double d = 0;
            for (size_t i = 0; i < M; i++) {
                d += r.weights[k][i] * jacobian[i * N + j];
                along[i] += jacobian[i * N + j] * r.direction[k][j];
            }
            assert_close(r.direction[k][j], d, 1e-14, 1e-15);
            assert_close(r.x[k + 1][j], r.x[k][j] - 0.02 * d, 1e-13, 1e-15);
        }
        rising += along[0] < 0 || along[1] < 0;
    }
    assert_true(rising > 0 && rising < 100);
    assert_int_equal(result.conflict_steps, rising);
    tear_down(&b);
}

/* A method that looks at one objective at a time goes on where that one is minimal. */
static void test_descend_alternation_goes_on(void **state)
{
    bench b;
    record r;
    double x[N] = {1, 0, -1};
    (void)state;
    set_up(&b, &free_quadratics, "alternation", "armijo");
    cod_descent_result result = descend(
        &b, (cod_descent_options){.tolerance = -1, .max_steps = 20}, &r, x, NULL);
    assert_true(result.steps > 2);
    assert_memory_equal(r.x[0], r.x[1], sizeof x);
    assert_true(memcmp(r.x[1], r.x[2], sizeof x) != 0);
    tear_down(&b);
}

/* ---- losses after the update ---- */

enum { MOST_LOOKS = 8 };

typedef struct looks {
    int count;
    double losses[MOST_LOOKS][M];
} looks;

static looks seen;

static cod_status look_back(const cod_step *step)
{
    assert_in_range(seen.count, 0, MOST_LOOKS - 1);
    memcpy(seen.losses[seen.count++], step->losses, sizeof seen.losses[0]);
    return COD_OK;
}

static cod_status uniform(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++)
        weights[i] = 1.0 / (double)step->m;
    return COD_OK;
}

/* A method that asks for them gets f at the new point. */
static void test_descend_tells_losses_after(void **state)
{
    static const cod_method method = {.abi = COD_METHOD_ABI,
                                      .name = "second-look",
                                      .needs = COD_NEED_LOSSES | COD_NEED_AFTER,
                                      .solve = uniform,
                                      .after = look_back};
    static const cod_method *const own[] = {&method};
    const cod_setup setup = {.m = M, .n = N, .methods = own, .method_count = 1};
    bench b;
    record r;
    double x[N];
    (void)state;
    set_up(&b, &free_quadratics, "mgda", "constant");
    cod_solver_free(b.solver);
    assert_status(cod_solver_alloc("second-look", &setup, &b.solver, NULL), COD_OK);
    memcpy(x, start, sizeof x);
    seen.count = 0;
    descend(&b, (cod_descent_options){.max_steps = 6}, &r, x, NULL);
    assert_int_equal(seen.count, 6);
    for (size_t k = 0; k < 6; k++)
        assert_memory_equal(seen.losses[k], r.f[k + 1], sizeof r.f[0]);
    tear_down(&b);
}

static int sees_no_weights(void *data, const cod_iterate *at)
{
    (void)data;
    assert_null(at->weights);
    return 0;
}

/* A method without weights shows none, and descends. */
static void test_descend_without_weights(void **state)
{
    bench b;
    double x[N];
    (void)state;
    set_up(&b, &free_quadratics, "trimmed-mean(trim=0)", "constant(step=0.25)");
    memcpy(x, start, sizeof x);
    const cod_monitor monitor = {sees_no_weights, NULL};
    const cod_descent_options options = {
        .max_steps = 200, .monitors = &monitor, .monitor_count = 1};
    cod_descent_result result;
    assert_status(cod_descend(b.problem, b.solver, b.rule, &options, x, NULL, &result,
                              &b.message),
                  COD_OK);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    tear_down(&b);
}

/* ---- many starts ---- */

static void test_descend_many_is_single_runs(void **state)
{
    static const char *const methods[] = {"mgda", "uncertainty(lr=0.1)",
                                          "adaptive(by=gradients)", "annealing",
                                          "alternation"};
    static const char *const rules[] = {"armijo", "adam(step=0.05)"};
    enum { COUNT = 5 };
    double starts[COUNT][N] = {
        {2, -1, 3}, {1, 0, -1}, {0, 0, 0}, {-2, 2, 9}, {1, 1, 1}};
    const cod_descent_options options = {.max_steps = 60};
    (void)state;
    for (size_t k = 0; k < 10; k++) {
        const cod_setup setup = {.steps = MOST_STEPS};
        quadratics data = pair;
        cod_problem *problem;
        double x[COUNT][N], f[COUNT][M];
        cod_descent_result results[COUNT];
        cod_message message;
        memcpy(x, starts, sizeof x);
        assert_status(cod_problem_wrap(&free_quadratics, (cod_problem_size){M, N},
                                       &data, &problem),
                      COD_OK);
        if (cod_descend_many(problem, methods[k / 2], &setup, rules[k % 2], &options,
                             COUNT, x[0], f[0], results, &message) != COD_OK)
            fail_msg("%s", message.text);
        for (size_t s = 0; s < COUNT; s++) {
            bench b;
            double one[N], one_f[M];
            set_up(&b, &free_quadratics, methods[k / 2], rules[k % 2]);
            memcpy(one, starts[s], sizeof one);
            cod_descent_result result = descend(&b, options, NULL, one, one_f);
            assert_memory_equal(one, x[s], sizeof one);
            assert_memory_equal(one_f, f[s], sizeof one_f);
            assert_true(result.status == results[s].status &&
                        result.steps == results[s].steps &&
                        result.evaluations == results[s].evaluations &&
                        result.stationarity == results[s].stationarity);
            tear_down(&b);
        }
        cod_problem_free(problem);
    }
}

static void test_descend_many_names_the_start(void **state)
{
    quadratics data = pair;
    double x[9] = {0, 0, 0, 1, 1, 1, 2, NAN, 2}, f[6];
    cod_descent_result results[3];
    cod_problem *problem;
    cod_message message;
    (void)state;
    assert_status(
        cod_problem_wrap(&free_quadratics, (cod_problem_size){M, N}, &data, &problem),
        COD_OK);
    assert_status(cod_descend_many(problem, "mgda", NULL, "armijo", NULL, 3, x, f,
                                   results, &message),
                  COD_ENONFINITE);
    assert_string_equal(message.text, "start 3: the start's x_2 is nan");
    assert_status(cod_descend_many(problem, "mdga", NULL, "armijo", NULL, 3, x, f,
                                   results, &message),
                  COD_ENAME);
    assert_status(cod_descend_many(problem, "mgda", NULL, "armjio", NULL, 3, x, f,
                                   results, &message),
                  COD_ENAME);
    assert_status(cod_descend_many(problem, "mgda", NULL, "armijo", NULL, 3, x, NULL,
                                   results, NULL),
                  COD_EARGUMENT);
    assert_status(
        cod_descend_many(NULL, "mgda", NULL, "armijo", NULL, 3, x, f, results, NULL),
        COD_EARGUMENT);
    assert_status(cod_descend_many(problem, "mgda", NULL, "armijo", NULL, 0, NULL, NULL,
                                   NULL, NULL),
                  COD_OK);
    cod_problem_free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descend_to_stationarity),
        cmocka_unit_test(test_descend_tolerance),
        cmocka_unit_test(test_descend_beyond_the_rounding_of_f),
        cmocka_unit_test(test_descend_linear_to_its_own_minimum),
        cmocka_unit_test(test_descend_budgets),
        cmocka_unit_test(test_descend_monitor_stops),
        cmocka_unit_test(test_descend_monitor_sees_the_point),
        cmocka_unit_test(test_descend_alternation_goes_on),
        cmocka_unit_test(test_descend_tells_losses_after),
        cmocka_unit_test(test_descend_without_weights),
        cmocka_unit_test(test_descend_many_is_single_runs),
        cmocka_unit_test(test_descend_many_names_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
