/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of tissue and what in them is membrane: the electron-microscopy stack of the
 * ISBI 2012 challenge (Cardona et al. 2010, PLoS Biology 8(10); Arganda-Carreras et al.
 * 2015, Front. Neuroanat. 9:142), or any folder of that form; or a generated set of the
 * same shape. */
#ifndef COD_SEGMENTATION_MEMBRANES_H
#define COD_SEGMENTATION_MEMBRANES_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/status.h>

typedef struct cod_membranes {
    size_t count;         /* images */
    size_t height, width; /* of each */
    float *images; /* count x height x width, each image of mean 0 and variance 1 */
    unsigned char *grey;  /* likewise: as read */
    unsigned char *truth; /* likewise: 1 on membrane (label 0), else 0 */
    uint64_t fingerprint; /* of sizes, grey values and truth: tells sets apart */
} cod_membranes;

/* Reads FOLDER/image/N.png and FOLDER/label/N.png, N from 0 to count - 1. A label is 0
 * (membrane) below 128, else cell.
 *
 * @param count  images that are wanted; what there is beyond is left alone
 * @param multiple  height and width have to be divisible by this
 * @return COD_OK; COD_EFILE (no such folder, a file that is missing or no 8-bit grey
 * PNG, fewer images than wanted: the message names the file); COD_EARGUMENT; COD_ESHAPE
 * (an image of another size than the first, a mask of another size than its image, a
 * size that is not divisible); COD_EDOMAIN (a mask that is all one value, an image
 * without any contrast: the message names the file); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_membranes_read(const char *folder, size_t count,
                                             size_t multiple,
                                             cod_membranes **ret_membranes,
                                             cod_message *ret_message);

/* Draws a set from a seed: cells of different sizes and greys with curved membranes
 * between (20 to 24 % of the pixels), of different widths and contrast; in the cells
 * organelles as dark as membranes; noise, blur, uneven light. The same bytes on every
 * machine; image k depends on the seed and its size only, not on `count`.
 *
 * @param height, width  from 16 to 16384
 * @return COD_OK; COD_EARGUMENT; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_membranes_generate(uint64_t seed, size_t count,
                                                 size_t height, size_t width,
                                                 cod_membranes **ret_membranes,
                                                 cod_message *ret_message);
/* NULL is harmless. */
void cod_membranes_free(cod_membranes *membranes);

/* One crop: size x size pixels of image k from (top, left), turned or mirrored by
 * `symmetry`, 0 .. 7 (bits: 4 transposes; after that 1 mirrors left and right, 2 top
 * and bottom). These are all eight symmetries of a square, 0 the identity. Crops lie
 * inside the image.
 *
 * @param ret_image, ret_truth  size x size */
void cod_membranes_crop(const cod_membranes *membranes, size_t k, size_t top,
                        size_t left, size_t size, unsigned symmetry, float *ret_image,
                        unsigned char *ret_truth);

#endif
