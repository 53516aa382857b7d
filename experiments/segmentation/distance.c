/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole numbers throughout. Along a row, x^2 falls out of the comparison of two
 * parabolas f(u) + (x - u)^2, which leaves lines: their envelope needs no division. */
#include "experiments/segmentation/distance.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* f(u) + (x - u)^2 = x^2 - 2 u x + offset */
typedef struct parabola {
    int64_t u;
    int64_t offset; /* f(u) + u^2 */
} parabola;

struct cod_distance {
    int32_t *columns;    /* height x width: distance to the other kind in the column */
    parabola *envelope;  /* width */
    unsigned char *room; /* height x width: for the caller */
};

cod_status cod_distance_alloc(size_t height, size_t width, cod_distance **ret_work)
{
    if (height == 0 || width == 0 || height > COD_DISTANCE_MOST ||
        width > COD_DISTANCE_MOST)
        return COD_EARGUMENT;
    cod_distance *work = calloc(1, sizeof *work);
    if (work == NULL)
        return COD_EMEMORY;
    work->columns = malloc(height * width * sizeof *work->columns);
    work->envelope = malloc(width * sizeof *work->envelope);
    work->room = malloc(height * width);
    if (work->columns == NULL || work->envelope == NULL || work->room == NULL) {
        cod_distance_free(work);
        return COD_EMEMORY;
    }
    *ret_work = work;
    return COD_OK;
}

void cod_distance_free(cod_distance *work)
{
    if (work == NULL)
        return;
    free(work->columns);
    free(work->envelope);
    free(work->room);
    free(work);
}

unsigned char *cod_distance_room(cod_distance *work)
{
    return work->room;
}

/* ---- along the columns ---- */

/* Without a branch: no processor foresees the edges of an object. */
static int32_t one_more(unsigned char here, unsigned char before, int32_t steps)
{
    int32_t same = -(int32_t)((here != 0) == (before != 0));
    return (steps & same) + 1;
}

/* One row, from the row before it on the way down or up. */
static void step_down(const unsigned char *set, const unsigned char *before,
                      size_t width, const int32_t *restrict steps,
                      int32_t *restrict ret_columns)
{
    for (size_t x = 0; x < width; x++)
        ret_columns[x] = one_more(set[x], before[x], steps[x]);
}

static void step_up(const unsigned char *set, const unsigned char *before, size_t width,
                    const int32_t *restrict steps, int32_t *restrict columns)
{
    for (size_t x = 0; x < width; x++) {
        int32_t up = one_more(set[x], before[x], steps[x]);
        columns[x] = up < columns[x] ? up : columns[x];
    }
}

/* Columns of one kind get height + width or more: farther than any pixel of the image,
 * so that they lose against every other. */
static void measure_columns(const unsigned char *set, size_t height, size_t width,
                            int32_t *columns)
{
    for (size_t x = 0; x < width; x++)
        columns[x] = (int32_t)(height + width);
    for (size_t k = width; k < height * width; k += width)
        step_down(set + k, set + k - width, width, columns + k - width, columns + k);
    for (size_t k = (height - 1) * width; k > 0; k -= width)
        step_up(set + k - width, set + k, width, columns + k, columns + k - width);
}

/* ---- along a row ---- */

/* Whether b, between a and c, is nowhere below both: c crosses b before b crosses a. */
static int is_idle(const parabola *a, const parabola *b, const parabola *c)
{
    return (c->offset - b->offset) * (b->u - a->u) <=
           (b->offset - a->offset) * (c->u - b->u);
}

/* Parabolas come in from left to right. Returns the new count. */
static size_t add_parabola(parabola *envelope, size_t count, size_t u, int64_t f)
{
    parabola p = {.u = (int64_t)u, .offset = f + (int64_t)u * (int64_t)u};
    while (count >= 2 && is_idle(&envelope[count - 2], &envelope[count - 1], &p))
        count--;
    envelope[count] = p;
    return count + 1;
}

static int64_t line_at(const parabola *p, int64_t x)
{
    return p->offset - 2 * p->u * x;
}

static void read_envelope(const parabola *envelope, size_t count, size_t begin,
                          size_t end, double *ret_square)
{
    const parabola *last = envelope + count - 1;
    for (size_t k = begin; k < end; k++) {
        int64_t x = (int64_t)k, least = line_at(envelope, x);
        while (envelope < last && line_at(envelope + 1, x) <= least)
            least = line_at(++envelope, x);
        ret_square[k] = (double)(least + x * x);
    }
}

/* A run of pixels of one kind, begin <= x < end. What bounds it is of the other kind
 * and shields it from everything beyond. */
static void measure_run(cod_distance *work, const int32_t *columns, size_t begin,
                        size_t end, size_t width, double *ret_square)
{
    size_t count = 0;
    if (begin > 0)
        count = add_parabola(work->envelope, count, begin - 1, 0);
    for (size_t x = begin; x < end; x++)
        count =
            add_parabola(work->envelope, count, x, (int64_t)columns[x] * columns[x]);
    if (end < width)
        count = add_parabola(work->envelope, count, end, 0);
    read_envelope(work->envelope, count, begin, end, ret_square);
}

static void measure_row(cod_distance *work, const unsigned char *set,
                        const int32_t *columns, size_t width, double *ret_square)
{
    for (size_t begin = 0, end = 0; begin < width; begin = end) {
        while (end < width && !set[end] == !set[begin])
            end++;
        measure_run(work, columns, begin, end, width, ret_square);
    }
}

/* ---- */

static int is_mixed(const unsigned char *set, size_t count)
{
    size_t k = 0;
    while (k < count && !set[k] == !set[0])
        k++;
    return k < count;
}

void cod_distance_across(cod_distance *work, const unsigned char *set, size_t height,
                         size_t width, double *ret_square)
{
    if (!is_mixed(set, height * width)) {
        for (size_t k = 0; k < height * width; k++)
            ret_square[k] = 0;
        return;
    }
    measure_columns(set, height, width, work->columns);
    for (size_t y = 0; y < height; y++)
        measure_row(work, set + y * width, work->columns + y * width, width,
                    ret_square + y * width);
}

void cod_distance_to(cod_distance *work, const unsigned char *set, size_t height,
                     size_t width, double *ret_square)
{
    size_t count = height * width;
    int is_empty = !set[0] && !is_mixed(set, count);
    cod_distance_across(work, set, height, width, ret_square);
    for (size_t k = 0; k < count; k++)
        if (is_empty)
            ret_square[k] = INFINITY;
        else if (set[k])
            ret_square[k] = 0;
}
