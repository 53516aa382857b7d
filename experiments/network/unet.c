/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/network/unet.h"

#include "core/spec.h"

#include <stdio.h>

static size_t block(cod_network *network, size_t at, const char *name, size_t channels)
{
    for (int k = 1; k <= 2; k++) {
        char part[24];
        snprintf(part, sizeof part, "%s.conv%d", name, k);
        at = cod_network_convolve(network, at, part, channels, 3, 1, 0);
        snprintf(part, sizeof part, "%s.norm%d", name, k);
        at = cod_network_normalize(network, at, part);
        at = cod_network_rectify(network, at);
    }
    return at;
}

/* Floats a pixel and channel: 4 of each block, those of poolings, enlargements and
 * concatenations, of 1, 1/4 and 1/16 of the pixels; and input and output. */
double cod_unet_bytes(size_t batch, size_t height, size_t width, size_t channels)
{
    double full = 4 + 2 + 3 + 4, half = 1 + 8 + 4 + 6 + 8, quarter = 2 + 16;
    double pixels = (double)batch * (double)height * (double)width;
    return pixels * sizeof(float) *
           (2 + (double)channels * (full + half / 4 + quarter / 16));
}

cod_status cod_unet_alloc(size_t batch, size_t height, size_t width, size_t channels,
                          cod_network **ret_network, cod_message *ret_message)
{
    cod_network *network;
    if (height % 4 != 0 || width % 4 != 0)
        return cod_fail(
            ret_message, COD_ESHAPE,
            "images of %zu x %zu: a U-Net with two poolings needs multiples "
            "of 4",
            height, width);
    cod_status status =
        cod_network_alloc((cod_shape){batch, 1, height, width}, &network, ret_message);
    if (status < 0)
        return status;
    size_t one = block(network, COD_NETWORK_INPUT, "down1", channels);
    size_t two = block(network, cod_network_pool(network, one), "down2", 2 * channels);
    size_t at = block(network, cod_network_pool(network, two), "bottom", 4 * channels);
    at = cod_network_concatenate(network, two, cod_network_enlarge(network, at));
    at = block(network, at, "up2", 2 * channels);
    at = cod_network_concatenate(network, one, cod_network_enlarge(network, at));
    at = block(network, at, "up1", channels);
    at = cod_network_convolve(network, at, "output", 1, 1, 0, 1);
    status = cod_network_finish(network, at, ret_message);
    if (status < 0)
        cod_network_free(network);
    else
        *ret_network = network;
    return status;
}
