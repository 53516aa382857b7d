/* SPDX-License-Identifier: MIT */
#include "descent/bounded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double cod_norm(size_t n, const double *x)
{
    double largest = 0, sum = 0;
    for (size_t j = 0; j < n; j++)
        largest = fmax(largest, fabs(x[j]));
    if (!(largest > 0) || isinf(largest))
        return largest;
    for (size_t j = 0; j < n; j++)
        sum += (x[j] / largest) * (x[j] / largest);
    return largest * sqrt(sum);
}

/* ---- memory ---- */

/* Hands out pieces of one block; with ws->memory NULL it only counts. */
static size_t lay_out(cod_bounded *ws)
{
    size_t m = ws->m, n = ws->n, at = 0;
    struct {
        double **place;
        size_t count;
    } pieces[] = {
        {&ws->jacobian, m * n},
        {&ws->down, n},
        {&ws->up, n},
        {&ws->c, n},
        {&ws->v, n},
        {&ws->q, n},
        {&ws->breaks, 2 * n},
        {&ws->norm, m},
        {&ws->w, m},
        {&ws->best, m},
        {&ws->slope, m},
        {&ws->dw, m},
        {&ws->length, m},

        {&ws->gramian, m * m},
    };
    for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
        if (ws->memory != NULL)
            *pieces[k].place = ws->memory + at;
        at += pieces[k].count;
    }
    return at;
}

cod_status cod_bounded_alloc(size_t m, size_t n, cod_bounded **ret_ws)
{
    if (ret_ws == NULL || m == 0 || m > 4096 || n == 0 ||
        n > SIZE_MAX / sizeof(double) / (m + 8) - 2 * m)
        return COD_EARGUMENT;
    cod_bounded *ws = calloc(1, sizeof *ws);
    if (ws == NULL)
        return COD_EMEMORY;
    ws->m = m;
    ws->n = n;
    cod_status status = cod_pool_alloc(1, m, &ws->pool);
    if (status == COD_OK)
        status = cod_minnorm_alloc(m, &ws->minnorm);
    if (status != COD_OK)
        goto fail;
    status = COD_EMEMORY;
    ws->memory = malloc(lay_out(ws) * sizeof(double));
    ws->p = malloc(m * sizeof *ws->p);
    ws->hessian = malloc(m * m * sizeof *ws->hessian);
    ws->rows = malloc(m * sizeof *ws->rows);
    ws->set = malloc(m * sizeof *ws->set);
    ws->barred = malloc(m);
    if (ws->memory == NULL || ws->p == NULL || ws->hessian == NULL ||
        ws->rows == NULL || ws->set == NULL || ws->barred == NULL)
        goto fail;
    lay_out(ws);
    *ret_ws = ws;
    return COD_OK;
fail:
    cod_bounded_free(ws);
    return status;
}

void cod_bounded_free(cod_bounded *ws)
{
    if (ws == NULL)
        return;
    cod_pool_free(ws->pool);
    cod_minnorm_free(ws->minnorm);
    free(ws->memory);
    free(ws->p);
    free(ws->hessian);
    free(ws->rows);
    free(ws->set);
    free(ws->barred);
    free(ws);
}

/* ---- input and output ---- */

static cod_status check(const cod_bounded *ws, const double *jacobian,
                        const double *down, const double *up, int *ret_finite_room)
{
    int finite = 0;
    for (size_t k = 0; k < ws->m * ws->n; k++)
        if (!isfinite(jacobian[k]))
            return COD_ENONFINITE;
    for (size_t j = 0; j < ws->n; j++) {
        if (isnan(down[j]) || isnan(up[j]))
            return COD_ENONFINITE;
        if (down[j] > 0 || up[j] < 0)
            return COD_EARGUMENT;
        finite |= isfinite(down[j]) || isfinite(up[j]);
    }
    *ret_finite_room = finite;
    return COD_OK;
}

