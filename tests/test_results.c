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

static char *join(const char *folder, const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

/* ---- folders ----------------------------------------------------------------- */

static void test_results_alloc_takes_the_next_free_name(void **state)
{
    static const char *const names[] = {"/a/b/run", "/a/b/run-001", "/a/b/run-002"};
    char *folder = make_folder(), *wanted = join(folder, "a/b/run");
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        cod_results *results;
        cod_message message;
        assert_status(cod_results_alloc(wanted, &results, &message), COD_OK);
        assert_string_equal(cod_results_path(results) + strlen(folder), names[k]);
        cod_results_free(results);
    }
    free(wanted);
    wanted = join(folder, "slash//");
    cod_results *results;
    assert_status(cod_results_alloc(wanted, &results, NULL), COD_OK);
    assert_string_equal(cod_results_path(results) + strlen(folder), "/slash");
    cod_results_free(results);
    cod_results_free(NULL);
    free(wanted);
    free(make_file(folder, "taken", "", 0)); /* a file stands there */
    wanted = join(folder, "taken");
    assert_status(cod_results_alloc(wanted, &results, NULL), COD_OK);
    assert_string_equal(cod_results_path(results) + strlen(folder), "/taken-001");
    cod_results_free(results);
    free(wanted);
    char *inner = join(folder, "a/b");
    char *command[3] = {join(inner, "run"), join(inner, "run-001"),
                        join(inner, "run-002")};
    for (size_t k = 0; k < 3; k++) {
        rmdir(command[k]);
        free(command[k]);
    }
    rmdir(inner);
    free(inner);
    remove_folder(folder);
}

static void test_results_alloc_bad_places(void **state)
{
    cod_results *results;
    cod_message message;
    (void)state;
    assert_status(cod_results_alloc("", &results, &message), COD_EARGUMENT);
    assert_string_equal(message.text, "the result folder has no name");
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
    if (cod_results_alloc(wanted, &results, NULL) != COD_OK)
        return NULL;
    char *path = strdup(cod_results_path(results));
    cod_results_free(results);
    return path;
}

static void test_results_alloc_at_once(void **state)
{
    enum { COUNT = 16 };
    pthread_t threads[COUNT];
    void *paths[COUNT];
    char *folder = make_folder(), *wanted = join(folder, "run");
    (void)state;
    for (size_t k = 0; k < COUNT; k++)
        assert_int_equal(pthread_create(&threads[k], NULL, make_results, wanted), 0);
    for (size_t k = 0; k < COUNT; k++) {
        pthread_join(threads[k], &paths[k]);
        assert_non_null(paths[k]);
        for (size_t i = 0; i < k; i++)
            assert_string_not_equal(paths[i], paths[k]);
    }
    for (size_t k = 0; k < COUNT; k++)
        free(paths[k]);
    free(wanted);
    remove_folder(folder);
}

/* ---- files ------------------------------------------------------------------- */

static void test_output_close_renames(void **state)
{
    char *folder = make_folder();
    cod_output *output;
    (void)state;
    free(make_file(folder, "data.csv.partial", "left by a killed run", 20));
    assert_status(cod_output_open(folder, "data.csv", &output, NULL), COD_OK);
    fprintf(output->stream, "a,b\n");
    assert_false(exists(folder, "data.csv"));
    assert_status(cod_output_close(output, NULL), COD_OK);
    assert_false(exists(folder, "data.csv.partial"));
    char *text = read_all(folder, "data.csv");
    assert_string_equal(text, "a,b\n");
    free(text);
    assert_status(cod_output_open(folder, "data.csv", &output, NULL), COD_OK);
    fprintf(output->stream, "never");
    cod_output_abandon(output);
    cod_output_abandon(NULL);
    assert_false(exists(folder, "data.csv.partial"));
    text = read_all(folder, "data.csv");
    assert_string_equal(text, "a,b\n");
    free(text);
    remove_folder(folder);
}

static void test_output_open_bad_folder(void **state)
{
    cod_output *output;
    cod_message message;
    (void)state;
    assert_status(cod_output_open("/nowhere", "x.csv", &output, &message), COD_EFILE);
    assert_string_equal(message.text,
                        "/nowhere/x.csv: cannot be written: No such file or directory");
}

/* The partial file is not followed where it is a link. */
static void test_output_open_link(void **state)
{
    char *folder = make_folder(), *link = join(folder, "x.csv.partial");
    cod_output *output;
    cod_message message;
    (void)state;
    assert_int_equal(symlink("/dev/full", link), 0);
    assert_status(cod_output_open(folder, "x.csv", &output, &message), COD_EFILE);
    assert_message(message,
                   "/x.csv: cannot be written: Too many levels of symbolic links");
    free(link);
    remove_folder(folder);
}

