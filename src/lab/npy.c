/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/npy.h"

#include "core/spec.h"
#include "lab/file.h"
#include "lab/lab.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error ".npy files are read as the little-endian numbers that they hold"
#endif

#define MAGIC        "\x93NUMPY"
#define MAGIC_LENGTH 6
#define DTYPE_LENGTH 16

/* What the header says: a Python dictionary of three keys, written as a literal. */
typedef struct header {
    char dtype[DTYPE_LENGTH];
    int fortran;
    size_t dimensions; /* as in the file, perhaps more than 3 */
    size_t shape[3];
    int has_dtype;
    int has_order;
    int has_shape;
} header;

typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

int cod_npy_is(const char *bytes, size_t size)
{
    return size >= MAGIC_LENGTH && memcmp(bytes, MAGIC, MAGIC_LENGTH) == 0;
}

/* Skips blanks; the next character, or 0 at the end. */
static char peek(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t'))
        c->at++;
    return c->at < c->end ? *c->at : '\0';
}

static int accept(cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return 0;
    c->at++;
    return 1;
}

static int accept_word(cursor *c, const char *word)
{
    size_t length = strlen(word);
    peek(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return 0;
    c->at += length;
    return 1;
}

/* A quoted text, cut to the room. */
static int read_quoted(cursor *c, char *ret_text, size_t room)
{
    char quote = peek(c);
    size_t length = 0;
    if (quote != '\'' && quote != '"')
        return 0;
    for (c->at++; c->at < c->end && *c->at != quote; c->at++)
        if (length + 1 < room)
            ret_text[length++] = *c->at;
    ret_text[length] = '\0';
    return accept(c, quote);
}

static int read_count(cursor *c, size_t *ret_count)
{
    size_t count = 0;
    char digit = peek(c);
    if (digit < '0' || digit > '9')
        return 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (count > (SIZE_MAX - 9) / 10)
            return 0;
        count = 10 * count + (size_t)(*c->at - '0');
    }
    *ret_count = count;
    return 1;
}

static int read_shape(cursor *c, header *h)
{
    if (!accept(c, '('))
        return 0;
    while (!accept(c, ')')) {
        size_t count;
        if (!read_count(c, &count))
            return 0;
        accept(c, 'L'); /* Python 2 wrote long integers so */
        if (h->dimensions < 3)
            h->shape[h->dimensions] = count;
        h->dimensions++;
        if (!accept(c, ',') && peek(c) != ')')
            return 0;
    }
    return 1;
}

/* A record type is a list: read as a name that no one supports. */
static int read_dtype(cursor *c, header *h)
{
    if (peek(c) == '[') {
        strcpy(h->dtype, "a record");
        while (c->at < c->end && *c->at != ']')
            c->at++;
        return accept(c, ']');
    }
    return read_quoted(c, h->dtype, sizeof h->dtype);
}

static int read_entry(cursor *c, header *h)
{
    char key[DTYPE_LENGTH];
    if (!read_quoted(c, key, sizeof key) || !accept(c, ':'))
        return 0;
    if (strcmp(key, "descr") == 0)
        return !h->has_dtype && (h->has_dtype = read_dtype(c, h));
    if (strcmp(key, "shape") == 0)
        return !h->has_shape && (h->has_shape = read_shape(c, h));
    if (strcmp(key, "fortran_order") != 0 || h->has_order)
        return 0;
    h->fortran = accept_word(c, "True");
    return h->has_order = h->fortran || accept_word(c, "False");
}

static int read_header(cursor *c, header *h)
{
    if (!accept(c, '{'))
        return 0;
    while (!accept(c, '}')) {
        if (!read_entry(c, h) || (!accept(c, ',') && peek(c) != '}'))
            return 0;
    }
    return h->has_dtype && h->has_order && h->has_shape && peek(c) == '\0';
}

/* Where the header lies, by the file's version. */
static cod_status find_header(const char *name, const char *bytes, size_t size,
                              cursor *ret_cursor, cod_message *message)
{
    unsigned char head[12] = {0};
    memcpy(head, bytes, size < sizeof head ? size : sizeof head);
    unsigned major = head[6];
    size_t start = major == 1 ? 10 : 12;
    size_t length = (size_t)head[8] | (size_t)head[9] << 8;
    if (size >= 8 && (major < 1 || major > 3))
        return cod_fail(message, COD_EUNSUPPORTED,
                        "%s: .npy version %u.%u; 1.0 to 3.0 are read", name, major,
                        head[7]);
    if (major > 1)
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    if (size < start || size - start < length)
        return cod_fail(message, COD_ESHAPE, "%s: truncated within the .npy header",
                        name);
    *ret_cursor = (cursor){bytes + start, bytes + start + length};
    return COD_OK;
}

static cod_status find_type(const char *name, const header *h, cod_type *ret_type,
                            cod_message *message)
{
    const char *letters = strchr("<|=", h->dtype[0]) != NULL ? h->dtype + 1 : h->dtype;
    if (strcmp(letters, "f4") == 0)
        *ret_type = COD_FLOAT32;
    else if (strcmp(letters, "f8") == 0)
        *ret_type = COD_FLOAT64;
    else
        return cod_fail(message, COD_EUNSUPPORTED,
                        "%s: dtype '%s'; '<f4' and '<f8' (little-endian float32 and "
                        "float64) are read",
                        name, h->dtype);
    return COD_OK;
}

