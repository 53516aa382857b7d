/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is one function that takes any bytes and stops
 * the program where something promised does not hold; libFuzzer calls it, or replay.c
 * with the files of a corpus. */
#ifndef COD_TESTS_FUZZ_H
#define COD_TESTS_FUZZ_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/codescent.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops, and says what did not hold; the rest is a format and its numbers. */
#define require(condition, ...)                                                        \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
            fprintf(stderr, __VA_ARGS__);                                              \
            fputc('\n', stderr);                                                       \
            abort();                                                                   \
        }                                                                              \
    } while (0)

/* Memory that is there, or the target cannot go on; its own block, for the sanitizer.
 */
static inline void *fuzz_memory(size_t size)
{
    void *memory = calloc(size > 0 ? size : 1, 1);
    require(memory != NULL, "no memory");
    return memory;
}

/* An error comes with one line that says what is wrong, and success without a word. */
static inline void require_message(cod_status status, const cod_message *message)
{
    size_t length = strnlen(message->text, sizeof message->text);
    require(length < sizeof message->text, "the message does not end");
    require(status >= 0 || length > 0, "%s without a message", cod_status_key(status));
    for (size_t k = 0; k < length; k++) {
        unsigned char c = (unsigned char)message->text[k];
        require(c >= ' ' && c != 0x7f, "byte 0x%02x in '%s'", c, message->text);
    }
}

static inline int is_one_of(cod_status status, const cod_status *some, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (status == some[k])
            return 1;
    return 0;
}

#define require_status(status, ...)                                                    \
    require(is_one_of((status), (const cod_status[]){__VA_ARGS__},                     \
                      sizeof((const cod_status[]){__VA_ARGS__}) / sizeof(cod_status)), \
            "%s is not documented here", cod_status_key(status))

/* ---- numbers from bytes ---- */

/* Where the bytes end, what follows is drawn by a seed that they decide (splitmix64),
 * so that short inputs are whole problems too. */
typedef struct fuzz_input {
    const uint8_t *data;
    size_t size;
    size_t at;
    uint64_t seed;
} fuzz_input;

static inline fuzz_input fuzz_begin(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size, 0, UINT64_C(0xcbf29ce484222325)};
    for (size_t k = 0; k < size; k++)
        in.seed = (in.seed ^ data[k]) * UINT64_C(0x100000001b3);
    return in;
}

static inline uint64_t fuzz_draw(fuzz_input *in)
{
    uint64_t z = in->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The next `count` bytes as a number, count <= 8. */
static inline uint64_t fuzz_bits(fuzz_input *in, size_t count)
{
    uint64_t bits = 0;
    if (in->size - in->at < count) {
        in->at = in->size;
        return fuzz_draw(in) >> (64 - 8 * count);
    }
    for (size_t k = 0; k < count; k++)
        bits |= (uint64_t)in->data[in->at++] << (8 * k);
    return bits;
}

static inline unsigned fuzz_byte(fuzz_input *in)
{
    return (unsigned)fuzz_bits(in, 1);
}

/* In 0 .. most, most <= 255. */
static inline unsigned fuzz_most(fuzz_input *in, unsigned most)
{
    return fuzz_byte(in) % (most + 1);
}

/* Any double at all. */
static inline double fuzz_double(fuzz_input *in)
{
    uint64_t bits = fuzz_bits(in, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
