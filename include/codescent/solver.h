/* SPDX-License-Identifier: MIT */
/** @file solver.h
 *  A solver is a method made ready for use: its options, state, workspace and random
 *  stream, for one number of objectives.
 *
 *  The easy calls:
 *
 *      cod_solver_weights(s, losses, gramian, w, &certificate)        losses, Gramian
 *      cod_solver_step(s, losses, rows, type, w, d, type, &certificate)  rows in one piece
 *
 *  One step, call by call, where the Jacobian never exists in one piece:
 *
 *      plan -> losses -> shard ... shard (or gramian) -> [reduce] -> solve
 *           -> direction, shard by shard -> [x moves] -> [after]
 *
 *  Calls that a method does not need may be left out: solve alone is a whole step of a
 *  method that needs nothing. A call out of order is COD_EORDER. After any error the
 *  step is void, the state is as it was before the step, and the next step may begin;
 *  only the per-element memory of the few methods that keep one (momentum of rows) may
 *  have seen the shards of the void step, which the message then says.
 *
 *  A solver belongs to one thread at a time; different solvers are independent. */
#ifndef CODESCENT_SOLVER_H
#define CODESCENT_SOLVER_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/gramian.h>
#include <codescent/options.h>
#include <codescent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cod_method cod_method; /* method.h */
typedef struct cod_solver cod_solver;

/** What a step needs; the bits of cod_plan.needs. */
enum {
    COD_NEED_LOSSES = 1,  /**< the losses */
    COD_NEED_NORMS = 2,   /**< the rows, for their norms; a Gramian serves as well */
    COD_NEED_GRAMIAN = 4, /**< the rows, for their Gramian, or the Gramian itself */
    COD_NEED_CROSS = 8,   /**< rows of independent batches, for the cross-Gramian */
    COD_NEED_ROWS = 16,   /**< the rows' elements; a Gramian does not serve */
    COD_NEED_AFTER = 32,  /**< the losses again, after the update */
};

/** How the m rows are cut and what is known beforehand. Zero-initialise, then set m;
 *  everything else has a meaning at zero. Nothing in it is kept. */
typedef struct cod_setup {
    size_t m;              /**< objectives */
    size_t n;              /**< elements of a row; 0: only losses or Gramians will come */
    size_t points;         /**< decision vectors that move together; 0 counts as 1 */
    size_t shards;         /**< pieces that a row is cut into; 0 counts as 1 */
    const size_t *lengths; /**< their lengths, in the order of their offsets, of sum n;
                                NULL for one piece */
    const size_t *groups;  /**< each shard's group, 0 .. G-1, every one used; one weight
                                vector is found for each group; NULL for one group */
    int64_t steps;         /**< announced total of steps; 0: not known */
    int64_t epochs;        /**< announced total of epochs; 0: not known */
    uint64_t seed;         /**< of the random stream */
    unsigned threads;      /**< 0 counts as 1 */
    int certify;           /**< 1: every step asks for all gradients and their Gramian, so
                                that the certificate is known whatever the method needs */
    const cod_method *const *methods; /**< the caller's own methods, searched first */
    size_t method_count;
    const char *kernels;   /**< the instruction set to be used, one of cod_kernels_name();
                                NULL: the best that there is */
} cod_setup;

/** A piece of the rows, or of several batches of rows. */
typedef struct cod_shard {
    size_t offset;           /**< of its first element in the whole row */
    size_t length;           /**< must be a shard of the set-up */
    cod_type type;
    const void *const *rows; /**< batches x points x m pointers; row i of batch b at
                                  b * points * m + i; a row that the plan does not ask
                                  for may be NULL */
} cod_shard;

/** What the coming step needs; nothing else has to be computed. */
typedef struct cod_plan {
    unsigned needs;
    const unsigned char *gradients; /**< points x m flags: 1 where the gradient is used;
                                         valid until the next step */
    size_t batches;         /**< independent batches of rows in each shard; 1 mostly */
    size_t direction_batch; /**< the batch whose rows the direction is made of */
    size_t slots;           /**< optimizers that the method distinguishes; 1 mostly */
    size_t slot;            /**< the one that this step belongs to */
    int64_t step;           /**< number of this step, from 0 */
    int64_t epoch;
} cod_plan;

/** Which members of a certificate are known; the bits of cod_certificate.known. */
enum {
    COD_KNOWN_KKT = 1,
    COD_KNOWN_STATIONARITY = 2, /**< and conflicting_pairs */
    COD_KNOWN_NORM = 4,         /**< and conflicts: a Gramian and weights were there */
    COD_KNOWN_INDEFINITE = 8,   /**< a warning: a given Gramian is not quite PSD */
};

typedef struct cod_certificate {
    unsigned known;
    double kkt;          /**< of the weights, for the Gramian that was solved */
    double stationarity; /**< norm of the min-norm point of the un-normalised gradients */
    double norm;         /**< of the direction */
    double indefinite;   /**< lowest eigenvalue of the given Gramian, over its trace */
    size_t conflicts;    /**< objectives that the direction would raise: g_i.d < 0 */
    size_t conflicting_pairs; /**< pairs with g_i.g_j < 0 */
    size_t iterations;   /**< of the inner solver, over all groups */
} cod_certificate;

