/* SPDX-License-Identifier: MIT */
/* Focal and Dice loss against their formulas, and what holds for all losses. */
#include "loss_checks.h"
#include "wrap_alloc.h"

/* ---- focal ---- */

typedef struct focal_options {
    double alpha, gamma;
} focal_options;

static long double focal(const batch *b, const long double *logits, const void *with)
{
    const focal_options *o = with;
    long double sum = 0;
    for (size_t k = 0; k < b->count; k++) {
        long double z = b->truth[k] ? logits[k] : -logits[k];
        long double a = b->truth[k] ? o->alpha : 1 - o->alpha;
        sum += a * powl(wrong_of(b, logits, k), o->gamma) * log1pl(expl(-z));
    }
    return sum / (long double)b->count;
}

static const double edges[] = {0,  1e-6, 0.1, 0.5, 1,   2,   5,   10,  15,  20,  30,
                               50, 87,   89,  103, 300, 699, 700, 701, 745, 1e3, 1e4};
enum { EDGES = sizeof edges / sizeof *edges };

static const focal_options focal_choices[] = {
    {0.25, 2},   {0.25, 0}, {0.5, 0},     {1, 0},    {0, 0},     {0.5, 0.5},
    {0.25, 0.5}, {0.9, 5},  {0, 2},       {1, 2},    {0.3, 1},   {1, 5},
    {0, 0.5},    {1, 0.5},  {0.25, 1.99}, {0.5, 10}, {0.25, 2.5}};
enum { FOCAL_CHOICES = sizeof focal_choices / sizeof *focal_choices };

/* Single pixels, so that each is compared at its own scale, down to e^-10000. */
static void test_focal_loss_of_one_pixel(void **state)
{
    (void)state;
    batch b = make_batch(1, 1, 1);
    for (int c = 0; c < FOCAL_CHOICES; c++)
        for (int e = 0; e < 2 * EDGES; e++)
            for (int y = 0; y < 2; y++) {
                const focal_options *o = &focal_choices[c];
                float gradient[1];
                char name[64];
                b.logits[0] = (float)(e % 2 ? -edges[e / 2] : edges[e / 2]);
                b.truth[0] = (unsigned char)y;
                snprintf(name, sizeof name, "focal(alpha=%g, gamma=%g)", o->alpha,
                         o->gamma);
                double value = cod_focal_loss(&b.pixels, o->alpha, o->gamma, gradient);
                check_loss(&b, (formula){focal, o}, value, gradient, 2e-12, name);
            }
    free_batch(&b);
}

static void test_focal_loss_of_batches(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},   {3, 5, 7},  {1, 16, 16},
                                      {2, 16, 16}, {3, 9, 19}, {1, 1, 257}};
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int c = 0; c < 4; c++) {
            const focal_options *o = &focal_choices[5 * c];
            batch b = draw_batch(&seed, sizes[i][0], sizes[i][1], sizes[i][2], 9);
            float *gradient = make_block(b.count, sizeof *gradient);
            double value = cod_focal_loss(&b.pixels, o->alpha, o->gamma, gradient);
            check_loss(&b, (formula){focal, o}, value, gradient, 1e-13, "focal");
            free(gradient);
            free_batch(&b);
        }
}

/* gamma = 0, alpha = 1/2: half the cross-entropy, whose gradient is p - y. */
static void test_focal_loss_is_cross_entropy_without_gamma(void **state)
{
    (void)state;
    uint64_t seed = 2;
    batch b = draw_batch(&seed, 4, 11, 13, 12);
    float *gradient = make_block(b.count, sizeof *gradient);
    cod_focal_loss(&b.pixels, 0.5, 0, gradient);
    for (size_t k = 0; k < b.count; k++) {
        double wrong = 1 / (1 + exp(b.truth[k] ? b.logits[k] : -b.logits[k]));
        assert_close(gradient[k], (b.truth[k] ? -wrong : wrong) / 2 / (double)b.count,
                     1e-7, 0);
    }
    free(gradient);
    free_batch(&b);
}

/* The paper's examples: an easy one (q = 0.9) counts 100 times less than in the
 * cross-entropy at gamma = 2, one with q = 0.968 about 1,000 times (section 3.2). */
