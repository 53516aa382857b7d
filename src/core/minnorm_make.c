/* SPDX-License-Identifier: MIT */
/* The min-norm solver's workspace. */
#include <codescent/minnorm.h>

#include <stdint.h>
#include <stdlib.h>

#include "core/kernels.h"
#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

#define ROWS_LIMIT 4096

/* Zeros that begin on a cache line, or NULL; *ret_block is to be freed. */
static void *calloc_lines(size_t bytes, void **ret_block)
{
    enum { LINE = 64 };
    unsigned char *block = calloc(bytes + LINE, 1);
    *ret_block = block;
    return block == NULL ? NULL : block + (LINE - (uintptr_t)block % LINE) % LINE;
}

cod_status cod_minnorm_alloc(size_t m, cod_minnorm **ret_ws)
{
    if (m == 0 || m > ROWS_LIMIT || ret_ws == NULL)
        return COD_EARGUMENT;
    cod_minnorm *ws = calloc(1, sizeof *ws);
    if (ws == NULL)
        return COD_EMEMORY;
    cod_wolfe *w = &ws->wolfe;
    size_t stride = (m + COD_PANEL - 1) / COD_PANEL * COD_PANEL;
    size_t factor = cod_factor_size(m) * sizeof(double);
    w->m = m;
    w->stride = stride % 64 == 0 ? stride + COD_PANEL : stride; /* cache sets */
    w->kernels = cod_kernels_best()->hull;
    stride = w->stride;
    w->C = calloc_lines(stride * stride * sizeof(double), &ws->blocks[0]);
    w->b = calloc(stride, sizeof(double));
    w->inverse = calloc(stride, sizeof(double));
    w->length = calloc(stride, sizeof(double));
    w->v = calloc(stride, sizeof(double));
    w->support = calloc(m, sizeof(size_t));
    w->inside = calloc(m, 1);
    w->outside = calloc(m, sizeof(size_t));
    w->changes = calloc(stride, sizeof(size_t));
    w->factor =
        calloc_lines(factor > m * m * COD_WOLFE_REAL ? factor : m * m * COD_WOLFE_REAL,
                     &ws->blocks[1]);
    w->work = calloc_lines(4 * (stride + COD_PANEL) * COD_WOLFE_REAL, &ws->blocks[2]);
    ws->exponents = calloc(m, sizeof(int));
    ws->start = calloc(m, sizeof(double));
    ws->best = calloc(stride, sizeof(double));
    ws->scratch = calloc(4 * m, sizeof(double));
    if (w->C == NULL || w->b == NULL || w->inverse == NULL || w->length == NULL ||
        w->v == NULL || w->support == NULL || w->inside == NULL || w->outside == NULL ||
        w->changes == NULL || w->factor == NULL || w->work == NULL ||
        ws->exponents == NULL || ws->start == NULL || ws->best == NULL ||
        ws->scratch == NULL) {
        cod_minnorm_free(ws);
        return COD_EMEMORY;
    }
    *ret_ws = ws;
    return COD_OK;
}

void cod_minnorm_free(cod_minnorm *ws)
{
    if (ws == NULL)
        return;
    for (size_t k = 0; k < sizeof ws->blocks / sizeof *ws->blocks; k++)
        free(ws->blocks[k]);
    free(ws->wolfe.b);
    free(ws->wolfe.inverse);
    free(ws->wolfe.length);
    free(ws->wolfe.v);
    free(ws->wolfe.support);
    free(ws->wolfe.inside);
    free(ws->wolfe.outside);
    free(ws->wolfe.changes);
    free(ws->exponents);
    free(ws->start);
    free(ws->best);
    free(ws->scratch);
    free(ws);
}
