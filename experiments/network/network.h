/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A neural network of images: layers added one after another, for one size of batch and
 * image. Made once, it allocates nothing when it is used.
 *
 *     cod_network_alloc((cod_shape){8, 1, 64, 64}, &network, message);
 *     size_t at = cod_network_convolve(network, COD_NETWORK_INPUT, "a", 16, 3, 1, 0);
 *     at = cod_network_rectify(network, cod_network_normalize(network, at, "norm"));
 *     ...
 *     status = cod_network_finish(network, at, message);
 *     cod_network_init(network, seed);
 *     cod_network_forward(network, input, COD_NETWORK_TRAIN, &output);
 *     for each objective: cod_network_backward(network, gradient, gradients);
 *
 * One forward pass serves any number of backward passes. A layer that can't be added
 * is reported by cod_network_finish(); only what is said here to be for adding may be
 * called before it. Numbers are float32, and NaN goes through like others: whoever
 * reads losses and gradients checks them.
 *
 * A network belongs to the thread that made it, which oneDNN then serves without
 * others; different networks are independent. A process may fork before it makes one.
 */
#ifndef COD_EXPERIMENTS_NETWORK_H
#define COD_EXPERIMENTS_NETWORK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <codescent/status.h>

#include "experiments/network/shape.h"

typedef struct cod_network cod_network;

/* The layer that gives the input. */
#define COD_NETWORK_INPUT ((size_t)0)

/* COD_OK; COD_ESHAPE (a size is 0); COD_EMEMORY. To be freed with
 * cod_network_free(). */
COD_MUST_CHECK cod_status cod_network_alloc(cod_shape input, cod_network **ret_network,
                                            cod_message *ret_message);
void cod_network_free(cod_network *network);

/* ---- layers: each returns its number; `name`, of which 25 bytes count, is that of its
 * parameters ---- */

/* kernel x kernel, with `padding` (less than that) pixels of zero on every side;
 * `bias`: whether there is one. A kernel as large as the image without padding is a
 * dense layer. */
size_t cod_network_convolve(cod_network *network, size_t of, const char *name,
                            size_t channels, size_t kernel, size_t padding, int bias);
/* Batch normalization (Ioffe and Szegedy 2015), with 1e-5 under the root; running mean
 * and variance with a momentum of 0.1. Not of the network's input. */
size_t cod_network_normalize(cod_network *network, size_t of, const char *name);
/* max(x, 0), in the place of its input, which nothing else may read */
size_t cod_network_rectify(cod_network *network, size_t of);
/* 2 x 2, the largest; height and width have to be even */
size_t cod_network_pool(cod_network *network, size_t of);
/* every pixel becomes 2 x 2 */
size_t cod_network_enlarge(cod_network *network, size_t of);
/* the channels of both */
size_t cod_network_concatenate(cod_network *network, size_t a, size_t b);

/* The last of adding. No layer may read the output; layers that nobody reads change
 * nothing.
 *
 * COD_OK; COD_ESHAPE, COD_EARGUMENT, COD_EUNSUPPORTED (oneDNN has no such layer),
 * COD_EMEMORY: the first layer that could not be made, by its number. Then the network
 * can only be freed. */
COD_MUST_CHECK cod_status cod_network_finish(cod_network *network, size_t output,
                                             cod_message *ret_message);

cod_shape cod_network_output_shape(const cod_network *network);

/* ---- parameters ---- */

/* A tensor of parameters, or of running statistics. */
typedef struct cod_parameter {
    char name[40]; /* such as "down1.conv1.weight" */
    float *values;
    size_t size;
    size_t offset; /* in the row of all parameters */
    size_t fan_in; /* of weights; 0: of no weights */
    float initial; /* where fan_in is 0 */
} cod_parameter;

const cod_parameter *cod_network_parameters(const cod_network *network,
                                            size_t *ret_count);
/* Running means and variances: what a trained network needs besides its parameters. */
const cod_parameter *cod_network_statistics(const cod_network *network,
                                            size_t *ret_count);
/* Number of parameters in all. */
size_t cod_network_size(const cod_network *network);
/* Bytes of its layers' outputs. */
double cod_network_bytes(const cod_network *network);

/* Weights normal with variance 2/fan-in (He, Zhang, Ren and Sun 2015), the rest 0 or 1,
 * as for a seed. */
void cod_network_init(cod_network *network, uint64_t seed);

/* Parameters and statistics of a network of the same layers, whatever its batch and
 * image. COD_OK; COD_ESHAPE (other layers) */
COD_MUST_CHECK cod_status cod_network_copy(cod_network *to, const cod_network *from);

/* ---- use ---- */

typedef enum cod_network_mode {
    COD_NETWORK_EVALUATE, /* normalizes by the running statistics */
    COD_NETWORK_TRAIN,    /* normalizes by the batch, and moves the statistics */
    COD_NETWORK_LOOK,     /* normalizes by the batch, and leaves them where they are */
} cod_network_mode;

/* @param input      batch x height x width x channels
 * @param ret_output batch x height x width x channels of the output layer; the
 *                   network's, until the next forward pass
 * @return COD_OK; COD_ECALLBACK (oneDNN failed) */
COD_MUST_CHECK cod_status cod_network_forward(cod_network *network, const float *input,
                                              cod_network_mode mode,
                                              const float **ret_output);

/* After a forward pass that was no evaluation, any number of times.
 *
 * @param gradient       of the loss by the output, of the output's shape
 * @param ret_gradients  an array for each parameter, of its size: written, not added to
 * @return COD_OK; COD_EORDER (no such forward pass); COD_ECALLBACK */
COD_MUST_CHECK cod_status cod_network_backward(cod_network *network,
                                               const float *gradient,
                                               float *const *ret_gradients);

/* A line for each layer, with its size and the names of oneDNN's code for its output,
 * and for the gradients by its input and its weights: "4: 8 x 64 x 64:
 * brgconv:avx512_core jit:avx512_core jit:avx512_core". */
void cod_network_print(const cod_network *network, FILE *stream);

#endif
