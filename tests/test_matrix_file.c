/* SPDX-License-Identifier: MIT */
/* Matrices and arrays from files: good ones, and what is said of bad ones. */
#include "lab_files.h"

#include "lab/lab.h"
#include "lab/matrix_file.h"
#include "lab/npy.h"

/* Reads a file of these bytes. */
static cod_status read_bytes(const void *bytes, size_t size, cod_matrix *matrix,
                             cod_message *message)
{
    char *folder = make_folder();
    char *path = make_file(folder, "m", bytes, size);
    cod_status status = cod_matrix_read(path, matrix, message);
    free(path);
    remove_folder(folder);
    return status;
}

static cod_status read_text(const char *text, cod_matrix *matrix, cod_message *message)
{
    return read_bytes(text, strlen(text), matrix, message);
}

static void check_good(const char *text, size_t rows, size_t columns,
                       const double *values)
{
    cod_matrix matrix;
    cod_message message = {""};
    cod_status status = read_text(text, &matrix, &message);
    if (status != COD_OK)
        print_error("'%s': %s\n", text, message.text);
    assert_int_equal(status, COD_OK);
    assert_int_equal(matrix.rows, rows);
    assert_int_equal(matrix.columns, columns);
    assert_int_equal(matrix.type, COD_FLOAT64);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double value = values[i * columns + j];
            assert_true(cod_matrix_at(&matrix, i, j) == value);
            assert_true(((const double *)matrix.row[i])[j] == value);
        }
    cod_matrix_clear(&matrix);
    cod_matrix_clear(&matrix);
}

static void test_matrix_read_text(void **state)
{
    const double six[] = {1, -2.5, 3e10, 0, .5, 6};
    (void)state;
    check_good("1,-2.5,3e10\n0,.5,6.\n", 2, 3, six);
    check_good("1 -2.5\t3e+10\n0   +.5 6", 2, 3, six);
    check_good("# two gradients\n\n 1, -2.5 , 3E10 # the first\r\n\r\n0,0.5,6\r\n", 2,
               3, six);
    check_good("1,-2.5,3e10\r0,.5,6\r", 2, 3, six); /* an old Mac's line ends */
    check_good("\xef\xbb\xbf"
               "1,-2.5,3e10,0,.5,6",
               1, 6, six);
    check_good("1\n-2.5\n3e10\n0\n.5\n6\n", 6, 1, six);
    check_good("4.9406564584124654e-324 0.1 1.7976931348623157e308", 1, 3,
               (const double[]){4.9406564584124654e-324, 0.1, 1.7976931348623157e308});
}

static void test_matrix_read_many_rows(void **state)
{
    size_t size, rows = 5000;
    char *text;
    cod_matrix matrix;
    (void)state;
    FILE *stream = open_memstream(&text, &size);
    for (size_t i = 0; i < rows; i++)
        fprintf(stream, "%zu,%.17g\n", i, sqrt((double)i));
    fclose(stream);
    assert_status(read_text(text, &matrix, NULL), COD_OK);
    assert_int_equal(matrix.rows, rows);
    for (size_t i = 0; i < rows; i++)
        assert_true(cod_matrix_at(&matrix, i, 1) == sqrt((double)i));
    cod_matrix_clear(&matrix);
    free(text);
}

typedef struct bad_text {
    const char *text;
    cod_status status;
    const char *message; /* after the path */
} bad_text;

