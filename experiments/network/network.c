/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The beginning and end of a network, and its arrays. */
#include "experiments/network/network.h"

#include "core/spec.h"
#include "experiments/network/network_private.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT  64
#define SIZE_LIMIT ((size_t)1 << 40)

size_t cod_shape_size(cod_shape shape)
{
    const size_t sizes[] = {shape.batch, shape.channels, shape.height, shape.width};
    size_t size = 1;
    for (size_t k = 0; k < 4; k++)
        if (__builtin_mul_overflow(size, sizes[k], &size) || size > SIZE_LIMIT)
            return 0;
    return size;
}

/* ---- life ---- */

static void layer_clear(cod_layer *layer)
{
    for (size_t k = 0; k < 2; k++) {
        cod_operation_free(layer->forward[k]);
        cod_operation_free(layer->backward[k]);
        cod_view_free(layer->dx_view[k]);
        cod_view_free(layer->part[k]);
        cod_view_free(layer->dpart[k]);
        cod_view_free(layer->moment_view[k]);
        free(layer->dx[k]);
    }
    cod_operation_free(layer->evaluate);
    cod_operation_free(layer->weights);
    if (layer->kind != COD_LAYER_RECTIFY) { /* whose arrays are its input's */
        cod_view_free(layer->y_view);
        cod_view_free(layer->dy_view);
        free(layer->y);
        free(layer->dy);
    }
    free(layer->moments);
}

static void parameters_clear(cod_parameter *list, cod_view **views, size_t count)
{
    for (size_t k = 0; list != NULL && k < count; k++)
        free(list[k].values);
    for (size_t k = 0; views != NULL && k < count; k++)
        cod_view_free(views[k]);
    free(list);
    free(views);
}

void cod_network_free(cod_network *network)
{
    if (network == NULL)
        return;
    for (size_t k = network->count; k > 0; k--)
        layer_clear(&network->layers[k - 1]);
    free(network->layers);
    for (size_t k = 0; network->gradient_views != NULL && k < network->parameter_count;
         k++)
        cod_view_free(network->gradient_views[k]);
    free(network->gradient_views);
    parameters_clear(network->parameters, network->parameter_views,
                     network->parameter_count);
    parameters_clear(network->statistics, network->statistic_views,
                     network->statistic_count);
    cod_backend_free(network->backend);
    free(network);
}

/* The first thing that went wrong, whatever came after. */
void cod_network_note(cod_network *network, cod_status status,
                      const cod_message *message)
{
    if (status >= 0 || network->status < 0)
        return;
    network->status = status;
    cod_fail(&network->message, status, "layer %zu: %.200s", network->count,
             message->text);
}

void cod_network_refuse(cod_network *network, cod_status status, const char *format,
                        ...)
{
    cod_message message = {{0}};
    va_list arguments;
    va_start(arguments, format);
    cod_network_note(network, cod_vfail(&message, status, format, arguments), &message);
    va_end(arguments);
}

float *cod_network_room(size_t size)
{
    size_t bytes = (size * sizeof(float) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return aligned_alloc(ALIGNMENT, bytes);
}

float *cod_network_zeros(cod_network *network, size_t size)
{
    float *array = cod_network_room(size);
    if (array == NULL)
        cod_network_refuse(network, COD_EMEMORY, "no memory for %zu values", size);
    else
        memset(array, 0, size * sizeof *array);
    return array;
}

cod_view *cod_network_vector(cod_network *network, size_t size, float *data)
{
    cod_message message = {{0}};
    cod_view *view = NULL;
    if (network->status == COD_OK)
        cod_network_note(network,
                         cod_view_vector(network->backend, size, data, &view, &message),
                         &message);
    return view;
}

/* ---- begin and end ---- */

cod_status cod_network_alloc(cod_shape input, cod_network **ret_network,
                             cod_message *ret_message)
{
    if (cod_shape_size(input) == 0)
        return cod_fail(ret_message, COD_ESHAPE,
                        "a network's input of %zu images, %zu channels, %zu x %zu",
                        input.batch, input.channels, input.height, input.width);
    cod_network *network = calloc(1, sizeof *network);
    if (network == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "out of memory");
    cod_status status = cod_backend_alloc(&network->backend, ret_message);
    if (status == COD_OK) {
        cod_network_add_layer(network, COD_LAYER_INPUT, 0, input);
        status = network->status;
        if (status < 0 && ret_message != NULL)
            *ret_message = network->message;
    }
    if (status < 0)
        cod_network_free(network);
    else
        *ret_network = network;
    return status;
}

/* What nobody reads has no influence on the output. */
static void clear_unused(cod_network *network)
{
    for (size_t k = 1; k < network->count; k++) {
        const cod_layer *layer = &network->layers[k];
        if (layer->users == 0 && k != network->output)
            memset(layer->dy, 0, cod_shape_size(layer->shape) * sizeof *layer->dy);
    }
}

/* A rectification stands for its input: whoever reads that would see it rectified. And
 * nothing may be added to the gradient that the caller gives. */
static cod_status check_layer(const cod_network *network, size_t k,
                              cod_message *message)
{
    const cod_layer *layer = &network->layers[k];
    if (layer->kind == COD_LAYER_RECTIFY && network->layers[layer->of[0]].users > 1)
        return cod_fail(message, COD_ESHAPE,
                        "what it rectifies in place is read by others");
    if (k == network->output && (layer->users > 0 || k == COD_NETWORK_INPUT))
        return cod_fail(message, COD_ESHAPE,
                        "the output is the input, or read by another layer");
    return COD_OK;
}

cod_status cod_network_finish(cod_network *network, size_t output,
                              cod_message *ret_message)
{
    cod_message message = {{0}};
    network->output = output;
    if (network->status == COD_OK && output >= network->count)
        network->status = cod_fail(&network->message, COD_EARGUMENT,
                                   "the output: there is no layer %zu", output);
    for (size_t k = 0; network->status == COD_OK && k < network->count; k++) {
        cod_status status = check_layer(network, k, &message);
        if (status == COD_OK)
            status = cod_network_make_layer(network, &network->layers[k], &message);
        if (status < 0)
            network->status = cod_fail(&network->message, status, "layer %zu: %.200s",
                                       k, message.text);
    }
    if (network->status == COD_OK)
        clear_unused(network);
    else if (ret_message != NULL)
        *ret_message = network->message;
    return network->status;
}

cod_shape cod_network_output_shape(const cod_network *network)
{
    return network->layers[network->output].shape;
}
