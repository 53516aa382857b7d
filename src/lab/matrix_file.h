/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices from files: one gradient a row, or a Gramian.
 *
 * Read from a path, or from standard input where the path is "-". A file that begins as
 * .npy files do is read as one (npy.h); everything else is text: numbers between commas
 * or blanks, one row a line. Empty lines and what follows a "#" are skipped. There is
 * no header line. Numbers are decimal, as strtod reads them in the C locale.
 *
 * Every error is one line that names the file, the line (text) and row, and what is
 * wrong. A status of any of these functions that is negative is bad input: exit 2. */
#ifndef COD_LAB_MATRIX_FILE_H
#define COD_LAB_MATRIX_FILE_H

#include <stddef.h>

#include <codescent/gramian.h>
#include <codescent/status.h>

typedef struct cod_matrix {
    size_t rows;      /* at least 1 */
    size_t columns;   /* at least 1 */
    cod_type type;    /* text is read as COD_FLOAT64, a float32 .npy stays float32 */
    void *data;       /* rows x columns, row-major, all finite */
    const void **row; /* the rows' addresses: what cod_gramian() and a shard take */
} cod_matrix;

/* COD_OK; COD_EFILE (cannot be opened or read); COD_ESYNTAX (not a number, not text, a
 * damaged .npy); COD_ESHAPE (empty, ragged, truncated, not two-dimensional);
 * COD_ENONFINITE; COD_EUNSUPPORTED (a dtype or an order that is not read); COD_EMEMORY.
 * ret_matrix is to be cleared with cod_matrix_clear(); written only on success. */
COD_MUST_CHECK cod_status cod_matrix_read(const char *path, cod_matrix *ret_matrix,
                                          cod_message *ret_message);

/* The same from the bytes of a file, and a zero byte behind them; `name` is what
 * messages call it. Line ends are changed in place. All but COD_EFILE. */
COD_MUST_CHECK cod_status cod_matrix_parse(const char *name, char *bytes, size_t size,
                                           cod_matrix *ret_matrix,
                                           cod_message *ret_message);

/* As cod_matrix_read(), and square; converted to COD_FLOAT64. Symmetry and definiteness
 * are the solver's to check. COD_ESHAPE where it is not square. */
COD_MUST_CHECK cod_status cod_gramian_read(const char *path, cod_matrix *ret_matrix,
                                           cod_message *ret_message);

/* Frees what a matrix holds; harmless on a zeroed one and twice. */
void cod_matrix_clear(cod_matrix *matrix);

/* The entry in row i and column j, counted from 0. */
double cod_matrix_at(const cod_matrix *matrix, size_t i, size_t j);

#endif
