/* SPDX-License-Identifier: MIT */
/* The step rules against transcriptions of their formulas, and what Armijo promises. */
#include "quadratics.h"

static const double start[N] = {2, -1.5, 3};

/* Runs exactly `steps` steps and keeps them. */
static void run(bench *b, int64_t steps, record *r)
{
    double x[N];
    memcpy(x, start, sizeof x);
    cod_descent_result result = descend(
        b, (cod_descent_options){.tolerance = -1, .max_steps = steps}, r, x, NULL);
    assert_status(result.status, COD_STOPPED_MAXITER);
    assert_int_equal(result.steps, steps);
    assert_int_equal(r->count, steps + 1);
    assert_memory_equal(x, r->x[steps], sizeof x);
}

/* d = sum w_i g_i at x, in long double */
static void gradient(const double *w, const long double *x, long double *ret_d)
{
    for (size_t j = 0; j < N; j++) {
        ret_d[j] = 0;
        for (size_t i = 0; i < M; i++)
            ret_d[j] +=
                w[i] * pair.curvature[i][j] * (x[j] - (long double)pair.centre[i][j]);
    }
}

static void expect(const record *r, size_t k, const long double *x)
{
    for (size_t j = 0; j < N; j++)
        assert_close(r->x[k][j], (double)x[j], 1e-12, 1e-13);
}

static const double thirds[M] = {0.25, 0.75};
#define THIRDS "linear(weights=0.25:0.75)"

static void test_step_rule_constant(void **state)
{
    bench b;
    record r;
    long double x[N] = {start[0], start[1], start[2]}, d[N];
    (void)state;
    set_up(&b, &free_quadratics, THIRDS, "constant(step=0.03125)");
    run(&b, 200, &r);
    for (size_t k = 0; k <= 200; k++) {
        expect(&r, k, x);
        gradient(thirds, x, d);
        for (size_t j = 0; j < N; j++)
            x[j] -= d[j] / 32;
    }
    tear_down(&b);
}

/* Polyak: v <- beta v + d, x <- x - step v */
static void test_step_rule_momentum(void **state)
{
    bench b;
    record r;
    long double x[N] = {start[0], start[1], start[2]}, v[N] = {0}, d[N];
    (void)state;
    set_up(&b, &free_quadratics, THIRDS, "momentum(step=0.0625, beta=0.5)");
    run(&b, 200, &r);
    for (size_t k = 0; k <= 200; k++) {
        expect(&r, k, x);
        gradient(thirds, x, d);
        for (size_t j = 0; j < N; j++) {
            v[j] = v[j] / 2 + d[j];
            x[j] -= v[j] / 16;
        }
    }
    tear_down(&b);
}

typedef struct adam {
    int t;
    long double first[N], second[N];
} adam;

/* Kingma and Ba 2015, algorithm 1 */
static void adam_step(adam *a, const long double *d, long double step, long double *x)
{
    const long double b1 = 0.8, b2 = 0.99, epsilon = 1e-6;
    a->t++;
    for (size_t j = 0; j < N; j++) {
        a->first[j] = b1 * a->first[j] + (1 - b1) * d[j];
        a->second[j] = b2 * a->second[j] + (1 - b2) * d[j] * d[j];
        long double m = a->first[j] / (1 - powl(b1, a->t));
        long double v = a->second[j] / (1 - powl(b2, a->t));
        x[j] -= step * m / (sqrtl(v) + epsilon);
    }
}

#define ADAM "adam(step=0.01, beta1=0.8, beta2=0.99, epsilon=1e-6)"

static void test_step_rule_adam(void **state)
{
    bench b;
    record r;
    adam a = {0};
    long double x[N] = {start[0], start[1], start[2]}, d[N];
    (void)state;
    set_up(&b, &free_quadratics, THIRDS, ADAM);
    run(&b, 200, &r);
    for (size_t k = 0; k <= 200; k++) {
        expect(&r, k, x);
        gradient(thirds, x, d);
        adam_step(&a, d, 0.01L, x);
    }
    tear_down(&b);
}

/* Methods that tell their optimizers apart: each objective has a velocity of its own.
 */
static void test_step_rule_momentum_in_slots(void **state)
{
    bench b;
    record r;
    long double x[N] = {start[0], start[1], start[2]}, v[M][N] = {{0}}, d[N];
    (void)state;
    set_up(&b, &free_quadratics, "alternation", "momentum(step=0.0625, beta=0.5)");
    run(&b, 100, &r);
    for (size_t k = 0; k <= 100; k++) {
        const double w[M] = {k % 2 == 0, k % 2 == 1};
        expect(&r, k, x);
        gradient(w, x, d);
        for (size_t j = 0; j < N; j++) {
            v[k % 2][j] = v[k % 2][j] / 2 + d[j];
            x[j] -= v[k % 2][j] / 16;
        }
    }
    tear_down(&b);
}

