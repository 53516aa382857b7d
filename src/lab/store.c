/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's file: making, opening, closing, and what is kept about the study. */
#include "lab/store.h"

#include "core/spec.h"
#include "lab/lab.h"
#include "lab/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* "codS", so that `file` and we know our own. */
#define APPLICATION 0x636f6453

/* Between tries, in ns, where another process is soon done. */
#define PAUSE       20000000

static const char tables[] =
    "CREATE TABLE about(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL DEFAULT 'waiting'"
    " CHECK (state IN ('waiting', 'finished', 'failed')),"
    " progress INTEGER NOT NULL DEFAULT 0, checkpoint BLOB, result BLOB,"
    " message TEXT NOT NULL DEFAULT '');"
    "CREATE TABLE time(run INTEGER PRIMARY KEY REFERENCES run, seconds REAL NOT NULL);"
    "CREATE TABLE measure(id INTEGER PRIMARY KEY, problem TEXT NOT NULL,"
    " method TEXT NOT NULL, seed INTEGER NOT NULL, name TEXT NOT NULL, value REAL,"
    " better TEXT NOT NULL CHECK (better IN ('', 'lower', 'higher')),"
    " UNIQUE (problem, method, seed, name));";

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
    case SQLITE_READONLY:
        return store->mode == COD_STORE_READ /* open_to_read() */
                   ? cod_fail(message, COD_EFILE,
                              "%s: left by a process that was killed as one that only "
                              "somebody who may write there can open",
                              store->path)
                   : cod_fail(message, COD_EFILE, "%s: cannot be written: %s",
                              store->path, why);
    case SQLITE_IOERR:
        if (sqlite3_system_errno(store->db) != 0) /* SQLite may have lost it */
            why = strerror(sqlite3_system_errno(store->db));
        return cod_fail(message, COD_EFILE, "%s: cannot be written: %s", store->path,
                        why);
    case SQLITE_FULL:
        return cod_fail(message, COD_EFILE, "%s: cannot be written: %s", store->path,
                        why);
    case SQLITE_BUSY:
        return cod_fail(message, COD_EFILE, "%s: in use by another process",
                        store->path);
    default:
        return cod_fail(message, COD_EFILE, "%s: %s", store->path, why);
    }
}

sqlite3_stmt *cod_store_statement(cod_store *store, statement which,
                                  cod_message *message)
{
    sqlite3_stmt **at = &store->statements[which];
    if (*at == NULL && sqlite3_prepare_v3(store->db, texts[which], -1,
                                          SQLITE_PREPARE_PERSISTENT, at, NULL) != 0)
        cod_store_fail(store, message);
    return *at;
}

cod_status cod_store_step(cod_store *store, sqlite3_stmt *step, cod_message *message)
{
    int code = sqlite3_step(step);
    cod_status status = code == SQLITE_DONE ? COD_OK : cod_store_fail(store, message);
    sqlite3_reset(step);
    sqlite3_clear_bindings(step);
    return status;
}

static cod_status execute(cod_store *store, const char *sql, cod_message *message)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? COD_OK
               : cod_store_fail(store, message);
}

/* ---- opening ---- */

static cod_status system_fail(const cod_store *store, cod_message *message)
{
    return cod_fail(message, COD_EFILE, "%s: %s", store->path, strerror(errno));
}

/* The lock is held on an open file of our own. SQLite's locks are the process's, and
 * fall when any of its files on the store is closed: this one is closed last. A process
 * that was killed may leave a child that has not given it up yet (cod_store_leave()).
 */
static cod_status take_lock(cod_store *store, const char *path, int flags,
                            cod_message *message)
{
    const struct timespec pause = {0, PAUSE};
    store->lock = open(path, flags | O_RDWR | O_CLOEXEC, 0666);
    if (store->lock < 0)
        return system_fail(store, message);
    for (int k = 0; flock(store->lock, LOCK_EX | LOCK_NB) != 0; k++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return system_fail(store, message);
        if (k == 25)
            return cod_fail(message, COD_EFILE, "%s: in use by another process",
                            store->path);
        nanosleep(&pause, NULL);
    }
    return COD_OK;
}

static cod_status connect(cod_store *store, const char *path, int flags,
                          cod_message *message)
{
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return cod_store_fail(store, message);
    sqlite3_busy_timeout(store->db, 5000); /* a reader, who is soon done */
    return COD_OK;
}

