/* SPDX-License-Identifier: MIT */
/* The batches of the learning task of images: which crops of which images, found again
 * in the images by looking everywhere. */
#include "segmentation_task.h"

enum { CROP = 16, PIXELS = CROP * CROP, TRAIN = 3, CROPS = EPOCH_CROPS * TRAIN };

typedef struct place {
    size_t image, top, left;
} place;

/* ---- finding ---- */

static int is_at(const cod_membranes *images, place p, const float *crop)
{
    for (size_t i = 0; i < CROP; i++) {
        size_t row = (p.image * images->height + p.top + i) * images->width + p.left;
        if (memcmp(images->images + row, crop + i * CROP, CROP * sizeof *crop) != 0)
            return 0;
    }
    return 1;
}

static place find(const cod_membranes *images, const float *crop)
{
    place p;
    for (p.image = 0; p.image < images->count; p.image++)
        for (p.top = 0; p.top + CROP <= images->height; p.top++)
            for (p.left = 0; p.left + CROP <= images->width; p.left++)
                if (is_at(images, p, crop))
                    return p;
    fail_msg("a crop is nowhere in the images");
    return p;
}

static void check_truth(const cod_membranes *images, place p, const unsigned char *crop)
{
    for (size_t i = 0; i < CROP; i++) {
        size_t row = (p.image * images->height + p.top + i) * images->width + p.left;
        assert_memory_equal(images->truth + row, crop + i * CROP, CROP);
    }
}

static void check_maps(const cod_learner *learner, size_t k)
{
    const segmentation_learner *s = state_of(learner);
    const unsigned char *truth = s->truth + k * PIXELS;
    for (size_t j = 0; j < PIXELS; j++)
        assert_close(s->losses.maps[k * PIXELS + j],
                     across_square(truth, CROP, CROP, j), 1e-6, 0);
}

/* The places of `steps` batches from one on. */
static void take(cod_learner *learner, uint64_t seed, int64_t step, int64_t steps,
                 size_t copy, place *ret_places)
{
    const segmentation_learner *s = state_of(learner);
    const cod_membranes *images = data_of(learner->task)->images;
    for (int64_t n = step; n < step + steps; n++) {
        learner->task->def->batch(learner, seed, n, copy);
        for (size_t k = 0; k < s->batch; k++) {
            *ret_places = find(images, s->images + k * PIXELS);
            check_truth(images, *ret_places++, s->truth + k * PIXELS);
        }
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(place));
}

/* Of two sorted lists; a list with itself: of all pairs. */
static size_t count_shared(const place *a, const place *b, size_t count)
{
    size_t shared = 0;
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j < (a == b ? k : count); j++)
            shared += compare(&a[k], &b[j]) == 0;
    return shared;
}

static cod_task *task_with(const char *options)
{
    char text[200];
    snprintf(text, sizeof text, "segmentation(%s, crop=16, %s)", SEGMENTATION_FEW,
             options);
    return segmentation_task(text);
}

/* ---- an epoch ---- */

/* 16 different crops of each image, in an order that is not that of the images; the
 * same ones whatever the size of the batches. */
static void test_batch_epoch_takes_each_crop_once(void **state)
{
    static const int batches[] = {1, 2, 8};
    place first[CROPS], places[CROPS];
    (void)state;
    for (size_t b = 0; b < 3; b++) {
        char options[40];
        size_t seen[TRAIN] = {0}, turns = 0;
        snprintf(options, sizeof options, "size=128, batch=%d", batches[b]);
        cod_task *task = task_with(options);
        cod_learner *learner = segmentation_learner_of(task, 1);
        assert_int_equal(task->epoch_steps, CROPS / batches[b]);
        take(learner, 5, 0, task->epoch_steps, 0, places);
        for (size_t k = 0; k < CROPS; k++) {
            assert_true(places[k].image < TRAIN);
            seen[places[k].image]++;
            turns += places[k].image != k % TRAIN;
        }
        for (size_t i = 0; i < TRAIN; i++)
            assert_int_equal(seen[i], EPOCH_CROPS);
        assert_true(turns > CROPS / 3);
        assert_int_equal(count_shared(places, places, CROPS), 0);
        qsort(places, CROPS, sizeof *places, compare);
        if (b == 0)
            memcpy(first, places, sizeof first);
        assert_memory_equal(places, first, sizeof first);
        cod_learner_free(learner);
        cod_task_free(task);
    }
}

