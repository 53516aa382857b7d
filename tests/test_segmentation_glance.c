/* SPDX-License-Identifier: MIT */
/* A network on images that it did not learn from: the glance, the test, the sample that
 * it leaves and the sheet of samples; by a second network of the same parameters. */
#include "pictures.h"
#include "segmentation_task.h"

#include <sys/stat.h>

#include "experiments/network/unet.h"
#include "experiments/segmentation/picture.h"

static const char *const small = "segmentation(width=2, train=3, validation=2, test=2, "
                                 "size=32, crop=16, batch=5, beta=1.3, dice=true)";
enum { CROP = 16, CROP_PIXELS = CROP * CROP, GLANCE = GLANCE_CROPS * CROP_PIXELS };

/* ---- images that are not square, in a folder ---- */

typedef struct stack {
    char *folder;
    size_t height, width;
} stack;

static void put_images(const stack *s, const char *kind, size_t count, uint64_t *seed)
{
    char *folder = join(s->folder, kind), name[16];
    unsigned char *pixels = make_block(s->height, s->width);
    png_kind of = GREY((unsigned)s->width, (unsigned)s->height);
    assert_int_equal(mkdir(folder, 0777), 0);
    for (size_t k = 0; k < count; k++) {
        for (size_t j = 0; j < s->height * s->width; j++)
            pixels[j] = kind[0] == 'i'     ? (unsigned char)(draw_bits(seed) % 256)
                        : draw(seed) < 0.3 ? 0
                                           : 255;
        snprintf(name, sizeof name, "%zu.png", k);
        make_picture(folder, name, of, pixels);
    }
    free(pixels);
    free(folder);
}

static stack make_images(size_t height, size_t width, size_t count)
{
    uint64_t seed = height;
    stack s = {make_folder(), height, width};
    put_images(&s, "image", count, &seed);
    put_images(&s, "label", count, &seed);
    return s;
}

/* ---- a network that has learned a little ---- */

static cod_learner *trained(const cod_task *task, uint64_t seed)
{
    double losses[3];
    static const double weights[] = {1, 0.01, 1};
    float *gradients[64];
    cod_learner *l = segmentation_learner_of(task, seed);
    assert_true(l->parameter_count <= 64);
    for (size_t k = 0; k < l->parameter_count; k++)
        gradients[k] = make_block(l->parameters[k].size, sizeof(float));
    for (int64_t step = 0; step < 5; step++) {
        task->def->batch(l, seed, step, 0);
        assert_status(task->def->forward(l, 0, losses), COD_OK);
        assert_status(task->def->backward(l, weights, gradients), COD_OK);
        for (size_t k = 0; k < l->parameter_count; k++)
            for (size_t j = 0; j < l->parameters[k].size; j++)
                l->parameters[k].values[j] -= 0.05f * gradients[k][j];
    }
    for (size_t k = 0; k < l->parameter_count; k++)
        free(gradients[k]);
    return l;
}

/* A network of the learner's parameters and statistics for `batch` images. */
static cod_network *second_network(const cod_learner *l, size_t batch, size_t height,
                                   size_t width)
{
    cod_network *network;
    assert_status(cod_unet_alloc(batch, height, width, 2, &network, NULL), COD_OK);
    assert_status(cod_network_copy(network, state_of(l)->network), COD_OK);
    return network;
}

typedef struct found {
    double losses[3], scores[SCORE_COUNT];
    unsigned char *sample;
} found;

static found glance(cod_learner *l)
{
    found f = {.sample = NULL};
    cod_outcome outcome = {f.losses, f.scores};
    assert_status(l->task->def->glance(l, &outcome), COD_OK);
    return f;
}

static found test(cod_learner *l)
{
    found f = {.sample = make_block(l->task->sample_size, 1)};
    cod_outcome outcome = {f.losses, f.scores};
    assert_status(l->task->def->test(l, &outcome, f.sample), COD_OK);
    return f;
}

/* ---- glances ---- */

