/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run store: every run of a study with its options, state, progress and result, in
 * one SQLite file, study.db, in the result folder.
 *
 * A run is known by its identity: a JSON object of all options that decide its result,
 * "problem" and "method" among them. It is waiting (perhaps with a checkpoint, from
 * which it goes on), finished or failed. Every change is one transaction: a process
 * that is killed leaves no store that needs repair, and what was stored stays. A power
 * cut may lose the last runs that took less than a second each, and no others: for
 * those no disk is waited for. While it is written, SQLite keeps its log beside it
 * (study.db-wal, study.db-shm); when the last process has closed it there is one file
 * again. It can also be read where nothing can be written.
 *
 * Tables: about(key, value), run(id, identity, state, progress, checkpoint, result,
 * message), measure(problem, method, seed, name, value, better), and, of times alone,
 * time(run, seconds). `result` and `checkpoint` are bytes as of bytes.h, sealed by
 * those who write them. Opening looks at every page: a store whose tables do not fit
 * together is damaged.
 *
 * Errors are COD_EFILE with a line that names the file: not a store; a store of another
 * schema; in use by another process; read-only; a full disk; damaged. */
#ifndef COD_LAB_STORE_H
#define COD_LAB_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/status.h>

#include "lab/bytes.h"

#define COD_STORE_NAME   "study.db"
#define COD_STORE_SCHEMA 3

typedef struct cod_store cod_store;

typedef enum cod_store_mode {
    COD_STORE_NEW,   /* the file must not be there */
    COD_STORE_WRITE, /* it must be there; one process at a time: half a second is given
                        to one that was just killed */
    COD_STORE_READ,  /* it must be there; while another process writes, too */
} cod_store_mode;

/* COD_OK; COD_EFILE; COD_EMEMORY. To be closed with cod_store_close(). */
COD_MUST_CHECK cod_status cod_store_open(const char *folder, cod_store_mode mode,
                                         cod_store **ret_store,
                                         cod_message *ret_message);
/* NULL is harmless. */
void cod_store_close(cod_store *store);

/* The store's path, for messages. */
const char *cod_store_path(const cod_store *store);

/* In a process that was forked: gives up this process's hold of the store, which it
 * must not use otherwise. */
void cod_store_leave(cod_store *store);

/* ---- about ---- */

/* The value of a key, to be freed; NULL where there is none. COD_OK; COD_EFILE;
 * COD_EMEMORY */
COD_MUST_CHECK cod_status cod_store_about(cod_store *store, const char *key,
                                          char **ret_value, cod_message *ret_message);
COD_MUST_CHECK cod_status cod_store_set_about(cod_store *store, const char *key,
                                              const char *value,
                                              cod_message *ret_message);

/* ---- runs ---- */

typedef enum cod_run_state {
    COD_RUN_WAITING,
    COD_RUN_FINISHED,
    COD_RUN_FAILED,
} cod_run_state;

typedef struct cod_stored_run {
    int64_t id; /* from 1, in the order of adding */
    cod_run_state state;
    int64_t progress; /* whatever the run counts: epochs, say */
    cod_bytes bytes;  /* the result; of a waiting run its checkpoint */
    cod_message message;
    double seconds; /* so far */
} cod_stored_run;

/* Many changes as one transaction: faster, and all or none. */
COD_MUST_CHECK cod_status cod_store_begin(cod_store *store, cod_message *ret_message);
COD_MUST_CHECK cod_status cod_store_commit(cod_store *store, cod_message *ret_message);
void cod_store_rollback(cod_store *store);

/* The run of this identity, added as waiting where it is not there; its id. */
COD_MUST_CHECK cod_status cod_store_add(cod_store *store, const char *identity,
                                        int64_t *ret_id, cod_message *ret_message);
/* `bytes` is to be cleared. COD_EFILE also where there is no such run. */
COD_MUST_CHECK cod_status cod_store_get(cod_store *store, int64_t id,
                                        cod_stored_run *ret_run,
                                        cod_message *ret_message);
/* Stores a run's state, progress, bytes, message and seconds under run->id. One that
 * failed keeps the progress and the checkpoint that it had. */
COD_MUST_CHECK cod_status cod_store_put(cod_store *store, const cod_stored_run *run,
                                        cod_message *ret_message);
/* A failed run waits again, with the checkpoint that it had. */
COD_MUST_CHECK cod_status cod_store_retry(cod_store *store, int64_t id,
                                          cod_message *ret_message);
/* How many runs are in each state; ret_counts has three entries. */
COD_MUST_CHECK cod_status cod_store_count(cod_store *store, int64_t *ret_counts,
                                          cod_message *ret_message);

/* Copies the runs of `from` that this store does not have, or has as waiting with less
 * progress. A run that both have as finished with different results is an error that
 * names its identity, and nothing is copied. */
COD_MUST_CHECK cod_status cod_store_merge(cod_store *store, cod_store *from,
                                          cod_message *ret_message);

/* The runs of one problem and method, as their identities say ("?" where they do not),
 * that are waiting, or that failed. */
typedef struct cod_lacking_runs {
    const char *problem;
    const char *method;
    cod_run_state state;
    int64_t count;
    const char *message; /* of the first */
} cod_lacking_runs;

/* Calls `each` for all that have any; the first non-zero that it returns ends the walk
 * and is returned. */
typedef cod_status (*cod_lacking_function)(void *data, const cod_lacking_runs *runs);
COD_MUST_CHECK cod_status cod_store_lacking(cod_store *store, cod_lacking_function each,
                                            void *data, cod_message *ret_message);

/* ---- measures ---- */

/* Which of two values of a measure is better; where neither is, it only describes. */
typedef enum cod_better {
    COD_BETTER_NEITHER,
    COD_BETTER_LOWER,
    COD_BETTER_HIGHER,
} cod_better;

/* One number of a problem's method and seed: hypervolume, Dice, ... */
typedef struct cod_measure {
    const char *problem;
    const char *method;
    int64_t seed;
    const char *name;
    double value; /* NaN where it is not defined */
    cod_better better;
} cod_measure;

COD_MUST_CHECK cod_status cod_store_measure(cod_store *store,
                                            const cod_measure *measure,
                                            cod_message *ret_message);
/* Forgets all measures, so that those that follow stand in the order in which they come
 * now. To be called in a transaction. */
COD_MUST_CHECK cod_status cod_store_clear_measures(cod_store *store,
                                                   cod_message *ret_message);
/* Calls `each` for every measure, in the order in which they came; the first non-zero
 * that it returns ends the walk and is returned. */
typedef cod_status (*cod_measure_function)(void *data, const cod_measure *measure);
COD_MUST_CHECK cod_status cod_store_measures(cod_store *store,
                                             cod_measure_function each, void *data,
                                             cod_message *ret_message);

#endif
