/* SPDX-License-Identifier: MIT */
/* Networks with what is needed to run them. */
#ifndef COD_TESTS_NETWORKS_H
#define COD_TESTS_NETWORKS_H

#include "check.h"

#include "experiments/network/unet.h"

enum { NETWORKS_TENSORS = 64 };

typedef struct networks {
    cod_network *network;
    cod_shape input, output;
    size_t size, count; /* parameters, tensors of them */
    const cod_parameter *parameters;
    float *x;                           /* an input, random */
    float *row;                         /* all gradients */
    float *gradients[NETWORKS_TENSORS]; /* parts of it */
} networks;

static inline float *networks_floats(size_t size, uint64_t stream)
{
    float *values = calloc(size, sizeof *values);
    assert_non_null(values);
    for (size_t k = 0; stream > 0 && k < size; k++)
        values[k] = (float)cod_random_normal((cod_random){.stream = stream}, k);
    return values;
}

/* Of a finished network, which it takes over. */
static inline networks networks_of(cod_network *network, cod_shape input)
{
    networks n = {.network = network, .input = input};
    n.output = cod_network_output_shape(network);
    n.size = cod_network_size(network);
    n.parameters = cod_network_parameters(network, &n.count);
    assert_true(n.count <= NETWORKS_TENSORS);
    n.x = networks_floats(cod_shape_size(input), 1);
    n.row = networks_floats(n.size, 0);
    for (size_t k = 0; k < n.count; k++)
        n.gradients[k] = n.row + n.parameters[k].offset;
    return n;
}

static inline networks networks_unet(size_t batch, size_t side, size_t channels)
{
    cod_network *network;
    cod_message message = {{0}};
    if (cod_unet_alloc(batch, side, side, channels, &network, &message) < 0)
        fail_msg("%s", message.text);
    cod_network_init(network, 1);
    return networks_of(network, (cod_shape){batch, 1, side, side});
}

static inline void networks_free(networks n)
{
    cod_network_free(n.network);
    free(n.x);
    free(n.row);
}

static inline const float *networks_forward(const networks *n, int training)
{
    const float *output;
    assert_status(cod_network_forward(n->network, n->x, training, &output), COD_OK);
    return output;
}

/* Into n->row, where there was nothing of it before. */
static inline void networks_backward(const networks *n, const float *by)
{
    for (size_t k = 0; k < n->size; k++)
        n->row[k] = NAN;
    assert_status(cod_network_backward(n->network, by, n->gradients), COD_OK);
}

#endif
