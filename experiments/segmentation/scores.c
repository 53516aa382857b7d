/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/scores.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_statistics_double.h>

#include "experiments/segmentation/distance.h"

/* ---- overlap ---- */

typedef struct tally {
    size_t all, found, truth, both;
} tally;

static tally count_pixels(const unsigned char *found, const unsigned char *truth,
                          size_t count)
{
    tally t = {.all = count};
    for (size_t k = 0; k < count; k++) {
        t.found += found[k] != 0;
        t.truth += truth[k] != 0;
        t.both += found[k] && truth[k];
    }
    return t;
}

/* Of nothing, all is right. */
static double share(size_t part, size_t whole)
{
    return whole == 0 ? 1 : (double)part / (double)whole;
}

/* ---- Hausdorff distance ---- */

typedef struct outlines {
    size_t height, width;
    cod_distance *work;
    unsigned char *found, *truth; /* height x width: of the boundary */
    double *squares;              /* height x width */
    double *picked;               /* height x width: squares on the other boundary */
} outlines;

static void clear_outlines(outlines *o)
{
    cod_distance_free(o->work);
    free(o->found);
    free(o->truth);
    free(o->squares);
    free(o->picked);
}

static cod_status make_outlines(size_t height, size_t width, outlines *ret)
{
    size_t count = height * width;
    outlines o = {.height = height, .width = width};
    cod_status status = cod_distance_alloc(height, width, &o.work);
    if (status != COD_OK)
        return status;
    o.found = malloc(count);
    o.truth = malloc(count);
    o.squares = malloc(count * sizeof *o.squares);
    o.picked = malloc(count * sizeof *o.picked);
    if (o.found == NULL || o.truth == NULL || o.squares == NULL || o.picked == NULL) {
        clear_outlines(&o);
        return COD_EMEMORY;
    }
    *ret = o;
    return COD_OK;
}

/* Whether a pixel of the set has a neighbour outside it, or outside the image. */
static int is_bare(const unsigned char *set, size_t height, size_t width, size_t y,
                   size_t x)
{
    const unsigned char *here = set + y * width + x;
    return y == 0 || y + 1 == height || x == 0 || x + 1 == width || !here[-1] ||
           !here[1] || !*(here - width) || !*(here + width);
}

static void draw_outline(const unsigned char *set, size_t height, size_t width,
                         unsigned char *ret_outline)
{
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            ret_outline[y * width + x] =
                set[y * width + x] && is_bare(set, height, width, y, x);
}

/* The 95th percentile of distances, from their squares, whose order is lost. */
static double percentile(double *squares, size_t count)
{
    size_t twentieths = 19 * (count - 1), k = twentieths / 20;
    double low = sqrt(gsl_stats_select(squares, 1, count, k));
    if (twentieths % 20 == 0)
        return low;
    double high = sqrt(gsl_stats_select(squares, 1, count, k + 1));
    return low + (high - low) * (double)(twentieths % 20) / 20;
}

static double measure_one_way(outlines *o, const unsigned char *from,
                              const unsigned char *to)
{
    size_t count = 0;
    cod_distance_to(o->work, to, o->height, o->width, o->squares);
    for (size_t k = 0; k < o->height * o->width; k++)
        if (from[k])
            o->picked[count++] = o->squares[k];
    return percentile(o->picked, count);
}

/* Neither set is empty. */
static cod_status measure_hausdorff(const unsigned char *found,
                                    const unsigned char *truth, size_t height,
                                    size_t width, double *ret_distance)
{
    outlines o;
    cod_status status = make_outlines(height, width, &o);
    if (status != COD_OK)
        return status;
    draw_outline(found, height, width, o.found);
    draw_outline(truth, height, width, o.truth);
    double there = measure_one_way(&o, o.found, o.truth);
    double back = measure_one_way(&o, o.truth, o.found);
    *ret_distance = fmax(there, back);
    clear_outlines(&o);
    return COD_OK;
}

/* ---- */

static cod_scores scores_of(const tally *t)
{
    size_t either = t->found + t->truth - t->both, neither = t->all - either;
    return (cod_scores){
        .dice = share(2 * t->both, t->found + t->truth),
        .background = share(2 * neither, 2 * t->all - t->found - t->truth),
        .iou = share(t->both, either),
        .hausdorff95 = NAN,
    };
}

void cod_scores_overlap(const unsigned char *found, const unsigned char *truth,
                        size_t count, cod_scores *ret_scores)
{
    tally t = count_pixels(found, truth, count);
    *ret_scores = scores_of(&t);
}

cod_status cod_scores_of(const unsigned char *found, const unsigned char *truth,
                         size_t height, size_t width, cod_scores *ret_scores)
{
    if (height == 0 || width == 0 || height > COD_DISTANCE_MOST ||
        width > COD_DISTANCE_MOST)
        return COD_EARGUMENT;
    tally t = count_pixels(found, truth, height * width);
    cod_scores scores = scores_of(&t);
    scores.hausdorff95 = t.found == 0 && t.truth == 0 ? 0 : INFINITY;
    if (t.found > 0 && t.truth > 0) {
        cod_status status =
            measure_hausdorff(found, truth, height, width, &scores.hausdorff95);
        if (status != COD_OK)
            return status;
    }
    *ret_scores = scores;
    return COD_OK;
}
