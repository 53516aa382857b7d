/* SPDX-License-Identifier: MIT */
/** @file minnorm.h
 *  The minimum-norm point of the convex hull of m gradients, from their Gramian.
 *
 *  w(G) = argmin { w'Gw : w >= 0, sum w = 1 }  (Desideri 2012, CRAS 350, problem (2)).
 *
 *  The default is exact: closed form for m = 2, above it block pivoting (Judice
 *  and Pires 1994, Comput. Oper. Res. 21) on the Gramian scaled to unit diagonal, and
 *  where that does not end, or rounding defeats it, an active-set method (Wolfe 1976,
 *  Math. Program. 11), at last in twice the precision. Frank-Wolfe and the
 *  line search of Sener and Koltun (2018) are there as named baselines. */
#ifndef CODESCENT_MINNORM_H
#define CODESCENT_MINNORM_H

#include <stddef.h>

#include <codescent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cod_minnorm_algorithm {
    COD_MINNORM_EXACT,
    COD_MINNORM_FW,          /**< Frank-Wolfe from uniform weights; TorchJD's rule */
    COD_MINNORM_LINE_SEARCH, /**< best pair, then Sener and Koltun's loop */
} cod_minnorm_algorithm;

/** Zero-initialised is the default: exact, with the limits below. */
typedef struct cod_minnorm_options {
    cod_minnorm_algorithm algorithm;
    size_t max_iter; /**< 0: EXACT 20 m + 100, FW 100, LINE_SEARCH 250 */
    double tol;      /**< 0: EXACT 1e-12 (kkt), FW 1e-3 (step), LINE_SEARCH 1e-5 (change) */
    int resume;      /**< EXACT: not 0 goes on from this workspace's last call, and keeps
                      *   its factor where few rows of G have changed since; `start` is
                      *   then ignored. After an error, a zero row, a baseline or a batch
                      *   there is nothing to go on from. The last bits may depend on those calls. */
    const size_t *rows; /**< with `resume`: the rows of G that differ from the last call's
                         *   G, each < m; NULL: found by comparing. The other entries are
                         *   then taken to be what they were, and mostly not read:
                         *   weights and kkt are those of that G. All of it is read where
                         *   there is nothing to go on from, or many rows are listed */
    size_t row_count;   /**< of `rows`; any number */
} cod_minnorm_options;

/** What is known of the weights that came back. */
typedef struct cod_minnorm_info {
    double kkt;        /**< see cod_minnorm_kkt(); of the G that was solved, and the weights
                        *   before they were rounded: those as they come back may have a
                        *   larger one where |G_ij| is far above |g_i||g_j|, which it is in
                        *   no Gramian, or a zero row has products that are not 0 */
    double norm;       /**< sqrt(max(w'Gw, 0)), formed without cancellation */
    size_t iterations;
} cod_minnorm_info;

/** Workspace for m objectives; one per thread. Nothing in it carries over from call to
 *  call unless `resume` asks for it. */
typedef struct cod_minnorm cod_minnorm;

/** @param ret_ws  to be freed with cod_minnorm_free(); written only on success
 *  @return COD_OK; COD_EARGUMENT (m is 0 or above 4096, ret_ws is NULL); COD_EMEMORY */
COD_API COD_MUST_CHECK cod_status cod_minnorm_alloc(size_t m, cod_minnorm **ret_ws);

/** NULL is harmless. */
COD_API void cod_minnorm_free(cod_minnorm *ws);

/** Solves for the weights.
 *
 *  @param ws        workspace; its m is the problem's
 *  @param G         m x m, row-major; only the lower triangle is read; not kept
 *  @param start     m weights whose support is tried first, or NULL; ignored by the
 *                   baselines and where it is not finite and >= 0
 *  @param options   NULL for the defaults
 *  @param ret_w     m weights, >= 0, unit sum; written only when the result is >= 0
 *  @param ret_info  may be NULL; written only when the result is >= 0
 *  @return COD_OK; COD_STOPPED_MAXITER (ret_w is the best point found);
 *          COD_EARGUMENT; COD_ENONFINITE (an entry of G); COD_EDOMAIN (a negative
 *          diagonal entry); COD_ENUMERIC (no point found: G is far from a Gramian)
 *  @note allocates nothing; a G that rounding left slightly indefinite is ordinary input
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_minnorm_solve(cod_minnorm *ws, const double *G,
                                                    const double *start,
                                                    const cod_minnorm_options *options,
                                                    double *ret_w,
                                                    cod_minnorm_info *ret_info);

/** Solves many problems of the same m, one after the other in memory: for m = 2 to 8
 *  several at a time, in closed form (m = 2, 3) or by pivoting, with the exact solver
 *  where that does not lead to a good certificate, and for other m as
 *  cod_minnorm_solve() does.
 *
 *  The weights are those of cod_minnorm_solve() to within rounding (where they are not
 *  unique, as for equal gradients, another optimum may come back), with a certificate of
 *  1e-14 or what the exact solver reaches. Each depends on its own Gramian alone: not on
 *  the others, their number or their order, and for m <= 8 not on the instruction set but
 *  where the exact solver had to help.
 *
 *  @param ws            workspace; its m is the problems'
 *  @param count         number of problems; 0 is allowed
 *  @param G             count x m x m, row-major; of each only the lower triangle counts
 *  @param ret_w         count x m weights; all 0 where that problem has no answer
 *  @param ret_kkt       count certificates, NaN where there is no answer; may be NULL
 *  @param ret_statuses  count statuses as cod_minnorm_solve() has them; may be NULL
 *  @return COD_OK; else the first problem's status that is an error, or where none is,
 *          the first that is not COD_OK: the other problems are solved nevertheless;
 *          COD_EARGUMENT (nothing is written)
 *  @note allocates nothing and starts no threads: cut the problems into pieces, with a
 *        workspace for each thread
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_minnorm_batch(cod_minnorm *ws, size_t count,
                                                    const double *G, double *ret_w,
                                                    double *ret_kkt,
                                                    cod_status *ret_statuses);

/** The certificate of weights w for the Gramian G: with r = G w - (w'Gw) 1 and e_i =
 *  |r_i| where w_i > 0, max(-r_i, 0) elsewhere,
 *
 *      kkt = max_i e_i / (|g_i| sum_j w_j |g_j|),  |g_i| = sqrt(G_ii),
 *
 *  where 0/0 counts as 0 and x/0 as infinity. r is formed with compensated sums. It is 0
 *  exactly at a minimum-norm point and does not change when gradients are rescaled
 *  together with their weights.
 *
 *  @param m  number of objectives
 *  @param G  m x m, row-major; only the lower triangle is read
 *  @param w  m weights >= 0
 *  @return the certificate; NaN where an input is NULL, not finite, or m is 0
 *  @since 0.1 */
COD_API double cod_minnorm_kkt(size_t m, const double *G, const double *w);

#ifdef __cplusplus
}
#endif
#endif
