/* SPDX-License-Identifier: MIT */
/* The list of instruction sets that the kernels were compiled for (COD_KERNELS_AVX2,
 * COD_KERNELS_AVX512: see meson.build), and the choice at run time. */
#include "core/kernels.h"

#define DECLARE(isa)                                                                   \
    extern const cod_row_kernels cod_row_kernels_float_##isa;                          \
    extern const cod_row_kernels cod_row_kernels_double_##isa;                         \
    extern cod_combine_kernel *const cod_combine_kernels_##isa[2][2];                  \
    static const cod_kernels isa = {                                                   \
        #isa,                                                                          \
        {&cod_row_kernels_float_##isa, &cod_row_kernels_double_##isa},                 \
        cod_combine_kernels_##isa,                                                     \
    };

DECLARE(base)
#if defined(COD_KERNELS_AVX2)
DECLARE(avx2)
#endif
#if defined(COD_KERNELS_AVX512)
DECLARE(avx512)
#endif

const cod_kernels *cod_kernels_at(size_t k)
{
    const cod_kernels *list[4] = {&base};
    size_t count = 1;
#if defined(COD_KERNELS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        list[count++] = &avx2;
#endif
#if defined(COD_KERNELS_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma"))
        list[count++] = &avx512;
#endif
    return k < count ? list[k] : NULL;
}
