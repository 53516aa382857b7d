/* SPDX-License-Identifier: MIT */
/* The pool of threads (codescent/gramian.h) from inside. */
#ifndef COD_CORE_POOL_H
#define COD_CORE_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <codescent/gramian.h>

#include "core/kernels.h"

/* One part of a parallel loop. `thread` counts from 0, the caller's, and is below
 * cod_pool_threads(); two parts never run at once under one number. */
typedef void (*cod_pool_task)(void *arg, size_t part, unsigned thread);

struct cod_pool {
    unsigned threads; /* the caller's included */
    size_t m;
    const cod_kernels *kernels;
    double *scratch;   /* cod_gramian_scratch() */
    const void **rows; /* 2 m: rows that are not NULL, packed */
    size_t *index;     /* 2 m: where they were */
    double *weights;   /* m */

    pthread_mutex_t mutex;
    pthread_cond_t wake; /* a loop has opened, or the end has come */
    pthread_cond_t done; /* the last worker has left the loop */
    int ready;           /* mutex and conditions exist */
    int quit;
    cod_pool_task task; /* NULL: no loop is open */
    void *arg;
    size_t parts;
    unsigned working;   /* workers within the open loop */
    atomic_size_t next; /* the part to be taken next */
    unsigned started;   /* workers that exist */
    struct cod_worker {
        pthread_t thread;
        unsigned number;
        struct cod_pool *pool;
    } * workers;
};

/* cod_pool_alloc() with kernels of the caller's choice: the tests compare them. */
COD_MUST_CHECK cod_status cod_pool_alloc_with(unsigned threads, size_t m,
                                              const cod_kernels *kernels,
                                              cod_pool **ret_pool);

/* The kernels of that name; NULL: the best of this machine. COD_ENAME where it has
 * none. */
COD_MUST_CHECK cod_status cod_kernels_find(const char *name,
                                           const cod_kernels **ret_kernels,
                                           cod_message *ret_message);

unsigned cod_pool_threads(const cod_pool *pool);

/* Runs task(arg, part, thread) for every part below `parts`, each once, in any order,
 * and returns when all are done. Not to be called from within a task. */
void cod_pool_run(cod_pool *pool, cod_pool_task task, void *arg, size_t parts);

/* The same on the caller's thread alone where `few` is set: waking the others takes
 * some microseconds. */
void cod_pool_run_if(cod_pool *pool, int few, cod_pool_task task, void *arg,
                     size_t parts);

#endif
