/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of a network's layers. */
#include "core/spec.h"
#include "experiments/network/network_private.h"

#include <stdlib.h>

/* The last layer that reads another is the first to give it its gradient: it writes
 * that layer's dy. Those before it write arrays of their own, to be added. */
static int writes_first(const cod_network *network, const cod_layer *layer, size_t k)
{
    const cod_layer *last = &network->layers[network->layers[layer->of[k]].last_user];
    return layer == last && (k == 0 || layer->of[1] != layer->of[0]);
}

/* Where a layer writes its gradient by input k; NULL for the network's input. */
static cod_status make_dx(cod_network *network, cod_layer *layer, size_t k,
                          cod_view **ret_view, cod_message *message)
{
    const cod_layer *input = &network->layers[layer->of[k]];
    *ret_view = NULL;
    if (input->kind == COD_LAYER_INPUT)
        return COD_OK;
    *ret_view = input->dy_view;
    if (writes_first(network, layer, k))
        return COD_OK;
    size_t size = cod_shape_size(input->shape);
    layer->dx[k] = cod_network_room(size);
    if (layer->dx[k] == NULL)
        return cod_fail(message, COD_EMEMORY, "no memory for %zu values", size);
    cod_status status = cod_view_images(network->backend, input->shape, layer->dx[k],
                                        &layer->dx_view[k], message);
    *ret_view = layer->dx_view[k];
    return status;
}

static cod_status make_convolve(cod_network *network, cod_layer *layer, cod_view *x,
                                cod_view *dx, cod_message *message)
{
    cod_view **values = network->parameter_views + layer->parameter;
    cod_view **gradients = network->gradient_views + layer->parameter;
    cod_operation **forward = &layer->forward[0];
    cod_status status = cod_operation_convolve(
        network->backend, x, values[0], layer->bias ? values[1] : NULL, layer->padding,
        layer->y_view, forward, message);
    if (status == COD_OK && dx != NULL)
        status = cod_operation_convolve_back(*forward, layer->dy_view, values[0],
                                             layer->padding, dx, &layer->backward[0],
                                             message);
    if (status == COD_OK)
        status = cod_operation_convolve_weights(
            *forward, x, layer->dy_view, layer->padding, gradients[0],
            layer->bias ? gradients[1] : NULL, &layer->weights, message);
    return status;
}

static cod_status make_normalize(cod_network *network, cod_layer *layer, cod_view *x,
                                 cod_view *dx, cod_message *message)
{
    cod_view **values = network->parameter_views + layer->parameter;
    cod_view **gradients = network->gradient_views + layer->parameter;
    cod_view **running = network->statistic_views + layer->statistic;
    cod_normalization n = {.x = x,
                           .scale = values[0],
                           .shift = values[1],
                           .mean = layer->moment_view[0],
                           .variance = layer->moment_view[1],
                           .y = layer->y_view,
                           .rectified = layer->rectified};
    cod_operation **forward = &layer->forward[0];
    if (dx == NULL)
        return cod_fail(message, COD_ESHAPE, "normalization of the network's input");
    cod_status status = cod_operation_normalize(network->backend, &n, forward, message);
    if (status == COD_OK)
        status =
            cod_operation_normalize_back(*forward, &n, layer->dy_view, dx, gradients[0],
                                         gradients[1], &layer->backward[0], message);
    n.given = 1;
    n.mean = running[0];
    n.variance = running[1];
    if (status == COD_OK)
        status =
            cod_operation_normalize(network->backend, &n, &layer->evaluate, message);
    return status;
}

static cod_status make_rectify(cod_network *network, cod_layer *layer,
                               cod_message *message)
{
    cod_operation **forward = &layer->forward[0];
    if (network->layers[layer->of[0]].rectified) /* by the layer that it reads */
        return COD_OK;
    cod_status status =
        cod_operation_rectify(network->backend, layer->y_view, forward, message);
    if (status == COD_OK)
        status = cod_operation_rectify_back(*forward, layer->y_view, layer->dy_view,
                                            &layer->backward[0], message);
    return status;
}

static cod_status make_pool(cod_network *network, cod_layer *layer, cod_view *x,
                            cod_view *dx, cod_message *message)
{
    cod_operation **forward = &layer->forward[0];
    cod_status status =
        cod_operation_pool(network->backend, x, layer->y_view, forward, message);
    if (status == COD_OK && dx != NULL)
        status = cod_operation_pool_back(*forward, layer->dy_view, dx,
                                         &layer->backward[0], message);
    return status;
}

static cod_status make_enlarge(cod_network *network, cod_layer *layer, cod_view *x,
                               cod_view *dx, cod_message *message)
{
    cod_operation **forward = &layer->forward[0];
    cod_status status =
        cod_operation_enlarge(network->backend, x, layer->y_view, forward, message);
    if (status == COD_OK && dx != NULL)
        status = cod_operation_enlarge_back(*forward, layer->dy_view, dx,
                                            &layer->backward[0], message);
    return status;
}

static cod_status make_concatenate(cod_network *network, cod_layer *layer,
                                   cod_view *const *dx, cod_message *message)
{
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < 2; k++) {
        cod_view *x = network->layers[layer->of[k]].y_view;
        status = cod_operation_copy(network->backend, x, layer->part[k],
                                    &layer->forward[k], message);
        if (status == COD_OK && dx[k] != NULL)
            status = cod_operation_copy(network->backend, layer->dpart[k], dx[k],
                                        &layer->backward[k], message);
    }
    return status;
}

cod_status cod_network_make_layer(cod_network *network, cod_layer *layer,
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
        return make_normalize(network, layer, x, dx[0], message);
    case COD_LAYER_POOL:
        return make_pool(network, layer, x, dx[0], message);
    case COD_LAYER_ENLARGE:
        return make_enlarge(network, layer, x, dx[0], message);
    default:
        return make_concatenate(network, layer, dx, message);
    }
}