/** Makes a solver from a text such as "mgda(normalize=l2)" or "cr-mogm(alpha=0.9, mgda)".
 *  Methods stand inside methods up to eight levels deep.
 *
 *  @param ret_solver   to be freed with cod_solver_free(); written only on success
 *  @param ret_message  says what is wrong, naming the nearest valid name; may be NULL
 *  @return COD_OK; COD_EARGUMENT; COD_ESYNTAX; COD_ENAME (also of `kernels`); COD_EOPTION;
 *          COD_ESHAPE (the set-up contradicts itself or the options); COD_EMISSING (a total that the
 *          method needs); COD_EUNSUPPORTED; COD_EMEMORY
 *  @since 0.1 */
COD_API COD_MUST_CHECK cod_status cod_solver_alloc(const char *text,
                                                   const cod_setup *setup,
                                                   cod_solver **ret_solver,
                                                   cod_message *ret_message);

/** NULL is harmless. */
COD_API void cod_solver_free(cod_solver *solver);

/** The details of the last error, or "" after a call that succeeded. */
COD_API const char *cod_solver_message(const cod_solver *solver);

/** The descriptor of the solver's outermost method. */
COD_API const cod_method *cod_solver_method(const cod_solver *solver);

/** Inner solver number k of a wrapper, for looking only; NULL where there is none. */
COD_API const cod_solver *cod_solver_inner(const cod_solver *solver, size_t k);

/** The options in force, after defaults; laid out as the descriptor's options table. */
COD_API const void *cod_solver_options(const cod_solver *solver);

/** An option in force, as text that cod_solver_alloc() would read; the engine's own
 *  (normalize, output) are among them.
 *
 *  @param ret_text  room for size bytes; always ends in a zero byte
 *  @return COD_OK; COD_ENAME; COD_ESHAPE (the text is longer than size); COD_EARGUMENT */
COD_API COD_MUST_CHECK cod_status cod_solver_option(const cod_solver *solver,
                                                    const char *name, char *ret_text,
                                                    size_t size);

/** Changes one option between two steps, with the same checks as at set-up. Options that
 *  decide sizes or were used up at set-up (lists, texts, init) are COD_EUNSUPPORTED. */
COD_API COD_MUST_CHECK cod_status cod_solver_set(cod_solver *solver, const char *name,
                                                 const char *value);

/** Hands in numbers that a method is told from outside (a preference, a reference point),
 *  at any time between two steps; they are copied. Of a wrapper every method inside that
 *  takes this input gets them.
 *
 *  @return COD_OK; COD_ENAME (the method takes no such input); COD_ESHAPE (another count);
 *          COD_ENONFINITE; COD_EARGUMENT; COD_EDOMAIN; COD_EORDER (within a step) */
COD_API COD_MUST_CHECK cod_status cod_solver_feed(cod_solver *solver, const char *name,
                                                  const double *values, size_t count);

/** Tells that a new epoch begins with the next step. @return COD_OK; COD_EORDER */
COD_API COD_MUST_CHECK cod_status cod_solver_epoch(cod_solver *solver);

/* ---- one step ---- */

/** Begins a step and says what it needs. Optional: any other call begins a step too.
 *  @return COD_OK; COD_EORDER (a step is under way); the method's own errors */
COD_API COD_MUST_CHECK cod_status cod_solver_plan(cod_solver *solver,
                                                  cod_plan *ret_plan);

/** @param losses  points x m losses, copied
 *  @return COD_OK; COD_EORDER; COD_ENONFINITE (the message names the objective) */
COD_API COD_MUST_CHECK cod_status cod_solver_losses(cod_solver *solver,
                                                    const double *losses);

/** Hands in one shard; in any order, each once. The rows are not kept.
 *  @return COD_OK; COD_EORDER; COD_ESHAPE (no such shard, or given before);
 *          COD_ENONFINITE; COD_EOVERFLOW; COD_EMISSING (a row that the plan asks for) */
COD_API COD_MUST_CHECK cod_status cod_solver_shard(cod_solver *solver,
                                                   const cod_shard *shard);

/** Hands in a ready Gramian, (points m) x (points m), of the whole row (one group),
 *  copied. Both triangles are read.
 *  @return COD_OK; COD_EORDER; COD_ENONFINITE; COD_ESYMMETRY; COD_EINDEFINITE; COD_EDOMAIN
 *          (a negative diagonal entry); COD_EUNSUPPORTED (the method needs the rows) */
COD_API COD_MUST_CHECK cod_status cod_solver_gramian(cod_solver *solver,
                                                     const double *gramian);

/** Exposes the sums to be added, element by element and in place, over machines that
 *  each handed in some of the shards (with MPI: MPI_Allreduce, MPI_IN_PLACE, MPI_SUM).
 *  Every number belongs to one shard, so the order of the additions does not matter, and
 *  solve sees which shards nobody or two machines handed in. In a step that needs nothing
 *  of the rows, all machines may leave the shards out and reduce all the same.
 *  @return COD_OK; COD_EORDER */
