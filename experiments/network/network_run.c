/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a network. */
#include "experiments/network/network_private.h"

#include <string.h>

#define MOMENTUM 0.1f /* of running statistics */

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

cod_status cod_network_forward_layer(cod_network *network, size_t k,
                                     cod_network_mode mode)
{
    const cod_layer *layer = &network->layers[k];
    int evaluates = layer->evaluate != NULL && mode == COD_NETWORK_EVALUATE;
    cod_status status = run(evaluates ? layer->evaluate : layer->forward[0]);
    if (status == COD_OK)
        status = run(layer->forward[1]);
    if (status == COD_OK && layer->kind == COD_LAYER_NORMALIZE &&
        mode == COD_NETWORK_TRAIN)
        move_statistics(network, layer);
    return status;
}

cod_status cod_network_forward(cod_network *network, const float *input,
                               cod_network_mode mode, const float **ret_output)
{
    cod_status status = COD_OK;
    cod_view_point(network->layers[0].y_view, (float *)input); /* only read */
    for (size_t k = 1; status == COD_OK && k < network->count; k++)
        status = cod_network_forward_layer(network, k, mode);
    network->trained = mode != COD_NETWORK_EVALUATE && status == COD_OK;
    if (status == COD_OK)
        *ret_output = network->layers[network->output].y;
    return status;
}

/* To the gradient of input i, which a later layer has begun. */
static void add_gradient(cod_network *network, const cod_layer *layer, size_t i)
{
    const cod_layer *input = &network->layers[layer->of[i]];
    size_t size = cod_shape_size(input->shape);
    for (size_t j = 0; j < size; j++)
        input->dy[j] += layer->dx[i][j];
}

cod_status cod_network_back_layer(cod_network *network, size_t k)
{
    const cod_layer *layer = &network->layers[k];
    cod_status status = run(layer->weights);
    for (size_t i = 0; status == COD_OK && i < 2; i++) {
        status = run(layer->backward[i]);
        if (status == COD_OK && layer->dx[i] != NULL)
            add_gradient(network, layer, i);
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
    memcpy(last->dy, gradient, cod_shape_size(last->shape) * sizeof *last->dy);
    cod_status status = COD_OK;
    for (size_t k = network->count; status == COD_OK && k > 1; k--)
        status = cod_network_back_layer(network, k - 1);
    return status;
}

void cod_network_print(const cod_network *network, FILE *stream)
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
