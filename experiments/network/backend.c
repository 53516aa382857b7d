/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oneDNN's C API: engine, memory, running. */
#include "experiments/network/backend.h"

#include "core/spec.h"
#include "experiments/network/backend_private.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cod_status cod_backend_fail(dnnl_status_t why, const char *what, cod_message *message)
{
    switch (why) {
    case dnnl_success:
        return COD_OK;
    case dnnl_out_of_memory:
        return cod_fail(message, COD_EMEMORY, "%s: out of memory", what);
    case dnnl_unimplemented:
        return cod_fail(message, COD_EUNSUPPORTED, "%s: not to be had from oneDNN",
                        what);
    default:
        return cod_fail(message, COD_EARGUMENT, "%s: refused by oneDNN (status %d)",
                        what, (int)why);
    }
}

/* oneDNN has its threads from OpenMP's library, whichever it was built with. */
static void use_one_thread(void)
{
    void (*set)(int) = NULL;
    void *found = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    memcpy(&set, &found, sizeof set);
    if (set != NULL)
        set(1);
}

cod_status cod_backend_alloc(cod_backend **ret_backend, cod_message *ret_message)
{
    cod_backend *backend = calloc(1, sizeof *backend);
    if (backend == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "out of memory");
    use_one_thread();
    dnnl_status_t why = dnnl_engine_create(&backend->engine, dnnl_cpu, 0);
    if (why == dnnl_success)
        why = dnnl_stream_create(&backend->stream, backend->engine,
                                 dnnl_stream_default_flags);
    if (why != dnnl_success) {
        cod_backend_free(backend);
        return cod_backend_fail(why, "the engine", ret_message);
    }
    *ret_backend = backend;
    return COD_OK;
}

void cod_backend_version(char *ret_text, size_t size)
{
    const dnnl_version_t *v = dnnl_version();
    unsigned set = (unsigned)dnnl_get_effective_cpu_isa();
    const char *name = (set & 0x27) == 0x27 ? "AVX-512"
                       : (set & 0x7) == 0x7 ? "AVX2"
                       : (set & 0x3) == 0x3 ? "AVX"
                                            : "SSE4.1";
    snprintf(ret_text, size, "%d.%d.%d, %s (%#x)", v->major, v->minor, v->patch, name,
             set);
}

void cod_backend_free(cod_backend *backend)
{
    if (backend == NULL)
        return;
    if (backend->stream != NULL)
        dnnl_stream_destroy(backend->stream);
    if (backend->engine != NULL)
        dnnl_engine_destroy(backend->engine);
    free(backend);
}

/* ---- views ---- */

static cod_status make_view(dnnl_status_t why, dnnl_memory_t memory, const char *what,
                            cod_view **ret_view, cod_message *message)
{
    cod_view *view;
    if (why != dnnl_success)
        return cod_backend_fail(why, what, message);
    view = calloc(1, sizeof *view);
    if (view == NULL) {
        dnnl_memory_destroy(memory);
        return cod_fail(message, COD_EMEMORY, "out of memory");
    }
    view->memory = memory;
    *ret_view = view;
    return COD_OK;
}

cod_status cod_view_images(cod_backend *backend, cod_shape shape, float *data,
                           cod_view **ret_view, cod_message *ret_message)
{
    dnnl_dims_t sizes = {(dnnl_dim_t)shape.batch, (dnnl_dim_t)shape.channels,
                         (dnnl_dim_t)shape.height, (dnnl_dim_t)shape.width};
    dnnl_memory_t memory = NULL;
    dnnl_status_t why =
        cod_memory_make(backend->engine, 4, sizes, dnnl_nhwc, data, &memory);
    return make_view(why, memory, "images", ret_view, ret_message);
}

cod_status cod_view_weights(cod_backend *backend, size_t out, size_t in, size_t kernel,
                            float *data, cod_view **ret_view, cod_message *ret_message)
{
    dnnl_dims_t sizes = {(dnnl_dim_t)out, (dnnl_dim_t)in, (dnnl_dim_t)kernel,
                         (dnnl_dim_t)kernel};
    dnnl_memory_t memory = NULL;
    dnnl_status_t why =
        cod_memory_make(backend->engine, 4, sizes, dnnl_oihw, data, &memory);
    return make_view(why, memory, "weights", ret_view, ret_message);
}

cod_status cod_view_vector(cod_backend *backend, size_t size, float *data,
                           cod_view **ret_view, cod_message *ret_message)
{
    dnnl_dims_t sizes = {(dnnl_dim_t)size};
    dnnl_memory_t memory = NULL;
    dnnl_status_t why =
        cod_memory_make(backend->engine, 1, sizes, dnnl_x, data, &memory);
    return make_view(why, memory, "a vector", ret_view, ret_message);
}

cod_status cod_view_channels(cod_backend *backend, const cod_view *of, size_t first,
                             cod_shape shape, cod_view **ret_view,
                             cod_message *ret_message)
{
    dnnl_dims_t sizes = {(dnnl_dim_t)shape.batch, (dnnl_dim_t)shape.channels,
                         (dnnl_dim_t)shape.height, (dnnl_dim_t)shape.width};
    dnnl_dims_t offsets = {0, (dnnl_dim_t)first, 0, 0};
    dnnl_memory_t memory = NULL;
    void *data = NULL;
    dnnl_status_t why = dnnl_memory_get_data_handle(of->memory, &data);
    if (why == dnnl_success)
        why =
            cod_memory_part(backend->engine, of->memory, sizes, offsets, data, &memory);
    return make_view(why, memory, "channels of images", ret_view, ret_message);
}