static int is_crop(const cod_membranes *images, size_t image, const float *crop,
                   const unsigned char *truth)
{
    float own[CROP_PIXELS];
    unsigned char own_truth[CROP_PIXELS];
    for (size_t top = 0; top + CROP <= images->height; top++)
        for (size_t left = 0; left + CROP <= images->width; left++) {
            cod_membranes_crop(images, image, top, left, CROP, 0, own, own_truth);
            if (memcmp(own, crop, sizeof own) == 0 &&
                memcmp(own_truth, truth, sizeof own_truth) == 0)
                return 1;
        }
    return 0;
}

/* 64 crops, in turn of each validation image, which are numbers 3 and 4. */
static void check_crops(const cod_task *task)
{
    const segmentation *data = data_of(task);
    for (size_t k = 0; k < GLANCE_CROPS; k++)
        assert_true(is_crop(data->images, 3 + k % 2,
                            data->glance_images + k * CROP_PIXELS,
                            data->glance_truth + k * CROP_PIXELS));
}

static void test_glance_crops(void **state)
{
    cod_task *task = segmentation_task(small), *again = segmentation_task(small);
    cod_task *other = segmentation_task(
        "segmentation(width=2, train=3, validation=2, test=2, size=32, crop=16, "
        "batch=2, set=1)");
    stack s = make_images(24, 40, 7);
    cod_task *read = segmentation_task_in(small, s.folder);
    const segmentation *a = data_of(task), *b = data_of(again), *c = data_of(other);
    (void)state;
    check_crops(task);
    check_crops(other);
    check_crops(read);
    assert_memory_equal(a->glance_images, b->glance_images, GLANCE * sizeof(float));
    assert_memory_equal(a->glance_maps, b->glance_maps, GLANCE * sizeof(float));
    assert_memory_not_equal(a->glance_images, c->glance_images, GLANCE * sizeof(float));
    cod_task_free(task);
    cod_task_free(again);
    cod_task_free(other);
    cod_task_free(read);
    remove_folder(s.folder);
}

static void check_overlap(const found *f, const unsigned char *segments,
                          const unsigned char *truth, size_t count)
{
    cod_scores scores;
    cod_scores_overlap(segments, truth, count, &scores);
    assert_close(f->scores[SCORE_DICE], scores.dice, 1e-14, 0);
    assert_close(f->scores[SCORE_CELL_DICE], scores.background, 1e-14, 0);
    assert_close(f->scores[SCORE_IOU], scores.iou, 1e-14, 0);
    assert_true(isnan(f->scores[SCORE_HD95]));
}

/* All crops at once by a second network; batches of five do not divide 64. */
static void test_glance_by_a_second_network(void **state)
{
    const float *logits;
    double losses[3];
    cod_scores half;
    unsigned char *segments = make_block(GLANCE, 1);
    cod_task *task = segmentation_task(small);
    const segmentation *data = data_of(task);
    cod_learner *l = trained(task, 2);
    cod_network *network = second_network(l, GLANCE_CROPS, CROP, CROP);
    found f = glance(l);
    (void)state;
    assert_status(cod_network_forward(network, data->glance_images, 0, &logits),
                  COD_OK);
    cod_pixels pixels = {GLANCE_CROPS, CROP, CROP, logits, data->glance_truth};
    losses_by_formula(&pixels, NULL, task->options, losses);
    for (size_t i = 0; i < 3; i++)
        assert_close(f.losses[i], losses[i], 1e-5, 0);
    assert_close(f.scores[SCORE_THRESHOLD],
                 segmentation_threshold(logits, data->glance_truth, GLANCE, segments),
                 1e-15, 0);
    segmentation_segments(logits, GLANCE, f.scores[SCORE_THRESHOLD], segments);
    check_overlap(&f, segments, data->glance_truth, GLANCE);
    segmentation_segments(logits, GLANCE, 0.5, segments);
    cod_scores_overlap(segments, data->glance_truth, GLANCE, &half);
    assert_close(f.scores[SCORE_DICE_HALF], half.dice, 1e-14, 0);
    assert_true(f.scores[SCORE_DICE] > half.dice); /* the threshold is another */
    cod_network_free(network);
    cod_learner_free(l);
    cod_task_free(task);
    free(segments);
}

