/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and texts packed into bytes, and read back: what runs send between processes
 * and what the run store keeps. Integers and doubles are 8 bytes, floats 4,
 * little-endian, on every machine. */
#ifndef COD_LAB_BYTES_H
#define COD_LAB_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty. Once memory was short, `failed` is set and nothing more is
 * added: ask at the end. */
typedef struct cod_bytes {
    unsigned char *data;
    size_t size;
    size_t room;
    int failed;
} cod_bytes;

void cod_bytes_put(cod_bytes *bytes, const void *data, size_t size);
void cod_bytes_put_integer(cod_bytes *bytes, int64_t value);
void cod_bytes_put_reals(cod_bytes *bytes, const double *values, size_t count);
/* 4 bytes each. */
void cod_bytes_put_floats(cod_bytes *bytes, const float *values, size_t count);
/* Its length, then the text. */
void cod_bytes_put_text(cod_bytes *bytes, const char *text);
/* Adds a checksum of all that it holds. */
void cod_bytes_seal(cod_bytes *bytes);
/* Frees what it holds; it is empty then. */
void cod_bytes_clear(cod_bytes *bytes);

/* Reads in the order of writing. What lies past the end is zero and sets `bad`, as does
 * a text that doesn't fit: ask at the end. */
typedef struct cod_bytes_reader {
    const unsigned char *data;
    size_t size;
    size_t at;
    int bad;
} cod_bytes_reader;

/* Takes the checksum off the end; where what lies before it has changed since, `bad` is
 * set. To be called before anything is read. */
void cod_bytes_unseal(cod_bytes_reader *reader);
void cod_bytes_get(cod_bytes_reader *reader, void *ret_data, size_t size);
int64_t cod_bytes_get_integer(cod_bytes_reader *reader);
void cod_bytes_get_reals(cod_bytes_reader *reader, double *ret_values, size_t count);
void cod_bytes_get_floats(cod_bytes_reader *reader, float *ret_values, size_t count);
/* A text shorter than `size`, its zero included. */
void cod_bytes_get_text(cod_bytes_reader *reader, char *ret_text, size_t size);

#endif
