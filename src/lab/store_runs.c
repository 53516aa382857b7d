/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a store: runs, measures, and the merging of two stores. */
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/store_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const states[] = {"waiting", "finished", "failed"};
static const char *const senses[] = {"", "lower", "higher"};

/* The number of a text among three; 0 where it is none of them. */
static int number_of(const char *const *texts, const unsigned char *text)
{
    int number = 0;
    for (int k = 0; text != NULL && k < 3; k++)
        if (strcmp((const char *)text, texts[k]) == 0)
            number = k;
    return number;
}

static cod_run_state state_of(const unsigned char *text)
{
    return (cod_run_state)number_of(states, text);
}

/* ---- runs ---- */

static cod_status find_id(cod_store *store, const char *identity, int64_t *ret_id,
                          cod_message *message)
{
    sqlite3_stmt *query = cod_store_statement(store, SELECT_ID);
    if (query == NULL)
        return cod_store_fail(store, message);
    sqlite3_bind_text(query, 1, identity, -1, SQLITE_STATIC);
    int code = sqlite3_step(query);
    cod_status status = COD_OK;
    *ret_id = code == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = cod_store_fail(store, message);
    sqlite3_reset(query);
    return status;
}

cod_status cod_store_add(cod_store *store, const char *identity, int64_t *ret_id,
                         cod_message *ret_message)
{
    int64_t id;
    cod_status status = find_id(store, identity, &id, ret_message);
    if (status < 0)
        return status;
    if (id == 0) {
        sqlite3_stmt *change = cod_store_statement(store, INSERT_RUN);
        if (change == NULL)
            return cod_store_fail(store, ret_message);
        sqlite3_bind_text(change, 1, identity, -1, SQLITE_STATIC);
        status = cod_store_step(store, change, ret_message);
        id = sqlite3_last_insert_rowid(store->db);
    }
    if (status == COD_OK)
        *ret_id = id;
    return status;
}

cod_status cod_store_get(cod_store *store, int64_t id, cod_stored_run *ret_run,
                         cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(store, SELECT_RUN);
    if (query == NULL)
        return cod_store_fail(store, ret_message);
    sqlite3_bind_int64(query, 1, id);
    int code = sqlite3_step(query);
    cod_status status = COD_OK;
    if (code == SQLITE_ROW) {
        cod_stored_run run = {.id = id,
                              .state = state_of(sqlite3_column_text(query, 0)),
                              .progress = sqlite3_column_int64(query, 1),
                              .seconds = sqlite3_column_double(query, 4)};
        const void *blob = sqlite3_column_blob(query, 2);
        cod_bytes_put(&run.bytes, blob, (size_t)sqlite3_column_bytes(query, 2));
        const char *text = (const char *)sqlite3_column_text(query, 3);
        snprintf(run.message.text, sizeof run.message.text, "%s",
                 text != NULL ? text : "");
        if (run.bytes.failed || cod_store_lost(store)) {
            status =
                cod_fail(ret_message, COD_EMEMORY, "%s: out of memory", store->path);
            cod_bytes_clear(&run.bytes);
        } else {
            *ret_run = run;
        }
    } else if (code == SQLITE_DONE) {
        status = cod_fail(ret_message, COD_EFILE, "%s: no run %lld", store->path,
                          (long long)id);
    } else {
        status = cod_store_fail(store, ret_message);
    }
    sqlite3_reset(query);
    return status;
}

/* Both changes of one run; in a transaction of the caller. */
static cod_status put_rows(cod_store *store, const cod_stored_run *run,
                           cod_message *message)
{
    sqlite3_stmt *change = cod_store_statement(store, UPDATE_RUN), *time = NULL;
    if (change == NULL || (time = cod_store_statement(store, REPLACE_TIME)) == NULL)
        return cod_store_fail(store, message);
    int waiting = run->state == COD_RUN_WAITING;
    sqlite3_bind_int64(change, 1, run->id);
    sqlite3_bind_text(change, 2, states[run->state], -1, SQLITE_STATIC);
    sqlite3_bind_int64(change, 3, run->progress);
    if (run->bytes.size > 0) /* what is not bound is NULL */
        sqlite3_bind_blob64(change, waiting ? 4 : 5, run->bytes.data, run->bytes.size,
                            SQLITE_STATIC);
    sqlite3_bind_text(change, 6, run->message.text, -1, SQLITE_STATIC);
    cod_status status = cod_store_step(store, change, message);
    if (status < 0)
        return status;
    sqlite3_bind_int64(time, 1, run->id);
    sqlite3_bind_double(time, 2, run->seconds);
    return cod_store_step(store, time, message);
}

