/* SPDX-License-Identifier: MIT */
/* The instruction sets that cone_products.c was compiled for, as in kernels.c, and the
 * choice at run time. */
#include "core/cone_private.h"

extern const cod_cone_kernels cod_cone_kernels_base;
#if defined(COD_KERNELS_AVX2)
extern const cod_cone_kernels cod_cone_kernels_avx2;
#endif
#if defined(COD_KERNELS_AVX512)
extern const cod_cone_kernels cod_cone_kernels_avx512;
#endif

const cod_cone_kernels *cod_cone_kernels_at(size_t k)
{
    const cod_cone_kernels *list[3] = {&cod_cone_kernels_base};
    size_t count = 1;
#if defined(COD_KERNELS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        list[count++] = &cod_cone_kernels_avx2;
#endif
#if defined(COD_KERNELS_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma"))
        list[count++] = &cod_cone_kernels_avx512;
#endif
    return k < count ? list[k] : NULL;
}
