/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"
#include "cli/study_folder.h"
#include "core/spec.h"
#include "lab/figure.h"
#include "lab/lab.h"

typedef struct arguments {
    const char *out, *format;
    int json, quiet;
} arguments;

static const argument table[] = {
    {"out", ARGUMENT_TEXT, offsetof(arguments, out), "DIR",
     "the folder of the whole, made anew (default results/merged)"},
    {"format", ARGUMENT_TEXT, offsetof(arguments, format), "F",
     "png, svg or pdf (default png)"},
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
    {"quiet", ARGUMENT_FLAG, offsetof(arguments, quiet), NULL, "no progress line"},
};

/* What a store of this version knows of its study. */
typedef struct origin {
    char *command;
    char *data; /* its fingerprint, or NULL */
} origin;

static void origin_clear(origin *o)
{
    free(o->command);
    free(o->data);
}

/* To be cleared also after an error. */
static cod_status read_origin(cod_store *store, origin *ret, cod_message *message)
{
    cod_status status = study_check_version(store, message);
    if (status == COD_OK)
        status = cod_store_about(store, ABOUT_COMMAND, &ret->command, message);
    if (status == COD_OK && ret->command == NULL)
        status = cod_fail(message, COD_EFILE, "%s: does not say what began it",
                          cod_store_path(store));
    if (status == COD_OK)
        status = cod_store_about(store, ABOUT_DATA, &ret->data, message);
    return status;
}

static cod_status take(study_folder *whole, const char *from, cod_message *message)
{
    cod_store *store;
    cod_status status = cod_store_open(from, COD_STORE_READ, &store, message);
    if (status < 0)
        return status;
    status = cod_store_merge(whole->store, store, message);
    cod_store_close(store);
    return status;
}

static cod_status origin_of(const char *folder, origin *ret, cod_message *message)
{
    cod_store *store;
    cod_status status = cod_store_open(folder, COD_STORE_READ, &store, message);
    if (status < 0)
        return status;
    status = read_origin(store, ret, message);
    cod_store_close(store);
    return status;
}

/* -1 to go on, or an exit code, after a complaint. */
static int merge(const char *out, const origin *first, const json_t *line,
                 char **folders, size_t count, char **ret_folder)
{
    cod_message message = {{0}};
    study_folder whole = {0};
    json_t *content =
        json_pack("{s:s, s:s*}", "command", "merge", "data_fingerprint", first->data);
    int code = study_folder_open(line, content, out, NULL, &whole);
    json_decref(content);
    if (code >= 0)
        return code;
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < count; k++)
        status = take(&whole, folders[k], &message);
    *ret_folder = strdup(cod_results_path(whole.results));
    study_folder_close(&whole);
    return status == COD_OK ? -1 : complain_status(status, &message);
}

static cod_status compare(const char *folder, const char *first, const origin *own,
                          const origin *whole, cod_message *message)
{
    if (strcmp(own->command, whole->command) != 0)
        return cod_fail(message, COD_EFILE, "%s: of another study than %s", folder,
                        first);
    if (own->data != NULL && whole->data != NULL && strcmp(own->data, whole->data) != 0)
        return cod_fail(message, COD_EFILE, "%s: of other data than %s", folder, first);
    return COD_OK;
}

/* All that can be wrong before a folder is made. */
static cod_status check(char **folders, size_t count, origin *ret_whole,
                        cod_message *message)
{
    cod_status status = origin_of(folders[0], ret_whole, message);
    for (size_t k = 1; status == COD_OK && k < count; k++) {
        origin own = {0};
        status = origin_of(folders[k], &own, message);
        if (status == COD_OK)
            status = compare(folders[k], folders[0], &own, ret_whole, message);
        origin_clear(&own);
    }
    return status;
}

static int run(const void *values, char **operands, size_t count)
{
    const arguments *given = values;
    cod_message message = {{0}};
    char *folder = NULL;
    origin whole = {0};
    cod_status status = check(operands, count, &whole, &message);
    if (status == COD_OK && given->format != NULL)
        status = cod_format_check(given->format, &message);
    json_t *line = NULL;
    if (status == COD_OK)
        status = study_command(operands[0], whole.command, &line, &message);
    int code = status == COD_OK
                   ? merge(given->out != NULL ? given->out : "results/merged", &whole,
                           line, operands, count, &folder)
                   : complain_status(status, &message);
    if (code < 0)
        code = folder == NULL
                   ? complain(EXIT_FAILED, "no memory")
                   : study_finish(json_string_value(json_array_get(line, 0)), folder,
                                  given->format, given->json, given->quiet);
    json_decref(line);
    origin_clear(&whole);
    free(folder);
    return code;
}

const verb verb_merge = {
    .name = "merge",
    .operands = "DIR DIR...",
    .operands_min = 1,
    .operands_max = 1000,
    .summary = "folders of one study, begun with --part on several machines, as one",
    .details = "Runs that none of them has finished are done here.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
