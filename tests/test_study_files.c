/* SPDX-License-Identifier: MIT */
/* Many runs over workers: the same bytes for any number of them, and full disks. */
#include "bowls.h"

#include "lab/lab.h"

static double no_shift;

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
        cod_study *study = NULL;
        cod_sweep_options how = {.jobs = k == 0 ? 1 : 5};
        assert_status(run_study(problem, methods, 3, &options, &how, &study, NULL),
                      COD_OK);
        assert_status(cod_study_write(&study, 1, folders[k], NULL), COD_OK);
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
        cod_study *study = NULL;
        options.methods = own;
        options.method_count = 1;
        options.max_steps = 7;
        options.tolerance = -1;
        options.start_kind = COD_STARTS_QUASI;
        cod_sweep_options how = {.jobs = k + 1};
        options.seed = k < 2 ? 3 : 4;
        assert_status(run_study(problem, methods, 1, &options, &how, &study, NULL),
                      COD_OK);
        memcpy(ends[k], study->methods[0].runs[0].x, sizeof ends[k]);
        const cod_study_run *runs = study->methods[0].runs;
        assert_true(cod_path_weights(runs[0].path, 0)[0] !=
                    cod_path_weights(runs[6].path, 0)[0]);
        cod_study_free(study);
    }
    assert_memory_equal(ends[0], ends[1], sizeof ends[0]);
    for (size_t k = 0; k < 24; k++)
        assert_true(ends[0][k] != ends[2][k]);
    cod_problem_free(problem);
}

/* front.dat has each end, dominated ones too, and says which; figures of some runs say
 * so in their titles. */
static void test_study_write_shows_all_ends(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study_options options = quick;
    cod_study *study = NULL;
    char *folder = make_folder();
    (void)state;
    options.max_steps = 1;
    options.tolerance = -1;
    assert_status(run_study(problem, methods, 1, &options, NULL, &study, NULL), COD_OK);
    assert_status(cod_study_write(&study, 1, folder, NULL), COD_OK);
    assert_in_range(study->methods[0].front_count, 1, 11);
    char *text = read_all(folder, "front.dat"), *at = strstr(text, "# place: ");
    assert_non_null(strstr(text, "# title: bowls\n# columns: f_1 f_2 on_front\n"));
    for (size_t k = 0; k < 12; k++) {
        double f[2];
        int on_front;
        at = strchr(at, '\n');
        assert_int_equal(sscanf(at, "%lf %lf %d", &f[0], &f[1], &on_front), 3);
        assert_memory_equal(f, study->methods[0].runs[k].f, sizeof f);
        assert_int_equal(on_front, study->methods[0].runs[k].on_front);
        at++;
    }
    assert_string_equal(strchr(at, '\n'), "\n");
    free(text);
    text = read_all(folder, "convergence.dat");
    assert_non_null(strstr(text, "# title: bowls: 2 runs of each method\n"));
    free(text);
    text = read_all(folder, "weights.dat");
    assert_non_null(strstr(text, "# title: bowls: the first run of each method\n"));
    free(text);
    remove_folder(folder);
    cod_study_free(study);
    cod_problem_free(problem);
}

static void test_study_write_full(void **state)
{
    static const char *const methods[] = {"mgda"};
    cod_problem *problem = make_problem(&no_shift);
    cod_study *study = NULL;
    cod_message message;
    (void)state;
    assert_status(run_study(problem, methods, 1, &quick, NULL, &study, NULL), COD_OK);
    assert_status(cod_study_write(&study, 1, "/nowhere", &message), COD_EFILE);
    assert_string_equal(
        message.text,
        "/nowhere/methods.csv: cannot be written: No such file or directory");
    cod_study_free(study);
    cod_problem_free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_study_same_bytes_for_any_jobs),
        cmocka_unit_test(test_study_seed),
        cmocka_unit_test(test_study_write_shows_all_ends),
        cmocka_unit_test(test_study_write_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
