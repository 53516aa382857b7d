/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of the task in training: batches, passes, evaluation. */
#include "experiments/network/unet.h"
#include "experiments/segmentation/segmentation.h"

#include "core/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/random.h>

/* Random streams of a run's seed; copies of a batch have later ones. */
#define STREAM_CROPS 16

typedef struct learner_state {
    cod_network *network;
    segmentation_losses losses;
    size_t crop, batch, count; /* count: values of a batch */
    float *images;             /* of the present batch */
    unsigned char *truth;
    float *factors; /* the weighted sum of the gradients by the logits */
    float *kept;    /* running statistics, while a look does not count */
    size_t *order;  /* of an epoch's crops */
    const float *logits;
} learner_state;

static const segmentation *data_of(const cod_learner *learner)
{
    return learner->task->data;
}

/* ---- life ---- */

static cod_status list_tensors(cod_tensor **list, const cod_parameter *parameters,
                               size_t count)
{
    *list = calloc(count > 0 ? count : 1, sizeof **list);
    if (*list == NULL)
        return COD_EMEMORY;
    for (size_t k = 0; k < count; k++)
        (*list)[k] =
            (cod_tensor){parameters[k].name, parameters[k].values, parameters[k].size};
    return COD_OK;
}

static cod_status allocate(cod_learner *learner, learner_state *state)
{
    const cod_parameter *parameters =
        cod_network_parameters(state->network, &learner->parameter_count);
    const cod_parameter *statistics =
        cod_network_statistics(state->network, &learner->statistic_count);
    size_t kept = 0;
    for (size_t k = 0; k < learner->statistic_count; k++)
        kept += statistics[k].size;
    size_t crops = EPOCH_CROPS * (size_t)data_of(learner)->options->train;
    state->order = malloc(crops * sizeof *state->order);
    state->images = malloc(state->count * sizeof *state->images);
    state->truth = malloc(state->count);
    state->factors = malloc(state->count * sizeof *state->factors);
    state->kept = malloc((kept > 0 ? kept : 1) * sizeof *state->kept);
    if (state->images == NULL || state->truth == NULL || state->factors == NULL ||
        state->kept == NULL || state->order == NULL ||
        segmentation_losses_make(data_of(learner)->options, state->batch, state->crop,
                                 state->crop, &state->losses) < 0 ||
        list_tensors(&learner->parameters, parameters, learner->parameter_count) < 0 ||
        list_tensors(&learner->statistics, statistics, learner->statistic_count) < 0)
        return COD_EMEMORY;
    return COD_OK;
}

cod_status segmentation_alloc(cod_learner *learner, cod_message *message)
{
    const segmentation_options *o = data_of(learner)->options;
    learner_state *state = calloc(1, sizeof *state);
    learner->state = state;
    if (state == NULL)
        return cod_fail(message, COD_EMEMORY, "segmentation: out of memory");
    state->crop = (size_t)o->crop;
    state->batch = (size_t)o->batch;
    state->count = state->batch * state->crop * state->crop;
    cod_status status = cod_unet_alloc(state->batch, state->crop, state->crop,
                                       (size_t)o->width, &state->network, message);
    if (status == COD_OK && allocate(learner, state) < 0)
        status = cod_fail(message, COD_EMEMORY, "segmentation: out of memory");
    return status;
}

void segmentation_free(cod_learner *learner)
{
    learner_state *state = learner->state;
    if (state == NULL)
        return;
    cod_network_free(state->network);
    segmentation_losses_clear(&state->losses);
    free(state->images);
    free(state->truth);
    free(state->factors);
    free(state->kept);
    free(state->order);
    free(learner->parameters);
    free(learner->statistics);
    free(state);
}

void segmentation_start(cod_learner *learner, uint64_t seed)
{
    cod_network_init(((learner_state *)learner->state)->network, seed);
}

/* ---- batches ---- */

/* Crop number k of an epoch: EPOCH_CROPS of each training image, in a random order,
 * each from a random place and turned at random. */
static void take_crop(const cod_learner *learner, cod_random random, size_t k,
                      float *ret_image, unsigned char *ret_truth)
{
    const segmentation *data = data_of(learner);
    size_t crop = (size_t)data->options->crop, at = 4 * k;
    double rows = (double)(data->images->height - crop + 1);
    double columns = (double)(data->images->width - crop + 1);
    size_t top = (size_t)(rows * cod_random_uniform(random, at));
    size_t left = (size_t)(columns * cod_random_uniform(random, at + 1));
    unsigned symmetry = (unsigned)(cod_random_bits(random, at + 2) % 8);
    cod_membranes_crop(data->images, k % (size_t)data->options->train, top, left, crop,
                       symmetry, ret_image, ret_truth);
}

/* The order of an epoch's crops is drawn anew for each of its batches: they are few. */
void segmentation_batch(cod_learner *learner, uint64_t seed, int64_t step, size_t copy)
{
    const segmentation *data = data_of(learner);
    learner_state *state = learner->state;
    size_t pixels = state->crop * state->crop;
    size_t crops = EPOCH_CROPS * (size_t)data->options->train;
    int64_t epoch = step / learner->task->epoch_steps;
    size_t first = (size_t)(step % learner->task->epoch_steps) * state->batch;
    cod_random random = {seed, STREAM_CROPS + copy, (uint64_t)epoch};
    cod_random_permutation(random, 4 * crops, crops, state->order);
    for (size_t k = 0; k < state->batch; k++)
        take_crop(learner, random, state->order[first + k], state->images + k * pixels,
                  state->truth + k * pixels);
    segmentation_losses_maps(&state->losses, state->truth);
}

