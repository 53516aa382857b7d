/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of the task in training: batches, passes, evaluation. */
#include "experiments/network/unet.h"
#include "experiments/segmentation/segmentation.h"

#include "core/spec.h"
#include "lab/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Random streams of a run's seed; copies of a batch have later ones. */
#define STREAM_CROPS 16

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

static cod_status allocate(cod_learner *learner, segmentation_learner *state)
{
    const cod_parameter *parameters =
        cod_network_parameters(state->network, &learner->parameter_count);
    const cod_parameter *statistics =
        cod_network_statistics(state->network, &learner->statistic_count);
    size_t crops = EPOCH_CROPS * (size_t)data_of(learner)->options->train;
    state->order = malloc(crops * sizeof *state->order);
    state->images = malloc(state->count * sizeof *state->images);
    state->truth = malloc(state->count);
    state->factors = malloc(state->count * sizeof *state->factors);
    if (state->images == NULL || state->truth == NULL || state->factors == NULL ||
        state->order == NULL ||
        segmentation_losses_make(data_of(learner)->options, state->batch, state->crop,
                                 state->crop, &state->losses) < 0 ||
        list_tensors(&learner->parameters, parameters, learner->parameter_count) < 0 ||
        list_tensors(&learner->statistics, statistics, learner->statistic_count) < 0)
        return COD_EMEMORY;
    return COD_OK;
}

/* Before the network is made: malloc() would promise what there is not. */
static cod_status check_memory(const segmentation_options *o, cod_message *message)
{
    double bytes = 2 * cod_unet_bytes((size_t)o->batch, (size_t)o->crop,
                                      (size_t)o->crop, (size_t)o->width);
    return cod_memory_has(bytes)
               ? COD_OK
               : cod_fail(message, COD_EMEMORY,
                          "segmentation: training with width=%lld, crop=%lld, "
                          "batch=%lld takes %.1f GiB, more than this machine has",
                          (long long)o->width, (long long)o->crop, (long long)o->batch,
                          bytes / 0x1p30);
}

cod_status segmentation_alloc(cod_learner *learner, cod_message *message)
{
    const segmentation_options *o = data_of(learner)->options;
    segmentation_learner *state = calloc(1, sizeof *state);
    learner->state = state;
    if (state == NULL)
        return cod_fail(message, COD_EMEMORY, "segmentation: out of memory");
    state->crop = (size_t)o->crop;
    state->batch = (size_t)o->batch;
    state->count = state->batch * state->crop * state->crop;
    cod_status status = check_memory(o, message);
    if (status == COD_OK)
        status = cod_unet_alloc(state->batch, state->crop, state->crop,
                                (size_t)o->width, &state->network, message);
    if (status == COD_OK && allocate(learner, state) < 0)
        status = cod_fail(message, COD_EMEMORY, "segmentation: out of memory");
    return status;
}

void segmentation_free(cod_learner *learner)
{
    segmentation_learner *state = learner->state;
    if (state == NULL)
        return;
    cod_network_free(state->network);
    segmentation_losses_clear(&state->losses);
    free(state->images);
    free(state->truth);
    free(state->factors);
    free(state->order);
    free(learner->parameters);
    free(learner->statistics);
    free(state);
}

void segmentation_start(cod_learner *learner, uint64_t seed)
{
    cod_network_init(((segmentation_learner *)learner->state)->network, seed);
}

/* ---- batches ---- */

/* Crop number k of an epoch: EPOCH_CROPS of each training image, in a random order,
 * each from a random place and, with the option, turned at random. */
static void take_crop(const cod_learner *learner, cod_random random, size_t k,
                      float *ret_image, unsigned char *ret_truth)
{
    const segmentation *data = data_of(learner);
    size_t at = 4 * k;
    unsigned symmetry =
        data->options->turn ? (unsigned)(cod_random_bits(random, at + 2) % 8) : 0;
    segmentation_crop(data, k % (size_t)data->options->train, random, at, symmetry,
                      ret_image, ret_truth);
}

/* The order of an epoch's crops is drawn anew for each of its batches: they are few. */
void segmentation_batch(cod_learner *learner, uint64_t seed, int64_t step, size_t copy)
{
    const segmentation *data = data_of(learner);
    segmentation_learner *state = learner->state;
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

cod_status segmentation_forward(cod_learner *learner, int look, double *ret_losses)
{
    segmentation_learner *state = learner->state;
    cod_network_mode mode = look ? COD_NETWORK_LOOK : COD_NETWORK_TRAIN;
    cod_status status =
        cod_network_forward(state->network, state->images, mode, &state->logits);
    if (status == COD_OK)
        segmentation_losses_find(&state->losses, state->logits, state->truth, !look,
                                 ret_losses);
    return status;
}

cod_status segmentation_backward(cod_learner *learner, const double *weights,
                                 float *const *ret_gradients)
{
    segmentation_learner *state = learner->state;
    memset(state->factors, 0, state->count * sizeof *state->factors);
    for (size_t i = 0; i < learner->task->m; i++) {
        const float *gradient = state->losses.gradients + i * state->count;
        float weight = (float)weights[i];
        for (size_t j = 0; weight != 0 && j < state->count; j++)
            state->factors[j] += weight * gradient[j];
    }
    return cod_network_backward(state->network, state->factors, ret_gradients);
}
