/* SPDX-License-Identifier: MIT */
/* The set F = { i : z_i > 0 } of the dual-cone problem: whole blocks change sides while
 * that leaves fewer violations, then one index at a time. */
#include "core/cone_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Exchanges in a row that may leave as many violations as the best one so far.
 * Portugal, Judice and Vicente allow 10; from 3 on it makes no difference here. */
#define PATIENCE 4

/* y = C z + q */
static void find_slopes(cod_cone *c, const double *z)
{
    memcpy(c->y, c->q, c->m * sizeof *c->y);
    c->kernels->add_columns(c->m, c->C, z, c->y);
}

/* What y_i / |g_i| may lack to 0, by rounding: part of sum_j v_j |g_j|. */
static double rounding(const cod_cone *c, const double *z)
{
    double size = 0;
    for (size_t i = 0; i < c->m; i++)
        size += (c->u[i] + (z[i] > 0 ? z[i] : 0)) * c->root[i];
    return DBL_EPSILON * sqrt((double)c->count + 4) * size;
}

/* ---- blocks ---- */

/* Marks what is on the wrong side; returns how many. */
static size_t mark(cod_cone *c)
{
    size_t found = 0;
    double unit = rounding(c, c->x);
    for (size_t i = 0; i < c->m; i++) {
        c->marks[i] = c->inside[i] ? c->x[i] < 0 : c->y[i] < -unit * c->root[i];
        found += c->marks[i];
    }
    return found;
}

/* COD_STOPPED_STALLED: the blocks do not shrink any more. */
static cod_status exchange_blocks(cod_cone *c)
{
    size_t least = c->m + 1;
    int patience = PATIENCE;
    for (;;) {
        cod_status status = cod_cone_face(c);
        if (status != COD_OK)
            return status;
        find_slopes(c, c->x);
        size_t found = mark(c);
        if (found == 0)
            return COD_OK;
        if (found < least) {
            least = found;
            patience = PATIENCE;
        } else if (patience-- == 0) {
            return COD_STOPPED_STALLED;
        }
        for (size_t i = 0; i < c->m; i++)
            c->inside[i] ^= c->marks[i];
    }
}

/* ---- one at a time ---- */

/* From z towards x until an entry is 0; what is 0 then leaves F. Returns whether z is
 * x.
 */
static int move(cod_cone *c)
{
    double step = 1;
    for (size_t i = 0; i < c->m; i++)
        if (c->inside[i] && c->x[i] <= 0)
            step = fmin(step, c->z[i] / (c->z[i] - c->x[i]));
    int whole = 1;
    for (size_t i = 0; i < c->m; i++) {
        if (!c->inside[i])
            continue;
        double border = c->x[i] <= 0 ? c->z[i] / (c->z[i] - c->x[i]) : 2;
        c->z[i] += step * (c->x[i] - c->z[i]);
        if (border <= step || !(c->z[i] > 0)) {
            c->z[i] = 0;
            c->inside[i] = 0;
            whole = 0;
        }
    }
    return whole;
}

/* Takes j into F, or none where j = m, and goes to the minimiser of a face inside that
 * of F. Where rounding has x_j <= 0, so that v'Gv would not fall, j stays out and is
 * marked.
 */
static cod_status admit(cod_cone *c, size_t j)
{
    if (j < c->m)
        c->inside[j] = 1;
    cod_status status = cod_cone_face(c);
    if (status == COD_OK && j < c->m && !(c->x[j] > 0)) {
        c->inside[j] = 0;
        c->marks[j] = 1;
        return cod_cone_face(c);
    }
    memset(c->marks, 0, c->m);
    while (status == COD_OK && !move(c)) {
        status = cod_cone_face(c);
    }
    return status;
}

/* The index of the steepest slope outside F, beyond rounding and not marked; m if there
 * is none. */
static size_t steepest(const cod_cone *c)
{
    size_t worst = c->m;
    double least = -rounding(c, c->z);
    for (size_t i = 0; i < c->m; i++) {
        if (c->inside[i] || c->marks[i] || !(c->y[i] < least * c->root[i]))
            continue;
        least = c->y[i] / c->root[i];
        worst = i;
    }
    return worst;
}

/* Lawson and Hanson's method, from what is positive in the present point. v'Gv falls
 * from face to face, so none comes twice; where rounding has it otherwise, the count of
 * rounds ends it, and the certificate says what was reached. */
static cod_status descend(cod_cone *c)
{
    for (size_t i = 0; i < c->m; i++) {
        c->z[i] = c->inside[i] ? fmax(c->x[i], 0) : 0;
        c->inside[i] = c->z[i] > 0;
    }
    cod_status status = admit(c, c->m);
    for (size_t k = 0; status == COD_OK && k < 4 * c->m + 20; k++) {
        find_slopes(c, c->z);
        size_t j = steepest(c);
        if (j == c->m)
            break;
        status = admit(c, j);
    }
    return status;
}

cod_status cod_cone_pivot(cod_cone *c, cod_cone_algorithm algorithm)
{
    if (algorithm == COD_CONE_BLOCK) {
        cod_status status = exchange_blocks(c);
        memcpy(c->z, c->x, c->m * sizeof *c->z);
        if (status != COD_STOPPED_STALLED)
            return status;
        c->handed_over++;
    } else {
        memset(c->x, 0, c->m * sizeof *c->x);
    }
    return descend(c);
}
