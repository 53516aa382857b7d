/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What network.c (making), network_parameters.c and network_run.c (using) share. */
#ifndef COD_EXPERIMENTS_NETWORK_PRIVATE_H
#define COD_EXPERIMENTS_NETWORK_PRIVATE_H

#include "experiments/network/backend.h"
#include "experiments/network/network.h"

typedef enum cod_layer_kind {
    COD_LAYER_INPUT,
    COD_LAYER_CONVOLVE,
    COD_LAYER_NORMALIZE,
    COD_LAYER_RECTIFY,
    COD_LAYER_POOL,
    COD_LAYER_ENLARGE,
    COD_LAYER_CONCATENATE,
} cod_layer_kind;

#define COD_LAYER_OPERATIONS 3

typedef struct cod_layer {
    cod_layer_kind kind;
    size_t of[2]; /* the layers that it reads; the second of a concatenation alone */
    size_t padding;
    cod_shape shape;
    size_t users; /* layers that read it */
    size_t last_user;
    int rectified;    /* a normalization whose rectification comes with it */
    size_t parameter; /* its first */
    size_t statistic; /* likewise */
    int bias;
    /* The output, and the loss's gradient by it. A rectification has those of its
     * input. */
    float *y, *dy;
    cod_view *y_view, *dy_view;
    /* The gradient by what it reads is that layer's dy; or, where a later layer has
     * written that before, an array of its own, to be added. */
    float *dx[2];
    cod_view *dx_view[2];
    cod_view *part[2], *dpart[2]; /* channels of y and dy of a concatenation */
    float *moments;               /* mean and variance of the batch, of normalization */
    cod_view *moment_view[2];
    cod_operation *forward[2], *evaluate, *backward[2], *weights;
} cod_layer;

struct cod_network {
    cod_backend *backend;
    cod_layer *layers;
    size_t count, room;
    size_t output;
    cod_parameter *parameters, *statistics;
    cod_view **parameter_views; /* of the values */
    cod_view **gradient_views;  /* pointed to the caller's arrays */
    cod_view **statistic_views;
    size_t parameter_count, statistic_count, size;
    double bytes; /* of the layers' outputs */
    int trained;  /* the last forward pass was no evaluation */
    cod_status status;
    cod_message message;
};

/* Keeps the first thing that went wrong while layers are added. */
void cod_network_note(cod_network *network, cod_status status,
                      const cod_message *message);
void cod_network_refuse(cod_network *network, cod_status status, const char *format,
                        ...) COD_PRINTF(3, 4);

/* An aligned array, the second of zeros; NULL, and noted by the second, where there is
 * no memory. Gradients of a network that only evaluates are never written: they cost
 * addresses, but no memory. */
float *cod_network_room(size_t size);
float *cod_network_zeros(cod_network *network, size_t size);
cod_view *cod_network_vector(cod_network *network, size_t size, float *data);
/* Room for one more entry of a list; 0 where there is no memory. */
int cod_network_grow(void **list, size_t size, size_t count);

/* A new layer with its output; NULL once something went wrong. */
cod_layer *cod_network_add_layer(cod_network *network, cod_layer_kind kind, size_t of,
                                 cod_shape shape);

/* A layer's weights, or a vector of parameters or of running statistics. */
void cod_network_add_weights(cod_network *network, const char *name, size_t out,
                             size_t in, size_t kernel);
void cod_network_add_vector(cod_network *network, const char *name, const char *part,
                            size_t size, float initial, int statistic);

/* Its operations. */
cod_status cod_network_make_layer(cod_network *network, cod_layer *layer,
                                  cod_message *message);

/* One layer's part of a pass. */
COD_MUST_CHECK cod_status cod_network_forward_layer(cod_network *network, size_t k,
                                                    cod_network_mode mode);
COD_MUST_CHECK cod_status cod_network_back_layer(cod_network *network, size_t k);

#endif
