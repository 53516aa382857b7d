/* SPDX-License-Identifier: MIT */
/* Starts, preferences, the check of derivatives, paths. */
#include "check.h"

#include "lab/check.h"
#include "lab/path.h"
#include "lab/starts.h"

#define MOST 60 /* variables */

/* f_1 = sum of exp(x_j) and f_2 = sum of j x_j^2, with an error in df_2/dx_2 where data
 * says so. */
static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    const double *error = problem->data;
    size_t n = problem->n;
    ret_f[0] = ret_f[1] = 0;
    for (size_t j = 0; j < n; j++) {
        double factor = (double)(j + 1);
        ret_f[0] += exp(x[j]);
        ret_f[1] += factor * x[j] * x[j];
        if (ret_jacobian != NULL) {
            ret_jacobian[j] = exp(x[j]);
            ret_jacobian[n + j] = 2 * factor * x[j] * (j == 1 ? 1 + *error : 1);
        }
    }
}

static int published(const cod_problem *problem, size_t k, double *ret_x)
{
    for (size_t j = 0; k < 3 && j < problem->n; j++)
        ret_x[j] = (double)(k + j);
    return k < 3;
}

static const cod_problem_def def = {.name = "sums",
                                    .traits = COD_PROBLEM_BOUNDED,
                                    .evaluate = evaluate,
                                    .start = published};

static double lower[MOST], upper[MOST], no_error;

static cod_problem make_problem(size_t n)
{
    for (size_t j = 0; j < n; j++) {
        lower[j] = -1 - (double)j;
        upper[j] = 2;
    }
    return (cod_problem){
        .def = &def, .m = 2, .n = n, .lower = lower, .upper = upper, .data = &no_error};
}

/* ---- starts ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Column j of count x n starts on the unit interval, sorted. */
static void column(const cod_problem *problem, const double *x, size_t count, size_t j,
                   double *ret_u)
{
    for (size_t k = 0; k < count; k++) {
        double value = x[k * problem->n + j];
        assert_true(value >= problem->lower[j] && value <= problem->upper[j]);
        ret_u[k] = (value - lower[j]) / (upper[j] - lower[j]);
    }
    qsort(ret_u, count, sizeof *ret_u, compare);
}

/* No gap on the circle is wider than two points' share: random points leave gaps of
 * ln(64) / 64 and more. */
static void test_starts_quasi_are_even(void **state)
{
    enum { COUNT = 64 };
    static double x[COUNT * MOST], u[COUNT];
    (void)state;
    for (size_t n = 1; n <= 40; n += 13) {
        cod_problem problem = make_problem(n);
        assert_status(cod_starts(&problem, COD_STARTS_QUASI, COUNT, 5, x, NULL),
                      COD_OK);
        for (size_t j = 0; j < n; j++) {
            column(&problem, x, COUNT, j, u);
            double gap = u[0] + 1 - u[COUNT - 1];
            for (size_t k = 1; k < COUNT; k++)
                gap = fmax(gap, u[k] - u[k - 1]);
            assert_true(gap < 2.001 / COUNT);
        }
    }
}

/* Above Sobol's dimensions: every one of COUNT parts of every range is hit. */
static void test_starts_quasi_cube(void **state)
{
    enum { COUNT = 37 };
    static double x[COUNT * MOST], u[COUNT];
    cod_problem problem = make_problem(MOST);
    (void)state;
    assert_status(cod_starts(&problem, COD_STARTS_QUASI, COUNT, 5, x, NULL), COD_OK);
    for (size_t j = 0; j < MOST; j++) {
        column(&problem, x, COUNT, j, u);
        for (size_t k = 0; k < COUNT; k++)
            assert_int_equal((int)floor(u[k] * COUNT + 1e-9), k);
    }
    assert_true(x[0] != x[1]);
}

static void test_starts_seed(void **state)
{
    static const size_t sizes[] = {3, MOST};
    static double a[20 * MOST], b[20 * MOST];
    (void)state;
    for (size_t s = 0; s < 2; s++)
        for (int kind = COD_STARTS_QUASI; kind <= COD_STARTS_UNIFORM; kind++) {
            cod_problem problem = make_problem(sizes[s]);
            size_t bytes = 20 * sizes[s] * sizeof *a, same = 0;
            assert_status(cod_starts(&problem, kind, 20, 7, a, NULL), COD_OK);
            assert_status(cod_starts(&problem, kind, 20, 7, b, NULL), COD_OK);
            assert_memory_equal(a, b, bytes);
            assert_status(cod_starts(&problem, kind, 20, 8, b, NULL), COD_OK);
            for (size_t k = 0; k < 20 * sizes[s]; k++)
                same += a[k] == b[k];
            assert_int_equal(same, 0);
        }
    cod_problem problem = make_problem(3);
    assert_status(cod_starts(&problem, COD_STARTS_QUASI, 20, 7, a, NULL), COD_OK);
    assert_status(cod_starts(&problem, COD_STARTS_QUASI, 9, 7, b, NULL), COD_OK);
    assert_memory_equal(a, b, 9 * 3 * sizeof *a);
}

