/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thin helpers over jansson: numbers that may not be finite, arrays, and writing with
 * every error caught. The functions that make a value return a new reference, or NULL
 * where memory is short; json_pack()'s "o" and json_object_set_new() take care of both.
 */
#ifndef COD_LAB_JSON_H
#define COD_LAB_JSON_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include <codescent/status.h>

/* A number, or null where it is not finite. */
json_t *cod_json_real(double value);
/* [values], NULL pointer: null. */
json_t *cod_json_reals(const double *values, size_t count);
/* [[row], [row], ...] of a row-major matrix, NULL pointer: null. */
json_t *cod_json_matrix(const double *values, size_t rows, size_t columns);
/* A text, or null; bytes that are not UTF-8 become "?". */
json_t *cod_json_text(const char *text);

/* Writes one document and a newline: two blanks of indent for objects, arrays of
 * numbers on one line, 17 significant digits, keys in the order they were set. COD_OK;
 * COD_EFILE; COD_EARGUMENT (json is NULL: memory was short when it was made) */
COD_MUST_CHECK cod_status cod_json_write(const json_t *json, FILE *stream,
                                         cod_message *ret_message);

#endif
