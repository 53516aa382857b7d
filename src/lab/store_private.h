/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What store.c (SQLite's statements), store_open.c (the file) and store_runs.c (its
 * rows) share. */
#ifndef COD_LAB_STORE_PRIVATE_H
#define COD_LAB_STORE_PRIVATE_H

#include <sqlite3.h>

#include "lab/store.h"

/* Statements that are prepared once, when they are first used. */
typedef enum statement {
    SELECT_ABOUT,
    REPLACE_ABOUT,
    INSERT_RUN,
    SELECT_ID,
    SELECT_RUN,
    UPDATE_RUN,
    RETRY_RUN,
    REPLACE_TIME,
    COUNT_RUNS,
    REPLACE_MEASURE,
    SELECT_MEASURES,
    DELETE_MEASURES,
    SELECT_LACKING,
    SELECT_IDENTITIES,
    STATEMENTS,
} statement;

struct cod_store {
    sqlite3 *db;
    char *path;      /* as it will be called */
    char *temporary; /* as a new one is called until its first commit; else NULL */
    int lock;        /* held open, and locked, while this process may write; or -1 */
    sqlite3_stmt *statements[STATEMENTS];
};

/* The statement, ready for values; NULL where it can't be: cod_store_fail() says why.
 */
sqlite3_stmt *cod_store_statement(cod_store *store, statement which);
/* Whether SQLite had no memory for what it was asked last: a column is then NULL, as
 * columns without a value are. */
int cod_store_lost(const cod_store *store);
/* Steps a statement that returns no row, and resets it. COD_OK; COD_EFILE; COD_EMEMORY
 */
COD_MUST_CHECK cod_status cod_store_step(cod_store *store, sqlite3_stmt *statement,
                                         cod_message *message);
/* Runs statements that return nothing. COD_OK; COD_EFILE; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_store_execute(cod_store *store, const char *sql,
                                            cod_message *message);
/* SQLite's last error as a line that names the file; COD_EFILE or COD_EMEMORY. */
cod_status cod_store_fail(const cod_store *store, cod_message *message);

#endif
