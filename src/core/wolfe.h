/* SPDX-License-Identifier: MIT */
/* The active-set method behind cod_minnorm_solve(), and its certificate.
 *
 * In the scaled unknowns v_i = s_i w_i with C_ij = G_ij / (s_i s_j) and b_i = 1 / s_i,
 * a minimum-norm point solves, with u = v / (w'Gw),
 *
 *     u >= 0,  C u - b >= 0,  u'(C u - b) = 0:
 *
 * Wolfe's method (1976) in homogeneous unknowns. Adding lift b b' to C moves the hull
 * away from the origin along a new axis and changes no weight: that makes a G that
 * rounding left indefinite positive again, at the cost of digits, so twofold precision
 * does it. The scales s_i are powers of two next to |g_i|, so C holds exactly the given
 * numbers, with a diagonal between 1/4 and 1. */
#ifndef COD_CORE_WOLFE_H
#define COD_CORE_WOLFE_H

#include <stddef.h>

#include <codescent/status.h>

#include "core/twofold.h"

typedef struct cod_wolfe {
    const struct cod_hull_kernels *kernels;
    size_t m;
    size_t stride;         /* m or more, of the rows of C and of b: a multiple of 8 */
    double *C;             /* m x m, both triangles; 0 behind the rows' ends */
    double most;           /* no finite |C_ij| is above */
    double *b;             /* m: powers of two, 1 at the most; 0 behind */
    double *inverse;       /* m: 1 / C_ii */
    double *length;        /* m: sqrt(C_ii) */
    double lift;           /* a power of two, or 0 */
    double *v;             /* m: the solution, up to a factor; 0 behind */
    size_t *support;       /* m: S, in the order of the factor's rows */
    size_t count;          /* of S */
    unsigned char *inside; /* m flags: in S */
    size_t *outside;       /* m: what is not in S, of the last solve on S */
    size_t iterations;
    size_t max_iter;
    int kept;        /* factor, support and v belong to C */
    size_t *changes; /* m: entries of C's rows that differ from those before ... */
    size_t changed;  /* ... and their number, each pair once */
    void *factor;    /* m x m reals: L with L L' = C_SS, row-major, row length m; of
                      * pivoting in blocks, a cod_factor's memory */
    void *work;      /* 4 (stride + 8) reals */
} cod_wolfe;

/* Room for reals of either precision. */
#define COD_WOLFE_REAL sizeof(cod_twofold)

/* Fills v, count and support, starting from the support of `start` (m numbers >= 0) or
 * from the shortest gradient. COD_OK; COD_STOPPED_MAXITER; COD_ENUMERIC (rounding
 * defeats this precision). */
cod_status cod_wolfe_double(cod_wolfe *w, const double *start);
cod_status cod_wolfe_twofold(cod_wolfe *w, const double *start);

/* The same by pivoting in blocks: a support from a few sweeps of coordinate descent, or
 * that of `start`; then a factor, all that is negative out, all that is violated in,
 * and what changed is factored again, until nothing is. For independent gradients only:
 * no certain end is promised. COD_OK; COD_STOPPED_MAXITER (v is a point to go on from);
 * COD_ENUMERIC (there is none). */
cod_status cod_wolfe_pivot(cod_wolfe *w, const double *start);

/* The same from the answer that is kept, after C and b have changed: the factor stays
 * where only few rows did. before: the old b, NULL where that has not changed; rows:
 * those of C that have, where that is known, else NULL. */
cod_status cod_wolfe_resume(cod_wolfe *w, const double *before, const size_t *rows,
                            size_t count);

/* One step of refinement of its answer, whose certificate has just been taken. */
void cod_wolfe_refine(cod_wolfe *w);

/* Solves once more on the support that is there, in its order 1 .. m and in twofold
 * precision, so that v does not depend on the path. COD_OK; COD_ENUMERIC (another
 * support is needed). */
cod_status cod_wolfe_polish(cod_wolfe *w);

/* kkt of v (codescent/minnorm.h), and sqrt(max(w'Gw, 0)) in units of s where sum of b v
 * is 1: the caller's norm. */
double cod_wolfe_kkt(const cod_wolfe *w, double *ret_norm);

#endif
