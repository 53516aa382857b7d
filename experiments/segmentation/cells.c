/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/cells.h"

#include <math.h>
#include <stdlib.h>

#define LARGEST  136  /* pixels a side of the squares */
#define SMALLEST 34   /* two quarterings */
#define MARGIN   1    /* squares around the image, on each side */
#define JITTER   0.36 /* of a side: how far centres lie from their squares' */
#define RADIUS   0.34 /* of a side */
#define TILE     16   /* pixels a side */

/* ---- drawing ---- */

static double draw(cod_cells *cells, cod_random random)
{
    return cod_random_uniform(random, cells->drawn++);
}

/* A square becomes a cell, or four squares. */
static void divide(cod_cells *cells, cod_random random, double y, double x, double side)
{
    double chance = side == LARGEST ? 0.8 : 0.5;
    if (side > SMALLEST && draw(cells, random) < chance) {
        for (int quarter = 0; quarter < 4; quarter++)
            divide(cells, random, y + (quarter / 2) * side / 2,
                   x + (quarter % 2) * side / 2, side / 2);
        return;
    }
    cod_cell *cell = &cells->at[cells->count++];
    cell->side = side;
    cell->radius = RADIUS * side;
    cell->y = y + side * (0.5 + JITTER * (2 * draw(cells, random) - 1));
    cell->x = x + side * (0.5 + JITTER * (2 * draw(cells, random) - 1));
}

cod_status cod_cells_draw(cod_random random, size_t height, size_t width,
                          cod_cells *ret_cells)
{
    cod_cells cells = {0};
    size_t down = (height + LARGEST - 1) / LARGEST + 2 * MARGIN;
    size_t across = (width + LARGEST - 1) / LARGEST + 2 * MARGIN;
    size_t most = down * across * (LARGEST / SMALLEST) * (LARGEST / SMALLEST);
    cells.at = malloc(most * sizeof *cells.at);
    cells.near = malloc(most * sizeof *cells.near);
    if (cells.at == NULL || cells.near == NULL) {
        cod_cells_clear(&cells);
        return COD_EMEMORY;
    }
    for (size_t i = 0; i < down; i++)
        for (size_t j = 0; j < across; j++)
            divide(&cells, random, ((double)i - MARGIN) * LARGEST,
                   ((double)j - MARGIN) * LARGEST, LARGEST);
    *ret_cells = cells;
    return COD_OK;
}

void cod_cells_clear(cod_cells *cells)
{
    free(cells->at);
    free(cells->near);
    *cells = (cod_cells){0};
}

/* ---- mapping ---- */

typedef struct nearest {
    double first, second; /* distances, less the radius */
    uint32_t cell;
} nearest;

static double distance(const cod_cell *cell, double y, double x)
{
    double dy = y - cell->y, dx = x - cell->x;
    return sqrt(dy * dy + dx * dx) - cell->radius;
}

static void see(nearest *n, double d, uint32_t cell)
{
    if (d < n->first) {
        n->second = n->first;
        n->first = d;
        n->cell = cell;
    } else if (d < n->second) {
        n->second = d;
    }
}

/* A part of the image. */
typedef struct tile {
    size_t top, left, bottom, right;
} tile;

/* The cells that may be the nearest or the next of a tile's pixels: those not further
 * from the middle of where they lie than the second is, and the diameter. */
static size_t find_near(cod_cells *cells, tile t, size_t width, const double *y,
                        const double *x)
{
    double low_y = INFINITY, low_x = INFINITY, high_y = -INFINITY, high_x = -INFINITY;
    for (size_t i = t.top; i < t.bottom; i++)
        for (size_t k = i * width + t.left; k < i * width + t.right; k++) {
            low_y = y[k] < low_y ? y[k] : low_y;
            high_y = y[k] > high_y ? y[k] : high_y;
            low_x = x[k] < low_x ? x[k] : low_x;
            high_x = x[k] > high_x ? x[k] : high_x;
        }
    double mid_y = (low_y + high_y) / 2, mid_x = (low_x + high_x) / 2;
    double tall = high_y - low_y, wide = high_x - low_x;
    double diameter = sqrt(tall * tall + wide * wide) + 1e-6; /* and rounding */
    nearest n = {INFINITY, INFINITY, 0};
    for (size_t c = 0; c < cells->count; c++)
        see(&n, distance(&cells->at[c], mid_y, mid_x), (uint32_t)c);
    size_t count = 0;
    for (size_t c = 0; c < cells->count; c++)
        if (distance(&cells->at[c], mid_y, mid_x) <= n.second + diameter)
            cells->near[count++] = (uint32_t)c;
    return count;
}

static void map_tile(cod_cells *cells, tile t, size_t width, const double *y,
                     const double *x, uint32_t *ret_cell, double *ret_gap)
{
    size_t count = find_near(cells, t, width, y, x);
    for (size_t i = t.top; i < t.bottom; i++)
        for (size_t k = i * width + t.left; k < i * width + t.right; k++) {
            nearest n = {INFINITY, INFINITY, 0};
            for (size_t c = 0; c < count; c++)
                see(&n, distance(&cells->at[cells->near[c]], y[k], x[k]),
                    cells->near[c]);
            ret_cell[k] = n.cell;
            ret_gap[k] = n.second - n.first;
        }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void cod_cells_map(cod_cells *cells, size_t height, size_t width, const double *y,
                   const double *x, uint32_t *ret_cell, double *ret_gap)
{
    for (size_t i = 0; i < height; i += TILE)
        for (size_t j = 0; j < width; j += TILE) {
            tile t = {i, j, smaller(i + TILE, height), smaller(j + TILE, width)};
            map_tile(cells, t, width, y, x, ret_cell, ret_gap);
        }
}
