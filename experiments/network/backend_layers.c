/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The primitives that layers are made of. */
#include "core/spec.h"
#include "experiments/network/backend_private.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(ties) ((int)(sizeof(ties) / sizeof *(ties)))
#define EPSILON     1e-5f /* under the root of normalization */

/* From a description to an operation without calls. */
static dnnl_status_t begin(cod_backend *backend, const void *description,
                           dnnl_primitive_desc_t hint, cod_operation **ret_operation)
{
    cod_operation *o = calloc(1, sizeof *o);
    if (o == NULL)
        return dnnl_out_of_memory;
    o->backend = backend;
    dnnl_status_t why = dnnl_primitive_desc_create(&o->recipe, description, NULL,
                                                   backend->engine, hint);
    if (why == dnnl_success)
        *ret_operation = o;
    else
        free(o);
    return why;
}

/* The operation with its ties; or its end. */
static cod_status finish(dnnl_status_t why, cod_operation *o, const cod_tie *ties,
                         int count, const char *what, cod_operation **ret_operation,
                         cod_message *message)
{
    if (why == dnnl_success)
        why = cod_operation_main(o, ties, count);
    if (why != dnnl_success) {
        cod_operation_free(o);
        return cod_backend_fail(why, what, message);
    }
    *ret_operation = o;
    return COD_OK;
}

/* ---- convolution ---- */

/* The weights' shape, in whatever layout oneDNN likes best. */
static dnnl_memory_desc_t any_layout(const cod_view *view)
{
    dnnl_memory_desc_t layout = view->layout;
    (void)dnnl_memory_desc_init_by_tag(&layout, view->layout.ndims, view->layout.dims,
                                       dnnl_f32, dnnl_format_tag_any);
    return layout;
}

static dnnl_status_t convolution(cod_backend *backend, const cod_view *x,
                                 const cod_view *weights, const cod_view *bias,
                                 size_t padding, const cod_view *y,
                                 cod_operation **ret_operation)
{
    dnnl_dims_t strides = {1, 1}, pad = {(dnnl_dim_t)padding, (dnnl_dim_t)padding};
    dnnl_memory_desc_t free_layout = any_layout(weights);
    dnnl_convolution_desc_t description;
    dnnl_status_t why = dnnl_convolution_forward_desc_init(
        &description, dnnl_forward_training, dnnl_convolution_direct, &x->layout,
        &free_layout, bias != NULL ? &bias->layout : NULL, &y->layout, strides, pad,
        pad);
    return why == dnnl_success ? begin(backend, &description, NULL, ret_operation)
                               : why;
}

