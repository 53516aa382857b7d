/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/matrix_file.h"

#include "core/spec.h"
#include "lab/file.h"
#include "lab/lab.h"
#include "lab/npy.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

typedef struct reader {
    const char *name;
    const char *at; /* the present character; the text ends with a zero byte */
    const char *end;
    size_t line; /* from 1 */
    size_t rows; /* complete ones */
    size_t columns;
    size_t first_line; /* of row 1 */
    double *values;
    size_t count;
    size_t room;
    cod_message *message;
} reader;

/* A copy of a token that can be shown: cut short, and without control characters. */
static const char *shown(const char *token, size_t length, char ret_text[32])
{
    size_t k;
    for (k = 0; k < length && k < 24; k++)
        ret_text[k] = isprint((unsigned char)token[k]) ? token[k] : '?';
    strcpy(ret_text + k, k < length ? "..." : "");
    return ret_text;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Lines end with \n, \r\n (Windows) or \r (old Macs): all become \n. */
static void unify_line_ends(char *bytes, size_t size)
{
    for (size_t k = 0; k < size; k++)
        if (bytes[k] == '\r')
            bytes[k] = k + 1 < size && bytes[k + 1] == '\n' ? ' ' : '\n';
}

static int ends_cell(const reader *r)
{
    return r->at == r->end || *r->at == '\n' || *r->at == ',' || *r->at == '#' ||
           is_blank(*r->at);
}

static const char *skip_digits(const char *c)
{
    while (isdigit((unsigned char)*c))
        c++;
    return c;
}

/* Decimal numbers alone: strtod would also take 0x1p3. */
static int is_decimal(const char *token, size_t length)
{
    const char *c = token + (*token == '+' || *token == '-');
    const char *digits = c;
    c = skip_digits(c);
    size_t count = (size_t)(c - digits);
    if (*c == '.') {
        digits = c + 1;
        c = skip_digits(digits);
        count += (size_t)(c - digits);
    }
    if (count == 0)
        return 0;
    if (*c == 'e' || *c == 'E') {
        c += c[1] == '+' || c[1] == '-' ? 2 : 1;
        digits = c;
        c = skip_digits(c);
        if (c == digits)
            return 0;
    }
    return c == token + length;
}

static int is_nonfinite_word(const char *token, size_t length)
{
    static const char *const words[] = {"nan", "inf", "infinity"};
    size_t sign = *token == '+' || *token == '-';
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (length - sign == strlen(words[k]) &&
            strncasecmp(token + sign, words[k], length - sign) == 0)
            return 1;
    return 0;
}

static cod_status keep(reader *r, double value)
{
    if (r->count == r->room) {
        size_t room = r->room == 0 ? 1024 : 2 * r->room;
        double *larger = room > SIZE_MAX / sizeof *larger / 2
                             ? NULL
                             : realloc(r->values, room * sizeof *larger);
        if (larger == NULL)
            return cod_fail(r->message, COD_EMEMORY, "%s: too large for the memory",
                            r->name);
        r->values = larger;
        r->room = room;
    }
    r->values[r->count++] = value;
    return COD_OK;
}

/* One number; `column` counts from 1. */
static cod_status read_cell(reader *r, size_t column)
{
    char text[32];
    const char *token = r->at;
    while (!ends_cell(r))
        r->at++;
    size_t length = (size_t)(r->at - token);
    if (length == 0)
        return cod_fail(r->message, COD_ESYNTAX,
                        "%s, line %zu (row %zu): column %zu is empty", r->name, r->line,
                        r->rows + 1, column);
    if (is_nonfinite_word(token, length))
        return cod_fail(r->message, COD_ENONFINITE,
                        "%s, line %zu (row %zu): column %zu is %s, not a finite number",
                        r->name, r->line, r->rows + 1, column,
                        shown(token, length, text));
    if (!is_decimal(token, length))
        return cod_fail(r->message, COD_ESYNTAX,
                        "%s, line %zu (row %zu): column %zu, '%s', is not a number",
                        r->name, r->line, r->rows + 1, column,
                        shown(token, length, text));
    double value = strtod(token, NULL);
    if (!isfinite(value))
        return cod_fail(r->message, COD_ENONFINITE,
                        "%s, line %zu (row %zu): column %zu, %s, is too large", r->name,
                        r->line, r->rows + 1, column, shown(token, length, text));
    return keep(r, value);
}

static void skip_blanks(reader *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
}

static int at_line_end(const reader *r)
{
    return r->at == r->end || *r->at == '\n' || *r->at == '#';
}

/* A line: a row, or nothing. */
static cod_status read_line(reader *r)
{
    size_t columns = 0;
    skip_blanks(r);
    while (!at_line_end(r) || (columns > 0 && r->at[-1] == ',')) {
        cod_status status = read_cell(r, ++columns);
        if (status < 0)
            return status;
        skip_blanks(r);
        if (r->at < r->end && *r->at == ',') {
            r->at++;
            const char *comma = r->at;
            skip_blanks(r);
            if (at_line_end(r) || *r->at == ',')
                r->at = comma; /* an empty cell: read_cell says so */
        }
    }
    while (r->at < r->end && *r->at != '\n')
        r->at++;
    if (columns == 0)
        return COD_OK;
    if (r->rows > 0 && columns != r->columns)
        return cod_fail(r->message, COD_ESHAPE,
                        "%s, line %zu (row %zu): %zu column%s, but row 1 (line %zu) "
                        "has %zu",
                        r->name, r->line, r->rows + 1, columns, columns == 1 ? "" : "s",
                        r->first_line, r->columns);
    if (r->rows++ == 0)
        r->first_line = r->line;
    r->columns = columns;
    return COD_OK;
}

/* Bytes that no text file holds say more about the file than the first bad number. */
static cod_status refuse_binary(const reader *r)
{
    size_t line = 1;
    for (const char *c = r->at; c < r->end; c++) {
        unsigned char byte = (unsigned char)*c;
        line += byte == '\n';
        if ((byte < ' ' && strchr("\t\n\r\f\v", byte) == NULL) || byte == '\0' ||
            byte == 0x7f)
            return cod_fail(r->message, COD_ESYNTAX,
                            "%s, line %zu: byte 0x%02x is not text (nor is the file "
                            "a .npy)",
                            r->name, line, byte);
    }
    return COD_OK;
}

static cod_status read_text(const char *name, const char *bytes, size_t size,
                            cod_matrix *ret_matrix, cod_message *message)
{
    reader r = {.name = name, .at = bytes, .end = bytes + size, .message = message};
    cod_status status = refuse_binary(&r);
    if (status == COD_OK && size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        r.at += 3; /* a byte order mark */
    for (r.line = 1; status == COD_OK && r.at < r.end; r.line++) {
        status = read_line(&r);
        r.at += status == COD_OK && r.at < r.end;
    }
    if (status == COD_OK && r.rows == 0)
        status = cod_fail(message, COD_ESHAPE, "%s: holds no number", name);
    if (status < 0) {
        free(r.values);
        return status;
    }
    *ret_matrix = (cod_matrix){
        .rows = r.rows, .columns = r.columns, .type = COD_FLOAT64, .data = r.values};
    return COD_OK;
}

/* ---- both ---- */

static cod_status read_npy(const char *name, const char *bytes, size_t size,
                           cod_matrix *ret_matrix, cod_message *message)
{
    cod_array array;
    cod_status status = cod_npy_parse(name, bytes, size, &array, message);
    if (status < 0)
        return status;
    if (array.dimensions != 2) {
        free(array.data);
        return cod_fail(message, COD_ESHAPE,
                        "%s: the array has %zu dimension%s; a matrix has 2", name,
                        array.dimensions, array.dimensions == 1 ? "" : "s");
    }
    *ret_matrix = (cod_matrix){.rows = array.shape[0],
                               .columns = array.shape[1],
                               .type = array.type,
                               .data = array.data};
    return COD_OK;
}

static cod_status set_rows(cod_matrix *matrix)
{
    size_t element = matrix->type == COD_FLOAT32 ? sizeof(float) : sizeof(double);
    matrix->row = malloc(matrix->rows * sizeof *matrix->row);
    if (matrix->row == NULL)
        return COD_EMEMORY;
    for (size_t i = 0; i < matrix->rows; i++)
        matrix->row[i] = (const char *)matrix->data + i * matrix->columns * element;
    return COD_OK;
}

cod_status cod_matrix_parse(const char *name, char *bytes, size_t size,
                            cod_matrix *ret_matrix, cod_message *ret_message)
{
    cod_status status;
    cod_matrix matrix = {0};
    if (size == 0) {
        status = cod_fail(ret_message, COD_ESHAPE, "%s: is empty", name);
    } else if (cod_npy_is(bytes, size)) {
        status = read_npy(name, bytes, size, &matrix, ret_message);
    } else {
        unify_line_ends(bytes, size);
        status = read_text(name, bytes, size, &matrix, ret_message);
    }
    if (status == COD_OK && set_rows(&matrix) < 0)
        status =
            cod_fail(ret_message, COD_EMEMORY, "%s: too large for the memory", name);
    if (status < 0)
        cod_matrix_clear(&matrix);
    else
        *ret_matrix = matrix;
    return status;
}

cod_status cod_matrix_read(const char *path, cod_matrix *ret_matrix,
                           cod_message *ret_message)
{
    char *bytes;
    size_t size;
    cod_status status = cod_file_read(path, &bytes, &size, ret_message);
    if (status < 0)
        return status;
    status =
        cod_matrix_parse(cod_file_name(path), bytes, size, ret_matrix, ret_message);
    free(bytes);
    return status;
}

/* float32 to float64. */
static cod_status widen(cod_matrix *matrix)
{
    size_t count = matrix->rows * matrix->columns;
    double *wide = malloc(count * sizeof *wide);
    if (wide == NULL)
        return COD_EMEMORY;
    for (size_t k = 0; k < count; k++)
        wide[k] = ((const float *)matrix->data)[k];
    free(matrix->data);
    free(matrix->row);
    matrix->data = wide;
    matrix->row = NULL;
    matrix->type = COD_FLOAT64;
    return set_rows(matrix);
}

cod_status cod_gramian_read(const char *path, cod_matrix *ret_matrix,
                            cod_message *ret_message)
{
    cod_matrix matrix;
    cod_status status = cod_matrix_read(path, &matrix, ret_message);
    if (status < 0)
        return status;
    if (matrix.rows != matrix.columns)
        status = cod_fail(ret_message, COD_ESHAPE,
                          "%s: %zu rows and %zu columns; a Gramian is square",
                          cod_file_name(path), matrix.rows, matrix.columns);
    else if (matrix.type == COD_FLOAT32 && widen(&matrix) < 0)
        status = cod_fail(ret_message, COD_EMEMORY, "%s: too large for the memory",
                          cod_file_name(path));
    if (status < 0)
        cod_matrix_clear(&matrix);
    else
        *ret_matrix = matrix;
    return status;
}

void cod_matrix_clear(cod_matrix *matrix)
{
    free(matrix->data);
    free(matrix->row);
    *matrix = (cod_matrix){0};
}

double cod_matrix_at(const cod_matrix *matrix, size_t i, size_t j)
{
    size_t k = i * matrix->columns + j;
    return matrix->type == COD_FLOAT32 ? (double)((const float *)matrix->data)[k]
                                       : ((const double *)matrix->data)[k];
}
