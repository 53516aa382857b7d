/* SPDX-License-Identifier: MIT */
#include "wrap_alloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

static atomic_long count;
static atomic_long live;
static atomic_long fail_at;
static atomic_int fail_onwards;
static atomic_int failed;

void (*wrap_alloc_failing)(void);

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
    if (wrap_alloc_failing != NULL)
        wrap_alloc_failing();
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

/* ---- what the C library allocates in our name ---- */

int __real_vasprintf(char **ret_text, const char *format, va_list arguments);
char *__real_realpath(const char *path, char *resolved);
ssize_t __real_getline(char **line, size_t *room, FILE *stream);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__real_fdopen(int file, const char *mode);
FILE *__real_open_memstream(char **ret_text, size_t *ret_size);
int __real_fclose(FILE *stream);

int __wrap_asprintf(char **ret_text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments);
char *__wrap_realpath(const char *path, char *resolved);
ssize_t __wrap_getline(char **line, size_t *room, FILE *stream);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fdopen(int file, const char *mode);
FILE *__wrap_open_memstream(char **ret_text, size_t *ret_size);
int __wrap_fclose(FILE *stream);

/* A failure leaves *ret_text undefined (asprintf(3)): no address that may be freed. */
int __wrap_vasprintf(char **ret_text, const char *format, va_list arguments)
{
    if (fails()) {
        *ret_text = (char *)&failed;
        return -1;
    }
    int length = __real_vasprintf(ret_text, format, arguments);
    live += length >= 0;
    return length;
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = __wrap_vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return length;
}

char *__wrap_realpath(const char *path, char *resolved)
{
    if (resolved != NULL)
        return __real_realpath(path, resolved);
    return fails() ? NULL : counted(__real_realpath(path, NULL));
}

ssize_t __wrap_getline(char **line, size_t *room, FILE *stream)
{
    char *before = *line;
    if (fails())
        return -1;
    ssize_t length = __real_getline(line, room, stream);
    live += before == NULL && *line != NULL;
    return length;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return fails() ? NULL : __real_fopen(path, mode);
}

FILE *__wrap_fdopen(int file, const char *mode)
{
    return fails() ? NULL : __real_fdopen(file, mode);
}

/* Streams in memory: their text may fail to grow, which fclose() says. */
static _Thread_local FILE *memory_streams[16];

FILE *__wrap_open_memstream(char **ret_text, size_t *ret_size)
{
    size_t k = 0;
    FILE *stream = fails() ? NULL : __real_open_memstream(ret_text, ret_size);
    while (memory_streams[k] != NULL && k < 15)
        k++;
    memory_streams[k] = stream;
    live += stream != NULL;
    return stream;
}

int __wrap_fclose(FILE *stream)
{
    int in_memory = 0;
    for (size_t k = 0; k < 16; k++)
        if (stream != NULL && memory_streams[k] == stream) {
            memory_streams[k] = NULL;
            in_memory = 1;
        }
    int failing = in_memory && fails(), code = __real_fclose(stream);
    if (failing)
        errno = ENOMEM;
    return failing ? EOF : code;
}
