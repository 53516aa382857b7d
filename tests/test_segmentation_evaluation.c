/* SPDX-License-Identifier: MIT */
/* What logits come to on the test images: thresholds, means over the images, and
 * answers that take no learning in closed form. */
#include "segmentation_task.h"

static const char *const small =
    "segmentation(width=2, train=3, validation=1, test=2, size=32, crop=16, batch=2, "
    "alpha=0.4, gamma=1.5, beta=1.3, dice=true)";
enum { SIDE = 32, PIXELS = SIDE * SIDE, FIRST = 4, TEST = 2 };

/* ---- thresholds ---- */

static double dice_at(const float *logits, const unsigned char *truth, size_t count,
                      double threshold)
{
    double both = 0, all = 0;
    for (size_t k = 0; k < count; k++) {
        int found = 1 / (1 + exp(-(double)logits[k])) > threshold;
        both += found && truth[k];
        all += found + (truth[k] != 0);
    }
    return all > 0 ? 2 * both / all : 1;
}

static double best_threshold(const float *logits, const unsigned char *truth,
                             size_t count)
{
    double best = 0.05;
    for (int k = 2; k < 20; k++)
        if (dice_at(logits, truth, count, k * 0.05) >
            dice_at(logits, truth, count, best))
            best = k * 0.05;
    return best;
}

static void check_threshold(const float *logits, const unsigned char *truth,
                            size_t count)
{
    unsigned char *segments = make_block(count, 1);
    double got = segmentation_threshold(logits, truth, count, segments);
    assert_close(got, best_threshold(logits, truth, count), 1e-15, 0);
    assert_true(got == round(got * 20) / 20);
    free(segments);
}

/* Logits that lean to the truth, more or less, about many centres. */
static void test_threshold_by_looking_at_all(void **state)
{
    enum { COUNT = 400 };
    uint64_t seed = 3;
    float logits[COUNT];
    unsigned char truth[COUNT];
    (void)state;
    for (int n = 0; n < 500; n++) {
        double share = draw(&seed), lean = 3 * draw(&seed),
               centre = 6 * draw(&seed) - 3;
        size_t count = n < 50 ? 1 + (size_t)n % 5 : COUNT;
        for (size_t k = 0; k < count; k++) {
            truth[k] = draw(&seed) < share;
            logits[k] = (float)(centre + (truth[k] ? lean : -lean) +
                                2 * (draw(&seed) - draw(&seed)));
        }
        check_threshold(logits, truth, count);
    }
}

/* Where several are best, the lowest is meant. */
static void test_threshold_ties(void **state)
{
    static const struct {
        float logits[3];
        unsigned char truth[3];
        double wanted;
    } cases[] = {
        {{50, 60, 70}, {1, 1, 1}, 0.05}, /* all the same */
        {{-50, -60, -70}, {1, 1, 1}, 0.05},
        {{-50, -60, -70}, {0, 0, 0}, 0.05}, /* nothing found, and nothing to find */
        {{50, 60, 70}, {0, 0, 0}, 0.05},
        {{2, 0.9f, 2}, {1, 0, 1}, 0.75}, /* p = 0.71 and 0.88: from 0.75 on */
        {{2, 2, 2}, {0, 0, 0}, 0.9},     /* the first that finds nothing */
        {{-2.8f, 1, 1}, {0, 1, 1}, 0.1}, /* p = 0.057 */
        {{0, 0, 0}, {0, 0, 0}, 0.5},     /* p = 0.5 is not above 0.5 */
    };
    unsigned char segments[3];
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        assert_close(
            segmentation_threshold(cases[c].logits, cases[c].truth, 3, segments),
            cases[c].wanted, 1e-15, 0);
}

static void test_segments_are_strictly_above(void **state)
{
    (void)state;
    for (int k = 1; k < 20; k++) {
        float at = (float)log(k / 20.0 / (1 - k / 20.0));
        const float logits[] = {at, nextafterf(at, 99), nextafterf(at, -99), 1e4f,
                                -1e4f};
        static const unsigned char wanted[] = {0, 1, 0, 1, 0};
        unsigned char segments[5];
        segmentation_segments(logits, 5, k / 20.0, segments);
        assert_memory_equal(segments, wanted, 5);
    }
}

/* ---- judging ---- */

/* Logits of all images, and which were asked for. */
typedef struct source {
    float *logits; /* TEST x PIXELS */
    size_t asked;
} source;

static cod_status give(void *data, size_t image, const float **ret_logits)
{
    source *s = data;
    assert_int_equal(image, FIRST + s->asked++);
    *ret_logits = s->logits + (image - FIRST) * PIXELS;
    return COD_OK;
}

typedef struct judged {
    double losses[3], scores[SCORE_COUNT];
} judged;