static void test_focal_loss_of_easy_examples(void **state)
{
    (void)state;
    batch b = make_batch(1, 1, 1);
    b.truth[0] = 1;
    b.logits[0] = (float)log(0.9 / 0.1);
    double plain = cod_focal_loss(&b.pixels, 1, 0, NULL);
    assert_close(plain, -log(0.9), 1e-6, 0);
    assert_close(cod_focal_loss(&b.pixels, 1, 2, NULL), plain / 100, 1e-6, 0);
    b.logits[0] = (float)log(0.968 / 0.032);
    plain = cod_focal_loss(&b.pixels, 1, 0, NULL);
    assert_close(cod_focal_loss(&b.pixels, 1, 2, NULL), plain / 977, 1e-3, 0);
    free_batch(&b);
}

/* Object and background change places. */
static void test_focal_loss_is_symmetric(void **state)
{
    (void)state;
    uint64_t seed = 3;
    batch b = draw_batch(&seed, 2, 7, 9, 6);
    float *one = make_block(b.count, sizeof *one),
          *two = make_block(b.count, sizeof *two);
    double value = cod_focal_loss(&b.pixels, 0.25, 1.5, one);
    for (size_t k = 0; k < b.count; k++) {
        b.logits[k] = -b.logits[k];
        b.truth[k] = !b.truth[k];
    }
    assert_true(cod_focal_loss(&b.pixels, 0.75, 1.5, two) == value);
    for (size_t k = 0; k < b.count; k++)
        assert_true(one[k] == -two[k]);
    free(one);
    free(two);
    free_batch(&b);
}

/* ---- Dice ---- */

static long double dice(const batch *b, const long double *logits, const void *with)
{
    long double both = 0, all = 1;
    (void)with;
    for (size_t k = 0; k < b->count; k++) {
        long double p = sigmoid(logits[k]);
        both += b->truth[k] ? p : 0;
        all += p + (b->truth[k] ? 1 : 0);
    }
    return 1 - (2 * both + 1) / all;
}

static void test_dice_loss_of_batches(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {
        {1, 1, 1}, {3, 5, 7}, {1, 16, 16}, {2, 16, 16}, {3, 9, 19}};
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int trial = 0; trial < 6; trial++) {
            batch b = draw_batch(&seed, sizes[i][0], sizes[i][1], sizes[i][2], 9);
            float *gradient = make_block(b.count, sizeof *gradient);
            double value = cod_dice_loss(&b.pixels, gradient);
            check_loss(&b, (formula){dice, NULL}, value, gradient, 1e-13, "dice");
            free(gradient);
            free_batch(&b);
        }
}

/* Small losses keep their digits: (1 - q) / (q + 2) for one pixel of the object,
 * p / (p + 1) for one that is not. */
static void test_dice_loss_near_zero(void **state)
{
    (void)state;
    batch b = make_batch(1, 1, 1);
    float gradient[1];
    for (double z = 1; z < 80; z *= 1.5) {
        double wrong = 1 / (1 + exp((double)(float)z)),
               right = 1 / (1 + exp(-(double)(float)z));
        b.truth[0] = 1;
        b.logits[0] = (float)z;
        assert_close(cod_dice_loss(&b.pixels, gradient), wrong / (right + 2), 1e-14, 0);
        assert_close(gradient[0], -3 * wrong * right / (right + 2) / (right + 2), 2e-7,
                     0);
        b.truth[0] = 0;
        b.logits[0] = (float)-z;
        assert_close(cod_dice_loss(&b.pixels, gradient), wrong / (wrong + 1), 1e-14, 0);
        assert_close(gradient[0], wrong * right / (wrong + 1) / (wrong + 1), 2e-7, 0);
    }
    free_batch(&b);
}

/* ---- all of them ---- */

static double any_loss(const batch *b, int which, float *ret_gradient)
{
    return which == 0   ? cod_focal_loss(&b->pixels, 0.25, 2, ret_gradient)
           : which == 1 ? cod_focal_loss(&b->pixels, 0.25, 0.5, ret_gradient)
           : which == 2 ? hausdorff_of(b, 2, ret_gradient)
           : which == 3 ? hausdorff_of(b, 1, ret_gradient)
                        : cod_dice_loss(&b->pixels, ret_gradient);
}
enum { LOSSES = 5 };

