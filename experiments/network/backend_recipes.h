/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between versions 2 and 3 of oneDNN's C API: how memory is described, and
 * how a primitive is. backend_recipes_2.c or backend_recipes_3.c is compiled. */
#ifndef COD_EXPERIMENTS_BACKEND_RECIPES_H
#define COD_EXPERIMENTS_BACKEND_RECIPES_H

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_version.h>

/* A description that belongs to some memory or recipe. */
#if DNNL_VERSION_MAJOR < 3
typedef const dnnl_memory_desc_t *cod_layout;
#else
typedef const_dnnl_memory_desc_t cod_layout;
#endif

/* Float32 of that layout at `data`. */
dnnl_status_t cod_memory_make(dnnl_engine_t engine, int rank, const dnnl_dims_t sizes,
                              dnnl_format_tag_t tag, float *data,
                              dnnl_memory_t *ret_memory);
/* The part of `of` that begins at `offsets`, at the same `data`. */
dnnl_status_t cod_memory_part(dnnl_engine_t engine, dnnl_memory_t of,
                              const dnnl_dims_t sizes, const dnnl_dims_t offsets,
                              float *data, dnnl_memory_t *ret_memory);

/* Recipes are oneDNN's primitive descriptors. Forward: `forward` is NULL; a gradient
 * needs the recipe of its forward primitive. All are for training, but where said. */

/* The weights get whatever layout oneDNN likes best; no bias: NULL. x and y are those
 * of the gradient, in the gradients. */
typedef struct cod_convolution {
    cod_layout x, weights, bias, y;
    dnnl_dims_t padding;
} cod_convolution;

dnnl_status_t cod_recipe_convolve(dnnl_engine_t engine, const cod_convolution *c,
                                  dnnl_primitive_desc_t *ret_recipe);
dnnl_status_t cod_recipe_convolve_back(dnnl_engine_t engine, const cod_convolution *c,
                                       dnnl_primitive_desc_t forward,
                                       dnnl_primitive_desc_t *ret_recipe);
dnnl_status_t cod_recipe_convolve_weights(dnnl_engine_t engine,
                                          const cod_convolution *c,
                                          dnnl_primitive_desc_t forward,
                                          dnnl_primitive_desc_t *ret_recipe);

/* y and the gradients have the layout of x. `flags` as oneDNN has them. */
dnnl_status_t cod_recipe_normalize(dnnl_engine_t engine, cod_layout x, float epsilon,
                                   unsigned flags, int training,
                                   dnnl_primitive_desc_t *ret_recipe);
dnnl_status_t cod_recipe_normalize_back(dnnl_engine_t engine, cod_layout x,
                                        float epsilon, unsigned flags,
                                        dnnl_primitive_desc_t forward,
                                        dnnl_primitive_desc_t *ret_recipe);

/* max(x, 0), the gradient by y */
dnnl_status_t cod_recipe_rectify(dnnl_engine_t engine, cod_layout y,
                                 dnnl_primitive_desc_t *ret_recipe);
dnnl_status_t cod_recipe_rectify_back(dnnl_engine_t engine, cod_layout y,
                                      dnnl_primitive_desc_t forward,
                                      dnnl_primitive_desc_t *ret_recipe);

/* The largest of 2 x 2. */
dnnl_status_t cod_recipe_pool(dnnl_engine_t engine, cod_layout x, cod_layout y,
                              dnnl_primitive_desc_t *ret_recipe);
dnnl_status_t cod_recipe_pool_back(dnnl_engine_t engine, cod_layout dx, cod_layout dy,
                                   dnnl_primitive_desc_t forward,
                                   dnnl_primitive_desc_t *ret_recipe);

/* The nearest pixel. */
dnnl_status_t cod_recipe_enlarge(dnnl_engine_t engine, cod_layout x, cod_layout y,
                                 dnnl_primitive_desc_t *ret_recipe);
dnnl_status_t cod_recipe_enlarge_back(dnnl_engine_t engine, cod_layout dx,
                                      cod_layout dy, dnnl_primitive_desc_t forward,
                                      dnnl_primitive_desc_t *ret_recipe);

#endif
