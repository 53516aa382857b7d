/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQLite's statements and errors, and what a store keeps about its study. */
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/store_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const texts[STATEMENTS] = {
    [SELECT_ABOUT] = "SELECT value FROM about WHERE key = ?1",
    [REPLACE_ABOUT] = "INSERT INTO about(key, value) VALUES (?1, ?2)"
                      " ON CONFLICT (key) DO UPDATE SET value = ?2",
    [INSERT_RUN] = "INSERT INTO run(identity) VALUES (?1)"
                   " ON CONFLICT (identity) DO NOTHING",
    [SELECT_ID] = "SELECT id FROM run WHERE identity = ?1",
    [SELECT_RUN] =
        "SELECT state, progress,"
        " CASE state WHEN 'waiting' THEN checkpoint ELSE result END, message,"
        " (SELECT seconds FROM time WHERE time.run = run.id)"
        " FROM run WHERE id = ?1",
    [UPDATE_RUN] = "UPDATE run SET state = ?2,"
                   " progress = CASE ?2 WHEN 'failed' THEN progress ELSE ?3 END,"
                   " checkpoint = CASE ?2 WHEN 'failed' THEN checkpoint ELSE ?4 END,"
                   " result = ?5, message = ?6 WHERE id = ?1",
    [RETRY_RUN] = "UPDATE run SET state = 'waiting', result = NULL, message = ''"
                  " WHERE id = ?1 AND state = 'failed'",
    [REPLACE_TIME] = "INSERT INTO time(run, seconds) VALUES (?1, ?2)"
                     " ON CONFLICT (run) DO UPDATE SET seconds = ?2",
    [COUNT_RUNS] = "SELECT state, count(*) FROM run GROUP BY state",
    [REPLACE_MEASURE] =
        "INSERT INTO measure(problem, method, seed, name, value, better)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (problem, method, seed, name)"
        " DO UPDATE SET value = ?5, better = ?6",
    [SELECT_MEASURES] = "SELECT problem, method, seed, name, value, better FROM measure"
                        " ORDER BY id",
    [DELETE_MEASURES] = "DELETE FROM measure",
    [SELECT_LACKING] =
        "SELECT coalesce(json_extract(json, '$.problem'), '?'),"
        " coalesce(json_extract(json, '$.method'), '?'), state, count(*),"
        " message, min(id)" /* the message of that id */
        " FROM (SELECT id, state, message,"
        "  CASE WHEN json_valid(identity) THEN identity ELSE '{}' END AS json"
        "  FROM run WHERE state <> 'finished')"
        " GROUP BY 1, 2, 3 ORDER BY min(id)",
    [SELECT_IDENTITIES] = "SELECT id, identity FROM run ORDER BY id",
};

/* ---- errors and statements ---- */

cod_status cod_store_fail(const cod_store *store, cod_message *message)
{
    const char *why = store->db != NULL ? sqlite3_errmsg(store->db) : "out of memory";
    int code = store->db != NULL ? sqlite3_errcode(store->db) : SQLITE_NOMEM;
    switch (code) {
    case SQLITE_NOMEM:
        return cod_fail(message, COD_EMEMORY, "%s: out of memory", store->path);
    case SQLITE_NOTADB:
        return cod_fail(message, COD_EFILE, "%s: not a run store", store->path);
    case SQLITE_CORRUPT:
        return cod_fail(message, COD_EFILE, "%s: damaged: %s", store->path, why);
    case SQLITE_IOERR:
        if (sqlite3_system_errno(store->db) != 0) /* SQLite may have lost it */
            why = strerror(sqlite3_system_errno(store->db));
        return cod_fail(message, COD_EFILE, "%s: cannot be written: %s", store->path,
                        why);
    case SQLITE_FULL:
    case SQLITE_READONLY:
        return cod_fail(message, COD_EFILE, "%s: cannot be written: %s", store->path,
                        why);
    case SQLITE_BUSY:
        return cod_fail(message, COD_EFILE, "%s: in use by another process",
                        store->path);
    default:
        return cod_fail(message, COD_EFILE, "%s: %s", store->path, why);
    }
}

sqlite3_stmt *cod_store_statement(cod_store *store, statement which)
{
    sqlite3_stmt **at = &store->statements[which];
    if (*at == NULL)
        (void)sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                 at, NULL);
    return *at;
}

int cod_store_lost(const cod_store *store)
{
    return sqlite3_errcode(store->db) == SQLITE_NOMEM;
}

cod_status cod_store_step(cod_store *store, sqlite3_stmt *step, cod_message *message)
{
    int code = sqlite3_step(step);
    cod_status status = code == SQLITE_DONE ? COD_OK : cod_store_fail(store, message);
    sqlite3_reset(step);
    sqlite3_clear_bindings(step);
    return status;
}

cod_status cod_store_execute(cod_store *store, const char *sql, cod_message *message)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? COD_OK
               : cod_store_fail(store, message);
}

/* ---- about ---- */

cod_status cod_store_about(cod_store *store, const char *key, char **ret_value,
                           cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(store, SELECT_ABOUT);
    if (query == NULL)
        return cod_store_fail(store, ret_message);
    sqlite3_bind_text(query, 1, key, -1, SQLITE_STATIC);
    int code = sqlite3_step(query);
    cod_status status = COD_OK;
    char *value = NULL;
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(query, 0);
        value = strdup(text != NULL ? text : "");
        if (value == NULL || cod_store_lost(store)) {
            status =
                cod_fail(ret_message, COD_EMEMORY, "%s: out of memory", store->path);
            free(value);
        }
    } else if (code != SQLITE_DONE) {
        status = cod_store_fail(store, ret_message);
    }
    sqlite3_reset(query);
    if (status == COD_OK)
        *ret_value = value;
    return status;
}

cod_status cod_store_set_about(cod_store *store, const char *key, const char *value,
                               cod_message *ret_message)
{
    sqlite3_stmt *change = cod_store_statement(store, REPLACE_ABOUT);
    if (change == NULL)
        return cod_store_fail(store, ret_message);
    sqlite3_bind_text(change, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(change, 2, value, -1, SQLITE_STATIC);
    return cod_store_step(store, change, ret_message);
}
