/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Euclidean distances to a set of pixels, in linear time (Felzenszwalb and
 * Huttenlocher 2012, Theory of Computing 8, 415-428: lower envelopes of parabolas,
 * columns first, then rows). */
#ifndef COD_SEGMENTATION_DISTANCE_H
#define COD_SEGMENTATION_DISTANCE_H

#include <stddef.h>

#include <codescent/status.h>

enum { COD_DISTANCE_MOST = 1 << 18 }; /* rows or columns: no product overflows */

/* Workspace for images of up to height x width; of one thread at a time. */
typedef struct cod_distance cod_distance;

/* COD_OK; COD_EARGUMENT (a size is 0 or above COD_DISTANCE_MOST); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_distance_alloc(size_t height, size_t width,
                                             cod_distance **ret_work);
/* NULL is harmless. */
void cod_distance_free(cod_distance *work);

/* Room for a set of height x width that the caller makes up; of the workspace, and no
 * function here writes into it. */
unsigned char *cod_distance_room(cod_distance *work);

/* Squared distance from each pixel to the nearest pixel of the set, in pixels;
 * INFINITY everywhere where the set is empty. Whole numbers, exact.
 *
 * @param set        height x width, not 0: of the set
 * @param ret_square height x width */
void cod_distance_to(cod_distance *work, const unsigned char *set, size_t height,
                     size_t width, double *ret_square);

/* Squared distance from each pixel to the nearest pixel of the other kind: from the set
 * to what is outside, and from outside to the set. 0 everywhere where the set is empty
 * or full. */
void cod_distance_across(cod_distance *work, const unsigned char *set, size_t height,
                         size_t width, double *ret_square);

#endif