/* Other epochs, copies and seeds have crops of their own, each a whole epoch of them.
 */
static void test_batch_epochs_copies_and_seeds_differ(void **state)
{
    static const struct {
        uint64_t seed;
        int64_t epoch;
        size_t copy;
    } cases[] = {{5, 0, 0}, {5, 1, 0}, {5, 2, 0}, {5, 0, 1},      {5, 1, 1},
                 {5, 0, 2}, {6, 0, 0}, {6, 1, 1}, {5, 1000000, 0}};
    enum { CASES = sizeof cases / sizeof *cases };
    place places[CASES][CROPS];
    cod_task *task = task_with("size=128, batch=8");
    cod_learner *learner = segmentation_learner_of(task, 1);
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        size_t seen[TRAIN] = {0};
        take(learner, cases[c].seed, cases[c].epoch * task->epoch_steps,
             task->epoch_steps, cases[c].copy, places[c]);
        for (size_t k = 0; k < CROPS; k++)
            seen[places[c][k].image]++;
        for (size_t i = 0; i < TRAIN; i++)
            assert_int_equal(seen[i], EPOCH_CROPS);
        for (size_t d = 0; d < c; d++) /* by chance 48 * 16 / 113^2 */
            assert_true(count_shared(places[c], places[d], CROPS) <= 1);
    }
    cod_learner_free(learner);
    cod_task_free(task);
}

/* Nine batches of five out of 48: three crops are left over, and not kept. */
static void test_batch_that_does_not_divide_the_epoch(void **state)
{
    place by_five[2][CROPS], all[2][CROPS];
    cod_task *five = task_with("size=128, batch=5"),
             *one = task_with("size=128, batch=1");
    cod_learner *learner = segmentation_learner_of(five, 1);
    cod_learner *other = segmentation_learner_of(one, 1);
    (void)state;
    assert_int_equal(five->epoch_steps, 9);
    for (int64_t e = 0; e < 2; e++) {
        take(learner, 3, e * 9, 9, 0, by_five[e]);
        take(other, 3, e * CROPS, CROPS, 0, all[e]);
        assert_memory_equal(by_five[e], all[e], 45 * sizeof(place));
    }
    cod_learner_free(learner);
    cod_learner_free(other);
    cod_task_free(five);
    cod_task_free(one);
}

/* Each of the 17 x 17 places of a 32 x 32 image, from edge to edge. */
static void test_batch_reaches_every_place(void **state)
{
    enum { STEPS = 60 * CROPS / 8, SIDE = 17 };
    static place places[8 * STEPS];
    size_t tops[SIDE] = {0}, lefts[SIDE] = {0}, mean = 8 * STEPS / SIDE;
    cod_task *task = task_with("size=32, batch=8");
    cod_learner *learner = segmentation_learner_of(task, 1);
    (void)state;
    take(learner, 1, 0, STEPS, 0, places);
    for (size_t k = 0; k < 8 * STEPS; k++) {
        tops[places[k].top]++;
        lefts[places[k].left]++;
    }
    for (size_t i = 0; i < SIDE; i++) { /* 169 on average, 5 deviations of 13 */
        assert_in_range(tops[i], mean - 65, mean + 65);
        assert_in_range(lefts[i], mean - 65, mean + 65);
    }
    cod_learner_free(learner);
    cod_task_free(task);
}

/* ---- nothing else matters ---- */

typedef struct content {
    float images[2 * PIXELS], maps[2 * PIXELS];
    unsigned char truth[2 * PIXELS];
} content;

static void read_content(const cod_learner *learner, content *ret)
{
    const segmentation_learner *s = state_of(learner);
    memcpy(ret->images, s->images, sizeof ret->images);
    memcpy(ret->maps, s->losses.maps, sizeof ret->maps);
    memcpy(ret->truth, s->truth, sizeof ret->truth);
}

