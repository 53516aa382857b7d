/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A learning task: a problem whose decision variables are a network's parameters and
 * whose objectives are losses on batches of data. A cod_task_def describes a family in
 * read-only memory; a cod_task is one of them, made from a text such as
 * "segmentation(width=8)" and a folder of data, read-only once made, so that the
 * processes that train share it. A cod_learner is a network in training, of one
 * process. training.h trains it. */
#ifndef COD_LAB_TASK_H
#define COD_LAB_TASK_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/options.h>
#include <codescent/status.h>

#include "lab/store.h"

typedef struct cod_task cod_task;
typedef struct cod_learner cod_learner;

/* A number that says how good a trained network is. */
typedef struct cod_score {
    const char *name; /* "dice" */
    const char *unit; /* "" or "pixels" */
    cod_better better;
    const char *doc;
} cod_score;

/* A run of consecutive parameters: a shard of the gradients. */
typedef struct cod_tensor {
    const char *name;
    float *values;
    size_t size;
} cod_tensor;

/* What a network came to on data that it was not trained on. */
typedef struct cod_outcome {
    double *losses; /* m */
    double *scores; /* score_count; NaN where one is not defined */
} cod_outcome;

typedef struct cod_task_def {
    const char *name;
    const char *summary;
    const char *citation;
    const char *bibtex;
    size_t options_size;
    const cod_option *options;
    size_t option_count;
    const cod_score *scores; /* the first is the one to judge by */
    size_t score_count;
    /* Compared where none is named; NULL at the end. Static. */
    const char *const *(*methods)(const void *options);
    const char *step_rule;                                /* where none is named */
    int64_t steps;                                        /* likewise */
    const char *library;                                  /* behind its networks */
    void (*library_version)(char *ret_text, size_t size); /* and its instruction set */
    const char *quick; /* options of a short trial run: "quick(width=4, ...)" */
    int64_t quick_steps;

    /* Reads the data, checks them, and fills task->m, objectives, data, fingerprint,
     * epoch_steps and sample_size. @param folder  NULL: generated data */
    cod_status (*load)(cod_task *task, const char *folder, cod_message *message);
    void (*unload)(cod_task *task);

    /* A network for this process: fills learner's tensors and state. */
    cod_status (*alloc)(cod_learner *learner, cod_message *message);
    void (*free)(cod_learner *learner);
    /* The initial network of a seed. */
    void (*start)(cod_learner *learner, uint64_t seed);
    /* Takes up batch number `step` of the seed; `copy` > 0: one that is independent of
     * it, for methods that want several. */
    void (*batch)(cod_learner *learner, uint64_t seed, int64_t step, size_t copy);
    /* The forward pass. @param look  1: nothing is to be learned from it: no running
     * statistic moves, and no backward pass follows. @param ret_losses m values */
    cod_status (*forward)(cod_learner *learner, int look, double *ret_losses);
    /* The gradient of sum_i weights_i loss_i at the last forward pass.
     * @param ret_gradients  an array for each parameter tensor */
    cod_status (*backward)(cod_learner *learner, const double *weights,
                           float *const *ret_gradients);
    /* On data held out: a glance of small cost on the way, and the whole at the end,
     * with a sample of what it does (sample_size bytes), for pictures. */
    cod_status (*glance)(cod_learner *learner, cod_outcome *ret_outcome);
    cod_status (*test)(cod_learner *learner, cod_outcome *ret_outcome,
                       unsigned char *ret_sample);

    /* Answer number k that takes no learning, on the same data as `test`; NaN for a
     * loss that is not finite. COD_OK; COD_EMISSING where there is none; COD_EMEMORY */
    cod_status (*trivial)(const cod_task *task, size_t k, const char **ret_name,
                          cod_outcome *ret_outcome);
    /* Writes the pictures of `count` samples into a folder, and what a figure needs. */
    cod_status (*show)(const cod_task *task, const char *folder, size_t count,
                       const char *const *names, const unsigned char *const *samples,
                       cod_message *message);
} cod_task_def;

struct cod_task {
    const cod_task_def *def;
    const char *title; /* the text it was made from */
    const void *options;
    void *data; /* the def's */
    size_t m;
    const char *const *objectives; /* m names */
    uint64_t fingerprint;          /* of the data */
    int64_t epoch_steps;           /* steps of an epoch */
    size_t sample_size;
};

struct cod_learner {
    const cod_task *task;
    cod_tensor *parameters;
    size_t parameter_count;
    cod_tensor *statistics; /* what a trained network needs besides */
    size_t statistic_count;
    void *state; /* the def's */
};

/* COD_OK; COD_ESYNTAX; COD_ENAME; COD_EOPTION; COD_EMEMORY; what `load` says: COD_EFILE
 * and others. Keeps nothing of text and folder. */
COD_MUST_CHECK cod_status cod_task_alloc(const char *text, const char *folder,
                                         const cod_task_def *const *defs, size_t count,
                                         cod_task **ret_task, cod_message *ret_message);
void cod_task_free(cod_task *task);

/* The fingerprint as text: 16 hexadecimal digits. */
void cod_task_fingerprint(const cod_task *task, char ret_text[17]);

/* COD_OK; what `alloc` says. */
COD_MUST_CHECK cod_status cod_learner_alloc(const cod_task *task,
                                            cod_learner **ret_learner,
                                            cod_message *ret_message);
void cod_learner_free(cod_learner *learner);

#endif