COD_API COD_MUST_CHECK cod_status cod_solver_reduce(cod_solver *solver,
                                                    double **ret_sums,
                                                    size_t *ret_count);

/** Ends the step: the weights and their certificate.
 *
 *  @param ret_weights      groups x points x (points m) weights; may be NULL; written only
 *                          on success; all zero for a method that has none
 *  @param ret_certificate  summed over groups where there are several; may be NULL, which
 *                          spares the min-norm solve that stationarity takes
 *  @return COD_OK; COD_EORDER; COD_EMISSING (an input that the plan asks for: the message
 *          names it); COD_ESHAPE (a shard given twice over all machines); the method's own
 *          errors: COD_EDOMAIN, COD_ENUMERIC, COD_EOVERFLOW, ... */
COD_API COD_MUST_CHECK cod_status cod_solver_solve(cod_solver *solver,
                                                   double *ret_weights,
                                                   cod_certificate *ret_certificate);

/** The direction of one shard, to be subtracted from x; after solve, any number of times.
 *
 *  @param shard  as it was handed in; its rows are read again (of plan.direction_batch
 *                only: m x points pointers, not times batches)
 *  @param point  which point's direction; 0 where there is one
 *  @param ret_d  shard->length elements of `type`
 *  @return COD_OK; COD_EARGUMENT; COD_EORDER; COD_ESHAPE (no such shard or point);
 *          COD_EMISSING (a row whose weight is not zero, or, of a method without weights,
 *          that the plan asks for); COD_ENONFINITE; COD_EOVERFLOW */
COD_API COD_MUST_CHECK cod_status cod_solver_direction(cod_solver *solver,
                                                       const cod_shard *shard,
                                                       size_t point, void *ret_d,
                                                       cod_type type);

/** Hands in the losses on the same batch after the update, where the plan asks for them.
 *  @return COD_OK; COD_EORDER (before solve, or twice); COD_ENONFINITE */
COD_API COD_MUST_CHECK cod_status cod_solver_after(cod_solver *solver,
                                                   const double *losses);

/** Gives up the step under way, if any; the state is as it was before it. */
COD_API void cod_solver_abandon(cod_solver *solver);

/* ---- whole steps; cod_solver_plan() may come first, and nothing else ---- */

/** A step from losses and a Gramian; each may be NULL where the method does not need it.
 *  Takes and returns what losses, gramian and solve do. */
COD_API COD_MUST_CHECK cod_status cod_solver_weights(cod_solver *solver,
                                                     const double *losses,
                                                     const double *gramian,
                                                     double *ret_weights,
                                                     cod_certificate *ret_certificate);

/** A step from losses (NULL where not needed) and rows in one piece, of setup.n elements.
 *  With several shards in the set-up the rows are cut as it says. ret_direction has points
 *  x n elements of ret_type; it and ret_weights may be NULL. After an error ret_direction
 *  is undefined, everything else unwritten. */
COD_API COD_MUST_CHECK cod_status
cod_solver_step(cod_solver *solver, const double *losses, const void *const *rows,
                cod_type type, double *ret_weights, void *ret_direction,
                cod_type ret_type, cod_certificate *ret_certificate);

/* ---- fields and saving ---- */

/** A named part of the state: learned parameters, averages, counters. */
typedef struct cod_view {
    const char *name;
    const char *unit;
    const char *doc;
    size_t length;          /**< entries of one group */
    size_t groups;          /**< data holds groups x length entries */
    const double *reals;    /**< NULL for integers */
    const int64_t *integers;
} cod_view;

/** Number of fields of the outermost method. */
COD_API size_t cod_solver_field_count(const cod_solver *solver);
/** Field number k. @return COD_OK; COD_EARGUMENT */
COD_API COD_MUST_CHECK cod_status cod_solver_field_at(const cod_solver *solver, size_t k,
                                                      cod_view *ret_view);
/** The field of that name; its data stay valid, and change with the steps.
 *  @return COD_OK; COD_ENAME; COD_EARGUMENT */
COD_API COD_MUST_CHECK cod_status cod_solver_field(const cod_solver *solver,
                                                   const char *name, cod_view *ret_view);

/** Number of bytes that cod_solver_save() writes. */
COD_API size_t cod_solver_save_size(const cod_solver *solver);
/** Writes the state: versioned, checksummed, little-endian, the same for the same state.
 *  @return COD_OK; COD_EORDER (within a step); COD_ESHAPE (size is too small) */
COD_API COD_MUST_CHECK cod_status cod_solver_save(const cod_solver *solver,
                                                  void *ret_bytes, size_t size);
/** Takes up a saved state; the solver must have been made from the same text and shape.
 *  @return COD_OK; COD_EORDER; COD_ESTATE (damaged, truncated, another version, method,
 *          options or shape, or made up: the message says which), the state is then unchanged */
COD_API COD_MUST_CHECK cod_status cod_solver_restore(cod_solver *solver,
                                                     const void *bytes, size_t size);

/** Back to the state right after cod_solver_alloc(). */
COD_API void cod_solver_reset(cod_solver *solver);

#ifdef __cplusplus
}
#endif
#endif
