/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adding layers to a network. */
#include "experiments/network/network.h"

#include "core/spec.h"
#include "experiments/network/network_private.h"

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

static void refuse_missing(cod_network *network, size_t of)
{
    cod_network_refuse(network, COD_ESHAPE, "reads layer %zu, which does not exist",
                       of);
}

/* The newest layer reads `of`. */
static void use(cod_network *network, size_t of)
{
    network->layers[of].users++;
    network->layers[of].last_user = network->count - 1;
}

cod_layer *cod_network_add_layer(cod_network *network, cod_layer_kind kind, size_t of,
                                 cod_shape shape)
{
    size_t size = cod_shape_size(shape);
    if (network->status == COD_OK && kind != COD_LAYER_INPUT && of >= network->count)
        refuse_missing(network, of);
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
    network->bytes += (double)size * sizeof(float);
    if (kind != COD_LAYER_INPUT) {
        layer->y = cod_network_room(size);
        layer->dy = cod_network_room(size);
        if (layer->y == NULL || layer->dy == NULL)
            cod_network_refuse(network, COD_EMEMORY, "no memory for %zu values", size);
    }
    layer->y_view = new_images(network, shape, layer->y);
    layer->dy_view = new_images(network, shape, layer->dy);
    return network->status < 0 ? NULL : layer;
}

static cod_shape shape_of(const cod_network *network, size_t layer)
{
    return layer < network->count ? network->layers[layer].shape : (cod_shape){0};
}

size_t cod_network_convolve(cod_network *network, size_t of, const char *name,
                            size_t channels, size_t kernel, size_t padding, int bias)
{
    cod_shape shape = shape_of(network, of);
    size_t in = shape.channels;
    if (channels == 0 || kernel == 0)
        cod_network_refuse(network, COD_ESHAPE, "a convolution without %s",
                           channels == 0 ? "channels" : "a kernel");
    else if (padding >= kernel)
        cod_network_refuse(
            network, COD_ESHAPE,
            "a kernel of %zu with a padding of %zu, which has to be less", kernel,
            padding);
    else if (of < network->count && (shape.height + 2 * padding < kernel ||
                                     shape.width + 2 * padding < kernel))
        cod_network_refuse(network, COD_ESHAPE,
                           "a kernel of %zu with a padding of %zu is larger than an "
                           "image of %zu x %zu",
                           kernel, padding, shape.height, shape.width);
    shape.channels = channels;
    shape.height += 2 * padding + 1 - kernel;
    shape.width += 2 * padding + 1 - kernel;
    cod_layer *layer = cod_network_add_layer(network, COD_LAYER_CONVOLVE, of, shape);
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
        cod_network_add_layer(network, COD_LAYER_NORMALIZE, of, shape_of(network, of));
    if (layer == NULL)
        return 0;
    cod_network_add_vector(network, name, "scale", channels, 1, 0);
    cod_network_add_vector(network, name, "shift", channels, 0, 0);
    cod_network_add_vector(network, name, "mean", channels, 0, 1);
    cod_network_add_vector(network, name, "variance", channels, 1, 1);
    layer->moments = cod_network_zeros(network, 2 * channels);
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
    cod_layer *layer =
        cod_network_add_layer(network, COD_LAYER_RECTIFY, of, shape_of(network, of));
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
                           "pooling of %zu x %zu pixels: both have to be even",
                           shape.height, shape.width);
    shape.height /= 2;
    shape.width /= 2;
    return cod_network_add_layer(network, COD_LAYER_POOL, of, shape) == NULL
               ? 0
               : network->count - 1;
}

size_t cod_network_enlarge(cod_network *network, size_t of)
{
    cod_shape shape = shape_of(network, of);
    shape.height *= 2;
    shape.width *= 2;
    return cod_network_add_layer(network, COD_LAYER_ENLARGE, of, shape) == NULL
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
        refuse_missing(network, b);
    else if (a < network->count &&
             (shape.height != other.height || shape.width != other.width))
        cod_network_refuse(network, COD_ESHAPE,
                           "concatenation of images of %zu x %zu and %zu x %zu",
                           shape.height, shape.width, other.height, other.width);
    size_t first = shape.channels;
    shape.channels += other.channels;
    cod_layer *layer = cod_network_add_layer(network, COD_LAYER_CONCATENATE, a, shape);
    if (layer == NULL)
        return 0;
    layer->of[1] = b;
    use(network, b);
    add_part(network, layer, 0, 0);
    if (network->status == COD_OK)
        add_part(network, layer, 1, first);
    return network->count - 1;
}
