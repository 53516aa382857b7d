/* SPDX-License-Identifier: MIT */
#include "core/wolfe.h"

#include <float.h>

typedef double real;
#define R(x)              (x)
#define D(a)              (a)
#define ADD(a, b)         ((a) + (b))
#define SUB(a, b)         ((a) - (b))
#define MUL(a, b)         ((a) * (b))
#define DIV(a, b)         ((a) / (b))
#define ROOT(a)           sqrt(a)
#define ENTRY(w, i, j)    (w)->C[(i) * (w)->stride + (j)]
#define PIVOT_ROUNDING    (16 * DBL_EPSILON)
#define SLACK_ROUNDING    DBL_EPSILON
#define PROGRESS_ROUNDING 0
#define SOLVE             cod_wolfe_double

#include "core/wolfe_template.h"
