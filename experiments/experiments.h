/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published experiments: one file each in experiments/papers, one line each in
 * experiments/list.c. */
#ifndef COD_EXPERIMENTS_EXPERIMENTS_H
#define COD_EXPERIMENTS_EXPERIMENTS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <codescent/status.h>

#include "lab/study.h"

/* A published outcome or number, and ours. */
typedef struct cod_claim {
    char text[120];     /* what was published */
    char published[60]; /* the number or the outcome */
    char measured[120]; /* ours */
    int met;
} cod_claim;

#define COD_CLAIMS_MAX 32

/* What an experiment is given, and what it gives back. */
typedef struct cod_reproduction {
    const char *folder;               /* the result folder; data go there */
    cod_sweep_options how;            /* store, processes, progress */
    cod_claim claims[COD_CLAIMS_MAX]; /* filled in order */
    size_t claim_count;
} cod_reproduction;

typedef struct cod_experiment {
    const char *name;
    const char *summary;
    const char *citation;
    const char *bibtex;
    const char *settings; /* problem, starts, optimizer, steps, methods */
    /* COD_OK; COD_EINTERRUPTED; what it calls says */
    cod_status (*run)(cod_reproduction *reproduction, cod_message *ret_message);
} cod_experiment;

const cod_experiment *const *cod_experiment_list(size_t *ret_count);
/* NULL, and a message with the nearest name. */
const cod_experiment *cod_experiment_find(const char *name, cod_message *ret_message);

#endif
