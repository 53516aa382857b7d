/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One generated image of tissue in the making. Only sums, products and roots go into
 * it, so it is the same bytes on every machine. Distances are in pixels, brightness in
 * grey values. */
#ifndef COD_SEGMENTATION_TISSUE_H
#define COD_SEGMENTATION_TISSUE_H

#include "experiments/segmentation/cells.h"

/* Pixels a side, at the least. */
#define COD_TISSUE_SIDE_MIN 16

/* What random numbers are for: each purpose is a stream of its own. */
typedef enum cod_tissue_stream {
    COD_TISSUE_CELLS,
    COD_TISSUE_BEND_Y,
    COD_TISSUE_BEND_X,
    COD_TISSUE_CURL_Y,
    COD_TISSUE_CURL_X,
    COD_TISSUE_WIDTH,
    COD_TISSUE_COVER,
    COD_TISSUE_CONTRAST,
    COD_TISSUE_ORGANELLES,
    COD_TISSUE_GRAIN,
    COD_TISSUE_VESICLES,
    COD_TISSUE_THREADS,
    COD_TISSUE_CROWDS,
    COD_TISSUE_LIGHT,
    COD_TISSUE_CLOUDS,
    COD_TISSUE_NOISE,
} cod_tissue_stream;

/* Planes of height x width. */
typedef struct cod_tissue {
    uint64_t seed, image;
    size_t height, width;
    cod_cells cells;
    double *memory;   /* of all that follow but `cell` */
    double *y, *x;    /* where in the plane of the cells a pixel lies */
    double *gap;      /* how far from a membrane: 0 in its middle, 1 at its edge */
    double *contrast; /* of membranes; something else before they are painted */
    double *grey;
    double *work;
    uint32_t *cell; /* that a pixel belongs to */
} cod_tissue;

/* A random number, uniform on [low, high). */
double cod_tissue_draw(const cod_tissue *tissue, cod_tissue_stream what,
                       uint64_t coordinate, double low, double high);

/* Sets a plane, which is not `work`, to base + a smooth random function (smooth.h). */
void cod_tissue_smooth(cod_tissue *tissue, cod_tissue_stream what, double period,
                       double base, double amplitude, double *plane);

/* Paints the cells, each in a grey of its own, and what lies inside: mitochondria,
 * vesicles and threads, as dark as membranes. Reads cells, y, x, gap, cell; writes
 * grey, and uses contrast and work. COD_OK; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_tissue_paint_cells(cod_tissue *tissue);

#endif
