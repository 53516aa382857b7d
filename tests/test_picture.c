/* SPDX-License-Identifier: MIT */
/* PNG files: read whole or not at all, damaged ones, ones of other kinds; written as
 * the same bytes each time, or not at all. */
#include "pictures.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "experiments/segmentation/picture.h"
#include "lab/lab.h"
#include "wrap_alloc.h"

/* A picture of 5 rows of 9 values. */
enum { HEIGHT = 5, WIDTH = 9 };
static const png_kind plain = GREY(WIDTH, HEIGHT);

static void fill(unsigned char *pixels, size_t count)
{
    for (size_t k = 0; k < count; k++)
        pixels[k] = (unsigned char)(k * 37 + k * k);
}

/* What a failed read must not touch. */
static unsigned char untouched[1];

static cod_status read_into(const char *path, cod_picture *ret_picture,
                            cod_message *message)
{
    *ret_picture = (cod_picture){3, 4, untouched};
    *message = (cod_message){""};
    return cod_picture_read(path, ret_picture, message);
}

static void assert_untouched(const cod_picture *picture)
{
    assert_ptr_equal(picture->pixels, untouched);
    assert_int_equal(picture->height, 3);
    assert_int_equal(picture->width, 4);
}

/* The file must be refused, with these words behind its path. */
static void check_refused(const char *path, const char *words, const char *file,
                          int line)
{
    cod_picture picture;
    cod_message message;
    char *expected;
    check_status(read_into(path, &picture, &message), COD_EFILE, path, file, line);
    assert_untouched(&picture);
    assert_true(asprintf(&expected, "%s: %s", path, words) > 0);
    if (strcmp(message.text, expected) != 0) {
        print_error("message: %s\nexpected: %s\n", message.text, expected);
        _fail(file, line);
    }
    free(expected);
}

#define assert_refused(path, words) check_refused((path), (words), __FILE__, __LINE__)

/* ---- what is read ---- */

static void check_reads(png_kind kind)
{
    char *folder = make_folder(), *path = join(folder, "x.png");
    size_t count = (size_t)kind.width * kind.height;
    unsigned char *pixels = malloc(count);
    cod_picture picture = {0};
    cod_message message;
    fill(pixels, count);
    make_picture(folder, "x.png", kind, pixels);
    assert_status(cod_picture_read(path, &picture, &message), COD_OK);
    assert_int_equal(picture.height, kind.height);
    assert_int_equal(picture.width, kind.width);
    assert_memory_equal(picture.pixels, pixels, count);
    cod_picture_clear(&picture);
    assert_null(picture.pixels);
    cod_picture_clear(&picture);
    free(pixels);
    free(path);
    remove_folder(folder);
}

static void test_read_plain(void **state)
{
    (void)state;
    check_reads(plain);
    check_reads((png_kind)GREY(1, 1));
    check_reads((png_kind)GREY(300, 2));
    check_reads((png_kind)GREY(COD_PICTURE_SIDE_MAX, 1));
}

static void test_read_interlaced(void **state)
{
    png_kind kind = plain;
    (void)state;
    kind.interlaced = 1;
    check_reads(kind);
    kind.width = kind.height = 1; /* passes without pixels */
    check_reads(kind);
}

/* A gamma or a text changes no value. */
static void test_read_with_other_chunks(void **state)
{
    png_kind kind = plain;
    (void)state;
    kind.text = 1;
    check_reads(kind);
}

/* ---- what is refused ---- */

