/* SPDX-License-Identifier: MIT */
/** @file cone.h
 *  Projections on the dual cone of m gradients, { d : g_i.d >= 0 for all i }, from their
 *  Gramian G.
 *
 *  The projection of J'u, u >= 0, is J'v with
 *
 *      v = argmin { v'Gv : v >= u }  (Lopez-Paz and Ranzato 2017, NeurIPS, eq. (11))
 *
 *  and y = G v, the products of the gradients with it, belongs to the same optimality
 *  system, v >= u, y >= 0, y'(v - u) = 0. DualProj projects the mean, GEM one gradient,
 *  and UPGrad every gradient (Quinton and Rey 2024, arXiv 2406.16232).
 *
 *  It is solved by block principal pivoting (Kostreva 1978, Linear Algebra Appl. 21;
 *  Portugal, Judice and Vicente 1994, Math. Comp. 63) on G scaled to unit diagonal. Where
 *  the blocks stop to shrink, an active-set method takes over that lowers v'Gv with each
 *  step and so ends (Lawson and Hanson 1974, ch. 23). There is no ridge: where G is
 *  singular within rounding, proximal steps (Rockafellar 1976, SIAM J. Control Optim. 14)
 *  lead to a solution of the G that was given. v is not unique then; J'v is. */
#ifndef CODESCENT_CONE_H
#define CODESCENT_CONE_H

#include <stddef.h>

#include <codescent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cod_cone_algorithm {
    COD_CONE_BLOCK,      /**< block pivoting, the active set where that circles */
    COD_CONE_ACTIVE_SET, /**< the active set alone */
} cod_cone_algorithm;

/** Zero-initialised is the default. */
typedef struct cod_cone_options {
    cod_cone_algorithm algorithm;
    size_t max_iter; /**< factorisations; 0: 100 m + 1000 */
    double tol;      /**< 0: 1e-12 (kkt) */
} cod_cone_options;

/** What is known of the v that came back. */
typedef struct cod_cone_info {
    double kkt;        /**< see cod_cone_kkt() */
    size_t iterations; /**< factorisations; 0 where J'u is in the cone */
} cod_cone_info;

/** Workspace for m gradients, and the Gramian that it was loaded with; one per thread. */
typedef struct cod_cone cod_cone;

/** @param ret_ws  to be freed with cod_cone_free(); written only on success
 *  @return COD_OK; COD_EARGUMENT (m is 0 or above 4096, ret_ws is NULL); COD_EMEMORY
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_cone_alloc(size_t m, cod_cone **ret_ws);

/** NULL is harmless. */
COD_API void cod_cone_free(cod_cone *ws);

/** The same workspace in memory of the caller's, such as a method's `work`: the doubles
 *  that it takes; 0 where m is 0 or above 4096. */
COD_API size_t cod_cone_size(size_t m);

/** Makes a workspace in `memory`, cod_cone_size(m) doubles; not to be freed. NULL where m
 *  is out of range or memory is NULL. */
COD_API cod_cone *cod_cone_place(size_t m, double *memory);

/** Takes the Gramian of all solves until the next one: checks and scales it once.
 *
 *  @param ws  workspace; its m is the problem's
 *  @param G   m x m, row-major; only the lower triangle is read; copied
 *  @return COD_OK; COD_EARGUMENT; COD_ENONFINITE (an entry of G); COD_EDOMAIN (a negative
 *          diagonal entry); COD_EINDEFINITE (an entry above |g_i||g_j| by more than 1e-6).
 *          After an error nothing is loaded
 *  @note allocates nothing; a G that rounding left slightly indefinite is ordinary input
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_cone_load(cod_cone *ws, const double *G);

/** Solves for v. What does not depend on u is done once for all solves with one G; a
 *  factor is kept while the set where v_i > u_i stays.
 *
 *  @param ws        workspace, loaded
 *  @param u         m numbers >= 0: the projected vector is J'u
 *  @param start     m numbers; where start_i > u_i is tried first as the set of v_i > u_i;
 *                   NULL: a guess
 *  @param options   NULL for the defaults
 *  @param ret_v     m numbers, v_i >= u_i exactly; may be u or start; written only when the
 *                   result is >= 0
 *  @param ret_info  may be NULL; written only when the result is >= 0
 *  @return COD_OK; COD_STOPPED_MAXITER (kkt is above tol; ret_v is the best point found,
 *          mostly because G is indefinite); COD_EARGUMENT; COD_EORDER (nothing loaded);
 *          COD_ENONFINITE and COD_EDOMAIN (an entry of u is not finite, is negative);
 *          COD_EOVERFLOW (of v); COD_ENUMERIC (no point found)
 *  @note allocates nothing
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_cone_solve(cod_cone *ws, const double *u,
                                                 const double *start,
                                                 const cod_cone_options *options,
                                                 double *ret_v, cod_cone_info *ret_info);

/** The certificate of v for the Gramian G and the bounds u: with y = G v and e_i = |y_i|
 *  where v_i > u_i, max(-y_i, 0) elsewhere,
 *
 *      kkt = max_i e_i / (|g_i| sum_j v_j |g_j|),  |g_i| = sqrt(G_ii),
 *
 *  where 0/0 counts as 0 and x/0 as infinity. y is formed with compensated sums. It does
 *  not change when gradients are rescaled together with v and u.
 *
 *  @param m  number of gradients
 *  @param G  m x m, row-major; only the lower triangle is read
 *  @param u  m numbers >= 0
 *  @param v  m numbers, v_i >= u_i
 *  @return the certificate; NaN where an input is NULL, not finite, u_i < 0, v_i < u_i, or
 *          m is 0
 *  @since 0.1 */
COD_API double cod_cone_kkt(size_t m, const double *G, const double *u, const double *v);

#ifdef __cplusplus
}
#endif
#endif
