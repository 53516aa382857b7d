/* SPDX-License-Identifier: MIT */
/* The workspace of the dual-cone problem: its memory, and the Gramian it is loaded
 * with. */
#include "core/cone_private.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernels.h"
#include "core/minnorm_private.h"

#define ROWS_LIMIT 4096

/* ---- memory ---- */

enum {
    VECTORS = 14, /* arrays of m doubles in the struct */
    LINE = 8,     /* doubles of a cache line */
};

static size_t doubles_for(size_t bytes)
{
    return (bytes + sizeof(double) - 1) / sizeof(double);
}

/* Where the next line begins, for whole vectors. */
static double *line_from(double *memory)
{
    size_t lacking = (uintptr_t)memory / sizeof *memory % LINE;
    return lacking > 0 ? memory + LINE - lacking : memory;
}

size_t cod_cone_size(size_t m)
{
    if (m == 0 || m > ROWS_LIMIT)
        return 0;
    return doubles_for(sizeof(cod_cone)) + LINE + VECTORS * m + COD_PANEL + m * m +
           cod_factor_size(m) + doubles_for(m * sizeof(size_t)) + doubles_for(2 * m);
}

cod_cone *cod_cone_place(size_t m, double *memory)
{
    if (cod_cone_size(m) == 0 || memory == NULL)
        return NULL;
    cod_cone *ws = (cod_cone *)(void *)memory;
    *ws = (cod_cone){
        .m = m, .kernels = cod_kernels_best()->cone, .hull = cod_kernels_best()->hull};
    memory = line_from(memory + doubles_for(sizeof *ws));
    ws->C = memory;
    memory += m * m;
    memset(memory, 0, cod_factor_size(m) * sizeof *memory);
    ws->factor = cod_factor_at(memory, m);
    memory += cod_factor_size(m);
    double **const vectors[VECTORS] = {&ws->scale, &ws->root, &ws->reciprocal, &ws->u,
                                       &ws->base,  &ws->q,    &ws->center,     &ws->z,
                                       &ws->x,     &ws->y,    &ws->low,        &ws->v,
                                       &ws->best,  &ws->right};
    for (size_t k = 0; k < VECTORS; k++, memory += m)
        *vectors[k] = memory;
    memory += COD_PANEL; /* behind `right` */
    ws->set = (size_t *)(void *)memory;
    memory += doubles_for(m * sizeof(size_t));
    ws->inside = (unsigned char *)memory;
    ws->marks = ws->inside + m;
    return ws;
}

cod_status cod_cone_alloc(size_t m, cod_cone **ret_ws)
{
    size_t size = cod_cone_size(m);
    if (size == 0 || ret_ws == NULL)
        return COD_EARGUMENT;
    double *memory = malloc(size * sizeof *memory);
    if (memory == NULL)
        return COD_EMEMORY;
    *ret_ws = cod_cone_place(m, memory);
    return COD_OK;
}

void cod_cone_free(cod_cone *ws)
{
    free(ws);
}

/* ---- the Gramian ---- */

static cod_status check(size_t m, const double *G)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            if (!isfinite(G[i * m + j]))
                return COD_ENONFINITE;
    for (size_t i = 0; i < m; i++)
        if (G[i * m + i] < 0)
            return COD_EDOMAIN;
    return COD_OK;
}

/* Rows so short that their squares have lost digits, or vanished. */
#define TINY (DBL_MIN / DBL_EPSILON)

/* C_ij within |g_i||g_j|, as far as short rows go. */
static int bound_entry(const cod_cone *c, const double *G, size_t i, size_t j,
                       double *entry)
{
    size_t m = c->m;
    double bound = c->root[i] * c->root[j];
    if (G[i * m + i] >= TINY && G[j * m + j] >= TINY)
        return fabs(*entry) <= bound * (1 + 1e-6);
    double rounding = sqrt(G[i * m + i] + TINY) * sqrt(G[j * m + j] + TINY);
    if (fabs(G[i * m + j]) > rounding)
        return 0;
    *entry = fmax(-bound, fmin(*entry, bound));
    return 1;
}

cod_status cod_cone_load(cod_cone *ws, const double *G)
{
    if (ws == NULL || G == NULL)
        return COD_EARGUMENT;
    size_t m = ws->m;
    cod_status status = check(m, G);
    ws->loaded = 0;
    ws->factored = 0;
    for (size_t i = 0; status == COD_OK && i < m; i++) {
        int k = cod_scale_exponent(G[i * m + i]);
        double row = ldexp(1, -k);
        double *units = ws->right; /* 1/s of the rows so far */
        ws->scale[i] = k;
        units[i] = row;
        ws->root[i] = sqrt(G[i * m + i]) * row;
        for (size_t j = 0; j <= i; j++) {
            double entry = G[i * m + j] * row * units[j];
            if (j < i && !bound_entry(ws, G, i, j, &entry))
                return COD_EINDEFINITE;
            ws->C[i * m + j] = ws->C[j * m + i] = entry;
        }
        ws->reciprocal[i] = 1 / ws->C[i * m + i];
    }
    ws->loaded = status == COD_OK;
    return status;
}
