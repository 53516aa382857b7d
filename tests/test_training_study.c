/* SPDX-License-Identifier: MIT */
/* Studies of learning: any number of processes, stores, what is read off the curves. */
#include "check.h"
#include "lab_files.h"
#include "toy_task.h"

#include "lab/lab.h"
#include "lab/training_study.h"

static const char *const methods[] = {"linear", "mgda", "linear(weights=1:0)",
                                      "graddrop"};

static cod_training_study *study_of(const cod_task *task, size_t count, size_t seeds,
                                    const cod_sweep_options *how)
{
    cod_training_study *study;
    cod_message message = {{0}};
    cod_training_study_options options = {.seed = 4, .seeds = seeds};
    cod_status status =
        cod_training_study_alloc(task, methods, count, &options, &study, &message);
    if (status == COD_OK)
        status = cod_training_study_run(study, how, &message);
    if (status < 0)
        print_error("%s\n", message.text);
    assert_status(status, COD_OK);
    return study;
}

static void test_training_study_any_number_of_processes(void **state)
{
    static const char *const files[] = {"runs.csv",     "marks.csv",  "steps.csv",
                                        "units.csv",    "spread.dat", "learning.dat",
                                        "conflict.dat", "weights.dat"};
    cod_task *task = toy_task("toy(noise=0.1)");
    char *folders[2];
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        cod_sweep_options how = {.jobs = 1 + 3 * k};
        cod_training_study *study = study_of(task, 4, 3, &how);
        folders[k] = make_folder();
        assert_int_equal(study->unfinished, 0);
        assert_status(cod_training_study_write(study, folders[k], NULL), COD_OK);
        cod_training_study_free(study);
    }
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        char *a = read_all(folders[0], files[k]), *b = read_all(folders[1], files[k]);
        assert_string_equal(a, b);
        assert_true(strlen(a) > 50);
        free(a);
        free(b);
    }
    remove_folder(folders[0]);
    remove_folder(folders[1]);
    cod_task_free(task);
}

/* 30 steps: linear has 30 backward passes, mgda 60; a glance every 10 steps. */
static void test_training_study_reads_curves(void **state)
{
    cod_task *task = toy_task("toy(noise=0.1)");
    cod_training_study *study = study_of(task, 2, 3, &(cod_sweep_options){.jobs = 2});
    double step = 0, values[3];
    size_t width = cod_training_mark_width(task);
    (void)state;
    assert_close(cod_training_passes(study, 0), 30, 0, 0);
    assert_close(cod_training_passes(study, 1), 60, 0, 0);
    assert_close(cod_training_fewest_passes(study), 30, 0, 0);
    for (size_t r = 0; r < 3; r++) /* step 10: 20 passes; step 20 has 40 */
        values[r] = study->methods[1].runs[r].record->mark_numbers[1 * width + 2];
    cod_quartiles q = cod_training_glance(study, 1, 0, -1, 30, &step);
    assert_close(step, 10, 0, 0);
    assert_close(q.median, cod_quartiles_of(values, 3).median, 0, 0);
    q = cod_training_glance(study, 1, 0, -1, 40, &step);
    assert_close(step, 20, 0, 0);
    cod_training_glance(study, 0, 0, -1, 30, &step);
    assert_close(step, 30, 0, 0);
    cod_training_glance(study, 1, 0, 19, -1, &step);
    assert_close(step, 10, 0, 0);
    for (size_t r = 0; r < 3; r++)
        values[r] = study->methods[0].runs[r].record->end[3];
    q = cod_training_end(study, 0, 3);
    cod_quartiles wanted = cod_quartiles_of(values, 3);
    assert_memory_equal(&q, &wanted, sizeof q);
    assert_string_equal(cod_training_number_name(task, 3), "gap");
    cod_training_study_free(study);
    cod_task_free(task);
}

/* Every other run, then the rest from the store: as done at once. */
static void test_training_study_store_and_parts(void **state)
{
    cod_store *store;
    cod_task *task = toy_task("toy(noise=0.1)");
    char *folder = make_folder(), *whole = make_folder(), *joined = make_folder();
    (void)state;
    assert_status(cod_store_open(folder, COD_STORE_NEW, &store, NULL), COD_OK);
    cod_sweep_options how = {.jobs = 2, .store = store, .parts = 2, .part = 1};
    cod_training_study *study = study_of(task, 4, 2, &how);
    assert_int_equal(study->unfinished, 4);
    assert_true(isnan(cod_training_end(study, 0, 0).median));
    cod_training_study_free(study);
    how.parts = 0;
    study = study_of(task, 4, 2, &how);
    assert_int_equal(study->unfinished, 0);
    assert_status(cod_training_study_measure(study, store, NULL), COD_OK);
    assert_status(cod_training_study_write(study, joined, NULL), COD_OK);
    cod_training_study_free(study);
    study = study_of(task, 4, 2, &(cod_sweep_options){.jobs = 1});
    assert_status(cod_training_study_write(study, whole, NULL), COD_OK);
    cod_training_study_free(study);
    char *a = read_all(joined, "steps.csv"), *b = read_all(whole, "steps.csv");
    assert_string_equal(a, b);
    free(a);
    free(b);
    cod_store_close(store);
    remove_folder(folder);
    remove_folder(whole);
    remove_folder(joined);
    cod_task_free(task);
}

