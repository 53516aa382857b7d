/* SPDX-License-Identifier: MIT */
#ifndef COD_CORE_MINNORM_PRIVATE_H
#define COD_CORE_MINNORM_PRIVATE_H

#include <codescent/minnorm.h>

#include "core/wolfe.h"

/* kkt that double precision reaches where rows are not nearly dependent */
#define COD_GOOD_KKT 1e-14

struct cod_minnorm {
    cod_wolfe wolfe;
    double unit;     /* the length that b = 1 stands for */
    double *start;   /* m */
    double *best;    /* m: v with the best certificate so far */
    double *scratch; /* 4 m: scales, then the b before them */
};

/* Frank-Wolfe and the line search, as published; G is checked, no row is zero. Fills
 * weights and info. COD_OK; COD_STOPPED_MAXITER. */
cod_status cod_minnorm_baseline(cod_minnorm *ws, const double *G,
                                const cod_minnorm_options *options, double *ret_w,
                                cod_minnorm_info *ret_info);

#endif
