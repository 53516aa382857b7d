/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COD_EXPERIMENTS_SHAPE_H
#define COD_EXPERIMENTS_SHAPE_H

#include <stddef.h>

/* Images, which are batch x height x width x channels in memory. */
typedef struct cod_shape {
    size_t batch, channels, height, width;
} cod_shape;

/* Values in all; 0 where they are more than 2^40, which no layer has. */
size_t cod_shape_size(cod_shape shape);

#endif
