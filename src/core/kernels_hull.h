/* SPDX-License-Identifier: MIT */
/* The inner loops of the min-norm solver (wolfe.h), and of the dual-cone solver's
 * factor, compiled once for each instruction set. Matrices are row-major with `stride`
 * doubles from row to row. The factor's sums are fused where the machine can: its last
 * bits depend on that, all else on nothing.
 */
#ifndef COD_CORE_KERNELS_HULL_H
#define COD_CORE_KERNELS_HULL_H

#include <stddef.h>
#include <string.h>

#include "core/wolfe.h"

enum {
    COD_PANEL = 8,        /* rows of a factor that are made at once */
    COD_FACTOR_ROOM = 16, /* a factor's stride is at least its rows + this */
    COD_BATCH = 8,        /* problems side by side ... */
    COD_BATCH_ROWS = 8,   /* ... and their most gradients */
    COD_CHANGES = 8,      /* rows of C that may change: then it is made anew */
};

/* Upper triangular U with U'U = A and y = U'^-1 b. */
typedef struct cod_factor {
    double *U; /* (rows + COD_PANEL) x stride; to the left of the diagonal: junk */
    double *inverse; /* of U's diagonal, rows + COD_PANEL */
    double *y;       /* b, then y: rows + COD_PANEL */
    double *corners; /* inverses of U's blocks of COD_PANEL on the diagonal; of the
                      * last, which may have fewer rows, with zeros behind */
    size_t stride;
} cod_factor;

/* Columns behind n in each row of U that hold zeros, since whole vectors are read: what
 * is left of a block of COD_PANEL, and one more. A new column rarely needs another. */
static inline size_t cod_factor_zeros(size_t n)
{
    return (n + COD_PANEL - 1) / COD_PANEL * COD_PANEL + COD_PANEL - n;
}

/* Columns `from` .. n - 1 of row a of U from a matrix's row, by a list of its entries;
 * and zeros behind. */
static inline void cod_factor_take(const cod_factor *f, size_t a, size_t from, size_t n,
                                   const double *restrict row,
                                   const size_t *restrict list)
{
    double *restrict to = f->U + a * f->stride;
    for (size_t c = from; c < n; c++)
        to[c] = row[list[c]];
    memset(to + n, 0, cod_factor_zeros(n) * sizeof *to);
}

/* Doubles that a factor of at most m rows takes, and where its parts lie in them: all
 * have to be finite. */
size_t cod_factor_size(size_t m);
cod_factor cod_factor_at(double *memory, size_t m);

/* What is there already, and what is wanted. */
typedef struct cod_factor_range {
    size_t rows; /* below this every column of U is final */
    size_t from; /* U[0 .. from) x [0 .. from) is final, and [0 .. from) of y */
    size_t n;    /* wanted. Elsewhere U holds A's upper triangle, and y b; the zeros
                  * behind n are there */
} cod_factor_range;

/* A problem's certificate: see cod_wolfe_kkt(). */
typedef double cod_kkt_kernel(const cod_wolfe *w, double *ret_norm);

typedef struct cod_hull_kernels {
    /* Returns n, or the first row whose pivot is not above `tiny`: the rows below it
     * are final. */
    size_t (*factor)(const cod_factor *f, cod_factor_range range, double tiny);
    /* C_SS and b of the support into rows `first` .. and columns `from` .. of U. */
    void (*gather)(const cod_wolfe *w, const cod_factor *f, size_t first, size_t from);
    /* Takes row and column `place` out of a factor of n; scratch: n + COD_PANEL. */
    void (*drop)(const cod_factor *f, size_t n, size_t place, double *scratch);
    /* The rest of the support, few rows and columns, behind the first `from`. Returns
     * count, or the first row whose pivot is not above `tiny`: those before it are
     * there. scratch: 4 (C's stride + COD_PANEL). */
    size_t (*append)(const cod_wolfe *w, const cod_factor *f, size_t from, double tiny,
                     double *scratch);
    /* The corners' inverses from row `first` on, of n rows: factor(), append() and
     * drop() see to them. */
    void (*corners)(const cod_factor *f, size_t first, size_t n);
    /* x <- U'^-1 x, x <- U^-1 x; n + COD_PANEL elements, 0 behind n. */
    void (*forward)(const cod_factor *f, size_t n, double *x);
    void (*back)(const cod_factor *f, size_t n, double *x);
    /* r = C u - b for the first `count` of w->outside; u is 0 there. All stride long.
     */
    void (*slack)(const cod_wolfe *w, const double *u, size_t count, double *ret_r);
    /* Once u_j <- max(0, the minimiser along j) for every j; r = C u - b follows. */
    void (*sweep)(const cod_wolfe *w, double *u, double *r);
    cod_kkt_kernel *kkt;
    /* 0 where an entry of the lower triangle of G is not finite. */
    int (*finite)(size_t m, const double *G);
    /* C = D G D, both triangles, D = diag(d) of powers of two, and the lengths. 0 where
     * an entry of the lower triangle of G is not finite. Counts what changes where the
     * last answer is kept, up to COD_CHANGES m: above that it is kept no more. */
    int (*scale)(cod_wolfe *w, const double *G, const double *d);
    /* The same for a few rows and their columns; all else of C is as it was. */
    int (*rescale)(cod_wolfe *w, const double *G, const double *d, const size_t *rows,
                   size_t count);
    /* COD_BATCH problems of m = 2 .. COD_BATCH_ROWS, lower triangles one after the
     * other: weights and their certificate, NaN or too large where the kernel knows no
     * answer. The same bytes for each set. */
    void (*batch)(size_t m, const double *G, double *ret_w, double *ret_kkt);
} cod_hull_kernels;

/* The variant number k, as cod_kernels_at(); NULL behind the last. */
const cod_hull_kernels *cod_hull_kernels_at(size_t k);

#endif
