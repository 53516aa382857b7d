/* SPDX-License-Identifier: MIT */
/* The inside of a solver, shared by the files solver_*.c.
 *
 * A solver is a tree: a wrapper's node has inner nodes. Every node has its own options,
 * state and random stream. What the tree shares (shape, threads, the inputs of the step
 * under way) is the engine, which the root node owns. In a step one path leads from the
 * root to a leaf: each wrapper's plan chooses the inner node that the step belongs to.
 */
#ifndef COD_CORE_SOLVER_PRIVATE_H
#define COD_CORE_SOLVER_PRIVATE_H

#include <stdatomic.h>

#include <codescent/method.h>
#include <codescent/solver.h>

#include "core/options_table.h"

typedef enum cod_phase {
    COD_PHASE_IDLE,   /* no step under way */
    COD_PHASE_OPEN,   /* planned; inputs come in */
    COD_PHASE_SOLVED, /* weights are there; directions may be asked for */
} cod_phase;

typedef enum cod_normalize {
    COD_NORMALIZE_NONE,
    COD_NORMALIZE_L2,
    COD_NORMALIZE_LOSS,
    COD_NORMALIZE_LOSS_PLUS,
    COD_NORMALIZE_LOG,
} cod_normalize;

typedef enum cod_output {
    COD_OUTPUT_NATIVE,
    COD_OUTPUT_SUM_ONE,
    COD_OUTPUT_TIMES_M,
} cod_output;

/* The options that the engine gives to every method. */
typedef struct cod_engine_choice {
    int normalize;
    int output;
} cod_engine_choice;

/* How a row is cut. */
typedef struct cod_cut {
    size_t n;
    size_t shards;
    size_t groups;
    size_t *offsets; /* shards + 1 */
    size_t *group_of;
} cod_cut;

/* Where the numbers of one shard stand in the table of partial sums. Every number
 * belongs to one shard, so adding tables of several machines is exact and in no order.
 */
typedef struct cod_entry {
    size_t given;      /* 1 where the shard was handed in */
    size_t products;   /* rows (rows + 1) / 2: the lower triangle */
    size_t cross;      /* m x m */
    size_t statistics; /* statistic_count x rows */
    size_t size;
} cod_entry;

typedef struct cod_engine {
    size_t m, points, rows;
    cod_cut cut;
    cod_entry entry;
    int64_t steps, epochs, epoch;
    uint64_t seed;
    int certify; /* cod_setup.certify */
    cod_pool *pool;
    cod_minnorm *minnorm;
    cod_phase phase;
    int after_due; /* solved, and the losses after the update are to come */
    cod_plan plan;
    unsigned char *gradients; /* rows flags */
    int has_losses, has_gramian, has_shards;
    size_t remembered; /* shards of this step that the per-element memory has seen */
    double indefinite; /* lowest eigenvalue of the given Gramian over its trace, or 0 */
    double *losses, *losses_after; /* rows */
    double *table;                 /* shards x entry.size */
    double *gramian;               /* groups x rows x rows */
    double *norms;                 /* groups x rows */
    double *cross;                 /* groups x m x m */
    double *weights;               /* groups x points x rows */
    double *total;                 /* rows x rows: scratch, also for checks */
    double *products;              /* 4 rows: scratch */
    double *blocks;            /* scratch of visit and emit: COD_EMIT_PARTS pieces */
    size_t block_size;         /* doubles in a piece */
    const void **pointers;     /* (COD_EMIT_PARTS + 1) x batches x rows: scratch */
    const void **row_pointers; /* batches x rows: the easy call's shards */
    cod_certificate certificate;
    cod_message message;
    atomic_flag
        failing; /* guards the message: visit and emit may fail in several threads */
} cod_engine;

struct cod_solver {
    const cod_method *method;
    cod_engine *engine;
    cod_solver *root;
    cod_solver **inner;
    size_t inner_count;
    size_t active; /* the inner node that this step belongs to; inner_count: none */
    uint64_t stream;
    int64_t step; /* solved so far */
    int in_step;  /* this node solved in the step under way */
    void *options;
    unsigned char *driven; /* flags of the method's options: a wrapper sets them */
    cod_engine_choice choice;
    char *states;       /* groups state structs of method->state_size bytes */
    char *fields;       /* all fields: field by field, groups x length entries */
    char *fields_saved; /* the same as before the step under way */
    size_t fields_size;
    int64_t step_saved;
    double *inputs; /* what was fed, input by input */
    unsigned char *fed;
    double *memory; /* slots x n, shard by shard: slot k of a shard's element j at
                       slots * offset + k * length + j */
    size_t memory_slots;
    double *work;
    double *scaled; /* the normalised Gramian, and what the rows were divided by */
};

/* visit and emit work on at most this many parts of a shard, in blocks of so many
 * elements; both are fixed, so results do not depend on the number of threads. */