cod_status cod_convolve(cod_backend *backend, cod_view *x, cod_view *weights,
                        cod_view *bias, size_t padding, cod_view *y,
                        cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {
        {DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
        {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0, weights, 0},
        {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1},
        {DNNL_ARG_BIAS, dnnl_query_weights_md, 1, bias, 0},
    };
    cod_operation *o = NULL;
    dnnl_status_t why = convolution(backend, x, weights, bias, padding, y, &o);
    return finish(why, o, ties, bias != NULL ? 4 : 3, "a convolution", ret_operation,
                  ret_message);
}

cod_status cod_convolve_back(cod_backend *backend, cod_view *dy, cod_view *weights,
                             size_t padding, cod_view *dx,
                             cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {
        {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
        {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0, weights, 0},
        {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1},
    };
    dnnl_dims_t strides = {1, 1}, pad = {(dnnl_dim_t)padding, (dnnl_dim_t)padding};
    dnnl_memory_desc_t free_layout = any_layout(weights);
    dnnl_convolution_desc_t description;
    cod_operation *o = NULL, *forward = NULL;
    dnnl_status_t why = convolution(backend, dx, weights, NULL, padding, dy, &forward);
    if (why == dnnl_success)
        why = dnnl_convolution_backward_data_desc_init(
            &description, dnnl_convolution_direct, &dx->layout, &free_layout,
            &dy->layout, strides, pad, pad);
    if (why == dnnl_success)
        why = begin(backend, &description, forward->recipe, &o);
    cod_operation_free(forward);
    return finish(why, o, ties, COUNT(ties), "a convolution's gradient", ret_operation,
                  ret_message);
}

cod_status cod_convolve_weights(cod_backend *backend, cod_view *x, cod_view *dy,
                                size_t padding, cod_view *dweights, cod_view *dbias,
                                cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {
        {DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
        {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
        {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md, 0, dweights, 1},
        {DNNL_ARG_DIFF_BIAS, dnnl_query_diff_weights_md, 1, dbias, 1},
    };
    dnnl_dims_t strides = {1, 1}, pad = {(dnnl_dim_t)padding, (dnnl_dim_t)padding};
    dnnl_memory_desc_t free_layout = any_layout(dweights);
    dnnl_convolution_desc_t description;
    cod_operation *o = NULL, *forward = NULL;
    dnnl_status_t why = convolution(backend, x, dweights, dbias, padding, dy, &forward);
    if (why == dnnl_success)
        why = dnnl_convolution_backward_weights_desc_init(
            &description, dnnl_convolution_direct, &x->layout, &free_layout,
            dbias != NULL ? &dbias->layout : NULL, &dy->layout, strides, pad, pad);
    if (why == dnnl_success)
        why = begin(backend, &description, forward->recipe, &o);
    cod_operation_free(forward);
    return finish(why, o, ties, dbias != NULL ? 4 : 3, "a convolution's weights",
                  ret_operation, ret_message);
}

/* ---- normalization ---- */

static dnnl_status_t normalization(cod_backend *backend, const cod_view *x, int given,
                                   cod_operation **ret_operation)
{
    dnnl_batch_normalization_desc_t description;
    unsigned flags = dnnl_use_scale | dnnl_use_shift;
    dnnl_status_t why = dnnl_batch_normalization_forward_desc_init(
        &description, given ? dnnl_forward_inference : dnnl_forward_training,
        &x->layout, EPSILON, given ? flags | dnnl_use_global_stats : flags);
    return why == dnnl_success ? begin(backend, &description, NULL, ret_operation)
                               : why;
}

/* Vectors have one layout: what is asked of the recipe is what they have. */
cod_status cod_normalize(cod_backend *backend, cod_view *x, cod_view *scale,
                         cod_view *shift, cod_view *mean, cod_view *variance, int given,
                         cod_view *y, cod_operation **ret_operation,
                         cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1}};
    cod_operation *o = NULL;
    dnnl_status_t why = normalization(backend, x, given, &o);
    cod_status status = finish(why, o, ties, COUNT(ties), "a normalization",
                               ret_operation, ret_message);
    if (status < 0)
        return status;
    cod_call *call = &o->calls[o->count - 1];
    cod_call_argument(call, DNNL_ARG_SCALE, scale->memory);
    cod_call_argument(call, DNNL_ARG_SHIFT, shift->memory);
    cod_call_argument(call, DNNL_ARG_MEAN, mean->memory);
    cod_call_argument(call, DNNL_ARG_VARIANCE, variance->memory);
    return COD_OK;
}

cod_status cod_normalize_back(cod_backend *backend, cod_view *x, cod_view *dy,
                              cod_view *scale, cod_view *shift, cod_view *mean,
                              cod_view *variance, cod_view *dx, cod_view *dscale,
                              cod_view *dshift, cod_operation **ret_operation,
                              cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
                            {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1}};
    dnnl_batch_normalization_desc_t description;
    cod_operation *o = NULL, *forward = NULL;
    dnnl_status_t why = normalization(backend, x, 0, &forward);
    if (why == dnnl_success)
        why = dnnl_batch_normalization_backward_desc_init(
            &description, dnnl_backward, &dx->layout, &x->layout, EPSILON,
            dnnl_use_scale | dnnl_use_shift);
    if (why == dnnl_success)
        why = begin(backend, &description, forward->recipe, &o);
    cod_operation_free(forward);
    cod_status status = finish(why, o, ties, COUNT(ties), "a normalization's gradient",
                               ret_operation, ret_message);
    if (status < 0)
        return status;
    cod_call *call = &o->calls[o->count - 1];
    cod_call_argument(call, DNNL_ARG_SCALE, scale->memory);
    cod_call_argument(call, DNNL_ARG_SHIFT, shift->memory); /* unused, but asked for */
    cod_call_argument(call, DNNL_ARG_MEAN, mean->memory);
    cod_call_argument(call, DNNL_ARG_VARIANCE, variance->memory);
    cod_call_argument(call, DNNL_ARG_DIFF_SCALE, dscale->memory);
    cod_call_argument(call, DNNL_ARG_DIFF_SHIFT, dshift->memory);
    return COD_OK;
}

/* ---- rectification ---- */

static dnnl_status_t rectification(cod_backend *backend, const cod_view *y,
                                   cod_operation **ret_operation)
{
    dnnl_eltwise_desc_t description;
    dnnl_status_t why = dnnl_eltwise_forward_desc_init(
        &description, dnnl_forward_training, dnnl_eltwise_relu_use_dst_for_bwd,
        &y->layout, 0, 0);
    return why == dnnl_success ? begin(backend, &description, NULL, ret_operation)
                               : why;
}

cod_status cod_rectify(cod_backend *backend, cod_view *y, cod_operation **ret_operation,
                       cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, y, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1}};
    cod_operation *o = NULL;
    dnnl_status_t why = rectification(backend, y, &o);
    return finish(why, o, ties, COUNT(ties), "a rectification", ret_operation,
                  ret_message);
}