/* ---- passes ---- */

/* Running statistics into `kept`, or back. */
static void keep_statistics(const cod_learner *learner, int back)
{
    float *kept = ((learner_state *)learner->state)->kept;
    for (size_t k = 0; k < learner->statistic_count; k++) {
        const cod_tensor *tensor = &learner->statistics[k];
        if (back)
            memcpy(tensor->values, kept, tensor->size * sizeof *kept);
        else
            memcpy(kept, tensor->values, tensor->size * sizeof *kept);
        kept += tensor->size;
    }
}

cod_status segmentation_forward(cod_learner *learner, int look, double *ret_losses)
{
    learner_state *state = learner->state;
    if (look)
        keep_statistics(learner, 0);
    cod_status status =
        cod_network_forward(state->network, state->images, 1, &state->logits);
    if (look)
        keep_statistics(learner, 1);
    if (status == COD_OK)
        segmentation_losses_find(&state->losses, state->logits, state->truth, !look,
                                 ret_losses);
    return status;
}

cod_status segmentation_backward(cod_learner *learner, const double *weights,
                                 float *const *ret_gradients)
{
    learner_state *state = learner->state;
    memset(state->factors, 0, state->count * sizeof *state->factors);
    for (size_t i = 0; i < learner->task->m; i++) {
        const float *gradient = state->losses.gradients + i * state->count;
        float weight = (float)weights[i];
        for (size_t j = 0; weight != 0 && j < state->count; j++)
            state->factors[j] += weight * gradient[j];
    }
    return cod_network_backward(state->network, state->factors, ret_gradients);
}

/* ---- evaluation ---- */

/* A network of the same parameters for images of another size. */
static cod_status evaluator(const cod_learner *learner, size_t batch, size_t height,
                            size_t width, cod_network **ret_network)
{
    const learner_state *state = learner->state;
    size_t channels = (size_t)data_of(learner)->options->width;
    cod_status status =
        cod_unet_alloc(batch, height, width, channels, ret_network, NULL);
    return status == COD_OK ? cod_network_copy(*ret_network, state->network) : status;
}

/* The logits of all crops of a glance, a batch at a time. */
static cod_status glance_logits(cod_learner *learner, float *ret_logits)
{
    const segmentation *data = data_of(learner);
    learner_state *state = learner->state;
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

/* Scores are of all crops together; a distance within crops would say little. */
static cod_status judge_glance(cod_learner *learner, const float *logits,
                               unsigned char *segments, cod_outcome *outcome)
{
    const segmentation *data = data_of(learner);
    size_t crop = (size_t)data->options->crop, count = GLANCE_CROPS * crop * crop;
    segmentation_losses of;
    cod_scores found;
    cod_status status =
        segmentation_losses_make(data->options, GLANCE_CROPS, crop, crop, &of);
    if (status < 0)
        return status;
    memcpy(of.maps, data->glance_maps, count * sizeof *of.maps);
    segmentation_losses_find(&of, logits, data->glance_truth, 0, outcome->losses);
    segmentation_losses_clear(&of);
    for (size_t j = 0; j < count; j++)
        segments[j] = logits[j] > 0;
    cod_scores_overlap(segments, data->glance_truth, count, &found);
    outcome->scores[SCORE_DICE] = found.dice;
    outcome->scores[SCORE_CELL_DICE] = found.background;
    outcome->scores[SCORE_IOU] = found.iou;
    outcome->scores[SCORE_HAUSDORFF95] = NAN;
    return COD_OK;
}

cod_status segmentation_glance(cod_learner *learner, cod_outcome *ret_outcome)
{
    const segmentation *data = data_of(learner);
    size_t count = GLANCE_CROPS * (size_t)(data->options->crop * data->options->crop);
    float *logits = malloc(count * sizeof *logits);
    unsigned char *segments = malloc(count);
    cod_status status = logits == NULL || segments == NULL
                            ? COD_EMEMORY
                            : glance_logits(learner, logits);
    if (status == COD_OK)
        status = judge_glance(learner, logits, segments, ret_outcome);
    free(logits);
    free(segments);
    return status;
}

/* ---- the test ---- */

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

/* Probabilities of membrane as grey values. */
static void fill_sample(const segmentation *data, const float *logits,
                        unsigned char *ret_sample)
{
    segmentation_square s = segmentation_sample_of(data);
    for (size_t i = 0; i < s.size; i++)
        for (size_t j = 0; j < s.size; j++) {
            float z = logits[(s.top + i) * data->images->width + s.left + j];
            ret_sample[i * s.size + j] =
                (unsigned char)(255.0 / (1 + exp(-(double)z)) + 0.5);
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
    cod_status status =
        evaluator(learner, 1, images->height, images->width, &t.network);
    if (status == COD_OK)
        status = segmentation_judge(learner->task, test_logits, &t, ret_outcome);
    cod_network_free(t.network);
    return status;
}
