/* SPDX-License-Identifier: MIT */
/* The layers of a network once more, typed from their definitions in plain loops over
 * doubles: nothing here calls the library. Images are batch x height x width x
 * channels, weights out x in x kernel x kernel; outputs and gradients are written, not
 * added to. */
#ifndef COD_TESTS_LAYERS_H
#define COD_TESTS_LAYERS_H

#include <stddef.h>

#include "experiments/network/shape.h"

/* Where pixel (y, x) of channel c of image n is. */
static inline size_t layers_at(cod_shape s, size_t n, size_t y, size_t x, size_t c)
{
    return ((n * s.height + y) * s.width + x) * s.channels + c;
}

typedef struct layers_kernel {
    size_t out, size, padding;
} layers_kernel;

cod_shape layers_convolved(cod_shape shape, layers_kernel kernel);
/* No bias: NULL. */
void layers_convolve(cod_shape shape, const double *x, layers_kernel kernel,
                     const double *weights, const double *bias, double *y);
void layers_convolve_back(cod_shape shape, const double *x, layers_kernel kernel,
                          const double *weights, const double *dy, double *dx,
                          double *dweights, double *dbias);

/* By the batch's mean and variance, which are written, with 1e-5 under the root. */
void layers_normalize(cod_shape shape, const double *x, const double *scale,
                      const double *shift, double *y, double *mean, double *variance);
void layers_normalize_by(cod_shape shape, const double *x, const double *scale,
                         const double *shift, const double *mean,
                         const double *variance, double *y);
void layers_normalize_back(cod_shape shape, const double *x, const double *scale,
                           const double *dy, double *dx, double *dscale,
                           double *dshift);

/* In place; the gradient too, by the output. */
void layers_rectify(size_t size, double *y);
void layers_rectify_back(size_t size, const double *y, double *dy);

/* The largest of 2 x 2; `shape` is the input's. */
void layers_pool(cod_shape shape, const double *x, double *y);
void layers_pool_back(cod_shape shape, const double *x, const double *dy, double *dx);

/* Every pixel four times; `shape` is the input's. */
void layers_enlarge(cod_shape shape, const double *x, double *y);
void layers_enlarge_back(cod_shape shape, const double *dy, double *dx);

/* The channels of a, then those of b. */
void layers_concatenate(cod_shape a, const double *xa, cod_shape b, const double *xb,
                        double *y);

#endif
