/* SPDX-License-Identifier: MIT */
/* The inner loops over elements, compiled once for each instruction set, and the
 * variants of the Gramian that only the engine needs.
 *
 * Every product of two rows is one fixed expression, whatever the other rows, the
 * number of threads and the width of the machine's vectors: the columns are cut into
 * blocks of COD_BLOCK; within a block, column k belongs to lane k mod COD_LANES; each
 * lane is summed in the order of its columns, the lanes are added as a binary tree (0 +
 * 8, 1 + 9, ...); block sums are added in order within a part, parts are added in
 * order. How the blocks are cut into parts depends on n alone.
 *
 * Rounding: (COD_BLOCK / COD_LANES + 4 + blocks in a part + parts) units of 2^-53,
 * which is below 4e-13 |g_i| |g_j| at n = 1e8. */
#ifndef COD_CORE_KERNELS_H
#define COD_CORE_KERNELS_H

#include <stddef.h>

#include <codescent/gramian.h>

enum {
    COD_TYPES = 4, /* of elements */
    COD_LANES = 16,
    COD_BLOCK = 256, /* eight rows of doubles take half of a first-level cache */
    COD_PARTS = 128, /* at the most */
    COD_PANEL_STRIDE = COD_BLOCK + COD_LANES, /* not a power of two: cache sets */
};

/* Kernels for one element type. A panel is rows of doubles, COD_PANEL_STRIDE apart,
 * whose count is a multiple of COD_LANES. All but widen add block sums to sums[i * ld +
 * j]. */
typedef struct cod_row_kernels {
    /* j <= i < m, from the rows: `count` whole blocks from column `begin` on, one after
     * another. `panel`, of m rows, is where they are widened. */
    void (*blocks)(size_t m, const void *const *rows, size_t begin, size_t count,
                   double *panel, double *sums, size_t ld);
    /* Converts a piece of m rows and fills it with zeros to a multiple of COD_LANES. */
    void (*widen)(size_t m, const void *const *rows, size_t begin, size_t count,
                  double *ret_panel);
    /* j <= i < m, from the panel. */
    void (*triangle)(size_t m, const double *panel, size_t count, double *sums,
                     size_t ld);
    /* i < ma, j < mb, from two panels. */
    void (*rectangle)(size_t ma, const double *a, size_t mb, const double *b,
                      size_t count, double *sums, size_t ld);
} cod_row_kernels;

/* ret_d[k] = sum of weights[i] * rows[i][k] over begin <= k < begin + count; `stream`:
 * written past the caches. Returns 1 where an element of ret_d is not finite. */
typedef int cod_combine_kernel(size_t m, const double *weights, const void *const *rows,
                               size_t begin, size_t count, int stream, void *ret_d);

/* The kernels for one instruction set, indexed by cod_type. */
typedef struct cod_kernels {
    const char *name;
    const cod_row_kernels *rows[COD_TYPES];
    cod_combine_kernel *const *combine[COD_TYPES]; /* [type of rows][type of result] */
    const struct cod_hull_kernels *hull;           /* of the min-norm solver */
    const struct cod_cone_kernels *cone;           /* of the dual-cone solver */
} cod_kernels;

/* The variant number k, from the most portable to the fastest, that this machine can
 * run; NULL behind the last. */
const cod_kernels *cod_kernels_at(size_t k);
/* The last of them. */
const cod_kernels *cod_kernels_best(void);

/* cod_gramian() in which a row that is NULL is skipped: its products are 0. */
COD_MUST_CHECK cod_status cod_gramian_some(cod_pool *pool, size_t m, size_t n,
                                           const void *const *rows, cod_type type,
                                           double *ret_G);

/* The ma x mb products of two sets of rows, each of at most the pool's m; NULL rows are
 * skipped, with result 0. ret_products is row-major. Status as cod_gramian(); rows that
 * meet only NULL rows are not looked at. */
COD_MUST_CHECK cod_status cod_cross(cod_pool *pool, size_t ma, size_t mb, size_t n,
                                    const void *const *a, const void *const *b,
                                    cod_type type, double *ret_products);

/* The m sums of squares, the same bytes as the Gramian's diagonal; NULL rows are
 * skipped, with result 0. */
COD_MUST_CHECK cod_status cod_norms2(cod_pool *pool, size_t m, size_t n,
                                     const void *const *rows, cod_type type,
                                     double *ret_norms2);

/* The first row, not NULL, that holds a NaN or an infinity; m where there is none. */
size_t cod_rows_nonfinite(size_t m, size_t n, const void *const *rows, cod_type type);

/* Doubles of scratch memory that these functions need for up to m rows. */
size_t cod_gramian_scratch(unsigned threads, size_t m);

#endif
