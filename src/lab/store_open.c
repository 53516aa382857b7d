/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's file: making, opening, closing; and transactions, of which the first
 * makes a new one. */
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* "codS", so that `file` and we know our own. */
#define APPLICATION 0x636f6453

/* A log that survives a kill. Commits wait for no disk, but where cod_store_put() says
 * so. A store has its log from birth and keeps it: to be killed while SQLite switches
 * it on or off would leave a journal that not every reader may take back. */
static const char begin_log[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";

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
    const struct timespec pause = {0, 20000000};
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

/* Pages that are not a tree, rows that an index does not have: else tables would lack
 * rows, and nobody would know. */
static cod_status check_integrity(cod_store *store, cod_message *message)
{
    sqlite3_stmt *query = NULL;
    cod_status status = COD_OK;
    if (sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(1)", -1, &query, NULL) !=
            SQLITE_OK ||
        sqlite3_step(query) != SQLITE_ROW)
        status = cod_store_fail(store, message);
    const char *found =
        status == COD_OK ? (const char *)sqlite3_column_text(query, 0) : NULL;
    const char *head = found != NULL ? strchr(found, '\n') : NULL;
    if (status == COD_OK && cod_store_lost(store))
        status = cod_store_fail(store, message);
    else if (found != NULL && strcmp(found, "ok") != 0)
        status = cod_fail(message, COD_EFILE, "%s: damaged: %.160s", store->path,
                          head != NULL ? head + 1 : found);
    sqlite3_finalize(query);
    return status;
}

static cod_status check_schema(cod_store *store, cod_message *message)
{
    int application = integer_of(store, "PRAGMA application_id");
    if (application < 0)
        return cod_store_fail(store, message);
    if (application != APPLICATION)
        return cod_fail(message, COD_EFILE, "%s: not a run store", store->path);
    int schema = integer_of(store, "PRAGMA user_version");
    if (schema < 0)
        return cod_store_fail(store, message);
    if (schema != COD_STORE_SCHEMA)
        return cod_fail(message, COD_EFILE,
                        "%s: a run store of schema %d; this program has schema %d",
                        store->path, schema, COD_STORE_SCHEMA);
    return check_integrity(store, message);
}

static cod_status open_old(cod_store *store, cod_message *message)
{
    cod_status status = COD_OK;
    if (store->lock < 0)
        status = take_lock(store, store->path, 0, message);
    if (status == COD_OK)
        status = connect(store, store->path, SQLITE_OPEN_READWRITE, message);
    if (status == COD_OK)
        status = check_schema(store, message);
    return status == COD_OK ? cod_store_execute(store, begin_log, message) : status;
}

/* As a file that nobody changes: SQLite opens one with a log in no folder where it
 * can't make that log. Without a log beside it, the file is whole. */
static cod_status connect_unchanging(cod_store *store, cod_message *message)
{
    char *path = realpath(store->path, NULL), *address = NULL;
    size_t size;
    FILE *stream = open_memstream(&address, &size);
    if (stream != NULL)
        fputs("file:", stream);
    for (const char *c = path; stream != NULL && c != NULL && *c != '\0'; c++)
        fprintf(stream, strchr("%?#", *c) != NULL ? "%%%02x" : "%c", (unsigned char)*c);
    if (stream != NULL)
        fputs("?immutable=1", stream);
    int bad = path == NULL || stream == NULL || fclose(stream) != 0;
    sqlite3_close(store->db);
    store->db = NULL;
    cod_status status =
        bad ? cod_fail(message, COD_EMEMORY, "%s: out of memory", store->path)
            : connect(store, address, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, message);
    free(path);
    free(address);
    return status;
}

/* Did SQLite refuse a file without a log because it can't make one? */
static int cannot_begin_log(const cod_store *store)
{
    char path[PATH_MAX];
    int code = sqlite3_errcode(store->db);
    int length = snprintf(path, sizeof path, "%s-wal", store->path);
    return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
           length < (int)sizeof path && access(path, F_OK) != 0;
}

/* For writing, where that is allowed: whoever closes the store last takes the log of a
 * process that was killed into the file. */
static cod_status open_to_read(cod_store *store, cod_message *message)
{
    if (access(store->path, R_OK) != 0)
        return system_fail(store, message);
    cod_status status = connect(store, store->path, SQLITE_OPEN_READWRITE, message);
    if (status == COD_OK)
        status = check_schema(store, message);
    if (status < 0 && cannot_begin_log(store)) {
        status = connect_unchanging(store, message);
        if (status == COD_OK)
            status = check_schema(store, message);
    }
    return status == COD_OK ? cod_store_execute(store, "PRAGMA query_only = 1", message)
                            : status;
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
        status = cod_store_execute(store, sql, message);
    if (status == COD_OK)
        status = cod_store_execute(store, tables, message);
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

void cod_store_close(cod_store *store)
{
    if (store == NULL)
        return;
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
    return cod_store_execute(store, "BEGIN IMMEDIATE", ret_message);
}

cod_status cod_store_commit(cod_store *store, cod_message *ret_message)
{
    cod_status status = cod_store_execute(store, "COMMIT", ret_message);
    if (status == COD_OK && store->temporary != NULL)
        status = cod_store_execute(store, begin_log, ret_message);
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
