/* SPDX-License-Identifier: MIT */
/* Many runs: starts, preferences, workers, what is counted, and the files written. */
#include "lab_files.h"

#include <signal.h>

#include "lab/lab.h"
#include "lab/study.h"

/* f_1 = |x - a|^2 / 2 and f_2 = |x - b|^2 / 2 + shift, a = (0, 0), b = (1, 0): the
 * Pareto set is the segment between, and weights w lead to w_1 a + w_2 b. */
static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    const double *shift = problem->data;
    for (size_t i = 0; i < 2; i++) {
        double dx = x[0] - (double)i;
        ret_f[i] = (dx * dx + x[1] * x[1]) / 2 + *shift;
        if (ret_jacobian != NULL) {
            ret_jacobian[2 * i] = dx;
            ret_jacobian[2 * i + 1] = x[1];
        }
    }
}

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    (void)problem;
    ret_lower[0] = -1;
    ret_upper[0] = 2;
    ret_lower[1] = -2;
    ret_upper[1] = 2;
}

static size_t front(const cod_problem *problem, size_t count, double *ret_points)
{
    const double *shift = problem->data;
    for (size_t k = 0; k < count; k++) {
        double t = (double)k / (double)(count - 1);
        ret_points[2 * k] = t * t / 2 + *shift;
        ret_points[2 * k + 1] = (1 - t) * (1 - t) / 2 + *shift;
    }
    return count;
}

static void reference(const cod_problem *problem, double *ret_reference)
{
    const double *shift = problem->data;
    ret_reference[0] = ret_reference[1] = 0.55 + *shift;
}

static const cod_problem_def def = {.name = "bowls",
                                    .summary = "two bowls",
                                    .citation = "none",
                                    .traits = COD_PROBLEM_CONVEX,
                                    .box = box,
                                    .evaluate = evaluate,
                                    .front = front,
                                    .reference = reference};

static double no_shift, below = -10;

static cod_problem *make_problem(double *shift)
{
    cod_problem *problem;
    assert_status(cod_problem_wrap(&def, (cod_problem_size){2, 2}, shift, &problem),
                  COD_OK);
    return problem;
}

static const cod_study_options quick = {
    .step_rule = "constant(step=0.5)", .starts = 12, .seed = 3, .recorded = 2};

/* ---- what runs --------------------------------------------------------------- */

