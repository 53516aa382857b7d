/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study of learning: one task, several methods, several seeds; each run is a network
 * trained by a method from a seed (training.h), a unit of a sweep over processes
 * (sweep.h). */
#ifndef COD_LAB_TRAINING_STUDY_H
#define COD_LAB_TRAINING_STUDY_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/status.h>

#include "lab/statistics.h"
#include "lab/sweep.h"
#include "lab/training.h"

/* Zero-initialised is the default. */
typedef struct cod_training_study_options {
    const char *step_rule; /* NULL: the task's */
    int64_t steps;         /* 0: the task's */
    uint64_t seed;         /* the first */
    size_t seeds;          /* 0: 1 */
} cod_training_study_options;

typedef struct cod_training_run {
    uint64_t seed;
    int finished; /* 0: not begun, broken off by the interrupt, or another's part */
    cod_status status;
    cod_message message; /* of an error */
    double seconds;
    cod_training *record; /* filled where finished without error */
} cod_training_run;

typedef struct cod_training_method {
    char *text;
    size_t slots;           /* optimizers that it distinguishes */
    cod_training_run *runs; /* one for each seed */
    size_t finished, failed;
} cod_training_method;

/* What an answer that takes no learning comes to. */
typedef struct cod_trivial {
    const char *name;
    double *numbers; /* losses, then scores */
} cod_trivial;

typedef struct cod_training_study {
    const cod_task *task;
    size_t count;
    cod_training_method *methods;
    cod_training_study_options options; /* after defaults */
    size_t unfinished;                  /* runs */
    size_t trivial_count;
    cod_trivial *trivial; /* judged once, when the runs have been done */
    cod_learner *learner; /* for the tensors' sizes */
    double *over_seeds;   /* seeds: what a summary works on; a table needs no memory */
} cod_training_study;

/* Makes a study ready to run, after a try whether each method's text means something
 * for this task.
 *
 * @return COD_OK; what cod_learner_alloc(), cod_training_solver() and
 * cod_training_rule() say; COD_EOPTION (a method given twice, too many steps);
 * COD_EMEMORY
 * @note keeps the task, which must outlive the study; everything else is copied, but
 * for options->step_rule, which is kept */
COD_MUST_CHECK cod_status
cod_training_study_alloc(const cod_task *task, const char *const *methods, size_t count,
                         const cod_training_study_options *options,
                         cod_training_study **ret_study, cod_message *ret_message);
void cod_training_study_free(cod_training_study *study);

/* COD_OK (runs may have failed each); COD_EINTERRUPTED; COD_EFILE (the store);
 * COD_EMEMORY */
COD_MUST_CHECK cod_status cod_training_study_run(cod_training_study *study,
                                                 const cod_sweep_options *how,
                                                 cod_message *ret_message);

/* The record of a run that ended without error, or NULL. */
const cod_training *cod_training_record(const cod_training_run *run);

/* ---- what it amounts to: quartiles are over the seeds that ended without error, and
 * whose number is finite ---- */

/* How the numbers of an outcome are called: m losses, then the scores. */
size_t cod_training_number_count(const cod_task *task);
const char *cod_training_number_name(const cod_task *task, size_t k);

/* Number k of the test, over the seeds. */
cod_quartiles cod_training_end(const cod_training_study *study, size_t method,
                               size_t k);

/* The seeds that ended without error, whose number k is not finite: a network that
 * finds nothing has no distance to what there is. */
size_t cod_training_nonfinite(const cod_training_study *study, size_t method, size_t k);

/* Number k of a glance, over the seeds: of the last mark with at most so many steps and
 * backward passes (-1: any number). ret_step, unless NULL: the median of its step. */
cod_quartiles cod_training_glance(const cod_training_study *study, size_t method,
                                  size_t k, double steps, double passes,
                                  double *ret_step);

/* The median of the backward passes of that mark. */
double cod_training_glance_passes(const cod_training_study *study, size_t method,
                                  double steps, double passes);

/* Backward passes of a whole run, and the fewest of any method; NaN where none ended.
 */
double cod_training_passes(const cod_training_study *study, size_t method);
double cod_training_fewest_passes(const cod_training_study *study);

/* Writes runs.csv (a row a run: the test), marks.csv (a row a glance), steps.csv (a row
 * a step: losses in units, weights, cosine), units.csv, trivial.csv, timing.csv, the
 * figures' data and pictures. COD_OK; COD_EFILE; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_training_study_write(const cod_training_study *study,
                                                   const char *folder,
                                                   cod_message *ret_message);

/* The data and pictures alone (training_figures.c): spread.dat, learning.dat,
 * weights.dat and conflict.dat (of the first seed), and the task's samples. */
COD_MUST_CHECK cod_status cod_training_figures(const cod_training_study *study,
                                               const char *folder,
                                               cod_message *ret_message);

/* Stores the numbers of each run's test as measures. COD_OK; COD_EFILE */
COD_MUST_CHECK cod_status cod_training_study_measure(const cod_training_study *study,
                                                     cod_store *store,
                                                     cod_message *ret_message);

#endif
