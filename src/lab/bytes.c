/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/bytes.h"

#include "core/checksum.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

void cod_bytes_put(cod_bytes *bytes, const void *data, size_t size)
{
    if (bytes->failed || size == 0)
        return;
    if (size > bytes->room - bytes->size) {
        size_t room = 2 * bytes->room + size + 64;
        unsigned char *grown = realloc(bytes->data, room);
        if (grown == NULL) {
            bytes->failed = 1;
            return;
        }
        bytes->data = grown;
        bytes->room = room;
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

void cod_bytes_put_integer(cod_bytes *bytes, int64_t value)
{
    uint64_t little = htole64((uint64_t)value);
    cod_bytes_put(bytes, &little, sizeof little);
}

void cod_bytes_put_reals(cod_bytes *bytes, const double *values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        int64_t bits;
        memcpy(&bits, &values[k], sizeof bits);
        cod_bytes_put_integer(bytes, bits);
    }
}

void cod_bytes_put_floats(cod_bytes *bytes, const float *values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        uint32_t bits;
        memcpy(&bits, &values[k], sizeof bits);
        bits = htole32(bits);
        cod_bytes_put(bytes, &bits, sizeof bits);
    }
}

void cod_bytes_put_text(cod_bytes *bytes, const char *text)
{
    size_t length = strlen(text);
    cod_bytes_put_integer(bytes, (int64_t)length);
    cod_bytes_put(bytes, text, length);
}

void cod_bytes_seal(cod_bytes *bytes)
{
    cod_bytes_put_integer(
        bytes, (int64_t)cod_checksum(COD_CHECKSUM_BEGIN, bytes->data, bytes->size));
}

void cod_bytes_clear(cod_bytes *bytes)
{
    free(bytes->data);
    *bytes = (cod_bytes){0};
}

/* ---- reading ---- */

void cod_bytes_get(cod_bytes_reader *reader, void *ret_data, size_t size)
{
    if (reader->bad || size > reader->size - reader->at) {
        reader->bad = 1;
        memset(ret_data, 0, size);
        return;
    }
    if (size > 0)
        memcpy(ret_data, reader->data + reader->at, size);
    reader->at += size;
}

int64_t cod_bytes_get_integer(cod_bytes_reader *reader)
{
    uint64_t little;
    cod_bytes_get(reader, &little, sizeof little);
    return (int64_t)le64toh(little);
}

void cod_bytes_get_reals(cod_bytes_reader *reader, double *ret_values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        int64_t bits = cod_bytes_get_integer(reader);
        memcpy(&ret_values[k], &bits, sizeof bits);
    }
}

void cod_bytes_get_floats(cod_bytes_reader *reader, float *ret_values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        uint32_t bits;
        cod_bytes_get(reader, &bits, sizeof bits);
        bits = le32toh(bits);
        memcpy(&ret_values[k], &bits, sizeof bits);
    }
}

void cod_bytes_get_text(cod_bytes_reader *reader, char *ret_text, size_t size)
{
    uint64_t length = (uint64_t)cod_bytes_get_integer(reader);
    ret_text[0] = '\0';
    if (reader->bad || length >= size) {
        reader->bad = 1;
        return;
    }
    cod_bytes_get(reader, ret_text, length);
    ret_text[reader->bad ? 0 : length] = '\0';
}

void cod_bytes_unseal(cod_bytes_reader *reader)
{
    cod_bytes_reader seal = *reader;
    if (reader->size < sizeof(uint64_t)) {
        reader->size = 0;
        reader->bad = 1;
        return;
    }
    reader->size -= sizeof(uint64_t);
    seal.at = reader->size;
    if ((uint64_t)cod_bytes_get_integer(&seal) !=
        cod_checksum(COD_CHECKSUM_BEGIN, reader->data, reader->size))
        reader->bad = 1;
}
