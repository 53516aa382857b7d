/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells that fill the plane: the regions of an additively weighted Voronoi diagram
 * (Aurenhammer 1991, ACM Computing Surveys 23:345-405, section 3.1.2): a pixel belongs
 * to the cell whose centre is nearest, less that cell's radius; so large cells bulge
 * into small ones, and walls are curved. */
#ifndef COD_SEGMENTATION_CELLS_H
#define COD_SEGMENTATION_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/random.h>
#include <codescent/status.h>

typedef struct cod_cell {
    double y, x; /* the centre; all in pixels */
    double radius;
    double side; /* of the square that it was drawn in: its size */
} cod_cell;

typedef struct cod_cells {
    size_t count;
    cod_cell *at;
    uint32_t *near; /* workspace */
    uint64_t drawn; /* random numbers used */
} cod_cells;

/* Draws cells of different sizes that fill an image and some pixels around: squares
 * are quartered at random, and each that is left gets a cell. COD_OK; COD_EMEMORY. To
 * be cleared. */
COD_MUST_CHECK cod_status cod_cells_draw(cod_random random, size_t height, size_t width,
                                         cod_cells *ret_cells);
void cod_cells_clear(cod_cells *cells);

/* Each pixel's cell, and how much further the next one is: 0 on the wall between, and
 * about twice the distance from it.
 *
 * @param y, x        height x width: where in the plane the pixels lie
 * @param ret_cell    height x width
 * @param ret_gap     height x width */
void cod_cells_map(cod_cells *cells, size_t height, size_t width, const double *y,
                   const double *x, uint32_t *ret_cell, double *ret_gap);

#endif
