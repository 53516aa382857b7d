/* SPDX-License-Identifier: MIT */
/* Sets of images and masks: folders read, bad ones refused by name, crops in all eight
 * symmetries, generated sets. */
#include "pictures.h"

#include <sys/stat.h>
#include <unistd.h>

#include "experiments/segmentation/membranes.h"
#include "lab/lab.h"
#include "wrap_alloc.h"

/* ---- folders of images ---- */

enum { COUNT = 3, HEIGHT = 8, WIDTH = 12, PIXELS = HEIGHT * WIDTH };
static const png_kind kind = GREY(WIDTH, HEIGHT);

static unsigned char grey_of(size_t k, size_t p)
{
    return (unsigned char)(cod_random_bits((cod_random){k, 1, 0}, p) % (200 + k));
}

/* Values on both sides of what divides membrane and cell. */
static unsigned char label_of(size_t k, size_t p)
{
    static const unsigned char values[] = {0, 127, 128, 255};
    return values[cod_random_bits((cod_random){k, 2, 0}, p) % 4];
}

typedef struct set {
    char *folder;
    char *image, *label; /* the two folders within */
} set;

static char *name_of(size_t k)
{
    char *name;
    assert_true(asprintf(&name, "%zu.png", k) > 0);
    return name;
}

static void set_put(const char *folder, size_t k, png_kind of,
                    const unsigned char *pixels)
{
    char *name = name_of(k);
    make_picture(folder, name, of, pixels);
    free(name);
}

static void set_put_pair(const set *s, size_t k)
{
    unsigned char grey[PIXELS], label[PIXELS];
    for (size_t p = 0; p < PIXELS; p++) {
        grey[p] = grey_of(k, p);
        label[p] = label_of(k, p);
    }
    set_put(s->image, k, kind, grey);
    set_put(s->label, k, kind, label);
}

static void set_make(set *s)
{
    s->folder = make_folder();
    s->image = join(s->folder, "image");
    s->label = join(s->folder, "label");
    assert_int_equal(mkdir(s->image, 0777), 0);
    assert_int_equal(mkdir(s->label, 0777), 0);
    for (size_t k = 0; k < COUNT; k++)
        set_put_pair(s, k);
}

static void set_free(set *s)
{
    free(s->image);
    free(s->label);
    remove_folder(s->folder);
}

static cod_membranes *set_read(const set *s, size_t count)
{
    cod_membranes *membranes = NULL;
    cod_message message = {""};
    assert_status(cod_membranes_read(s->folder, count, 4, &membranes, &message),
                  COD_OK);
    assert_string_equal(message.text, "");
    return membranes;
}

/* Mean 0 and variance 1, and nothing but a line: two passes over the pixels. */
static void check_standardized(const cod_membranes *membranes, size_t k)
{
    size_t pixels = membranes->height * membranes->width;
    const unsigned char *grey = membranes->grey + k * pixels;
    double mean = 0, variance = 0;
    for (size_t p = 0; p < pixels; p++)
        mean += grey[p];
    mean /= (double)pixels;
    for (size_t p = 0; p < pixels; p++)
        variance += (grey[p] - mean) * (grey[p] - mean) / (double)pixels;
    for (size_t p = 0; p < pixels; p++)
        assert_close(membranes->images[k * pixels + p],
                     (grey[p] - mean) / sqrt(variance), 1e-7, 1e-12);
}

static void test_read_values(void **state)
{
    set s;
    (void)state;
    set_make(&s);
    free(make_file(s.image, "3.png", "beyond what is wanted", 21));
    cod_membranes *membranes = set_read(&s, COUNT);
    assert_int_equal(membranes->count, COUNT);
    assert_int_equal(membranes->height, HEIGHT);
    assert_int_equal(membranes->width, WIDTH);
    for (size_t k = 0; k < COUNT; k++) {
        check_standardized(membranes, k);
        for (size_t p = 0; p < PIXELS; p++) {
            assert_int_equal(membranes->grey[k * PIXELS + p], grey_of(k, p));
            assert_int_equal(membranes->truth[k * PIXELS + p], label_of(k, p) < 128);
        }
    }
    cod_membranes_free(membranes);
    cod_membranes_free(NULL);
    set_free(&s);
}