/* All that a run does with a network. */
static void meddle(cod_learner *learner)
{
    const cod_task_def *def = learner->task->def;
    double losses[2], scores[SCORE_COUNT], weights[] = {1, 1};
    cod_outcome outcome = {losses, scores};
    float *gradients[64];
    unsigned char *sample = make_block(learner->task->sample_size, 1);
    assert_true(learner->parameter_count <= 64);
    for (size_t k = 0; k < learner->parameter_count; k++)
        gradients[k] = make_block(learner->parameters[k].size, sizeof(float));
    def->start(learner, 99);
    assert_status(def->forward(learner, 1, losses), COD_OK);
    assert_status(def->forward(learner, 0, losses), COD_OK);
    assert_status(def->backward(learner, weights, gradients), COD_OK);
    assert_status(def->glance(learner, &outcome), COD_OK);
    assert_status(def->test(learner, &outcome, sample), COD_OK);
    for (size_t k = 0; k < learner->parameter_count; k++)
        free(gradients[k]);
    free(sample);
}

static void test_batch_is_the_same_whatever_came_before(void **state)
{
    enum { STEPS = 30 };
    static content forward[STEPS], got;
    cod_task *task = task_with("size=32, batch=2, turn=true");
    cod_learner *learner = segmentation_learner_of(task, 1);
    cod_learner *other = segmentation_learner_of(task, 2);
    (void)state;
    for (int64_t k = 0; k < STEPS; k++) {
        task->def->batch(learner, 5, k, 0);
        read_content(learner, &forward[k]);
        check_maps(learner, 0);
        check_maps(learner, 1);
    }
    for (int64_t k = STEPS - 1; k >= 0; k -= 7) {
        task->def->batch(other, 8, k, 3);
        meddle(other);
        task->def->batch(other, 5, k, 0);
        read_content(other, &got);
        assert_memory_equal(&got, &forward[k], sizeof got);
    }
    cod_learner_free(learner);
    cod_learner_free(other);
    cod_task_free(task);
}

/* ---- turns ---- */

/* Pixel (i, j) of a crop turned by a symmetry, in the crop as it was: bit 4 transposes,
 * then 1 mirrors left and right, 2 top and bottom. */
static size_t turned(unsigned symmetry, size_t i, size_t j)
{
    size_t row = symmetry & 2u ? CROP - 1 - i : i;
    size_t column = symmetry & 1u ? CROP - 1 - j : j;
    return symmetry & 4u ? column * CROP + row : row * CROP + column;
}

static int is_turned(unsigned symmetry, const float *plain, const float *image)
{
    for (size_t k = 0; k < PIXELS; k++)
        if (image[k] != plain[turned(symmetry, k / CROP, k % CROP)])
            return 0;
    return 1;
}

/* The places are those of a task that does not turn; all eight symmetries occur. */
static void test_batch_turns_image_and_truth_alike(void **state)
{
    cod_task *task = task_with("size=32, batch=8, turn=true");
    cod_task *plain = task_with("size=32, batch=8");
    cod_learner *a = segmentation_learner_of(task, 1);
    cod_learner *b = segmentation_learner_of(plain, 1);
    const segmentation_learner *s = state_of(a), *t = state_of(b);
    size_t seen[8] = {0};
    (void)state;
    for (int64_t step = 0; step < 24; step++) {
        task->def->batch(a, 5, step, 0);
        task->def->batch(b, 5, step, 0);
        for (size_t k = 0; k < 8; k++) {
            unsigned symmetry = 0;
            size_t at = k * PIXELS;
            while (symmetry < 8 && !is_turned(symmetry, t->images + at, s->images + at))
                symmetry++;
            assert_true(symmetry < 8);
            seen[symmetry]++;
            for (size_t j = 0; j < PIXELS; j++)
                assert_int_equal(s->truth[at + j],
                                 t->truth[at + turned(symmetry, j / CROP, j % CROP)]);
        }
    }
    for (size_t k = 0; k < 8; k++) /* 24 on average */
        assert_in_range(seen[k], 6, 48);
    cod_learner_free(a);
    cod_learner_free(b);
    cod_task_free(task);
    cod_task_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_epoch_takes_each_crop_once),
        cmocka_unit_test(test_batch_epochs_copies_and_seeds_differ),
        cmocka_unit_test(test_batch_that_does_not_divide_the_epoch),
        cmocka_unit_test(test_batch_reaches_every_place),
        cmocka_unit_test(test_batch_is_the_same_whatever_came_before),
        cmocka_unit_test(test_batch_turns_image_and_truth_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