static void test_read_other_kinds(void **state)
{
    static const struct {
        int bits, color, transparent;
        const char *words;
    } kinds[] = {
        {1, PNG_COLOR_TYPE_GRAY, 0, "1 bit a pixel; 8 wanted"},
        {2, PNG_COLOR_TYPE_GRAY, 0, "2 bits a pixel; 8 wanted"},
        {4, PNG_COLOR_TYPE_GRAY, 0, "4 bits a pixel; 8 wanted"},
        {16, PNG_COLOR_TYPE_GRAY, 0, "16 bits a pixel; 8 wanted"},
        {16, PNG_COLOR_TYPE_GRAY, 1, "16 bits a pixel; 8 wanted"},
        {8, PNG_COLOR_TYPE_GRAY, 1, "a transparent grey (tRNS); 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, "grey with alpha; 8-bit grey wanted"},
        {16, PNG_COLOR_TYPE_GRAY_ALPHA, 0, "grey with alpha; 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_RGB, 0, "RGB colour; 8-bit grey wanted"},
        {16, PNG_COLOR_TYPE_RGB, 0, "RGB colour; 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_RGB, 1, "RGB colour; 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_RGB_ALPHA, 0, "RGB colour with alpha; 8-bit grey wanted"},
        {2, PNG_COLOR_TYPE_PALETTE, 0, "colours of a palette; 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_PALETTE, 0, "colours of a palette; 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_PALETTE, 1, "colours of a palette; 8-bit grey wanted"},
    };
    char *folder = make_folder(), *path = join(folder, "x.png");
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        png_kind kind = plain;
        kind.bits = kinds[k].bits;
        kind.color = kinds[k].color;
        kind.transparent = kinds[k].transparent;
        make_picture(folder, "x.png", kind, NULL);
        assert_refused(path, kinds[k].words);
    }
    free(path);
    remove_folder(folder);
}

static void test_read_no_picture(void **state)
{
    char *folder = make_folder(), *path = join(folder, "x.png");
    (void)state;
    assert_refused(path, "No such file or directory");
    assert_refused(folder, "Is a directory");
    free(make_file(folder, "x.png", "", 0));
    assert_refused(path, "empty");
    free(make_file(folder, "x.png", "P5 2 2 255 abcd", 15));
    assert_refused(path, "not a PNG file");
    free(make_file(folder, "x.png", "\x89Q", 2));
    assert_refused(path, "not a PNG file");
    assert_int_equal(chmod(path, 0), 0);
    if (access(path, R_OK) != 0) /* root reads everything */
        assert_refused(path, "Permission denied");
    free(path);
    remove_folder(folder);
}

/* The file with the check sums made anew, to be freed: what somebody writes who means
 * harm. */
static unsigned char *reseal(const unsigned char *bytes, size_t size, size_t *ret_size)
{
    char *sealed;
    FILE *stream = open_memstream(&sealed, ret_size);
    png_structp png = png_begin(stream);
    png_set_benign_errors(png, 1); /* odd names */
    assert_int_equal(fwrite(bytes, 1, 8, stream), 8);
    for (size_t at = 8, length; at + 12 <= size; at += length + 12) {
        length = png_get_uint_32(bytes + at);
        png_write_chunk(png, bytes + at + 4, bytes + at + 8, length);
    }
    png_destroy_write_struct(&png, NULL);
    fclose(stream);
    return (unsigned char *)sealed;
}

/* A header that promises more or less than there is must not be believed. */
static void test_read_false_sizes(void **state)
{
    static const struct {
        unsigned width, height;
        const char *words;
    } sizes[] = {
        {16385, 5, "16385 x 5 pixels (width x height); at most 16384 a side"},
        {9, 20000, "9 x 20000 pixels (width x height); at most 16384 a side"},
        {0x7fffffff, 0x7fffffff,
         "2147483647 x 2147483647 pixels (width x height); at most 16384 a side"},
        {0, 5, "a damaged PNG file: Invalid IHDR data"},
        {0x80000000, 5, "a damaged PNG file: PNG unsigned integer out of range"},
        {16384, 16384, "a damaged PNG file: Not enough image data"},
        {9, 6, "a damaged PNG file: Not enough image data"},
        {9, 4, "a damaged PNG file: IDAT: Too much image data"},
    };
    char *folder = make_folder(), *path = join(folder, "x.png");
    size_t size, sealed_size;
    unsigned char *bytes = make_png(plain, NULL, &size);
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        png_save_uint_32(bytes + 16, sizes[k].width);
        png_save_uint_32(bytes + 20, sizes[k].height);
        unsigned char *sealed = reseal(bytes, size, &sealed_size);
        free(make_file(folder, "x.png", sealed, sealed_size));
        free(sealed);
        assert_refused(path, sizes[k].words);
    }
    free(bytes);
    free(path);
    remove_folder(folder);
}

/* Transparency that is told behind the pixels. */
static void test_read_late_transparency(void **state)
{
    const size_t end = 12; /* bytes of the last chunk */
    png_kind clear = plain;
    char *folder = make_folder(), *path = join(folder, "x.png"), *text;
    size_t sizes[2], size, at = 8;
    unsigned char *with, *without = make_png(plain, NULL, &sizes[0]);
    (void)state;
    clear.transparent = 1;
    with = make_png(clear, NULL, &sizes[1]);
    while (memcmp(with + at + 4, "tRNS", 4) != 0)
        at += png_get_uint_32(with + at) + 12;
    FILE *stream = open_memstream(&text, &size);
    fwrite(without, 1, sizes[0] - end, stream);
    fwrite(with + at, 1, png_get_uint_32(with + at) + 12, stream);
    fwrite(without + sizes[0] - end, 1, end, stream);
    fclose(stream);
    free(make_file(folder, "x.png", text, size));
    assert_refused(path, "a damaged PNG file: tRNS: out of place");
    free(text);
    free(with);
    free(without);
    free(path);
    remove_folder(folder);
}