/* ---- the fingerprint ---- */

/* FNV-1a over a text; the published values are those of RFC 9923. */
static uint64_t fnv(const unsigned char *bytes, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    while (size-- > 0) {
        hash ^= *bytes++;
        hash *= UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t expected_fingerprint(const cod_membranes *membranes)
{
    size_t size = membranes->count * membranes->height * membranes->width;
    size_t sizes[3] = {membranes->count, membranes->height, membranes->width};
    unsigned char *bytes = calloc(1, 24 + 2 * size);
    for (size_t k = 0; k < 3; k++) {
        bytes[8 * k] = (unsigned char)(sizes[k] % 256);
        bytes[8 * k + 1] = (unsigned char)(sizes[k] / 256);
    }
    memcpy(bytes + 24, membranes->grey, size);
    memcpy(bytes + 24 + size, membranes->truth, size);
    uint64_t hash = fnv(bytes, 24 + 2 * size);
    free(bytes);
    return hash;
}

static uint64_t fingerprint_of(const set *s, size_t count)
{
    cod_membranes *membranes = set_read(s, count);
    uint64_t fingerprint = membranes->fingerprint;
    assert_true(fingerprint == expected_fingerprint(membranes));
    cod_membranes_free(membranes);
    return fingerprint;
}

static void test_fingerprint(void **state)
{
    set s;
    uint64_t seen[5];
    unsigned char grey[PIXELS], label[PIXELS];
    png_kind turned = GREY(HEIGHT, WIDTH);
    (void)state;
    assert_true(fnv((const unsigned char *)"a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(fnv((const unsigned char *)"foobar", 6) ==
                UINT64_C(0x85944171f73967e8));
    set_make(&s);
    for (size_t p = 0; p < PIXELS; p++) {
        grey[p] = grey_of(0, p);
        label[p] = label_of(0, p);
    }
    seen[0] = fingerprint_of(&s, 1);
    assert_true(seen[0] == fingerprint_of(&s, 1));
    seen[1] = fingerprint_of(&s, 2);
    grey[PIXELS - 1] ^= 1;
    set_put(s.image, 0, kind, grey);
    seen[2] = fingerprint_of(&s, 1);
    grey[PIXELS - 1] ^= 1;
    label[0] = label[0] < 128 ? 255 : 0;
    set_put(s.image, 0, kind, grey);
    set_put(s.label, 0, kind, label);
    seen[3] = fingerprint_of(&s, 1);
    label[0] = label_of(0, 0);
    set_put(s.image, 0, turned, grey); /* the same bytes in lines of another length */
    set_put(s.label, 0, turned, label);
    seen[4] = fingerprint_of(&s, 1);
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(seen[a] != seen[b]);
    set_free(&s);
}

/* ---- what is refused ---- */

static void check_refused(const set *s, size_t count, size_t multiple,
                          cod_status expected, const char *words, const char *file,
                          int line)
{
    cod_membranes *membranes = (cod_membranes *)&count; /* must not be touched */
    cod_message message = {""};
    cod_status status =
        cod_membranes_read(s->folder, count, multiple, &membranes, &message);
    check_status(status, expected, words, file, line);
    assert_ptr_equal(membranes, &count);
    assert_memory_equal(message.text, s->folder, strlen(s->folder));
    check_message(&message, words, file, line);
}

#define assert_refused(s, status, words)                                               \
    check_refused((s), COUNT, 4, (status), (words), __FILE__, __LINE__)

static void remove_in(const char *folder, const char *name)
{
    char *path = join(folder, name);
    assert_int_equal(remove(path), 0);
    free(path);
}

static void test_read_missing_files(void **state)
{
    set s;
    (void)state;
    set_make(&s);
    check_refused(&s, 5, 4, COD_EFILE,
                  "/image/3.png: missing; 5 images are needed, and 3 of them are there",
                  __FILE__, __LINE__);
    remove_in(s.label, "2.png");
    assert_refused(&s, COD_EFILE,
                   "/label/2.png: missing; the image of that name has no mask");
    remove_in(s.image, "1.png");
    assert_refused(
        &s, COD_EFILE,
        "/image/1.png: missing; 3 images are needed, and 2 of them are there");
    set_free(&s);
}

static void test_read_missing_folders(void **state)
{
    set s;
    (void)state;
    s.folder = make_folder();
    s.image = join(s.folder, "image");
    s.label = join(s.folder, "label");
    assert_refused(&s, COD_EFILE, "/image: No such file or directory");
    assert_int_equal(mkdir(s.image, 0777), 0);
    assert_refused(&s, COD_EFILE, "/label: No such file or directory");
    free(make_file(s.folder, "label", "", 0));
    assert_refused(&s, COD_EFILE, "/label: not a folder");
    assert_int_equal(remove(s.label), 0);
    assert_int_equal(rmdir(s.image), 0);
    assert_int_equal(rmdir(s.folder), 0);
    assert_refused(&s, COD_EFILE, ": No such file or directory");
    set_free(&s);
}

static void test_read_bad_pictures(void **state)
{
    static const struct {
        int bits, color;
        const char *words;
    } kinds[] = {
        {16, PNG_COLOR_TYPE_GRAY, "2.png: 16 bits a pixel; 8 wanted"},
        {8, PNG_COLOR_TYPE_RGB, "2.png: RGB colour; 8-bit grey wanted"},
        {8, PNG_COLOR_TYPE_PALETTE, "2.png: colours of a palette; 8-bit grey wanted"},
    };
    set s;
    size_t size;
    (void)state;
    set_make(&s);
    for (int label = 0; label < 2; label++) {
        const char *folder = label ? s.label : s.image;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            png_kind bad = kind;
            bad.bits = kinds[k].bits;
            bad.color = kinds[k].color;
            set_put(folder, 2, bad, NULL);
            assert_refused(&s, COD_EFILE, kinds[k].words);
        }
        unsigned char *bytes = make_png(kind, NULL, &size);
        free(make_file(folder, "2.png", bytes, size - 1));
        assert_refused(&s, COD_EFILE,
                       label ? "/label/2.png: truncated" : "/image/2.png: truncated");
        free(bytes);
        set_put_pair(&s, 2);
    }
    cod_membranes_free(set_read(&s, COUNT)); /* whole again */
    set_free(&s);
}

/* What may never end, or never begin. */
static void test_read_plain_files_only(void **state)
{
    set s;
    (void)state;
    set_make(&s);
    for (size_t k = 0; k < COUNT; k++) {
        char name[8];
        snprintf(name, sizeof name, "%zu.png", k);
        char *path = join(k % 2 == 0 ? s.image : s.label, name);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0666), 0);
        assert_refused(&s, COD_EFILE, ".png: not a plain file");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("/dev/zero", path), 0);
        assert_refused(&s, COD_EFILE, ".png: not a plain file");
        assert_int_equal(unlink(path), 0);
        free(path);
        set_put_pair(&s, k);
    }
    cod_membranes_free(set_read(&s, COUNT));
    set_free(&s);
}