/* A run that took long is worth waiting for the disk, which may take 10 ms; its commit
 * takes all earlier ones along. */
static cod_status begin_put(cod_store *store, const cod_stored_run *run,
                            cod_message *message)
{
    const char *sql =
        run->seconds < 1 ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL";
    cod_status status = cod_store_execute(store, sql, message);
    return status == COD_OK ? cod_store_begin(store, message) : status;
}

cod_status cod_store_put(cod_store *store, const cod_stored_run *run,
                         cod_message *ret_message)
{
    int alone = sqlite3_get_autocommit(store->db);
    cod_status status = alone ? begin_put(store, run, ret_message) : COD_OK;
    if (status == COD_OK)
        status = put_rows(store, run, ret_message);
    if (status == COD_OK && alone)
        status = cod_store_commit(store, ret_message);
    if (status < 0 && alone)
        cod_store_rollback(store);
    return status;
}

cod_status cod_store_retry(cod_store *store, int64_t id, cod_message *ret_message)
{
    sqlite3_stmt *change = cod_store_statement(store, RETRY_RUN);
    if (change == NULL)
        return cod_store_fail(store, ret_message);
    sqlite3_bind_int64(change, 1, id);
    return cod_store_step(store, change, ret_message);
}

cod_status cod_store_count(cod_store *store, int64_t *ret_counts,
                           cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(store, COUNT_RUNS);
    if (query == NULL)
        return cod_store_fail(store, ret_message);
    int code;
    memset(ret_counts, 0, 3 * sizeof *ret_counts);
    while ((code = sqlite3_step(query)) == SQLITE_ROW && !cod_store_lost(store))
        ret_counts[state_of(sqlite3_column_text(query, 0))] +=
            sqlite3_column_int64(query, 1);
    cod_status status =
        code == SQLITE_DONE ? COD_OK : cod_store_fail(store, ret_message);
    sqlite3_reset(query);
    return status;
}

cod_status cod_store_lacking(cod_store *store, cod_lacking_function each, void *data,
                             cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(store, SELECT_LACKING);
    if (query == NULL)
        return cod_store_fail(store, ret_message);
    int code = SQLITE_DONE;
    cod_status status = COD_OK;
    while (status == COD_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        cod_lacking_runs runs = {.problem = (const char *)sqlite3_column_text(query, 0),
                                 .method = (const char *)sqlite3_column_text(query, 1),
                                 .state = state_of(sqlite3_column_text(query, 2)),
                                 .count = sqlite3_column_int64(query, 3),
                                 .message =
                                     (const char *)sqlite3_column_text(query, 4)};
        status = cod_store_lost(store) ? cod_store_fail(store, ret_message)
                                       : each(data, &runs);
    }
    if (status == COD_OK && code != SQLITE_DONE)
        status = cod_store_fail(store, ret_message);
    sqlite3_reset(query);
    return status;
}

/* ---- measures ---- */

cod_status cod_store_measure(cod_store *store, const cod_measure *measure,
                             cod_message *ret_message)
{
    sqlite3_stmt *change = cod_store_statement(store, REPLACE_MEASURE);
    if (change == NULL)
        return cod_store_fail(store, ret_message);
    sqlite3_bind_text(change, 1, measure->problem, -1, SQLITE_STATIC);
    sqlite3_bind_text(change, 2, measure->method, -1, SQLITE_STATIC);
    sqlite3_bind_int64(change, 3, measure->seed);
    sqlite3_bind_text(change, 4, measure->name, -1, SQLITE_STATIC);
    sqlite3_bind_double(change, 5, measure->value); /* NaN becomes NULL */
    sqlite3_bind_text(change, 6, senses[measure->better], -1, SQLITE_STATIC);
    return cod_store_step(store, change, ret_message);
}

