/* SPDX-License-Identifier: MIT */
/** @file method.h
 *  How a method is written: a read-only descriptor and a few functions over small arrays.
 *  The engine owns order, shapes, finiteness, allocation and threads. Most methods give
 *  `solve` and nothing else. The built-in ones use nothing that is not in this header. */
#ifndef CODESCENT_METHOD_H
#define CODESCENT_METHOD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <codescent/minnorm.h>
#include <codescent/options.h>
#include <codescent/random.h>
#include <codescent/solver.h>
#include <codescent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The interface's version; goes into cod_method.abi. */
#define COD_METHOD_ABI 1

/** The most rows, points x m, that a solver takes. */
#define COD_ROWS_MAX 4096

/** What is true of a method; the bits of cod_method.traits. */
enum {
    COD_TRAIT_STOCHASTIC = 1,  /**< draws random numbers */
    COD_TRAIT_SET = 2,         /**< moves several points together */
    COD_TRAIT_WEIGHTED = 4,    /**< has an option `weights`: fixed weights */
    COD_TRAIT_PREFERENCE = 8,  /**< is fed a preference */
    COD_TRAIT_BOUNDED = 16,    /**< its direction subproblem can take bounds inside: the
                                    min-norm methods */
    COD_TRAIT_SUM_ONE = 32,    /**< claims: weights sum to one */
    COD_TRAIT_NONNEGATIVE = 64,    /**< claims: weights >= 0 */
    COD_TRAIT_NONCONFLICTING = 128, /**< claims: raises no objective, to first order,
                                         where normalize=none */
    COD_TRAIT_SCALE_FREE = 256, /**< claims: weights unchanged if all gradients are scaled */
    COD_TRAIT_SYMMETRIC = 512,  /**< claims: weights permute with the objectives */
};

/** How many entries something has. */
typedef enum cod_extent {
    COD_EXTENT_ONE,
    COD_EXTENT_M,      /**< objectives */
    COD_EXTENT_ROWS,   /**< points x objectives */
    COD_EXTENT_SQUARE, /**< rows x rows */
    COD_EXTENT_WEIGHTS, /**< points x rows: as many as there are weights */
} cod_extent;

/** A named part of the state. The state struct holds a pointer; the engine allocates the
 *  entries (zeroed), saves, restores and shows them. One set for each group. */
typedef struct cod_field {
    const char *name;
    int integers; /**< 1: int64_t entries, from -2^62 to 2^62 where the state is saved;
                       0: double */
    cod_extent extent;
    size_t offset; /**< of the pointer in the state struct */
    const char *unit;
    const char *doc;
} cod_field;

