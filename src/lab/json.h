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

/* jansson leaves out what it has no memory for, and json_object_set_new() is not asked
 * each time. Once cod_json_begin() was called, it is known whether that has happened
 * since in this process: then no document counts as whole any more, and what is written
 * or made a text below is refused. main() calls it once, before there is any JSON;
 * jansson's functions for memory belong to the process, so this note does too. */
void cod_json_begin(void);
int cod_json_lost(void);

/* Reads a document that is the whole of `bytes`; no key may come twice. `name` is the
 * file's, for messages. COD_OK; COD_ESYNTAX (the message names the line); COD_EMEMORY
 */
COD_MUST_CHECK cod_status cod_json_read(const char *name, const char *bytes,
                                        size_t size, json_t **ret_json,
                                        cod_message *ret_message);

/* One line without blanks, 17 significant digits, to be freed; NULL: memory is or was
 * short, or json is NULL. */
char *cod_json_line(const json_t *json);

/* Writes one document and a newline: two blanks of indent for objects, arrays of
 * numbers on one line, 17 significant digits, keys in the order they were set; where
 * memory is short, nothing. COD_OK;
 * COD_EFILE; COD_EMEMORY (it is or was short); COD_EARGUMENT (json is NULL: a text in
 * it is not UTF-8) */
COD_MUST_CHECK cod_status cod_json_write(const json_t *json, FILE *stream,
                                         cod_message *ret_message);

#endif