static void test_step_rule_adam_in_slots(void **state)
{
    bench b;
    record r;
    adam a[M] = {0};
    long double x[N] = {start[0], start[1], start[2]}, d[N];
    (void)state;
    set_up(&b, &free_quadratics, "alternation(pattern=1:2:2)", ADAM);
    run(&b, 200, &r);
    for (size_t k = 0; k <= 200; k++) {
        size_t turn = k % 3 == 0 ? 0 : 1;
        const double w[M] = {turn == 0, turn == 1};
        expect(&r, k, x);
        gradient(w, x, d);
        adam_step(&a[turn], d, 0.01L, x);
    }
    tear_down(&b);
}

/* With bounds the step of these rules is cut at them, coordinate by coordinate. */
static void test_step_rule_projects(void **state)
{
    bench b;
    record r;
    long double x[N] = {0.75, -0.5, 0.75}, d[N];
    int cut = 0;
    (void)state;
    set_up(&b, &boxed_quadratics, THIRDS, "constant(step=0.4)");
    run(&b, 50, &r);
    for (size_t k = 0; k <= 50; k++) {
        expect(&r, k, x);
        gradient(thirds, x, d);
        for (size_t j = 0; j < N; j++) {
            long double to = x[j] - 0.4L * d[j];
            x[j] = to < -0.5L ? -0.5L : to > 0.75L ? 0.75L : to;
            cut += x[j] != to;
        }
    }
    assert_true(cut > 10);
    tear_down(&b);
}

/* ---- Armijo ---- */

/* For every step: f(x + s) <= f(x) + slope g.s, in each objective where `all`, else in
 * the weighted sum; near the end, where the difference is rounding, f may rise by that.
 */
static void check_armijo(const record *r, double slope, int all)
{
    for (size_t k = 0; k + 1 < r->count; k++) {
        double sum = 0, most = 0;
        for (size_t i = 0; i < M; i++) {
            double along = 0;
            for (size_t j = 0; j < N; j++)
                along += r->jacobian[k][i][j] * (r->x[k + 1][j] - r->x[k][j]);
            double excess = r->f[k + 1][i] - r->f[k][i] - slope * along;
            sum += r->weights[k][i] * excess;
            most = fmax(most, excess);
        }
        assert_true((all ? most : sum) <= 1e-14);
    }
}

static void solve(const cod_problem_def *def, const char *method, const char *rule,
                  record *r)
{
    bench b;
    double x[N];
    set_up(&b, def, method, rule);
    memcpy(x, start, sizeof x);
    cod_descent_result result = descend(&b, (cod_descent_options){0}, r, x, NULL);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    tear_down(&b);
}

static void test_step_rule_armijo_condition(void **state)
{
    const cod_problem_def *const defs[] = {&free_quadratics, &boxed_quadratics};
    record r;
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        solve(defs[k], "mgda", "armijo(give=0)", &r);
        check_armijo(&r, 1e-4, 1);
        solve(defs[k], "mgda", "armijo(slope=0.3, shrink=0.25, first=64, give=0)", &r);
        check_armijo(&r, 0.3, 1);
        solve(defs[k], THIRDS, "armijo", &r);
        check_armijo(&r, 1e-4, 0);
        solve(defs[k], "linear(weights=1:3)", "armijo(slope=0.3)", &r);
        check_armijo(&r, 0.3, 0);
    }
}

/* The first trial is `first` times the direction, then `shrink` times less at each
 * failure: from 64 with curvature at most 3 the first step is 64/4^k. */
static void test_step_rule_armijo_first_and_shrink(void **state)
{
    record r;
    (void)state;
    solve(&free_quadratics, THIRDS, "armijo(first=0.125)", &r);
    for (size_t j = 0; j < N; j++)
        assert_close(r.x[1][j], r.x[0][j] - 0.125 * r.direction[0][j], 1e-15, 0);
    solve(&free_quadratics, THIRDS, "armijo(first=64, shrink=0.25)", &r);
    double t = (r.x[0][0] - r.x[1][0]) / r.direction[0][0];
    double times = log(64 / t) / log(4);
    assert_close(times, round(times), 0, 1e-10);
    assert_true(times >= 2.5);
    for (size_t j = 0; j < N; j++)
        assert_close(r.x[1][j], r.x[0][j] - t * r.direction[0][j], 1e-13, 0);
}

