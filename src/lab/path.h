/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The path of one run: what a monitor saw, thinned so that its length stays bounded.
 *
 * Up to `limit` points are kept; when they are full, one of every two neighbours goes,
 * as if by chance, and from then on one step in two is kept, and so on. The first and
 * the last point seen are always kept. What is kept depends on the steps alone, so it
 * is the same bytes in every run.
 */
#ifndef COD_LAB_PATH_H
#define COD_LAB_PATH_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/descent.h>

typedef struct cod_path {
    size_t m;
    size_t n; /* x is kept where this is not 0 */
    size_t limit;
    size_t count;   /* points kept */
    size_t width;   /* doubles a point: 3 + 2 m + n */
    int64_t stride; /* of so many steps one is kept, by now */
    int off_stride; /* the last point goes when the next one comes */
    double *points; /* limit + 1 points: step, evaluations, stationarity, f, w, x */
} cod_path;

/* n = 0: x is not kept. limit at least 2. COD_OK; COD_EARGUMENT; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_path_alloc(size_t m, size_t n, size_t limit,
                                         cod_path **ret_path);
void cod_path_free(cod_path *path);

/* A cod_monitor_function whose data is a cod_path; never stops the run. */
int cod_path_monitor(void *path, const cod_iterate *iterate);

/* Point k's parts. The weights are NaN where there were none (the end of a run). */
double cod_path_step(const cod_path *path, size_t k);
double cod_path_evaluations(const cod_path *path, size_t k);
double cod_path_stationarity(const cod_path *path, size_t k);
const double *cod_path_f(const cod_path *path, size_t k);
const double *cod_path_weights(const cod_path *path, size_t k);
const double *cod_path_x(const cod_path *path, size_t k);

#endif