/* The same network, whoever holds it and whatever it did before; and training goes on
 * as without. */
static void test_glance_and_test_leave_no_trace(void **state)
{
    cod_task *task = segmentation_task(small);
    cod_learner *a = trained(task, 2), *b = trained(task, 2);
    double of_a[3], of_b[3];
    (void)state;
    found first = glance(a), whole = test(a), second = glance(a), again = test(a);
    assert_memory_equal(first.losses, second.losses, sizeof first.losses);
    assert_memory_equal(first.scores, second.scores, sizeof first.scores);
    assert_memory_equal(whole.scores, again.scores, sizeof whole.scores);
    assert_memory_equal(whole.sample, again.sample, task->sample_size);
    for (size_t k = 0; k < a->parameter_count; k++)
        assert_memory_equal(a->parameters[k].values, b->parameters[k].values,
                            a->parameters[k].size * sizeof(float));
    for (size_t k = 0; k < a->statistic_count; k++)
        assert_memory_equal(a->statistics[k].values, b->statistics[k].values,
                            a->statistics[k].size * sizeof(float));
    task->def->batch(a, 2, 5, 0);
    task->def->batch(b, 2, 5, 0);
    assert_status(task->def->forward(a, 0, of_a), COD_OK);
    assert_status(task->def->forward(b, 0, of_b), COD_OK);
    assert_memory_equal(of_a, of_b, sizeof of_a);
    free(whole.sample);
    free(again.sample);
    cod_learner_free(a);
    cod_learner_free(b);
    cod_task_free(task);
}

/* ---- the test ---- */

static void check_sample(const cod_task *task, const unsigned char *sample,
                         const float *logits, size_t top, size_t left, size_t size)
{
    size_t width = data_of(task)->images->width;
    assert_int_equal(task->sample_size, size * size);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            double z = logits[(top + i) * width + left + j];
            assert_close(sample[i * size + j], 255 / (1 + exp(-z)), 0, 0.501);
        }
}

/* Means over images 5 and 6, each whole; the threshold is the glance's. The sample is
 * the middle of image 5. */
static void check_test(cod_task *task, size_t top, size_t left, size_t size)
{
    const cod_membranes *m = data_of(task)->images;
    size_t pixels = m->height * m->width;
    unsigned char *segments = make_block(pixels, 1);
    double losses[3] = {0}, sums[4] = {0};
    cod_learner *l = trained(task, 2);
    cod_network *network = second_network(l, 1, m->height, m->width);
    found f = test(l), g = glance(l);
    assert_close(f.scores[SCORE_THRESHOLD], g.scores[SCORE_THRESHOLD], 1e-15, 0);
    for (size_t k = 5; k < 7; k++) {
        const float *logits;
        double own[3];
        cod_scores scores;
        assert_status(cod_network_forward(network, m->images + k * pixels, 0, &logits),
                      COD_OK);
        cod_pixels whole = {1, m->height, m->width, logits, m->truth + k * pixels};
        losses_by_formula(&whole, NULL, task->options, own);
        for (size_t i = 0; i < 3; i++)
            losses[i] += own[i] / 2;
        segmentation_segments(logits, pixels, f.scores[SCORE_THRESHOLD], segments);
        assert_status(
            cod_scores_of(segments, whole.truth, m->height, m->width, &scores), COD_OK);
        const double four[] = {scores.dice, scores.background, scores.iou,
                               scores.hausdorff95};
        for (size_t i = 0; i < 4; i++)
            sums[i] += four[i] / 2;
        if (k == 5)
            check_sample(task, f.sample, logits, top, left, size);
    }
    for (size_t i = 0; i < 3; i++)
        assert_close(f.losses[i], losses[i], 1e-5, 0);
    for (size_t i = 0; i < 4; i++)
        assert_close(f.scores[i], sums[i], 1e-13, 0);
    cod_network_free(network);
    cod_learner_free(l);
    free(f.sample);
    free(segments);
}

