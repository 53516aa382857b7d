/* SPDX-License-Identifier: MIT */
/* Many runs, some of which are interrupted, fail, or are refused. */
#include "bowls.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/lab.h"

static double no_shift, below = -10;

static volatile sig_atomic_t stop;

static void stop_after_three(void *data, const cod_sweep_progress *progress)
{
    size_t *most = data;
    assert_true(progress->done <= *most + 1);
    assert_int_equal(progress->total, 24);
    *most = progress->done;
    stop = progress->done >= 3;
}

static void test_study_interrupt_keeps_what_finished(void **state)
{
    static const char *const methods[] = {"mgda", "linear"};
    cod_problem *problem = make_problem(&no_shift);
    size_t most = 0, words = 0;
    cod_sweep_options how = {.jobs = 1,
                             .interrupt = &stop,
                             .progress = stop_after_three,
                             .progress_data = &most};
    cod_study *study = NULL;
    (void)state;
    stop = 0;
    assert_status(run_study(problem, methods, 2, &quick, &how, &study, NULL),
                  COD_EINTERRUPTED);
    assert_int_equal(study->unfinished, 21);
    assert_int_equal(study->methods[0].finished, 3);
    assert_int_equal(study->methods[1].finished, 0);
    assert_int_equal(study->methods[1].front_count, 0);
    assert_true(isnan(study->methods[1].igd_plus));
    char *folder = make_folder();
    assert_status(cod_study_write(&study, 1, folder, NULL), COD_OK);
    char *text = read_all(folder, "runs.csv");
    for (char *at = text; (at = strstr(at, ",unfinished,")) != NULL; at++)
        words++;
    assert_int_equal(words, 21);
    free(text);
    remove_folder(folder);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* The interrupt comes within a run, which would never end: that run is not finished.
 * Runs are in processes of their own; the flag is in memory that they share. */
static volatile sig_atomic_t *shared_stop;

static void evaluate_and_stop(const cod_problem *problem, const double *x,
                              double *ret_f, double *ret_jacobian)
{
    static int evaluations;
    bowls_evaluate(problem, x, ret_f, ret_jacobian);
    if (++evaluations == 4)
        *shared_stop = 1;
    while (evaluations >= 4)
        usleep(1000);
}

static void test_study_interrupt_within_a_run(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem_def stopping = bowls;
    cod_problem *problem;
    cod_study_options options = quick;
    cod_study *study = NULL;
    (void)state;
    shared_stop = mmap(NULL, sizeof *shared_stop, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared_stop != MAP_FAILED);
    stopping.evaluate = evaluate_and_stop;
    options.tolerance = -1;
    cod_sweep_options how = {.jobs = 2, .interrupt = shared_stop};
    assert_status(
        cod_problem_wrap(&stopping, (cod_problem_size){2, 2}, &no_shift, &problem),
        COD_OK);
    assert_status(run_study(problem, methods, 1, &options, &how, &study, NULL),
                  COD_EINTERRUPTED);
    assert_int_equal(study->methods[0].finished, 0);
    assert_int_equal(study->methods[0].front_count, 0);
    cod_study_free(study);
    cod_problem_free(problem);
    munmap((void *)shared_stop, sizeof *shared_stop);
}

/* A run whose process dies is recorded with how it died; the others go on. */
static void evaluate_and_die(const cod_problem *problem, const double *x, double *ret_f,
                             double *ret_jacobian)
{
    bowls_evaluate(problem, x, ret_f, ret_jacobian);
    if (x[0] > 1.2)
        raise(SIGKILL);
    if (x[0] < -0.5)
        _exit(7);
}

static void test_study_crashed_runs(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem_def dying = bowls;
    cod_problem *problem;
    cod_study *study = NULL;
    size_t killed = 0, left = 0;
    (void)state;
    dying.evaluate = evaluate_and_die;
    assert_status(
        cod_problem_wrap(&dying, (cod_problem_size){2, 2}, &no_shift, &problem),
        COD_OK);
    assert_status(run_study(problem, methods, 1, &quick, NULL, &study, NULL), COD_OK);
    for (size_t k = 0; k < 12; k++) {
        const cod_study_run *run = &study->methods[0].runs[k];
        double from = study->start_points[2 * k];
        int dies = from > 1.2, leaves = from < -0.5;
        assert_true(run->finished);
        assert_status(run->status, dies || leaves ? COD_ECALLBACK : COD_OK);
        killed += dies && strstr(run->message.text, "signal 9 (Killed)") != NULL;
        left += leaves && strstr(run->message.text, "exit status 7") != NULL;
    }
    assert_true(killed > 0 && left > 0);
    assert_int_equal(study->methods[0].failed, killed + left);
    assert_int_equal(study->methods[0].stationary, 12 - killed - left);
    cod_study_free(study);
    cod_problem_free(problem);
}

/* Losses below zero are outside the domain of this method: its runs fail, one by one.
 */
static void test_study_failed_runs(void **state)
{
    static const char *const methods[] = {"uncertainty(form=optimum)", "mgda"};
    cod_problem *problem = make_problem(&below);
    cod_study *study = NULL;
    (void)state;
    assert_status(run_study(problem, methods, 2, &quick, NULL, &study, NULL), COD_OK);
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
    assert_status(run_study(problem, methods, 2, &options, NULL, &study, &message),
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
        cmocka_unit_test(test_study_crashed_runs),
        cmocka_unit_test(test_study_failed_runs),
        cmocka_unit_test(test_study_refuses_before_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
