/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work over processes. Each worker is one process with one thread, and takes
 * the next unit when it has finished one; so what a unit gives does not depend on how
 * many workers there are, and a unit that crashes takes nothing else with it. The
 * caller's process alone sees results. */
#ifndef COD_LAB_CREW_H
#define COD_LAB_CREW_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include <codescent/status.h>

#include "lab/bytes.h"

/* What the process of a unit says while it works. */
typedef struct cod_crew_link cod_crew_link;

/* Sends a checkpoint to the caller's process: how far the unit is, and the bytes from
 * which it goes on. Allocates nothing. */
void cod_crew_checkpoint(cod_crew_link *link, int64_t progress, const cod_bytes *bytes);

/* How a unit ended. */
typedef struct cod_crew_outcome {
    int crashed;         /* its process ended before it did; `message` says how */
    cod_status status;   /* else what `run` returned */
    cod_message message; /* of an error */
    cod_bytes bytes;     /* its result; the callee's to read, not to keep */
    double seconds;      /* of this process's part of the work */
} cod_crew_outcome;

typedef struct cod_crew_work {
    size_t count; /* units 0 .. count - 1, begun in this order */
    unsigned jobs;
    void *data;
    /* In a worker: does unit k and adds its result to ret_bytes. */
    cod_status (*run)(void *data, size_t k, cod_crew_link *link, cod_bytes *ret_bytes,
                      cod_message *message);
    /* In the caller's process; what is below zero ends the work. */
    cod_status (*checkpoint)(void *data, size_t k, int64_t progress,
                             const cod_bytes *bytes, double seconds,
                             cod_message *message); /* NULL: not kept */
    cod_status (*ended)(void *data, size_t k, const cod_crew_outcome *outcome,
                        cod_message *message);
    /* In a worker, once, before any unit; or NULL. */
    void (*begin)(void *data);
    /* In the caller's process, a few times a second; or NULL. */
    void (*idle)(void *data);
    const volatile sig_atomic_t *interrupt; /* not 0: stop; or NULL */
} cod_crew_work;

/* Does all units. The workers ignore SIGINT, SIGTERM and SIGHUP, which a terminal or a
 * batch system sends to all processes of a program: the caller's process decides, and
 * ends them at once. They end with it, however it ends. Where fewer than `jobs` can be
 * started, those that run do the work.
 *
 * @return COD_OK; COD_EINTERRUPTED (units that had not ended did not end); COD_EMEMORY
 * (no process could be started); what `checkpoint` and `ended` return */
COD_MUST_CHECK cod_status cod_crew_run(const cod_crew_work *work,
                                       cod_message *ret_message);

/* The processors that this process may use; at least 1. */
unsigned cod_crew_processors(void);

#endif