static void test_test_by_a_second_network(void **state)
{
    stack s = make_images(24, 40, 7);
    cod_task *task = segmentation_task(small);
    (void)state;
    check_test(task, 0, 0, 32);
    cod_task_free(task);
    task = segmentation_task_in(small, s.folder);
    check_test(task, 0, 8, 24);
    cod_task_free(task);
    remove_folder(s.folder);
}

/* ---- the sheet ---- */

static int tile_is(const cod_picture *sheet, const double *place, size_t size,
                   const unsigned char *wanted)
{
    for (size_t i = 0; i < size; i++) {
        size_t row = ((size_t)place[1] + i) * sheet->width + (size_t)place[0];
        if (memcmp(sheet->pixels + row, wanted + i * size, size) != 0)
            return 0;
    }
    return 1;
}

/* The square of the first test image, number 2, and of its mask; membranes are dark. */
static void reference(const cod_task *task, size_t tile, unsigned char *ret_tile)
{
    const cod_membranes *m = data_of(task)->images;
    for (size_t k = 0; k < 192 * 192; k++) { /* (200 - 192) / 2, (216 - 192) / 2 */
        size_t at = (2 * 200 + 4 + k / 192) * 216 + 12 + k % 192;
        ret_tile[k] = tile == 0 ? m->grey[at] : m->truth[at] ? 0 : 255;
    }
}

static void check_sheet(const cod_task *task, const char *folder,
                        const unsigned char *const *samples, size_t count)
{
    cod_picture sheet;
    unsigned char *tile = make_block(192 * 192, 1);
    char *path = join(folder, "samples-tiles.png"),
         *data = read_all(folder, "samples.dat");
    const char *line = data;
    assert_status(cod_picture_read(path, &sheet, NULL), COD_OK);
    for (size_t k = 0; k < count + 2; k++) {
        double place[5];
        while (line != NULL && sscanf(line, "%lf %lf %lf %lf %lf", &place[0], &place[1],
                                      &place[2], &place[3], &place[4]) != 5)
            line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1;
        assert_non_null(line);
        line = strchr(line, '\n') + 1;
        assert_close(place[2], 192, 0, 0);
        assert_close(place[3], (double)sheet.width, 0, 0);
        assert_close(place[4], (double)sheet.height, 0, 0);
        if (k < 2)
            reference(task, k, tile);
        for (size_t j = 0; k >= 2 && j < 192 * 192; j++)
            tile[j] = (unsigned char)(255 - samples[k - 2][j]);
        assert_true(tile_is(&sheet, place, 192, tile));
    }
    cod_picture_clear(&sheet);
    free(path);
    free(data);
    free(tile);
}

static void test_show_tiles(void **state)
{
    static const char *const names[] = {"linear", "mgda", "a", "b, c"};
    uint64_t seed = 1;
    unsigned char *samples[4];
    char *folder = make_folder();
    stack s = make_images(200, 216, 3);
    cod_task *task = segmentation_task_in(
        "segmentation(width=1, train=1, validation=1, test=1, crop=16)", s.folder);
    (void)state;
    assert_int_equal(task->sample_size, 192 * 192);
    for (size_t k = 0; k < 4; k++) {
        samples[k] = make_block(task->sample_size, 1);
        for (size_t j = 0; j < task->sample_size; j++)
            samples[k][j] = (unsigned char)draw_bits(&seed);
    }
    assert_status(task->def->show(task, folder, 4, names,
                                  (const unsigned char *const *)samples, NULL),
                  COD_OK);
    check_sheet(task, folder, (const unsigned char *const *)samples, 4);
    for (size_t k = 0; k < 4; k++)
        free(samples[k]);
    cod_task_free(task);
    remove_folder(folder);
    remove_folder(s.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glance_crops),
        cmocka_unit_test(test_glance_by_a_second_network),
        cmocka_unit_test(test_glance_and_test_leave_no_trace),
        cmocka_unit_test(test_test_by_a_second_network),
        cmocka_unit_test(test_show_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