#define COD_EMIT_PARTS 16
#define COD_EMIT_BLOCK 1024

/* ---- solver_node.c: one node ---- */

size_t cod_extent_count(const cod_engine *engine, cod_extent extent);
const cod_option *cod_node_find_option(const cod_solver *node, const char *name,
                                       void **ret_options);
cod_step cod_node_step(cod_solver *node, size_t group);
/* Fills a step's shared inputs (losses, Gramian, norms, cross) from the engine. */
void cod_node_inputs(cod_step *step);
cod_status cod_node_plan(cod_solver *node, cod_plan *plan, unsigned char *gradients);
cod_status cod_node_solve(cod_solver *node, const cod_step *inputs, double *weights);
cod_status cod_node_check(cod_solver *node);
cod_status cod_node_prepare(cod_solver *node);
/* The most optimizer slots that a step of the tree may distinguish. */
size_t cod_tree_slots(cod_solver *node);
/* The most batches of rows in a step of the tree. */
size_t cod_tree_batches(const cod_solver *node);
/* The node on the active path, from the root down, for which `has` holds; or NULL. */
typedef int (*cod_node_has)(const cod_method *method);
cod_solver *cod_node_on_path(cod_solver *root, cod_node_has has);
int cod_method_visits(const cod_method *method);
int cod_method_emits(const cod_method *method);
int cod_method_rewrites(const cod_method *method);
int cod_method_afters(const cod_method *method);
/* Keeps, or puts back, the state of a whole tree. */
void cod_tree_snapshot(cod_solver *node);
void cod_tree_rollback(cod_solver *node);
void cod_tree_commit(cod_solver *node);

/* ---- normalize.c ---- */

/* What a normalisation needs beside the method. */
unsigned cod_normalize_needs(int normalize);
/* Puts the Gramian of the rescaled rows in the place of the step's. */
cod_status cod_normalize_gramian(cod_solver *node, cod_step *step);

/* ---- solver_memory.c ---- */

/* calloc that never asks for nothing */
void *cod_zeroed(size_t count, size_t size);
cod_status cod_engine_allocate(cod_engine *engine, const cod_solver *root,
                               unsigned threads);
void cod_engine_free(cod_engine *engine);
/* The memory of a node and of its inner nodes, whose methods and options are there. */
cod_status cod_node_allocate(cod_solver *node);
void cod_node_free(cod_solver *node);

/* ---- solver_step.c ---- */

cod_status cod_step_begin(cod_solver *solver);
/* The solved step's weights, for the caller. */
void cod_solver_copy_weights(const cod_solver *solver, double *ret_weights);
/* The step under way is void: rolls back, keeps the message, returns `status`. */
cod_status cod_step_void(cod_solver *solver, cod_status status);

/* ---- solver_shard.c ---- */

/* Index of the shard at this offset and of this length, or a failure. */
cod_status cod_shard_find(cod_solver *solver, const cod_shard *shard,
                          size_t *ret_index);
/* COD_EMISSING where a row that the plan asks for is NULL in one of the batches. */
cod_status cod_shard_check_rows(cod_solver *solver, const cod_shard *shard,
                                size_t batches);
/* Fills engine->gramian, norms and cross from the table. */
cod_status cod_shards_sum(cod_solver *solver);
size_t cod_parts_count(size_t length);
/* Part number k of `parts`: its first element and its end. */
void cod_part_range(size_t length, size_t parts, size_t k, size_t *ret_from,
                    size_t *ret_to);
/* The block [from, to) of a shard; rows holds `count` pointers, filled here. */
cod_block cod_shard_block(const cod_solver *node, const cod_shard *shard, size_t index,
                          size_t from, size_t to, const void **rows, size_t count);
/* Whether all elements of its first `count` rows are finite; rows may be NULL. */
int cod_block_is_finite(const cod_block *block, size_t count);
/* "objective 2": names row i (and its point, where there are several). */
const char *cod_row_name(const cod_engine *engine, size_t row, char *ret_text,
                         size_t size);
cod_status cod_fail_nonfinite(cod_solver *solver, const cod_shard *shard,
                              const void *const *rows, size_t count, cod_status status);

/* ---- solver_certificate.c ---- */

void cod_certify(cod_solver *solver);

/* ---- gramian_check.c ---- */

/* Symmetry, finiteness, diagonal and lowest eigenvalue of a given m x m Gramian; copies
 * its symmetric part. scratch: m x m. ret_indefinite: the lowest eigenvalue over the
 * trace where it is below rounding, else 0. */
COD_MUST_CHECK cod_status cod_gramian_check(size_t m, const double *gramian,
                                            double *scratch, double *ret_copy,
                                            double *ret_indefinite,
                                            cod_message *ret_message);

#endif
