/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers of a network as oneDNN primitives: all that this project knows of oneDNN
 * is in backend*.c. One thread; the same input gives the same bytes.
 *
 * Images are batch x height x width x channels in memory (NHWC, float32), the layout
 * for which oneDNN has vector code whatever the number of channels is. Weights of a
 * convolution are out x in x kernel x kernel. */
#ifndef COD_EXPERIMENTS_BACKEND_H
#define COD_EXPERIMENTS_BACKEND_H

#include <stddef.h>

#include <codescent/status.h>

#include "experiments/network/shape.h"

typedef struct cod_backend cod_backend;

/* Also makes oneDNN single-threaded for the thread that calls. Nothing of oneDNN is
 * touched before, so that a process may fork and its children make backends of their
 * own. COD_OK; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_backend_alloc(cod_backend **ret_backend,
                                            cod_message *ret_message);
void cod_backend_free(cod_backend *backend);

/* oneDNN's version, and the instruction set that it uses here. */
void cod_backend_version(char *ret_text, size_t size);

/* ---- views: where an array is, and its shape ---- */

typedef struct cod_view cod_view;

/* `data` is the caller's and has to outlive the view's use; NULL until
 * cod_view_point(). COD_OK; COD_EMEMORY; COD_EARGUMENT (a shape that oneDNN refuses) */
COD_MUST_CHECK cod_status cod_view_images(cod_backend *backend, cod_shape shape,
                                          float *data, cod_view **ret_view,
                                          cod_message *ret_message);
/* out x in x kernel x kernel */
COD_MUST_CHECK cod_status cod_view_weights(cod_backend *backend, size_t out, size_t in,
                                           size_t kernel, float *data,
                                           cod_view **ret_view,
                                           cod_message *ret_message);
COD_MUST_CHECK cod_status cod_view_vector(cod_backend *backend, size_t size,
                                          float *data, cod_view **ret_view,
                                          cod_message *ret_message);
/* Channels first .. first + shape.channels - 1 of images that have data. */
COD_MUST_CHECK cod_status cod_view_channels(cod_backend *backend, const cod_view *of,
                                            size_t first, cod_shape shape,
                                            cod_view **ret_view,
                                            cod_message *ret_message);
void cod_view_point(cod_view *view, float *data);
void cod_view_free(cod_view *view);

/* ---- operations ---- */

/* A primitive with all that it reads and writes; made once, run often. Running
 * allocates nothing of its own. The functions that make one return COD_OK, COD_EMEMORY
 * or COD_EUNSUPPORTED (oneDNN has no such primitive); an `x` is an input, a `y` an
 * output, a `d` before it the gradient by it. One for a gradient takes the operation
 * whose gradient it is, which has to be run before and to outlive it. */
typedef struct cod_operation cod_operation;

void cod_operation_free(cod_operation *operation);
/* COD_OK; COD_ECALLBACK (oneDNN failed) */
COD_MUST_CHECK cod_status cod_operation_run(cod_operation *operation);
/* The name of oneDNN's code: "ref" in it says that it is slow. */
const char *cod_operation_name(const cod_operation *operation);

/* `padding` pixels of zero on every side; `bias` may be NULL, and is in both. */
COD_MUST_CHECK cod_status cod_operation_convolve(cod_backend *backend, cod_view *x,
                                                 cod_view *weights, cod_view *bias,
                                                 size_t padding, cod_view *y,
                                                 cod_operation **ret_operation,
                                                 cod_message *ret_message);
COD_MUST_CHECK cod_status cod_operation_convolve_back(const cod_operation *forward,
                                                      cod_view *dy, cod_view *weights,
                                                      size_t padding, cod_view *dx,
                                                      cod_operation **ret_operation,
                                                      cod_message *ret_message);
COD_MUST_CHECK cod_status
cod_operation_convolve_weights(const cod_operation *forward, cod_view *x, cod_view *dy,
                               size_t padding, cod_view *dweights, cod_view *dbias,
                               cod_operation **ret_operation, cod_message *ret_message);

/* Batch normalization (Ioffe and Szegedy 2015): by the batch's own mean and variance,
 * which are written, or by given ones. `rectified`: then max(y, 0). Only that by the
 * batch has a gradient. */
typedef struct cod_normalization {
    cod_view *x, *scale, *shift, *mean, *variance, *y;
    int given, rectified;
} cod_normalization;

COD_MUST_CHECK cod_status cod_operation_normalize(cod_backend *backend,
                                                  const cod_normalization *n,
                                                  cod_operation **ret_operation,
                                                  cod_message *ret_message);
COD_MUST_CHECK cod_status cod_operation_normalize_back(
    const cod_operation *forward, const cod_normalization *n, cod_view *dy,
    cod_view *dx, cod_view *dscale, cod_view *dshift, cod_operation **ret_operation,
    cod_message *ret_message);

/* max(x, 0), in place; and its gradient by y, in place. */
COD_MUST_CHECK cod_status cod_operation_rectify(cod_backend *backend, cod_view *y,
                                                cod_operation **ret_operation,
                                                cod_message *ret_message);
COD_MUST_CHECK cod_status cod_operation_rectify_back(const cod_operation *forward,
                                                     cod_view *y, cod_view *dy,
                                                     cod_operation **ret_operation,
                                                     cod_message *ret_message);

/* The largest of 2 x 2 pixels. */
COD_MUST_CHECK cod_status cod_operation_pool(cod_backend *backend, cod_view *x,
                                             cod_view *y, cod_operation **ret_operation,
                                             cod_message *ret_message);
COD_MUST_CHECK cod_status cod_operation_pool_back(const cod_operation *forward,
                                                  cod_view *dy, cod_view *dx,
                                                  cod_operation **ret_operation,
                                                  cod_message *ret_message);

/* Every pixel becomes 2 x 2. */
COD_MUST_CHECK cod_status cod_operation_enlarge(cod_backend *backend, cod_view *x,
                                                cod_view *y,
                                                cod_operation **ret_operation,
                                                cod_message *ret_message);
COD_MUST_CHECK cod_status cod_operation_enlarge_back(const cod_operation *forward,
                                                     cod_view *dy, cod_view *dx,
                                                     cod_operation **ret_operation,
                                                     cod_message *ret_message);

/* y = x, where both may be channels of larger images. */
COD_MUST_CHECK cod_status cod_operation_copy(cod_backend *backend, cod_view *x,
                                             cod_view *y, cod_operation **ret_operation,
                                             cod_message *ret_message);

#endif