/* The shape in words, such as "(3, 4)". */
static const char *shape_text(const cod_array *array, char ret_text[96])
{
    size_t length = 1;
    strcpy(ret_text, "(");
    for (size_t k = 0; k < array->dimensions; k++)
        length += (size_t)snprintf(ret_text + length, 96 - length, "%s%zu",
                                   k > 0 ? ", " : "", array->shape[k]);
    snprintf(ret_text + length, 96 - length, ")");
    return ret_text;
}

static cod_status set_shape(const char *name, const header *h, size_t bytes_left,
                            cod_array *array, cod_message *message)
{
    char text[96];
    size_t wanted = array->type == COD_FLOAT32 ? sizeof(float) : sizeof(double);
    if (h->dimensions < 1 || h->dimensions > 3)
        return cod_fail(message, COD_EUNSUPPORTED,
                        "%s: the array has %zu dimensions; 1 to 3 are read", name,
                        h->dimensions);
    if (h->fortran && h->dimensions > 1)
        return cod_fail(message, COD_EUNSUPPORTED,
                        "%s: Fortran order; C order is read (numpy.ascontiguousarray)",
                        name);
    array->dimensions = h->dimensions;
    array->count = 1;
    for (size_t k = 0; k < 3; k++) {
        array->shape[k] = k < h->dimensions ? h->shape[k] : 1;
        if (__builtin_mul_overflow(wanted, array->shape[k], &wanted))
            wanted = SIZE_MAX; /* no file is that long */
        array->count *= array->shape[k];
    }
    shape_text(array, text);
    for (size_t k = 0; k < 3; k++)
        if (array->shape[k] == 0)
            return cod_fail(message, COD_ESHAPE, "%s: shape %s holds no number", name,
                            text);
    if (wanted == SIZE_MAX)
        return cod_fail(message, COD_ESHAPE,
                        "%s: truncated: no file holds an array of shape %s", name,
                        text);
    if (bytes_left != wanted)
        return cod_fail(message, COD_ESHAPE,
                        "%s: %s: shape %s asks for %zu bytes of data, %zu are there",
                        name, bytes_left < wanted ? "truncated" : "too long", text,
                        wanted, bytes_left);
    return COD_OK;
}

static cod_status check_finite(const char *name, const cod_array *array,
                               cod_message *message)
{
    size_t k = 0;
    while (k < array->count && isfinite(cod_array_at(array, k)))
        k++;
    if (k == array->count)
        return COD_OK;
    const char *what = isnan(cod_array_at(array, k)) ? "NaN" : "infinite";
    const size_t *shape = array->shape;
    if (array->dimensions == 1)
        return cod_fail(message, COD_ENONFINITE, "%s: element %zu is %s", name, k + 1,
                        what);
    if (array->dimensions == 2)
        return cod_fail(message, COD_ENONFINITE, "%s: row %zu, column %zu is %s", name,
                        k / shape[1] + 1, k % shape[1] + 1, what);
    return cod_fail(message, COD_ENONFINITE,
                    "%s: matrix %zu, row %zu, column %zu is %s", name,
                    k / (shape[1] * shape[2]) + 1, k / shape[2] % shape[1] + 1,
                    k % shape[2] + 1, what);
}

cod_status cod_npy_parse(const char *name, const char *bytes, size_t size,
                         cod_array *ret_array, cod_message *ret_message)
{
    cursor c = {0};
    header h = {0};
    cod_array array = {0};
    if (!cod_npy_is(bytes, size))
        return cod_fail(ret_message, COD_ESYNTAX, "%s: is not a .npy file", name);
    cod_status status = find_header(name, bytes, size, &c, ret_message);
    if (status < 0)
        return status;
    const char *data = c.end;
    if (!read_header(&c, &h))
        return cod_fail(ret_message, COD_ESYNTAX, "%s: the .npy header is damaged",
                        name);
    status = find_type(name, &h, &array.type, ret_message);
    if (status == COD_OK)
        status =
            set_shape(name, &h, (size_t)(bytes + size - data), &array, ret_message);
    if (status < 0)
        return status;
    size_t length = (size_t)(bytes + size - data);
    array.data = malloc(length);
    if (array.data == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "%s: too large for the memory", name);
    memcpy(array.data, data, length);
    status = check_finite(name, &array, ret_message);
    if (status < 0)
        free(array.data);
    else
        *ret_array = array;
    return status;
}

cod_status cod_npy_read(const char *path, cod_array *ret_array,
                        cod_message *ret_message)
{
    char *bytes;
    size_t size;
    cod_status status = cod_file_read(path, &bytes, &size, ret_message);
    if (status < 0)
        return status;
    const char *name = cod_file_name(path);
    if (size == 0)
        status = cod_fail(ret_message, COD_ESHAPE, "%s: is empty", name);
    else
        status = cod_npy_parse(name, bytes, size, ret_array, ret_message);
    free(bytes);
    return status;
}

double cod_array_at(const cod_array *array, size_t k)
{
    return array->type == COD_FLOAT32 ? (double)((const float *)array->data)[k]
                                      : ((const double *)array->data)[k];
}
