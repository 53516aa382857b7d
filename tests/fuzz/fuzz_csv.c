/* SPDX-License-Identifier: MIT */
/* Any text as a matrix, against a second reader that is as simple as can be: both take
 * or refuse it, find the same numbers, or name the same line. */
#include "fuzz_matrix.h"

#include <ctype.h>

/* ---- the second reader ---- */

typedef struct lines {
    size_t rows;
    size_t columns;
    size_t bad_line; /* from 1; 0: none */
    double *values;
    size_t count;
} lines;

/* [+-] digits [. digits] [e [+-] digits], a digit before the exponent at least. */
static int is_number(const char *cell)
{
    size_t digits = 0;
    cell += *cell == '+' || *cell == '-';
    for (; isdigit((unsigned char)*cell); cell++)
        digits++;
    for (cell += *cell == '.'; isdigit((unsigned char)*cell); cell++)
        digits++;
    if (digits > 0 && (*cell == 'e' || *cell == 'E')) {
        cell += cell[1] == '+' || cell[1] == '-' ? 2 : 1;
        if (!isdigit((unsigned char)*cell))
            return 0;
        while (isdigit((unsigned char)*cell))
            cell++;
    }
    return digits > 0 && *cell == '\0';
}

/* A cell between two separators: one comma with any blanks, or blanks. */
static size_t cell_length(const char *line)
{
    return strcspn(line, ", \t");
}

/* The cells of a line without its comment, as values; 0 where one is no number. */
static int read_cells(char *line, lines *to, size_t *ret_columns)
{
    char *at = line + strspn(line, " \t");
    *ret_columns = 0;
    while (*at != '\0') {
        size_t length = cell_length(at);
        char *cell = at, *next = at + length;
        next += strspn(next, " \t");
        int comma = *next == ',';
        next += comma;
        next += comma ? strspn(next, " \t") : 0;
        cell[length] = '\0';
        if (!is_number(cell) || (comma && *next == '\0'))
            return 0;
        to->values[to->count] = strtod(cell, NULL);
        if (!isfinite(to->values[to->count++]))
            return 0;
        ++*ret_columns;
        at = next;
    }
    return 1;
}

static void read_line(char *line, size_t number, lines *to)
{
    size_t columns;
    line[strcspn(line, "#")] = '\0';
    if (!read_cells(line, to, &columns) ||
        (columns > 0 && to->rows > 0 && columns != to->columns)) {
        to->bad_line = number;
        return;
    }
    to->columns = columns > 0 ? columns : to->columns;
    to->rows += columns > 0;
}

/* The line of the first byte that no text holds, or 0. */
static size_t find_binary(const char *text, size_t size)
{
    size_t line = 1;
    for (size_t k = 0; k < size; k++) {
        line += text[k] == '\n';
        if ((iscntrl((unsigned char)text[k]) && !isspace((unsigned char)text[k])))
            return line;
    }
    return 0;
}

/* Every \r\n and every lone \r is \n. */
static size_t join_line_ends(char *text, size_t size)
{
    size_t kept = 0;
    for (size_t k = 0; k < size; k++) {
        if (text[k] == '\r' && k + 1 < size && text[k + 1] == '\n')
            continue;
        text[kept++] = text[k] == '\r' ? '\n' : text[k];
    }
    return kept;
}

static void read_lines(char *text, size_t size, lines *to)
{
    size = join_line_ends(text, size);
    text[size] = '\0';
    to->bad_line = find_binary(text, size);
    if (to->bad_line > 0)
        return;
    char *line = text + (strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    for (size_t number = 1; line < text + size && to->bad_line == 0; number++) {
        char *next = line + strcspn(line, "\n") + 1;
        next[-1] = '\0';
        read_line(line, number, to);
        line = next;
    }
}

/* ---- comparing ---- */

static void require_the_lines(const cod_matrix *matrix, const lines *wanted)
{
    require(matrix->rows == wanted->rows && matrix->columns == wanted->columns,
            "%zu x %zu, %zu x %zu", matrix->rows, matrix->columns, wanted->rows,
            wanted->columns);
    require(memcmp(matrix->data, wanted->values, wanted->count * sizeof(double)) == 0,
            "other numbers");
}

static void require_refused(cod_status status, const cod_message *message,
                            const lines *wanted)
{
    size_t line = 0;
    require_status(status, COD_ESYNTAX, COD_ESHAPE, COD_ENONFINITE);
    if (wanted->bad_line == 0) {
        require(status == COD_ESHAPE && wanted->rows == 0, "%s", message->text);
        return;
    }
    require(sscanf(message->text, "data, line %zu", &line) == 1 &&
                line == wanted->bad_line,
            "line %zu: %s", wanted->bad_line, message->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cod_matrix matrix;
    cod_message message;
    if (size >= 6 && memcmp(data, "\x93NUMPY", 6) == 0)
        return 0;
    cod_status status = parse_matrix(data, size, &matrix, &message);
    char *text = fuzz_memory(size + 2);
    memcpy(text, data, size);
    lines wanted = {.values = fuzz_memory((size + 1) * sizeof(double))};
    read_lines(text, size, &wanted);
    int good = wanted.bad_line == 0 && wanted.rows > 0;
    require((status == COD_OK) == good, "%s", message.text);
    if (status == COD_OK) {
        require_matrix(&matrix);
        require_the_lines(&matrix, &wanted);
        require_comes_back_as_text(&matrix);
        require_comes_back_as_npy(&matrix);
    } else {
        require_refused(status, &message, &wanted);
    }
    cod_matrix_clear(&matrix);
    free(wanted.values);
    free(text);
    return 0;
}
