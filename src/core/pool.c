/* SPDX-License-Identifier: MIT */
#include "core/pool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/spec.h"

enum { MAX_ROWS = 4096, MAX_THREADS = 1024 };

/* Takes parts until none is left. */
static void take_parts(cod_pool *pool, cod_pool_task task, void *arg, size_t parts,
                       unsigned thread)
{
    for (;;) {
        size_t part = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (part >= parts)
            return;
        task(arg, part, thread);
    }
}

/* A worker joins a loop only while it is open, under the mutex: one that wakes late
 * finds it closed and sleeps again, and nobody has waited for it. */
static void *work(void *data)
{
    struct cod_worker *worker = data;
    cod_pool *pool = worker->pool;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->quit &&
               (pool->task == NULL ||
                atomic_load_explicit(&pool->next, memory_order_relaxed) >= pool->parts))
            pthread_cond_wait(&pool->wake, &pool->mutex);
        if (pool->quit)
            break;
        cod_pool_task task = pool->task;
        void *arg = pool->arg;
        size_t parts = pool->parts;
        pool->working++;
        pthread_mutex_unlock(&pool->mutex);
        take_parts(pool, task, arg, parts, worker->number);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->working == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

void cod_pool_run(cod_pool *pool, cod_pool_task task, void *arg, size_t parts)
{
    if (pool->threads == 1 || parts < 2) {
        for (size_t part = 0; part < parts; part++)
            task(arg, part, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->task = task;
    pool->arg = arg;
    pool->parts = parts;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);

    take_parts(pool, task, arg, parts, 0);

    pthread_mutex_lock(&pool->mutex);
    pool->task = NULL;
    while (pool->working > 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void cod_pool_run_if(cod_pool *pool, int few, cod_pool_task task, void *arg,
                     size_t parts)
{
    if (!few) {
        cod_pool_run(pool, task, arg, parts);
        return;
    }
    for (size_t part = 0; part < parts; part++)
        task(arg, part, 0);
}

unsigned cod_pool_threads(const cod_pool *pool)
{
    return pool->threads;
}

/* The workers take no signals: the program's handlers run in the program's threads. */
static int start_workers(cod_pool *pool)
{
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
        return -1;
    int error = 0;
    for (unsigned k = 0; k + 1 < pool->threads && error == 0; k++) {
        struct cod_worker *worker = &pool->workers[k];
        worker->number = k + 1;
        worker->pool = pool;
        error = pthread_create(&worker->thread, NULL, work, worker);
        if (error == 0)
            pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

static int start_locks(cod_pool *pool)
{
    if (pthread_mutex_init(&pool->mutex, NULL) != 0)
        return -1;
    if (pthread_cond_init(&pool->wake, NULL) != 0)
        goto no_wake;
    if (pthread_cond_init(&pool->done, NULL) != 0)
        goto no_done;
    pool->ready = 1;
    return 0;
no_done:
    pthread_cond_destroy(&pool->wake);
no_wake:
    pthread_mutex_destroy(&pool->mutex);
    return -1;
}

cod_status cod_pool_alloc_with(unsigned threads, size_t m, const cod_kernels *kernels,
                               cod_pool **ret_pool)
{
    if (m == 0 || m > MAX_ROWS || threads > MAX_THREADS || ret_pool == NULL)
        return COD_EARGUMENT;
    cod_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        goto fail;
    pool->threads = threads > 0 ? threads : 1;
    pool->m = m;
    pool->kernels = kernels;
    atomic_init(&pool->next, 0);
    /* Not zeroed: much of it is never touched, and costs nothing then. */
    size_t scratch = cod_gramian_scratch(pool->threads, m) * sizeof *pool->scratch;
    pool->scratch = aligned_alloc(64, (scratch + 63) / 64 * 64);
    pool->rows = calloc(2 * m, sizeof *pool->rows);
    pool->index = calloc(2 * m, sizeof *pool->index);
    pool->weights = calloc(m, sizeof *pool->weights);
    pool->workers = calloc(pool->threads, sizeof *pool->workers);
    if (pool->scratch == NULL || pool->rows == NULL || pool->index == NULL ||
        pool->weights == NULL || pool->workers == NULL)
        goto fail;
    if (start_locks(pool) != 0 || start_workers(pool) != 0)
        goto fail;
    *ret_pool = pool;
    return COD_OK;
fail:
    cod_pool_free(pool);
    return COD_EMEMORY;
}

static const char *name_at(const void *list, size_t k)
{
    (void)list;
    return cod_kernels_name(k);
}

cod_status cod_kernels_find(const char *name, const cod_kernels **ret_kernels,
                            cod_message *ret_message)
{
    const cod_kernels *found = NULL;
    const cod_kernels *next;
    size_t count = 0;
    for (; (next = cod_kernels_at(count)) != NULL; count++)
        if (name == NULL || strcmp(name, next->name) == 0)
            found = next;
    if (found == NULL)
        return cod_fail_name(ret_message, "instruction set", name, NULL, count,
                             name_at);
    *ret_kernels = found;
    return COD_OK;
}

cod_status cod_pool_alloc_for(unsigned threads, size_t m, const char *kernels,
                              cod_pool **ret_pool, cod_message *ret_message)
{
    const cod_kernels *found = NULL;
    cod_status status = cod_kernels_find(kernels, &found, ret_message);
    if (status < 0)
        return status;
    status = cod_pool_alloc_with(threads, m, found, ret_pool);
    return status == COD_OK
               ? status
               : cod_fail(ret_message, status, "a pool of %u threads for %zu rows: %s",
                          threads, m, cod_status_text(status));
}

cod_status cod_pool_alloc(unsigned threads, size_t m, cod_pool **ret_pool)
{
    return cod_pool_alloc_for(threads, m, NULL, ret_pool, NULL);
}

void cod_pool_free(cod_pool *pool)
{
    if (pool == NULL)
        return;
    if (pool->ready) {
        pthread_mutex_lock(&pool->mutex);
        pool->quit = 1;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
        for (unsigned k = 0; k < pool->started; k++)
            pthread_join(pool->workers[k].thread, NULL);
        pthread_cond_destroy(&pool->done);
        pthread_cond_destroy(&pool->wake);
        pthread_mutex_destroy(&pool->mutex);
    }
    free(pool->workers);
    free(pool->weights);
    free(pool->index);
    free(pool->rows);
    free(pool->scratch);
    free(pool);
}
