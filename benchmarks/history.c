/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document of an earlier run: read, and checked before anything is compared. */
#include "bench.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_private.h"
#include "core/spec.h"
#include "lab/file.h"
#include "lab/json.h"

/* Where something is wrong. */
typedef struct place {
    const char *file;
    cod_message *message;
} place;

static cod_status wrong(const place *at, const char *where, const char *what)
{
    return cod_fail(at->message, COD_EARGUMENT,
                    "%s: %s %s (a document of `codescent bench --json` is wanted)",
                    at->file, where, what);
}

/* What no clock shows, and whose quotients overflow. */
static const double most_figure = 1e100;

static cod_status check_number(const place *at, const char *where, const json_t *value,
                               int zero)
{
    double number = json_number_value(value);
    if (value == NULL)
        return wrong(at, where, "is missing");
    if (!json_is_number(value) || number < 0 || (number <= 0 && !zero))
        return wrong(at, where, zero ? "is not a number >= 0" : "is not a number > 0");
    if (number > most_figure || (number > 0 && number < 1 / most_figure))
        return wrong(at, where, "is out of all range");
    return COD_OK;
}

/* Texts are printed, on a line. */
static cod_status check_text(const place *at, const char *where, const char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            return wrong(at, where, "holds a control character");
    return COD_OK;
}

/* A text, so long that BENCH_NAMES of them are a label, or a whole number. */
static cod_status check_name(const place *at, const char *where, const json_t *name)
{
    if (json_is_integer(name))
        return COD_OK;
    if (!json_is_string(name))
        return wrong(at, where,
                     name == NULL ? "is missing"
                                  : "is neither a text nor a whole number");
    if (json_string_length(name) >= BENCH_LABEL / BENCH_NAMES)
        return wrong(at, where, "is too long a text");
    return check_text(at, where, json_string_value(name));
}

static cod_status check_machine(const place *at, const json_t *machine)
{
    static const char *const texts[] = {"version", "processor", "kernels", "openblas"};
    char where[64];
    cod_status status = COD_OK;
    if (!json_is_object(machine))
        return wrong(at, "machine",
                     machine == NULL ? "is missing" : "is not an object");
    for (size_t k = 0; k < 4 && status == COD_OK; k++) {
        snprintf(where, sizeof where, "machine.%s", texts[k]);
        const json_t *text = json_object_get(machine, texts[k]);
        if (!json_is_string(text))
            return wrong(at, where, "is not a text");
        status = check_text(at, where, json_string_value(text));
    }
    if (status < 0)
        return status;
    if (!json_is_integer(json_object_get(machine, "threads")))
        return wrong(at, "machine.threads", "is not a whole number");
    return check_number(at, "machine.dpotrf64_us",
                        json_object_get(machine, "dpotrf64_us"), 0);
}

/* A measured column: its three numbers, or three times null. */
static cod_status check_figure(const place *at, const char *where, const json_t *row,
                               const char *key)
{
    static const char *const ends[] = {"", "_median", "_spread"};
    cod_status status = COD_OK;
    if (json_is_null(json_object_get(row, key)))
        return COD_OK;
    for (size_t k = 0; k < 3 && status == COD_OK; k++) {
        char name[128], which[256];
        snprintf(name, sizeof name, "%.100s%s", key, ends[k]);
        snprintf(which, sizeof which, "%s.%s", where, name);
        status = check_number(at, which, json_object_get(row, name), k == 2);
    }
    return status;
}

static cod_status check_row(const place *at, const bench_table *table,
                            const json_t *rows, size_t k)
{
    const json_t *row = json_array_get(rows, k);
    char where[128], label[BENCH_LABEL], other[BENCH_LABEL];
    cod_status status = COD_OK;
    snprintf(where, sizeof where, "%s[%zu]", table->name, k);
    if (!json_is_object(row))
        return wrong(at, where, "is not an object");
    for (size_t i = 0; i < BENCH_NAMES && table->names[i] != NULL && status == COD_OK;
         i++) {
        snprintf(where, sizeof where, "%s[%zu].%s", table->name, k, table->names[i]);
        status = check_name(at, where, json_object_get(row, table->names[i]));
    }
    if (status < 0)
        return status;
    snprintf(where, sizeof where, "%s[%zu]", table->name, k);
    bench_label(table, row, label);
    for (size_t i = 0; i < k; i++) {
        bench_label(table, json_array_get(rows, i), other);
        if (strcmp(label, other) == 0)
            return wrong(at, where, "has the name of a row before it");
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)row, key, value)
    {
        if (status == COD_OK)
            status = check_text(at, where, key);
        if (status == COD_OK && bench_is_measured(row, key))
            status = check_figure(at, where, row, key);
    }
    return status;
}

/* Of a table that this program lacks, no more than that it is one. */
static cod_status check_table(const place *at, const char *name, const json_t *rows)
{
    const bench_table *table = bench_table_find(name);
    cod_status status = check_text(at, "a table's name", name);
    if (status < 0)
        return status;
    if (!json_is_array(rows))
        return wrong(at, name, "is not an array");
    for (size_t k = 0; table != NULL && k < json_array_size(rows) && status == COD_OK;
         k++)
        status = check_row(at, table, rows, k);
    return status;
}

static cod_status check_document(const place *at, const json_t *document)
{
    if (!json_is_object(document))
        return wrong(at, "the whole", "is not an object");
    cod_status status = check_machine(at, json_object_get(document, "machine"));
    const char *name;
    json_t *rows;
    json_object_foreach((json_t *)document, name, rows)
    {
        if (status == COD_OK && strcmp(name, "machine") != 0)
            status = check_table(at, name, rows);
    }
    if (status == COD_OK && json_object_size(document) < 2)
        status = wrong(at, "the whole", "has no table");
    return status;
}

cod_status cod_bench_load(const char *path, json_t **ret_document,
                          cod_message *ret_message)
{
    char *bytes;
    size_t size;
    json_t *document;
    const place at = {cod_file_name(path), ret_message};
    cod_status status = cod_file_read(path, &bytes, &size, ret_message);
    if (status < 0)
        return status;
    status = cod_json_read(at.file, bytes, size, &document, ret_message);
    free(bytes);
    if (status < 0)
        return status;
    status = check_document(&at, document);
    if (status == COD_OK)
        *ret_document = document;
    else
        json_decref(document);
    return status;
}
