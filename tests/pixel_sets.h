/* SPDX-License-Identifier: MIT */
/* Sets of pixels of many shapes, the same in every run, and distances by looking at all
 * pairs of pixels. */
#ifndef COD_TESTS_PIXEL_SETS_H
#define COD_TESTS_PIXEL_SETS_H

#include "sets.h"

typedef enum pixels_kind {
    PIXELS_EMPTY,
    PIXELS_FULL,
    PIXELS_ONE,
    PIXELS_ALL_BUT_ONE,
    PIXELS_RARE,
    PIXELS_SPARSE,
    PIXELS_HALF,
    PIXELS_DENSE,
    PIXELS_ROWS,
    PIXELS_COLUMNS,
    PIXELS_CHECKERS,
    PIXELS_BOX,
    PIXELS_DISC,
    PIXELS_RAGGED, /* wavy bands with noise at their edges */
    PIXELS_KINDS,
} pixels_kind;

static inline int pixels_hold(pixels_kind kind, uint64_t *seed, double y, double x,
                              double height, double width)
{
    switch (kind) {
    case PIXELS_RARE:
        return draw(seed) < 0.01;
    case PIXELS_SPARSE:
        return draw(seed) < 0.1;
    case PIXELS_HALF:
        return draw(seed) < 0.5;
    case PIXELS_DENSE:
        return draw(seed) < 0.9;
    case PIXELS_ROWS:
        return fmod(y, 7) < 3;
    case PIXELS_COLUMNS:
        return fmod(x, 11) < 4;
    case PIXELS_CHECKERS:
        return fmod(x + y, 2) < 1;
    case PIXELS_BOX:
        return y > height / 4 && y < height / 2 && x > width / 3;
    case PIXELS_DISC:
        return hypot(y - height / 2, x - width / 3) < width / 4;
    case PIXELS_RAGGED:
        return sin(x / 5 + 2 * sin(y / 9)) + draw(seed) > 1.2;
    default:
        return kind == PIXELS_FULL || kind == PIXELS_ALL_BUT_ONE;
    }
}

/* Pixels of the set are any number but 0. */
static inline void draw_pixels(pixels_kind kind, uint64_t *seed, size_t height,
                               size_t width, unsigned char *ret_set)
{
    static const unsigned char marks[] = {1, 2, 128, 255};
    for (size_t k = 0; k < height * width; k++) {
        double y = (double)(k / width), x = (double)(k % width);
        int holds = pixels_hold(kind, seed, y, x, (double)height, (double)width);
        ret_set[k] = holds ? marks[k % 4] : 0;
    }
    if (kind == PIXELS_ONE || kind == PIXELS_ALL_BUT_ONE)
        ret_set[draw_bits(seed) % (height * width)] = kind == PIXELS_ONE;
}

/* From pixel k to the nearest pixel of the set (wanted: 1) or outside it (0); INFINITY
 * where there is none. */
static inline double nearest_square(const unsigned char *set, size_t height,
                                    size_t width, size_t k, int wanted)
{
    double least = INFINITY;
    for (size_t j = 0; j < height * width; j++) {
        double dy = (double)(j / width) - (double)(k / width);
        double dx = (double)(j % width) - (double)(k % width);
        if ((set[j] != 0) == wanted)
            least = fmin(least, dy * dy + dx * dx);
    }
    return least;
}

/* ... of the other kind; 0 where there is none. */
static inline double across_square(const unsigned char *set, size_t height,
                                   size_t width, size_t k)
{
    double square = nearest_square(set, height, width, k, set[k] == 0);
    return isinf(square) ? 0 : square;
}

/* A block of exactly so many bytes: a sanitizer sees what goes too far. */
static inline void *make_block(size_t count, size_t size)
{
    void *block = malloc(count * size);
    assert_non_null(block);
    memset(block, 0xff, count * size);
    return block;
}

#endif
