/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making a network: its layers, their arrays and their operations. */
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

void cod_network_refuse(cod_network *network, cod_status status, const char *why)
{
    cod_message message = {{0}};
    cod_network_note(network, cod_fail(&message, status, "%s", why), &message);
}

float *cod_network_zeros(size_t size)
{
    size_t bytes = (size * sizeof(float) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    float *array = aligned_alloc(ALIGNMENT, bytes);
    if (array != NULL)
        memset(array, 0, bytes);
    return array;
}

float *cod_network_array(cod_network *network, size_t size)
{
    cod_message message = {{0}};
    float *array = cod_network_zeros(size);
    if (array == NULL)
        cod_network_note(
            network, cod_fail(&message, COD_EMEMORY, "no memory for %zu values", size),
            &message);
    return array;
}

static cod_view *new_images(cod_network *network, cod_shape shape, float *data)
{
    cod_message message = {{0}};
    cod_view *view = NULL;
    if (network->status == COD_OK)
        cod_network_note(
            network, cod_view_images(network->backend, shape, data, &view, &message),
            &message);
    return view;
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

/* ---- layers ---- */

/* The newest layer reads `of`. */
static void use(cod_network *network, size_t of)
{
    network->layers[of].users++;
    network->layers[of].last_user = network->count - 1;
}

/* A new layer with its output; NULL once something went wrong. */
static cod_layer *add_layer(cod_network *network, cod_layer_kind kind, size_t of,
                            cod_shape shape)
{
    size_t size = cod_shape_size(shape);
    if (network->status == COD_OK && kind != COD_LAYER_INPUT && of >= network->count)
        cod_network_refuse(network, COD_ESHAPE, "reads a layer that does not exist");
    if (network->status == COD_OK && size == 0)
        cod_network_refuse(network, COD_ESHAPE, "more than 2^40 values");
    if (network->status < 0)
        return NULL;
    if (!cod_network_grow((void **)&network->layers, sizeof *network->layers,
                          network->count)) {
        cod_network_refuse(network, COD_EMEMORY, "out of memory");
        return NULL;
    }
    cod_layer *layer = &network->layers[network->count++];
    layer->kind = kind;
    layer->of[0] = of;
    layer->shape = shape;
    layer->parameter = network->parameter_count;
    layer->statistic = network->statistic_count;
    if (kind != COD_LAYER_INPUT)
        use(network, of);
    if (kind == COD_LAYER_RECTIFY)
        return layer;
    layer->y = kind == COD_LAYER_INPUT ? NULL : cod_network_array(network, size);
    layer->dy = kind == COD_LAYER_INPUT ? NULL : cod_network_array(network, size);
    layer->y_view = new_images(network, shape, layer->y);
    layer->dy_view = new_images(network, shape, layer->dy);
    return network->status < 0 ? NULL : layer;
}

static cod_shape shape_of(const cod_network *network, size_t layer)
{
    return layer < network->count ? network->layers[layer].shape : (cod_shape){0};
}

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
        add_layer(network, COD_LAYER_INPUT, 0, input);
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

size_t cod_network_convolve(cod_network *network, size_t of, const char *name,
                            size_t channels, size_t kernel, size_t padding, int bias)
{
    cod_shape shape = shape_of(network, of);
    size_t in = shape.channels;
    if (channels == 0 || kernel == 0 || shape.height + 2 * padding < kernel ||
        shape.width + 2 * padding < kernel)
        cod_network_refuse(network, COD_ESHAPE,
                           "a kernel larger than the image, or no channels");
    shape.channels = channels;
    shape.height += 2 * padding + 1 - kernel;
    shape.width += 2 * padding + 1 - kernel;
    cod_layer *layer = add_layer(network, COD_LAYER_CONVOLVE, of, shape);
    if (layer == NULL)
        return 0;
    layer->padding = padding;
    layer->bias = bias;
    cod_network_add_weights(network, name, channels, in, kernel);
    if (bias)
        cod_network_add_vector(network, name, "bias", channels, 0, 0);
    return network->count - 1;
}

size_t cod_network_normalize(cod_network *network, size_t of, const char *name)
{
    size_t channels = shape_of(network, of).channels;
    cod_layer *layer =
        add_layer(network, COD_LAYER_NORMALIZE, of, shape_of(network, of));
    if (layer == NULL)
        return 0;
    cod_network_add_vector(network, name, "scale", channels, 1, 0);
    cod_network_add_vector(network, name, "shift", channels, 0, 0);
    cod_network_add_vector(network, name, "mean", channels, 0, 1);
    cod_network_add_vector(network, name, "variance", channels, 1, 1);
    layer->moments = cod_network_array(network, 2 * channels);
    for (size_t k = 0; network->status == COD_OK && k < 2; k++)
        layer->moment_view[k] =
            cod_network_vector(network, channels, layer->moments + k * channels);
    return network->count - 1;
}

size_t cod_network_rectify(cod_network *network, size_t of)
{
    cod_layer *input = of < network->count ? &network->layers[of] : NULL;
    if (input != NULL &&
        (input->kind == COD_LAYER_INPUT || input->kind == COD_LAYER_RECTIFY))
        cod_network_refuse(
            network, COD_ESHAPE,
            "rectifies in place what is not to be changed: the input, or "
            "a rectification");
    cod_layer *layer = add_layer(network, COD_LAYER_RECTIFY, of, shape_of(network, of));
    if (layer == NULL)
        return 0;
    input = &network->layers[of];
    input->rectified = input->kind == COD_LAYER_NORMALIZE;
    layer->y = input->y;
    layer->dy = input->dy;
    layer->y_view = input->y_view;
    layer->dy_view = input->dy_view;
    return network->count - 1;
}

size_t cod_network_pool(cod_network *network, size_t of)
{
    cod_shape shape = shape_of(network, of);
    if (shape.height % 2 != 0 || shape.width % 2 != 0)
        cod_network_refuse(network, COD_ESHAPE,
                           "pooling of an image whose height or width is odd");
    shape.height /= 2;
    shape.width /= 2;
    return add_layer(network, COD_LAYER_POOL, of, shape) == NULL ? 0
                                                                 : network->count - 1;
}

size_t cod_network_enlarge(cod_network *network, size_t of)
{
    cod_shape shape = shape_of(network, of);
    shape.height *= 2;
    shape.width *= 2;
    return add_layer(network, COD_LAYER_ENLARGE, of, shape) == NULL
               ? 0
               : network->count - 1;
}

/* Channels `first` onwards of a concatenation: where input k is. */
static void add_part(cod_network *network, cod_layer *layer, size_t k, size_t first)
{
    cod_message message = {{0}};
    cod_shape shape = shape_of(network, layer->of[k]);
    cod_status status = cod_view_channels(network->backend, layer->y_view, first, shape,
                                          &layer->part[k], &message);
    if (status == COD_OK)
        status = cod_view_channels(network->backend, layer->dy_view, first, shape,
                                   &layer->dpart[k], &message);
    cod_network_note(network, status, &message);
}

size_t cod_network_concatenate(cod_network *network, size_t a, size_t b)
{
    cod_shape shape = shape_of(network, a), other = shape_of(network, b);
    if (b >= network->count)
        cod_network_refuse(network, COD_ESHAPE, "reads a layer that does not exist");
    else if (a < network->count &&
             (shape.height != other.height || shape.width != other.width))
        cod_network_refuse(network, COD_ESHAPE,
                           "concatenation of images of different sizes");
    size_t first = shape.channels;
    shape.channels += other.channels;
    cod_layer *layer = add_layer(network, COD_LAYER_CONCATENATE, a, shape);
    if (layer == NULL)
        return 0;
    layer->of[1] = b;
    use(network, b);
    add_part(network, layer, 0, 0);
    if (network->status == COD_OK)
        add_part(network, layer, 1, first);
    return network->count - 1;
}

/* ---- the end of adding ---- */

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
    if (network->status < 0 && ret_message != NULL)
        *ret_message = network->message;
    return network->status;
}

cod_shape cod_network_output_shape(const cod_network *network)
{
    return network->layers[network->output].shape;
}