/* Finite numbers, or the number that the sum is, for logits of any size. */
static void test_losses_stay_finite(void **state)
{
    (void)state;
    static const float sizes[] = {0, 1e-30f, 88, 104, 710, 1e4f, 1e30f, FLT_MAX};
    uint64_t seed = 6;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        batch b = draw_batch(&seed, 2, 12, 13, 1);
        float *gradient = make_block(b.count, sizeof *gradient);
        for (size_t k = 0; k < b.count; k++)
            b.logits[k] = copysignf(sizes[i], b.logits[k]);
        for (int which = 0; which < LOSSES; which++) {
            double value = any_loss(&b, which, gradient);
            assert_true(isfinite(value) && value >= 0);
            for (size_t k = 0; k < b.count; k++)
                assert_true(isfinite(gradient[k]));
        }
        free(gradient);
        free_batch(&b);
    }
}

/* The same bits with and without a gradient, and whatever number marks the object. */
static void test_losses_without_gradient(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int trial = 0; trial < 20; trial++) {
        batch b = draw_batch(&seed, 3, 11, 13, 5);
        float *one = make_block(b.count, sizeof *one);
        float *two = make_block(b.count, sizeof *two);
        double value[LOSSES];
        for (int which = 0; which < LOSSES; which++) {
            value[which] = any_loss(&b, which, one);
            assert_true(any_loss(&b, which, NULL) == value[which]);
        }
        for (size_t k = 0; k < b.count; k++)
            b.truth[k] = b.truth[k] ? 1 : 0;
        for (int which = 0; which < LOSSES; which++)
            assert_true(any_loss(&b, which, two) == value[which]);
        assert_memory_equal(one, two, b.count * sizeof *one);
        free(one);
        free(two);
        free_batch(&b);
    }
}

/* The means of a batch are those of its images. */
static void test_losses_are_means_over_images(void **state)
{
    (void)state;
    uint64_t seed = 8;
    batch b = draw_batch(&seed, 5, 14, 21, 5);
    float *all = make_block(b.count, sizeof *all),
          *one = make_block(b.one, sizeof *one);
    for (int which = 0; which < LOSSES - 1; which++) {
        double value = any_loss(&b, which, all), mean = 0;
        for (size_t i = 0; i < 5; i++) {
            batch image = b;
            image.pixels.batch = 1;
            image.pixels.logits = image.logits += i * b.one;
            image.pixels.truth = image.truth += i * b.one;
            image.count = b.one;
            mean += any_loss(&image, which, one) / 5;
            for (size_t k = 0; k < b.one; k++)
                assert_close(all[i * b.one + k], one[k] / 5, 3e-7, 0);
        }
        assert_close(value, mean, 1e-14, 0);
    }
    free(all);
    free(one);
    free_batch(&b);
}

static void test_losses_allocate_nothing(void **state)
{
    (void)state;
    uint64_t seed = 9;
    batch b = draw_batch(&seed, 2, 17, 19, 5);
    float *gradient = make_block(b.count, sizeof *gradient);
    workspace w = make_workspace(&b, 2);
    wrap_alloc_fail_at(1, 1);
    cod_hausdorff_map(b.truth, 17, 19, 2, w.work, w.maps, w.truth_maps);
    cod_focal_loss(&b.pixels, 0.25, 2, gradient);
    cod_hausdorff_loss(&b.pixels, 2, w.truth_maps, w.work, w.maps, gradient);
    cod_dice_loss(&b.pixels, gradient);
    long count = wrap_alloc_count();
    wrap_alloc_fail_at(0, 0);
    assert_int_equal(count, 0);
    free_workspace(&w);
    free(gradient);
    free_batch(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_focal_loss_of_one_pixel),
        cmocka_unit_test(test_focal_loss_of_batches),
        cmocka_unit_test(test_focal_loss_is_cross_entropy_without_gamma),
        cmocka_unit_test(test_focal_loss_of_easy_examples),
        cmocka_unit_test(test_focal_loss_is_symmetric),
        cmocka_unit_test(test_dice_loss_of_batches),
        cmocka_unit_test(test_dice_loss_near_zero),
        cmocka_unit_test(test_losses_stay_finite),
        cmocka_unit_test(test_losses_without_gradient),
        cmocka_unit_test(test_losses_are_means_over_images),
        cmocka_unit_test(test_losses_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
