/* SPDX-License-Identifier: MIT */
/* Many runs, some of which are interrupted, fail, or are refused. */
#include "bowls.h"

#include <signal.h>

#include "lab/lab.h"

static double no_shift, below = -10;

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
    bowls_evaluate(problem, x, ret_f, ret_jacobian);
    stop = --evaluations_left <= 0;
}

static void test_study_interrupt_within_a_run(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem_def stopping = bowls;
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
        cmocka_unit_test(test_study_interrupt_keeps_what_finished),
        cmocka_unit_test(test_study_interrupt_within_a_run),
        cmocka_unit_test(test_study_failed_runs),
        cmocka_unit_test(test_study_refuses_before_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
