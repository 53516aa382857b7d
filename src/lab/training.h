/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training the network of a learning task by one method from one seed: what a study of
 * learning is made of (training_study.h).
 *
 * All methods of a seed begin with the same network and see the same batches in the
 * same order. Losses are in units of their mean over the batches of the first epoch at
 * the initial network, so that no method profits from the scale in which they are
 * written. Where a method needs no gradient before its weights are known, there is one
 * backward pass, of the weighted sum; else one for each gradient that it asks for.
 * Weights have unit sum unless the method's text has an option `output`. The step
 * length decays: (1 - k/steps) of it in step k, from 0. */
#ifndef COD_LAB_TRAINING_H
#define COD_LAB_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/descent.h>
#include <codescent/solver.h>
#include <codescent/status.h>

#include "lab/bytes.h"
#include "lab/crew.h"
#include "lab/task.h"

/* The most steps of a run: its record is in memory, and in each checkpoint. */
#define COD_TRAINING_STEPS_MOST 1000000

typedef struct cod_training_options {
    const char *method;
    const char *step_rule; /* one that does not search */
    int64_t steps;         /* 1 .. COD_TRAINING_STEPS_MOST */
    uint64_t seed;
} cod_training_options;

/* What a run recorded; numbers lie in one block. */
typedef struct cod_training {
    const cod_task *task;
    int64_t most;  /* steps that there is room for */
    int64_t steps; /* recorded so far */
    size_t marks;  /* likewise */
    double *numbers;
    size_t count;
    double *units;         /* m: mean losses of the initial network */
    double *losses;        /* steps x m, of each batch, in these units */
    double *weights;       /* steps x m; NaN where the method has none */
    double *cosines;       /* steps: the lowest between two gradients; NaN where not all
                              were computed */
    double *passes;        /* steps: backward passes until then */
    double *mark_numbers;  /* marks x cod_training_mark_width(): step, backward passes,
                              losses and scores of a glance; before the first step and
                              after each epoch */
    double *end;           /* losses and scores of the test */
    unsigned char *sample; /* of the test */
} cod_training;

/* COD_OK; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_training_alloc(const cod_task *task, int64_t steps,
                                             cod_training **ret_training);
void cod_training_free(cod_training *training);

/* Marks of so many steps, the first and the last included; numbers of one mark. */
size_t cod_training_marks(const cod_task *task, int64_t steps);
size_t cod_training_mark_width(const cod_task *task);

/* The record as bytes, and back. COD_EFILE (not of a run of so many steps) */
void cod_training_encode(const cod_training *training, cod_bytes *ret_bytes);
COD_MUST_CHECK cod_status cod_training_decode(cod_training *training,
                                              cod_bytes_reader *reader,
                                              cod_message *ret_message);

/* Trains, in this process, and fills the record.
 *
 * @param checkpoint  where to go on; of size 0: from the beginning
 * @param link        told a checkpoint after each epoch; or NULL
 * @return COD_OK; COD_ENONFINITE (the training diverged, at the latest in the test: the
 * message says in which step); COD_EDOMAIN (a loss without a unit); what
 * cod_training_solver(), cod_training_rule() and the task say; COD_EFILE (a damaged
 * checkpoint) */
COD_MUST_CHECK cod_status cod_train(const cod_task *task,
                                    const cod_training_options *options,
                                    cod_bytes_reader checkpoint, cod_crew_link *link,
                                    cod_training *ret_training,
                                    cod_message *ret_message);

/* The solver that cod_train() would use: for trying a method's text, and for its
 * options. COD_OK; COD_EUNSUPPORTED (a set method); what cod_solver_alloc() says */
COD_MUST_CHECK cod_status cod_training_solver(const cod_task *task,
                                              const cod_training_options *options,
                                              const cod_learner *learner,
                                              cod_solver **ret_solver,
                                              cod_message *ret_message);

/* The step rule of so many parameters, with moments for each slot. COD_OK;
 * COD_EUNSUPPORTED (a rule that searches); what cod_step_rule_alloc() says */
COD_MUST_CHECK cod_status cod_training_rule(const char *text, size_t n, size_t slots,
                                            cod_step_rule **ret_rule,
                                            cod_message *ret_message);

#endif
