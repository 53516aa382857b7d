/* SPDX-License-Identifier: MIT */
#include "core/wolfe.h"

typedef cod_twofold real;

static inline real lifted(const cod_wolfe *w, size_t i, size_t j)
{
    return two_sum(w->C[i * w->stride + j], w->lift * w->b[i] * w->b[j]);
}

#define R(x)              twofold(x)
#define D(a)              ((a).high)
#define ADD(a, b)         twofold_add(a, b)
#define SUB(a, b)         twofold_subtract(a, b)
#define MUL(a, b)         twofold_multiply(a, b)
#define DIV(a, b)         twofold_divide(a, b)
#define ROOT(a)           twofold_root(a)
#define ENTRY(w, i, j)    lifted(w, i, j)
#define PIVOT_ROUNDING    1e-29
#define SLACK_ROUNDING    1e-31
#define PROGRESS_ROUNDING -1e-28
#define SOLVE             cod_wolfe_twofold

#include "core/wolfe_template.h"
