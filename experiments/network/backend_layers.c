/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The primitives that layers are made of. */
#include "core/spec.h"
#include "experiments/network/backend_private.h"

#include <stdlib.h>

#define COUNT(ties) ((int)(sizeof(ties) / sizeof *(ties)))
#define EPSILON     1e-5f /* under the root of normalization */

/* An operation of what oneDNN made of a recipe, with its ties. */
static cod_status finish(dnnl_status_t why, cod_backend *backend,
                         dnnl_primitive_desc_t recipe, const cod_tie *ties, int count,
                         const char *what, cod_operation **ret_operation,
                         cod_message *message)
{
    cod_operation *o = NULL;
    if (why == dnnl_success) {
        o = calloc(1, sizeof *o);
        if (o == NULL) {
            dnnl_primitive_desc_destroy(recipe);
            return cod_fail(message, COD_EMEMORY, "out of memory");
        }
        o->backend = backend;
        o->recipe = recipe;
        why = cod_operation_main(o, ties, count);
    }
    if (why != dnnl_success) {
        cod_operation_free(o);
        return cod_backend_fail(why, what, message);
    }
    *ret_operation = o;
    return COD_OK;
}

/* ---- convolution ---- */

static cod_convolution convolution(const cod_view *x, const cod_view *weights,
                                   const cod_view *bias, size_t padding,
                                   const cod_view *y)
{
    return (cod_convolution){cod_view_layout(x),
                             cod_view_layout(weights),
                             bias != NULL ? cod_view_layout(bias) : NULL,
                             cod_view_layout(y),
                             {(dnnl_dim_t)padding, (dnnl_dim_t)padding}};
}

cod_status cod_operation_convolve(cod_backend *backend, cod_view *x, cod_view *weights,
                                  cod_view *bias, size_t padding, cod_view *y,
                                  cod_operation **ret_operation,
                                  cod_message *ret_message)
{
    const cod_tie ties[] = {
        {DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
        {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0, weights, 0},
        {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1},
        {DNNL_ARG_BIAS, dnnl_query_weights_md, 1, bias, 0},
    };
    const cod_convolution c = convolution(x, weights, bias, padding, y);
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_convolve(backend->engine, &c, &recipe);
    return finish(why, backend, recipe, ties, bias != NULL ? 4 : 3, "a convolution",
                  ret_operation, ret_message);
}

cod_status cod_operation_convolve_back(const cod_operation *forward, cod_view *dy,
                                       cod_view *weights, size_t padding, cod_view *dx,
                                       cod_operation **ret_operation,
                                       cod_message *ret_message)
{
    const cod_tie ties[] = {
        {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
        {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0, weights, 0},
        {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1},
    };
    const cod_convolution c = convolution(dx, weights, NULL, padding, dy);
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_convolve_back(forward->backend->engine, &c,
                                                 forward->recipe, &recipe);
    return finish(why, forward->backend, recipe, ties, COUNT(ties),
                  "a convolution's gradient", ret_operation, ret_message);
}

cod_status cod_operation_convolve_weights(const cod_operation *forward, cod_view *x,
                                          cod_view *dy, size_t padding,
                                          cod_view *dweights, cod_view *dbias,
                                          cod_operation **ret_operation,
                                          cod_message *ret_message)
{
    const cod_tie ties[] = {
        {DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
        {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
        {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md, 0, dweights, 1},
        {DNNL_ARG_DIFF_BIAS, dnnl_query_diff_weights_md, 1, dbias, 1},
    };
    const cod_convolution c = convolution(x, dweights, dbias, padding, dy);
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_convolve_weights(forward->backend->engine, &c,
                                                    forward->recipe, &recipe);
    return finish(why, forward->backend, recipe, ties, dbias != NULL ? 4 : 3,
                  "a convolution's weights", ret_operation, ret_message);
}

/* ---- normalization ---- */

static unsigned normalization_flags(const cod_normalization *n)
{
    unsigned flags = dnnl_use_scale | dnnl_use_shift;
    if (n->given)
        flags |= dnnl_use_global_stats;
    if (n->rectified)
        flags |= dnnl_fuse_norm_relu;
    return flags;
}

/* Vectors have one layout: whatever the primitive asks for is what they have. */
cod_status cod_operation_normalize(cod_backend *backend, const cod_normalization *n,
                                   cod_operation **ret_operation,
                                   cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, n->x, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, n->y, 1},
                            {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, 0, NULL, 1}};
    int which = n->rectified && !n->given; /* keeps what the gradient has to know */
    cod_operation *o = NULL;
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why =
        cod_recipe_normalize(backend->engine, cod_view_layout(n->x), EPSILON,
                             normalization_flags(n), !n->given, &recipe);
    cod_status status = finish(why, backend, recipe, ties, which ? 3 : 2,
                               "a normalization", &o, ret_message);
    if (status < 0)
        return status;
    cod_call *call = &o->calls[o->count - 1];
    cod_call_argument(call, DNNL_ARG_SCALE, n->scale->memory);
    cod_call_argument(call, DNNL_ARG_SHIFT, n->shift->memory);
    cod_call_argument(call, DNNL_ARG_MEAN, n->mean->memory);
    cod_call_argument(call, DNNL_ARG_VARIANCE, n->variance->memory);
    *ret_operation = o;
    return COD_OK;
}

/* Some versions of oneDNN insist on the shift, which the gradient does not need: they
 * want more than x, dy, mean, variance, scale, and what the forward call kept. */
static int wants_shift(dnnl_primitive_desc_t recipe, int kept)
{
    return dnnl_primitive_desc_query_s32(recipe, dnnl_query_num_of_inputs_s32, 0) >
           5 + kept;
}

cod_status cod_operation_normalize_back(const cod_operation *forward,
                                        const cod_normalization *n, cod_view *dy,
                                        cod_view *dx, cod_view *dscale,
                                        cod_view *dshift, cod_operation **ret_operation,
                                        cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, n->x, 0},
                            {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1}};
    cod_operation *o = NULL;
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_normalize_back(
        forward->backend->engine, cod_view_layout(n->x), EPSILON,
        normalization_flags(n), forward->recipe, &recipe);
    cod_status status = finish(why, forward->backend, recipe, ties, COUNT(ties),
                               "a normalization's gradient", &o, ret_message);
    if (status < 0)
        return status;
    cod_call *call = &o->calls[o->count - 1];
    cod_call_argument(call, DNNL_ARG_SCALE, n->scale->memory);
    if (wants_shift(recipe, forward->kept != NULL))
        cod_call_argument(call, DNNL_ARG_SHIFT, n->shift->memory);
    cod_call_argument(call, DNNL_ARG_MEAN, n->mean->memory);
    cod_call_argument(call, DNNL_ARG_VARIANCE, n->variance->memory);
    cod_call_argument(call, DNNL_ARG_DIFF_SCALE, dscale->memory);
    cod_call_argument(call, DNNL_ARG_DIFF_SHIFT, dshift->memory);
    if (forward->kept != NULL)
        cod_call_argument(call, DNNL_ARG_WORKSPACE, forward->kept);
    *ret_operation = o;
    return COD_OK;
}

