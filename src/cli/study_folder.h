/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of a study: its result files and its run store, which knows the command
 * that began it. */
#ifndef COD_CLI_STUDY_FOLDER_H
#define COD_CLI_STUDY_FOLDER_H

#include "cli/program.h"
#include "lab/results.h"
#include "lab/store.h"

typedef struct study_folder {
    cod_results *results;
    cod_store *store;
} study_folder;

/* Makes the folder, its manifest (`content`, not complete) and a store that knows the
 * command, and the "data_fingerprint" that the content may have; or, where `resume`
 * names a folder whose store knows the same, opens it. -1 to go on, or an exit code,
 * after a complaint; nothing is left open then. */
int study_folder_open(const json_t *line, json_t *content, const char *wanted,
                      const char *resume, study_folder *ret_folder);
void study_folder_close(study_folder *folder);

/* Runs the verb again with the command that the folder's store knows, and the local
 * values of `local`; an exit code. */
int study_again(const verb *chosen, const char *folder, const void *local);

/* The same for a folder alone, by the name of its verb: does what is not done yet and
 * writes the results. */
int study_finish(const char *name, const char *folder, const char *format, int json,
                 int quiet);

/* Keys of cod_store_about(): the command, as of verb_line(); the program's version; of
 * a learning task: the data's fingerprint. */
#define ABOUT_COMMAND "command"
#define ABOUT_VERSION "version"
#define ABOUT_DATA    "data"

/* The command that a store knows, whose text is given (NULL: none), as verb_line() made
 * it: a new reference. `path` is the store's, for messages. COD_OK; COD_EFILE;
 * COD_EMEMORY */
COD_MUST_CHECK cod_status study_command(const char *path, const char *text,
                                        json_t **ret_line, cod_message *message);

/* COD_OK where a store was begun by this version of the program. */
COD_MUST_CHECK cod_status study_check_version(cod_store *store, cod_message *message);

/* "I/N" of --part: sets part and parts. */
COD_MUST_CHECK cod_status read_part(const char *text, cod_sweep_options *ret_how,
                                    cod_message *message);

/* Values of a verb that runs studies, in its struct and in its table. */
typedef struct study_arguments {
    const char *out, *resume, *part, *format;
    size_t jobs;
    int retry, json, quiet;
} study_arguments;

#define STUDY_ARGUMENTS(type, member, name)                                            \
    {"out",                                                                            \
     ARGUMENT_TEXT,                                                                    \
     offsetof(type, member.out),                                                       \
     "DIR",                                                                            \
     "the result folder, made anew (default results/" name ")",                        \
     .local = 1},                                                                      \
        {"resume",                                                                     \
         ARGUMENT_TEXT,                                                                \
         offsetof(type, member.resume),                                                \
         "DIR",                                                                        \
         "go on with the study of this folder; its options are those it was begun "    \
         "with",                                                                       \
         .local = 1},                                                                  \
        {"part",                                                                       \
         ARGUMENT_TEXT,                                                                \
         offsetof(type, member.part),                                                  \
         "I/N",                                                                        \
         "do the I-th of N shares of the runs; `codescent merge` joins the folders",   \
         .local = 1},                                                                  \
        {"retry",                                                                      \
         ARGUMENT_FLAG,                                                                \
         offsetof(type, member.retry),                                                 \
         NULL,                                                                         \
         "with --resume: runs that failed are done again",                             \
         .local = 1},                                                                  \
        {"jobs",                                                                       \
         ARGUMENT_COUNT,                                                               \
         offsetof(type, member.jobs),                                                  \
         "J",                                                                          \
         "processes at a time (default: the processors); the results are the same "    \
         "for any "                                                                    \
         "number",                                                                     \
         MOST_THREADS,                                                                 \
         .local = 1},                                                                  \
        {"format",                                                                     \
         ARGUMENT_TEXT,                                                                \
         offsetof(type, member.format),                                                \
         "F",                                                                          \
         "png, svg or pdf (default png)",                                              \
         .local = 1},                                                                  \
        {"json", ARGUMENT_FLAG,       offsetof(type, member.json),                     \
         NULL,   "one JSON document", .local = 1},                                     \
    {                                                                                  \
        "quiet", ARGUMENT_FLAG, offsetof(type, member.quiet), NULL,                    \
            "no progress line", .local = 1                                             \
    }

#endif
