/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How good a segmentation of one image is. */
#ifndef COD_SEGMENTATION_SCORES_H
#define COD_SEGMENTATION_SCORES_H

#include <stddef.h>

#include <codescent/status.h>

typedef struct cod_scores {
    double dice; /* 2 |A and B| / (|A| + |B|) of the object; 1 where both are empty */
    double background;  /* the same of all that is not the object */
    double iou;         /* |A and B| / |A or B|; 1 where both are empty */
    double hausdorff95; /* pixels; see below */
} cod_scores;

/* The 95 % Hausdorff distance is the larger of the two 95th percentiles (linear
 * interpolation between order statistics) of the distances from the boundary of one set
 * to the nearest pixel of the other's boundary. Boundary: pixels of the set with a
 * 4-neighbour outside it or outside the image. 0 where both sets are empty, INFINITY
 * where one is.
 *
 * @param found, truth  height x width, not 0: of the object
 * @return COD_OK; COD_EARGUMENT (a size is 0 or above COD_DISTANCE_MOST); COD_EMEMORY
 */
COD_MUST_CHECK cod_status cod_scores_of(const unsigned char *found,
                                        const unsigned char *truth, size_t height,
                                        size_t width, cod_scores *ret_scores);

/* The first three of `count` pixels, wherever they lie; the distance is NaN. */
void cod_scores_overlap(const unsigned char *found, const unsigned char *truth,
                        size_t count, cod_scores *ret_scores);

#endif
