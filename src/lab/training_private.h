/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What training_make.c, training_save.c and training_run.c share. */
#ifndef COD_LAB_TRAINING_PRIVATE_H
#define COD_LAB_TRAINING_PRIVATE_H

#include "descent/step_rule.h"
#include "lab/training.h"

/* A run under way. A row is the gradient of one objective, its tensors one after
 * another, each from a multiple of 16 floats on, zeros between; the network writes
 * there and the solver reads there. */
typedef struct cod_trainer {
    const cod_task *task;
    const cod_training_options *options;
    cod_training *record;
    cod_message *message;
    cod_learner *learner;
    cod_solver *solver;
    cod_step_rule *rule;
    cod_plan plan;
    size_t m, n, batches;
    size_t stride;                      /* floats of a row */
    size_t *begins;                     /* of each tensor in a row */
    float *rows;                        /* batches x m x stride */
    float **slices;                     /* of one row: an array for each tensor */
    const void **shard_rows;            /* batches x m */
    double *direction;                  /* n: tensor after tensor, without gaps */
    double *losses, *weights, *factors; /* m */
    int64_t step;                       /* done so far */
    double passes;                      /* backward passes */
} cod_trainer;

/* The learner, the solver, the rule, and memory. To be cleared also after an error. */
COD_MUST_CHECK cod_status cod_trainer_make(const cod_task *task,
                                           const cod_training_options *options,
                                           cod_training *record, cod_message *message,
                                           cod_trainer *ret_trainer);
void cod_trainer_clear(cod_trainer *trainer);

/* All from which a run goes on, as bytes, and back. COD_EFILE */
void cod_trainer_save(const cod_trainer *trainer, cod_bytes *ret_bytes);
COD_MUST_CHECK cod_status cod_trainer_restore(cod_trainer *trainer,
                                              cod_bytes_reader *reader);

#endif