void cod_view_point(cod_view *view, float *data)
{
    (void)dnnl_memory_set_data_handle(view->memory, data); /* of a CPU: can't fail */
}

cod_layout cod_view_layout(const cod_view *view)
{
    cod_layout layout = NULL;
    (void)dnnl_memory_get_memory_desc(view->memory, &layout); /* can't fail */
    return layout;
}

void cod_view_free(cod_view *view)
{
    if (view == NULL)
        return;
    dnnl_memory_destroy(view->memory);
    free(view);
}

/* ---- operations ---- */

void cod_operation_free(cod_operation *o)
{
    if (o == NULL)
        return;
    for (int k = 0; k < o->count; k++)
        dnnl_primitive_destroy(o->calls[k].primitive);
    for (int k = 0; k < o->own_count; k++)
        dnnl_memory_destroy(o->own[k]);
    if (o->recipe != NULL)
        dnnl_primitive_desc_destroy(o->recipe);
    free(o);
}

cod_status cod_operation_run(cod_operation *o)
{
    dnnl_status_t why = dnnl_success;
    for (int k = 0; why == dnnl_success && k < o->count; k++)
        why = dnnl_primitive_execute(o->calls[k].primitive, o->backend->stream,
                                     o->calls[k].argument_count, o->calls[k].arguments);
    if (why == dnnl_success)
        why = dnnl_stream_wait(o->backend->stream);
    return why == dnnl_success ? COD_OK : COD_ECALLBACK;
}

const char *cod_operation_name(const cod_operation *o)
{
    const char *name = "";
    if (o->recipe != NULL &&
        dnnl_primitive_desc_query(o->recipe, dnnl_query_impl_info_str, 0,
                                  (void *)&name) != dnnl_success)
        name = "";
    return name;
}

/* ---- putting an operation together ---- */

static dnnl_status_t own_memory(cod_operation *o, cod_layout layout,
                                dnnl_memory_t *ret_memory)
{
    dnnl_status_t why = dnnl_memory_create(ret_memory, layout, o->backend->engine,
                                           DNNL_MEMORY_ALLOCATE);
    if (why == dnnl_success)
        o->own[o->own_count++] = *ret_memory;
    return why;
}

void cod_call_argument(cod_call *call, int name, dnnl_memory_t memory)
{
    call->arguments[call->argument_count++] = (dnnl_exec_arg_t){name, memory};
}

/* Another layout: one more primitive, which copies. */
dnnl_status_t cod_operation_reorder(cod_operation *o, dnnl_memory_t from,
                                    dnnl_memory_t to)
{
    cod_layout a, b;
    dnnl_primitive_desc_t recipe;
    cod_call *call = &o->calls[o->count];
    dnnl_status_t why = dnnl_memory_get_memory_desc(from, &a);
    if (why == dnnl_success)
        why = dnnl_memory_get_memory_desc(to, &b);
    if (why == dnnl_success)
        why = dnnl_reorder_primitive_desc_create(&recipe, a, o->backend->engine, b,
                                                 o->backend->engine, NULL);
    if (why != dnnl_success)
        return why;
    why = dnnl_primitive_create(&call->primitive, recipe);
    dnnl_primitive_desc_destroy(recipe);
    if (why != dnnl_success)
        return why;
    o->count++;
    cod_call_argument(call, DNNL_ARG_FROM, from);
    cod_call_argument(call, DNNL_ARG_TO, to);
    return why;
}

/* Inputs come before the main call, which is why they are tied in this order. */
dnnl_status_t cod_operation_main(cod_operation *o, const cod_tie *ties, int count)
{
    cod_call main_call = {0};
    dnnl_status_t why = dnnl_success;
    dnnl_memory_t inner[COD_CALL_ARGUMENTS] = {NULL};
    for (int k = 0; why == dnnl_success && k < count; k++) {
        const cod_tie *tie = &ties[k];
        cod_layout wanted =
            dnnl_primitive_desc_query_md(o->recipe, tie->query, tie->index);
        inner[k] = tie->view != NULL ? tie->view->memory : NULL;
        if (tie->view == NULL ||
            !dnnl_memory_desc_equal(wanted, cod_view_layout(tie->view))) {
            why = own_memory(o, wanted, &inner[k]);
            if (tie->view == NULL)
                o->kept = inner[k];
            if (why == dnnl_success && tie->view != NULL && !tie->written)
                why = cod_operation_reorder(o, tie->view->memory, inner[k]);
        }
        cod_call_argument(&main_call, tie->argument, inner[k]);
    }
    if (why == dnnl_success)
        why = dnnl_primitive_create(&main_call.primitive, o->recipe);
    if (why == dnnl_success)
        o->calls[o->count++] = main_call;
    for (int k = 0; why == dnnl_success && k < count; k++)
        if (ties[k].written && ties[k].view != NULL && inner[k] != ties[k].view->memory)
            why = cod_operation_reorder(o, inner[k], ties[k].view->memory);
    return why;
}
