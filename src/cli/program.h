/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs of the program share. */
#ifndef COD_CLI_PROGRAM_H
#define COD_CLI_PROGRAM_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include <codescent/codescent.h>

#include "lab/sweep.h"

/* Exit codes; documented in the man page. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,   /* a wrong option, or bad data in a file */
    EXIT_NOT_MET = 3, /* finished, but a tolerance or a published figure was not met, or
                       * a benchmark is slower than it was */
    EXIT_NO_FIGURE = 4,
    EXIT_INTERRUPTED = 130,
};

/* The most of some counts. */
enum {
    MOST_THREADS = 1024,
    MOST_RUNS = 10000000,
    MOST_SEEDS = 100000,
};

/* ---- options of a verb (arguments.c) ---- */

typedef enum argument_kind {
    ARGUMENT_FLAG,  /* member: int */
    ARGUMENT_TEXT,  /* member: const char * */
    ARGUMENT_COUNT, /* member: size_t, at least 1 */
    ARGUMENT_SEED,  /* member: uint64_t */
    ARGUMENT_REAL,  /* member: double, > 0 */
    ARGUMENT_REALS, /* member: reals, written with commas or colons between */
} argument_kind;

typedef struct reals {
    size_t count;
    double *values;
} reals;

typedef struct argument {
    const char *name; /* without "--" */
    argument_kind kind;
    size_t offset;     /* of the member in the verb's struct */
    const char *value; /* what help calls the value: "FILE" */
    const char *doc;
    size_t max; /* of a count; 0: none */
    int local;  /* of this call alone: not kept with the study that it begins */
} argument;

typedef struct verb {
    const char *name;
    const char *operands; /* "PROBLEM", as help shows them */
    size_t operands_min, operands_max;
    const char *summary; /* one line */
    const char *details; /* further lines of the help, or NULL */
    size_t size;         /* of the verb's struct of arguments */
    size_t study;        /* offset of its study_arguments, where it has any */
    const argument *arguments;
    size_t argument_count;
    int (*run)(const void *arguments, char **operands, size_t count);
} verb;

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Reads the command line of one verb and runs it. argv[0] is the verb. */
int verb_main(const verb *chosen, int argc, char **argv);

/* Values and operands as a command line again: ["run", "zdt1", "--starts=5", ...],
 * without what is local. A new reference, or NULL where memory is short. */
json_t *verb_line(const verb *chosen, const void *values, char **operands,
                  size_t count);
/* Runs the verb as such a line says, with the local values of `local`; complains where
 * that has other values as well. */
int verb_again(const verb *chosen, const json_t *line, const void *local);

extern const verb verb_bench, verb_check, verb_combine, verb_list, verb_merge,
    verb_plot, verb_replay, verb_reproduce, verb_results, verb_run, verb_show;

/* ---- messages (messages.c) ---- */

/* One line on stderr: "codescent: ..."; returns `code`. */
int complain(int code, const char *format, ...) COD_PRINTF(2, 3);
/* The exit code of a status that names bad input (2), the user's interrupt (130), a
 * figure that could not be drawn (4) or a failure (1). */
int status_code(cod_status status);
/* The same, and prints the message. */
int complain_status(cod_status status, const cod_message *message);

/* Set by SIGINT, SIGTERM and SIGHUP once interrupt_catch() was called; from then on a
 * pipe that nobody reads is an error of writing, not the program's end. */
extern volatile sig_atomic_t interrupted;
void interrupt_catch(void);

/* A line on stderr that is redrawn a few times a second, if that is a terminal. */
typedef struct progress_line {
    int shown;
    double begun, last;
    const char *what;
} progress_line;
progress_line progress_begin(const char *what, int quiet);
/* A cod_sweep_show: done of total, failed, and the time that is left. */
void progress_show(void *line, const cod_sweep_progress *progress);
void progress_end(progress_line *line);

/* Writes the document to stdout; an exit code. */
int print_json(json_t *document);

/* ---- describing (describe.c) ---- */

/* The options of a table, for `show`: text with ranges and defaults. */
void print_options(const cod_option *table, size_t count);
/* The same as JSON. */
json_t *options_json(const cod_option *table, size_t count);
/* "losses, gramian" and the like. */
void needs_text(unsigned needs, char *ret_text, size_t size);
void traits_text(unsigned traits, char *ret_text, size_t size);
/* Prints a paragraph, wrapped at 80 columns, behind an indent. */
void print_wrapped(const char *text, int indent);

/* ---- figures (draw.c) ---- */

/* Draws every kind of figure that the folder has data for (or the one named), naming
 * each on `out`; EXIT_DONE or what went wrong: one line. asked = 0: the figures of
 * results that were just written; whatever keeps them from being drawn is
 * EXIT_NO_FIGURE. */
int draw_figures(const char *folder, const char *what, const char *format, int asked,
                 FILE *out);

#endif
