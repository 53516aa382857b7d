/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What backend.c (memory, running) and backend_layers.c (the primitives) share. */
#ifndef COD_EXPERIMENTS_BACKEND_PRIVATE_H
#define COD_EXPERIMENTS_BACKEND_PRIVATE_H

#include "experiments/network/backend.h"
#include "experiments/network/backend_recipes.h"

#define COD_CALL_ARGUMENTS 10
#define COD_CALLS          8

struct cod_backend {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

struct cod_view {
    dnnl_memory_t memory;
};

/* One execution of one primitive. */
typedef struct cod_call {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[COD_CALL_ARGUMENTS];
    int argument_count;
} cod_call;

struct cod_operation {
    cod_backend *backend;
    dnnl_primitive_desc_t recipe; /* of the main call */
    cod_call calls[COD_CALLS];    /* copies into other layouts, the main call, back */
    int count;
    dnnl_memory_t own[COD_CALLS]; /* memory in layouts that oneDNN chose */
    int own_count;
    dnnl_memory_t kept; /* what the gradient needs to know, if anything */
};

/* What the main call reads or writes: a view, in whatever layout the primitive wants;
 * NULL: memory of the operation's own. */
typedef struct cod_tie {
    int argument;
    dnnl_query_t query;
    int index;
    cod_view *view;
    int written;
} cod_tie;

/* The status and message for what oneDNN said of `what`. */
cod_status cod_backend_fail(dnnl_status_t why, const char *what, cod_message *message);
/* The layout belongs to the view. */
cod_layout cod_view_layout(const cod_view *view);
void cod_call_argument(cod_call *call, int name, dnnl_memory_t memory);
dnnl_status_t cod_operation_reorder(cod_operation *operation, dnnl_memory_t from,
                                    dnnl_memory_t to);
/* The main call, from the operation's recipe. */
dnnl_status_t cod_operation_main(cod_operation *operation, const cod_tie *ties,
                                 int count);

#endif
