/* SPDX-License-Identifier: MIT */
/* Vectors of the machine's width, in the C dialect that gcc and clang share; elsewhere
 * a vector is one double. Only the speed depends on the width, never a bit of a result.
 */
#ifndef COD_CORE_KERNELS_VECTOR_H
#define COD_CORE_KERNELS_VECTOR_H

#include <stddef.h>
#include <string.h>

#include "core/kernels.h"

#define COD_PASTE_(a, b, c) a##b##c
#define COD_PASTE(a, b, c)  COD_PASTE_(a, b, c)

#if !defined(__GNUC__)
enum { WIDTH = 1, ACCUMULATORS = 8, TILE_ROWS = 2 };
#define ALWAYS_INLINE inline
#define NEVER_INLINE
#elif defined(__AVX512F__)
enum { WIDTH = 8, ACCUMULATORS = 20, TILE_ROWS = 4 }; /* of 32 registers */
#elif defined(__AVX2__)
enum { WIDTH = 4, ACCUMULATORS = 10, TILE_ROWS = 2 }; /* of 16 registers */
#else
enum { WIDTH = 2, ACCUMULATORS = 10, TILE_ROWS = 2 };
#endif
enum { TILE_COLUMNS = 4 };

#if defined(__GNUC__)
#define ALWAYS_INLINE __attribute__((always_inline)) inline
#define NEVER_INLINE  __attribute__((noinline))
typedef double vector __attribute__((vector_size(8 * WIDTH)));
#else
typedef double vector;
#endif

/* In front of a loop of few turns over vectors that belong into registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 16")
#else
#define UNROLL
#endif

static ALWAYS_INLINE vector load_double(const double *p)
{
    vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Written out: gcc makes one conversion of this, but two halves of
 * __builtin_convertvector(). */
static ALWAYS_INLINE vector load_float(const float *p)
{
#if !defined(__GNUC__)
    return p[0];
#elif defined(__AVX512F__)
    return (vector){p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]};
#elif defined(__AVX2__)
    return (vector){p[0], p[1], p[2], p[3]};
#else
    return (vector){p[0], p[1]};
#endif
}

#endif