static void test_read_sizes(void **state)
{
    set s;
    png_kind other = GREY(HEIGHT, WIDTH); /* as many pixels */
    (void)state;
    set_make(&s);
    set_put(s.label, 1, other, NULL);
    assert_refused(
        &s, COD_ESHAPE,
        "/label/1.png: 8 x 12 pixels (width x height); its image has 12 x 8");
    other = (png_kind)GREY(WIDTH, HEIGHT + 4);
    set_put(s.label, 1, other, NULL);
    assert_refused(
        &s, COD_ESHAPE,
        "/label/1.png: 12 x 12 pixels (width x height); its image has 12 x 8");
    other = (png_kind)GREY(WIDTH + 4, HEIGHT);
    set_put(s.image, 1, other, NULL);
    assert_refused(
        &s, COD_ESHAPE,
        "/image/1.png: 16 x 8 pixels (width x height); the first image has 12 x 8");
    check_refused(&s, 1, 8, COD_ESHAPE,
                  "/image/0.png: 12 x 8 pixels (width x height); both have to be "
                  "divisible by 8",
                  __FILE__, __LINE__);
    check_refused(&s, 1, 3, COD_ESHAPE, "both have to be divisible by 3", __FILE__,
                  __LINE__);
    set_free(&s);
}

static void test_read_one_value(void **state)
{
    set s;
    unsigned char pixels[PIXELS];
    (void)state;
    set_make(&s);
    memset(pixels, 200, sizeof pixels);
    pixels[PIXELS - 1] = 130; /* a cell as well */
    set_put(s.label, 1, kind, pixels);
    assert_refused(&s, COD_EDOMAIN, "/label/1.png: the mask is all cell");
    memset(pixels, 0, sizeof pixels);
    pixels[0] = 100;
    set_put(s.label, 1, kind, pixels);
    assert_refused(&s, COD_EDOMAIN, "/label/1.png: the mask is all membrane");
    memset(pixels, 77, sizeof pixels);
    set_put(s.image, 1, kind, pixels);
    assert_refused(&s, COD_EDOMAIN, "/image/1.png: all pixels are 77: no contrast");
    pixels[PIXELS - 1] = 78; /* is contrast */
    set_put(s.image, 1, kind, pixels);
    assert_refused(&s, COD_EDOMAIN, "/label/1.png: the mask is all membrane");
    set_free(&s);
}

