/* SPDX-License-Identifier: MIT */
/* Traces: good ones, and what is said of those whose parts contradict each other. */
#include "lab_files.h"

#include "lab/lab.h"
#include "lab/matrix_file.h"
#include "lab/trace.h"

static void put_npy(const char *folder, const char *name, const char *shape,
                    const double *data, size_t count)
{
    char header[128];
    size_t size;
    snprintf(header, sizeof header,
             "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    char *bytes = make_npy(1, header, data, count * sizeof *data, &size);
    free(make_file(folder, name, bytes, size));
    free(bytes);
}

static void put_about(const char *folder, const char *text)
{
    free(make_file(folder, "about.json", text, strlen(text)));
}

static void test_trace_read(void **state)
{
    const double losses[] = {1, 2, 3, 4, 5, 6};
    const double gramians[] = {1, 0, 0, 1, 2, 1, 1, 2, 3, 1, 1, 3};
    char *folder = make_folder();
    cod_trace trace;
    cod_message message = {""};
    (void)state;
    assert_status(cod_trace_read(folder, &trace, &message), COD_EFILE);
    assert_message(message, "/losses.npy: No such file or directory");
    put_npy(folder, "losses.npy", "(3, 2)", losses, 6);
    assert_status(cod_trace_read(folder, &trace, &message), COD_EFILE);
    put_npy(folder, "gramians.npy", "(3, 2, 2)", gramians, 12);
    assert_status(cod_trace_read(folder, &trace, &message), COD_OK);
    assert_int_equal(trace.steps, 3);
    assert_int_equal(trace.m, 2);
    assert_true(trace.losses[5] == 6 && trace.gramians[8] == 3);
    assert_null(trace.objectives);
    assert_string_equal(trace.name, strrchr(folder, '/') + 1);
    cod_trace_clear(&trace);
    put_about(folder, "{\"about\": \"a test\", \"objectives\": [\"a\", \"b\"]}");
    assert_status(cod_trace_read(folder, &trace, &message), COD_OK);
    assert_string_equal(trace.objectives[1], "b");
    assert_string_equal(trace.about, "a test");
    cod_trace_clear(&trace);
    cod_trace_clear(&trace);
    remove_folder(folder);
}

static void test_trace_read_contradictions(void **state)
{
    static const struct {
        const char *about;
        cod_status status;
        const char *message;
    } cases[] = {
        {"{\"steps\": 4}", COD_ESHAPE,
         "/about.json: \"steps\" is 4, but losses.npy has 3"},
        {"{\"objectives\": 3}", COD_ESHAPE,
         "/about.json: \"objectives\" is 3, but losses.npy has 2"},
        {"{\"objectives\": [\"a\"]}", COD_ESHAPE,
         "/about.json: 1 objectives are named, but losses.npy has 2"},
        {"{\"objectives\": [\"a\", 2]}", COD_ESYNTAX,
         "/about.json: objective 2's name is not a text"},
        {"[]", COD_ESYNTAX, "/about.json: is not a JSON object"},
        {"{\n", COD_ESYNTAX,
         "/about.json, line 2: string or '}' expected near end of file"},
    };
    const double numbers[18] = {0};
    char *folder = make_folder();
    cod_trace trace;
    cod_message message = {""};
    (void)state;
    put_npy(folder, "losses.npy", "(3, 2)", numbers, 6);
    put_npy(folder, "gramians.npy", "(3, 2, 2)", numbers, 12);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        put_about(folder, cases[k].about);
        assert_status(cod_trace_read(folder, &trace, &message), cases[k].status);
        assert_message(message, cases[k].message);
    }
    put_npy(folder, "gramians.npy", "(3, 4)", numbers, 12);
    assert_status(cod_trace_read(folder, &trace, &message), COD_ESHAPE);
    assert_message(message, "/gramians.npy: the array has 2 dimensions; a trace's is "
                            "steps x m x m");
    put_npy(folder, "gramians.npy", "(2, 2, 3)", numbers, 12);
    assert_status(cod_trace_read(folder, &trace, &message), COD_ESHAPE);
    assert_message(message, ": losses.npy is 3 x 2, so gramians.npy has to be 3 x 2 x "
                            "2, but is 2 x 2 x 3");
    put_npy(folder, "gramians.npy", "(3, 2, 3)", numbers, 18);
    assert_status(cod_trace_read(folder, &trace, &message), COD_ESHAPE);
    remove_folder(folder);
}

/* ---- real ones ---- */

static void test_trace_read_example(void **state)
{
    cod_trace trace;
    cod_message message = {""};
    (void)state;
    assert_status(
        cod_trace_read(COD_SOURCE_ROOT "/examples/trace-membrane", &trace, &message),
        COD_OK);
    assert_int_equal(trace.steps, 300);
    assert_int_equal(trace.m, 3);
    assert_string_equal(trace.name, "trace-membrane");
    cod_trace_clear(&trace);
}

/* Recorded gradients (float32) and the Gramian that was recorded with them. */
static void test_trace_agrees_with_shared_gradients(void **state)
{
    static const char folder[] = COD_SOURCE_ROOT "/../shared/data/traces/membrane";
    cod_trace trace;
    cod_matrix matrix;
    (void)state;
    if (access(folder, R_OK) != 0)
        skip();
    char *path;
    assert_true(asprintf(&path, "%s/gradients-0020.npy", folder) > 0);
    assert_status(cod_trace_read(folder, &trace, NULL), COD_OK);
    assert_status(cod_matrix_read(path, &matrix, NULL), COD_OK);
    assert_int_equal(matrix.type, COD_FLOAT32);
    assert_int_equal(matrix.rows, 3);
    const double *gramian = trace.gramians + (size_t)20 * 9;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            long double sum = 0;
            for (size_t j = 0; j < matrix.columns; j++)
                sum += (long double)cod_matrix_at(&matrix, i, j) *
                       cod_matrix_at(&matrix, k, j);
            assert_close((double)sum, gramian[3 * i + k], 0,
                         1e-6 * sqrt(gramian[4 * i] * gramian[4 * k]));
        }
    cod_matrix_clear(&matrix);
    cod_trace_clear(&trace);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace_read),
        cmocka_unit_test(test_trace_read_contradictions),
        cmocka_unit_test(test_trace_read_example),
        cmocka_unit_test(test_trace_agrees_with_shared_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
