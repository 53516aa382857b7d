/* SPDX-License-Identifier: MIT */
/* Result folders, files that are whole or not there, JSON. */
#include "lab_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lab/json.h"
#include "lab/lab.h"
#include "lab/results.h"

/* ---- folders ---- */

static void test_results_alloc_takes_the_next_free_name(void **state)
{
    static const char *const wanted[] = {"a/b/run", "a/b/run", "a/b/run", "slash//",
                                         "taken"};
    static const char *const names[] = {"/a/b/run", "/a/b/run-001", "/a/b/run-002",
                                        "/slash", "/taken-001"};
    char *folder = make_folder();
    cod_results *results[5];
    (void)state;
    free(make_file(folder, "taken", "", 0)); /* a file stands there */
    for (size_t k = 0; k < 5; k++) {
        char *path = join(folder, wanted[k]);
        assert_status(cod_results_alloc(path, &results[k], NULL), COD_OK);
        assert_string_equal(cod_results_path(results[k]) + strlen(folder), names[k]);
        free(path);
    }
    /* nothing was written there, so nothing stays but the folder that they share */
    for (size_t k = 0; k < 5; k++)
        cod_results_free(results[k]);
    cod_results_free(NULL);
    char *shared = join(folder, "a/b");
    assert_int_equal(rmdir(shared), 0);
    free(shared);
    assert_false(exists(folder, "slash"));
    remove_folder(folder);
}

static void test_results_free_keeps_what_is_written(void **state)
{
    char *folder = make_folder(), *wanted = join(folder, "run");
    cod_results *results;
    (void)state;
    assert_status(cod_results_alloc(wanted, &results, NULL), COD_OK);
    free(make_file(wanted, "data", "1", 1));
    cod_results_free(results);
    assert_true(exists(wanted, "data"));
    remove_folder(wanted);
    remove_folder(folder);
}

static void test_results_alloc_bad_places(void **state)
{
    cod_results *results;
    cod_message message;
    (void)state;
    assert_status(cod_results_alloc("", &results, &message), COD_EARGUMENT);
    assert_string_equal(message.text, "the result folder has no name");
    assert_status(cod_results_alloc("//", &results, &message), COD_EARGUMENT);
    assert_string_equal(message.text, "/ can't be a result folder");
    assert_status(cod_results_alloc("/dev/null/run", &results, &message), COD_EFILE);
    assert_string_equal(message.text,
                        "/dev/null/run: the folder cannot be made: Not a directory");
    assert_status(cod_results_alloc("/proc/none/run", &results, &message), COD_EFILE);
    assert_string_equal(
        message.text,
        "/proc/none: the folder cannot be made: No such file or directory");
}

static void *make_results(void *wanted)
{
    cod_results *results;
    return cod_results_alloc(wanted, &results, NULL) == COD_OK ? results : NULL;
}

static void test_results_alloc_at_once(void **state)
{
    enum { COUNT = 16 };
    pthread_t threads[COUNT];
    void *made[COUNT];
    char *folder = make_folder(), *wanted = join(folder, "run");
    (void)state;
    for (size_t k = 0; k < COUNT; k++)
        assert_int_equal(pthread_create(&threads[k], NULL, make_results, wanted), 0);
    for (size_t k = 0; k < COUNT; k++) {
        pthread_join(threads[k], &made[k]);
        assert_non_null(made[k]);
        for (size_t i = 0; i < k; i++)
            assert_string_not_equal(cod_results_path(made[i]),
                                    cod_results_path(made[k]));
    }
    for (size_t k = 0; k < COUNT; k++)
        cod_results_free(made[k]);
    free(wanted);
    remove_folder(folder);
}

/* ---- JSON and the manifest ---- */

