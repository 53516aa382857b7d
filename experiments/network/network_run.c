/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of a network's layers, and running them. */
#include "core/spec.h"
#include "experiments/network/network_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOMENTUM 0.1f /* of running statistics */

/* ---- operations ---- */

/* Where a layer writes its gradient by input k: that layer's dy where it is alone in
 * using it; NULL for the network's input. */
static cod_status make_dx(cod_network *network, cod_layer *layer, size_t k,
                          cod_view **ret_view, cod_message *message)
{
    const cod_layer *input = &network->layers[layer->of[k]];
    *ret_view = NULL;
    if (input->kind == COD_LAYER_INPUT)
        return COD_OK;
    *ret_view = input->dy_view;
    if (input->users == 1)
        return COD_OK;
    size_t bytes = cod_shape_size(input->shape) * sizeof(float);
    layer->dx[k] = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (layer->dx[k] == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    cod_status status = cod_view_images(network->backend, input->shape, layer->dx[k],
                                        &layer->dx_view[k], message);
    *ret_view = layer->dx_view[k];
    return status;
}

static cod_status make_convolve(cod_network *network, cod_layer *layer, cod_view *x,
                                cod_view *dx, cod_message *message)
{
    cod_backend *b = network->backend;
    cod_view **values = network->parameter_views + layer->parameter;
    cod_view **gradients = network->gradient_views + layer->parameter;
    cod_status status =
        cod_convolve(b, x, values[0], layer->bias ? values[1] : NULL, layer->padding,
                     layer->y_view, &layer->forward[0], message);
    if (status == COD_OK && dx != NULL)
        status = cod_convolve_back(b, layer->dy_view, values[0], layer->padding, dx,
                                   &layer->backward[0], message);
    if (status == COD_OK)
        status = cod_convolve_weights(b, x, layer->dy_view, layer->padding,
                                      gradients[0], layer->bias ? gradients[1] : NULL,
                                      &layer->weights, message);
    return status;
}

static cod_status make_normalize(cod_network *network, cod_layer *layer, cod_view *x,
                                 cod_view *dx, cod_message *message)
{
    cod_backend *b = network->backend;
    cod_view **values = network->parameter_views + layer->parameter;
    cod_view **gradients = network->gradient_views + layer->parameter;
    cod_view **running = network->statistic_views + layer->statistic;
    cod_view **moments = layer->moment_view;
    cod_status status =
        cod_normalize(b, x, values[0], values[1], moments[0], moments[1], 0,
                      layer->y_view, &layer->forward[0], message);
    if (status == COD_OK)
        status = cod_normalize(b, x, values[0], values[1], running[0], running[1], 1,
                               layer->y_view, &layer->evaluate, message);
    if (status == COD_OK)
        status = cod_normalize_back(b, x, layer->dy_view, values[0], values[1],
                                    moments[0], moments[1], dx, gradients[0],
                                    gradients[1], &layer->backward[0], message);
    return status;
}

static cod_status make_concatenate(cod_network *network, cod_layer *layer,
                                   cod_view *const *dx, cod_message *message)
{
    cod_backend *b = network->backend;
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < 2; k++) {
        cod_view *x = network->layers[layer->of[k]].y_view;
        status = cod_copy(b, x, layer->part[k], &layer->forward[k], message);
        if (status == COD_OK && dx[k] != NULL)
            status = cod_copy(b, layer->dpart[k], dx[k], &layer->backward[k], message);
    }
    return status;
}

static cod_status make_pool(cod_network *network, cod_layer *layer, cod_view *x,
                            cod_view *dx, cod_message *message)
{
    cod_backend *b = network->backend;
    cod_status status = cod_max_pool(b, x, layer->y_view, &layer->forward[0], message);
    if (status == COD_OK && dx != NULL)
        status = cod_max_pool_back(b, layer->forward[0], layer->dy_view, dx,
                                   &layer->backward[0], message);
    return status;
}

static cod_status make_enlarge(cod_network *network, cod_layer *layer, cod_view *x,
                               cod_view *dx, cod_message *message)
{
    cod_backend *b = network->backend;
    cod_status status = cod_enlarge(b, x, layer->y_view, &layer->forward[0], message);
    if (status == COD_OK && dx != NULL)
        status = cod_enlarge_back(b, layer->dy_view, dx, &layer->backward[0], message);
    return status;
}

static cod_status make_rectify(cod_network *network, cod_layer *layer,
                               cod_message *message)
{
    cod_status status =
        cod_rectify(network->backend, layer->y_view, &layer->forward[0], message);
    if (status == COD_OK)
        status = cod_rectify_back(network->backend, layer->y_view, layer->dy_view,
                                  &layer->backward[0], message);
    return status;
}

static cod_status make_layer(cod_network *network, cod_layer *layer,
                             cod_message *message)
{
    cod_view *x = network->layers[layer->of[0]].y_view, *dx[2] = {NULL, NULL};
    cod_status status = COD_OK;
    if (layer->kind == COD_LAYER_INPUT)
        return COD_OK;
    if (layer->kind == COD_LAYER_RECTIFY)
        return make_rectify(network, layer, message);
    size_t inputs = layer->kind == COD_LAYER_CONCATENATE ? 2 : 1;
    for (size_t k = 0; status == COD_OK && k < inputs; k++)
        status = make_dx(network, layer, k, &dx[k], message);
    if (status < 0)
        return status;
    switch (layer->kind) {
    case COD_LAYER_CONVOLVE:
        return make_convolve(network, layer, x, dx[0], message);
    case COD_LAYER_NORMALIZE:
        return dx[0] == NULL
                   ? cod_fail(message, COD_ESHAPE, "normalization of the input")
                   : make_normalize(network, layer, x, dx[0], message);
    case COD_LAYER_POOL:
        return make_pool(network, layer, x, dx[0], message);
    case COD_LAYER_ENLARGE:
        return make_enlarge(network, layer, x, dx[0], message);
    default:
        return make_concatenate(network, layer, dx, message);
    }
}