static void test_matrix_read_bad_text(void **state)
{
    static const bad_text cases[] = {
        {"", COD_ESHAPE, ": is empty"},
        {"# nothing\n\n", COD_ESHAPE, ": holds no number"},
        {"1,2\n\n3,4,5\n", COD_ESHAPE,
         ", line 3 (row 2): 3 columns, but row 1 (line 1) has 2"},
        {"#\n1,2\n3\n", COD_ESHAPE,
         ", line 3 (row 2): 1 column, but row 1 (line 2) has 2"},
        {"1,2\n3,four\n", COD_ESYNTAX,
         ", line 2 (row 2): column 2, 'four', is not a number"},
        {"1,,2\n", COD_ESYNTAX, ", line 1 (row 1): column 2 is empty"},
        {"1, ,2\n", COD_ESYNTAX, ", line 1 (row 1): column 2 is empty"},
        {"1,2,\n", COD_ESYNTAX, ", line 1 (row 1): column 3 is empty"},
        {"1,2, # end\n", COD_ESYNTAX, ", line 1 (row 1): column 3 is empty"},
        {",1\n", COD_ESYNTAX, ", line 1 (row 1): column 1 is empty"},
        {"1;2\n", COD_ESYNTAX, ", line 1 (row 1): column 1, '1;2', is not a number"},
        {"1 2\n3 0x1p3\n", COD_ESYNTAX,
         ", line 2 (row 2): column 2, '0x1p3', is not a number"},
        {"1e\n", COD_ESYNTAX, ", line 1 (row 1): column 1, '1e', is not a number"},
        {".\n", COD_ESYNTAX, ", line 1 (row 1): column 1, '.', is not a number"},
        {"1 2\n3 1.2.3\n", COD_ESYNTAX,
         ", line 2 (row 2): column 2, '1.2.3', is not a number"},
        {"f_1,f_2\n1,2\n", COD_ESYNTAX,
         ", line 1 (row 1): column 1, 'f_1', is not a number"},
        {"1,2\n3,NaN\n", COD_ENONFINITE,
         ", line 2 (row 2): column 2 is NaN, not a finite number"},
        {"-inf\n", COD_ENONFINITE,
         ", line 1 (row 1): column 1 is -inf, not a finite number"},
        {"1e999\n", COD_ENONFINITE, ", line 1 (row 1): column 1, 1e999, is too large"},
        {"a_very_long_word_that_would_fill_the_line\n", COD_ESYNTAX,
         ", line 1 (row 1): column 1, 'a_very_long_word_that_wo...', is not a number"},
        {"1 2\n\x01\x02", COD_ESYNTAX,
         ", line 2: byte 0x01 is not text (nor is the file a .npy)"},
        {"\x89PNG\r\n\x1a\n", COD_ESYNTAX,
         ", line 2: byte 0x1a is not text (nor is the file a .npy)"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cod_matrix matrix;
        cod_message message = {""};
        assert_status(read_text(cases[k].text, &matrix, &message), cases[k].status);
        assert_message(message, cases[k].message);
    }
}

static void test_matrix_read_zero_byte(void **state)
{
    cod_matrix matrix;
    cod_message message = {""};
    (void)state;
    assert_status(read_bytes("1 2\0 3", 6, &matrix, &message), COD_ESYNTAX);
    assert_message(message, ", line 1: byte 0x00 is not text (nor is the file a .npy)");
}

static void test_matrix_read_no_file(void **state)
{
    cod_matrix matrix;
    cod_message message = {""};
    (void)state;
    assert_status(cod_matrix_read("/nowhere/at/all", &matrix, &message), COD_EFILE);
    assert_string_equal(message.text, "/nowhere/at/all: No such file or directory");
    assert_status(cod_matrix_read("/tmp", &matrix, &message), COD_EFILE);
    assert_string_equal(message.text, "/tmp: Is a directory");
}

/* ---- .npy ---- */

static const double six_doubles[] = {1, -2.5, 1e300, 0, 5e-324, 6};
static const float six_floats[] = {1, -2.5f, 1e30f, 0, 1e-40f, 6};

static cod_status read_npy(int major, const char *header, const void *data,
                           size_t data_size, cod_matrix *matrix, cod_message *message)
{
    size_t size;
    char *bytes = make_npy(major, header, data, data_size, &size);
    cod_status status = read_bytes(bytes, size, matrix, message);
    free(bytes);
    return status;
}

static void test_npy_read_types_and_versions(void **state)
{
    static const char *const doubles[] = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': '=f8', 'fortran_order': False, 'shape': (2, 3)}",
        "{\"shape\": (2L, 3L), \"fortran_order\": False, \"descr\": \"|f8\"}",
        "{'descr':'f8','fortran_order':False,'shape':(2,3,)}",
    };
    cod_matrix matrix;
    (void)state;
    for (int major = 1; major <= 3; major++)
        for (size_t k = 0; k < sizeof doubles / sizeof *doubles; k++) {
            assert_status(read_npy(major, doubles[k], six_doubles, sizeof six_doubles,
                                   &matrix, NULL),
                          COD_OK);
            assert_int_equal(matrix.type, COD_FLOAT64);
            assert_int_equal(matrix.rows, 2);
            assert_int_equal(matrix.columns, 3);
            for (size_t e = 0; e < 6; e++)
                assert_true(cod_matrix_at(&matrix, e / 3, e % 3) == six_doubles[e]);
            cod_matrix_clear(&matrix);
        }
    assert_status(
        read_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }",
                 six_floats, sizeof six_floats, &matrix, NULL),
        COD_OK);
    assert_int_equal(matrix.type, COD_FLOAT32);
    assert_int_equal(matrix.rows, 3);
    for (size_t e = 0; e < 6; e++) {
        assert_true(((const float *)matrix.row[e / 2])[e % 2] == six_floats[e]);
        assert_true(cod_matrix_at(&matrix, e / 2, e % 2) == (double)six_floats[e]);
    }
    cod_matrix_clear(&matrix);
}

