/* SPDX-License-Identifier: MIT */
/* The inside of cod_bounded: the dual of
 *
 *     min { max_i g_i.v + v.v/2 : down <= v <= up }
 *
 * is to minimise, over the simplex, psi(w) = -min_v { (J'w).v + v.v/2 }: convex, once
 * differentiable, piecewise quadratic, with v(w) = clip(-J'w, down, up) and gradient
 * -J v(w). */
#ifndef COD_DESCENT_BOUNDED_H
#define COD_DESCENT_BOUNDED_H

#include <codescent/descent.h>
#include <codescent/minnorm.h>

#include "core/twofold.h"

/* A certificate that counts as solved. */
#define COD_BOUNDED_KKT 1e-12

struct cod_bounded {
    size_t m, n;
    cod_pool *pool;
    cod_minnorm *minnorm;
    double *memory;   /* all that follows */
    double *jacobian; /* m x n, scaled by a power of two so that the largest entry is
                         below 1, like all that follows */
    double *down, *up, *c, *v, *q, *breaks; /* n; c = J'w, q = J'dw; breaks 2 n */
    double *norm, *w, *best, *slope, *dw;   /* m; slope_i = g_i.v */
    double *length;                         /* m: of the edges */
    double *gramian;                        /* m x m */
    cod_twofold *p, *hessian;               /* m, m x m: along the edges */
    const void **rows;                      /* m */
    size_t *set;                            /* m: the working set, its base first */
    unsigned char *barred;                  /* m */
};

/* Minimises psi from the vertex of the smallest gradient; ws->w and ws->v are the
 * result. Returns the certificate, as cod_minnorm_kkt() defines it with G w in place of
 * -J v. */
double cod_bounded_newton(cod_bounded *ws);

/* ws->c and ws->v of ws->w. */
void cod_bounded_point(cod_bounded *ws);

/* The t in [0, tmax] that minimises psi(w + t dw), where J'dw = q. */
double cod_bounded_line(cod_bounded *ws, double tmax);

/* The Euclidean norm without overflow or underflow. */
double cod_norm(size_t n, const double *x);

#endif