/* f_1 = -log(x) - 1e-3 log(1 - x), f_2 = 2 f_1: not a number outside (0, 1). */
static void barrier_evaluate(const cod_problem *problem, const double *x, double *ret_f,
                             double *ret_jacobian)
{
    const int *hopeless = problem->data;
    for (size_t i = 0; i < 2; i++) {
        double by = (double)i + 1;
        ret_f[i] = -by * (log(x[0]) + 1e-3 * log(1 - x[0]));
        if (ret_jacobian != NULL)
            ret_jacobian[i] = by * (-1 / x[0] + 1e-3 / (1 - x[0]));
        if (*hopeless && x[0] != 0.5)
            ret_f[i] = NAN;
    }
}

static void barrier_box(const cod_problem *problem, double *ret_lower,
                        double *ret_upper)
{
    (void)problem;
    *ret_lower = 0;
    *ret_upper = 1;
}

/* A trial where f is not a number is too long a step; where all are, that is an error.
 */
static void test_step_rule_armijo_backs_out_of_nan(void **state)
{
    static const cod_problem_def def = {
        .name = "barrier", .box = barrier_box, .evaluate = barrier_evaluate};
    int hopeless = 0;
    double x = 0.5, f[2];
    cod_problem *problem;
    cod_descent_result result = {0};
    cod_message message;
    (void)state;
    assert_status(cod_problem_wrap(&def, (cod_problem_size){2, 1}, &hopeless, &problem),
                  COD_OK);
    assert_status(cod_descend_many(problem, "mgda", NULL, "armijo", NULL, 1, &x, f,
                                   &result, &message),
                  COD_OK);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    assert_close(x, 1 / 1.001, 1e-8, 0);
    hopeless = 1;
    x = 0.5;
    assert_status(cod_descend_many(problem, "mgda", NULL, "armijo", NULL, 1, &x, f,
                                   &result, &message),
                  COD_ENONFINITE);
    assert_non_null(strstr(message.text, "start 1: barrier: objective 1 is nan at x"));
    assert_close(x, 0.5, 0, 0);
    cod_problem_free(problem);
}

/* ---- what is refused ---- */

static void test_step_rule_alloc_errors(void **state)
{
    static const struct {
        const char *text;
        cod_status status;
        const char *says;
    } cases[] = {
        {"", COD_ESYNTAX, "name"},
        {"armjio", COD_ENAME, "did you mean 'armijo'?"},
        {"constant(stop=1)", COD_ENAME, "did you mean 'step'?"},
        {"constant(step=0)", COD_EOPTION, "step"},
        {"constant(step=nan)", COD_EOPTION, "step"},
        {"momentum(beta=1)", COD_EOPTION, "beta"},
        {"adam(epsilon=0)", COD_EOPTION, "epsilon"},
        {"adam(beta2=1)", COD_EOPTION, "beta2"},
        {"armijo(slope=0.5)", COD_EOPTION, "slope"},
        {"armijo(shrink=1)", COD_EOPTION, "shrink"},
        {"armijo(step=1, step=1)", COD_ENAME, "step"},
        {"armijo(mgda)", COD_ESYNTAX, "mgda"},
        {"armijo(", COD_ESYNTAX, "character"},
    };
    cod_step_rule *rule = NULL;
    cod_message message;
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_status(cod_step_rule_alloc(cases[k].text, 2, 1, &rule, &message),
                      cases[k].status);
        if (strstr(message.text, cases[k].says) == NULL)
            fail_msg("%s: %s", cases[k].text, message.text);
        assert_null(rule);
    }
    assert_status(cod_step_rule_alloc(NULL, 2, 1, &rule, NULL), COD_EARGUMENT);
    assert_status(cod_step_rule_alloc("adam", 2, 1, NULL, NULL), COD_EARGUMENT);
    assert_status(cod_step_rule_alloc("adam", 0, 1, &rule, NULL), COD_EARGUMENT);
    assert_status(cod_step_rule_alloc("adam", 2, 0, &rule, NULL), COD_EARGUMENT);
    assert_status(cod_step_rule_alloc("adam", SIZE_MAX / 4, 9, &rule, NULL),
                  COD_EARGUMENT);
    assert_null(rule);
    cod_step_rule_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_rule_constant),
        cmocka_unit_test(test_step_rule_momentum),
        cmocka_unit_test(test_step_rule_adam),
        cmocka_unit_test(test_step_rule_momentum_in_slots),
        cmocka_unit_test(test_step_rule_adam_in_slots),
        cmocka_unit_test(test_step_rule_projects),
        cmocka_unit_test(test_step_rule_armijo_condition),
        cmocka_unit_test(test_step_rule_armijo_first_and_shrink),
        cmocka_unit_test(test_step_rule_armijo_backs_out_of_nan),
        cmocka_unit_test(test_step_rule_alloc_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
