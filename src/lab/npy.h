/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NumPy's .npy files, versions 1.0 to 3.0 (numpy.lib.format): little-endian float32 and
 * float64 in C order, of one to three dimensions. */
#ifndef COD_LAB_NPY_H
#define COD_LAB_NPY_H

#include <stddef.h>

#include <codescent/gramian.h>
#include <codescent/status.h>

typedef struct cod_array {
    size_t dimensions; /* 1 to 3 */
    size_t shape[3];   /* 1 beyond the dimensions */
    size_t count;      /* product of the shape, at least 1 */
    cod_type type;
    void *data; /* finite; to be freed with free() */
} cod_array;

/* Whether these bytes begin as a .npy file does. */
int cod_npy_is(const char *bytes, size_t size);

/* Reads an array from the bytes of a file. `name` is what messages call the file.
 *
 * COD_OK; COD_ESYNTAX (damaged header); COD_EUNSUPPORTED (another dtype, version, order
 * or number of dimensions); COD_ESHAPE (no element; fewer or more bytes than the shape
 * asks for); COD_ENONFINITE (the message names row and column); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_npy_parse(const char *name, const char *bytes,
                                        size_t size, cod_array *ret_array,
                                        cod_message *ret_message);

/* The same from a path. COD_EFILE besides; COD_ESYNTAX where it is no .npy file. */
COD_MUST_CHECK cod_status cod_npy_read(const char *path, cod_array *ret_array,
                                       cod_message *ret_message);

/* Element k, counted from 0 in memory order. */
double cod_array_at(const cod_array *array, size_t k);

#endif