static judged judge(const cod_task *task, double threshold, float *logits)
{
    judged j;
    source from = {logits, 0};
    cod_outcome outcome = {j.losses, j.scores};
    assert_status(segmentation_judge(task, threshold, give, &from, &outcome), COD_OK);
    assert_int_equal(from.asked, TEST);
    return j;
}

static const unsigned char *truth_of(const cod_task *task)
{
    return data_of(task)->images->truth + FIRST * PIXELS;
}

static float *logits_by_truth(const cod_task *task, float where, float elsewhere)
{
    float *logits = make_block(TEST * PIXELS, sizeof *logits);
    for (size_t k = 0; k < TEST * PIXELS; k++)
        logits[k] = truth_of(task)[k] ? where : elsewhere;
    return logits;
}

static void test_judge_the_truth_and_its_opposite(void **state)
{
    cod_task *task = segmentation_task(small);
    float *logits = logits_by_truth(task, 40, -40);
    judged j = judge(task, 0.5, logits);
    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_close(j.losses[i], 0, 0, 1e-12);
    for (size_t k = 0; k < SCORE_COUNT; k++)
        assert_close(j.scores[k],
                     k == SCORE_HD95        ? 0
                     : k == SCORE_THRESHOLD ? 0.5
                                            : 1,
                     1e-15, 0);
    free(logits);
    logits = logits_by_truth(task, -40, 40);
    j = judge(task, 0.5, logits);
    assert_true(j.losses[SEGMENTATION_FOCAL] > 20);
    assert_true(j.losses[SEGMENTATION_HAUSDORFF] > 1);
    assert_true(j.losses[SEGMENTATION_DICE] > 0.99);
    for (size_t k = 0; k <= SCORE_IOU; k++)
        assert_close(j.scores[k], 0, 0, 0);
    assert_true(j.scores[SCORE_HD95] >= 1);
    free(logits);
    cod_task_free(task);
}

/* Membrane found at 0.3 but not at 0.5. */
static void test_judge_by_the_threshold_given(void **state)
{
    cod_task *task = segmentation_task(small);
    float *logits = logits_by_truth(task, -0.5f, -3);
    judged j = judge(task, 0.3, logits);
    (void)state;
    assert_close(j.scores[SCORE_DICE], 1, 1e-15, 0);
    assert_close(j.scores[SCORE_HD95], 0, 0, 0);
    assert_close(j.scores[SCORE_DICE_HALF], 0, 0, 0);
    assert_close(j.scores[SCORE_THRESHOLD], 0.3, 1e-15, 0);
    free(logits);
    cod_task_free(task);
}

/* Means over images of what each of them comes to. */
static void expect_means(const cod_task *task, const float *logits, double threshold,
                         judged *ret)
{
    *ret = (judged){0};
    unsigned char *found = make_block(PIXELS, 1);
    for (size_t i = 0; i < TEST; i++) {
        double losses[3];
        cod_scores scores;
        const unsigned char *truth = truth_of(task) + i * PIXELS;
        cod_pixels pixels = {1, SIDE, SIDE, logits + i * PIXELS, truth};
        losses_by_formula(&pixels, NULL, task->options, losses);
        for (size_t k = 0; k < 3; k++)
            ret->losses[k] += losses[k] / TEST;
        for (size_t k = 0; k < PIXELS; k++)
            found[k] = 1 / (1 + exp(-(double)pixels.logits[k])) > threshold;
        assert_status(cod_scores_of(found, truth, SIDE, SIDE, &scores), COD_OK);
        ret->scores[SCORE_DICE] += scores.dice / TEST;
        ret->scores[SCORE_CELL_DICE] += scores.background / TEST;
        ret->scores[SCORE_IOU] += scores.iou / TEST;
        ret->scores[SCORE_HD95] += scores.hausdorff95 / TEST;
        ret->scores[SCORE_DICE_HALF] +=
            dice_at(pixels.logits, truth, PIXELS, 0.5) / TEST;
    }
    ret->scores[SCORE_THRESHOLD] = threshold;
    free(found);
}

static void test_judge_means_over_images(void **state)
{
    uint64_t seed = 4;
    cod_task *task = segmentation_task(small);
    float *logits = make_block(TEST * PIXELS, sizeof *logits);
    (void)state;
    for (int n = 0; n < 5; n++) {
        judged wanted, got;
        for (size_t k = 0; k < TEST * PIXELS;
             k++) /* the second image is found better */
            logits[k] = (float)((truth_of(task)[k] ? 1 : -1) * (k < PIXELS ? 1 : 3) +
                                4 * (draw(&seed) - 0.5));
        expect_means(task, logits, 0.35, &wanted);
        got = judge(task, 0.35, logits);
        for (size_t i = 0; i < 3; i++)
            assert_close(got.losses[i], wanted.losses[i], 1e-6, 0);
        for (size_t k = 0; k < SCORE_COUNT; k++)
            assert_close(got.scores[k], wanted.scores[k], 1e-13, 0);
    }
    free(logits);
    cod_task_free(task);
}

