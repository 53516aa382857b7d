/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files, and their names in messages. */
#ifndef COD_LAB_FILE_H
#define COD_LAB_FILE_H

#include <stddef.h>

#include <codescent/status.h>

/* A whole file, or standard input for "-", and a zero byte behind it. COD_OK;
 * COD_EFILE; COD_EMEMORY. ret_bytes is to be freed. */
COD_MUST_CHECK cod_status cod_file_read(const char *path, char **ret_bytes,
                                        size_t *ret_size, cod_message *ret_message);

/* What errno says of a file, with its name: COD_EFILE, or COD_EMEMORY where memory was
 * short. */
cod_status cod_file_fail(const char *name, cod_message *message);

/* How messages name a path: "standard input" for "-". */
const char *cod_file_name(const char *path);

#endif
