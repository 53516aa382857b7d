/* SPDX-License-Identifier: MIT */
#ifndef COD_FINITE_H
#define COD_FINITE_H

#include <math.h>
#include <stddef.h>

static inline int cod_all_finite(size_t count, const double *values)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return 0;
    return 1;
}

#endif
