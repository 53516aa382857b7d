/* SPDX-License-Identifier: MIT */
/* The list of instruction sets that the kernels were compiled for (COD_KERNELS_AVX2,
 * COD_KERNELS_AVX512, COD_KERNELS_NEON: see meson.build), and the choice at run time.
 */
#include "core/kernels.h"

#include "core/cone_private.h"
#include "core/kernels_hull.h"

#define DECLARE_TYPE(element, isa)                                                     \
    extern const cod_row_kernels cod_row_kernels_##element##_##isa;                    \
    extern cod_combine_kernel *const cod_combine_kernels_##element##_##isa[COD_TYPES];
#define DECLARE(isa)                                                                   \
    DECLARE_TYPE(float, isa)                                                           \
    DECLARE_TYPE(double, isa)                                                          \
    DECLARE_TYPE(bfloat, isa)                                                          \
    DECLARE_TYPE(half, isa)                                                            \
    extern const cod_hull_kernels cod_hull_kernels_##isa;                              \
    extern const cod_cone_kernels cod_cone_kernels_##isa;                              \
    static const cod_kernels isa = {                                                   \
        #isa,                                                                          \
        {&cod_row_kernels_float_##isa, &cod_row_kernels_double_##isa,                  \
         &cod_row_kernels_bfloat_##isa, &cod_row_kernels_half_##isa},                  \
        {cod_combine_kernels_float_##isa, cod_combine_kernels_double_##isa,            \
         cod_combine_kernels_bfloat_##isa, cod_combine_kernels_half_##isa},            \
        &cod_hull_kernels_##isa,                                                       \
        &cod_cone_kernels_##isa,                                                       \
    };

#if defined(COD_KERNELS_NEON)
DECLARE(neon) /* which every 64-bit ARM has */
#define FIRST neon
#else
DECLARE(base)
#define FIRST base
#endif
#if defined(COD_KERNELS_AVX2)
DECLARE(avx2)
#endif
#if defined(COD_KERNELS_AVX512)
DECLARE(avx512)
#endif

/* clang 14 does not know the name, and cpuid itself is slow in virtual machines; every
 * processor with AVX2 converts float16. */
#if defined(__clang__)
#define HAS_F16C 1
#else
#define HAS_F16C __builtin_cpu_supports("f16c")
#endif

const cod_kernels *cod_kernels_at(size_t k)
{
    const cod_kernels *list[4] = {&FIRST};
    size_t count = 1;
#if defined(COD_KERNELS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && HAS_F16C)
        list[count++] = &avx2;
#endif
#if defined(COD_KERNELS_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") && HAS_F16C)
        list[count++] = &avx512;
#endif
    return k < count ? list[k] : NULL;
}

const cod_kernels *cod_kernels_best(void)
{
    const cod_kernels *best = NULL;
    for (size_t k = 0; cod_kernels_at(k) != NULL; k++)
        best = cod_kernels_at(k);
    return best;
}

const cod_hull_kernels *cod_hull_kernels_at(size_t k)
{
    const cod_kernels *kernels = cod_kernels_at(k);
    return kernels != NULL ? kernels->hull : NULL;
}

const cod_cone_kernels *cod_cone_kernels_at(size_t k)
{
    const cod_kernels *kernels = cod_kernels_at(k);
    return kernels != NULL ? kernels->cone : NULL;
}

const char *cod_kernels_name(size_t k)
{
    const cod_kernels *kernels = cod_kernels_at(k);
    return kernels != NULL ? kernels->name : NULL;
}
