/* SPDX-License-Identifier: MIT */
/* The program, with allocations that fail: what is linked with this file (and
 * wrap_alloc.c) does what the environment says.
 *
 *   CODESCENT_FAIL_AT=K        the K-th allocation fails; K+: every later one too
 *   CODESCENT_FAIL_IN=workers  of each process that works on runs; else of the first
 *   CODESCENT_FAIL_LOG=FILE    for each that fails, the calls that led there
 * (addr2line)
 *
 * SQLite's allocations count as ours, GSL's where we ask it for an object; jansson's go
 * through the program's own functions. */
#include "wrap_alloc.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gsl/gsl_qrng.h>
#include <sqlite3.h>

static long fail_at;
static int onwards, in_workers, log_file = -1;

/* Allocates nothing, once backtrace() was called. */
static void note(void)
{
    void *calls[24];
    if (log_file < 0)
        return;
    int count = backtrace(calls, 24);
    backtrace_symbols_fd(calls + 3, count - 3, log_file); /* 0 to 2 are ours */
    if (write(log_file, "\n", 1) < 0)
        _exit(99);
}

/* ---- SQLite ---- */

static int no_start(void *data)
{
    (void)data;
    return SQLITE_OK;
}

static void no_end(void *data)
{
    (void)data;
}

static void *take(int size)
{
    return malloc((size_t)size);
}

static void *retake(void *block, int size)
{
    return realloc(block, (size_t)size);
}

static int size_of(void *block)
{
    return (int)malloc_usable_size(block);
}

static int round_up(int size)
{
    return (size + 7) & ~7;
}

/* ---- GSL ---- */

gsl_qrng *__real_gsl_qrng_alloc(const gsl_qrng_type *type, unsigned dimension);
gsl_qrng *__wrap_gsl_qrng_alloc(const gsl_qrng_type *type, unsigned dimension);

gsl_qrng *__wrap_gsl_qrng_alloc(const gsl_qrng_type *type, unsigned dimension)
{
    void *probe = malloc(1); /* counts, and fails, in place of those in GSL */
    if (probe == NULL)
        return NULL;
    free(probe);
    return __real_gsl_qrng_alloc(type, dimension);
}

/* ---- processes ---- */

static void in_worker(void)
{
    wrap_alloc_fail_at(in_workers ? fail_at : 0, onwards);
}

__attribute__((constructor)) static void prepare(void)
{
    static const sqlite3_mem_methods ours = {take,     free,     retake, size_of,
                                             round_up, no_start, no_end, NULL};
    const char *at = getenv("CODESCENT_FAIL_AT"), *log = getenv("CODESCENT_FAIL_LOG");
    const char *where = getenv("CODESCENT_FAIL_IN");
    void *call;
    (void)backtrace(&call, 1);
    sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
    if (log != NULL)
        log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    fail_at = at != NULL ? strtol(at, NULL, 10) : 0;
    onwards = at != NULL && strchr(at, '+') != NULL;
    in_workers = where != NULL && strcmp(where, "workers") == 0;
    wrap_alloc_failing = note;
    if (pthread_atfork(NULL, NULL, in_worker) != 0)
        _exit(99);
    wrap_alloc_fail_at(in_workers ? 0 : fail_at, onwards);
}