/* A power of two as two factors, each of which is finite. */
typedef struct scale {
    double first;
    double second;
} scale;

static scale power_of_two(int exponent)
{
    int half = exponent / 2;
    return (scale){ldexp(1, half), ldexp(1, exponent - half)};
}

static double scaled(double x, scale by)
{
    return x * by.first * by.second;
}

/* Everything is divided by 2^exponent, v included, so that no product overflows and no
 * small problem loses digits to underflow. */
static int take(cod_bounded *ws, const double *jacobian, const double *down,
                const double *up)
{
    double largest = 0;
    int exponent;
    for (size_t k = 0; k < ws->m * ws->n; k++)
        largest = fmax(largest, fabs(jacobian[k]));
    frexp(largest, &exponent);
    scale by = power_of_two(-exponent);
    for (size_t k = 0; k < ws->m * ws->n; k++)
        ws->jacobian[k] = scaled(jacobian[k], by);
    for (size_t j = 0; j < ws->n; j++) {
        ws->down[j] = scaled(down[j], by);
        ws->up[j] = scaled(up[j], by);
    }
    for (size_t i = 0; i < ws->m; i++)
        ws->norm[i] = cod_norm(ws->n, ws->jacobian + i * ws->n);
    return exponent;
}

/* v in the caller's scale, exactly at the room where it is clipped. */
static void give_v(const cod_bounded *ws, int exponent, const double *down,
                   const double *up, double *ret_v)
{
    scale by = power_of_two(exponent);
    for (size_t j = 0; j < ws->n; j++) {
        double v = scaled(-ws->c[j], by);
        if (-ws->c[j] <= ws->down[j] || v < down[j])
            v = down[j];
        else if (-ws->c[j] >= ws->up[j] || v > up[j])
            v = up[j];
        ret_v[j] = v + 0.0; /* no -0 */
    }
}

/* Without a finite room: the min-norm problem of the Gramian. */
static cod_status solve_free(cod_bounded *ws, double *ret_kkt)
{
    cod_minnorm_info info;
    for (size_t i = 0; i < ws->m; i++)
        ws->rows[i] = ws->jacobian + i * ws->n;
    cod_status status =
        cod_gramian(ws->pool, ws->m, ws->n, ws->rows, COD_FLOAT64, ws->gramian);
    if (status == COD_OK)
        status = cod_minnorm_solve(ws->minnorm, ws->gramian, NULL, NULL, ws->w, &info);
    if (status < COD_OK)
        return status;
    cod_bounded_point(ws);
    *ret_kkt = info.kkt;
    return status;
}

cod_status cod_bounded_solve(cod_bounded *ws, const double *jacobian,
                             const double *room_down, const double *room_up,
                             double *ret_w, double *ret_v, double *ret_norm,
                             double *ret_kkt)
{
    int finite_room;
    double kkt = 0;
    if (ws == NULL || jacobian == NULL || room_down == NULL || room_up == NULL ||
        ret_w == NULL || ret_v == NULL || ret_norm == NULL || ret_kkt == NULL)
        return COD_EARGUMENT;
    cod_status status = check(ws, jacobian, room_down, room_up, &finite_room);
    if (status != COD_OK)
        return status;
    int exponent = take(ws, jacobian, room_down, room_up);
    if (finite_room) {
        kkt = cod_bounded_newton(ws);
        status = kkt <= COD_BOUNDED_KKT ? COD_OK : COD_STOPPED_MAXITER;
    } else {
        status = solve_free(ws, &kkt);
    }
    if (status < COD_OK)
        return status;
    give_v(ws, exponent, room_down, room_up, ret_v);
    memcpy(ret_w, ws->w, ws->m * sizeof *ret_w);
    *ret_norm = cod_norm(ws->n, ret_v);
    *ret_kkt = kkt;
    return isfinite(*ret_norm) ? status : COD_EOVERFLOW;
}
