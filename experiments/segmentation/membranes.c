/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/membranes_private.h"

#include "core/checksum.h"
#include "core/spec.h"
#include "lab/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

cod_status cod_membranes_alloc(size_t count, size_t height, size_t width,
                               cod_membranes **ret_membranes, cod_message *ret_message)
{
    cod_membranes *membranes = calloc(1, sizeof *membranes);
    size_t pixels = height * width;
    if (membranes == NULL ||
        !cod_memory_has((double)count * (double)pixels * (sizeof(float) + 2)))
        goto fail;
    membranes->count = count;
    membranes->height = height;
    membranes->width = width;
    membranes->images = malloc(count * pixels * sizeof *membranes->images);
    membranes->grey = calloc(count, pixels);
    membranes->truth = calloc(count, pixels);
    if (membranes->images == NULL || membranes->grey == NULL ||
        membranes->truth == NULL)
        goto fail;
    *ret_membranes = membranes;
    return COD_OK;
fail:
    cod_membranes_free(membranes);
    return cod_fail(ret_message, COD_EMEMORY,
                    "%zu images of %zu x %zu pixels (width x height) are too large for "
                    "the memory",
                    count, width, height);
}

void cod_membranes_free(cod_membranes *membranes)
{
    if (membranes == NULL)
        return;
    free(membranes->images);
    free(membranes->grey);
    free(membranes->truth);
    free(membranes);
}

/* ---- standardizing ---- */

/* Mean 0, variance 1. There are 256 grey values only: each is counted, and its float
 * looked up. */
static void standardize(const unsigned char *grey, size_t pixels, float *ret_image)
{
    size_t counts[256] = {0};
    float values[256];
    double mean = 0, variance = 0;
    for (size_t k = 0; k < pixels; k++)
        counts[grey[k]]++;
    for (int v = 0; v < 256; v++)
        mean += (double)counts[v] * v;
    mean /= (double)pixels;
    for (int v = 0; v < 256; v++)
        variance += (double)counts[v] * (v - mean) * (v - mean);
    variance /= (double)pixels;
    for (int v = 0; v < 256; v++)
        values[v] = (float)((v - mean) / sqrt(variance));
    for (size_t k = 0; k < pixels; k++)
        ret_image[k] = values[grey[k]];
}

/* ---- the fingerprint ---- */

/* As 8 bytes, the lowest first, on every machine. */
static uint64_t hash_size(uint64_t hash, uint64_t size)
{
    for (int k = 0; k < 8; k++, size >>= 8)
        hash = cod_checksum(hash, &(unsigned char){size & 255}, 1);
    return hash;
}

static uint64_t fingerprint_of(const cod_membranes *membranes)
{
    size_t size = membranes->count * membranes->height * membranes->width;
    uint64_t hash = COD_CHECKSUM_BEGIN;
    hash = hash_size(hash, membranes->count);
    hash = hash_size(hash, membranes->height);
    hash = hash_size(hash, membranes->width);
    hash = cod_checksum(hash, membranes->grey, size);
    return cod_checksum(hash, membranes->truth, size);
}

void cod_membranes_complete(cod_membranes *membranes)
{
    size_t pixels = membranes->height * membranes->width;
    for (size_t k = 0; k < membranes->count; k++)
        standardize(membranes->grey + k * pixels, pixels,
                    membranes->images + k * pixels);
    membranes->fingerprint = fingerprint_of(membranes);
}

/* ---- crops ---- */

void cod_membranes_crop(const cod_membranes *membranes, size_t k, size_t top,
                        size_t left, size_t size, unsigned symmetry, float *ret_image,
                        unsigned char *ret_truth)
{
    size_t width = membranes->width;
    ptrdiff_t down = (ptrdiff_t)width, across = 1; /* steps of the crop's row, column */
    size_t start = (k * membranes->height + top) * width + left;
    if (symmetry & 4u) {
        down = 1;
        across = (ptrdiff_t)width;
    }
    if (symmetry & 1u) {
        start += (size - 1) * (size_t)across;
        across = -across;
    }
    if (symmetry & 2u) {
        start += (size - 1) * (size_t)down;
        down = -down;
    }
    for (size_t i = 0; i < size; i++) {
        ptrdiff_t at = (ptrdiff_t)start + (ptrdiff_t)i * down;
        for (size_t j = 0; j < size; j++, at += across) {
            ret_image[i * size + j] = membranes->images[at];
            ret_truth[i * size + j] = membranes->truth[at];
        }
    }
}