/* Puts /dev/full behind the stream: what a full disk does. */
static void fill_disk(FILE *stream)
{
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    assert_true(dup2(full, fileno(stream)) >= 0);
    close(full);
}

static void check_full_disk(size_t bytes)
{
    char *folder = make_folder();
    cod_output *output;
    cod_message message = {""};
    assert_status(cod_output_open(folder, "x.csv", &output, &message), COD_OK);
    fill_disk(output->stream);
    for (size_t k = 0; k < bytes; k++)
        fputc('1', output->stream);
    assert_status(cod_output_close(output, &message), COD_EFILE);
    assert_message(message, "/x.csv: cannot be written: No space left on device");
    assert_false(exists(folder, "x.csv"));
    assert_false(exists(folder, "x.csv.partial"));
    remove_folder(folder);
}

static void test_output_close_full_disk(void **state)
{
    (void)state;
    check_full_disk(1);       /* fails in the last flush */
    check_full_disk(1 << 20); /* fails in the middle */
}

/* Space comes back before the file is closed: what was lost is lost all the same. */
static void test_output_close_full_for_a_while(void **state)
{
    char *folder = make_folder();
    cod_output *output;
    cod_message message = {""};
    (void)state;
    assert_status(cod_output_open(folder, "x.csv", &output, &message), COD_OK);
    int kept = dup(fileno(output->stream));
    fill_disk(output->stream);
    for (size_t k = 0; k < 1 << 20; k++)
        fputc('1', output->stream);
    fflush(output->stream);
    assert_true(dup2(kept, fileno(output->stream)) >= 0);
    close(kept);
    fputs("the end\n", output->stream);
    assert_status(cod_output_close(output, &message), COD_EFILE);
    assert_message(message, "/x.csv: cannot be written: Input/output error");
    assert_false(exists(folder, "x.csv"));
    remove_folder(folder);
}

/* A real file that may not grow: the error comes in the middle, and the disk takes
 * nothing more. */
static void test_output_close_file_limit(void **state)
{
    struct rlimit old, limit;
    char *folder = make_folder();
    cod_output *output;
    cod_message message = {""};
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 10000;
    assert_status(cod_output_open(folder, "x.csv", &output, &message), COD_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (size_t k = 0; k < 100000; k++)
        fprintf(output->stream, "%zu\n", k);
    cod_status status = cod_output_close(output, &message);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_status(status, COD_EFILE);
    assert_message(message, "/x.csv: cannot be written: File too large");
    assert_false(exists(folder, "x.csv"));
    assert_false(exists(folder, "x.csv.partial"));
    remove_folder(folder);
}

static void test_stream_check(void **state)
{
    cod_message message = {""};
    (void)state;
    FILE *stream = fopen("/dev/full", "w");
    assert_status(cod_stream_check(stream, "stdout", &message), COD_OK);
    fputs("x", stream);
    assert_status(cod_stream_check(stream, "stdout", &message), COD_EFILE);
    assert_string_equal(message.text,
                        "stdout: cannot be written: No space left on device");
    fclose(stream);
}

static void test_print(void **state)
{
    char *text;
    size_t size;
    const double values[] = {0.1, -1e-300, 3, NAN, INFINITY};
    (void)state;
    FILE *stream = open_memstream(&text, &size);
    cod_print_reals(stream, values, 5, " ");
    fputc('\n', stream);
    cod_print_cell(stream, "mgda");
    fputc(',', stream);
    cod_print_cell(stream, "a(b=1, \"c\")");
    fclose(stream);
    assert_string_equal(text, "0.10000000000000001 -1e-300 3 nan inf\n"
                              "mgda,\"a(b=1, \"\"c\"\")\"");
    free(text);
}

/* ---- JSON and the manifest --------------------------------------------------- */

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
        cmocka_unit_test(test_results_alloc_bad_places),
        cmocka_unit_test(test_results_alloc_at_once),
        cmocka_unit_test(test_output_close_renames),
        cmocka_unit_test(test_output_open_bad_folder),
        cmocka_unit_test(test_output_open_link),
        cmocka_unit_test(test_output_close_full_disk),
        cmocka_unit_test(test_output_close_full_for_a_while),
        cmocka_unit_test(test_output_close_file_limit),
        cmocka_unit_test(test_stream_check),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_json_write),
        cmocka_unit_test(test_json_write_full_disk),
        cmocka_unit_test(test_results_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
