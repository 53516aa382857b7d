/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/picture.h"

#include "core/spec.h"
#include "lab/file.h"
#include "lab/lab.h"
#include "lab/results.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

/* ---- libpng: its memory and its errors come to us ---- */

/* One file being read or written. libpng's errors jump out of its functions, so all
 * that has to be freed is kept here. */
typedef struct job {
    const char *name; /* in messages */
    png_structp png;
    png_infop info;
    int no_memory;
    int at_end;           /* more was read than there is */
    const char *complain; /* a format: the name, libpng's text */
    cod_status status;
    cod_message *message;
    /* reading */
    const unsigned char *bytes;
    size_t size, at;
    cod_picture picture;
    /* writing */
    FILE *stream;
    size_t height, width, channels;
    const unsigned char *pixels;
} job;

static png_voidp take_memory(png_structp png, png_alloc_size_t size)
{
    job *j = png_get_mem_ptr(png);
    void *memory = malloc(size);
    if (memory == NULL)
        j->no_memory = 1;
    return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

static cod_status no_memory(job *j)
{
    return cod_fail(j->message, COD_EMEMORY, "%s: out of memory", j->name);
}

static void on_error(png_structp png, png_const_charp text)
{
    job *j = png_get_error_ptr(png);
    if (j->no_memory)
        j->status = no_memory(j);
    else if (j->at_end)
        j->status = cod_fail(j->message, COD_EFILE, "%s: truncated", j->name);
    else
        j->status = cod_fail(j->message, COD_EFILE, j->complain, j->name, text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* Does the work; errors of libpng end it. The job's status says how it went. */
static void attempt(job *j, void (*work)(job *))
{
    if (setjmp(png_jmpbuf(j->png)) == 0)
        work(j);
}

/* ---- reading ---- */

static cod_status refuse(job *j, const char *what)
{
    return cod_fail(j->message, COD_EFILE, "%s: %s; 8-bit grey wanted", j->name, what);
}

/* What is not plain 8-bit grey of a sensible size. */
static cod_status check_kind(job *j)
{
    size_t width = png_get_image_width(j->png, j->info);
    size_t height = png_get_image_height(j->png, j->info);
    int bits = png_get_bit_depth(j->png, j->info);
    switch (png_get_color_type(j->png, j->info)) {
    case PNG_COLOR_TYPE_GRAY:
        break;
    case PNG_COLOR_TYPE_PALETTE:
        return refuse(j, "colours of a palette");
    case PNG_COLOR_TYPE_GRAY_ALPHA:
        return refuse(j, "grey with alpha");
    case PNG_COLOR_TYPE_RGB_ALPHA:
        return refuse(j, "RGB colour with alpha");
    default:
        return refuse(j, "RGB colour");
    }
    if (bits != 8)
        return cod_fail(j->message, COD_EFILE, "%s: %d bit%s a pixel; 8 wanted",
                        j->name, bits, bits == 1 ? "" : "s");
    if (png_get_valid(j->png, j->info, PNG_INFO_tRNS))
        return refuse(j, "a transparent grey (tRNS)");
    if (width > COD_PICTURE_SIDE_MAX || height > COD_PICTURE_SIDE_MAX)
        return cod_fail(j->message, COD_EFILE,
                        "%s: %zu x %zu pixels (width x height); at most %d a side",
                        j->name, width, height, COD_PICTURE_SIDE_MAX);
    j->picture.height = height;
    j->picture.width = width;
    return COD_OK;
}

static void take_bytes(png_structp png, png_bytep ret_bytes, size_t size)
{
    job *j = png_get_io_ptr(png);
    if (size > j->size - j->at) {
        j->at_end = 1;
        png_error(png, "truncated");
    }
    memcpy(ret_bytes, j->bytes + j->at, size);
    j->at += size;
}

/* Damage is an error anywhere, also in chunks that are not used. */
static void be_strict(job *j)
{
    png_set_crc_action(j->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(j->png, 0);
    png_set_keep_unknown_chunks(j->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_user_limits(j->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* check_kind's */
}

static void decode(job *j)
{
    be_strict(j);
    png_set_read_fn(j->png, j, take_bytes);
    png_read_info(j->png, j->info);
    j->status = check_kind(j);
    if (j->status < 0)
        return;
    int passes = png_set_interlace_handling(j->png);
    cod_picture *picture = &j->picture;
    picture->pixels = calloc(picture->height, picture->width);
    if (picture->pixels == NULL) {
        j->status = no_memory(j);
        return;
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < picture->height; i++)
            png_read_row(j->png, picture->pixels + i * picture->width, NULL);
    png_read_end(j->png, j->info);
}

static void read_bytes(job *j)
{
    j->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, j, on_error, on_warning, j,
                                      take_memory, give_memory);
    j->info = j->png == NULL ? NULL : png_create_info_struct(j->png);
    if (j->info == NULL)
        j->status = no_memory(j);
    else
        attempt(j, decode);
    png_destroy_read_struct(&j->png, &j->info, NULL);
}

cod_status cod_picture_read(const char *path, cod_picture *ret_picture,
                            cod_message *ret_message)
{
    char *bytes;
    job j = {.name = cod_file_name(path),
             .complain = "%s: a damaged PNG file: %s",
             .message = ret_message};
    cod_status status = cod_file_read(path, &bytes, &j.size, ret_message);
    if (status < 0)
        return status;
    j.bytes = (const unsigned char *)bytes;
    if (j.size == 0)
        j.status = cod_fail(ret_message, COD_EFILE, "%s: empty", j.name);
    else if (png_sig_cmp(j.bytes, 0, j.size < 8 ? j.size : 8) != 0)
        j.status = cod_fail(ret_message, COD_EFILE, "%s: not a PNG file", j.name);
    else
        read_bytes(&j);
    free(bytes);
    if (j.status < 0)
        cod_picture_clear(&j.picture);
    else
        *ret_picture = j.picture;
    return j.status;
}

void cod_picture_clear(cod_picture *picture)
{
    free(picture->pixels);
    *picture = (cod_picture){0};
}

/* ---- writing ---- */

/* Errors of the stream are found when it is closed. */
static void put_bytes(png_structp png, png_bytep bytes, size_t size)
{
    job *j = png_get_io_ptr(png);
    fwrite(bytes, 1, size, j->stream);
}

static void put_nothing(png_structp png)
{
    (void)png;
}

static void encode(job *j)
{
    size_t stride = j->width * j->channels;
    png_set_write_fn(j->png, j, put_bytes, put_nothing);
    png_set_IHDR(j->png, j->info, (png_uint_32)j->width, (png_uint_32)j->height, 8,
                 j->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(j->png, j->info);
    for (size_t i = 0; i < j->height; i++)
        png_write_row(j->png, j->pixels + i * stride);
    png_write_end(j->png, NULL);
}

static void write_bytes(job *j)
{
    j->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, j, on_error, on_warning,
                                       j, take_memory, give_memory);
    j->info = j->png == NULL ? NULL : png_create_info_struct(j->png);
    if (j->info == NULL)
        j->status = no_memory(j);
    else
        attempt(j, encode);
    png_destroy_write_struct(&j->png, &j->info);
}

cod_status cod_picture_write(const char *folder, const char *name, size_t height,
                             size_t width, size_t channels, const unsigned char *pixels,
                             cod_message *ret_message)
{
    cod_output *output;
    job j = {.name = name,
             .complain = "%s: cannot be written: %s",
             .message = ret_message,
             .height = height,
             .width = width,
             .channels = channels,
             .pixels = pixels};
    if (height == 0 || width == 0 || height > COD_PICTURE_SIDE_MAX ||
        width > COD_PICTURE_SIDE_MAX || (channels != 1 && channels != 3))
        return cod_fail(ret_message, COD_EARGUMENT,
                        "%s: a picture of %zu x %zu pixels (width x height) and %zu "
                        "channels cannot be written",
                        name, width, height, channels);
    cod_status status = cod_output_open(folder, name, &output, ret_message);
    if (status < 0)
        return status;
    j.stream = output->stream;
    write_bytes(&j);
    if (j.status < 0) {
        cod_output_abandon(output);
        return j.status;
    }
    return cod_output_close(output, ret_message);
}
