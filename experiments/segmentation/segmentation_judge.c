/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses of a batch of logits, and what they come to on the test images. */
#include "experiments/segmentation/segmentation.h"

#include <stdlib.h>

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

/* ---- the test ---- */

/* Adds one image's share to the outcome. */
static cod_status judge_image(const cod_task *task, segmentation_losses *of,
                              unsigned char *segments, const float *logits,
                              const unsigned char *truth, cod_outcome *outcome)
{
    double losses[3], share = 1 / (double)of->options->test;
    cod_scores found;
    for (size_t j = 0; j < of->height * of->width; j++)
        segments[j] = logits[j] > 0;
    segmentation_losses_maps(of, truth);
    segmentation_losses_find(of, logits, truth, 0, losses);
    cod_status status = cod_scores_of(segments, truth, of->height, of->width, &found);
    const double scores[SCORE_COUNT] = {
        [SCORE_DICE] = found.dice,
        [SCORE_CELL_DICE] = found.background,
        [SCORE_IOU] = found.iou,
        [SCORE_HAUSDORFF95] = found.hausdorff95,
    };
    for (size_t i = 0; i < task->m; i++)
        outcome->losses[i] += losses[i] * share;
    for (size_t i = 0; status == COD_OK && i < SCORE_COUNT; i++)
        outcome->scores[i] += scores[i] * share;
    return status;
}

cod_status segmentation_judge(const cod_task *task, segmentation_logits logits,
                              void *source, cod_outcome *ret_outcome)
{
    const segmentation *data = task->data;
    const cod_membranes *images = data->images;
    size_t pixels = images->height * images->width;
    size_t first = (size_t)(data->options->train + data->options->validation);
    size_t last = first + (size_t)data->options->test;
    segmentation_losses of;
    const float *found = NULL;
    for (size_t i = 0; i < task->m; i++)
        ret_outcome->losses[i] = 0;
    for (size_t i = 0; i < SCORE_COUNT; i++)
        ret_outcome->scores[i] = 0;
    unsigned char *segments = malloc(pixels);
    cod_status status =
        segmentation_losses_make(data->options, 1, images->height, images->width, &of);
    if (segments == NULL)
        status = COD_EMEMORY;
    for (size_t k = first; status == COD_OK && k < last; k++) {
        status = logits(source, k, &found);
        if (status == COD_OK)
            status = judge_image(task, &of, segments, found, images->truth + k * pixels,
                                 ret_outcome);
    }
    segmentation_losses_clear(&of);
    free(segments);
    return status;
}
