/* SPDX-License-Identifier: MIT */
/* PNG files of every kind, made by libpng itself. */
#ifndef COD_TESTS_PICTURES_H
#define COD_TESTS_PICTURES_H

#include <png.h>

#include "lab_files.h"

typedef struct png_kind {
    unsigned width, height;
    int bits, color; /* PNG_COLOR_TYPE_... */
    int interlaced;
    int transparent; /* with a tRNS chunk */
    int text;        /* with chunks that say nothing about pixels */
} png_kind;

#define GREY(width, height)                                                            \
    {                                                                                  \
        width, height, 8, PNG_COLOR_TYPE_GRAY, 0, 0, 0                                 \
    }

static inline void png_to_stream(png_structp png, png_bytep bytes, size_t size)
{
    assert_int_equal(fwrite(bytes, 1, size, png_get_io_ptr(png)), size);
}

static inline void png_flush_nothing(png_structp png)
{
    (void)png;
}

static inline png_structp png_begin(FILE *stream)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    assert_non_null(png);
    png_set_write_fn(png, stream, png_to_stream, png_flush_nothing);
    return png;
}

static inline void png_extras(png_structp png, png_infop info, png_kind kind)
{
    png_color colours[4] = {{0, 0, 0}, {80, 80, 80}, {160, 160, 160}, {255, 255, 255}};
    png_color_16 clear = {.gray = 7, .red = 7, .green = 7, .blue = 7};
    png_byte alphas[2] = {0, 255};
    png_text text = {
        .compression = PNG_TEXT_COMPRESSION_NONE, .key = "Title", .text = "tissue"};
    if (kind.color == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, colours, 4);
    if (kind.transparent)
        png_set_tRNS(png, info, alphas, 2, &clear);
    if (kind.text) {
        png_set_text(png, info, &text, 1);
        png_set_gAMA_fixed(png, info, 45455);
    }
}

/* A PNG's bytes, to be freed. `rows` are packed as in the file (8-bit grey: height x
 * width); NULL: all zero. */
static inline unsigned char *make_png(png_kind kind, const unsigned char *rows,
                                      size_t *ret_size)
{
    char *bytes;
    FILE *stream = open_memstream(&bytes, ret_size);
    png_structp png = png_begin(stream);
    png_infop info = png_create_info_struct(png);
    png_set_IHDR(png, info, kind.width, kind.height, kind.bits, kind.color,
                 kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_extras(png, info, kind);
    png_write_info(png, info);
    size_t stride = png_get_rowbytes(png, info);
    unsigned char *empty = calloc(1, stride);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < kind.height; i++)
            png_write_row(png, rows == NULL ? empty : rows + i * stride);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    free(empty);
    return (unsigned char *)bytes;
}

/* Writes such a file. */
static inline void make_picture(const char *folder, const char *name, png_kind kind,
                                const unsigned char *rows)
{
    size_t size;
    unsigned char *bytes = make_png(kind, rows, &size);
    free(make_file(folder, name, bytes, size));
    free(bytes);
}

#endif
