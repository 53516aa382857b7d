/* SPDX-License-Identifier: MIT */
#include "front/set.h"

#include <stdlib.h>
#include <string.h>

int cod_set_finite(size_t count, const double *values)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return 0;
    return 1;
}

/* ---- orders ---- */

#define FEW 48 /* below this a sort by insertion is faster than one by digits */

int cod_order_alloc(cod_order *order, size_t count)
{
    size_t room = count > 0 ? count : 1;
    *order = (cod_order){.count = count};
    order->at = calloc(room, sizeof *order->at);
    order->spare = calloc(room, sizeof *order->spare);
    order->keys = calloc(room, sizeof *order->keys);
    order->spare_keys = calloc(room, sizeof *order->spare_keys);
    if (order->at == NULL || order->spare == NULL || order->keys == NULL ||
        order->spare_keys == NULL) {
        cod_order_free(order);
        return 0;
    }
    for (size_t k = 0; k < count; k++)
        order->at[k] = k;
    return 1;
}

void cod_order_free(cod_order *order)
{
    free(order->at);
    free(order->spare);
    free(order->keys);
    free(order->spare_keys);
    *order = (cod_order){0};
}

/* A whole number that grows as the value does; -0 and 0 are equal. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static void sort_few(cod_order *order)
{
    for (size_t k = 1; k < order->count; k++) {
        size_t at = order->at[k], j = k;
        uint64_t key = order->keys[k];
        for (; j > 0 && order->keys[j - 1] > key; j--) {
            order->keys[j] = order->keys[j - 1];
            order->at[j] = order->at[j - 1];
        }
        order->keys[j] = key;
        order->at[j] = at;
    }
}

/* One pass of a radix sort, by the digit at `shift`; starts[d] is the place of the
 * first key with digit d. */
static void sort_digit(cod_order *order, int shift, size_t *starts)
{
    for (size_t k = 0; k < order->count; k++) {
        size_t to = starts[order->keys[k] >> shift & 255]++;
        order->spare_keys[to] = order->keys[k];
        order->spare[to] = order->at[k];
    }
    uint64_t *keys = order->keys;
    order->keys = order->spare_keys;
    order->spare_keys = keys;
    size_t *at = order->at;
    order->at = order->spare;
    order->spare = at;
}

static void sort_many(cod_order *order)
{
    size_t counts[8][256] = {{0}};
    for (size_t k = 0; k < order->count; k++)
        for (int digit = 0; digit < 8; digit++)
            counts[digit][order->keys[k] >> 8 * digit & 255]++;
    for (int digit = 0; digit < 8; digit++) {
        size_t sum = 0, *starts = counts[digit];
        if (starts[order->keys[0] >> 8 * digit & 255] == order->count)
            continue; /* all have the same digit */
        for (size_t d = 0; d < 256; d++) {
            size_t count = starts[d];
            starts[d] = sum;
            sum += count;
        }
        sort_digit(order, 8 * digit, starts);
    }
}

void cod_order_by(cod_order *order, const double *values, size_t stride)
{
    for (size_t k = 0; k < order->count; k++)
        order->keys[k] = key_of(values[order->at[k] * stride]);
    if (order->count < FEW)
        sort_few(order);
    else
        sort_many(order);
}

/* ---- ranks ---- */

int cod_ranks_alloc(cod_ranks *ranks, size_t size)
{
    size_t total = 0, length = size;
    *ranks = (cod_ranks){0};
    do {
        length = length / 64 + 1;
        ranks->lengths[ranks->levels++] = length;
        total += length;
    } while (length > 1);
    ranks->words[0] = calloc(total, sizeof *ranks->words[0]);
    if (ranks->words[0] == NULL)
        return 0;
    for (size_t l = 1; l < ranks->levels; l++)
        ranks->words[l] = ranks->words[l - 1] + ranks->lengths[l - 1];
    return 1;
}

void cod_ranks_free(cod_ranks *ranks)
{
    free(ranks->words[0]);
    *ranks = (cod_ranks){0};
}

void cod_ranks_insert(cod_ranks *ranks, size_t r)
{
    for (size_t l = 0; l < ranks->levels; l++, r /= 64)
        ranks->words[l][r / 64] |= UINT64_C(1) << r % 64;
}

void cod_ranks_remove(cod_ranks *ranks, size_t r)
{
    for (size_t l = 0; l < ranks->levels; l++, r /= 64) {
        ranks->words[l][r / 64] &= ~(UINT64_C(1) << r % 64);
        if (ranks->words[l][r / 64] != 0)
            return;
    }
}

static size_t lowest(uint64_t word)
{
    return (size_t)__builtin_ctzll(word);
}

static size_t highest(uint64_t word)
{
    return 63 - (size_t)__builtin_clzll(word);
}

size_t cod_ranks_below(const cod_ranks *ranks, size_t r)
{
    for (size_t l = 0; l < ranks->levels; l++, r /= 64) {
        uint64_t below = (UINT64_C(1) << r % 64) - 1;
        if (r / 64 >= ranks->lengths[l] || (ranks->words[l][r / 64] & below) == 0)
            continue;
        r = r / 64 * 64 + highest(ranks->words[l][r / 64] & below);
        while (l-- > 0)
            r = r * 64 + highest(ranks->words[l][r]);
        return r;
    }
    return COD_NO_RANK;
}

size_t cod_ranks_from(const cod_ranks *ranks, size_t r)
{
    for (size_t l = 0; l < ranks->levels; l++, r = r / 64 + 1) {
        if (r / 64 >= ranks->lengths[l])
            return COD_NO_RANK;
        uint64_t above = ranks->words[l][r / 64] >> r % 64;
        if (above == 0)
            continue;
        r += lowest(above);
        while (l-- > 0)
            r = r * 64 + lowest(ranks->words[l][r]);
        return r;
    }
    return COD_NO_RANK;
}
