/* SPDX-License-Identifier: MIT */
/* Files that are whole or not there: written aside, then renamed; full disks. */
#include "lab_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lab/json.h"
#include "lab/lab.h"
#include "lab/results.h"

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
    assert_string_equal(text, "0.1 -1e-300 3 nan inf\n"
                              "mgda,\"a(b=1, \"\"c\"\")\"");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_close_renames),
        cmocka_unit_test(test_output_open_bad_folder),
        cmocka_unit_test(test_output_open_link),
        cmocka_unit_test(test_output_close_full_disk),
        cmocka_unit_test(test_output_close_full_for_a_while),
        cmocka_unit_test(test_output_close_file_limit),
        cmocka_unit_test(test_stream_check),
        cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
