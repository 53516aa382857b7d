/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/membranes_private.h"

#include "core/spec.h"
#include "experiments/segmentation/picture.h"
#include "lab/file.h"
#include "lab/lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Labels below this are membrane. */
#define MEMBRANE_BELOW 128

/* What reading is about. */
typedef struct source {
    const char *folder;
    size_t count;
    size_t multiple;
    char *path; /* room for the longest path */
    size_t path_size;
    cod_message *message;
} source;

/* FOLDER/KIND/k.png; good until the next call. */
static const char *path_of(source *s, const char *kind, size_t k)
{
    snprintf(s->path, s->path_size, "%s/%s/%zu.png", s->folder, kind, k);
    return s->path;
}

static const char *name_of(source *s, const char *kind, size_t k)
{
    return cod_file_name(path_of(s, kind, k));
}

static int is_there(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 || errno != ENOENT;
}

/* A pipe may never be written to, and a device have no end. */
static cod_status check_kind(source *s, const char *kind, size_t k)
{
    struct stat about;
    if (stat(path_of(s, kind, k), &about) == 0 && !S_ISREG(about.st_mode))
        return cod_fail(s->message, COD_EFILE, "%s: not a plain file",
                        name_of(s, kind, k));
    return COD_OK;
}

/* ---- what is there ---- */

static cod_status check_folder(source *s, const char *inside)
{
    struct stat about;
    snprintf(s->path, s->path_size, "%s%s", s->folder, inside);
    if (stat(s->path, &about) != 0)
        return cod_fail(s->message, COD_EFILE, "%s: %s", cod_file_name(s->path),
                        strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return cod_fail(s->message, COD_EFILE, "%s: not a folder",
                        cod_file_name(s->path));
    return COD_OK;
}

static cod_status check_folders(source *s)
{
    static const char *const inside[] = {"", "/image", "/label"};
    for (size_t k = 0; k < 3; k++) {
        cod_status status = check_folder(s, inside[k]);
        if (status < 0)
            return status;
    }
    return COD_OK;
}

/* All files are there, before the first is read. */
static cod_status check_files(source *s)
{
    size_t found = 0, missing = s->count;
    for (size_t k = 0; k < s->count; k++) {
        if (is_there(path_of(s, "image", k)))
            found++;
        else if (missing == s->count)
            missing = k;
    }
    if (found < s->count)
        return cod_fail(s->message, COD_EFILE,
                        "%s: missing; %zu images are needed, and %zu of them are there",
                        name_of(s, "image", missing), s->count, found);
    for (size_t k = 0; k < s->count; k++)
        if (!is_there(path_of(s, "label", k)))
            return cod_fail(s->message, COD_EFILE,
                            "%s: missing; the image of that name has no mask",
                            name_of(s, "label", k));
    return COD_OK;
}

/* ---- one file ---- */

static int is_constant(const unsigned char *values, size_t count)
{
    return memcmp(values, values + 1, count - 1) == 0;
}

/* A file into its place, if it is of the set's size. */
static cod_status read_into(source *s, const char *kind, size_t k,
                            const cod_membranes *membranes, const char *unlike,
                            unsigned char *ret_pixels)
{
    cod_picture picture = {0};
    size_t height = membranes->height, width = membranes->width;
    cod_status status = check_kind(s, kind, k);
    if (status == COD_OK)
        status = cod_picture_read(path_of(s, kind, k), &picture, s->message);
    if (status < 0)
        return status;
    if (picture.height != height || picture.width != width)
        status = cod_fail(s->message, COD_ESHAPE,
                          "%s: %zu x %zu pixels (width x height); %s has %zu x %zu",
                          name_of(s, kind, k), picture.width, picture.height, unlike,
                          width, height);
    else
        memcpy(ret_pixels, picture.pixels, height * width);
    cod_picture_clear(&picture);
    return status;
}

static cod_status read_image(source *s, cod_membranes *membranes, size_t k)
{
    size_t pixels = membranes->height * membranes->width;
    unsigned char *grey = membranes->grey + k * pixels;
    cod_status status = read_into(s, "image", k, membranes, "the first image", grey);
    if (status == COD_OK && is_constant(grey, pixels))
        status = cod_fail(s->message, COD_EDOMAIN, "%s: all pixels are %d: no contrast",
                          name_of(s, "image", k), grey[0]);
    return status;
}

static cod_status read_mask(source *s, cod_membranes *membranes, size_t k)
{
    size_t pixels = membranes->height * membranes->width;
    unsigned char *truth = membranes->truth + k * pixels;
    cod_status status = read_into(s, "label", k, membranes, "its image", truth);
    if (status < 0)
        return status;
    for (size_t p = 0; p < pixels; p++)
        truth[p] = truth[p] < MEMBRANE_BELOW;
    if (is_constant(truth, pixels))
        return cod_fail(s->message, COD_EDOMAIN, "%s: the mask is all %s",
                        name_of(s, "label", k), truth[0] ? "membrane" : "cell");
    return COD_OK;
}

/* ---- all of them ---- */

/* The first image says how large all are. */
static cod_status make_set(source *s, cod_membranes **ret_membranes)
{
    cod_picture first = {0};
    cod_status status = check_kind(s, "image", 0);
    if (status == COD_OK)
        status = cod_picture_read(path_of(s, "image", 0), &first, s->message);
    if (status < 0)
        return status;
    size_t height = first.height, width = first.width;
    cod_picture_clear(&first);
    if (height % s->multiple != 0 || width % s->multiple != 0)
        return cod_fail(s->message, COD_ESHAPE,
                        "%s: %zu x %zu pixels (width x height); both have to be "
                        "divisible by %zu",
                        name_of(s, "image", 0), width, height, s->multiple);
    return cod_membranes_alloc(s->count, height, width, ret_membranes, s->message);
}

static cod_status read_set(source *s, cod_membranes **ret_membranes)
{
    cod_membranes *membranes = NULL;
    cod_status status = check_folders(s);
    if (status == COD_OK)
        status = check_files(s);
    if (status == COD_OK)
        status = make_set(s, &membranes);
    for (size_t k = 0; status == COD_OK && k < s->count; k++) {
        status = read_image(s, membranes, k);
        if (status == COD_OK)
            status = read_mask(s, membranes, k);
    }
    if (status < 0) {
        cod_membranes_free(membranes);
        return status;
    }
    cod_membranes_complete(membranes);
    *ret_membranes = membranes;
    return COD_OK;
}

cod_status cod_membranes_read(const char *folder, size_t count, size_t multiple,
                              cod_membranes **ret_membranes, cod_message *ret_message)
{
    if (folder == NULL || count == 0 || multiple == 0)
        return cod_fail(ret_message, COD_EARGUMENT,
                        "images need a folder, a count, and what divides their sides");
    source s = {.folder = folder,
                .count = count,
                .multiple = multiple,
                .path_size = strlen(folder) + 64,
                .message = ret_message};
    s.path = malloc(s.path_size);
    if (s.path == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "%s: out of memory",
                        cod_file_name(folder));
    cod_status status = read_set(&s, ret_membranes);
    free(s.path);
    return status;
}
