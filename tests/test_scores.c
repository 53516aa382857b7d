/* SPDX-License-Identifier: MIT */
/* Scores of segmentations against their definitions, written anew. */
#include "pixel_sets.h"
#include "wrap_alloc.h"

#include "experiments/segmentation/scores.h"

/* ---- the definitions ---- */

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 1;
}

/* A pixel of the set whose plus-shaped neighbourhood is not all in the set. */
static int on_boundary(const unsigned char *set, long height, long width, long y,
                       long x)
{
    static const long steps[][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    int inner = 0;
    for (int k = 0; k < 4; k++) {
        long v = y + steps[k][0], u = x + steps[k][1];
        inner += v >= 0 && v < height && u >= 0 && u < width && set[v * width + u];
    }
    return set[y * width + x] && inner < 4;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* 95 % of the way through the sorted distances. */
static double directed(const unsigned char *from, const unsigned char *to,
                       size_t height, size_t width)
{
    size_t count = 0, n = height * width;
    double *distances = make_block(n, sizeof *distances);
    for (size_t k = 0; k < n; k++)
        if (from[k])
            distances[count++] = sqrt(nearest_square(to, height, width, k, 1));
    qsort(distances, count, sizeof *distances, compare);
    long double place = 0.95L * (long double)(count - 1);
    size_t below = (size_t)floorl(place + 1e-12L);
    double part = (double)(place - (long double)below);
    double value = distances[below];
    if (below + 1 < count)
        value = (1 - part) * distances[below] + part * distances[below + 1];
    free(distances);
    return value;
}

static double hausdorff95(const unsigned char *found, const unsigned char *truth,
                          size_t height, size_t width)
{
    size_t n = height * width, some = 0, others = 0;
    unsigned char *a = make_block(n, 1), *b = make_block(n, 1);
    for (size_t k = 0; k < n; k++) {
        long y = (long)(k / width), x = (long)(k % width);
        some += a[k] =
            (unsigned char)on_boundary(found, (long)height, (long)width, y, x);
        others += b[k] =
            (unsigned char)on_boundary(truth, (long)height, (long)width, y, x);
    }
    double value = some + others == 0 ? 0 : INFINITY;
    if (some > 0 && others > 0)
        value = fmax(directed(a, b, height, width), directed(b, a, height, width));
    free(a);
    free(b);
    return value;
}

static cod_scores by_definition(const unsigned char *found, const unsigned char *truth,
                                size_t height, size_t width)
{
    double table[2][2] = {{0}};
    for (size_t k = 0; k < height * width; k++)
        table[found[k] != 0][truth[k] != 0]++;
    double wrong = table[0][1] + table[1][0];
    return (cod_scores){
        .dice = ratio(2 * table[1][1], 2 * table[1][1] + wrong),
        .background = ratio(2 * table[0][0], 2 * table[0][0] + wrong),
        .iou = ratio(table[1][1], table[1][1] + wrong),
        .hausdorff95 = hausdorff95(found, truth, height, width),
    };
}

/* ---- */

static cod_scores scores_of(const unsigned char *found, const unsigned char *truth,
                            size_t height, size_t width)
{
    cod_scores scores;
    assert_status(cod_scores_of(found, truth, height, width, &scores), COD_OK);
    return scores;
}

static void check_scores(cod_scores got, cod_scores expected)
{
    assert_close(got.dice, expected.dice, 1e-15, 0);
    assert_close(got.background, expected.background, 1e-15, 0);
    assert_close(got.iou, expected.iou, 1e-15, 0);
    if (isinf(expected.hausdorff95))
        assert_true(got.hausdorff95 == INFINITY);
    else
        assert_close(got.hausdorff95, expected.hausdorff95, 1e-13, 0);
}

static void test_scores_definitions(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int trial = 0; trial < 4000; trial++) {
        size_t height = 1 + (size_t)draw_int(&seed, 15);
        size_t width = 1 + (size_t)draw_int(&seed, 15);
        unsigned char *found = make_block(height * width, 1);
        unsigned char *truth = make_block(height * width, 1);
        draw_pixels((pixels_kind)(trial % PIXELS_KINDS), &seed, height, width, found);
        draw_pixels((pixels_kind)(trial / PIXELS_KINDS % PIXELS_KINDS), &seed, height,
                    width, truth);
        check_scores(scores_of(found, truth, height, width),
                     by_definition(found, truth, height, width));
        free(found);
        free(truth);
    }
}

static void test_scores_of_itself(void **state)
{
    (void)state;
    uint64_t seed = 2;
    unsigned char set[9 * 14];
    for (int kind = 0; kind < PIXELS_KINDS; kind++) {
        draw_pixels((pixels_kind)kind, &seed, 9, 14, set);
        check_scores(scores_of(set, set, 9, 14), (cod_scores){1, 1, 1, 0});
    }
}

static void test_scores_of_empty_sets(void **state)
{
    (void)state;
    unsigned char none[12] = {0}, three[12] = {1, 1, 0, 0, 1}, all[12];
    memset(all, 1, sizeof all);
    /* both empty: nothing is wrong */
    check_scores(scores_of(none, none, 3, 4), (cod_scores){1, 1, 1, 0});
    /* one empty: 9 of 12 + 9 background pixels are shared */
    check_scores(scores_of(three, none, 3, 4), (cod_scores){0, 18.0 / 21, 0, INFINITY});
    check_scores(scores_of(none, three, 3, 4), (cod_scores){0, 18.0 / 21, 0, INFINITY});
    check_scores(scores_of(all, none, 3, 4), (cod_scores){0, 0, 0, INFINITY});
    /* both full: there is no background */
    check_scores(scores_of(all, all, 3, 4), (cod_scores){1, 1, 1, 0});
}

static void test_scores_single_pixels(void **state)
{
    (void)state;
    unsigned char a[20 * 30] = {0}, b[20 * 30] = {0};
    a[2 * 30 + 3] = 1;
    b[14 * 30 + 8] = 1; /* 12 down, 5 right */
    check_scores(scores_of(a, b, 20, 30), (cod_scores){0, 2 * 598.0 / 1198, 0, 13});
    check_scores(scores_of(b, a, 20, 30), (cod_scores){0, 2 * 598.0 / 1198, 0, 13});
}

/* In one row all pixels are boundary. From count pixels to the first: 0 .. count - 1,
 * whose 95th percentile is 0.95 (count - 1); the other way it is 0. */
static void test_scores_percentile_by_hand(void **state)
{
    (void)state;
    unsigned char all[41], first[41] = {1};
    memset(all, 1, sizeof all);
    for (size_t count = 1; count <= 41; count++) {
        double expected = 0.95 * (double)(count - 1);
        cod_scores there = scores_of(all, first, 1, count);
        cod_scores back = scores_of(first, all, count, 1);
        assert_close(there.hausdorff95, expected, 1e-15, 0);
        assert_close(back.hausdorff95, expected, 1e-15, 0);
    }
    assert_true(scores_of(all, first, 1, 21).hausdorff95 == 19);
    assert_close(scores_of(all, first, 1, 11).hausdorff95, 9.5, 1e-15, 0);
}

/* Inner pixels count for the overlap, not for the distance: a square of 5 x 5 and the
 * same with a hole in its middle, whose 4 neighbours become boundary, 1 away from the
 * outer ring's 16; 20 distances, 16 of them 0: the percentile is 1. */
static void test_scores_boundary_alone_has_distances(void **state)
{
    (void)state;
    unsigned char full[49] = {0}, holed[49];
    for (size_t k = 0; k < 49; k++)
        full[k] = k / 7 >= 1 && k / 7 <= 5 && k % 7 >= 1 && k % 7 <= 5;
    memcpy(holed, full, sizeof holed);
    holed[3 * 7 + 3] = 0;
    check_scores(scores_of(holed, full, 7, 7),
                 (cod_scores){48.0 / 49, 48.0 / 49, 24.0 / 25, 1});
}

static void test_scores_refuse_sizes(void **state)
{
    (void)state;
    unsigned char set[1] = {1};
    cod_scores scores = {.dice = 7};
    assert_status(cod_scores_of(set, set, 0, 1, &scores), COD_EARGUMENT);
    assert_status(cod_scores_of(set, set, 1, 0, &scores), COD_EARGUMENT);
    assert_status(cod_scores_of(set, set, 1, SIZE_MAX, &scores), COD_EARGUMENT);
    assert_status(cod_scores_of(set, set, SIZE_MAX, 1, &scores), COD_EARGUMENT);
    assert_close(scores.dice, 7, 0, 0);
}

static void test_scores_without_memory(void **state)
{
    (void)state;
    unsigned char a[6] = {1, 0, 0, 1, 1, 0}, b[6] = {0, 1, 0, 0, 1, 0};
    int failed = 1;
    for (long k = 1; failed; k++) {
        long before = wrap_alloc_live();
        cod_scores scores = {.dice = 7};
        wrap_alloc_fail_at(k, 0);
        cod_status status = cod_scores_of(a, b, 2, 3, &scores);
        failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        assert_status(status, failed ? COD_EMEMORY : COD_OK);
        assert_true(failed == (scores.dice == 7));
        assert_int_equal(wrap_alloc_live(), before);
        assert_true(failed || k > 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_definitions),
        cmocka_unit_test(test_scores_of_itself),
        cmocka_unit_test(test_scores_of_empty_sets),
        cmocka_unit_test(test_scores_single_pixels),
        cmocka_unit_test(test_scores_percentile_by_hand),
        cmocka_unit_test(test_scores_boundary_alone_has_distances),
        cmocka_unit_test(test_scores_refuse_sizes),
        cmocka_unit_test(test_scores_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
