/* SPDX-License-Identifier: MIT */
/* Matrices from bytes for the targets of both formats, and back: the same numbers,
 * written in either, are read as the same. */
#ifndef COD_TESTS_FUZZ_MATRIX_H
#define COD_TESTS_FUZZ_MATRIX_H

#include "fuzz.h"

#include "lab/lab.h"
#include "lab/matrix_file.h"

/* `bytes` are copied, and a zero put behind. ret_matrix is zeroed where that fails. */
static inline cod_status parse_matrix(const void *bytes, size_t size,
                                      cod_matrix *ret_matrix, cod_message *message)
{
    char *copy = fuzz_memory(size + 1);
    memcpy(copy, bytes, size);
    message->text[0] = '\0';
    *ret_matrix = (cod_matrix){0};
    cod_status status = cod_matrix_parse("data", copy, size, ret_matrix, message);
    free(copy);
    require_message(status, message);
    require(status < 0 || status == COD_OK, "%s", cod_status_key(status));
    require((status == COD_OK) == (ret_matrix->data != NULL), "data at %p",
            ret_matrix->data);
    return status;
}

/* All of it is there, and finite. */
static inline void require_matrix(const cod_matrix *matrix)
{
    size_t width = cod_type_size(matrix->type) * matrix->columns;
    require(matrix->rows > 0 && matrix->columns > 0, "%zu x %zu", matrix->rows,
            matrix->columns);
    for (size_t i = 0; i < matrix->rows; i++) {
        require(matrix->row[i] == (const char *)matrix->data + i * width, "row %zu", i);
        for (size_t j = 0; j < matrix->columns; j++)
            require(isfinite(cod_matrix_at(matrix, i, j)), "%zu, %zu", i, j);
    }
}

static inline void require_equal(const cod_matrix *a, const cod_matrix *b)
{
    require(a->rows == b->rows && a->columns == b->columns, "%zu x %zu, %zu x %zu",
            a->rows, a->columns, b->rows, b->columns);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->columns; j++) {
            double x = cod_matrix_at(a, i, j), y = cod_matrix_at(b, i, j);
            require(memcmp(&x, &y, sizeof x) == 0, "%zu, %zu: %.17g, %.17g", i, j, x,
                    y);
        }
}

/* The matrix again from these bytes, which are freed. */
static inline void require_comes_back(const cod_matrix *matrix, char *bytes,
                                      size_t size)
{
    cod_matrix again;
    cod_message message;
    cod_status status = parse_matrix(bytes, size, &again, &message);
    require(status == COD_OK, "%s", message.text);
    require_equal(matrix, &again);
    cod_matrix_clear(&again);
    free(bytes);
}

static inline void require_comes_back_as_text(const cod_matrix *matrix)
{
    size_t room = matrix->rows * matrix->columns * 28 + 1, size = 0;
    char *bytes = fuzz_memory(room);
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->columns; j++)
            size += (size_t)snprintf(bytes + size, room - size, "%.17g%s",
                                     cod_matrix_at(matrix, i, j),
                                     j + 1 < matrix->columns ? "," : "\n");
    require_comes_back(matrix, bytes, size);
}

/* As numpy.save writes it, version 1.0, without the blanks that align the data. */
static inline char *write_npy(const char *dtype, const char *shape, const void *data,
                              size_t data_size, size_t *ret_size)
{
    char header[256];
    int length = snprintf(header, sizeof header,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n",
                          dtype, shape);
    char *bytes = fuzz_memory(10 + (size_t)length + data_size);
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (char)length;
    memcpy(bytes + 10, header, (size_t)length);
    memcpy(bytes + 10 + length, data, data_size);
    *ret_size = 10 + (size_t)length + data_size;
    return bytes;
}

static inline void require_comes_back_as_npy(const cod_matrix *matrix)
{
    char shape[64];
    size_t size, width = cod_type_size(matrix->type);
    snprintf(shape, sizeof shape, "(%zu, %zu)", matrix->rows, matrix->columns);
    char *bytes =
        write_npy(matrix->type == COD_FLOAT32 ? "<f4" : "<f8", shape, matrix->data,
                  matrix->rows * matrix->columns * width, &size);
    require_comes_back(matrix, bytes, size);
}

#endif
