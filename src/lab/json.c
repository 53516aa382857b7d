/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/json.h"

#include "core/spec.h"
#include "lab/lab.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS JSON_REAL_PRECISION(17)

/* ---- memory ---- */

static int lost;

static void *take(size_t size)
{
    void *block = malloc(size);
    if (block == NULL)
        lost = 1;
    return block;
}

void cod_json_begin(void)
{
    json_set_alloc_funcs(take, free);
}

int cod_json_lost(void)
{
    return lost;
}

/* ---- reading ---- */

/* What a parser without memory says is no use: it may take a text for a wrong one, or
 * leave a value out. */
cod_status cod_json_read(const char *name, const char *bytes, size_t size,
                         json_t **ret_json, cod_message *ret_message)
{
    json_error_t error;
    json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (json != NULL && !lost) {
        *ret_json = json;
        return COD_OK;
    }
    json_decref(json);
    if (lost)
        return cod_fail(ret_message, COD_EMEMORY, "%s: out of memory", name);
    return cod_fail(ret_message, COD_ESYNTAX, "%s, line %d: %s", name, error.line,
                    error.text);
}

/* ---- values ---- */

json_t *cod_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *cod_json_reals(const double *values, size_t count)
{
    if (values == NULL)
        return json_null();
    json_t *array = json_array();
    for (size_t k = 0; array != NULL && k < count; k++)
        if (json_array_append_new(array, cod_json_real(values[k])) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

json_t *cod_json_matrix(const double *values, size_t rows, size_t columns)
{
    if (values == NULL)
        return json_null();
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < rows; i++)
        if (json_array_append_new(array,
                                  cod_json_reals(values + i * columns, columns)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

json_t *cod_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    char *ascii = strdup(text);
    if (ascii == NULL)
        return NULL;
    for (char *c = ascii; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    json = json_string(ascii);
    free(ascii);
    return json;
}

/* ---- writing ---- */

/* jansson has either one line for all or one line for every number; neither reads well.
 */
static int write_value(const json_t *json, FILE *stream, int depth);

static int fits_line(const json_t *json)
{
    size_t count = json_array_size(json);
    for (size_t k = 0; k < count; k++) {
        const json_t *item = json_array_get(json, k);
        if (json_is_object(item) || json_is_array(item))
            return 0;
    }
    return 1;
}

static void begin_line(FILE *stream, int depth, int first)
{
    fprintf(stream, "%s\n%*s", first ? "" : ",", 2 * depth, "");
}

static int write_object(json_t *json, FILE *stream, int depth)
{
    const char *key;
    json_t *value;
    int first = 1;
    fputc('{', stream);
    json_object_foreach(json, key, value)
    {
        json_t *name = json_string(key);
        begin_line(stream, depth + 1, first);
        first = 0;
        int bad = name == NULL || json_dumpf(name, stream, JSON_ENCODE_ANY) != 0;
        json_decref(name);
        fputs(": ", stream);
        if (bad || write_value(value, stream, depth + 1) != 0)
            return -1;
    }
    if (!first)
        begin_line(stream, depth, 1);
    fputc('}', stream);
    return 0;
}

static int write_array(const json_t *json, FILE *stream, int depth)
{
    size_t count = json_array_size(json);
    fputc('[', stream);
    for (size_t k = 0; k < count; k++) {
        begin_line(stream, depth + 1, k == 0);
        if (write_value(json_array_get(json, k), stream, depth + 1) != 0)
            return -1;
    }
    begin_line(stream, depth, 1);
    fputc(']', stream);
    return 0;
}

static int write_value(const json_t *json, FILE *stream, int depth)
{
    if (json_is_object(json))
        return write_object((json_t *)json, stream, depth);
    if (json_is_array(json) && !fits_line(json))
        return write_array(json, stream, depth);
    return json_dumpf(json, stream, JSON_ENCODE_ANY | DIGITS);
}

char *cod_json_line(const json_t *json)
{
    return json != NULL && !lost ? json_dumps(json, JSON_COMPACT | DIGITS) : NULL;
}

/* The document in memory, whole or not at all; to be freed. */
static cod_status write_text(const json_t *json, char **ret_text, size_t *ret_size,
                             cod_message *message)
{
    FILE *stream = lost ? NULL : open_memstream(ret_text, ret_size);
    if (stream == NULL)
        return cod_fail(message, COD_EMEMORY, "JSON: out of memory");
    int bad = write_value(json, stream, 0);
    fputc('\n', stream);
    bad |= ferror(stream);
    if (fclose(stream) == 0 && !bad)
        return COD_OK;
    free(*ret_text);
    return cod_fail(message, COD_EMEMORY, "JSON: out of memory");
}

/* A part of a document, which a shortage of memory would leave, is no document. */
cod_status cod_json_write(const json_t *json, FILE *stream, cod_message *ret_message)
{
    char *text;
    size_t size;
    if (json == NULL && !lost)
        return cod_fail(ret_message, COD_EARGUMENT,
                        "no JSON document: memory is short, or a text is not UTF-8");
    cod_status status = write_text(json, &text, &size, ret_message);
    if (status < 0)
        return status;
    errno = 0;
    fwrite(text, 1, size, stream);
    free(text);
    if (ferror(stream))
        status = cod_fail(ret_message, COD_EFILE, "JSON: %s",
                          errno != 0 ? strerror(errno) : "could not be written");
    return status;
}