typedef struct bad_npy {
    const char *header;
    size_t data_size;
    cod_status status;
    const char *message;
} bad_npy;

static void test_npy_read_bad(void **state)
{
#define HEADER(type, order, shape)                                                     \
    "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }"
    static const bad_npy cases[] = {
        {HEADER("<i8", "False", "(2, 3)"), 48, COD_EUNSUPPORTED,
         ": dtype '<i8'; '<f4' and '<f8' (little-endian float32 and float64) are read"},
        {HEADER(">f8", "False", "(2, 3)"), 48, COD_EUNSUPPORTED,
         ": dtype '>f8'; '<f4' and '<f8' (little-endian float32 and float64) are read"},
        {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }", 48,
         COD_EUNSUPPORTED,
         ": dtype 'a record'; '<f4' and '<f8' (little-endian float32 and float64) "
         "are read"},
        {HEADER("f\n\x01", "False", "(2, 3)"), 48, COD_EUNSUPPORTED, /* one line */
         ": dtype 'f?\?'; '<f4' and '<f8' (little-endian float32 and float64) are "
         "read"},
        {HEADER("<f8", "True", "(2, 3)"), 48, COD_EUNSUPPORTED,
         ": Fortran order; C order is read (numpy.ascontiguousarray)"},
        {HEADER("<f8", "False", "(2, 3)"), 47, COD_ESHAPE,
         ": truncated: shape (2, 3) asks for 48 bytes of data, 47 are there"},
        {HEADER("<f8", "False", "(2, 2)"), 48, COD_ESHAPE,
         ": too long: shape (2, 2) asks for 32 bytes of data, 48 are there"},
        {HEADER("<f8", "False", "(2, 0)"), 0, COD_ESHAPE,
         ": shape (2, 0) holds no number"},
        {HEADER("<f8", "False", "(6,)"), 48, COD_ESHAPE,
         ": the array has 1 dimension; a matrix has 2"},
        {HEADER("<f8", "False", "(1, 2, 3)"), 48, COD_ESHAPE,
         ": the array has 3 dimensions; a matrix has 2"},
        {HEADER("<f8", "False", "()"), 8, COD_EUNSUPPORTED,
         ": the array has 0 dimensions; 1 to 3 are read"},
        {HEADER("<f8", "False", "(1, 1, 2, 3)"), 48, COD_EUNSUPPORTED,
         ": the array has 4 dimensions; 1 to 3 are read"},
        {HEADER("<f8", "False", "(4294967296, 4294967296)"), 48, COD_ESHAPE,
         ": truncated: no file holds an array of shape (4294967296, 4294967296)"},
        {HEADER("<f8", "False", "(2, -3)"), 48, COD_ESYNTAX,
         ": the .npy header is damaged"},
        {HEADER("<f8", "Maybe", "(2, 3)"), 48, COD_ESYNTAX,
         ": the .npy header is damaged"},
        {"{'descr': '<f8', 'shape': (2, 3)}", 48, COD_ESYNTAX,
         ": the .npy header is damaged"},
        {"{'descr': '<f8", 48, COD_ESYNTAX, ": the .npy header is damaged"},
        {"", 48, COD_ESYNTAX, ": the .npy header is damaged"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'shape': (3,), }", 48,
         COD_ESYNTAX, ": the .npy header is damaged"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } 7", 48,
         COD_ESYNTAX, ": the .npy header is damaged"},
    };
#undef HEADER
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cod_matrix matrix;
        cod_message message = {""};
        assert_status(read_npy(1, cases[k].header, six_doubles, cases[k].data_size,
                               &matrix, &message),
                      cases[k].status);
        assert_message(message, cases[k].message);
    }
}

