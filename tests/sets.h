/* SPDX-License-Identifier: MIT */
/* Random sets of points, the same in every run. */
#ifndef COD_TESTS_SETS_H
#define COD_TESTS_SETS_H

#include "check.h"

/* splitmix64 (Steele, Lea and Flood 2014), so that tests do not lean on the library */
static inline uint64_t draw_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline double draw(uint64_t *state)
{
    return (double)(draw_bits(state) >> 11) * 0x1p-53;
}

/* A whole number in 0 .. most. */
static inline int draw_int(uint64_t *state, int most)
{
    return (int)(draw_bits(state) % (uint64_t)(most + 1));
}

/* Whole numbers, so that there are duplicates, ties and dominated points. */
static inline void draw_grid_set(uint64_t *state, size_t m, size_t count, int most,
                                 double *points)
{
    for (size_t k = 0; k < m * count; k++)
        points[k] = draw_int(state, most);
}

static inline void draw_set(uint64_t *state, size_t m, size_t count, double *points)
{
    for (size_t k = 0; k < m * count; k++)
        points[k] = draw(state);
}

/* Points on the part of the unit sphere in f >= 0: none dominates another. */
static inline void draw_sphere_set(uint64_t *state, size_t m, size_t count,
                                   double *points)
{
    draw_set(state, m, count, points);
    for (size_t k = 0; k < count; k++) {
        double square = 0;
        for (size_t i = 0; i < m; i++)
            square += points[k * m + i] * points[k * m + i];
        for (size_t i = 0; i < m; i++)
            points[k * m + i] /= sqrt(square);
    }
}

static inline void shuffle(uint64_t *state, size_t m, size_t count, double *points)
{
    for (size_t k = count; k > 1; k--) {
        size_t j = draw_bits(state) % k;
        for (size_t i = 0; i < m; i++) {
            double kept = points[(k - 1) * m + i];
            points[(k - 1) * m + i] = points[j * m + i];
            points[j * m + i] = kept;
        }
    }
}

#endif
