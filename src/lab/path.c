/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/path.h"

#include <codescent/random.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_PATH (UINT64_MAX - 5) /* starts.c and others have those before */
#define HEAD        3                /* step, evaluations, stationarity */

cod_status cod_path_alloc(size_t m, size_t n, size_t limit, cod_path **ret_path)
{
    if (m == 0 || limit < 2)
        return COD_EARGUMENT;
    cod_path *path = calloc(1, sizeof *path);
    if (path == NULL)
        return COD_EMEMORY;
    path->m = m;
    path->n = n;
    path->limit = limit;
    path->width = HEAD + 2 * m + n;
    path->stride = 1;
    path->points = calloc((limit + 1) * path->width, sizeof *path->points);
    if (path->points == NULL) {
        free(path);
        return COD_EMEMORY;
    }
    *ret_path = path;
    return COD_OK;
}

void cod_path_free(cod_path *path)
{
    if (path == NULL)
        return;
    free(path->points);
    free(path);
}

static double *point_at(const cod_path *path, size_t k)
{
    return path->points + k * path->width;
}

/* Of every two neighbours of one thinning the next keeps one, by a bit that hangs on
 * their place: every second one would show of a method with turns always the same turn.
 * The start stays. */
static int is_kept(int64_t step, int64_t stride)
{
    for (int64_t s = 1; s < stride; s *= 2) {
        cod_random random = {0, STREAM_PATH, (uint64_t)s};
        int64_t pair = step / (2 * s);
        int64_t half =
            pair == 0 ? 0 : (int64_t)(cod_random_bits(random, (uint64_t)pair) & 1);
        if (step / s % 2 != half)
            return 0;
    }
    return 1;
}

/* Keeps half of the points of a full path. */
static void thin(cod_path *path)
{
    size_t kept = 0;
    path->stride *= 2;
    for (size_t k = 0; k < path->count; k++) {
        const double *point = point_at(path, k);
        if (!is_kept((int64_t)point[0], path->stride))
            continue;
        memmove(point_at(path, kept++), point, path->width * sizeof *point);
    }
    path->count = kept;
}

static void store(cod_path *path, const cod_iterate *iterate)
{
    double *point = point_at(path, path->count++);
    point[0] = (double)iterate->step;
    point[1] = (double)iterate->evaluations;
    point[2] = iterate->stationarity;
    memcpy(point + HEAD, iterate->f, path->m * sizeof *point);
    for (size_t i = 0; i < path->m; i++)
        point[HEAD + path->m + i] =
            iterate->weights == NULL ? NAN : iterate->weights[i];
    if (path->n > 0)
        memcpy(point + HEAD + 2 * path->m, iterate->x, path->n * sizeof *point);
}

int cod_path_monitor(void *data, const cod_iterate *iterate)
{
    cod_path *path = data;
    if (path->off_stride || (path->count > 0 && (double)iterate->step ==
                                                    point_at(path, path->count - 1)[0]))
        path->count--; /* the last step is seen twice: before it, and at the end */
    if (path->count == path->limit)
        thin(path);
    path->off_stride = !is_kept(iterate->step, path->stride);
    store(path, iterate);
    return 0;
}

double cod_path_step(const cod_path *path, size_t k)
{
    return point_at(path, k)[0];
}

double cod_path_evaluations(const cod_path *path, size_t k)
{
    return point_at(path, k)[1];
}

double cod_path_stationarity(const cod_path *path, size_t k)
{
    return point_at(path, k)[2];
}

const double *cod_path_f(const cod_path *path, size_t k)
{
    return point_at(path, k) + HEAD;
}

const double *cod_path_weights(const cod_path *path, size_t k)
{
    return point_at(path, k) + HEAD + path->m;
}

const double *cod_path_x(const cod_path *path, size_t k)
{
    return point_at(path, k) + HEAD + 2 * path->m;
}