/* ---- damage ---- */

typedef struct victim {
    char *folder, *path;
    unsigned char *bytes;
    size_t size;
    unsigned char pixels[HEIGHT * WIDTH];
} victim;

static void victim_make(victim *v, int interlaced)
{
    png_kind kind = plain;
    kind.interlaced = interlaced;
    kind.text = 1;
    v->folder = make_folder();
    v->path = join(v->folder, "x.png");
    fill(v->pixels, sizeof v->pixels);
    v->bytes = make_png(kind, v->pixels, &v->size);
}

static void victim_free(victim *v)
{
    free(v->bytes);
    free(v->path);
    remove_folder(v->folder);
}

/* Reads what the file holds now: an error that names it, or a picture; a damaged one
 * may be another (`any`) only where its check sums are right. Returns whether it read.
 */
static int check_survives(const victim *v, const unsigned char *bytes, size_t size,
                          int any)
{
    cod_picture picture;
    cod_message message;
    unlink(
        v->path); /* some file systems write at once what replaces a file's contents */
    free(make_file(v->folder, "x.png", bytes, size));
    cod_status status = read_into(v->path, &picture, &message);
    if (status < 0) {
        assert_status(status, COD_EFILE);
        assert_untouched(&picture);
        assert_memory_equal(message.text, v->path, strlen(v->path));
        assert_null(strchr(message.text, '\n'));
        return 0;
    }
    if (!any) {
        assert_int_equal(picture.height, HEIGHT);
        assert_int_equal(picture.width, WIDTH);
        assert_memory_equal(picture.pixels, v->pixels, sizeof v->pixels);
    }
    cod_picture_clear(&picture);
    return 1;
}

/* Standard error goes into a file until ..._end, which says how much came. */
static int silence_begin(const char *folder)
{
    char *path = join(folder, "stderr");
    int kept = dup(2), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(kept >= 0 && file >= 0);
    fflush(stderr);
    assert_int_equal(dup2(file, 2), 2);
    close(file);
    free(path);
    return kept;
}

static long silence_end(int kept)
{
    fflush(stderr);
    struct stat about;
    assert_int_equal(fstat(2, &about), 0);
    assert_int_equal(dup2(kept, 2), 2);
    close(kept);
    return (long)about.st_size;
}

static void test_read_truncated(void **state)
{
    victim v;
    cod_message message;
    cod_picture picture;
    (void)state;
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        victim_make(&v, interlaced);
        int kept = silence_begin(v.folder);
        for (size_t size = 1; size < v.size; size++) {
            assert_false(check_survives(&v, v.bytes, size, 0));
            assert_status(read_into(v.path, &picture, &message), COD_EFILE);
            assert_message(message, "/x.png: truncated");
        }
        assert_true(check_survives(&v, v.bytes, v.size, 0));
        assert_int_equal(silence_end(kept), 0);
        victim_free(&v);
    }
}

static void test_read_flipped(void **state)
{
    victim v;
    (void)state;
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        victim_make(&v, interlaced);
        int kept = silence_begin(v.folder);
        for (size_t k = 0; k < v.size; k++) {
            for (unsigned bit = 0; bit <= 8; bit++) {
                unsigned char flip = (unsigned char)(bit == 8 ? 0xff : 1u << bit);
                v.bytes[k] ^= flip;
                assert_false(check_survives(&v, v.bytes, v.size, 0));
                v.bytes[k] ^= flip;
            }
        }
        assert_int_equal(silence_end(kept), 0);
        victim_free(&v);
    }
}

/* Bytes of chunks are changed and the check sums made right again: the sanitizers see
 * to it that nothing is read or written astray. Most must be refused, all the same. */
