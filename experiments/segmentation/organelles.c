/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/tissue.h"

#include <math.h>
#include <stdlib.h>

/* What a cell looks like, and its mitochondrion: an ellipse with a dark rim, in the
 * plane of the cells. */
typedef struct looks {
    double grey;
    double crowded; /* with vesicles: 0 .. 1 */
    double y, x;
    double along_y, along_x; /* the long axis, a unit vector */
    double length, breadth;  /* half axes; 0: there is none */
    double dark;
} looks;

static looks draw_looks(const cod_tissue *t, uint32_t c)
{
    const cod_tissue_stream what = COD_TISSUE_ORGANELLES;
    const cod_cell *cell = &t->cells.at[c];
    uint64_t first = 16 * (uint64_t)c;
    looks l = {.grey = cod_tissue_draw(t, what, first, 128, 172)};
    l.crowded = cod_tissue_draw(t, what, first + 1, 0, 1);
    if (cell->side < 40 || cod_tissue_draw(t, what, first + 2, 0, 1) < 0.3)
        return l;
    l.y = cell->y + cell->side * cod_tissue_draw(t, what, first + 3, -0.2, 0.2);
    l.x = cell->x + cell->side * cod_tissue_draw(t, what, first + 4, -0.2, 0.2);
    double u = cod_tissue_draw(t, what, first + 5, -1, 1);
    double v = cod_tissue_draw(t, what, first + 6, 0.05, 1);
    l.along_y = u / sqrt(u * u + v * v);
    l.along_x = v / sqrt(u * u + v * v);
    l.length = cell->side * cod_tissue_draw(t, what, first + 7, 0.15, 0.34);
    l.breadth = l.length * cod_tissue_draw(t, what, first + 8, 0.45, 0.9);
    l.dark = cod_tissue_draw(t, what, first + 9, 30, 60);
    return l;
}

/* How much darker the mitochondrion makes the point (y, x): its rim most, and its folds
 * across. */
static double mitochondrion(const looks *l, double y, double x)
{
    double dy = y - l->y, dx = x - l->x;
    double a = dy * l->along_y + dx * l->along_x;
    double b = dy * l->along_x - dx * l->along_y;
    double r = a * a / (l->length * l->length) + b * b / (l->breadth * l->breadth);
    if (r > 1)
        return 0;
    if ((1 - r) * l->breadth / 2 < 2.5) /* pixels to the rim, nearly */
        return l->dark + 22;
    double fold = a / 6 - floor(a / 6);
    return l->dark + 22 * fabs(2 * fold - 1) - 11;
}

static void paint_bodies(cod_tissue *t, const looks *of_cell)
{
    for (size_t k = 0; k < t->height * t->width; k++) {
        const looks *l = &of_cell[t->cell[k]];
        t->grey[k] = l->grey;
        if (l->length > 0 && t->gap[k] > 1.2)
            t->grey[k] -= mitochondrion(l, t->y[k], t->x[k]);
    }
}

/* A small dark ring. */
static void paint_vesicle(cod_tissue *t, double y, double x, double radius, double dark)
{
    double reach = radius + 1.5;
    size_t top = y > reach ? (size_t)(y - reach) : 0;
    size_t left = x > reach ? (size_t)(x - reach) : 0;
    for (size_t i = top; i < t->height && (double)i <= y + reach; i++)
        for (size_t j = left; j < t->width && (double)j <= x + reach; j++) {
            double dy = (double)i - y, dx = (double)j - x;
            double off = (sqrt(dy * dy + dx * dx) - radius) / 1.5;
            if (off * off < 1)
                t->grey[i * t->width + j] -= dark * (1 - off * off);
        }
}

/* One try for each square of 8 x 8 pixels. */
static void paint_vesicles(cod_tissue *t, const looks *of_cell)
{
    enum { EACH = 8 };
    const cod_tissue_stream what = COD_TISSUE_VESICLES;
    for (size_t i = 0; i + EACH <= t->height; i += EACH)
        for (size_t j = 0; j + EACH <= t->width; j += EACH) {
            uint64_t first = (((uint64_t)i << 32) + j) * EACH;
            double y = (double)i + cod_tissue_draw(t, what, first, 0, EACH - 0.01);
            double x = (double)j + cod_tissue_draw(t, what, first + 1, 0, EACH - 0.01);
            size_t k = (size_t)y * t->width + (size_t)x;
            double crowded = of_cell[t->cell[k]].crowded;
            if (t->gap[k] > 2 &&
                cod_tissue_draw(t, what, first + 2, 0, 1) < crowded * crowded)
                paint_vesicle(t, y, x, cod_tissue_draw(t, what, first + 3, 0.5, 3.2),
                              cod_tissue_draw(t, what, first + 4, 30, 100));
        }
}

/* Dark threads, where they gather: the zeros of a smooth function. */
static void paint_threads(cod_tissue *t)
{
    double *f = t->contrast, *crowds = t->y; /* which is not needed any more */
    cod_tissue_smooth(t, COD_TISSUE_THREADS, 16, 0, 1, f);
    cod_tissue_smooth(t, COD_TISSUE_CROWDS, 50, 0, 1, crowds);
    for (size_t k = 0; k < t->height * t->width; k++) {
        double off = f[k] / 0.05;
        if (t->gap[k] > 1.6 && crowds[k] > 0.1 && off * off < 1)
            t->grey[k] -= 60 * (1 - off * off);
    }
}

cod_status cod_tissue_paint_cells(cod_tissue *tissue)
{
    looks *of_cell = malloc(tissue->cells.count * sizeof *of_cell);
    if (of_cell == NULL)
        return COD_EMEMORY;
    for (uint32_t c = 0; c < tissue->cells.count; c++)
        of_cell[c] = draw_looks(tissue, c);
    paint_bodies(tissue, of_cell);
    paint_vesicles(tissue, of_cell);
    paint_threads(tissue);
    free(of_cell);
    return COD_OK;
}
