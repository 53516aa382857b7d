/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PNG files through libpng. */
#ifndef COD_SEGMENTATION_PICTURE_H
#define COD_SEGMENTATION_PICTURE_H

#include <stddef.h>

#include <codescent/status.h>

/* Pixels a side, at the most: what a header says is not allocated beyond this. */
#define COD_PICTURE_SIDE_MAX 16384

typedef struct cod_picture {
    size_t height, width;
    unsigned char *pixels; /* height x width grey values */
} cod_picture;

/* Reads an 8-bit grey PNG without transparency (a palette, colour, alpha, 16 or fewer
 * than 8 bits are refused: a mask that was read otherwise than it was meant trains on
 * nonsense). The values are as stored: no gamma is applied. No pixel of a truncated or
 * damaged file is used. Prints nothing.
 *
 * @return COD_OK; COD_EFILE (cannot be read, damaged, no PNG, of another kind, too
 * large: the message names the file and says which); COD_EMEMORY. To be cleared. */
COD_MUST_CHECK cod_status cod_picture_read(const char *path, cod_picture *ret_picture,
                                           cod_message *ret_message);
/* Frees the pixels; a zero-initialised or cleared picture is harmless. */
void cod_picture_clear(cod_picture *picture);

/* Writes an 8-bit grey PNG (channels 1) or RGB (channels 3), under a temporary name,
 * then renamed. The same bytes for the same pixels (and the same libpng and zlib): no
 * time, no text in it.
 *
 * @param pixels  height x width x channels
 * @return COD_OK; COD_EFILE (nothing is left that looks like the file); COD_EMEMORY;
 * COD_EARGUMENT (a side that is 0 or above COD_PICTURE_SIDE_MAX, other channels) */
COD_MUST_CHECK cod_status cod_picture_write(const char *folder, const char *name,
                                            size_t height, size_t width,
                                            size_t channels,
                                            const unsigned char *pixels,
                                            cod_message *ret_message);

#endif
