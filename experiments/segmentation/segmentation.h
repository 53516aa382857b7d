/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What segmentation.c (the task), segmentation_learner.c (the network in training),
 * segmentation_judge.c (losses and scores), segmentation_evaluate.c (glance and test)
 * and segmentation_show.c (pictures) share. */
#ifndef COD_SEGMENTATION_SEGMENTATION_H
#define COD_SEGMENTATION_SEGMENTATION_H

#include <codescent/random.h>

#include "experiments/network/backend.h"
#include "experiments/network/network.h"
#include "experiments/segmentation/losses.h"
#include "experiments/segmentation/membranes.h"
#include "experiments/segmentation/scores.h"
#include "lab/task.h"

/* Rows of the losses, in the order of the objectives. */
enum { SEGMENTATION_FOCAL, SEGMENTATION_HAUSDORFF, SEGMENTATION_DICE };

/* Numbers of cod_task_def.scores. */
enum {
    SCORE_DICE,
    SCORE_CELL_DICE,
    SCORE_IOU,
    SCORE_HD95,
    SCORE_DICE_HALF,
    SCORE_THRESHOLD,
    SCORE_COUNT
};

typedef struct segmentation_options {
    int64_t width, crop, batch;
    double alpha, gamma, beta;
    int dice, turn;
    int64_t train, validation, test; /* images of each part, in this order */
    int64_t size, set;               /* of generated data */
} segmentation_options;

/* Crops of a training image in an epoch; crops of a glance. */
#define EPOCH_CROPS  16
#define GLANCE_CROPS 64

/* A task's data, read-only while networks are trained. */
typedef struct segmentation {
    const segmentation_options *options;
    cod_membranes *images;
    float *glance_images; /* GLANCE_CROPS of the validation images */
    unsigned char *glance_truth;
    float *glance_maps;
} segmentation;

/* A crop of an image from a random place, by the numbers of coordinates at and at + 1;
 * turned as cod_membranes_crop() says. */
void segmentation_crop(const segmentation *data, size_t image, cod_random random,
                       uint64_t at, unsigned symmetry, float *ret_image,
                       unsigned char *ret_truth);

/* All losses of a batch of logits of one size of image, with the workspace for it. */
typedef struct segmentation_losses {
    const segmentation_options *options;
    size_t batch, height, width;
    cod_distance *distance;
    double *work;     /* height x width */
    float *maps;      /* batch x height x width: of the truth */
    float *gradients; /* m x batch x height x width, by the logits */
} segmentation_losses;

COD_MUST_CHECK cod_status segmentation_losses_make(const segmentation_options *options,
                                                   size_t batch, size_t height,
                                                   size_t width,
                                                   segmentation_losses *ret_losses);
void segmentation_losses_clear(segmentation_losses *losses);

/* The maps of another truth. */
void segmentation_losses_maps(segmentation_losses *losses, const unsigned char *truth);
/* The losses, and with `gradients` their gradients. */
void segmentation_losses_find(segmentation_losses *losses, const float *logits,
                              const unsigned char *truth, int gradients,
                              double *ret_losses);

/* The probability, of .05, .10, .. .95, from which on a pixel is to be called membrane
 * so that the Dice of all `count` pixels is the largest: losses that weigh membrane and
 * cell differently are least at probabilities other than the true ones.
 *
 * @param segments  workspace: count */
double segmentation_threshold(const float *logits, const unsigned char *truth,
                              size_t count, unsigned char *segments);

/* Membrane where the probability is above the threshold. */
void segmentation_segments(const float *logits, size_t count, double threshold,
                           unsigned char *ret_segments);

/* Means over the test images, whose logits are asked for one after another. COD_OK;
 * COD_EMEMORY; what `logits` says */
typedef cod_status (*segmentation_logits)(void *source, size_t image,
                                          const float **ret_logits);
COD_MUST_CHECK cod_status segmentation_judge(const cod_task *task, double threshold,
                                             segmentation_logits logits, void *source,
                                             cod_outcome *ret_outcome);

/* ---- the learner ---- */

/* Behind cod_learner.state. */
typedef struct segmentation_learner {
    cod_network *network;
    segmentation_losses losses;
    size_t crop, batch, count; /* count: values of a batch */
    float *images;             /* of the present batch */
    unsigned char *truth;
    float *factors; /* the weighted sum of the gradients by the logits */
    size_t *order;  /* of an epoch's crops */
    const float *logits;
} segmentation_learner;

/* ---- the functions of the task's def ---- */

cod_status segmentation_alloc(cod_learner *learner, cod_message *message);
void segmentation_free(cod_learner *learner);
void segmentation_start(cod_learner *learner, uint64_t seed);
void segmentation_batch(cod_learner *learner, uint64_t seed, int64_t step, size_t copy);
cod_status segmentation_forward(cod_learner *learner, int look, double *ret_losses);
cod_status segmentation_backward(cod_learner *learner, const double *weights,
                                 float *const *ret_gradients);
cod_status segmentation_glance(cod_learner *learner, cod_outcome *ret_outcome);
cod_status segmentation_test(cod_learner *learner, cod_outcome *ret_outcome,
                             unsigned char *ret_sample);
cod_status segmentation_show(const cod_task *task, const char *folder, size_t count,
                             const char *const *names,
                             const unsigned char *const *samples, cod_message *message);

/* The square of the first test image that samples show. */
typedef struct segmentation_square {
    size_t image, top, left, size;
} segmentation_square;
segmentation_square segmentation_sample_of(const segmentation *data);

#endif
