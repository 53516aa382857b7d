/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace: the losses and Gramians that were recorded while something was trained.
 *
 * A folder with
 *   losses.npy    steps x m
 *   gramians.npy  steps x m x m
 *   about.json    optional: "about" (text), "objectives" (their number, or an array of
 *                 their names), "steps"; what it says must agree with the arrays */
#ifndef COD_LAB_TRACE_H
#define COD_LAB_TRACE_H

#include <stddef.h>

#include <codescent/status.h>

typedef struct cod_trace {
    size_t steps;
    size_t m;
    double *losses;    /* steps x m */
    double *gramians;  /* steps x m x m; symmetry is the solver's to check */
    char *name;        /* the folder's own name, for titles */
    char *about;       /* or NULL */
    char **objectives; /* m names, or NULL */
} cod_trace;

/* COD_OK; COD_EFILE; COD_ESYNTAX; COD_ESHAPE; COD_ENONFINITE (the message names file,
 * row and column, counted from 1: a row of losses is a step); COD_EUNSUPPORTED;
 * COD_EMEMORY. Bad input: exit 2. */
COD_MUST_CHECK cod_status cod_trace_read(const char *folder, cod_trace *ret_trace,
                                         cod_message *ret_message);

/* Harmless on a zeroed one and twice. */
void cod_trace_clear(cod_trace *trace);

#endif
