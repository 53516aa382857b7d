/* SPDX-License-Identifier: MIT */
/** @file gramian.h
 *  The two kernels that touch the Jacobian: every product of two rows in one pass, and
 *  the weighted sum of the rows.
 *
 *  Rows may lie anywhere in memory, at any address, and may overlap.
 *  Elements are converted to float64 on the fly; products and sums are float64 from the
 *  first operation (products of all types but float64 are exact there). The work is cut in the same
 *  way and added in the same order for any number of threads and any instruction set,
 *  so the result is the same bytes. */
#ifndef CODESCENT_GRAMIAN_H
#define CODESCENT_GRAMIAN_H

#include <stddef.h>

#include <codescent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The element type of rows and directions. */
typedef enum cod_type {
    COD_FLOAT32,
    COD_FLOAT64,
    COD_BFLOAT16, /**< the upper half of a float32 */
    COD_FLOAT16,  /**< IEEE 754 binary16 */
} cod_type;

/** Bytes of an element; 0 for an unknown type.
 *  @since 0.1 */
COD_API size_t cod_type_size(cod_type type);

/** Element k of a row, which is exact in float64; NaN for an unknown type.
 *  @since 0.1 */
COD_API double cod_element_at(const void *row, cod_type type, size_t k);

/** Threads and the scratch memory of the kernels. One pool serves one caller at a time;
 *  different pools are independent. */
typedef struct cod_pool cod_pool;

/** Starts a pool.
 *
 *  @param threads  number of threads that work, the caller's included; 0 counts as 1
 *  @param m        the largest number of rows that the kernels will be given
 *  @param ret_pool the pool, to be freed with cod_pool_free(); written only on success
 *  @return COD_OK; COD_EARGUMENT (m is 0 or above 4096, more than 1024 threads, ret_pool
 *          is NULL); COD_EMEMORY (also when a thread cannot be started)
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_pool_alloc(unsigned threads, size_t m,
                                                 cod_pool **ret_pool);

/** The sets of instructions that the kernels were compiled for and this machine can run:
 *  "base", then, where they are there, "avx2" and "avx512" (on 64-bit ARM "neon" alone);
 *  NULL behind the last. The last one is used unless another is asked for. All give the same bytes.
 *  @since 0.1 */
COD_API const char *cod_kernels_name(size_t k);

/** cod_pool_alloc() with kernels for the instruction set of that name; NULL means the best
 *  one here.
 *
 *  @param ret_message  names what is wrong; may be NULL
 *  @return as cod_pool_alloc(), and COD_ENAME where this machine has no such kernels
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_pool_alloc_for(unsigned threads, size_t m,
                                                     const char *kernels,
                                                     cod_pool **ret_pool,
                                                     cod_message *ret_message);

/** Ends the threads and frees the pool; NULL is harmless. */
COD_API void cod_pool_free(cod_pool *pool);

/** The Gramian G = J J' of m rows of n elements.
 *
 *  |error of G_ij| <= 1e-12 |g_i| |g_j|, for n up to 1e8 and entries from 1e-30 to 1e30.
 *
 *  @param pool   made for at least m rows
 *  @param rows   m pointers to n elements of `type`; n may be 0; not kept
 *  @param ret_G  m x m, row-major, both triangles; written only on success
 *  @return COD_OK; COD_EARGUMENT (NULL, m is 0, unknown type); COD_ESHAPE (m is larger
 *          than the pool's); COD_ENONFINITE (an element is NaN or infinite);
 *          COD_EOVERFLOW (all elements are finite, a sum of products is not)
 *  @note allocates nothing
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_gramian(cod_pool *pool, size_t m, size_t n,
                                              const void *const *rows, cod_type type,
                                              double *ret_G);

/** The weighted sum d = J' w of m rows of n elements.
 *
 *  Each element is summed in float64 in the order of the rows and rounded once to
 *  ret_type. Rows of weight 0 are not read and may be NULL.
 *
 *  @param weights  m finite weights
 *  @param rows     m pointers to n elements of `type`; not kept
 *  @param ret_d    n elements of `ret_type`; must not overlap the rows
 *  @return COD_OK; COD_EARGUMENT (NULL, m is 0, unknown type); COD_ESHAPE (m is larger
 *          than the pool's); COD_ENONFINITE (a weight or a used element is NaN or
 *          infinite); COD_EOVERFLOW (a sum is too large for ret_type). After the last
 *          two ret_d holds unspecified numbers.
 *  @note allocates nothing
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_combine(cod_pool *pool, size_t m, size_t n,
                                              const double *weights,
                                              const void *const *rows, cod_type type,
                                              void *ret_d, cod_type ret_type);

#ifdef __cplusplus
}
#endif
#endif
