/* SPDX-License-Identifier: MIT */
/* What block pivoting (wolfe_pivot.c) works on, shared with what goes on from the
 * answer before (wolfe_resume.c). */
#ifndef COD_CORE_WOLFE_PIVOT_H
#define COD_CORE_WOLFE_PIVOT_H

#include "core/kernels_hull.h"
#include "core/wolfe.h"

typedef struct cod_pivoting {
    cod_factor factor;
    double *u; /* stride: 0 outside S */
    double *r; /* stride: C u - b */
    double *x; /* stride + 8: u in the order of S; from here on 4 of them are ours */
    double *spare; /* stride + 8 */
    double sizes;  /* sum of |x| */
    size_t wrong;  /* how many x < 0 */
    size_t out;    /* how many are not in S: w->outside */
    int dependent; /* a row has been left out because of others */
} cod_pivoting;

/* Its parts, in w->factor and w->work. */
cod_pivoting cod_pivoting_of(const cod_wolfe *w);

/* Takes the support's entry at `place` out; the factor is the caller's matter. */
void cod_pivoting_leave(cod_wolfe *w, size_t place);

/* Factors the support, of which the first `done` are; a row that depends on those
 * before it leaves it. */
void cod_pivoting_factor(cod_wolfe *w, cod_pivoting *p, size_t done);

/* Pivots from the support that is there, of whose factor `done` rows are. COD_OK;
 * COD_STOPPED_MAXITER; COD_ENUMERIC: see cod_wolfe_pivot(). */
cod_status cod_pivoting_run(cod_wolfe *w, cod_pivoting *p, size_t done);

#endif