static void test_study_preferences(void **state)
{
    static const char *const methods[] = {"linear"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    cod_study *study;
    (void)state;
    options.preferences = 5;
    options.tolerance = -1; /* to the weights' own optimum, past the first point of the
                               Pareto set */
    options.max_steps = 60;
    assert_status(cod_study_run_all(problem, methods, 1, &options, &study, NULL),
                  COD_OK);
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
    cod_study *study;
    (void)state;
    options.preferences = 5;
    options.tolerance = -1;
    options.max_steps = 60;
    assert_status(cod_study_run_all(problem, methods, 2, &options, &study, NULL),
                  COD_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(study->methods[i].count, 12);
        for (size_t k = 0; k < 12; k++)
            assert_null(study->methods[i].runs[k].preference);
    }
    for (size_t k = 0; k < 12; k++)
        assert_close(study->methods[0].runs[k].x[0], 0.25, 0, 1e-12);
    assert_null(study->methods[0].runs[2].path);
    assert_non_null(study->methods[0].runs[1].path);
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
    cod_study *study;
    (void)state;
    assert_status(cod_study_run_all(problem, methods, 2, &quick, &study, NULL), COD_OK);
    assert_false(study->interrupted);
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
    cod_study *study;
    size_t kept = 0;
    (void)state;
    options.max_steps = 1;
    options.starts = 40;
    assert_status(cod_study_run_all(problem, methods, 1, &options, &study, NULL),
                  COD_OK);
    const cod_study_method *mgda = &study->methods[0];
    for (size_t k = 0; k < 40; k++) {
        const double *f = mgda->runs[k].f;
        int dominated = 0;
        for (size_t i = 0; i < 40; i++) {
            const double *g = mgda->runs[i].f;
            dominated |= g[0] <= f[0] && g[1] <= f[1] && (g[0] < f[0] || g[1] < f[1]);
        }
        assert_int_equal(mgda->runs[k].on_front, !dominated);
        if (!dominated)
            assert_memory_equal(mgda->front + 2 * kept++, f, 2 * sizeof *f);
    }
    assert_int_equal(kept, mgda->front_count);
    assert_true(kept > 1 && kept < 40);
    assert_true(mgda->front_stationary < kept);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* A start on the Pareto set needs no step. */
static void on_segment(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    box(problem, ret_lower, ret_upper);
    ret_lower[1] = ret_upper[1] = 0;
}

static void test_study_stationary_at_start(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem_def flat = def;
    cod_problem *problem;
    cod_study *study;
    size_t expected = 0;
    (void)state;
    flat.box = on_segment;
    assert_status(
        cod_problem_wrap(&flat, (cod_problem_size){2, 2}, &no_shift, &problem), COD_OK);
    assert_status(cod_study_run_all(problem, methods, 1, &quick, &study, NULL), COD_OK);
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

/* ---- workers and files ------------------------------------------------------- */

static const char *const files[] = {
    "methods.csv",     "runs.csv",         "fronts.txt",
    "front.dat",       "trajectories.dat", "weights.dat",
    "convergence.dat", "true-front.dat",   "contours.dat"};

static void test_study_same_bytes_for_any_jobs(void **state)
{
    static const char *const methods[] = {"linear", "mgda", "alternation"};
    cod_problem *problem = make_problem(&no_shift);
    char *folders[2] = {make_folder(), make_folder()};
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        cod_study_options options = quick;
        cod_study *study;
        options.jobs = k == 0 ? 1 : 5;
        assert_status(cod_study_run_all(problem, methods, 3, &options, &study, NULL),
                      COD_OK);
        assert_status(cod_study_write(study, "bowls", folders[k], NULL), COD_OK);
        cod_study_free(study);
    }
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        char *one = read_all(folders[0], files[k]),
             *five = read_all(folders[1], files[k]);
        assert_non_null(one);
        assert_string_equal(one, five);
        assert_true(strlen(one) > 50);
        free(one);
        free(five);
    }
    assert_true(exists(folders[0], "timing.csv"));
    remove_folder(folders[0]);
    remove_folder(folders[1]);
    cod_problem_free(problem);
}

/* A method of the caller's own, which draws its weights. */
static cod_status draw(const cod_step *step, double *weights)
{
    weights[0] = cod_random_uniform(step->random, 0);
    weights[1] = 1 - weights[0];
    return COD_OK;
}

static const cod_method dice = {.abi = COD_METHOD_ABI,
                                .name = "dice",
                                .summary = "random weights",
                                .citation = "none",
                                .traits = COD_TRAIT_STOCHASTIC,
                                .solve = draw};

static void test_study_seed(void **state)
{
    static const cod_method *const own[] = {&dice};
    static const char *const methods[] = {"dice"};
    cod_problem *problem = make_problem(&no_shift);
    double ends[3][24];
    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        cod_study_options options = quick;
        cod_study *study;
        options.methods = own;
        options.method_count = 1;
        options.max_steps = 7;
        options.tolerance = -1;
        options.start_kind = COD_STARTS_QUASI;
        options.jobs = k + 1;
        options.seed = k < 2 ? 3 : 4;
        assert_status(cod_study_run_all(problem, methods, 1, &options, &study, NULL),
                      COD_OK);
        memcpy(ends[k], study->methods[0].runs[0].x, sizeof ends[k]);
        const cod_study_run *runs = study->methods[0].runs;
        assert_true(cod_path_weights(runs[0].path, 0)[0] !=
                    cod_path_weights(runs[1].path, 0)[0]);
        cod_study_free(study);
    }
    assert_memory_equal(ends[0], ends[1], sizeof ends[0]);
    for (size_t k = 0; k < 24; k++)
        assert_true(ends[0][k] != ends[2][k]);
    cod_problem_free(problem);
}

static void test_study_write_full(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study *study;
    cod_message message;
    (void)state;
    assert_status(cod_study_run_all(problem, methods, 1, &quick, &study, NULL), COD_OK);
    assert_status(cod_study_write(study, "bowls", "/nowhere", &message), COD_EFILE);
    assert_string_equal(
        message.text,
        "/nowhere/methods.csv: cannot be written: No such file or directory");
    cod_study_free(study);
    cod_problem_free(problem);
}

/* ---- what goes wrong --------------------------------------------------------- */

static volatile sig_atomic_t stop;

static void stop_after_three(void *data, size_t finished, size_t total)
{
    size_t *calls = data;
    assert_int_equal(finished, ++*calls);
    assert_int_equal(total, 24);
    stop = finished >= 3;
}