cod_status cod_store_clear_measures(cod_store *store, cod_message *ret_message)
{
    sqlite3_stmt *change = cod_store_statement(store, DELETE_MEASURES);
    return change != NULL ? cod_store_step(store, change, ret_message)
                          : cod_store_fail(store, ret_message);
}

cod_status cod_store_measures(cod_store *store, cod_measure_function each, void *data,
                              cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(store, SELECT_MEASURES);
    if (query == NULL)
        return cod_store_fail(store, ret_message);
    int code = SQLITE_DONE;
    cod_status status = COD_OK;
    while (status == COD_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        int missing = sqlite3_column_type(query, 4) == SQLITE_NULL;
        cod_measure measure = {
            .problem = (const char *)sqlite3_column_text(query, 0),
            .method = (const char *)sqlite3_column_text(query, 1),
            .seed = sqlite3_column_int64(query, 2),
            .name = (const char *)sqlite3_column_text(query, 3),
            .value = missing ? (double)NAN : sqlite3_column_double(query, 4),
            .better = (cod_better)number_of(senses, sqlite3_column_text(query, 5))};
        status = cod_store_lost(store) ? cod_store_fail(store, ret_message)
                                       : each(data, &measure);
    }
    if (status == COD_OK && code != SQLITE_DONE)
        status = cod_store_fail(store, ret_message);
    sqlite3_reset(query);
    return status;
}

/* ---- merging ---- */

static int same_result(const cod_stored_run *a, const cod_stored_run *b)
{
    return a->state == b->state && a->bytes.size == b->bytes.size &&
           (a->bytes.size == 0 ||
            memcmp(a->bytes.data, b->bytes.data, a->bytes.size) == 0) &&
           strcmp(a->message.text, b->message.text) == 0;
}

/* Finished is better than failed (a crash, say, on one machine alone), and both than
 * waiting; of two that wait, the one that is further. */
static int is_better(const cod_stored_run *a, const cod_stored_run *b)
{
    static const int rank[] = {
        [COD_RUN_WAITING] = 0, [COD_RUN_FAILED] = 1, [COD_RUN_FINISHED] = 2};
    if (a->state != b->state)
        return rank[a->state] > rank[b->state];
    return a->state == COD_RUN_WAITING && a->progress > b->progress;
}

static cod_status merge_run(cod_store *store, cod_store *from, int64_t id,
                            const char *identity, cod_message *message)
{
    cod_stored_run ours = {0}, theirs = {0};
    int64_t our_id = 0;
    cod_status status = cod_store_add(store, identity, &our_id, message);
    if (status == COD_OK)
        status = cod_store_get(store, our_id, &ours, message);
    if (status == COD_OK)
        status = cod_store_get(from, id, &theirs, message);
    theirs.id = our_id;
    if (status == COD_OK && ours.state == COD_RUN_FINISHED &&
        theirs.state == COD_RUN_FINISHED && !same_result(&ours, &theirs))
        status = cod_fail(message, COD_EFILE,
                          "%s and %s have different results of the run %.200s",
                          store->path, from->path, identity);
    if (status == COD_OK && is_better(&theirs, &ours))
        status = cod_store_put(store, &theirs, message);
    cod_bytes_clear(&ours.bytes);
    cod_bytes_clear(&theirs.bytes);
    return status;
}

cod_status cod_store_merge(cod_store *store, cod_store *from, cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(from, SELECT_IDENTITIES);
    if (query == NULL)
        return cod_store_fail(from, ret_message);
    cod_status status = cod_store_begin(store, ret_message);
    if (status < 0)
        return status;
    int code = SQLITE_DONE;
    while (status == COD_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *identity = (const char *)sqlite3_column_text(query, 1);
        status = cod_store_lost(from)
                     ? cod_store_fail(from, ret_message)
                     : merge_run(store, from, sqlite3_column_int64(query, 0), identity,
                                 ret_message);
    }
    if (status == COD_OK && code != SQLITE_DONE)
        status = cod_store_fail(from, ret_message);
    sqlite3_reset(query);
    if (status == COD_OK)
        status = cod_store_commit(store, ret_message);
    if (status < 0)
        cod_store_rollback(store);
    return status;
}
