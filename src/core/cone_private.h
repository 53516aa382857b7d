/* SPDX-License-Identifier: MIT */
/* The linear complementarity problem behind cod_cone_solve(): with v = u + z in scaled
 * unknowns V_i = s_i v_i, C_ij = G_ij / (s_i s_j),
 *
 *     z >= 0,  y = C z + q >= 0,  y'z = 0,  q = C u.
 *
 * The scales s_i are powers of two next to |g_i|, so C holds exactly the given numbers,
 * with a diagonal between 1/4 and 1 (0 for a zero row). A proximal step adds ridge C_ii
 * to the diagonal and takes ridge C_ii center_i from q_i: at a fixed point both vanish.
 */
#ifndef COD_CORE_CONE_PRIVATE_H
#define COD_CORE_CONE_PRIVATE_H

#include <codescent/cone.h>

#include "core/kernels_hull.h"

/* The loops that are compiled for each instruction set. Columns where x or v is 0 cost
 * nothing. */
typedef struct cod_cone_kernels {
    /* y += C x */
    void (*add_columns)(size_t m, const double *C, const double *x, double *y);
    /* high + low = C v in twofold precision */
    void (*products)(size_t m, const double *C, const double *v, double *high,
                     double *low);
    /* One round of projected Gauss-Seidel: each z_j in turn to its best value, y with
     * it; inverse: 1/C_jj. */
    void (*sweep)(size_t m, const double *C, const double *inverse, double *z,
                  double *y);
    /* The upper triangle of C_FF + ridge, and zeros behind it, for the factor. */
    void (*gather)(const cod_cone *c, const cod_factor *f);
} cod_cone_kernels;

struct cod_cone {
    size_t m;
    const cod_cone_kernels *kernels;
    const cod_hull_kernels *hull; /* the factor's */
    int loaded;
    double *C;             /* m x m, both triangles */
    double *scale;         /* m: the exponents of s */
    double *root;          /* m: sqrt(C_ii) */
    double *reciprocal;    /* m: 1/C_ii */
    double *u;             /* m: scaled, 1 at the most */
    double *base;          /* m: C u */
    double *q;             /* m: base, less the center's part */
    double *center;        /* m */
    double *z;             /* m: the present point, 0 outside the set F */
    double *x;             /* m: the minimiser on F, 0 elsewhere */
    double *y;             /* m: C z + q, or the same of a whole v */
    double *low;           /* m: the lower half of y */
    double *v;             /* m: u + z */
    double *best;          /* m: the v of the lowest certificate so far */
    double *right;         /* m + COD_PANEL: right-hand sides, in the order of `set` */
    cod_factor factor;     /* U'U = C_FF + ridge, and y = 0 */
    size_t *set;           /* m: F, ascending, as it was factored */
    size_t count;          /* of F */
    unsigned char *inside; /* m flags: F */
    unsigned char *marks;  /* m flags: what is to change sides */
    int factored;
    double ridge, its_ridge; /* now, and that of the factor */
    double kkt;              /* of best */
    size_t iterations, max_iter;
    size_t handed_over; /* block pivoting to the active set: for the tests */
};

/* The variant number k, from the most portable to the fastest, that this machine can
 * run; NULL behind the last. All give the same bytes. */
const cod_cone_kernels *cod_cone_kernels_at(size_t k);

/* ---- cone_face.c ---- */

/* x <- the minimiser on F = `inside`. COD_OK; COD_ENUMERIC (C_FF + ridge is not
 * positive beyond rounding); COD_STOPPED_MAXITER. */
cod_status cod_cone_face(cod_cone *c);
/* right <- (C_FF + ridge)^-1 right; m + COD_PANEL doubles */
void cod_cone_solve_factor(const cod_cone *c, double *right);

/* ---- cone_pivot.c ---- */

/* z and F of the problem with q and ridge, from F on. COD_OK; COD_ENUMERIC;
 * COD_STOPPED_MAXITER. */
cod_status cod_cone_pivot(cod_cone *c, cod_cone_algorithm algorithm);

#endif
