/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network's parameters and running statistics. */
#include <codescent/random.h>

#include "experiments/network/network_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more of each list; 0 where there is no memory. */
int cod_network_grow(void **list, size_t size, size_t count)
{
    void *grown = realloc(*list, (count + 1) * size);
    if (grown == NULL)
        return 0;
    *list = grown;
    memset((char *)grown + count * size, 0, size);
    return 1;
}

static cod_parameter *add_parameter(cod_network *network, const char *name,
                                    const char *part, size_t size, int statistic)
{
    size_t *count = statistic ? &network->statistic_count : &network->parameter_count;
    cod_parameter **list = statistic ? &network->statistics : &network->parameters;
    cod_view ***views =
        statistic ? &network->statistic_views : &network->parameter_views;
    if (network->status < 0)
        return NULL;
    if (!cod_network_grow((void **)list, sizeof **list, *count) ||
        !cod_network_grow((void **)views, sizeof **views, *count) ||
        (!statistic && !cod_network_grow((void **)&network->gradient_views,
                                         sizeof(cod_view *), *count))) {
        cod_network_refuse(network, COD_EMEMORY, "out of memory");
        return NULL;
    }
    cod_parameter *p = &(*list)[(*count)++];
    snprintf(p->name, sizeof p->name, "%.25s.%s", name, part);
    p->size = size;
    p->values = cod_network_zeros(network, size);
    if (!statistic) {
        p->offset = network->size;
        network->size += size;
    }
    return network->status < 0 ? NULL : p;
}

void cod_network_add_vector(cod_network *network, const char *name, const char *part,
                            size_t size, float initial, int statistic)
{
    cod_parameter *p = add_parameter(network, name, part, size, statistic);
    if (p == NULL)
        return;
    p->initial = initial;
    if (statistic) {
        network->statistic_views[network->statistic_count - 1] =
            cod_network_vector(network, size, p->values);
        return;
    }
    size_t k = network->parameter_count - 1;
    network->parameter_views[k] = cod_network_vector(network, size, p->values);
    network->gradient_views[k] = cod_network_vector(network, size, NULL);
}

void cod_network_add_weights(cod_network *network, const char *name, size_t out,
                             size_t in, size_t kernel)
{
    cod_message message = {{0}};
    size_t size = cod_shape_size((cod_shape){out, in, kernel, kernel});
    if (size == 0)
        cod_network_refuse(network, COD_ESHAPE, "more than 2^40 weights");
    cod_parameter *p = add_parameter(network, name, "weight", size, 0);
    if (p == NULL)
        return;
    p->fan_in = in * kernel * kernel;
    size_t k = network->parameter_count - 1;
    cod_network_note(network,
                     cod_view_weights(network->backend, out, in, kernel, p->values,
                                      &network->parameter_views[k], &message),
                     &message);
    if (network->status == COD_OK)
        cod_network_note(network,
                         cod_view_weights(network->backend, out, in, kernel, NULL,
                                          &network->gradient_views[k], &message),
                         &message);
}

const cod_parameter *cod_network_parameters(const cod_network *network,
                                            size_t *ret_count)
{
    *ret_count = network->parameter_count;
    return network->parameters;
}

const cod_parameter *cod_network_statistics(const cod_network *network,
                                            size_t *ret_count)
{
    *ret_count = network->statistic_count;
    return network->statistics;
}

size_t cod_network_size(const cod_network *network)
{
    return network->size;
}

double cod_network_bytes(const cod_network *network)
{
    return network->bytes;
}

void cod_network_init(cod_network *network, uint64_t seed)
{
    for (size_t k = 0; k < network->parameter_count; k++) {
        const cod_parameter *p = &network->parameters[k];
        cod_random random = {seed, 1, k};
        for (size_t j = 0; j < p->size; j++)
            p->values[j] = p->fan_in == 0 ? p->initial
                                          : (float)(sqrt(2.0 / (double)p->fan_in) *
                                                    cod_random_normal(random, j));
    }
    for (size_t k = 0; k < network->statistic_count; k++)
        for (size_t j = 0; j < network->statistics[k].size; j++)
            network->statistics[k].values[j] = network->statistics[k].initial;
}

static cod_status copy_list(const cod_parameter *to, const cod_parameter *from,
                            size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (to[k].size != from[k].size)
            return COD_ESHAPE;
    for (size_t k = 0; k < count; k++)
        memcpy(to[k].values, from[k].values, to[k].size * sizeof(float));
    return COD_OK;
}

cod_status cod_network_copy(cod_network *to, const cod_network *from)
{
    if (to->parameter_count != from->parameter_count ||
        to->statistic_count != from->statistic_count)
        return COD_ESHAPE;
    cod_status status =
        copy_list(to->parameters, from->parameters, to->parameter_count);
    return status < 0
               ? status
               : copy_list(to->statistics, from->statistics, to->statistic_count);
}
