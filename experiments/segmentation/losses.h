/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses of a binary segmentation: their values, and their gradients by the logits.
 * With p = 1/(1 + e^-z) of a logit z and the truth y in {0, 1}; means are over all
 * pixels of the batch. They stay finite for every finite logit. */
#ifndef COD_SEGMENTATION_LOSSES_H
#define COD_SEGMENTATION_LOSSES_H

#include <stddef.h>

#include "experiments/segmentation/distance.h"

/* What is segmented, and what it should be. */
typedef struct cod_pixels {
    size_t batch, height, width;
    const float *logits;        /* batch x height x width */
    const unsigned char *truth; /* likewise; not 0: of the object */
} cod_pixels;

/* Focal loss (Lin et al. 2017, ICCV, eq. 5): the mean of -a (1 - q)^gamma log q, where
 * q = p and a = alpha if y = 1, else q = 1 - p and a = 1 - alpha.
 *
 * @param alpha         0 .. 1
 * @param gamma         0 (cross-entropy) or more
 * @param ret_gradient  by the logits; may be NULL */
double cod_focal_loss(const cod_pixels *pixels, double alpha, double gamma,
                      float *ret_gradient);

/* Hausdorff loss by distance transforms (Karimi and Salcudean 2020, IEEE Trans. Med.
 * Imaging 39(2):499-513, Loss_DT, where beta is called alpha): the mean of
 * (p - y)^2 (d_p^beta + d_y^beta), d_p and d_y the distances in pixels to the
 * boundaries of {p > 1/2} and of {y = 1}, constants of the differentiation. From a
 * pixel to the boundary counts as from it to the nearest pixel across
 * (cod_distance_across), on both sides: 1 beside the boundary, never 0. An empty or
 * full set has distance 0.
 *
 * @param beta          above 0
 * @param truth_maps    d_y^beta (cod_hausdorff_map), batch x height x width
 * @param work, maps    workspace: for height x width; height x width
 * @param ret_gradient  by the logits; may be NULL */
double cod_hausdorff_loss(const cod_pixels *pixels, double beta,
                          const float *truth_maps, cod_distance *work, double *maps,
                          float *ret_gradient);

/* d^beta of one image. @param maps  workspace: height x width */
void cod_hausdorff_map(const unsigned char *set, size_t height, size_t width,
                       double beta, cod_distance *work, double *maps, float *ret_map);

/* Soft Dice loss: 1 - (2 sum p y + 1) / (sum p + sum y + 1), sums over the batch. After
 * Milletari, Navab and Ahmadi 2016 (3DV), who have squares in the denominator and no 1;
 * with it, an empty truth is a target like others.
 *
 * @param ret_gradient  by the logits; may be NULL */
double cod_dice_loss(const cod_pixels *pixels, float *ret_gradient);

#endif
