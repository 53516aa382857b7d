/* SPDX-License-Identifier: MIT */
/* The choice among the variants of kernels_hull.c at run time, as in kernels.c. */
#include "core/kernels.h"
#include "core/kernels_hull.h"

#include <string.h>

extern const cod_hull_kernels cod_hull_kernels_base;
#if defined(COD_KERNELS_AVX2)
extern const cod_hull_kernels cod_hull_kernels_avx2;
#endif
#if defined(COD_KERNELS_AVX512)
extern const cod_hull_kernels cod_hull_kernels_avx512;
#endif

const cod_hull_kernels *cod_hull_kernels_at(size_t k)
{
    static const cod_hull_kernels *const list[] = {
        &cod_hull_kernels_base,
#if defined(COD_KERNELS_AVX2)
        &cod_hull_kernels_avx2,
#endif
#if defined(COD_KERNELS_AVX512)
        &cod_hull_kernels_avx512,
#endif
    };
    const cod_kernels *kernels = cod_kernels_at(k);
    for (size_t i = 0; kernels != NULL && i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i]->name, kernels->name) == 0)
            return list[i];
    return NULL;
}
