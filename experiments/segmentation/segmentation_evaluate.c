/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network on data that it did not learn from: a glance at crops, and the test. */
#include "experiments/network/unet.h"
#include "experiments/segmentation/segmentation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const segmentation *data_of(const cod_learner *learner)
{
    return learner->task->data;
}

/* ---- a glance ---- */

/* The logits of all crops of a glance, a batch at a time. */
static cod_status glance_logits(cod_learner *learner, float *ret_logits)
{
    const segmentation *data = data_of(learner);
    segmentation_learner *state = learner->state;
    size_t pixels = state->crop * state->crop;
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < GLANCE_CROPS; k += state->batch) {
        size_t there =
            GLANCE_CROPS - k < state->batch ? GLANCE_CROPS - k : state->batch;
        memset(state->images, 0, state->count * sizeof *state->images);
        memcpy(state->images, data->glance_images + k * pixels,
               there * pixels * sizeof *state->images);
        status = cod_network_forward(state->network, state->images, 0, &state->logits);
        if (status == COD_OK)
            memcpy(ret_logits + k * pixels, state->logits,
                   there * pixels * sizeof *ret_logits);
    }
    return status;
}

/* What a glance takes. */
typedef struct glance {
    size_t count; /* pixels of all crops */
    float *logits;
    unsigned char *segments;
    double threshold;
} glance;

static void clear_glance(glance *g)
{
    free(g->logits);
    free(g->segments);
}

/* To be cleared also after an error. */
static cod_status take_glance(cod_learner *learner, glance *ret_glance)
{
    const segmentation *data = data_of(learner);
    size_t crop = (size_t)data->options->crop, count = GLANCE_CROPS * crop * crop;
    glance g = {count, malloc(count * sizeof(float)), malloc(count), 0.5};
    *ret_glance = g;
    if (g.logits == NULL || g.segments == NULL)
        return COD_EMEMORY;
    cod_status status = glance_logits(learner, g.logits);
    if (status == COD_OK)
        ret_glance->threshold =
            segmentation_threshold(g.logits, data->glance_truth, count, g.segments);
    return status;
}

/* Scores are of all crops together; a distance within crops would say little. */
static cod_status judge_glance(const cod_learner *learner, const glance *g,
                               cod_outcome *outcome)
{
    const segmentation *data = data_of(learner);
    size_t crop = (size_t)data->options->crop;
    segmentation_losses of;
    cod_scores found, half;
    cod_status status =
        segmentation_losses_make(data->options, GLANCE_CROPS, crop, crop, &of);
    if (status < 0)
        return status;
    memcpy(of.maps, data->glance_maps, g->count * sizeof *of.maps);
    segmentation_losses_find(&of, g->logits, data->glance_truth, 0, outcome->losses);
    segmentation_losses_clear(&of);
    segmentation_segments(g->logits, g->count, 0.5, g->segments);
    cod_scores_overlap(g->segments, data->glance_truth, g->count, &half);
    segmentation_segments(g->logits, g->count, g->threshold, g->segments);
    cod_scores_overlap(g->segments, data->glance_truth, g->count, &found);
    outcome->scores[SCORE_DICE] = found.dice;
    outcome->scores[SCORE_CELL_DICE] = found.background;
    outcome->scores[SCORE_IOU] = found.iou;
    outcome->scores[SCORE_HD95] = NAN;
    outcome->scores[SCORE_DICE_HALF] = half.dice;
    outcome->scores[SCORE_THRESHOLD] = g->threshold;
    return COD_OK;
}

cod_status segmentation_glance(cod_learner *learner, cod_outcome *ret_outcome)
{
    glance g;
    cod_status status = take_glance(learner, &g);
    if (status == COD_OK)
        status = judge_glance(learner, &g, ret_outcome);
    clear_glance(&g);
    return status;
}

/* ---- the test ---- */

/* A network of the same parameters for images of another size. */
static cod_status evaluator(const cod_learner *learner, size_t batch, size_t height,
                            size_t width, cod_network **ret_network)
{
    const segmentation_learner *state = learner->state;
    size_t channels = (size_t)data_of(learner)->options->width;
    cod_status status =
        cod_unet_alloc(batch, height, width, channels, ret_network, NULL);
    return status == COD_OK ? cod_network_copy(*ret_network, state->network) : status;
}

typedef struct tester {
    const cod_learner *learner;
    cod_network *network;
    unsigned char *sample;
} tester;

segmentation_square segmentation_sample_of(const segmentation *data)
{
    const cod_membranes *images = data->images;
    size_t size = images->height < images->width ? images->height : images->width;
    size = size < 192 ? size : 192;
    return (segmentation_square){
        .image = (size_t)(data->options->train + data->options->validation),
        .top = (images->height - size) / 2,
        .left = (images->width - size) / 2,
        .size = size};
}

/* Probabilities of membrane as grey values; 0 for a logit that is not a number, which
 * the losses tell. */
static void fill_sample(const segmentation *data, const float *logits,
                        unsigned char *ret_sample)
{
    segmentation_square s = segmentation_sample_of(data);
    for (size_t i = 0; i < s.size; i++)
        for (size_t j = 0; j < s.size; j++) {
            double z = logits[(s.top + i) * data->images->width + s.left + j];
            ret_sample[i * s.size + j] =
                isnan(z) ? 0 : (unsigned char)(255 / (1 + exp(-z)) + 0.5);
        }
}

static cod_status test_logits(void *source, size_t image, const float **ret_logits)
{
    tester *t = source;
    const segmentation *data = data_of(t->learner);
    size_t pixels = data->images->height * data->images->width;
    cod_status status = cod_network_forward(
        t->network, data->images->images + image * pixels, 0, ret_logits);
    if (status == COD_OK && image == segmentation_sample_of(data).image)
        fill_sample(data, *ret_logits, t->sample);
    return status;
}

cod_status segmentation_test(cod_learner *learner, cod_outcome *ret_outcome,
                             unsigned char *ret_sample)
{
    const cod_membranes *images = data_of(learner)->images;
    tester t = {learner, NULL, ret_sample};
    glance g;
    cod_status status = take_glance(learner, &g);
    clear_glance(&g);
    if (status == COD_OK)
        status = evaluator(learner, 1, images->height, images->width, &t.network);
    if (status == COD_OK)
        status = segmentation_judge(learner->task, g.threshold, test_logits, &t,
                                    ret_outcome);
    cod_network_free(t.network);
    return status;
}
