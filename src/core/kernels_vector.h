/* SPDX-License-Identifier: MIT */
/* Vectors of the machine's width, in the C dialect that gcc and clang share; elsewhere
 * a vector is one double. Only the speed depends on the width, never a bit of a result.
 */
#ifndef COD_CORE_KERNELS_VECTOR_H
#define COD_CORE_KERNELS_VECTOR_H

#include <stddef.h>
#include <string.h>

#include "core/kernels.h"
#include "core/types.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define COD_NEON
#endif

#define COD_PASTE_(a, b, c) a##b##c
#define COD_PASTE(a, b, c)  COD_PASTE_(a, b, c)

#if !defined(__GNUC__)
enum { WIDTH = 1, ACCUMULATORS = 8 };
#define TILE_ROWS     2
#define ALWAYS_INLINE inline
#define NEVER_INLINE
#elif defined(__AVX512F__)
enum { WIDTH = 8, ACCUMULATORS = 20 }; /* of 32 registers */
#define TILE_ROWS 4
#elif defined(__AVX2__)
enum { WIDTH = 4, ACCUMULATORS = 12 }; /* of 16 registers */
#define TILE_ROWS 2
#elif defined(COD_NEON)
enum { WIDTH = 2, ACCUMULATORS = 20 }; /* of 32 registers */
#define TILE_ROWS 4
#else
enum { WIDTH = 2, ACCUMULATORS = 12 };
#define TILE_ROWS 2
#endif
enum {
    TILE_COLUMNS = 4,
    LINE = 64, /* bytes that memory hands over, and takes, at a time */
};

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

/* The types of elements, by the names that files are compiled with; at any address. */
#if defined(__GNUC__)
#define ANYWHERE __attribute__((aligned(1)))
#else
#define ANYWHERE
#endif
typedef float element_float ANYWHERE;
typedef double element_double ANYWHERE;
typedef uint16_t element_bfloat ANYWHERE;
typedef uint16_t element_half ANYWHERE;

static ALWAYS_INLINE vector load_double(const void *p)
{
    vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Written out: gcc makes one conversion of this, but two halves of
 * __builtin_convertvector(). */
static ALWAYS_INLINE vector load_float(const element_float *p)
{
#if !defined(__GNUC__)
    return p[0];
#elif defined(__AVX512F__)
    return (vector){p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]};
#elif defined(__AVX2__)
    return (vector){p[0], p[1], p[2], p[3]};
#elif defined(COD_NEON)
    return (vector)vcvt_f64_f32(vld1_f32(p));
#else
    return (vector){p[0], p[1]};
#endif
}

static ALWAYS_INLINE vector load_bfloat(const element_bfloat *p)
{
#if defined(__AVX512F__)
    __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p));
    return (vector)_mm512_cvtps_pd(_mm256_castsi256_ps(_mm256_slli_epi32(bits, 16)));
#elif defined(__AVX2__)
    __m128i bits = _mm_cvtepu16_epi32(_mm_loadl_epi64((const void *)p));
    return (vector)_mm256_cvtps_pd(_mm_castsi128_ps(_mm_slli_epi32(bits, 16)));
#elif defined(COD_NEON)
    uint32x2_t bits = {p[0], p[1]};
    return (vector)vcvt_f64_f32(vreinterpret_f32_u32(vshl_n_u32(bits, 16)));
#else
    float x[WIDTH];
    for (int l = 0; l < WIDTH; l++)
        x[l] = cod_float_of_bfloat(p[l]);
    return load_float(x);
#endif
}

static ALWAYS_INLINE vector load_half(const element_half *p)
{
#if defined(__AVX512F__)
    return (vector)_mm512_cvtps_pd(_mm256_cvtph_ps(_mm_loadu_si128((const void *)p)));
#elif defined(__AVX2__)
    return (vector)_mm256_cvtps_pd(_mm_cvtph_ps(_mm_loadl_epi64((const void *)p)));
#elif defined(COD_NEON)
    uint16x4_t bits = {p[0], p[1]};
    float32x4_t x = vcvt_f32_f16(vreinterpret_f16_u16(bits));
    return (vector)vcvt_f64_f32(vget_low_f32(x));
#else
    double x[WIDTH];
    for (int l = 0; l < WIDTH; l++)
        x[l] = cod_double_of_half(p[l]);
    return load_double(x);
#endif
}

/* Whether one element is as good as loaded: else rows are widened by themselves, where
 * nothing else wants the registers. */
enum { loads_float = 1, loads_double = 1, loads_bfloat = 1 };
#if defined(__AVX2__) || defined(COD_NEON)
enum { loads_half = 1 };
#else
enum { loads_half = 0 };
#endif

static inline double widen_float(float x)
{
    return x;
}

static inline double widen_double(double x)
{
    return x;
}

static inline double widen_bfloat(uint16_t x)
{
    return cod_float_of_bfloat(x);
}

static inline double widen_half(uint16_t x)
{
    return cod_double_of_half(x);
}

/* The sum of `count` vectors, a power of two and a constant, as a binary tree: 0 +
 * count / 2, 1 + count / 2 + 1, ... They are spent. */
static ALWAYS_INLINE vector add_halves(vector *part, size_t count)
{
    UNROLL
    for (size_t half = count / 2; half > 0; half /= 2)
        UNROLL
    for (size_t v = 0; v < half; v++)
        part[v] += part[v + half];
    return part[0];
}

/* The sums over the lanes of WIDTH vectors, lane k of the result that of v[k]: halves
 * are added first (0 + 4, ...), then quarters, then pairs. */
static ALWAYS_INLINE vector add_across(const vector *v)
{
#if !defined(__GNUC__)
    return v[0];
#elif defined(__AVX512F__)
    vector half[4], quarter[2];
    UNROLL
    for (int k = 0; k < 4; k++) { /* 0 and 4, 2 and 6, 1 and 5, 3 and 7 */
        const vector *pair = &v[k % 2 * 2 + k / 2];
        half[k] = __builtin_shufflevector(pair[0], pair[4], 0, 1, 2, 3, 8, 9, 10, 11) +
                  __builtin_shufflevector(pair[0], pair[4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    UNROLL
    for (int k = 0; k < 2; k++) { /* 0 2 1 3, and 4 6 5 7 */
        const vector a = half[2 * k], b = half[2 * k + 1];
        quarter[k] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
                     __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    const vector a = quarter[0], b = quarter[1];
    return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
#elif defined(__AVX2__)
    vector half[2];
    UNROLL
    for (int k = 0; k < 2; k++) /* 0 and 2, 1 and 3 */
        half[k] = __builtin_shufflevector(v[k], v[k + 2], 0, 1, 4, 5) +
                  __builtin_shufflevector(v[k], v[k + 2], 2, 3, 6, 7);
    return __builtin_shufflevector(half[0], half[1], 0, 4, 2, 6) +
           __builtin_shufflevector(half[0], half[1], 1, 5, 3, 7);
#else
    return __builtin_shufflevector(v[0], v[1], 0, 2) +
           __builtin_shufflevector(v[0], v[1], 1, 3);
#endif
}

#endif