static void test_read_resealed(void **state)
{
    victim v;
    size_t tried = 0, read = 0, size;
    (void)state;
    victim_make(&v, 1);
    int kept = silence_begin(v.folder);
    for (size_t at = 8, length; at < v.size; at += length + 12) {
        length = png_get_uint_32(v.bytes + at);
        int is_data = memcmp(v.bytes + at + 4, "IDAT", 4) == 0;
        for (size_t k = at + 8; k < at + 8 + length; k++) {
            for (int value = 0; value < 256; value++) {
                unsigned char old = v.bytes[k];
                v.bytes[k] = (unsigned char)value;
                unsigned char *sealed = reseal(v.bytes, v.size, &size);
                read += (size_t)check_survives(&v, sealed, size, !is_data);
                tried++;
                free(sealed);
                v.bytes[k] = old;
            }
        }
    }
    assert_int_equal(silence_end(kept), 0);
    assert_true(tried > 20000);
    assert_true(read > 0 && read < tried / 2);
    victim_free(&v);
}

/* ---- memory ---- */

static void test_read_no_memory(void **state)
{
    victim v;
    cod_picture picture;
    cod_message message;
    int failed = 1;
    (void)state;
    victim_make(&v, 1);
    free(make_file(v.folder, "x.png", v.bytes, v.size));
    long k, live = wrap_alloc_live();
    for (k = 1; failed; k++) {
        wrap_alloc_fail_at(k, 0);
        cod_status status = read_into(v.path, &picture, &message);
        failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        assert_status(status, failed ? COD_EMEMORY : COD_OK);
        if (failed) {
            assert_untouched(&picture);
            assert_memory_equal(message.text, v.path, strlen(v.path));
        } else {
            cod_picture_clear(&picture);
        }
        assert_int_equal(wrap_alloc_live(), live);
    }
    assert_true(k > 6);
    victim_free(&v);
}

static void test_write_no_memory(void **state)
{
    char *folder = make_folder();
    unsigned char pixels[HEIGHT * WIDTH];
    cod_message message;
    int failed = 1;
    (void)state;
    fill(pixels, sizeof pixels);
    long k; /* leaks are for the sanitizer: the C library makes the paths */
    for (k = 1; failed; k++) {
        wrap_alloc_fail_at(k, 0);
        cod_status status =
            cod_picture_write(folder, "x.png", HEIGHT, WIDTH, 1, pixels, &message);
        failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        assert_status(status, failed ? COD_EMEMORY : COD_OK);
        if (failed) {
            assert_string_equal(message.text, "x.png: out of memory");
            assert_false(exists(folder, "x.png"));
            assert_false(exists(folder, "x.png.partial"));
        }
    }
    assert_true(k > 6);
    remove_folder(folder);
}

/* ---- writing ---- */

static unsigned char *bytes_of(const char *folder, const char *name, size_t *ret_size)
{
    char *path = join(folder, name);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    unsigned char *bytes = malloc((size_t)about.st_size);
    FILE *stream = fopen(path, "rb");
    *ret_size = fread(bytes, 1, (size_t)about.st_size, stream);
    fclose(stream);
    free(path);
    return bytes;
}

static void test_write_reads_back(void **state)
{
    char *folder = make_folder(), *path = join(folder, "a.png");
    unsigned char pixels[40 * 70];
    cod_picture picture = {0};
    cod_message message;
    (void)state;
    fill(pixels, sizeof pixels);
    free(make_file(folder, "a.png", "an old one", 10));
    assert_status(cod_picture_write(folder, "a.png", 40, 70, 1, pixels, &message),
                  COD_OK);
    assert_false(exists(folder, "a.png.partial"));
    assert_status(cod_picture_read(path, &picture, &message), COD_OK);
    assert_int_equal(picture.height, 40);
    assert_int_equal(picture.width, 70);
    assert_memory_equal(picture.pixels, pixels, sizeof pixels);
    cod_picture_clear(&picture);
    free(path);
    remove_folder(folder);
}

