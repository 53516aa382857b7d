/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contact sheet: a piece of a test image, its mask, and what each network makes of
 * it, membranes dark. The tiles are one PNG; samples.dat says where each one is, for
 * the template, which writes their names above them. */
#include "experiments/segmentation/picture.h"
#include "experiments/segmentation/segmentation.h"

#include "core/spec.h"
#include "lab/data.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 5
#define GAP     12 /* pixels between tiles */
#define BAND    30 /* above a tile, for its name */
#define TILES   "samples-tiles.png"

/* The sheet under way. */
typedef struct sheet {
    size_t tile, count, height, width;
    unsigned char *pixels;
} sheet;

static size_t left_of(const sheet *s, size_t k)
{
    return GAP + k % COLUMNS * (s->tile + GAP);
}

static size_t top_of(const sheet *s, size_t k)
{
    return BAND + k / COLUMNS * (s->tile + BAND);
}

static cod_status make_sheet(size_t tile, size_t count, sheet *ret_sheet)
{
    size_t columns = count < COLUMNS ? count : COLUMNS;
    size_t rows = (count + COLUMNS - 1) / COLUMNS;
    sheet s = {.tile = tile,
               .count = count,
               .height = rows * (tile + BAND) + GAP,
               .width = GAP + columns * (tile + GAP)};
    s.pixels = malloc(s.height * s.width);
    if (s.pixels == NULL)
        return COD_EMEMORY;
    memset(s.pixels, 255, s.height * s.width);
    *ret_sheet = s;
    return COD_OK;
}

/* Membranes are to be dark: probabilities are turned round. */
static void put_tile(sheet *s, size_t k, const unsigned char *from, size_t stride,
                     int turn)
{
    for (size_t i = 0; i < s->tile; i++) {
        unsigned char *row = s->pixels + (top_of(s, k) + i) * s->width + left_of(s, k);
        for (size_t j = 0; j < s->tile; j++) {
            unsigned char value = from[i * stride + j];
            row[j] = turn ? (unsigned char)(255 - value) : value;
        }
    }
}

static void put_reference(const segmentation *data, sheet *s)
{
    const cod_membranes *images = data->images;
    segmentation_square q = segmentation_sample_of(data);
    size_t at = (q.image * images->height + q.top) * images->width + q.left;
    put_tile(s, 0, images->grey + at, images->width, 0);
    for (size_t i = 0; i < s->tile; i++) {
        const unsigned char *truth = images->truth + at + i * images->width;
        unsigned char *row = s->pixels + (top_of(s, 1) + i) * s->width + left_of(s, 1);
        for (size_t j = 0; j < s->tile; j++)
            row[j] = truth[j] ? 0 : 255;
    }
}

/* A set a tile: the place of its upper left corner, and the sheet's size. */
static cod_status write_places(const cod_task *task, const char *folder, const sheet *s,
                               const char *const *names, cod_message *message)
{
    cod_data *data;
    char title[300];
    snprintf(title, sizeof title,
             "%.200s: a test image, its membranes, probabilities (dark: membrane)",
             task->title);
    cod_data_head head = {.title = title, .columns = "left top tile width height"};
    cod_status status = cod_data_open(folder, "samples.dat", &head, &data, message);
    if (status < 0)
        return status;
    for (size_t k = 0; k < s->count; k++) {
        const char *name = k == 0 ? "image" : k == 1 ? "membranes" : names[k - 2];
        double row[] = {(double)left_of(s, k), (double)top_of(s, k), (double)s->tile,
                        (double)s->width, (double)s->height};
        cod_data_set(data, name, cod_method_place(name));
        cod_data_row(data, row);
    }
    return cod_data_close(data, message);
}

cod_status segmentation_show(const cod_task *task, const char *folder, size_t count,
                             const char *const *names,
                             const unsigned char *const *samples, cod_message *message)
{
    const segmentation *data = task->data;
    sheet s;
    if (make_sheet(segmentation_sample_of(data).size, count + 2, &s) < 0)
        return cod_fail(message, COD_EMEMORY, "%s: out of memory", TILES);
    put_reference(data, &s);
    for (size_t k = 0; k < count; k++)
        put_tile(&s, k + 2, samples[k], s.tile, 1);
    cod_status status =
        cod_picture_write(folder, TILES, s.height, s.width, 1, s.pixels, message);
    if (status == COD_OK)
        status = write_places(task, folder, &s, names, message);
    free(s.pixels);
    return status;
}
