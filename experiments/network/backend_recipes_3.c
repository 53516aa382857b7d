/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Version 3 of oneDNN's C API, as in Ubuntu 24.04: a recipe is made in one call, and
 * descriptions of memory are objects. */
#include "experiments/network/backend_recipes.h"

static const dnnl_dims_t one = {1, 1}, two = {2, 2}, none = {0, 0};

/* Memory keeps a copy of its description, which ends here. */
static dnnl_status_t memory_of(dnnl_status_t why, dnnl_memory_desc_t layout,
                               dnnl_engine_t engine, float *data,
                               dnnl_memory_t *ret_memory)
{
    if (why != dnnl_success)
        return why;
    why = dnnl_memory_create(ret_memory, layout, engine, data);
    dnnl_memory_desc_destroy(layout);
    return why;
}

dnnl_status_t cod_memory_make(dnnl_engine_t engine, int rank, const dnnl_dims_t sizes,
                              dnnl_format_tag_t tag, float *data,
                              dnnl_memory_t *ret_memory)
{
    dnnl_memory_desc_t layout = NULL;
    dnnl_status_t why =
        dnnl_memory_desc_create_with_tag(&layout, rank, sizes, dnnl_f32, tag);
    return memory_of(why, layout, engine, data, ret_memory);
}

dnnl_status_t cod_memory_part(dnnl_engine_t engine, dnnl_memory_t of,
                              const dnnl_dims_t sizes, const dnnl_dims_t offsets,
                              float *data, dnnl_memory_t *ret_memory)
{
    cod_layout all;
    dnnl_memory_desc_t layout = NULL;
    dnnl_status_t why = dnnl_memory_get_memory_desc(of, &all);
    if (why == dnnl_success)
        why = dnnl_memory_desc_create_submemory(&layout, all, sizes, offsets);
    return memory_of(why, layout, engine, data, ret_memory);
}

/* ---- convolution ---- */

/* To be destroyed. */
static dnnl_status_t any(cod_layout layout, dnnl_memory_desc_t *ret_layout)
{
    int rank = 0;
    const dnnl_dims_t *sizes = NULL;
    dnnl_status_t why = dnnl_memory_desc_query(layout, dnnl_query_ndims_s32, &rank);
    if (why == dnnl_success)
        why = dnnl_memory_desc_query(layout, dnnl_query_dims, (void *)&sizes);
    return why == dnnl_success
               ? dnnl_memory_desc_create_with_tag(ret_layout, rank, *sizes, dnnl_f32,
                                                  dnnl_format_tag_any)
               : why;
}

dnnl_status_t cod_recipe_convolve(dnnl_engine_t engine, const cod_convolution *c,
                                  dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_memory_desc_t weights;
    dnnl_status_t why = any(c->weights, &weights);
    if (why != dnnl_success)
        return why;
    why = dnnl_convolution_forward_primitive_desc_create(
        ret_recipe, engine, dnnl_forward_training, dnnl_convolution_direct, c->x,
        weights, c->bias, c->y, one, none, c->padding, c->padding, NULL);
    dnnl_memory_desc_destroy(weights);
    return why;
}

dnnl_status_t cod_recipe_convolve_back(dnnl_engine_t engine, const cod_convolution *c,
                                       dnnl_primitive_desc_t forward,
                                       dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_memory_desc_t weights;
    dnnl_status_t why = any(c->weights, &weights);
    if (why != dnnl_success)
        return why;
    why = dnnl_convolution_backward_data_primitive_desc_create(
        ret_recipe, engine, dnnl_convolution_direct, c->x, weights, c->y, one, none,
        c->padding, c->padding, forward, NULL);
    dnnl_memory_desc_destroy(weights);
    return why;
}

dnnl_status_t cod_recipe_convolve_weights(dnnl_engine_t engine,
                                          const cod_convolution *c,
                                          dnnl_primitive_desc_t forward,
                                          dnnl_primitive_desc_t *ret_recipe)
{
    dnnl_memory_desc_t weights;
    dnnl_status_t why = any(c->weights, &weights);
    if (why != dnnl_success)
        return why;
    why = dnnl_convolution_backward_weights_primitive_desc_create(
        ret_recipe, engine, dnnl_convolution_direct, c->x, weights, c->bias, c->y, one,
        none, c->padding, c->padding, forward, NULL);
    dnnl_memory_desc_destroy(weights);
    return why;
}

/* ---- normalization, rectification ---- */

dnnl_status_t cod_recipe_normalize(dnnl_engine_t engine, cod_layout x, float epsilon,
                                   unsigned flags, int training,
                                   dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_batch_normalization_forward_primitive_desc_create(
        ret_recipe, engine, training ? dnnl_forward_training : dnnl_forward_inference,
        x, x, epsilon, flags, NULL);
}

dnnl_status_t cod_recipe_normalize_back(dnnl_engine_t engine, cod_layout x,
                                        float epsilon, unsigned flags,
                                        dnnl_primitive_desc_t forward,
                                        dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_batch_normalization_backward_primitive_desc_create(
        ret_recipe, engine, dnnl_backward, x, x, x, epsilon, flags, forward, NULL);
}

dnnl_status_t cod_recipe_rectify(dnnl_engine_t engine, cod_layout y,
                                 dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_eltwise_forward_primitive_desc_create(
        ret_recipe, engine, dnnl_forward_training, dnnl_eltwise_relu_use_dst_for_bwd, y,
        y, 0, 0, NULL);
}

dnnl_status_t cod_recipe_rectify_back(dnnl_engine_t engine, cod_layout y,
                                      dnnl_primitive_desc_t forward,
                                      dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_eltwise_backward_primitive_desc_create(
        ret_recipe, engine, dnnl_eltwise_relu_use_dst_for_bwd, y, y, y, 0, 0, forward,
        NULL);
}

/* ---- pooling, enlargement ---- */

dnnl_status_t cod_recipe_pool(dnnl_engine_t engine, cod_layout x, cod_layout y,
                              dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_pooling_forward_primitive_desc_create(
        ret_recipe, engine, dnnl_forward_training, dnnl_pooling_max, x, y, two, two,
        none, none, none, NULL);
}

dnnl_status_t cod_recipe_pool_back(dnnl_engine_t engine, cod_layout dx, cod_layout dy,
                                   dnnl_primitive_desc_t forward,
                                   dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_pooling_backward_primitive_desc_create(
        ret_recipe, engine, dnnl_pooling_max, dx, dy, two, two, none, none, none,
        forward, NULL);
}

dnnl_status_t cod_recipe_enlarge(dnnl_engine_t engine, cod_layout x, cod_layout y,
                                 dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_resampling_forward_primitive_desc_create(
        ret_recipe, engine, dnnl_forward_training, dnnl_resampling_nearest, NULL, x, y,
        NULL);
}

dnnl_status_t cod_recipe_enlarge_back(dnnl_engine_t engine, cod_layout dx,
                                      cod_layout dy, dnnl_primitive_desc_t forward,
                                      dnnl_primitive_desc_t *ret_recipe)
{
    return dnnl_resampling_backward_primitive_desc_create(
        ret_recipe, engine, dnnl_resampling_nearest, NULL, dx, dy, forward, NULL);
}
