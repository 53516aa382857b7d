/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Result folders. A folder is made with one mkdir that fails if it exists; then -001,
 * -002 and so on are tried. Each file is written under a temporary name and renamed
 * when it is whole, so that no partial file looks finished; manifest.json says
 * "complete": false until the last. Every error of writing gives one line that names
 * the file, and removes the temporary. Failures here are exit 1 (or 2 for a folder that
 * the user named and that cannot be made). */
#ifndef COD_LAB_RESULTS_H
#define COD_LAB_RESULTS_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include <codescent/status.h>

/* ---- one file ---- */

/* A file being written. Print to `stream` freely; errors are caught when it is closed.
 */
typedef struct cod_output {
    FILE *stream;
    char *path;      /* as it will be called */
    char *temporary; /* as it is called now */
} cod_output;

/* COD_OK; COD_EFILE; COD_EMEMORY; COD_EARGUMENT */
COD_MUST_CHECK cod_status cod_output_open(const char *folder, const char *name,
                                          cod_output **ret_output,
                                          cod_message *ret_message);

/* Flushes, closes and renames; after any error the temporary is gone. Frees `output` in
 * every case. COD_OK; COD_EFILE */
COD_MUST_CHECK cod_status cod_output_close(cod_output *output,
                                           cod_message *ret_message);

/* Gives the file up; NULL is harmless. */
void cod_output_abandon(cod_output *output);

/* Flushes a stream such as stdout; COD_EFILE names it. For the end of main. */
COD_MUST_CHECK cod_status cod_stream_check(FILE *stream, const char *name,
                                           cod_message *ret_message);

/* Prints `count` numbers, with as few digits as round-trip, with `separator` between
 * them; "nan", "inf" for what is not finite. No newline. */
void cod_print_reals(FILE *stream, const double *values, size_t count,
                     const char *separator);

/* Prints a text as a CSV cell, quoted where it must be. */
void cod_print_cell(FILE *stream, const char *text);

/* ---- the folder ---- */

typedef struct cod_results cod_results;

/* Makes the folder, and its parents where they are missing.
 *
 * COD_OK; COD_EFILE; COD_EARGUMENT (an empty name); COD_EMEMORY. To be freed with
 * cod_results_free(), which leaves the folder unless it is still empty. */
COD_MUST_CHECK cod_status cod_results_alloc(const char *wanted,
                                            cod_results **ret_results,
                                            cod_message *ret_message);
void cod_results_free(cod_results *results);

/* An existing folder. COD_OK; COD_EFILE; COD_EARGUMENT; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_results_open(const char *path, cod_results **ret_results,
                                           cod_message *ret_message);

/* The folder's real name. */
const char *cod_results_path(const cod_results *results);

/* One more library for the manifest's environment, such as that behind a task's
 * networks. */
void cod_results_library(cod_results *results, const char *name, const char *version);

/* "model name" of the first processor; "unknown" where there is no such line. */
void cod_processor_name(char *ret_name, size_t size);

/* Writes manifest.json anew: {"schema", "program", "version", then every key of
 * `content` (an object; borrowed) in its order, "complete", "environment"}. `content`
 * holds what was asked for: the command, all options after defaults, the seed. The
 * environment (start and end time, processor, compiler, library versions) stands last
 * and is all that differs between two equal runs.
 *
 * Call it once with complete = 0 when the folder is made, and last of all with 1. */
COD_MUST_CHECK cod_status cod_results_manifest(cod_results *results, json_t *content,
                                               int complete, cod_message *ret_message);

#endif
