/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside figure.c: what the comments of a data file say (figure.h has the layout). */
#ifndef COD_LAB_FIGURE_DATA_H
#define COD_LAB_FIGURE_DATA_H

#include <stddef.h>
#include <stdio.h>

#include <codescent/status.h>

/* A set that has rows. */
typedef struct cod_figure_set {
    char *method;
    size_t place;
    size_t variant; /* number of earlier sets of the same place */
    size_t index;   /* gnuplot's */
    size_t curves;  /* runs */
} cod_figure_set;

typedef struct cod_figure_data {
    char *title;
    char *columns;
    char **labels;
    size_t m; /* number of labels */
    cod_figure_set *sets;
    size_t count;
} cod_figure_data;

/* COD_OK; COD_EFILE; COD_ESYNTAX (not one of our files: the message names the line);
 * COD_EMEMORY. To be cleared; written only on success. */
COD_MUST_CHECK cod_status cod_figure_data_read(const char *path,
                                               cod_figure_data *ret_data,
                                               cod_message *message);
void cod_figure_data_clear(cod_figure_data *data);

/* Prints what the templates know as @DATA@: gnuplot's variables TITLE, M, LABEL, COUNT,
 * METHOD, INDEX, PLACE, VARIANT, RUNS. */
void cod_figure_data_print(const cod_figure_data *data, FILE *stream);

/* Runs `gnuplot SCRIPT` in the folder. COD_OK; COD_EFIGURE (not installed, or it
 * failed: the message has its first line of complaint); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_gnuplot_run(const char *folder, const char *script,
                                          cod_message *message);

#endif
