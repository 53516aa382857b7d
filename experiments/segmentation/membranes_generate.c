/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/membranes_private.h"

#include "core/spec.h"
#include "experiments/segmentation/picture.h"
#include "experiments/segmentation/smooth.h"
#include "experiments/segmentation/tissue.h"

#include <stdlib.h>

/* ---- an image in the making ---- */

static cod_status tissue_alloc(uint64_t seed, size_t height, size_t width,
                               cod_tissue *ret_tissue)
{
    size_t pixels = height * width;
    cod_tissue t = {.seed = seed, .height = height, .width = width};
    double **planes[] = {&t.y, &t.x, &t.gap, &t.contrast, &t.grey, &t.work};
    const size_t count = sizeof planes / sizeof *planes;
    t.memory = malloc(count * pixels * sizeof *t.memory);
    t.cell = malloc(pixels * sizeof *t.cell);
    if (t.memory == NULL || t.cell == NULL) {
        free(t.memory);
        free(t.cell);
        return COD_EMEMORY;
    }
    for (size_t k = 0; k < count; k++)
        *planes[k] = t.memory + k * pixels;
    *ret_tissue = t;
    return COD_OK;
}

static void tissue_free(cod_tissue *t)
{
    cod_cells_clear(&t->cells);
    free(t->memory);
    free(t->cell);
}

static cod_random draws(const cod_tissue *t, cod_tissue_stream what)
{
    return (cod_random){t->seed, what, t->image};
}

double cod_tissue_draw(const cod_tissue *tissue, cod_tissue_stream what,
                       uint64_t coordinate, double low, double high)
{
    return low + (high - low) * cod_random_uniform(draws(tissue, what), coordinate);
}

/* The rows that cod_smooth_add() works with fit into a plane of the least height. */
_Static_assert(COD_TISSUE_SIDE_MIN *COD_TISSUE_SIDE_MIN >=
                       COD_SMOOTH_WORK(COD_TISSUE_SIDE_MIN) &&
                   COD_TISSUE_SIDE_MIN > 5,
               "work is too small");

static void add_smooth(cod_tissue *t, cod_tissue_stream what, double period,
                       double amplitude, double *plane)
{
    cod_smooth_add(draws(t, what), period, amplitude, t->height, t->width, t->work,
                   plane);
}

void cod_tissue_smooth(cod_tissue *tissue, cod_tissue_stream what, double period,
                       double base, double amplitude, double *plane)
{
    for (size_t k = 0; k < tissue->height * tissue->width; k++)
        plane[k] = base;
    add_smooth(tissue, what, period, amplitude, plane);
}

/* ---- where the membranes are ---- */

/* The plane is bent: straight walls become curved, round cells long. */
static void bend(cod_tissue *t)
{
    for (size_t i = 0; i < t->height; i++)
        for (size_t j = 0; j < t->width; j++) {
            t->y[i * t->width + j] = (double)i;
            t->x[i * t->width + j] = (double)j;
        }
    add_smooth(t, COD_TISSUE_BEND_Y, 110, 110, t->y);
    add_smooth(t, COD_TISSUE_BEND_X, 110, 110, t->x);
    add_smooth(t, COD_TISSUE_CURL_Y, 26, 18, t->y);
    add_smooth(t, COD_TISSUE_CURL_X, 26, 18, t->x);
}

/* A value below which nearly `share` of the values lie, none of which is negative. */
static double find_quantile(const double *values, size_t count, double share)
{
    enum { BINS = 8192 };
    size_t counts[BINS + 1] = {0}, below = 0, bin = 0;
    double most = 0;
    for (size_t k = 0; k < count; k++)
        most = values[k] > most ? values[k] : most;
    for (size_t k = 0; k < count; k++)
        counts[(size_t)(values[k] / most * BINS)]++;
    while ((double)below < share * (double)count)
        below += counts[bin++];
    return most * (double)bin / BINS;
}

/* Membranes of different widths, which cover a fifth of the image or somewhat more. */
static void place_membranes(cod_tissue *t, unsigned char *ret_truth)
{
    size_t pixels = t->height * t->width;
    double *width = t->contrast;
    bend(t);
    cod_cells_map(&t->cells, t->height, t->width, t->y, t->x, t->cell, t->gap);
    cod_tissue_smooth(t, COD_TISSUE_WIDTH, 24, 1, 0.6, width);
    for (size_t k = 0; k < pixels; k++)
        t->gap[k] /= width[k];
    double share = cod_tissue_draw(t, COD_TISSUE_COVER, 0, 0.2, 0.24);
    double edge = find_quantile(t->gap, pixels, share);
    for (size_t k = 0; k < pixels; k++) {
        t->gap[k] /= edge;
        ret_truth[k] = t->gap[k] < 1;
    }
}

/* ---- what the microscope sees ---- */

/* Dark in the middle of a membrane. Where membranes are cut aslant there is little to
 * see of them. */
