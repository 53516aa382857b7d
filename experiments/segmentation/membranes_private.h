/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading and generating share. */
#ifndef COD_SEGMENTATION_MEMBRANES_PRIVATE_H
#define COD_SEGMENTATION_MEMBRANES_PRIVATE_H

#include "experiments/segmentation/membranes.h"

/* A set whose values are all 0. COD_OK; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_membranes_alloc(size_t count, size_t height, size_t width,
                                              cod_membranes **ret_membranes,
                                              cod_message *ret_message);

/* From grey values and truth: the images and the fingerprint. No image may be of one
 * value. */
void cod_membranes_complete(cod_membranes *membranes);

#endif
