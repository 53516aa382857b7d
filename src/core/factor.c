/* SPDX-License-Identifier: MIT */
/* Where the parts of a factor lie in memory. */
#include "core/kernels_hull.h"

static size_t factor_stride(size_t m)
{
    size_t stride = (m + COD_FACTOR_ROOM + 7) / 8 * 8;
    return stride % 64 == 0 ? stride + 8 : stride; /* cache sets */
}

size_t cod_factor_size(size_t m)
{
    return (m + COD_PANEL) * (factor_stride(m) + 2 + COD_PANEL);
}

cod_factor cod_factor_at(double *memory, size_t m)
{
    size_t stride = factor_stride(m), rows = m + COD_PANEL;
    return (cod_factor){.U = memory,
                        .inverse = memory + rows * stride,
                        .y = memory + rows * (stride + 1),
                        .corners = memory + rows * (stride + 2),
                        .stride = stride};
}
