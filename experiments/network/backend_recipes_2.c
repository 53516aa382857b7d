/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Version 2 of oneDNN's C API, as in Debian 12: a description of each operation, from
 * which a recipe is made. */
#include "experiments/network/backend_recipes.h"

static const dnnl_dims_t one = {1, 1}, two = {2, 2}, none = {0, 0};

dnnl_status_t cod_memory_make(dnnl_engine_t engine, int rank, const dnnl_dims_t sizes,
                              dnnl_format_tag_t tag, float *data,
                              dnnl_memory_t *ret_memory)
{
    dnnl_memory_desc_t layout;
    dnnl_status_t why =
        dnnl_memory_desc_init_by_tag(&layout, rank, sizes, dnnl_f32, tag);
    return why == dnnl_success ? dnnl_memory_create(ret_memory, &layout, engine, data)
                               : why;
}

dnnl_status_t cod_memory_part(dnnl_engine_t engine, dnnl_memory_t of,
                              const dnnl_dims_t sizes, const dnnl_dims_t offsets,
                              float *data, dnnl_memory_t *ret_memory)
{
    cod_layout all;
    dnnl_memory_desc_t layout;
    dnnl_status_t why = dnnl_memory_get_memory_desc(of, &all);
    if (why == dnnl_success)
        why = dnnl_memory_desc_init_submemory(&layout, all, sizes, offsets);
    return why == dnnl_success ? dnnl_memory_create(ret_memory, &layout, engine, data)
                               : why;
}

/* A recipe from what an "init" said and wrote. */
static dnnl_status_t recipe(dnnl_status_t why, const void *description,
                            dnnl_engine_t engine, dnnl_primitive_desc_t forward,
                            dnnl_primitive_desc_t *ret_recipe)
{
    return why == dnnl_success ? dnnl_primitive_desc_create(ret_recipe, description,
                                                            NULL, engine, forward)
                               : why;
}

/* ---- convolution ---- */

static dnnl_memory_desc_t any(cod_layout layout)
{
    dnnl_memory_desc_t chosen = *layout;
    (void)dnnl_memory_desc_init_by_tag(&chosen, layout->ndims, layout->dims, dnnl_f32,
                                       dnnl_format_tag_any); /* of a valid one */
    return chosen;
}

dnnl_status_t cod_recipe_convolve(dnnl_engine_t engine, const cod_convolution *c,
                                  dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_convolution_desc_t description;
    dnnl_memory_desc_t weights = any(c->weights);
    dnnl_status_t why = dnnl_convolution_forward_desc_init(
        &description, dnnl_forward_training, dnnl_convolution_direct, c->x, &weights,
        c->bias, c->y, one, c->padding, c->padding);
    return recipe(why, &description, engine, NULL, ret_recipe);
}

dnnl_status_t cod_recipe_convolve_back(dnnl_engine_t engine, const cod_convolution *c,
                                       dnnl_primitive_desc_t forward,
                                       dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_convolution_desc_t description;
    dnnl_memory_desc_t weights = any(c->weights);
    dnnl_status_t why = dnnl_convolution_backward_data_desc_init(
        &description, dnnl_convolution_direct, c->x, &weights, c->y, one, c->padding,
        c->padding);
    return recipe(why, &description, engine, forward, ret_recipe);
}

dnnl_status_t cod_recipe_convolve_weights(dnnl_engine_t engine,
                                          const cod_convolution *c,
                                          dnnl_primitive_desc_t forward,
                                          dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_convolution_desc_t description;
    dnnl_memory_desc_t weights = any(c->weights);
    dnnl_status_t why = dnnl_convolution_backward_weights_desc_init(
        &description, dnnl_convolution_direct, c->x, &weights, c->bias, c->y, one,
        c->padding, c->padding);
    return recipe(why, &description, engine, forward, ret_recipe);
}

/* ---- normalization, rectification ---- */

dnnl_status_t cod_recipe_normalize(dnnl_engine_t engine, cod_layout x, float epsilon,
                                   unsigned flags, int training,
                                   dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_batch_normalization_desc_t description;
    dnnl_status_t why = dnnl_batch_normalization_forward_desc_init(
        &description, training ? dnnl_forward_training : dnnl_forward_inference, x,
        epsilon, flags);
    return recipe(why, &description, engine, NULL, ret_recipe);
}

dnnl_status_t cod_recipe_normalize_back(dnnl_engine_t engine, cod_layout x,
                                        float epsilon, unsigned flags,
                                        dnnl_primitive_desc_t forward,
                                        dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_batch_normalization_desc_t description;
    dnnl_status_t why = dnnl_batch_normalization_backward_desc_init(
        &description, dnnl_backward, x, x, epsilon, flags);
    return recipe(why, &description, engine, forward, ret_recipe);
}

dnnl_status_t cod_recipe_rectify(dnnl_engine_t engine, cod_layout y,
                                 dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_eltwise_desc_t description;
    dnnl_status_t why =
        dnnl_eltwise_forward_desc_init(&description, dnnl_forward_training,
                                       dnnl_eltwise_relu_use_dst_for_bwd, y, 0, 0);
    return recipe(why, &description, engine, NULL, ret_recipe);
}

dnnl_status_t cod_recipe_rectify_back(dnnl_engine_t engine, cod_layout y,
                                      dnnl_primitive_desc_t forward,
                                      dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_eltwise_desc_t description;
    dnnl_status_t why = dnnl_eltwise_backward_desc_init(
        &description, dnnl_eltwise_relu_use_dst_for_bwd, y, y, 0, 0);
    return recipe(why, &description, engine, forward, ret_recipe);
}

/* ---- pooling, enlargement ---- */

dnnl_status_t cod_recipe_pool(dnnl_engine_t engine, cod_layout x, cod_layout y,
                              dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_pooling_v2_desc_t description;
    dnnl_status_t why = dnnl_pooling_v2_forward_desc_init(
        &description, dnnl_forward_training, dnnl_pooling_max, x, y, two, two, none,
        none, none);
    return recipe(why, &description, engine, NULL, ret_recipe);
}

dnnl_status_t cod_recipe_pool_back(dnnl_engine_t engine, cod_layout dx, cod_layout dy,
                                   dnnl_primitive_desc_t forward,
                                   dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_pooling_v2_desc_t description;
    dnnl_status_t why = dnnl_pooling_v2_backward_desc_init(
        &description, dnnl_pooling_max, dx, dy, two, two, none, none, none);
    return recipe(why, &description, engine, forward, ret_recipe);
}

dnnl_status_t cod_recipe_enlarge(dnnl_engine_t engine, cod_layout x, cod_layout y,
                                 dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_resampling_desc_t description;
    dnnl_status_t why = dnnl_resampling_forward_desc_init(
        &description, dnnl_forward_training, dnnl_resampling_nearest, NULL, x, y);
    return recipe(why, &description, engine, NULL, ret_recipe);
}

dnnl_status_t cod_recipe_enlarge_back(dnnl_engine_t engine, cod_layout dx,
                                      cod_layout dy, dnnl_primitive_desc_t forward,
                                      dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_resampling_desc_t description;
    dnnl_status_t why = dnnl_resampling_backward_desc_init(
        &description, dnnl_resampling_nearest, NULL, dx, dy);
    return recipe(why, &description, engine, forward, ret_recipe);
}