cod_status cod_rectify_back(cod_backend *backend, cod_view *y, cod_view *dy,
                            cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 0},
                            {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dy, 1}};
    dnnl_eltwise_desc_t description;
    cod_operation *o = NULL, *forward = NULL;
    dnnl_status_t why = rectification(backend, y, &forward);
    if (why == dnnl_success)
        why = dnnl_eltwise_backward_desc_init(&description,
                                              dnnl_eltwise_relu_use_dst_for_bwd,
                                              &dy->layout, &y->layout, 0, 0);
    if (why == dnnl_success)
        why = begin(backend, &description, forward->recipe, &o);
    cod_operation_free(forward);
    return finish(why, o, ties, COUNT(ties), "a rectification's gradient",
                  ret_operation, ret_message);
}

/* ---- pooling ---- */

static const dnnl_dims_t two = {2, 2}, none = {0, 0};

cod_status cod_max_pool(cod_backend *backend, cod_view *x, cod_view *y,
                        cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1},
                            {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, 0, NULL, 1}};
    dnnl_pooling_v2_desc_t description;
    cod_operation *o = NULL;
    dnnl_status_t why = dnnl_pooling_v2_forward_desc_init(
        &description, dnnl_forward_training, dnnl_pooling_max, &x->layout, &y->layout,
        two, two, none, none, none);
    if (why == dnnl_success)
        why = begin(backend, &description, NULL, &o);
    cod_status status =
        finish(why, o, ties, COUNT(ties), "a pooling", ret_operation, ret_message);
    if (status == COD_OK)
        o->choice = o->own[o->own_count - 1];
    return status;
}

cod_status cod_max_pool_back(cod_backend *backend, const cod_operation *forward,
                             cod_view *dy, cod_view *dx, cod_operation **ret_operation,
                             cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1}};
    dnnl_pooling_v2_desc_t description;
    cod_operation *o = NULL;
    dnnl_status_t why =
        dnnl_pooling_v2_backward_desc_init(&description, dnnl_pooling_max, &dx->layout,
                                           &dy->layout, two, two, none, none, none);
    if (why == dnnl_success)
        why = begin(backend, &description, forward->recipe, &o);
    cod_status status = finish(why, o, ties, COUNT(ties), "a pooling's gradient",
                               ret_operation, ret_message);
    if (status == COD_OK)
        cod_call_argument(&o->calls[o->count - 1], DNNL_ARG_WORKSPACE, forward->choice);
    return status;
}

/* ---- enlargement ---- */

static dnnl_status_t enlargement(cod_backend *backend, const cod_view *x,
                                 const cod_view *y, cod_operation **ret_operation)
{
    dnnl_resampling_desc_t description;
    dnnl_status_t why = dnnl_resampling_forward_desc_init(
        &description, dnnl_forward_training, dnnl_resampling_nearest, NULL, &x->layout,
        &y->layout);
    return why == dnnl_success ? begin(backend, &description, NULL, ret_operation)
                               : why;
}

cod_status cod_enlarge(cod_backend *backend, cod_view *x, cod_view *y,
                       cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1}};
    cod_operation *o = NULL;
    dnnl_status_t why = enlargement(backend, x, y, &o);
    return finish(why, o, ties, COUNT(ties), "an enlargement", ret_operation,
                  ret_message);
}

cod_status cod_enlarge_back(cod_backend *backend, cod_view *dy, cod_view *dx,
                            cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1}};
    dnnl_resampling_desc_t description;
    cod_operation *o = NULL, *forward = NULL;
    dnnl_status_t why = enlargement(backend, dx, dy, &forward);
    if (why == dnnl_success)
        why = dnnl_resampling_backward_desc_init(&description, dnnl_resampling_nearest,
                                                 NULL, &dx->layout, &dy->layout);
    if (why == dnnl_success)
        why = begin(backend, &description, forward->recipe, &o);
    cod_operation_free(forward);
    return finish(why, o, ties, COUNT(ties), "an enlargement's gradient", ret_operation,
                  ret_message);
}

/* ---- copies ---- */

cod_status cod_copy(cod_backend *backend, cod_view *x, cod_view *y,
                    cod_operation **ret_operation, cod_message *ret_message)
{
    cod_operation *o = calloc(1, sizeof *o);
    if (o == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "out of memory");
    o->backend = backend;
    dnnl_status_t why = cod_operation_reorder(o, x->memory, y->memory);
    if (why != dnnl_success) {
        cod_operation_free(o);
        return cod_backend_fail(why, "a copy", ret_message);
    }
    *ret_operation = o;
    return COD_OK;
}