static void test_read_bad_arguments(void **state)
{
    cod_membranes *membranes;
    cod_message message;
    (void)state;
    assert_status(cod_membranes_read("x", 0, 1, &membranes, &message), COD_EARGUMENT);
    assert_status(cod_membranes_read("x", 1, 0, &membranes, &message), COD_EARGUMENT);
    assert_status(cod_membranes_read(NULL, 1, 1, &membranes, &message), COD_EARGUMENT);
}

/* ---- crops ---- */

/* A set of one image whose pixels all differ; its mask is of the same pixels. */
enum { SIDE = 9, TOP = 2, LEFT = 5, CROP = 4 };

typedef struct square {
    float image[CROP * CROP];
    unsigned char truth[CROP * CROP];
} square;

static void crop_of(const float *image, const unsigned char *truth, size_t height,
                    size_t width, size_t k, size_t top, size_t left, unsigned symmetry,
                    square *ret_square)
{
    cod_membranes one = {.count = k + 1, .height = height, .width = width};
    float *images = malloc((k + 1) * height * width * sizeof *images);
    unsigned char *truths = malloc((k + 1) * height * width);
    memcpy(images, image, (k + 1) * height * width * sizeof *images);
    memcpy(truths, truth, (k + 1) * height * width);
    one.images = images; /* on the heap: the sanitizer sees what is read outside */
    one.truth = truths;
    cod_membranes_crop(&one, k, top, left, CROP, symmetry, ret_square->image,
                       ret_square->truth);
    free(images);
    free(truths);
}

static void crop(unsigned symmetry, size_t top, size_t left, square *ret_square)
{
    float image[2 * SIDE * (SIDE + 1)];
    unsigned char truth[2 * SIDE * (SIDE + 1)];
    for (int p = 0; p < 2 * SIDE * (SIDE + 1); p++) {
        image[p] = (float)p;
        truth[p] = (unsigned char)p;
    }
    crop_of(image, truth, SIDE, SIDE + 1, 1, top, left, symmetry, ret_square);
}

static void turn(const square *from, unsigned symmetry, square *ret_square)
{
    crop_of(from->image, from->truth, CROP, CROP, 0, 0, 0, symmetry, ret_square);
}

static int same(const square *a, const square *b)
{
    return memcmp(a->image, b->image, sizeof a->image) == 0 &&
           memcmp(a->truth, b->truth, sizeof a->truth) == 0;
}

/* Where the pixel (i, j) of a crop comes from, as the header says. */
static void test_crop_pixels(void **state)
{
    square s;
    static const size_t corners[][2] = {{TOP, LEFT},
                                        {0, 0},
                                        {SIDE - CROP, 0},
                                        {0, SIDE + 1 - CROP},
                                        {SIDE - CROP, SIDE + 1 - CROP}};
    (void)state;
    for (size_t c = 0; c < sizeof corners / sizeof *corners; c++)
        for (unsigned symmetry = 0; symmetry < 8; symmetry++) {
            size_t top = corners[c][0], left = corners[c][1];
            crop(symmetry, top, left, &s);
            for (size_t i = 0; i < CROP; i++)
                for (size_t j = 0; j < CROP; j++) {
                    size_t row = symmetry & 2 ? CROP - 1 - i : i;
                    size_t column = symmetry & 1 ? CROP - 1 - j : j;
                    size_t y = symmetry & 4 ? column : row;
                    size_t x = symmetry & 4 ? row : column;
                    size_t p = (SIDE + top + y) * (SIDE + 1) + left + x;
                    assert_true(s.image[i * CROP + j] == (float)p);
                    assert_int_equal(s.truth[i * CROP + j], (unsigned char)p);
                }
        }
}

