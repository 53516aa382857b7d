/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/study_folder.h"

#include <stdlib.h>
#include <string.h>

#include "core/spec.h"
#include "lab/json.h"
#include "lab/lab.h"

cod_status study_check_version(cod_store *store, cod_message *message)
{
    char *version = NULL;
    cod_status status = cod_store_about(store, ABOUT_VERSION, &version, message);
    if (status == COD_OK && (version == NULL || strcmp(version, COD_VERSION) != 0))
        status = cod_fail(
            message, COD_EFILE,
            "%s: begun by codescent %s; this is %s, whose runs may differ",
            cod_store_path(store), version != NULL ? version : "?", COD_VERSION);
    free(version);
    return status;
}

/* What a store has to know. */
typedef struct about {
    const char *command;
    const char *data; /* or NULL */
} about;

static cod_status make_store(const char *folder, const about *what,
                             cod_store **ret_store, cod_message *message)
{
    cod_store *store;
    cod_status status = cod_store_open(folder, COD_STORE_NEW, &store, message);
    if (status < 0)
        return status;
    status = cod_store_set_about(store, ABOUT_VERSION, COD_VERSION, message);
    if (status == COD_OK)
        status = cod_store_set_about(store, ABOUT_COMMAND, what->command, message);
    if (status == COD_OK && what->data != NULL)
        status = cod_store_set_about(store, ABOUT_DATA, what->data, message);
    if (status < 0)
        cod_store_close(store);
    else
        *ret_store = store;
    return status;
}

static cod_status check_store(cod_store *store, const about *what, cod_message *message)
{
    char *command = NULL, *data = NULL;
    const char *path = cod_store_path(store);
    cod_status status = study_check_version(store, message);
    if (status == COD_OK)
        status = cod_store_about(store, ABOUT_COMMAND, &command, message);
    if (status == COD_OK && (command == NULL || strcmp(command, what->command) != 0))
        status = cod_fail(message, COD_EFILE, "%s: of another study", path);
    if (status == COD_OK && what->data != NULL)
        status = cod_store_about(store, ABOUT_DATA, &data, message);
    if (status == COD_OK && data != NULL && strcmp(data, what->data) != 0)
        status = cod_fail(message, COD_EFILE,
                          "%s: begun with other data (fingerprint %.40s; now %.40s)",
                          path, data, what->data);
    free(command);
    free(data);
    return status;
}

static cod_status open_store(const char *folder, const about *what,
                             cod_store **ret_store, cod_message *message)
{
    cod_store *store;
    cod_status status = cod_store_open(folder, COD_STORE_WRITE, &store, message);
    if (status < 0)
        return status;
    status = check_store(store, what, message);
    if (status < 0)
        cod_store_close(store);
    else
        *ret_store = store;
    return status;
}

int study_folder_open(const json_t *line, json_t *content, const char *wanted,
                      const char *resume, study_folder *ret_folder)
{
    study_folder folder = {0};
    cod_message message = {{0}};
    char *command = cod_json_line(line);
    if (command == NULL)
        return complain(EXIT_FAILED, "no memory");
    about what = {command,
                  json_string_value(json_object_get(content, "data_fingerprint"))};
    int code = -1; /* what is wrong with a folder that was named is wrong usage */
    cod_status status = resume != NULL
                            ? cod_results_open(resume, &folder.results, &message)
                            : cod_results_alloc(wanted, &folder.results, &message);
    if (status == COD_OK && resume != NULL)
        status = open_store(resume, &what, &folder.store, &message);
    if (status < 0)
        code = complain_status(status, &message);
    if (code < 0)
        status = cod_results_manifest(folder.results, content, 0, &message);
    if (code < 0 && status == COD_OK && resume == NULL)
        status = make_store(cod_results_path(folder.results), &what, &folder.store,
                            &message);
    if (code < 0 && status < 0)
        code = complain(EXIT_FAILED, "%s", message.text);
    free(command);
    if (code < 0)
        *ret_folder = folder;
    else
        study_folder_close(&folder);
    return code;
}

void study_folder_close(study_folder *folder)
{
    cod_store_close(folder->store);
    cod_results_free(folder->results);
}

cod_status study_command(const char *path, const char *text, json_t **ret_line,
                         cod_message *message)
{
    json_t *line = NULL;
    cod_status status = COD_EFILE;
    if (text != NULL)
        status = cod_json_read(path, text, strlen(text), &line, message);
    if (status == COD_EMEMORY)
        return status;
    if (json_is_array(line) && json_is_string(json_array_get(line, 0))) {
        *ret_line = line;
        return COD_OK;
    }
    json_decref(line);
    return cod_fail(message, COD_EFILE, "%s: does not say what began it", path);
}

/* The command that a folder's store knows. */
static cod_status read_command(const char *folder, json_t **ret_line,
                               cod_message *message)
{
    cod_store *store;
    char *command = NULL;
    cod_status status = cod_store_open(folder, COD_STORE_READ, &store, message);
    if (status < 0)
        return status;
    status = study_check_version(store, message);
    if (status == COD_OK)
        status = cod_store_about(store, ABOUT_COMMAND, &command, message);
    if (status == COD_OK)
        status = study_command(cod_store_path(store), command, ret_line, message);
    free(command);
    cod_store_close(store);
    return status;
}

int study_again(const verb *chosen, const char *folder, const void *local)
{
    cod_message message = {{0}};
    json_t *line;
    cod_status status = read_command(folder, &line, &message);
    if (status < 0)
        return complain_status(status, &message);
    const char *name = json_string_value(json_array_get(line, 0));
    int code = strcmp(name, chosen->name) == 0
                   ? verb_again(chosen, line, local)
                   : complain(EXIT_USAGE, "%s: its study was begun by `codescent %s`",
                              folder, name);
    json_decref(line);
    return code;
}

int study_finish(const char *name, const char *folder, const char *format, int json,
                 int quiet)
{
    static const verb *const verbs[] = {&verb_run, &verb_reproduce};
    const study_arguments local = {
        .resume = folder, .format = format, .json = json, .quiet = quiet};
    for (size_t k = 0; k < COUNT(verbs); k++)
        if (strcmp(verbs[k]->name, name) == 0) {
            char *values = calloc(1, verbs[k]->size);
            if (values == NULL)
                return complain(EXIT_FAILED, "no memory");
            memcpy(values + verbs[k]->study, &local, sizeof local);
            int code = study_again(verbs[k], folder, values);
            free(values);
            return code;
        }
    return complain(EXIT_USAGE, "%s: no verb of this program is called '%.40s'", folder,
                    name);
}

/* Up to nine digits; where they end. */
static const char *read_digits(const char *text, size_t *ret_number)
{
    size_t number = 0, k = 0;
    for (; k < 9 && text[k] >= '0' && text[k] <= '9'; k++)
        number = 10 * number + (size_t)(text[k] - '0');
    *ret_number = number;
    return text + k;
}

cod_status read_part(const char *text, cod_sweep_options *ret_how, cod_message *message)
{
    size_t part = 0, parts = 0;
    if (text == NULL)
        return COD_OK;
    const char *rest = read_digits(text, &part);
    rest = *rest == '/' ? read_digits(rest + 1, &parts) : text;
    if (*rest != '\0' || part < 1 || part > parts)
        return cod_fail(message, COD_EOPTION,
                        "--part %.40s: wanted is I/N, the I-th of N shares, as in 1/2",
                        text);
    ret_how->part = part - 1;
    ret_how->parts = parts;
    return COD_OK;
}