static cod_status refuse(void *data, size_t image, const float **ret_logits)
{
    (void)data, (void)image, (void)ret_logits;
    return COD_ECALLBACK;
}

static void test_judge_passes_an_error_on(void **state)
{
    judged j;
    cod_task *task = segmentation_task(small);
    cod_outcome outcome = {j.losses, j.scores};
    (void)state;
    assert_status(segmentation_judge(task, 0.5, refuse, NULL, &outcome), COD_ECALLBACK);
    cod_task_free(task);
}

/* ---- answers that take no learning ---- */

static double share_of(const unsigned char *truth, size_t count)
{
    size_t sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += truth[k] != 0;
    return (double)sum / (double)count;
}

/* The answer p everywhere on one image; of an empty or a full set all distances are 0.
 */
static void expect_constant(const cod_task *task, size_t image, double p, judged *sum)
{
    const segmentation_options *o = task->options;
    const unsigned char *truth = truth_of(task) + image * PIXELS;
    double s = share_of(truth, PIXELS), membrane = s * PIXELS, hausdorff = 0;
    for (size_t k = 0; k < PIXELS; k++)
        hausdorff += pow(p - truth[k], 2) *
                     pow(across_square(truth, SIDE, SIDE, k), o->beta / 2);
    sum->losses[SEGMENTATION_FOCAL] +=
        (s * o->alpha * pow(1 - p, o->gamma) * -log(p) +
         (1 - s) * (1 - o->alpha) * pow(p, o->gamma) * -log(1 - p)) /
        TEST;
    sum->losses[SEGMENTATION_HAUSDORFF] += hausdorff / PIXELS / TEST;
    sum->losses[SEGMENTATION_DICE] +=
        (1 - (2 * p * membrane + 1) / (p * PIXELS + membrane + 1)) / TEST;
    sum->scores[SCORE_DICE] += p == 1 ? 2 * s / (1 + s) / TEST : 0;
    sum->scores[SCORE_CELL_DICE] += p == 1 ? 0 : 2 * (1 - s) / (2 - s) / TEST;
    sum->scores[SCORE_IOU] += p == 1 ? s / TEST : 0;
}

static judged trivial(const cod_task *task, size_t k, const char *wanted)
{
    judged j;
    const char *name = NULL;
    cod_outcome outcome = {j.losses, j.scores};
    assert_status(task->def->trivial(task, k, &name, &outcome), COD_OK);
    assert_string_equal(name, wanted);
    return j;
}

static void check_trivial(const cod_task *task, size_t k, const char *name, double p)
{
    judged wanted = {0}, got = trivial(task, k, name);
    for (size_t i = 0; i < TEST; i++)
        expect_constant(task, i, p, &wanted);
    if (p == 0 || p == 1)
        assert_true(isnan(got.losses[SEGMENTATION_FOCAL]));
    else
        assert_close(got.losses[SEGMENTATION_FOCAL], wanted.losses[SEGMENTATION_FOCAL],
                     1e-6, 0);
    for (size_t i = 1; i < 3; i++)
        assert_close(got.losses[i], wanted.losses[i], 1e-6, 0);
    for (size_t i = 0; i <= SCORE_IOU; i++)
        assert_close(got.scores[i], wanted.scores[i], 1e-13, 0);
    assert_close(got.scores[SCORE_DICE_HALF], wanted.scores[SCORE_DICE], 1e-13, 0);
    assert_close(got.scores[SCORE_THRESHOLD], 0.5, 0, 0);
    if (p == 1)
        assert_in_range(got.scores[SCORE_HD95], 1, SIDE);
    else
        assert_true(isinf(got.scores[SCORE_HD95]));
}

static void test_trivial_answers_in_closed_form(void **state)
{
    judged j;
    const char *name;
    cod_outcome outcome = {j.losses, j.scores};
    cod_task *task = segmentation_task(small);
    double share =
        share_of(data_of(task)->images->truth, 3 * PIXELS); /* to learn from */
    (void)state;
    check_trivial(task, 0, "all cell", 0);
    check_trivial(task, 1, "all membrane", 1);
    check_trivial(task, 2, "the share of membrane everywhere", share);
    assert_status(task->def->trivial(task, 3, &name, &outcome), COD_EMISSING);
    cod_task_free(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threshold_by_looking_at_all),
        cmocka_unit_test(test_threshold_ties),
        cmocka_unit_test(test_segments_are_strictly_above),
        cmocka_unit_test(test_judge_the_truth_and_its_opposite),
        cmocka_unit_test(test_judge_by_the_threshold_given),
        cmocka_unit_test(test_judge_means_over_images),
        cmocka_unit_test(test_judge_passes_an_error_on),
        cmocka_unit_test(test_trivial_answers_in_closed_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
