/* SPDX-License-Identifier: MIT */
/* Many runs: starts, preferences, and what is counted of them. */
#include "bowls.h"

static double no_shift;

static void test_study_preferences(void **state)
{
    static const char *const methods[] = {"linear"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    cod_study *study = NULL;
    (void)state;
    options.preferences = 5;
    options.tolerance = -1; /* to the weights' own optimum, past the first point of the
                               Pareto set */
    options.max_steps = 60;
    assert_status(run_study(problem, methods, 1, &options, NULL, &study, NULL), COD_OK);
    const cod_study_method *linear = &study->methods[0];
    assert_int_equal(linear->count, 5);
    assert_int_equal(linear->front_count, 5);
    for (size_t k = 0; k < 5; k++) {
        double a = ((double)k + 0.5) / 5 * acos(-1) / 2;
        double w2 = sin(a) / (sin(a) + cos(a));
        assert_close(linear->runs[k].x[0], w2, 0, 1e-12);
        assert_close(linear->runs[k].x[1], 0, 0, 1e-12);
        assert_int_equal(linear->runs[k].start, k);
    }
    cod_study_free(study);
    cod_problem_free(problem);
}

/* Weights in the text: no preferences, all runs from the starts. */
static void test_study_weights_given(void **state)
{
    static const char *const methods[] = {"linear(weights=0.75:0.25)", "mgda"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    cod_study *study = NULL;
    (void)state;
    options.preferences = 5;
    options.tolerance = -1;
    options.max_steps = 60;
    assert_status(run_study(problem, methods, 2, &options, NULL, &study, NULL), COD_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(study->methods[i].count, 12);
        for (size_t k = 0; k < 12; k++)
            assert_null(study->methods[i].runs[k].preference);
    }
    for (size_t k = 0; k < 12; k++)
        assert_close(study->methods[0].runs[k].x[0], 0.25, 0, 1e-12);
    for (size_t k = 0; k < 12; k++) /* two, evenly spread */
        assert_int_equal(study->methods[0].runs[k].path != NULL, k % 6 == 0);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* The area under the reference point, by strips between neighbouring points. */
static double area(size_t count, const double *points, const double *corner)
{
    double sum = 0, right = corner[0];
    for (;;) {
        double left = -INFINITY, low = corner[1];
        for (size_t k = 0; k < count; k++) /* the next point to the left */
            if (points[2 * k] < right && points[2 * k] > left)
                left = points[2 * k];
        if (left == -INFINITY)
            return sum;
        for (size_t k = 0; k < count; k++) /* the lowest that covers the strip */
            if (points[2 * k] <= left)
                low = fmin(low, points[2 * k + 1]);
        sum += (right - left) * (corner[1] - low);
        right = left;
    }
}

static void test_study_summary(void **state)
{
    static const char *const methods[] = {"mgda", "linear"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study *study = NULL;
    (void)state;
    assert_status(run_study(problem, methods, 2, &quick, NULL, &study, NULL), COD_OK);
    assert_int_equal(study->unfinished, 0);
    assert_close(study->known_hypervolume,
                 area(study->known_count, study->known, study->reference), 1e-12, 0);
    for (size_t i = 0; i < 2; i++) {
        const cod_study_method *method = &study->methods[i];
        size_t on_front = 0, steps = 0;
        double igd = 0;
        for (size_t k = 0; k < method->count; k++) {
            on_front += method->runs[k].on_front != 0;
            steps += method->runs[k].result.steps;
            assert_true(method->runs[k].result.stationarity <= 1e-6);
        }
        assert_int_equal(on_front, method->front_count);
        assert_int_equal(steps, method->steps);
        assert_int_equal(method->front_stationary, method->front_count);
        assert_close(method->hypervolume,
                     area(method->front_count, method->front, study->reference), 1e-12,
                     0);
        assert_true(method->hypervolume < study->known_hypervolume + 1e-9);
        for (size_t k = 0; k < study->known_count; k++) {
            double best = INFINITY;
            for (size_t p = 0; p < method->front_count; p++)
                best = fmin(
                    best,
                    hypot(fmax(method->front[2 * p] - study->known[2 * k], 0),
                          fmax(method->front[2 * p + 1] - study->known[2 * k + 1], 0)));
            igd += best / (double)study->known_count;
        }
        assert_close(method->igd_plus, igd, 1e-9, 0);
    }
    cod_study_free(study);
    cod_problem_free(problem);
}

/* Runs that end before they are anywhere near: some ends are dominated. */
static void test_study_front_is_nondominated(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    cod_study *study = NULL;
    size_t kept = 0;
    double worst = 0;
    (void)state;
    options.max_steps = 1;
    options.starts = 40;
    assert_status(run_study(problem, methods, 1, &options, NULL, &study, NULL), COD_OK);
    const cod_study_method *mgda = &study->methods[0];
    for (size_t k = 0; k < 40; k++) {
        const double *f = mgda->runs[k].f;
        int dominated = 0;
        for (size_t i = 0; i < 40; i++) {
            const double *g = mgda->runs[i].f;
            dominated |= g[0] <= f[0] && g[1] <= f[1] && (g[0] < f[0] || g[1] < f[1]);
        }
        assert_int_equal(mgda->runs[k].on_front, !dominated);
        worst = fmax(worst, mgda->runs[k].result.stationarity);
        if (!dominated)
            assert_memory_equal(mgda->front + 2 * kept++, f, 2 * sizeof *f);
    }
    assert_int_equal(kept, mgda->front_count);
    assert_true(kept > 1 && kept < 40);
    assert_true(mgda->front_stationary < kept);
    assert_close(mgda->worst_stationarity, worst, 0, 0);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* A start on the Pareto set needs no step. */
static void on_segment(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    bowls_box(problem, ret_lower, ret_upper);
    ret_lower[1] = ret_upper[1] = 0;
}

static void test_study_stationary_at_start(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem_def flat = bowls;
    cod_problem *problem;
    cod_study *study = NULL;
    size_t expected = 0;
    (void)state;
    flat.box = on_segment;
    assert_status(
        cod_problem_wrap(&flat, (cod_problem_size){2, 2}, &no_shift, &problem), COD_OK);
    assert_status(run_study(problem, methods, 1, &quick, NULL, &study, NULL), COD_OK);
    for (size_t k = 0; k < 12; k++) {
        double x = study->start_points[2 * k];
        expected += x >= 0 && x <= 1;
    }
    assert_true(expected > 0 && expected < 12);
    assert_int_equal(study->methods[0].stationary_at_start, expected);
    assert_int_equal(study->methods[0].stationary, 12);
    cod_study_free(study);
    cod_problem_free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_study_preferences),
        cmocka_unit_test(test_study_weights_given),
        cmocka_unit_test(test_study_summary),
        cmocka_unit_test(test_study_front_is_nondominated),
        cmocka_unit_test(test_study_stationary_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