static void test_starts_uniform(void **state)
{
    enum { COUNT = 10000 };
    double *x = calloc(COUNT * 2, sizeof *x), *u = calloc(COUNT, sizeof *u);
    cod_problem problem = make_problem(2);
    (void)state;
    assert_status(cod_starts(&problem, COD_STARTS_UNIFORM, COUNT, 1, x, NULL), COD_OK);
    for (size_t j = 0; j < 2; j++) {
        double worst = 0; /* Kolmogorov's distance: 1.95 / sqrt(COUNT) has p = 0.001 */
        column(&problem, x, COUNT, j, u);
        for (size_t k = 0; k < COUNT; k++)
            worst = fmax(worst, fabs(u[k] - (double)k / COUNT));
        assert_true(worst < 1.95 / sqrt(COUNT));
    }
    free(x);
    free(u);
}

static void test_starts_bad(void **state)
{
    double x[12];
    cod_message message = {""};
    cod_problem problem = make_problem(3);
    (void)state;
    assert_status(cod_starts(&problem, COD_STARTS_PUBLISHED, 3, 0, x, NULL), COD_OK);
    assert_true(x[8] == 4);
    assert_status(cod_starts(&problem, COD_STARTS_PUBLISHED, 4, 0, x, &message),
                  COD_EMISSING);
    assert_string_equal(message.text, "sums: 4 starts are asked for, 3 are published");
    upper[1] = INFINITY;
    assert_status(cod_starts(&problem, COD_STARTS_QUASI, 4, 0, x, &message),
                  COD_EDOMAIN);
    assert_string_equal(message.text,
                        "sums: variable 2 has no finite range to draw starts from");
    assert_status(cod_starts(&problem, COD_STARTS_QUASI, 0, 0, x, NULL), COD_EARGUMENT);
}

/* ---- preferences ---- */

static void test_preferences_two(void **state)
{
    double w[14];
    size_t count;
    (void)state;
    assert_status(cod_preferences(2, 7, w, &count), COD_OK);
    assert_int_equal(count, 7);
    for (size_t k = 1; k <= 7; k++) {
        double t = tan(((double)k - 0.5) / 7 * acos(-1) / 2);
        assert_close(w[2 * k - 2], 1 / (1 + t), 1e-14, 0);
        assert_close(w[2 * k - 1], t / (1 + t), 1e-14, 0);
    }
    assert_status(cod_preferences(2, 1, w, &count), COD_OK);
    assert_close(w[0], 0.5, 1e-15, 0);
    assert_status(cod_preferences(0, 1, w, &count), COD_EARGUMENT);
    assert_status(cod_preferences(2, 0, w, &count), COD_EARGUMENT);
}

/* Against all triples (a, b, c) with a + b + c = h. */
static void test_preferences_three(void **state)
{
    double w[3 * 30];
    size_t count;
    (void)state;
    for (size_t wanted = 3; wanted <= 30; wanted++) {
        size_t h = 1, found = 0;
        while ((h + 2) * (h + 3) / 2 <= wanted)
            h++;
        assert_status(cod_preferences(3, wanted, w, &count), COD_OK);
        assert_int_equal(count, (h + 1) * (h + 2) / 2);
        for (size_t a = 0; a <= h; a++)
            for (size_t b = 0; a + b <= h; b++) {
                double p = fmax((double)a / (double)h, 1e-3);
                double q = fmax((double)b / (double)h, 1e-3);
                double r = fmax((double)(h - a - b) / (double)h, 1e-3);
                double sum = p + q + r;
                for (size_t k = 0; k < count; k++)
                    found += fabs(w[3 * k] - p / sum) < 1e-15 &&
                             fabs(w[3 * k + 1] - q / sum) < 1e-15 &&
                             fabs(w[3 * k + 2] - r / sum) < 1e-15;
            }
        assert_int_equal(found, count);
    }
}

static void test_preferences_many(void **state)
{
    static double w[5000 * 10];
    size_t count;
    (void)state;
    assert_status(cod_preferences(10, 9, w, &count), COD_OK);
    assert_int_equal(count, 1);
    for (size_t i = 0; i < 10; i++)
        assert_close(w[i], 0.1, 1e-15, 0);
    assert_status(cod_preferences(10, 5000, w, &count), COD_OK);
    assert_int_equal(count, 2002); /* 14 over 9; 15 over 9 is 5005 */
    assert_status(cod_preferences(1, 5, w, &count), COD_OK);
    assert_int_equal(count, 1);
    assert_true(w[0] == 1);
}

/* ---- derivatives ---- */

