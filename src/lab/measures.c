/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store's measures in memory, and the names in them. */
#include "lab/measures.h"

#include "core/spec.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

/* The place of a text, which is added where it is new. */
static cod_status intern(cod_names *names, const char *text, size_t *ret_place)
{
    for (size_t k = 0; k < names->count; k++)
        if (strcmp(names->texts[k], text) == 0) {
            *ret_place = k;
            return COD_OK;
        }
    char **grown = realloc(names->texts, (names->count + 1) * sizeof *grown);
    if (grown == NULL)
        return COD_EMEMORY;
    names->texts = grown;
    grown[names->count] = strdup(text);
    if (grown[names->count] == NULL)
        return COD_EMEMORY;
    *ret_place = names->count++;
    return COD_OK;
}

static void clear_names(cod_names *names)
{
    for (size_t k = 0; k < names->count; k++)
        free(names->texts[k]);
    free(names->texts);
}

static const char *name_at(const void *list, size_t k)
{
    return ((const cod_names *)list)->texts[k];
}

cod_status cod_names_find(const cod_names *names, const char *what, const char *name,
                          size_t *ret_place, cod_message *ret_message)
{
    for (size_t k = 0; k < names->count; k++)
        if (strcmp(names->texts[k], name) == 0) {
            *ret_place = k;
            return COD_OK;
        }
    return cod_fail_name(ret_message, what, name, names, names->count, name_at);
}

/* ---- reading ---- */

static cod_status add(cod_measures *all, const cod_measure *measure)
{
    if (all->count == all->room) {
        size_t room = all->room > 0 ? 2 * all->room : 256;
        cod_sample *grown = realloc(all->samples, room * sizeof *grown);
        if (grown == NULL)
            return COD_EMEMORY;
        all->samples = grown;
        all->room = room;
    }
    cod_sample sample = {
        .seed = measure->seed, .value = measure->value, .better = measure->better};
    cod_status status = intern(&all->problems, measure->problem, &sample.problem);
    if (status == COD_OK)
        status = intern(&all->measures, measure->name, &sample.measure);
    if (status == COD_OK)
        status = intern(&all->methods, measure->method, &sample.method);
    if (status == COD_OK)
        all->samples[all->count++] = sample;
    return status;
}

static cod_status add_measure(void *data, const cod_measure *measure)
{
    return measure->problem == NULL || measure->name == NULL || measure->method == NULL
               ? COD_EMEMORY /* of SQLite: no column may be NULL */
               : add(data, measure);
}

static int compare(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int in_order(const void *left, const void *right)
{
    const cod_sample *a = left, *b = right;
    int order = compare(a->problem, b->problem);
    if (order == 0)
        order = compare(a->measure, b->measure);
    if (order == 0)
        order = compare(a->method, b->method);
    return order != 0 ? order : (a->seed > b->seed) - (a->seed < b->seed);
}

cod_status cod_measures_read(cod_store *store, cod_measures **ret_measures,
                             cod_message *ret_message)
{
    cod_measures *all = calloc(1, sizeof *all);
    cod_status status = all == NULL ? COD_EMEMORY : COD_OK;
    if (status == COD_OK)
        status = cod_store_measures(store, add_measure, all, ret_message);
    if (status == COD_EMEMORY)
        cod_fail(ret_message, COD_EMEMORY, "%s: out of memory", cod_store_path(store));
    if (status < 0) {
        cod_measures_free(all);
        return status;
    }
    if (all->count > 0)
        qsort(all->samples, all->count, sizeof *all->samples, in_order);
    *ret_measures = all;
    return COD_OK;
}

void cod_measures_free(cod_measures *measures)
{
    if (measures == NULL)
        return;
    clear_names(&measures->problems);
    clear_names(&measures->measures);
    clear_names(&measures->methods);
    free(measures->samples);
    free(measures);
}

/* ---- the baseline ---- */

/* "1:1:1", "0.5:.5" */
static int are_equal(const char *list)
{
    char *end;
    double first = strtod(list, &end), value = first;
    while (end > list && value == first && *end == ':') {
        list = end + 1;
        value = strtod(list, &end);
    }
    return end > list && value == first && *end == '\0';
}

/* A text that is no method is none. */
static cod_status is_equal_linear(const char *text, int *ret_is)
{
    cod_spec *spec;
    cod_status status = cod_spec_parse(text, &spec, NULL);
    *ret_is = 0;
    if (status != COD_OK)
        return status == COD_EMEMORY ? status : COD_OK;
    *ret_is = strcmp(spec->name, "linear") == 0;
    for (size_t k = 0; k < spec->option_count; k++)
        *ret_is = *ret_is && strcmp(spec->options[k].name, "weights") == 0 &&
                  are_equal(spec->options[k].value);
    cod_spec_free(spec);
    return COD_OK;
}

cod_status cod_measures_baseline(const cod_measures *measures, size_t *ret_method)
{
    const cod_names *methods = &measures->methods;
    size_t found = COD_NO_BASELINE;
    for (size_t k = 0; k < methods->count && found == COD_NO_BASELINE; k++)
        if (strcmp(methods->texts[k], "linear") == 0)
            found = k;
    for (size_t k = 0; k < methods->count && found == COD_NO_BASELINE; k++) {
        int is;
        cod_status status = is_equal_linear(methods->texts[k], &is);
        if (status != COD_OK)
            return status;
        if (is)
            found = k;
    }
    *ret_method = found;
    return COD_OK;
}