/* ---- rectification ---- */

cod_status cod_operation_rectify(cod_backend *backend, cod_view *y,
                                 cod_operation **ret_operation,
                                 cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, y, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1}};
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why =
        cod_recipe_rectify(backend->engine, cod_view_layout(y), &recipe);
    return finish(why, backend, recipe, ties, COUNT(ties), "a rectification",
                  ret_operation, ret_message);
}

cod_status cod_operation_rectify_back(const cod_operation *forward, cod_view *y,
                                      cod_view *dy, cod_operation **ret_operation,
                                      cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 0},
                            {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dy, 1}};
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_rectify_back(
        forward->backend->engine, cod_view_layout(y), forward->recipe, &recipe);
    return finish(why, forward->backend, recipe, ties, COUNT(ties),
                  "a rectification's gradient", ret_operation, ret_message);
}

/* ---- pooling ---- */

cod_status cod_operation_pool(cod_backend *backend, cod_view *x, cod_view *y,
                              cod_operation **ret_operation, cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1},
                            {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, 0, NULL, 1}};
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_pool(backend->engine, cod_view_layout(x),
                                        cod_view_layout(y), &recipe);
    return finish(why, backend, recipe, ties, COUNT(ties), "a pooling", ret_operation,
                  ret_message);
}

cod_status cod_operation_pool_back(const cod_operation *forward, cod_view *dy,
                                   cod_view *dx, cod_operation **ret_operation,
                                   cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1}};
    cod_operation *o = NULL;
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why =
        cod_recipe_pool_back(forward->backend->engine, cod_view_layout(dx),
                             cod_view_layout(dy), forward->recipe, &recipe);
    cod_status status = finish(why, forward->backend, recipe, ties, COUNT(ties),
                               "a pooling's gradient", &o, ret_message);
    if (status < 0)
        return status;
    cod_call_argument(&o->calls[o->count - 1], DNNL_ARG_WORKSPACE, forward->kept);
    *ret_operation = o;
    return COD_OK;
}

/* ---- enlargement ---- */

cod_status cod_operation_enlarge(cod_backend *backend, cod_view *x, cod_view *y,
                                 cod_operation **ret_operation,
                                 cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_SRC, dnnl_query_src_md, 0, x, 0},
                            {DNNL_ARG_DST, dnnl_query_dst_md, 0, y, 1}};
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why = cod_recipe_enlarge(backend->engine, cod_view_layout(x),
                                           cod_view_layout(y), &recipe);
    return finish(why, backend, recipe, ties, COUNT(ties), "an enlargement",
                  ret_operation, ret_message);
}

cod_status cod_operation_enlarge_back(const cod_operation *forward, cod_view *dy,
                                      cod_view *dx, cod_operation **ret_operation,
                                      cod_message *ret_message)
{
    const cod_tie ties[] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0, dy, 0},
                            {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0, dx, 1}};
    dnnl_primitive_desc_t recipe = NULL;
    dnnl_status_t why =
        cod_recipe_enlarge_back(forward->backend->engine, cod_view_layout(dx),
                                cod_view_layout(dy), forward->recipe, &recipe);
    return finish(why, forward->backend, recipe, ties, COUNT(ties),
                  "an enlargement's gradient", ret_operation, ret_message);
}

/* ---- copies ---- */

cod_status cod_operation_copy(cod_backend *backend, cod_view *x, cod_view *y,
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
