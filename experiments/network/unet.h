/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small U-Net (Ronneberger, Fischer and Brox 2015, MICCAI): two poolings, two
 * convolutions of 3 x 3 on each level, each normalized and rectified, nearest-neighbour
 * enlargement on the way up; channels width, 2 width, 4 width. With width 8 it has
 * 29,777 parameters. */
#ifndef COD_EXPERIMENTS_UNET_H
#define COD_EXPERIMENTS_UNET_H

#include "experiments/network/network.h"

/* Grey images in, one logit a pixel out. Height and width have to be divisible by 4.
 * COD_OK; COD_ESHAPE; COD_EUNSUPPORTED; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_unet_alloc(size_t batch, size_t height, size_t width,
                                         size_t channels, cod_network **ret_network,
                                         cod_message *ret_message);

/* Bytes of the outputs of its layers; the gradients by them, which training takes, are
 * as many again. */
double cod_unet_bytes(size_t batch, size_t height, size_t width, size_t channels);

#endif
