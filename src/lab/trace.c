/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/trace.h"

#include "core/spec.h"
#include "lab/file.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/npy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The array as float64; takes over array->data. */
static double *as_doubles(cod_array *array)
{
    double *values = array->data;
    if (array->type == COD_FLOAT64)
        return values;
    values = malloc(array->count * sizeof *values);
    for (size_t k = 0; values != NULL && k < array->count; k++)
        values[k] = cod_array_at(array, k);
    free(array->data);
    return values;
}

static cod_status read_array(const char *folder, const char *file, size_t dimensions,
                             const char *shape, cod_array *ret_array,
                             double **ret_values, cod_message *message)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, file) < 0)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    cod_status status = cod_npy_read(path, ret_array, message);
    if (status == COD_OK && ret_array->dimensions != dimensions) {
        free(ret_array->data);
        status = cod_fail(message, COD_ESHAPE,
                          "%s: the array has %zu dimension%s; a trace's is %s",
                          cod_file_name(path), ret_array->dimensions,
                          ret_array->dimensions == 1 ? "" : "s", shape);
    }
    if (status == COD_OK && (*ret_values = as_doubles(ret_array)) == NULL)
        status = cod_fail(message, COD_EMEMORY, "%s: too large for the memory",
                          cod_file_name(path));
    free(path);
    return status;
}

static cod_status read_arrays(const char *folder, cod_trace *trace,
                              cod_message *message)
{
    cod_array losses = {0}, gramians = {0};
    cod_status status = read_array(folder, "losses.npy", 2, "steps x m", &losses,
                                   &trace->losses, message);
    if (status == COD_OK)
        status = read_array(folder, "gramians.npy", 3, "steps x m x m", &gramians,
                            &trace->gramians, message);
    if (status < 0)
        return status;
    trace->steps = losses.shape[0];
    trace->m = losses.shape[1];
    if (gramians.shape[0] != trace->steps || gramians.shape[1] != trace->m ||
        gramians.shape[2] != trace->m)
        return cod_fail(message, COD_ESHAPE,
                        "%s: losses.npy is %zu x %zu, so gramians.npy has to be "
                        "%zu x %zu x %zu, but is %zu x %zu x %zu",
                        cod_file_name(folder), trace->steps, trace->m, trace->steps,
                        trace->m, trace->m, gramians.shape[0], gramians.shape[1],
                        gramians.shape[2]);
    return COD_OK;
}

/* ---- about.json ---- */

static cod_status check_count(const char *folder, const json_t *about, const char *key,
                              size_t actual, cod_message *message)
{
    const json_t *value = json_object_get(about, key);
    if (value == NULL || json_is_array(value))
        return COD_OK;
    if (!json_is_integer(value))
        return cod_fail(message, COD_ESYNTAX,
                        "%s/about.json: \"%s\" is not a whole number",
                        cod_file_name(folder), key);
    if (json_integer_value(value) == (json_int_t)actual)
        return COD_OK;
    return cod_fail(
        message, COD_ESHAPE, "%s/about.json: \"%s\" is %lld, but losses.npy has %zu",
        cod_file_name(folder), key, (long long)json_integer_value(value), actual);
}

static cod_status take_names(const char *folder, const json_t *names, cod_trace *trace,
                             cod_message *message)
{
    if (!json_is_array(names))
        return COD_OK;
    if (json_array_size(names) != trace->m)
        return cod_fail(
            message, COD_ESHAPE,
            "%s/about.json: %zu objectives are named, but losses.npy has %zu",
            cod_file_name(folder), json_array_size(names), trace->m);
    trace->objectives = calloc(trace->m, sizeof *trace->objectives);
    if (trace->objectives == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    for (size_t i = 0; i < trace->m; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name == NULL)
            return cod_fail(message, COD_ESYNTAX,
                            "%s/about.json: objective %zu's name is not a text",
                            cod_file_name(folder), i + 1);
        trace->objectives[i] = strdup(name);
        if (trace->objectives[i] == NULL)
            return cod_fail(message, COD_EMEMORY, "out of memory");
    }
    return COD_OK;
}

static cod_status take_about(const char *folder, const json_t *about, cod_trace *trace,
                             cod_message *message)
{
    if (!json_is_object(about))
        return cod_fail(message, COD_ESYNTAX, "%s/about.json: is not a JSON object",
                        cod_file_name(folder));
    const char *text = json_string_value(json_object_get(about, "about"));
    if (text != NULL && (trace->about = strdup(text)) == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    cod_status status = check_count(folder, about, "objectives", trace->m, message);
    if (status == COD_OK)
        status = check_count(folder, about, "steps", trace->steps, message);
    if (status == COD_OK)
        status =
            take_names(folder, json_object_get(about, "objectives"), trace, message);
    return status;
}

static cod_status read_about(const char *folder, cod_trace *trace, cod_message *message)
{
    char *path, *bytes;
    size_t size;
    if (asprintf(&path, "%s/about.json", folder) < 0)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        free(path);
        return COD_OK;
    }
    cod_status status = cod_file_read(path, &bytes, &size, message);
    if (status == COD_OK) {
        json_t *about = NULL;
        status = cod_json_read(cod_file_name(path), bytes, size, &about, message);
        if (status == COD_OK)
            status = take_about(folder, about, trace, message);
        json_decref(about);
        free(bytes);
    }
    free(path);
    return status;
}

/* The folder's own name: the last part of its full path. NULL: no memory. */
static char *own_name(const char *folder)
{
    char *full = realpath(folder, NULL);
    if (full == NULL && errno == ENOMEM)
        return NULL;
    const char *slash = full == NULL ? NULL : strrchr(full, '/');
    char *name = strdup(slash == NULL || slash[1] == '\0' ? folder : slash + 1);
    free(full);
    return name;
}

cod_status cod_trace_read(const char *folder, cod_trace *ret_trace,
                          cod_message *ret_message)
{
    cod_trace trace = {0};
    cod_status status = read_arrays(folder, &trace, ret_message);
    if (status == COD_OK)
        status = read_about(folder, &trace, ret_message);
    if (status == COD_OK && (trace.name = own_name(folder)) == NULL)
        status = cod_fail(ret_message, COD_EMEMORY, "out of memory");
    if (status < 0)
        cod_trace_clear(&trace);
    else
        *ret_trace = trace;
    return status;
}

void cod_trace_clear(cod_trace *trace)
{
    for (size_t i = 0; trace->objectives != NULL && i < trace->m; i++)
        free(trace->objectives[i]);
    free(trace->objectives);
    free(trace->losses);
    free(trace->gramians);
    free(trace->name);
    free(trace->about);
    *trace = (cod_trace){0};
}
