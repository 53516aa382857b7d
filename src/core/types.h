/* SPDX-License-Identifier: MIT */
/* The types of elements: numbers of 16 bits and double. */
#ifndef COD_CORE_TYPES_H
#define COD_CORE_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <codescent/gramian.h>

static inline float cod_float_of_bfloat(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A NaN becomes an infinity here. Without branches, so that loops have vectors. */
static inline double cod_double_of_half(uint16_t x)
{
    uint32_t exponent = x >> 10 & 31;
    uint32_t normal = exponent != 0;
    int32_t digits = (int32_t)((x & 0x3ffu) | normal << 10);
    /* digits * 2^(exponent - 25), that of a denormal counting as 1 */
    uint64_t bits = (uint64_t)(exponent + !normal + 1023 - 25) << 52;
    bits |= exponent == 31 ? 0x7ff0000000000000u : 0;
    double unit;
    memcpy(&unit, &bits, sizeof unit);
    return (x & 0x8000u ? -(double)digits : (double)digits) * unit;
}

/* Comparisons are of signed integers, which AVX2 has vectors for.
 *
 * x, finite or not, rounded to the nearest number of `digits` binary digits, ties to
 * the even one, below 2^least to a multiple of 2^(least - digits + 1). One that is not
 * finite stays so. */
static inline double cod_round(double x, int digits, int least)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = bits & 0x7ff0000000000000;
    int64_t low = (int64_t)(1023 + least) << 52;
    exponent = exponent < low ? low : exponent;
    /* Added to 1.5 * 2^52 units, all digits below the unit fall off. Numbers near the
     * end of double's range, where that would be infinite, stay as they are: to them
     * next to nothing is added. */
    int64_t end = 0x7d00000000000000;
    int64_t shift = (int64_t)(53 - digits) << 52;
    int64_t large = (exponent < end ? exponent + shift : 0) | 0x0008000000000000;
    double anchor;
    memcpy(&anchor, &large, sizeof anchor);
    double rounded = (x + anchor) - anchor;
    memcpy(&large, &rounded, sizeof large);
    large |= bits & INT64_MIN; /* a zero keeps the sign */
    memcpy(&rounded, &large, sizeof rounded);
    return rounded;
}

/* The nearest bfloat16, or float16, in the low 16 bits: infinite where that is beyond
 * the type's range; a NaN stays one. Not as 16 bits: AVX-512F alone has no vectors of
 * them. */
static inline uint32_t cod_bfloat_bits(double x)
{
    float rounded = (float)cod_round(x, 8, -126);
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return bits >> 16;
}

static inline uint32_t cod_half_bits(double x)
{
    double rounded = cod_round(x, 11, -14);
    int64_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    uint32_t sign = (uint32_t)((uint64_t)bits >> 48) & 0x8000u;
    bits &= INT64_MAX;
    int64_t smallest = (int64_t)(1023 - 14) << 52;
    int64_t beyond = (int64_t)(1023 + 16) << 52;
    uint32_t normal = (uint32_t)((uint64_t)(bits - ((int64_t)(1023 - 15) << 52)) >> 42);
    /* A denormal is a multiple of 2^-24, and 2^28 + the multiple has it as last digits.
     */
    int64_t small = bits < smallest ? bits : 0;
    double magnitude;
    memcpy(&magnitude, &small, sizeof magnitude);
    double shifted = magnitude + 268435456.0;
    uint64_t last;
    memcpy(&last, &shifted, sizeof last);
    uint32_t denormal = (uint32_t)last & 0x3ffu;
    uint32_t infinite = bits > 0x7ff0000000000000 ? 0x7e00u : 0x7c00u;
    uint32_t value = bits >= beyond ? infinite : bits < smallest ? denormal : normal;
    return sign | value;
}

/* Rounds `count` numbers to elements from x on. 1 where a finite number is beyond the
 * type's range. */
int cod_elements_store(const double *values, size_t count, cod_type type, void *x);

#endif
