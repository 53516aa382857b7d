/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/results.h"

#include "core/spec.h"
#include "lab/file.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/linear_program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cblas.h>
#include <gsl/gsl_version.h>
#include <sqlite3.h>

#define SCHEMA "codescent-results-1"
#define TRIES  1000

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

struct cod_results {
    char *path;
    time_t start;
    char library[32], version[96]; /* one more; "": none */
};

/* ---- the folder ---- */

static cod_status cannot_make(const char *path, cod_message *message)
{
    return cod_fail(message, COD_EFILE, "%s: the folder cannot be made: %s",
                    cod_file_name(path), strerror(errno));
}

/* Makes every folder above the last part. */
static cod_status make_parents(char *path, cod_message *message)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int bad = mkdir(path, 0777) != 0 && errno != EEXIST;
        cod_status status = bad ? cannot_make(path, message) : COD_OK;
        *slash = '/';
        if (status < 0)
            return status;
    }
    return COD_OK;
}

/* The first free one of path, path-001, path-002, ...; mkdir alone decides, so that two
 * programs never share a folder. */
static cod_status make_folder(const char *path, char **ret_path, cod_message *message)
{
    for (int k = 0; k < TRIES; k++) {
        char *candidate;
        int length = k == 0 ? asprintf(&candidate, "%s", path)
                            : asprintf(&candidate, "%s-%03d", path, k);
        if (length < 0)
            return cod_fail(message, COD_EMEMORY, "out of memory");
        if (mkdir(candidate, 0777) == 0) {
            *ret_path = candidate;
            return COD_OK;
        }
        cod_status status = errno == EEXIST ? COD_OK : cannot_make(candidate, message);
        free(candidate);
        if (status < 0)
            return status;
    }
    errno = EEXIST;
    return cannot_make(path, message);
}

cod_status cod_results_alloc(const char *wanted, cod_results **ret_results,
                             cod_message *ret_message)
{
    if (wanted == NULL || *wanted == '\0')
        return cod_fail(ret_message, COD_EARGUMENT, "the result folder has no name");
    cod_status status = COD_EMEMORY;
    cod_results *results = calloc(1, sizeof *results);
    char *path = strdup(wanted);
    if (results == NULL || path == NULL) {
        status = cod_fail(ret_message, COD_EMEMORY, "out of memory");
        goto fail;
    }
    for (size_t k = strlen(path); k > 0 && path[k - 1] == '/'; k--)
        path[k - 1] = '\0';
    if (*path == '\0') {
        status = cod_fail(ret_message, COD_EARGUMENT, "/ can't be a result folder");
        goto fail;
    }
    status = make_parents(path, ret_message);
    if (status == COD_OK)
        status = make_folder(path, &results->path, ret_message);
    if (status < 0)
        goto fail;
    results->start = time(NULL);
    free(path);
    *ret_results = results;
    return COD_OK;
fail:
    free(path);
    free(results);
    return status;
}

cod_status cod_results_open(const char *path, cod_results **ret_results,
                            cod_message *ret_message)
{
    struct stat about;
    if (path == NULL || *path == '\0')
        return cod_fail(ret_message, COD_EARGUMENT, "the result folder has no name");
    if (stat(path, &about) != 0)
        return cod_fail(ret_message, COD_EFILE, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return cod_fail(ret_message, COD_EFILE, "%s: not a folder", path);
    cod_results *results = calloc(1, sizeof *results);
    char *copy = strdup(path);
    if (results == NULL || copy == NULL) {
        free(results);
        free(copy);
        return cod_fail(ret_message, COD_EMEMORY, "out of memory");
    }
    results->path = copy;
    results->start = time(NULL);
    *ret_results = results;
    return COD_OK;
}

void cod_results_free(cod_results *results)
{
    if (results == NULL)
        return;
    rmdir(results->path); /* only where nothing was written */
    free(results->path);
    free(results);
}

const char *cod_results_path(const cod_results *results)
{
    return results->path;
}

/* ---- the manifest ---- */

void cod_processor_name(char *ret_name, size_t size)
{
    char line[256];
    FILE *stream = fopen("/proc/cpuinfo", "r");
    snprintf(ret_name, size, "unknown");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        snprintf(ret_name, size, "%s", colon + 1 + strspn(colon + 1, " "));
        ret_name[strcspn(ret_name, "\n")] = '\0';
        break;
    }
    if (stream != NULL)
        fclose(stream);
}

static void print_time(time_t moment, char ret_text[32])
{
    struct tm parts;
    *ret_text = '\0';
    if (gmtime_r(&moment, &parts) != NULL)
        strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void cod_results_library(cod_results *results, const char *name, const char *version)
{
    snprintf(results->library, sizeof results->library, "%s", name);
    snprintf(results->version, sizeof results->version, "%s", version);
}

static json_t *libraries(const cod_results *results)
{
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "codescent",
                            cod_version(), "glpk", cod_linear_program_version(), "gsl",
                            gsl_version, "jansson", jansson_version_str(), "openblas",
                            openblas_get_config(), "sqlite", sqlite3_libversion());
    if (results->library[0] != '\0')
        json_object_set_new(all, results->library, cod_json_text(results->version));
    return all;
}

static json_t *environment(const cod_results *results, int complete)
{
    char processor[128], start[32], end[32];
    cod_processor_name(processor, sizeof processor);
    print_time(results->start, start);
    print_time(time(NULL), end);
    return json_pack("{s:s, s:s?, s:o, s:I, s:s, s:o}", "start", start, "end",
                     complete ? end : NULL, "processor", cod_json_text(processor),
                     "processors", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
                     "compiler", COMPILER, "libraries", libraries(results));
}

cod_status cod_results_manifest(cod_results *results, json_t *content, int complete,
                                cod_message *ret_message)
{
    cod_output *output;
    json_t *manifest = json_pack("{s:s, s:s, s:s}", "schema", SCHEMA, "program",
                                 "codescent", "version", COD_VERSION);
    int bad = manifest == NULL || json_object_update(manifest, content) != 0 ||
              json_object_set_new(manifest, "complete", json_boolean(complete)) != 0 ||
              json_object_set_new(manifest, "environment",
                                  environment(results, complete)) != 0;
    if (bad) {
        json_decref(manifest);
        return cod_fail(ret_message, COD_EARGUMENT,
                        "manifest.json: out of memory, or its content is no object");
    }
    cod_status status =
        cod_output_open(results->path, "manifest.json", &output, ret_message);
    if (status == COD_OK) {
        cod_status written = cod_json_write(manifest, output->stream, ret_message);
        status = cod_output_close(output, ret_message);
        status = status == COD_OK ? written : status;
    }
    json_decref(manifest);
    return status;
}
