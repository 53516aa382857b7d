/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses of a batch of logits, and what they come to on the test images. */
#include "experiments/segmentation/segmentation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- losses ---- */

cod_status segmentation_losses_make(const segmentation_options *options, size_t batch,
                                    size_t height, size_t width,
                                    segmentation_losses *ret_losses)
{
    size_t m = options->dice ? 3 : 2, count = batch * height * width;
    segmentation_losses made = {options, batch, height, width, NULL, NULL, NULL, NULL};
    cod_status status = cod_distance_alloc(height, width, &made.distance);
    made.work = malloc(height * width * sizeof *made.work);
    made.maps = malloc(count * sizeof *made.maps);
    made.gradients = malloc(m * count * sizeof *made.gradients);
    *ret_losses = made;
    if (status == COD_OK && made.work != NULL && made.maps != NULL &&
        made.gradients != NULL)
        return COD_OK;
    segmentation_losses_clear(ret_losses);
    return COD_EMEMORY;
}

void segmentation_losses_clear(segmentation_losses *losses)
{
    cod_distance_free(losses->distance);
    free(losses->work);
    free(losses->maps);
    free(losses->gradients);
    *losses = (segmentation_losses){0};
}

void segmentation_losses_maps(segmentation_losses *losses, const unsigned char *truth)
{
    size_t pixels = losses->height * losses->width;
    for (size_t k = 0; k < losses->batch; k++)
        cod_hausdorff_map(truth + k * pixels, losses->height, losses->width,
                          losses->options->beta, losses->distance, losses->work,
                          losses->maps + k * pixels);
}

void segmentation_losses_find(segmentation_losses *losses, const float *logits,
                              const unsigned char *truth, int gradients,
                              double *ret_losses)
{
    const segmentation_options *o = losses->options;
    cod_pixels pixels = {losses->batch, losses->height, losses->width, logits, truth};
    size_t count = losses->batch * losses->height * losses->width;
    float *by[3] = {NULL, NULL, NULL};
    for (size_t i = 0; gradients && i < 3; i++)
        by[i] = losses->gradients + i * count;
    ret_losses[SEGMENTATION_FOCAL] =
        cod_focal_loss(&pixels, o->alpha, o->gamma, by[SEGMENTATION_FOCAL]);
    ret_losses[SEGMENTATION_HAUSDORFF] =
        cod_hausdorff_loss(&pixels, o->beta, losses->maps, losses->distance,
                           losses->work, by[SEGMENTATION_HAUSDORFF]);
    if (o->dice)
        ret_losses[SEGMENTATION_DICE] = cod_dice_loss(&pixels, by[SEGMENTATION_DICE]);
}

/* ---- thresholds ---- */

void segmentation_segments(const float *logits, size_t count, double threshold,
                           unsigned char *ret_segments)
{
    float least = (float)log(threshold / (1 - threshold));
    for (size_t j = 0; j < count; j++)
        ret_segments[j] = logits[j] > least;
}

double segmentation_threshold(const float *logits, const unsigned char *truth,
                              size_t count, unsigned char *segments)
{
    double best = -1, at = 0.5;
    for (int k = 1; k < 20; k++) {
        cod_scores found;
        segmentation_segments(logits, count, k / 20.0, segments);
        cod_scores_overlap(segments, truth, count, &found);
        if (found.dice > best) {
            best = found.dice;
            at = k / 20.0;
        }
    }
    return at;
}

/* ---- the test ---- */

/* What judging an image takes. */
typedef struct judge {
    const cod_task *task;
    double threshold;
    segmentation_losses losses;
    unsigned char *segments;
} judge;

/* Adds one image's share to the outcome. */
static cod_status judge_image(judge *j, const float *logits, const unsigned char *truth,
                              cod_outcome *outcome)
{
    double losses[3], share = 1 / (double)j->losses.options->test;
    size_t height = j->losses.height, width = j->losses.width;
    cod_scores found, half;
    segmentation_losses_maps(&j->losses, truth);
    segmentation_losses_find(&j->losses, logits, truth, 0, losses);
    segmentation_segments(logits, height * width, 0.5, j->segments);
    cod_scores_overlap(j->segments, truth, height * width, &half);
    segmentation_segments(logits, height * width, j->threshold, j->segments);
    cod_status status = cod_scores_of(j->segments, truth, height, width, &found);
    const double scores[SCORE_COUNT] = {
        [SCORE_DICE] = found.dice,     [SCORE_CELL_DICE] = found.background,
        [SCORE_IOU] = found.iou,       [SCORE_HD95] = found.hausdorff95,
        [SCORE_DICE_HALF] = half.dice,
    };
    for (size_t i = 0; i < j->task->m; i++)
        outcome->losses[i] += losses[i] * share;
    for (size_t i = 0; status == COD_OK && i < SCORE_COUNT; i++)
        outcome->scores[i] += scores[i] * share;
    outcome->scores[SCORE_THRESHOLD] = j->threshold;
    return status;
}

static cod_status judge_all(judge *j, segmentation_logits logits, void *source,
                            cod_outcome *outcome)
{
    const segmentation *data = j->task->data;
    size_t pixels = data->images->height * data->images->width;
    size_t first = (size_t)(data->options->train + data->options->validation);
    size_t last = first + (size_t)data->options->test;
    cod_status status = COD_OK;
    for (size_t k = first; status == COD_OK && k < last; k++) {
        const float *found;
        status = logits(source, k, &found);
        if (status == COD_OK)
            status = judge_image(j, found, data->images->truth + k * pixels, outcome);
    }
    return status;
}

cod_status segmentation_judge(const cod_task *task, double threshold,
                              segmentation_logits logits, void *source,
                              cod_outcome *ret_outcome)
{
    const segmentation *data = task->data;
    size_t height = data->images->height, width = data->images->width;
    judge j = {
        .task = task, .threshold = threshold, .segments = malloc(height * width)};
    cod_status status =
        segmentation_losses_make(data->options, 1, height, width, &j.losses);
    if (j.segments == NULL)
        status = COD_EMEMORY;
    memset(ret_outcome->losses, 0, task->m * sizeof *ret_outcome->losses);
    memset(ret_outcome->scores, 0, SCORE_COUNT * sizeof *ret_outcome->scores);
    if (status == COD_OK)
        status = judge_all(&j, logits, source, ret_outcome);
    segmentation_losses_clear(&j.losses);
    free(j.segments);
    return status;
}