static void paint_membranes(cod_tissue *t)
{
    cod_tissue_smooth(t, COD_TISSUE_CONTRAST, 36, 0.8, 1, t->contrast);
    for (size_t k = 0; k < t->height * t->width; k++) {
        double inside = 1 - t->gap[k] * t->gap[k], c = t->contrast[k];
        c = c < 0.15 ? 0.15 : c > 1.1 ? 1.1 : c;
        if (inside > 0)
            t->grey[k] -= 115 * c * inside * inside;
    }
}

/* Nearly normal, of variance 1: the sum of the eight bytes of a random word. */
static double noise(cod_random random, uint64_t coordinate)
{
    uint64_t bits = cod_random_bits(random, coordinate);
    uint64_t even = bits & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t odd = bits >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t sum = (even + odd) * UINT64_C(0x0001000100010001) >> 48;
    return ((double)sum - 1020) / 209.02;
}

static void add_noise(cod_tissue *t)
{
    cod_random random = draws(t, COD_TISSUE_NOISE);
    add_smooth(t, COD_TISSUE_GRAIN, 3.5, 50, t->grey);
    for (size_t k = 0; k < t->height * t->width; k++)
        t->grey[k] += 44 * noise(random, k);
}

/* The binomial 3 x 3 mean; beyond the edge lies the edge again. */
static void blur(cod_tissue *t)
{
    size_t h = t->height, w = t->width;
    for (size_t i = 0; i < h; i++) {
        const double *row = t->grey + i * w;
        for (size_t j = 0; j < w; j++) {
            double left = row[j > 0 ? j - 1 : j], right = row[j + 1 < w ? j + 1 : j];
            t->work[i * w + j] = (left + 2 * row[j] + right) / 4;
        }
    }
    for (size_t i = 0; i < h; i++) {
        const double *row = t->work + i * w;
        const double *above = i > 0 ? row - w : row;
        const double *below = i + 1 < h ? row + w : row;
        for (size_t j = 0; j < w; j++)
            t->grey[i * w + j] = (above[j] + 2 * row[j] + below[j]) / 4;
    }
}

/* In uneven light. */
static void expose(cod_tissue *t, unsigned char *ret_grey)
{
    add_smooth(t, COD_TISSUE_LIGHT, 150, 40, t->grey);
    add_smooth(t, COD_TISSUE_CLOUDS, 40, 24, t->grey);
    for (size_t k = 0; k < t->height * t->width; k++) {
        double v = t->grey[k] + 0.5;
        ret_grey[k] = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

/* ---- images ---- */

static cod_status draw_image(cod_tissue *t, unsigned char *ret_grey,
                             unsigned char *ret_truth)
{
    cod_status status =
        cod_cells_draw(draws(t, COD_TISSUE_CELLS), t->height, t->width, &t->cells);
    if (status < 0)
        return status;
    place_membranes(t, ret_truth);
    status = cod_tissue_paint_cells(t);
    if (status == COD_OK) {
        paint_membranes(t);
        add_noise(t);
        blur(t);
        expose(t, ret_grey);
    }
    cod_cells_clear(&t->cells);
    return status;
}

static cod_status draw_images(uint64_t seed, cod_membranes *membranes)
{
    size_t pixels = membranes->height * membranes->width;
    cod_tissue t;
    cod_status status = tissue_alloc(seed, membranes->height, membranes->width, &t);
    if (status < 0)
        return status;
    for (size_t k = 0; k < membranes->count && status == COD_OK; k++) {
        t.image = k;
        status =
            draw_image(&t, membranes->grey + k * pixels, membranes->truth + k * pixels);
    }
    tissue_free(&t);
    return status;
}

cod_status cod_membranes_generate(uint64_t seed, size_t count, size_t height,
                                  size_t width, cod_membranes **ret_membranes,
                                  cod_message *ret_message)
{
    cod_membranes *membranes = NULL;
    if (count == 0 || height < COD_TISSUE_SIDE_MIN || width < COD_TISSUE_SIDE_MIN ||
        height > COD_PICTURE_SIDE_MAX || width > COD_PICTURE_SIDE_MAX)
        return cod_fail(ret_message, COD_EARGUMENT,
                        "%zu images of %zu x %zu pixels (width x height): at least 1 "
                        "image is needed, and sides from %d to %d",
                        count, width, height, COD_TISSUE_SIDE_MIN,
                        COD_PICTURE_SIDE_MAX);
    cod_status status =
        cod_membranes_alloc(count, height, width, &membranes, ret_message);
    if (status < 0)
        return status;
    status = draw_images(seed, membranes);
    if (status < 0) {
        cod_membranes_free(membranes);
        return cod_fail(ret_message, status, "images: out of memory");
    }
    cod_membranes_complete(membranes);
    *ret_membranes = membranes;
    return COD_OK;
}