static void test_json_write(void **state)
{
    const double values[] = {0.1, NAN, -INFINITY, 2};
    char *text;
    size_t size;
    (void)state;
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:[], s:{}, s:[{s:i}]}", "method",
        cod_json_text("a \"b\""), "weights", cod_json_reals(values, 4), "gramian",
        cod_json_matrix(values, 2, 2), "none", cod_json_reals(NULL, 3), "kkt",
        cod_json_real(NAN), "empty", "nothing", "steps", "k", 1);
    assert_non_null(json);
    FILE *stream = open_memstream(&text, &size);
    assert_status(cod_json_write(json, stream, NULL), COD_OK);
    fclose(stream);
    assert_string_equal(text, "{\n"
                              "  \"method\": \"a \\\"b\\\"\",\n"
                              "  \"weights\": [0.10000000000000001, null, null, 2.0],\n"
                              "  \"gramian\": [\n"
                              "    [0.10000000000000001, null],\n"
                              "    [null, 2.0]\n"
                              "  ],\n"
                              "  \"none\": null,\n"
                              "  \"kkt\": null,\n"
                              "  \"empty\": [],\n"
                              "  \"nothing\": {},\n"
                              "  \"steps\": [\n"
                              "    {\n"
                              "      \"k\": 1\n"
                              "    }\n"
                              "  ]\n"
                              "}\n");
    json_t *again = json_loads(text, 0, NULL);
    assert_non_null(again);
    assert_true(json_real_value(json_array_get(json_object_get(again, "weights"), 0)) ==
                0.1);
    json_decref(again);
    json_decref(json);
    free(text);
    cod_message message;
    assert_status(cod_json_write(NULL, stdout, &message), COD_EARGUMENT);
    json_t *odd = cod_json_text("\xff\xfe!");
    assert_string_equal(json_string_value(odd), "\?\?!");
    json_decref(odd);
}

static void test_json_write_full_disk(void **state)
{
    cod_message message;
    (void)state;
    double *values = calloc(10000, sizeof *values);
    json_t *json = cod_json_reals(values, 10000);
    FILE *stream = fopen("/dev/full", "w");
    assert_status(cod_json_write(json, stream, &message), COD_EFILE);
    assert_string_equal(message.text, "JSON: No space left on device");
    fclose(stream);
    json_decref(json);
    free(values);
}

/* The manifest without its environment. */
static char *manifest_of(const char *folder, int *ret_complete)
{
    char *text = read_all(folder, "manifest.json");
    assert_non_null(text);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(json);
    *ret_complete = json_is_true(json_object_get(json, "complete"));
    json_t *environment = json_object_get(json, "environment");
    assert_true(json_is_string(json_object_get(environment, "start")));
    assert_true(json_is_string(json_object_get(environment, "processor")));
    assert_true(json_is_string(json_object_get(environment, "compiler")));
    assert_true(json_is_object(json_object_get(environment, "libraries")));
    assert_int_equal(json_is_string(json_object_get(environment, "end")),
                     *ret_complete);
    json_decref(json);
    *strstr(text, "\"environment\"") = '\0';
    return text;
}

static void test_results_manifest(void **state)
{
    char *folder = make_folder(), *wanted = join(folder, "run");
    cod_results *results;
    int complete;
    (void)state;
    assert_status(cod_results_alloc(wanted, &results, NULL), COD_OK);
    json_t *content = json_pack("{s:s, s:i}", "command", "run", "seed", 7);
    assert_status(cod_results_manifest(results, content, 0, NULL), COD_OK);
    char *text = manifest_of(cod_results_path(results), &complete);
    assert_false(complete);
    free(text);
    assert_status(cod_results_manifest(results, content, 1, NULL), COD_OK);
    text = manifest_of(cod_results_path(results), &complete);
    assert_true(complete);
    assert_string_equal(text, "{\n"
                              "  \"schema\": \"codescent-results-1\",\n"
                              "  \"program\": \"codescent\",\n"
                              "  \"version\": \"" COD_VERSION "\",\n"
                              "  \"command\": \"run\",\n"
                              "  \"seed\": 7,\n"
                              "  \"complete\": true,\n"
                              "  ");
    free(text);
    assert_false(exists(cod_results_path(results), "manifest.json.partial"));
    assert_status(cod_results_manifest(results, NULL, 1, NULL), COD_EARGUMENT);
    remove_folder(strdup(cod_results_path(results)));
    cod_message message;
    assert_status(cod_results_manifest(results, content, 1, &message), COD_EFILE);
    assert_message(message,
                   "/run/manifest.json: cannot be written: No such file or directory");
    json_decref(content);
    cod_results_free(results);
    free(wanted);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_alloc_takes_the_next_free_name),
        cmocka_unit_test(test_results_free_keeps_what_is_written),
        cmocka_unit_test(test_results_alloc_bad_places),
        cmocka_unit_test(test_results_alloc_at_once),
        cmocka_unit_test(test_json_write),
        cmocka_unit_test(test_json_write_full_disk),
        cmocka_unit_test(test_results_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