#define COD_FIELD_REALS(type, member, extent, unit, doc)                               \
    {#member, 0, extent, COD_MEMBER_CHECK(type, member, double *), unit, doc}
#define COD_FIELD_INTEGERS(type, member, extent, unit, doc)                            \
    {#member, 1, extent, COD_MEMBER_CHECK(type, member, int64_t *), unit, doc}

/** A number told from outside: cod_solver_feed(). */
typedef struct cod_input {
    const char *name;
    cod_extent extent;
    double min; /**< each entry's range */
    double max;
    int required; /**< a step without it is COD_EMISSING */
    const char *doc;
} cod_input;

/** How the partial results of a statistic join. */
typedef enum cod_join { COD_JOIN_SUM, COD_JOIN_MAX } cod_join;

/** A number for each row and shard that `visit` collects. */
typedef struct cod_statistic {
    const char *name;
    cod_join join; /**< starts from 0 in both cases */
} cod_statistic;

/** What a method sees. Everything but `certificate`, `work` and what `state` points to is
 *  read-only. Pointers are NULL where the method did not ask for the thing. */
typedef struct cod_step {
    size_t m;
    size_t points;
    size_t rows;   /**< points x m */
    size_t group;  /**< the group of shards in hand */
    size_t groups;
    size_t shards; /**< of the whole row */
    size_t n;      /**< elements of a row; 0 where not known */
    int64_t step;  /**< from 0 */
    int64_t epoch;
    int64_t steps; /**< announced totals; 0: not known */
    int64_t epochs;
    const double *losses;  /**< rows */
    const double *gramian; /**< rows x rows, both triangles, after `normalize` */
    const double *cross;   /**< m x m: entry ij = row i of batch 0 times row j of batch 1 */
    const double *norms;   /**< rows: |g_i|, un-normalised */
    const double *before;  /**< in `after`: the losses of the step */
    const double *weights; /**< in `after` and `emit`: the step's weights */
    const void *options;
    void *state;               /**< of the group in hand; in `plan` and `slots` the first
                                    of `groups` structs in a row */
    double *work;              /**< as declared by the method's `work` */
    cod_random random;         /**< seed, this solver's stream, this step */
    cod_minnorm *minnorm;      /**< a workspace for m objectives */
    cod_certificate *certificate; /**< a method may set kkt, iterations and, where the
                                       Gramian it saw is not normalised, stationarity */
    cod_solver *solver;        /**< for the functions below */
} cod_step;

/** A run of consecutive elements of every row. */
typedef struct cod_block {
    size_t offset; /**< of the first element in the whole row */
    size_t length;
    size_t shard;
    cod_type type;
    const void *const *rows; /**< batches x points x m pointers to `length` elements */
    double *memory;          /**< the per-element memory: slot k of element j is
                                  memory[k * stride + j]; NULL where none is declared */
    size_t stride;
} cod_block;

/** Element k of row i of a block. */
static inline double cod_block_at(const cod_block *block, size_t i, size_t k)
{
    return block->type == COD_FLOAT32   ? (double)((const float *)block->rows[i])[k]
           : block->type == COD_FLOAT64 ? ((const double *)block->rows[i])[k]
                                        : cod_element_at(block->rows[i], block->type, k);
}

struct cod_method {
    int abi;          /**< COD_METHOD_ABI */
    const char *name; /**< lower case, digits and "-" */
    const char *summary;
    const char *citation; /**< author, year, place, equation */
    const char *bibtex;   /**< or NULL */
    const char *example;  /**< how it may be written, where its name alone will not do */
    unsigned needs;       /**< of every step, where `plan` is NULL */
    unsigned traits;
    size_t options_size; /**< of the options struct; 0 where there is none */
    const cod_option *options;
    size_t option_count;
    size_t state_size; /**< of the state struct: pointers, one for each field */
    const cod_field *fields;
    size_t field_count;
    const cod_input *inputs;
    size_t input_count;
    const cod_statistic *statistics;
    size_t statistic_count;
    size_t inner;     /**< number of methods that it wraps */
    size_t batches;   /**< independent batches of rows; 0 counts as 1 */
    size_t direction_batch; /**< the batch whose rows the direction is made of */
    int rewrites;     /**< 1: slots 0 .. rows-1 of the memory, filled by `visit`, stand in
                           place of the rows, in the Gramian and in the direction */

    /** Doubles of memory for each element of a row; NULL: none. */
    size_t (*memory)(const cod_step *step);
    /** Doubles of workspace; NULL: none. */
    size_t (*work)(const cod_step *step);
    /** Checks the options against the shape and the totals, at set-up and whenever one is
     *  changed; the rest of the step is not there. */
    cod_status (*check)(const cod_step *step);
    /** Starts the state of one group, whose fields are zero; after `check`, at set-up and
     *  at reset. */
    cod_status (*prepare)(const cod_step *step);
    /** Number of optimizer slots; NULL: 1. A plan shows the most of the whole tree. */
    size_t (*slots)(const cod_step *step);
    /** Changes what this step needs; ret_plan comes filled with the default, and
     *  `gradients` (rows flags, all 1) may be written to. */
    cod_status (*plan)(const cod_step *step, cod_plan *ret_plan,
                       unsigned char *gradients);
    /** Sees a block of every shard before solve. statistics: statistic_count x rows
     *  numbers for this block, zeroed. May run in several threads on different blocks. */
    cod_status (*visit)(const cod_step *step, const cod_block *block,
                        double *statistics);
    /** The weights: points x rows of them, zeroed, for the group in hand. */
    cod_status (*solve)(const cod_step *step, double *weights);
    /** The direction of one point on a block; NULL: the sum of weights times rows. May run
     *  in several threads on different blocks. */
    cod_status (*emit)(const cod_step *step, const cod_block *block, size_t point,
                       double *ret_direction);
    /** After the update; step->losses are the new ones, step->before the old ones. */
    cod_status (*after)(const cod_step *step);
};

/** Reports an error from within a method: keeps the message, returns `status`. */
COD_API cod_status cod_step_fail(const cod_step *step, cod_status status,
                                 const char *format, ...) COD_PRINTF(3, 4);

/** The norm of row i over one shard. Needs the shards: a ready Gramian has none.
 *  @return COD_OK; COD_EARGUMENT (no such shard or row); COD_EMISSING */
COD_API COD_MUST_CHECK cod_status cod_step_shard_norm(const cod_step *step, size_t shard,
                                                      size_t row, double *ret_norm);

/** Whether a shard is of the group in hand: what goes over "all shards" goes over these. */
COD_API int cod_step_has_shard(const cod_step *step, size_t shard);

/** A statistic that `visit` collected over one shard. */
COD_API COD_MUST_CHECK cod_status cod_step_statistic(const cod_step *step, size_t index,
                                                     size_t shard, size_t row,
                                                     double *ret_value);

/** What the caller fed under this name; NULL where nothing was fed. */
COD_API const double *cod_step_input(const cod_step *step, const char *name);

/** In `plan` of a wrapper: this step is inner method k's; fills ret_plan and gradients as
 *  that method wants them. A wrapper without a plan of its own leaves every step to method
 *  0; a plan that does not call this keeps the step for the wrapper alone: the methods
 *  inside do not see it. */
COD_API COD_MUST_CHECK cod_status cod_step_inner_plan(const cod_step *step, size_t k,
                                                      cod_plan *ret_plan,
                                                      unsigned char *gradients);

/** In `solve` of a wrapper: the weights of the inner method that this step belongs to. */
COD_API COD_MUST_CHECK cod_status cod_step_inner_solve(const cod_step *step,
                                                       double *weights);

/** In `check` and `plan` of a wrapper, before the inner plan: sets a number among the
 *  options of inner method k, or of the first method inside that one which has it; a whole
 *  number is rounded. From then on the wrapper is in charge of it: it is no part of what a
 *  saved state has to agree with.
 *  @return COD_OK; COD_ENAME; COD_EUNSUPPORTED (no number, or used up at set-up);
 *          COD_EOPTION (out of range); the method's own check */
COD_API COD_MUST_CHECK cod_status cod_step_inner_set(const cod_step *step, size_t k,
                                                     const char *name, double value);

/** One step of Adam (Kingma and Ba 2015, algorithm 1, bias-corrected) on n parameters.
 *  t counts from 1; beta .9 and .999, epsilon 1e-8. */
COD_API void cod_adam(size_t n, double *x, const double *gradient, double *first,
                      double *second, int64_t t, double lr);

/** softmax(x) of n numbers: exp(x_i - max x) over their sum. x and ret_z may be the same. */
COD_API void cod_softmax(size_t n, const double *x, double *ret_z);

/** The nearest point of the simplex, x >= 0 of unit sum, in place (Michelot 1986, J. Optim.
 *  Theory Appl. 50), however far away it is. Where an entry is NaN or the largest one is
 *  infinite, there is none: some entry comes back as NaN. */
COD_API void cod_project_simplex(size_t n, double *x);

/** The built-in methods. @param ret_count may not be NULL */
COD_API const cod_method *const *cod_method_list(size_t *ret_count);

/** The built-in method of that name, or NULL. */
COD_API const cod_method *cod_method_find(const char *name);

/** The options that the engine gives to every method, normalize and output. */
COD_API const cod_option *cod_engine_options(size_t *ret_count);

#ifdef __cplusplus
}
#endif
#endif
