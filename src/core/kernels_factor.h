/* SPDX-License-Identifier: MIT */
/* What kernels_factor.c, kernels_update.c, kernels_solve.c and kernels_kkt.c have for
 * each set: see cod_hull_kernels. */
#ifndef COD_CORE_KERNELS_FACTOR_H
#define COD_CORE_KERNELS_FACTOR_H

#include "core/kernels_hull.h"

#define COD_DECLARE_FACTOR(isa)                                                        \
    size_t cod_factor_##isa(const cod_factor *f, cod_factor_range range, double tiny); \
    void cod_gather_##isa(const cod_wolfe *w, const cod_factor *f, size_t first,       \
                          size_t from);                                                \
    void cod_drop_##isa(const cod_factor *f, size_t n, size_t place, double *scratch); \
    size_t cod_append_##isa(const cod_wolfe *w, const cod_factor *f, size_t from,      \
                            double tiny, double *scratch);                             \
    void cod_corners_##isa(const cod_factor *f, size_t first, size_t n);               \
    void cod_forward_##isa(const cod_factor *f, size_t n, double *x);                  \
    void cod_back_##isa(const cod_factor *f, size_t n, double *x);                     \
    void cod_slack_##isa(const cod_wolfe *w, const double *u, size_t count,            \
                         double *ret_r);                                               \
    void cod_sweep_##isa(const cod_wolfe *w, double *u, double *r);                    \
    double cod_kkt_##isa(const cod_wolfe *w, double *ret_norm);

COD_DECLARE_FACTOR(base)
COD_DECLARE_FACTOR(avx2)
COD_DECLARE_FACTOR(avx512)
COD_DECLARE_FACTOR(neon)

#endif