/* The same bytes, and no chunk but what pixels need. */
static void test_write_same_bytes(void **state)
{
    char *folder = make_folder();
    unsigned char pixels[64 * 64];
    cod_message message;
    size_t sizes[2];
    (void)state;
    fill(pixels, sizeof pixels);
    assert_status(cod_picture_write(folder, "a.png", 64, 64, 1, pixels, &message),
                  COD_OK);
    assert_status(cod_picture_write(folder, "b.png", 64, 64, 1, pixels, &message),
                  COD_OK);
    unsigned char *a = bytes_of(folder, "a.png", &sizes[0]);
    unsigned char *b = bytes_of(folder, "b.png", &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(a, b, sizes[0]);
    size_t at = 8;
    for (; at + 12 <= sizes[0]; at += png_get_uint_32(a + at) + 12)
        assert_true(memcmp(a + at + 4, "IHDR", 4) == 0 ||
                    memcmp(a + at + 4, "IDAT", 4) == 0 ||
                    memcmp(a + at + 4, "IEND", 4) == 0);
    assert_int_equal(at, sizes[0]);
    free(a);
    free(b);
    remove_folder(folder);
}

static void test_write_colour(void **state)
{
    char *folder = make_folder(), *path = join(folder, "c.png");
    unsigned char pixels[3 * 4 * 3], back[sizeof pixels];
    cod_message message;
    png_image image = {.version = PNG_IMAGE_VERSION};
    (void)state;
    fill(pixels, sizeof pixels);
    assert_status(cod_picture_write(folder, "c.png", 3, 4, 3, pixels, &message),
                  COD_OK);
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.format, PNG_FORMAT_RGB);
    assert_int_equal(image.height, 3);
    assert_int_equal(image.width, 4);
    assert_true(png_image_finish_read(&image, NULL, back, 0, NULL));
    assert_memory_equal(back, pixels, sizeof pixels);
    assert_refused(path, "RGB colour; 8-bit grey wanted");
    free(path);
    remove_folder(folder);
}

static void test_write_bad_arguments(void **state)
{
    static const size_t bad[][3] = {{0, 4, 1}, {4, 0, 1},     {4, 4, 2},
                                    {4, 4, 0}, {16385, 4, 1}, {4, 16385, 1}};
    char *folder = make_folder();
    unsigned char pixels[64] = {0};
    cod_message message;
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_status(cod_picture_write(folder, "x.png", bad[k][0], bad[k][1],
                                        bad[k][2], pixels, &message),
                      COD_EARGUMENT);
    assert_string_equal(message.text,
                        "x.png: a picture of 16385 x 4 pixels (width x height) and 1 "
                        "channels cannot be written");
    assert_false(exists(folder, "x.png"));
    remove_folder(folder);
}

static void test_write_bad_folder(void **state)
{
    char *folder = make_folder(), *inside = join(folder, "x.png");
    unsigned char pixels[4] = {1, 2, 3, 4};
    cod_message message;
    (void)state;
    assert_status(cod_picture_write("/nowhere", "x.png", 2, 2, 1, pixels, &message),
                  COD_EFILE);
    assert_string_equal(message.text,
                        "/nowhere/x.png: cannot be written: No such file or directory");
    assert_int_equal(mkdir(inside, 0777), 0); /* a folder of that name */
    assert_status(cod_picture_write(folder, "x.png", 2, 2, 1, pixels, &message),
                  COD_EFILE);
    assert_message(message, "/x.png: cannot be written: Is a directory");
    assert_false(exists(folder, "x.png.partial"));
    free(inside);
    remove_folder(folder);
}

/* Files may not grow beyond a few bytes: what a full disk does. */
static void test_write_full_disk(void **state)
{
    enum { SIDE = 256 };
    char *folder = make_folder();
    struct rlimit old, limit;
    unsigned char *pixels = malloc(SIDE * SIDE);
    cod_message message;
    (void)state;
    for (uint64_t k = 0; k < SIDE * SIDE; k++) /* nothing to compress */
        pixels[k] = (unsigned char)cod_random_bits((cod_random){1, 0, 0}, k);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    for (rlim_t size = 0; size <= SIDE * SIDE; size += 4096) {
        limit = old;
        limit.rlim_cur = size;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cod_status status =
            cod_picture_write(folder, "x.png", SIDE, SIDE, 1, pixels, &message);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_status(status, COD_EFILE);
        assert_message(message, "/x.png: cannot be written: File too large");
        assert_false(exists(folder, "x.png"));
        assert_false(exists(folder, "x.png.partial"));
    }
    free(pixels);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_plain),
        cmocka_unit_test(test_read_interlaced),
        cmocka_unit_test(test_read_with_other_chunks),
        cmocka_unit_test(test_read_other_kinds),
        cmocka_unit_test(test_read_no_picture),
        cmocka_unit_test(test_read_false_sizes),
        cmocka_unit_test(test_read_late_transparency),
        cmocka_unit_test(test_read_truncated),
        cmocka_unit_test(test_read_flipped),
        cmocka_unit_test(test_read_resealed),
        cmocka_unit_test(test_read_no_memory),
        cmocka_unit_test(test_write_no_memory),
        cmocka_unit_test(test_write_reads_back),
        cmocka_unit_test(test_write_same_bytes),
        cmocka_unit_test(test_write_colour),
        cmocka_unit_test(test_write_bad_arguments),
        cmocka_unit_test(test_write_bad_folder),
        cmocka_unit_test(test_write_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
