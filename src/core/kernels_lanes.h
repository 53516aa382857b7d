/* SPDX-License-Identifier: MIT */
/* What is done with vectors lane by lane, beyond arithmetic. */
#ifndef COD_CORE_KERNELS_LANES_H
#define COD_CORE_KERNELS_LANES_H

#include <math.h>
#include <stdint.h>

#include "core/kernels_vector.h"

#if defined(__GNUC__)
typedef int64_t lane_bits __attribute__((vector_size(8 * WIDTH)));
#else
typedef int64_t lane_bits;
#endif

static ALWAYS_INLINE lane_bits bits_of(vector x)
{
    lane_bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static ALWAYS_INLINE int is_zero(lane_bits x)
{
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)x, (__m512i)x) == 0;
#else
    int64_t each[WIDTH], any = 0;
    memcpy(each, &x, sizeof each);
    for (int k = 0; k < WIDTH; k++)
        any |= each[k];
    return any == 0;
#endif
}

/* x where a < b, else y */
static ALWAYS_INLINE vector where_less(vector a, vector b, vector x, vector y)
{
#if !defined(__GNUC__)
    return a < b ? x : y;
#elif defined(__AVX512F__)
    __mmask8 less = _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ);
    return (vector)_mm512_mask_blend_pd(less, (__m512d)y, (__m512d)x);
#elif defined(__AVX2__)
    return (vector)_mm256_blendv_pd((__m256d)y, (__m256d)x, (__m256d)(a < b));
#else
    lane_bits less = a < b, its = (bits_of(x) & less) | (bits_of(y) & ~less);
    memcpy(&x, &its, sizeof x);
    return x;
#endif
}

static ALWAYS_INLINE vector root_of(vector x)
{
#if defined(__AVX512F__)
    return (vector)_mm512_sqrt_pd((__m512d)x);
#elif defined(__AVX2__)
    return (vector)_mm256_sqrt_pd((__m256d)x);
#else
    double each[WIDTH];
    memcpy(each, &x, sizeof each);
    for (int k = 0; k < WIDTH; k++)
        each[k] = sqrt(each[k]);
    return load_double(each);
#endif
}

/* p[0], p[stride], ... */
static ALWAYS_INLINE vector load_strided(const double *p, size_t stride)
{
#if !defined(__GNUC__)
    (void)stride;
    return p[0];
#elif defined(__AVX512F__)
    const double *q = p + 4 * stride;
    return (vector){p[0], p[stride], p[2 * stride], p[3 * stride],
                    q[0], q[stride], q[2 * stride], q[3 * stride]};
#elif defined(__AVX2__)
    return (vector){p[0], p[stride], p[2 * stride], p[3 * stride]};
#else
    return (vector){p[0], p[stride]};
#endif
}

#if defined(__FMA__)
/* a b + c, rounded once */
static ALWAYS_INLINE vector fused(vector a, vector b, vector c)
{
#if defined(__AVX512F__)
    return (vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#else
    return (vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#endif
}
#endif

/* c v - p, where p is c v rounded */
static ALWAYS_INLINE vector product_rest(vector c, vector v, vector p)
{
#if defined(__FMA__)
    return fused(c, v, -p);
#else
    const double splitter = 134217729; /* 2^27 + 1: see two_product() */
    vector tv = splitter * v, vh = tv - (tv - v), vl = v - vh;
    vector tc = splitter * c, ch = tc - (tc - c), cl = c - ch;
    return ((ch * vh - p) + ch * vl + cl * vh) + cl * vl;
#endif
}

#endif