/* A rectification stands for its input: whoever reads that would see it rectified. */
static cod_status check_rectified(const cod_network *network, size_t k,
                                  cod_message *message)
{
    const cod_layer *layer = &network->layers[k];
    if (layer->kind != COD_LAYER_RECTIFY || network->layers[layer->of[0]].users == 1)
        return COD_OK;
    return cod_fail(message, COD_ESHAPE, "what it rectifies is used elsewhere");
}

cod_status cod_network_finish(cod_network *network, size_t output,
                              cod_message *ret_message)
{
    cod_message message = {{0}};
    if (network->status == COD_OK && output >= network->count) {
        network->status = cod_fail(&network->message, COD_EARGUMENT,
                                   "the output: there is no layer %zu", output);
    }
    for (size_t k = 0; network->status == COD_OK && k < network->count; k++) {
        cod_status status = check_rectified(network, k, &message);
        if (status == COD_OK)
            status = make_layer(network, &network->layers[k], &message);
        if (status < 0)
            network->status = cod_fail(&network->message, status, "layer %zu: %.200s",
                                       k, message.text);
    }
    network->output = output;
    if (network->status < 0 && ret_message != NULL)
        *ret_message = network->message;
    return network->status;
}

/* ---- running ---- */

static cod_status run(cod_operation *operation)
{
    return operation == NULL ? COD_OK : cod_operation_run(operation);
}

/* The batch's variance is that of a sample: n / (n - 1) of what normalizes. */
static void move_statistics(cod_network *network, const cod_layer *layer)
{
    size_t channels = layer->shape.channels;
    size_t n = layer->shape.batch * layer->shape.height * layer->shape.width;
    float *mean = network->statistics[layer->statistic].values;
    float *variance = network->statistics[layer->statistic + 1].values;
    float sample = n > 1 ? (float)n / (float)(n - 1) : 1;
    for (size_t k = 0; k < channels; k++) {
        mean[k] += MOMENTUM * (layer->moments[k] - mean[k]);
        variance[k] += MOMENTUM * (sample * layer->moments[channels + k] - variance[k]);
    }
}

cod_status cod_network_forward(cod_network *network, const float *input, int training,
                               const float **ret_output)
{
    cod_status status = COD_OK;
    cod_view_point(network->layers[0].y_view, (float *)input);
    for (size_t k = 1; status == COD_OK && k < network->count; k++) {
        cod_layer *layer = &network->layers[k];
        if (layer->evaluate != NULL && !training)
            status = run(layer->evaluate);
        else
            status = run(layer->forward[0]);
        if (status == COD_OK)
            status = run(layer->forward[1]);
        if (layer->kind == COD_LAYER_NORMALIZE && training)
            move_statistics(network, layer);
    }
    network->trained = training && status == COD_OK;
    if (status == COD_OK)
        *ret_output = network->layers[network->output].y;
    return status;
}

static void add_gradient(cod_network *network, const cod_layer *layer, size_t k)
{
    const cod_layer *input = &network->layers[layer->of[k]];
    size_t size = cod_shape_size(input->shape);
    for (size_t j = 0; j < size; j++)
        input->dy[j] += layer->dx[k][j];
}

static cod_status back(cod_network *network, cod_layer *layer)
{
    cod_status status = run(layer->weights);
    for (size_t k = 0; status == COD_OK && k < 2; k++) {
        status = run(layer->backward[k]);
        if (status == COD_OK && layer->dx[k] != NULL)
            add_gradient(network, layer, k);
    }
    return status;
}

cod_status cod_network_backward(cod_network *network, const float *gradient,
                                float *const *ret_gradients)
{
    if (!network->trained)
        return COD_EORDER;
    const cod_layer *last = &network->layers[network->output];
    for (size_t k = 0; k < network->parameter_count; k++)
        cod_view_point(network->gradient_views[k], ret_gradients[k]);
    for (size_t k = 1; k < network->count; k++) {
        const cod_layer *layer = &network->layers[k]; /* sums begin with nothing */
        if (layer->users > 1 && layer->kind != COD_LAYER_INPUT)
            memset(layer->dy, 0, cod_shape_size(layer->shape) * sizeof *layer->dy);
    }
    memcpy(last->dy, gradient, cod_shape_size(last->shape) * sizeof *last->dy);
    cod_status status = COD_OK;
    for (size_t k = network->count; status == COD_OK && k > 1; k--)
        status = back(network, &network->layers[k - 1]);
    return status;
}

void cod_network_print(const cod_network *network, void *stream)
{
    for (size_t k = 1; k < network->count; k++) {
        const cod_layer *l = &network->layers[k];
        const cod_operation *all[] = {l->forward[0], l->backward[0], l->weights};
        fprintf(stream, "%zu: %zu x %zu x %zu:", k, l->shape.channels, l->shape.height,
                l->shape.width);
        for (size_t i = 0; i < 3; i++)
            if (all[i] != NULL)
                fprintf(stream, " %s", cod_operation_name(all[i]));
        fputc('\n', stream);
    }
}
