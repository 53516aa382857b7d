/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Smooth random functions of the plane: cubic B-splines over a lattice of random
 * values. Sums and products only, so the same bits on every machine. */
#ifndef COD_SEGMENTATION_SMOOTH_H
#define COD_SEGMENTATION_SMOOTH_H

#include <stddef.h>

#include <codescent/random.h>

/* Doubles of workspace for planes of this width. */
#define COD_SMOOTH_WORK(width) (5 * (width) + 5)

/* Adds such a function, whose values lie within +-amplitude and are about 0.28
 * amplitude in the mean square.
 *
 * @param period  pixels between lattice points, at least 1
 * @param random  the lattice's values; coordinates (row << 32) + column
 * @param work    COD_SMOOTH_WORK(width) doubles
 * @param plane   height x width */
void cod_smooth_add(cod_random random, double period, double amplitude, size_t height,
                    size_t width, double *work, double *plane);

#endif