static int integer_of(cod_store *store, const char *sql)
{
    sqlite3_stmt *query = NULL;
    int value = -1;
    if (sqlite3_prepare_v2(store->db, sql, -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        value = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    return value;
}

static cod_status check_schema(cod_store *store, cod_message *message)
{
    int application = integer_of(store, "PRAGMA application_id");
    if (application < 0)
        return cod_store_fail(store, message);
    if (application != APPLICATION)
        return cod_fail(message, COD_EFILE, "%s: not a run store", store->path);
    int schema = integer_of(store, "PRAGMA user_version");
    if (schema != COD_STORE_SCHEMA)
        return cod_fail(message, COD_EFILE,
                        "%s: a run store of schema %d; this program has schema %d",
                        store->path, schema, COD_STORE_SCHEMA);
    return COD_OK;
}

/* A log that survives a kill. Commits wait for no disk, but where cod_store_put() says
 * so. */
static cod_status open_old(cod_store *store, cod_message *message)
{
    cod_status status = COD_OK;
    if (store->lock < 0)
        status = take_lock(store, store->path, 0, message);
    if (status == COD_OK)
        status = connect(store, store->path, SQLITE_OPEN_READWRITE, message);
    if (status == COD_OK)
        status = check_schema(store, message);
    if (status == COD_OK)
        status = execute(
            store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", message);
    return status;
}

/* A process that was killed while the log began or ended has left a journal, which must
 * be taken back before anything is read; so the file is opened for writing where that
 * is allowed, and nothing but that is written. */
static cod_status open_to_read(cod_store *store, cod_message *message)
{
    if (access(store->path, R_OK) != 0)
        return system_fail(store, message);
    cod_status status = connect(store, store->path, SQLITE_OPEN_READWRITE, message);
    if (status == COD_OK)
        status = check_schema(store, message);
    return status == COD_OK ? execute(store, "PRAGMA query_only = 1", message) : status;
}

/* Under another name, in one transaction, which the first commit ends. */
static cod_status make_new(cod_store *store, cod_message *message)
{
    char sql[128];
    if (access(store->path, F_OK) == 0) {
        errno = EEXIST;
        return system_fail(store, message);
    }
    if (asprintf(&store->temporary, "%s.new", store->path) < 0) {
        store->temporary = NULL;
        return cod_fail(message, COD_EMEMORY, "out of memory");
    }
    cod_status status = take_lock(store, store->temporary, O_CREAT | O_TRUNC, message);
    if (status == COD_OK)
        status = connect(store, store->temporary, SQLITE_OPEN_READWRITE, message);
    snprintf(sql, sizeof sql,
             "BEGIN; PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION,
             COD_STORE_SCHEMA);
    if (status == COD_OK)
        status = execute(store, sql, message);
    if (status == COD_OK)
        status = execute(store, tables, message);
    return status;
}

cod_status cod_store_open(const char *folder, cod_store_mode mode,
                          cod_store **ret_store, cod_message *ret_message)
{
    cod_store *store = calloc(1, sizeof *store);
    if (store == NULL || asprintf(&store->path, "%s/" COD_STORE_NAME, folder) < 0) {
        free(store);
        return cod_fail(ret_message, COD_EMEMORY, "out of memory");
    }
    store->lock = -1;
    store->mode = mode;
    cod_status status = mode == COD_STORE_NEW     ? make_new(store, ret_message)
                        : mode == COD_STORE_WRITE ? open_old(store, ret_message)
                                                  : open_to_read(store, ret_message);
    if (status < 0)
        cod_store_close(store);
    else
        *ret_store = store;
    return status;
}

/* ---- closing ---- */

static void disconnect(cod_store *store)
{
    for (size_t k = 0; k < STATEMENTS; k++) {
        sqlite3_finalize(store->statements[k]);
        store->statements[k] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
}

/* One file again. Readers are soon done; where one stays, the log stays, too. */
static void end_log(cod_store *store)
{
    const struct timespec pause = {0, PAUSE};
    sqlite3_busy_timeout(store->db, 0);
    for (int k = 0; k < 50; k++) {
        if (sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) !=
            SQLITE_BUSY)
            return;
        nanosleep(&pause, NULL);
    }
}

void cod_store_close(cod_store *store)
{
    if (store == NULL)
        return;
    if (store->mode != COD_STORE_READ && store->temporary == NULL && store->db != NULL)
        end_log(store);
    disconnect(store);
    if (store->temporary != NULL && store->lock >= 0)
        unlink(store->temporary);
    if (store->lock >= 0)
        close(store->lock);
    free(store->temporary);
    free(store->path);
    free(store);
}

const char *cod_store_path(const cod_store *store)
{
    return store->path;
}

void cod_store_leave(cod_store *store)
{
    if (store != NULL && store->lock >= 0)
        close(store->lock);
}

/* ---- transactions ---- */

cod_status cod_store_begin(cod_store *store, cod_message *ret_message)
{
    if (store->temporary != NULL)
        return COD_OK; /* begun when it was made */
    return execute(store, "BEGIN IMMEDIATE", ret_message);
}

cod_status cod_store_commit(cod_store *store, cod_message *ret_message)
{
    cod_status status = execute(store, "COMMIT", ret_message);
    if (status < 0 || store->temporary == NULL)
        return status;
    disconnect(store);
    if (rename(store->temporary, store->path) != 0)
        return system_fail(store, ret_message);
    free(store->temporary);
    store->temporary = NULL;
    return open_old(store, ret_message);
}

void cod_store_rollback(cod_store *store)
{
    if (store->temporary == NULL)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- about ---- */

cod_status cod_store_about(cod_store *store, const char *key, char **ret_value,
                           cod_message *ret_message)
{
    sqlite3_stmt *query = cod_store_statement(store, SELECT_ABOUT, ret_message);
    if (query == NULL)
        return COD_EFILE;
    sqlite3_bind_text(query, 1, key, -1, SQLITE_STATIC);
    int code = sqlite3_step(query);
    cod_status status = COD_OK;
    char *value = NULL;
    if (code == SQLITE_ROW) {
        value = strdup((const char *)sqlite3_column_text(query, 0));
        if (value == NULL)
            status = cod_fail(ret_message, COD_EMEMORY, "out of memory");
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
    sqlite3_stmt *change = cod_store_statement(store, REPLACE_ABOUT, ret_message);
    if (change == NULL)
        return COD_EFILE;
    sqlite3_bind_text(change, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(change, 2, value, -1, SQLITE_STATIC);
    return cod_store_step(store, change, ret_message);
}
