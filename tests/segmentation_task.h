/* SPDX-License-Identifier: MIT */
/* The learning task of images, small and generated, and its losses once more, typed
 * from their formulas. */
#ifndef COD_TESTS_SEGMENTATION_TASK_H
#define COD_TESTS_SEGMENTATION_TASK_H

#include "pixel_sets.h"

#include "experiments/segmentation/segmentation.h"
#include "experiments/tasks.h"

/* A few images and a network of a few parameters; crop, batch and size to be added. */
#define SEGMENTATION_FEW "width=2, train=3, validation=1, test=2"

/* Of generated data where folder is NULL. */
static inline cod_task *segmentation_task_in(const char *text, const char *folder)
{
    size_t count;
    cod_task *task = NULL;
    cod_message message = {{0}};
    const cod_task_def *const *defs = cod_task_list(&count);
    if (cod_task_alloc(text, folder, defs, count, &task, &message) < 0)
        fail_msg("%s: %s", text, message.text);
    return task;
}

static inline cod_task *segmentation_task(const char *text)
{
    return segmentation_task_in(text, NULL);
}

/* With the initial network of a seed. */
static inline cod_learner *segmentation_learner_of(const cod_task *task, uint64_t seed)
{
    cod_learner *learner = NULL;
    cod_message message = {{0}};
    if (cod_learner_alloc(task, &learner, &message) < 0)
        fail_msg("%s", message.text);
    task->def->start(learner, seed);
    return learner;
}

static inline const segmentation *data_of(const cod_task *task)
{
    return task->data;
}

static inline const segmentation_learner *state_of(const cod_learner *learner)
{
    return learner->state;
}

/* The values of tensors, one after another; to be freed. */
static inline float *tensors_copy(const cod_tensor *tensors, size_t count,
                                  size_t *ret_size)
{
    size_t size = 0, at = 0;
    for (size_t k = 0; k < count; k++)
        size += tensors[k].size;
    float *copy = make_block(size, sizeof *copy);
    for (size_t k = 0; k < count; at += tensors[k++].size)
        memcpy(copy + at, tensors[k].values, tensors[k].size * sizeof *copy);
    *ret_size = size;
    return copy;
}

/* ---- losses ---- */

/* 1 - q: the probability of what is not true */
static inline double wrong_at(const cod_pixels *p, size_t k)
{
    double z = p->logits[k];
    return 1 / (1 + exp(p->truth[k] ? z : -z));
}

static inline double focal_by_formula(const cod_pixels *p, double alpha, double gamma)
{
    size_t count = p->batch * p->height * p->width;
    double sum = 0;
    for (size_t k = 0; k < count; k++) {
        double wrong = wrong_at(p, k);
        sum -= (p->truth[k] ? alpha : 1 - alpha) * pow(wrong, gamma) * log1p(-wrong);
    }
    return sum / (double)count;
}

/* @param found  batch x height x width: the sets whose distances stand for those of
 *               {p > 1/2} */
static inline double hausdorff_by_formula(const cod_pixels *p,
                                          const unsigned char *found, double beta)
{
    size_t one = p->height * p->width;
    double sum = 0;
    for (size_t k = 0; k < p->batch * one; k++) {
        size_t first = k / one * one;
        double by_found = across_square(found + first, p->height, p->width, k - first);
        double by_truth =
            across_square(p->truth + first, p->height, p->width, k - first);
        sum += pow(wrong_at(p, k), 2) *
               (pow(by_found, beta / 2) + pow(by_truth, beta / 2));
    }
    return sum / (double)(p->batch * one);
}

static inline double dice_by_formula(const cod_pixels *p)
{
    double both = 1, all = 1;
    for (size_t k = 0; k < p->batch * p->height * p->width; k++) {
        double membrane = p->truth[k] ? 1 - wrong_at(p, k) : wrong_at(p, k);
        both += p->truth[k] ? 2 * membrane : 0;
        all += membrane + (p->truth[k] != 0);
    }
    return 1 - both / all;
}

/* Membrane as the Hausdorff loss has it; to be freed. */
static inline unsigned char *found_of(const cod_pixels *p)
{
    size_t count = p->batch * p->height * p->width;
    unsigned char *found = make_block(count, 1);
    for (size_t k = 0; k < count; k++)
        found[k] = p->logits[k] > 0;
    return found;
}

/* All m of the task, with the distances of `found`; NULL: of the logits. */
static inline void losses_by_formula(const cod_pixels *p, const unsigned char *found,
                                     const segmentation_options *o, double *ret_losses)
{
    unsigned char *own = found == NULL ? found_of(p) : NULL;
    ret_losses[0] = focal_by_formula(p, o->alpha, o->gamma);
    ret_losses[1] = hausdorff_by_formula(p, own != NULL ? own : found, o->beta);
    if (o->dice)
        ret_losses[2] = dice_by_formula(p);
    free(own);
}

/* What a learner has before it after a forward pass. */
static inline cod_pixels batch_of(const cod_learner *learner)
{
    const segmentation_learner *s = state_of(learner);
    return (cod_pixels){s->batch, s->crop, s->crop, s->logits, s->truth};
}

#endif