static void test_npy_read_nonfinite(void **state)
{
    double values[] = {1, 2, 3, 4, NAN, 6};
    cod_matrix matrix;
    cod_array array;
    cod_message message = {""};
    size_t size;
    (void)state;
    assert_status(
        read_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
                 values, sizeof values, &matrix, &message),
        COD_ENONFINITE);
    assert_message(message, ": row 2, column 2 is NaN");
    values[4] = -INFINITY;
    char *bytes =
        make_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1, 2), }",
                 values, sizeof values, &size);
    assert_status(cod_npy_parse("g", bytes, size, &array, &message), COD_ENONFINITE);
    assert_string_equal(message.text, "g: matrix 3, row 1, column 1 is infinite");
    free(bytes);
}

/* Every truncation of a good file is refused. */
static void test_npy_read_truncated(void **state)
{
    size_t size;
    cod_array array;
    char *bytes =
        make_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
                 six_doubles, sizeof six_doubles, &size);
    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1); /* its own block, for the sanitizer */
        assert_non_null(part);
        memcpy(part, bytes, cut);
        assert_true(cod_npy_parse("f", part, cut, &array, NULL) < 0);
        free(part);
    }
    bytes[6] = 4;
    cod_message message;
    assert_status(cod_npy_parse("f", bytes, size, &array, &message), COD_EUNSUPPORTED);
    assert_string_equal(message.text, "f: .npy version 4.0; 1.0 to 3.0 are read");
    free(bytes);
}

/* Whatever a byte of the header is changed to, the file is read or refused. */
static void test_npy_read_changed_bytes(void **state)
{
    size_t size, read = 0;
    char *bytes =
        make_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}",
                 six_doubles, sizeof six_doubles, &size);
    (void)state;
    for (size_t k = 0; k < size - sizeof six_doubles; k++) {
        char kept = bytes[k];
        for (int value = 0; value < 256; value++) {
            cod_array array;
            cod_message message = {""};
            bytes[k] = (char)value;
            cod_status status = cod_npy_parse("f", bytes, size, &array, &message);
            assert_true(status == COD_OK || (status < 0 && message.text[0] != '\0'));
            if (status == COD_OK)
                free(array.data);
            read += status == COD_OK && array.count != 6;
        }
        bytes[k] = kept;
    }
    assert_int_equal(read, 0); /* 48 bytes are six numbers, or the file is refused */
    free(bytes);
}

/* ---- Gramians ---- */

static void test_gramian_read(void **state)
{
    char *folder = make_folder();
    char *good = make_file(folder, "g", "2 1\n1 3\n", 8);
    char *bad = make_file(folder, "b", "2 1 1\n1 3 0\n", 12);
    cod_matrix matrix;
    cod_message message;
    (void)state;
    assert_status(cod_gramian_read(good, &matrix, &message), COD_OK);
    assert_true(cod_matrix_at(&matrix, 1, 1) == 3);
    cod_matrix_clear(&matrix);
    assert_status(cod_gramian_read(bad, &matrix, &message), COD_ESHAPE);
    assert_message(message, "/b: 2 rows and 3 columns; a Gramian is square");
    size_t size;
    char *bytes =
        make_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
                 six_floats, 4 * sizeof(float), &size);
    char *floats = make_file(folder, "f", bytes, size);
    assert_status(cod_gramian_read(floats, &matrix, &message), COD_OK);
    assert_int_equal(matrix.type, COD_FLOAT64);
    assert_true(((const double *)matrix.row[1])[0] == (double)1e30f);
    cod_matrix_clear(&matrix);
    free(bytes);
    free(floats);
    free(good);
    free(bad);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix_read_text),
        cmocka_unit_test(test_matrix_read_many_rows),
        cmocka_unit_test(test_matrix_read_bad_text),
        cmocka_unit_test(test_matrix_read_zero_byte),
        cmocka_unit_test(test_matrix_read_no_file),
        cmocka_unit_test(test_npy_read_types_and_versions),
        cmocka_unit_test(test_npy_read_bad),
        cmocka_unit_test(test_npy_read_nonfinite),
        cmocka_unit_test(test_npy_read_truncated),
        cmocka_unit_test(test_npy_read_changed_bytes),
        cmocka_unit_test(test_gramian_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