/* A run that fails takes no other with it. */
static void test_training_study_failed_run(void **state)
{
    static const char *const two[] = {"linear",
                                      "linear(weights=1e200:1, output=native)"};
    cod_task *task = toy_task("toy(noise=0.1)");
    cod_training_study *study;
    cod_training_study_options options = {0};
    (void)state;
    assert_status(cod_training_study_alloc(task, two, 2, &options, &study, NULL),
                  COD_OK);
    assert_status(cod_training_study_run(study, &(cod_sweep_options){.jobs = 1}, NULL),
                  COD_OK);
    assert_int_equal(study->methods[0].failed, 0);
    assert_int_equal(study->methods[1].failed, 1);
    assert_non_null(strstr(study->methods[1].runs[0].message.text, "step 2"));
    char *folder = make_folder();
    assert_status(cod_training_study_write(study, folder, NULL), COD_OK);
    char *runs = read_all(folder, "runs.csv");
    assert_non_null(strstr(runs, "linear(weights=1e200:1, output=native)\",0,failed"));
    assert_non_null(strstr(runs, "diverged"));
    free(runs);
    remove_folder(folder);
    cod_training_study_free(study);
    cod_task_free(task);
}

/* One bit of what the store has of a run. */
static void change(cod_store *store, int64_t id, cod_run_state state, size_t place)
{
    cod_stored_run run;
    assert_status(cod_store_get(store, id, &run, NULL), COD_OK);
    run.bytes.data[place < run.bytes.size ? place : run.bytes.size - 1] ^= 4;
    run.state = state;
    run.progress = 10;
    assert_status(cod_store_put(store, &run, NULL), COD_OK);
    cod_bytes_clear(&run.bytes);
}

/* A changed result is found, and named; a changed checkpoint is as none. */
static void test_training_study_damaged_store(void **state)
{
    cod_store *store;
    cod_task *task = toy_task("toy(noise=0.1)");
    char *folder = make_folder(), *whole = make_folder(), *again = make_folder();
    cod_message message = {{0}};
    cod_training_study_options options = {.seed = 4, .seeds = 2};
    (void)state;
    assert_status(cod_store_open(folder, COD_STORE_NEW, &store, NULL), COD_OK);
    cod_sweep_options how = {.jobs = 2, .store = store};
    cod_training_study *study = study_of(task, 2, 2, &how);
    assert_status(cod_training_study_write(study, whole, NULL), COD_OK);
    cod_training_study_free(study);
    change(store, 4, COD_RUN_WAITING, 1000); /* its checkpoint */
    study = study_of(task, 2, 2, &how);
    assert_status(cod_training_study_write(study, again, NULL), COD_OK);
    cod_training_study_free(study);
    char *a = read_all(whole, "steps.csv"), *b = read_all(again, "steps.csv");
    assert_string_equal(a, b);
    free(a);
    free(b);
    for (size_t place = 0; place < 4000; place = 2 * place + 7) {
        change(store, 2, COD_RUN_FINISHED, place);
        assert_status(
            cod_training_study_alloc(task, methods, 2, &options, &study, NULL), COD_OK);
        assert_status(cod_training_study_run(study, &how, &message), COD_EFILE);
        assert_string_equal(message.text,
                            "the stored result of mgda, seed 4, is damaged");
        cod_training_study_free(study);
        change(store, 2, COD_RUN_FINISHED, place);
    }
    cod_store_close(store);
    remove_folder(folder);
    remove_folder(whole);
    remove_folder(again);
    cod_task_free(task);
}

static void refused(const char *method, const char *rule, cod_status expected,
                    const char *word)
{
    cod_task *task = toy_task("toy");
    const char *const texts[] = {"linear", method};
    cod_training_study *study;
    cod_message message = {{0}};
    cod_training_study_options options = {.step_rule = rule};
    assert_status(cod_training_study_alloc(task, texts, 2, &options, &study, &message),
                  expected);
    if (strstr(message.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", message.text, word);
    cod_task_free(task);
}

static void test_training_study_refuses(void **state)
{
    cod_task *task = toy_task("toy");
    cod_training_study *study;
    cod_message message = {{0}};
    cod_training_study_options options = {0};
    (void)state;
    refused("linear", NULL, COD_EOPTION, "twice");
    refused("moo-svgd", NULL, COD_EUNSUPPORTED, "set");
    refused("gradnorm(shard=3)", NULL, COD_ESHAPE, "shard");
    refused("mgda", "armijo", COD_EUNSUPPORTED, "armijo");
    refused("mgda", "adam(stap=1)", COD_ENAME, "step");
    refused("linear(weights=1:2:3)", NULL, COD_ESHAPE, "weights");
    options.steps = COD_TRAINING_STEPS_MOST + 1;
    assert_status(
        cod_training_study_alloc(task, methods, 2, &options, &study, &message),
        COD_EOPTION);
    assert_non_null(strstr(message.text, "1000001 steps"));
    cod_task_free(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training_study_any_number_of_processes),
        cmocka_unit_test(test_training_study_reads_curves),
        cmocka_unit_test(test_training_study_store_and_parts),
        cmocka_unit_test(test_training_study_failed_run),
        cmocka_unit_test(test_training_study_damaged_store),
        cmocka_unit_test(test_training_study_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