/* Any two, one after the other, are exactly one of the eight; each has an inverse. */
static void test_crop_symmetries_are_a_group(void **state)
{
    square whole[8], twice;
    int product[8][8];
    (void)state;
    for (unsigned a = 0; a < 8; a++)
        crop(a, TOP, LEFT, &whole[a]);
    for (unsigned a = 0; a < 8; a++)
        for (unsigned b = 0; b < 8; b++) {
            int found = 0;
            turn(&whole[a], b, &twice);
            for (int c = 0; c < 8; c++)
                if (same(&twice, &whole[c])) {
                    product[a][b] = c;
                    found++;
                }
            assert_int_equal(found, 1);
        }
    for (int a = 0; a < 8; a++) {
        unsigned in_row = 0, in_column = 0;
        assert_int_equal(product[a][0], a);
        assert_int_equal(product[0][a], a);
        for (int b = 0; b < 8; b++) {
            in_row |= 1u << product[a][b];
            in_column |= 1u << product[b][a];
        }
        assert_int_equal(in_row, 255);
        assert_int_equal(in_column, 255);
    }
    assert_int_not_equal(product[1][4], product[4][1]); /* not the group of 3 bits */
}

/* ---- generated sets ---- */

static cod_membranes *generate(uint64_t seed, size_t count, size_t height, size_t width)
{
    cod_membranes *membranes;
    cod_message message;
    assert_status(
        cod_membranes_generate(seed, count, height, width, &membranes, &message),
        COD_OK);
    assert_int_equal(membranes->count, count);
    assert_int_equal(membranes->height, height);
    assert_int_equal(membranes->width, width);
    assert_true(membranes->fingerprint == expected_fingerprint(membranes));
    return membranes;
}

/* The fingerprint is the same with every compiler and on every machine. */
static void test_generate_same_bytes(void **state)
{
    (void)state;
    cod_membranes *membranes = generate(1, 3, 64, 96);
    assert_true(membranes->fingerprint == UINT64_C(0x810611f79c6622e6));
    cod_membranes_free(membranes);
}

static void test_generate_image_by_image(void **state)
{
    const size_t pixels = 48 * 80;
    (void)state;
    cod_membranes *few = generate(7, 2, 48, 80), *many = generate(7, 5, 48, 80);
    cod_membranes *other = generate(8, 5, 48, 80);
    assert_memory_equal(few->grey, many->grey, 2 * pixels);
    assert_memory_equal(few->truth, many->truth, 2 * pixels);
    assert_memory_equal(few->images, many->images, 2 * pixels * sizeof(float));
    assert_true(few->fingerprint != many->fingerprint);
    for (size_t a = 0; a < 5; a++) {
        const unsigned char *image = many->grey + a * pixels;
        assert_memory_not_equal(image, other->grey + a * pixels, pixels);
        assert_memory_not_equal(many->truth + a * pixels, other->truth + a * pixels,
                                pixels);
        for (size_t b = 0; b < a; b++)
            assert_memory_not_equal(image, many->grey + b * pixels, pixels);
    }
    cod_membranes_free(few);
    cod_membranes_free(many);
    cod_membranes_free(other);
}

static double coverage(const cod_membranes *membranes, size_t k)
{
    size_t pixels = membranes->height * membranes->width, count = 0;
    for (size_t p = 0; p < pixels; p++) {
        assert_in_range(membranes->truth[k * pixels + p], 0, 1);
        count += membranes->truth[k * pixels + p];
    }
    return (double)count / (double)pixels;
}

