/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All runs of a study, over processes (crew.h), kept in a run store (store.h): what the
 * store has is not done again, and what was begun goes on from its checkpoint. */
#ifndef COD_LAB_SWEEP_H
#define COD_LAB_SWEEP_H

#include <signal.h>
#include <stddef.h>

#include <codescent/status.h>

#include "lab/bytes.h"
#include "lab/crew.h"
#include "lab/store.h"

typedef struct cod_sweep_progress {
    size_t done; /* finished or failed */
    size_t total;
    size_t failed;
    size_t stored; /* of those done, what the store had */
} cod_sweep_progress;

typedef void (*cod_sweep_show)(void *data, const cod_sweep_progress *progress);

/* How the runs of a study are done, whatever they are; zero-initialised is the default.
 */
typedef struct cod_sweep_options {
    cod_store *store; /* NULL: results are kept in memory alone */
    unsigned jobs;    /* processes at a time; 0: the processors */
    size_t parts;     /* of this many machines, this one does every parts-th run, */
    size_t part;      /* beginning with this one, from 0; parts 0 counts as 1 */
    int retry;        /* runs that failed are done again, from their last checkpoint */
    cod_sweep_show progress; /* a few times a second; or NULL */
    void *progress_data;
    const volatile sig_atomic_t *interrupt; /* not 0: stop, keep what has finished; or
                                               NULL */
} cod_sweep_options;

/* How a run ended. */
typedef struct cod_sweep_end {
    cod_status status;   /* COD_OK, or the error of `message` */
    cod_message message; /* crashes included */
    cod_bytes_reader result;
    double seconds;
} cod_sweep_end;

typedef struct cod_sweep {
    size_t count;
    void *data;
    /* All options that decide run k's result, as JSON, to be freed; NULL: no memory. */
    char *(*identity)(void *data, size_t k);
    /* In a process of its own: does run k, from a checkpoint of its own (size 0: from
     * the beginning), and adds its result to ret_bytes. */
    cod_status (*run)(void *data, size_t k, cod_bytes_reader checkpoint,
                      cod_crew_link *link, cod_bytes *ret_bytes, cod_message *message);
    /* In the caller's process, once for each run that ended, in any order. What is
     * below zero ends the sweep. */
    cod_status (*accept)(void *data, size_t k, const cod_sweep_end *end,
                         cod_message *message);
} cod_sweep;

/* COD_OK; COD_EINTERRUPTED; COD_EMEMORY; COD_EFILE (the store) */
COD_MUST_CHECK cod_status cod_sweep_run(const cod_sweep *sweep,
                                        const cod_sweep_options *options,
                                        cod_message *ret_message);

#endif