static void test_study_interrupt_keeps_what_finished(void **state)
{
    static const char *const methods[] = {"mgda", "linear"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    size_t calls = 0, words = 0;
    cod_study *study;
    (void)state;
    stop = 0;
    options.interrupt = &stop;
    options.progress = stop_after_three;
    options.progress_data = &calls;
    assert_status(cod_study_run_all(problem, methods, 2, &options, &study, NULL),
                  COD_EINTERRUPTED);
    assert_true(study->interrupted);
    assert_int_equal(study->methods[0].finished, 3);
    assert_int_equal(study->methods[1].finished, 0);
    assert_int_equal(study->methods[1].front_count, 0);
    assert_true(isnan(study->methods[1].igd_plus));
    char *folder = make_folder();
    assert_status(cod_study_write(study, "bowls", folder, NULL), COD_OK);
    char *text = read_all(folder, "runs.csv");
    for (char *at = text; (at = strstr(at, ",interrupted,")) != NULL; at++)
        words++;
    assert_int_equal(words, 21);
    free(text);
    remove_folder(folder);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* The interrupt comes within a run: that run is not finished. */
static int evaluations_left;

static void evaluate_and_stop(const cod_problem *problem, const double *x,
                              double *ret_f, double *ret_jacobian)
{
    evaluate(problem, x, ret_f, ret_jacobian);
    stop = --evaluations_left <= 0;
}

static void test_study_interrupt_within_a_run(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem_def stopping = def;
    cod_problem *problem;
    cod_study_options options = quick;
    cod_study *study;
    (void)state;
    stop = 0;
    evaluations_left = 4;
    stopping.evaluate = evaluate_and_stop;
    options.interrupt = &stop;
    options.tolerance = -1;
    assert_status(
        cod_problem_wrap(&stopping, (cod_problem_size){2, 2}, &no_shift, &problem),
        COD_OK);
    assert_status(cod_study_run_all(problem, methods, 1, &options, &study, NULL),
                  COD_EINTERRUPTED);
    assert_int_equal(study->methods[0].finished, 0);
    assert_int_equal(study->methods[0].front_count, 0);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* Losses below zero are outside the domain of this method: its runs fail, one by one.
 */
static void test_study_failed_runs(void **state)
{
    static const char *const methods[] = {"uncertainty(form=optimum)", "mgda"};
    cod_problem *problem = make_problem(&below);
    cod_study *study;
    (void)state;
    assert_status(cod_study_run_all(problem, methods, 2, &quick, &study, NULL), COD_OK);
    assert_int_equal(study->methods[0].failed, 12);
    assert_int_equal(study->methods[0].front_count, 0);
    assert_status(study->methods[0].runs[4].status, COD_EDOMAIN);
    assert_true(study->methods[0].runs[4].message.text[0] != '\0');
    assert_int_equal(study->methods[1].failed, 0);
    assert_int_equal(study->methods[1].stationary, 12);
    cod_study_free(study);
    cod_problem_free(problem);
}

static void check_refused(const char *method, const char *rule, cod_status status)
{
    const char *const methods[] = {"mgda", method};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    cod_study *study = NULL;
    cod_message message = {""};
    options.step_rule = rule;
    assert_status(cod_study_run_all(problem, methods, 2, &options, &study, &message),
                  status);
    assert_null(study);
    assert_true(message.text[0] != '\0' && strchr(message.text, '\n') == NULL);
    cod_problem_free(problem);
}

static void test_study_refuses_before_it_runs(void **state)
{
    (void)state;
    check_refused("mdga", "constant(step=0.5)", COD_ENAME);
    check_refused("mgda(", "constant(step=0.5)", COD_ESYNTAX);
    check_refused("mgda(normalize=l3)", "constant(step=0.5)", COD_EOPTION);
    check_refused("linear(weights=1:2:3)", "constant(step=0.5)", COD_ESHAPE);
    check_refused("linear", "armjio", COD_ENAME);
    check_refused("linear", "constant(step=-1)", COD_EOPTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_study_preferences),
        cmocka_unit_test(test_study_weights_given),
        cmocka_unit_test(test_study_summary),
        cmocka_unit_test(test_study_front_is_nondominated),
        cmocka_unit_test(test_study_stationary_at_start),
        cmocka_unit_test(test_study_same_bytes_for_any_jobs),
        cmocka_unit_test(test_study_seed),
        cmocka_unit_test(test_study_write_full),
        cmocka_unit_test(test_study_interrupt_keeps_what_finished),
        cmocka_unit_test(test_study_interrupt_within_a_run),
        cmocka_unit_test(test_study_failed_runs),
        cmocka_unit_test(test_study_refuses_before_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