/* Of all sizes there may be, also where one cell is larger than the image. */
static void test_generate_sizes(void **state)
{
    (void)state;
    for (size_t height = 16; height <= 200; height = height * 3 / 2 + 1)
        for (size_t width = 16; width <= 200; width = width * 2 + 3) {
            cod_membranes *membranes = generate(height, 8, height, width);
            for (size_t k = 0; k < 8; k++) {
                assert_in_range((size_t)(1000 * coverage(membranes, k)), 195, 250);
                check_standardized(membranes, k);
            }
            cod_membranes_free(membranes);
        }
}

/* The largest membrane Dice that a threshold of the standardized values reaches. */
static double threshold_dice(const cod_membranes *membranes)
{
    size_t size = membranes->count * membranes->height * membranes->width, all = 0;
    double best = 0;
    for (size_t p = 0; p < size; p++)
        all += membranes->truth[p];
    for (double threshold = -3; threshold < 2; threshold += 0.05) {
        size_t found = 0, right = 0;
        for (size_t p = 0; p < size; p++) {
            int dark = membranes->images[p] < threshold;
            found += (size_t)dark;
            right += (size_t)(dark && membranes->truth[p]);
        }
        double dice = 2 * (double)right / (double)(found + all);
        best = dice > best ? dice : best;
    }
    return best;
}

/* Darkness tells something about membranes, and far from all. */
static void test_generate_is_no_matter_of_thresholds(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        cod_membranes *membranes = generate(seed, 6, 256, 256);
        double dice = threshold_dice(membranes);
        assert_true(dice > 0.45 && dice < 0.6);
        cod_membranes_free(membranes);
    }
}

static void test_generate_bad_arguments(void **state)
{
    static const size_t bad[][3] = {
        {0, 64, 64}, {1, 15, 64}, {1, 64, 15}, {1, 16385, 64}, {1, 64, 16385}};
    cod_membranes *membranes;
    cod_message message;
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_status(cod_membranes_generate(1, bad[k][0], bad[k][1], bad[k][2],
                                             &membranes, &message),
                      COD_EARGUMENT);
    assert_string_equal(message.text,
                        "1 images of 16385 x 64 pixels (width x height): at least 1 "
                        "image is needed, and sides from 16 to 16384");
    assert_status(cod_membranes_generate(1, SIZE_MAX / 4, 64, 64, &membranes, &message),
                  COD_EMEMORY);
}

/* ---- memory ---- */

static void check_no_memory(cod_status (*make)(const set *, cod_membranes **), set *s)
{
    int failed = 1;
    long k, live = wrap_alloc_live();
    for (k = 1; failed; k++) {
        cod_membranes *membranes = NULL;
        wrap_alloc_fail_at(k, 0);
        cod_status status = make(s, &membranes);
        failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        assert_status(status, failed ? COD_EMEMORY : COD_OK);
        cod_membranes_free(membranes);
        assert_int_equal(wrap_alloc_live(), live);
    }
    assert_true(k > 8);
}

static cod_status read_again(const set *s, cod_membranes **ret_membranes)
{
    return cod_membranes_read(s->folder, COUNT, 4, ret_membranes, NULL);
}

static cod_status generate_again(const set *s, cod_membranes **ret_membranes)
{
    (void)s;
    return cod_membranes_generate(1, 2, 16, 16, ret_membranes, NULL);
}

static void test_no_memory(void **state)
{
    set s;
    (void)state;
    set_make(&s);
    check_no_memory(read_again, &s);
    check_no_memory(generate_again, &s);
    set_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_values),
        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_read_missing_files),
        cmocka_unit_test(test_read_missing_folders),
        cmocka_unit_test(test_read_bad_pictures),
        cmocka_unit_test(test_read_plain_files_only),
        cmocka_unit_test(test_read_sizes),
        cmocka_unit_test(test_read_one_value),
        cmocka_unit_test(test_read_bad_arguments),
        cmocka_unit_test(test_crop_pixels),
        cmocka_unit_test(test_crop_symmetries_are_a_group),
        cmocka_unit_test(test_generate_same_bytes),
        cmocka_unit_test(test_generate_image_by_image),
        cmocka_unit_test(test_generate_sizes),
        cmocka_unit_test(test_generate_is_no_matter_of_thresholds),
        cmocka_unit_test(test_generate_bad_arguments),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
