/* SPDX-License-Identifier: MIT */
#include "wrap_alloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_long count;
static atomic_long live;
static atomic_long fail_at;
static atomic_int fail_onwards;
static atomic_int failed;

void wrap_alloc_fail_at(long k, int onwards)
{
    fail_at = k;
    fail_onwards = onwards;
    failed = 0;
    count = 0;
}

long wrap_alloc_count(void)
{
    return count;
}

int wrap_alloc_failed(void)
{
    return failed;
}

long wrap_alloc_live(void)
{
    return live;
}

/* Whether the allocation at hand is one that fails. */
static int fails(void)
{
    long k = ++count, at = fail_at;
    if (at == 0 || k < at || (k > at && !fail_onwards))
        return 0;
    failed = 1;
    errno = ENOMEM;
    return 1;
}

static void *counted(void *block)
{
    if (block != NULL)
        live++;
    return block;
}

/* The linker gives these names: __wrap_f is called in place of f, which is __real_f. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
void __real_free(void *block);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *data);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
void __wrap_free(void *block);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *data);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    void *grown = __real_realloc(block, size);
    return block == NULL ? counted(grown) : grown;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t length)
{
    return fails() ? NULL : counted(__real_strndup(text, length));
}

void __wrap_free(void *block)
{
    if (block != NULL)
        live--;
    __real_free(block);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *data)
{
    return fails() ? EAGAIN : __real_pthread_create(thread, attributes, start, data);
}