static void test_check_derivatives(void **state)
{
    cod_problem problem = make_problem(4);
    cod_check checks[2];
    double error = 0;
    (void)state;
    problem.data = &error;
    assert_status(cod_check_derivatives(&problem, 10, 1, checks, NULL), COD_OK);
    assert_true(checks[0].difference >= 0 && checks[0].difference < 1e-9);
    assert_true(checks[1].difference >= 0 && checks[1].difference < 1e-9);
    error = 1e-3;
    assert_status(cod_check_derivatives(&problem, 10, 1, checks, NULL), COD_OK);
    assert_true(checks[0].difference < 1e-9);
    assert_true(checks[1].difference > 1e-5);
    assert_int_equal(checks[1].variable, 1);
    assert_close(checks[1].analytic, checks[1].numerical * 1.001, 1e-8, 0);
    error = NAN;
    cod_message message;
    assert_status(cod_check_derivatives(&problem, 10, 1, checks, &message),
                  COD_ENONFINITE);
    assert_string_equal(message.text,
                        "sums, point 1: an input holds a NaN or an infinity");
}

/* f = 1 + 1e-13 x: differences of f see its rounding and little else. */
static void evaluate_flat(const cod_problem *problem, const double *x, double *ret_f,
                          double *ret_jacobian)
{
    (void)problem;
    ret_f[0] = 1 + 1e-13 * x[0];
    if (ret_jacobian != NULL)
        ret_jacobian[0] = 1e-13;
}

static void test_check_derivatives_flat(void **state)
{
    const cod_problem_def flat = {.name = "flat", .evaluate = evaluate_flat};
    cod_problem problem = make_problem(1);
    cod_check check;
    (void)state;
    problem.def = &flat;
    problem.m = 1;
    assert_status(cod_check_derivatives(&problem, 20, 1, &check, NULL), COD_OK);
    assert_true(check.difference >= 0 && check.difference < 1e-6);
}

/* ---- paths ---- */

static void feed(cod_path *path, int64_t step, int last)
{
    double f[2] = {(double)step, -(double)step}, w[2] = {.25, .75},
           x = (double)step / 2;
    cod_iterate iterate = {.step = step,
                           .evaluations = 3 * step,
                           .m = 2,
                           .n = 1,
                           .x = &x,
                           .f = f,
                           .weights = last ? NULL : w,
                           .stationarity = 1.0 / (double)(step + 1)};
    assert_int_equal(cod_path_monitor(path, &iterate), 0);
}

static void test_path_thins_evenly(void **state)
{
    (void)state;
    for (int64_t steps = 0; steps < 300; steps++) {
        cod_path *path;
        assert_status(cod_path_alloc(2, 1, 10, &path), COD_OK);
        for (int64_t k = 0; k < steps; k++)
            feed(path, k, 0);
        feed(path, steps, 1);
        assert_true(path->count <= 10);
        assert_true(path->count >= (steps < 9 ? (size_t)steps + 1 : 5));
        double last = (double)steps;
        assert_true(cod_path_step(path, path->count - 1) == last);
        assert_true(isnan(cod_path_weights(path, path->count - 1)[0]));
        for (size_t k = 0; k + 1 < path->count; k++) {
            double step = cod_path_step(path, k);
            assert_true(floor(step / (double)path->stride) == (double)k);
            assert_true(cod_path_f(path, k)[1] == -step);
            assert_true(cod_path_x(path, k)[0] == step / 2);
            assert_true(cod_path_evaluations(path, k) == 3 * step);
            assert_true(cod_path_stationarity(path, k) == 1 / (step + 1));
            assert_true(cod_path_weights(path, k)[1] == .75);
        }
        cod_path_free(path);
    }
    cod_path *path;
    assert_status(cod_path_alloc(2, 1, 1, &path), COD_EARGUMENT);
    cod_path_free(NULL);
}

/* Methods that take turns: what is kept shows all turns. */
static void test_path_shows_every_turn(void **state)
{
    (void)state;
    for (int64_t turns = 2; turns <= 8; turns++) {
        size_t seen[8] = {0};
        cod_path *path;
        assert_status(cod_path_alloc(2, 1, 500, &path), COD_OK);
        for (int64_t k = 0; k <= 20000; k++)
            feed(path, k, k == 20000);
        assert_true(cod_path_step(path, 0) == 0);
        for (size_t k = 0; k < path->count; k++)
            seen[(int64_t)cod_path_step(path, k) % turns]++;
        for (int64_t k = 0; k < turns; k++)
            assert_true(seen[k] * (size_t)turns * 2 > path->count);
        cod_path_free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_quasi_are_even),
        cmocka_unit_test(test_starts_quasi_cube),
        cmocka_unit_test(test_starts_seed),
        cmocka_unit_test(test_starts_uniform),
        cmocka_unit_test(test_starts_bad),
        cmocka_unit_test(test_preferences_two),
        cmocka_unit_test(test_preferences_three),
        cmocka_unit_test(test_preferences_many),
        cmocka_unit_test(test_check_derivatives),
        cmocka_unit_test(test_check_derivatives_flat),
        cmocka_unit_test(test_path_thins_evenly),
        cmocka_unit_test(test_path_shows_every_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
