/* SPDX-License-Identifier: MIT */
/* Distance transforms against all pairs of pixels: equal, not near. */
#include "pixel_sets.h"
#include "wrap_alloc.h"

#include "experiments/segmentation/distance.h"

static void check_image(cod_distance *work, const unsigned char *set, size_t height,
                        size_t width, const char *name)
{
    size_t count = height * width;
    double *to = make_block(count, sizeof *to), *across = make_block(count, sizeof *to);
    cod_distance_to(work, set, height, width, to);
    cod_distance_across(work, set, height, width, across);
    for (size_t k = 0; k < count; k++) {
        double square = nearest_square(set, height, width, k, 1);
        if (to[k] != square)
            fail_msg("%s, %zu x %zu, pixel %zu, to the set: %g, not %g", name, height,
                     width, k, to[k], square);
        square = across_square(set, height, width, k);
        if (across[k] != square)
            fail_msg("%s, %zu x %zu, pixel %zu, across: %g, not %g", name, height,
                     width, k, across[k], square);
    }
    free(to);
    free(across);
}

static cod_distance *make_work(size_t height, size_t width)
{
    cod_distance *work;
    assert_status(cod_distance_alloc(height, width, &work), COD_OK);
    return work;
}

static void test_distance_all_pairs(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1},  {1, 2},  {2, 1},   {1, 53},
                                      {53, 1}, {2, 31}, {31, 2},  {3, 3},
                                      {8, 8},  {7, 64}, {37, 53}, {53, 37}};
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < PIXELS_KINDS; kind++)
            for (int trial = 0; trial < 3; trial++) {
                char name[32];
                size_t height = sizes[i][0], width = sizes[i][1];
                unsigned char *set = make_block(height * width, 1);
                cod_distance *work = make_work(height, width);
                draw_pixels(kind, &seed, height, width, set);
                snprintf(name, sizeof name, "kind %d", kind);
                check_image(work, set, height, width, name);
                cod_distance_free(work);
                free(set);
            }
}

/* Every set there is of 4 x 4, 2 x 6 and 6 x 2 pixels. */
static void test_distance_every_small_set(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{4, 4}, {2, 6}, {6, 2}};
    for (size_t i = 0; i < 3; i++) {
        size_t height = sizes[i][0], width = sizes[i][1];
        unsigned char *set = make_block(height * width, 1);
        cod_distance *work = make_work(height, width);
        for (unsigned bits = 0; bits < 1u << height * width; bits++) {
            for (size_t k = 0; k < height * width; k++)
                set[k] = bits >> k & 1;
            check_image(work, set, height, width, "bits");
        }
        cod_distance_free(work);
        free(set);
    }
}

/* One workspace, images of changing sizes: nothing is left over from the one before. */
static void test_distance_workspace_of_a_larger_image(void **state)
{
    (void)state;
    uint64_t seed = 2;
    cod_distance *work = make_work(24, 40);
    for (int trial = 0; trial < 300; trial++) {
        size_t height = 1 + (size_t)draw_int(&seed, 23);
        size_t width = 1 + (size_t)draw_int(&seed, 39);
        unsigned char *set = make_block(height * width, 1);
        draw_pixels((pixels_kind)draw_int(&seed, PIXELS_KINDS - 1), &seed, height,
                    width, set);
        check_image(work, set, height, width, "workspace");
        free(set);
    }
    cod_distance_free(work);
}

/* Squares beyond 2^32, and a time that a quadratic algorithm would not meet. */
static void test_distance_of_the_longest_lines(void **state)
{
    (void)state;
    size_t most = COD_DISTANCE_MOST;
    for (int down = 0; down < 2; down++) {
        size_t height = down ? most : 2, width = down ? 2 : most;
        unsigned char *set = calloc(2 * most, 1);
        double *squares = make_block(2 * most, sizeof *squares);
        cod_distance *work = make_work(height, width);
        assert_non_null(set);
        set[2 * most - 1] = 1;
        cod_distance_to(work, set, height, width, squares);
        for (size_t k = 0; k < 2 * most; k++) {
            double dy = (double)(height - 1 - k / width);
            double dx = (double)(width - 1 - k % width);
            if (squares[k] != dy * dy + dx * dx)
                fail_msg("pixel %zu: %.17g", k, squares[k]);
        }
        cod_distance_free(work);
        free(set);
        free(squares);
    }
}

/* 512 x 512, one pixel: all answers are known. */
static void test_distance_to_one_pixel(void **state)
{
    (void)state;
    enum { SIZE = 512, Y = 100, X = 511 };
    unsigned char *set = calloc(SIZE * SIZE, 1);
    double *squares = make_block(SIZE * SIZE, sizeof *squares);
    cod_distance *work = make_work(SIZE, SIZE);
    assert_non_null(set);
    set[Y * SIZE + X] = 1;
    cod_distance_across(work, set, SIZE, SIZE, squares);
    for (int k = 0; k < SIZE * SIZE; k++) {
        int dy = k / SIZE - Y, dx = k % SIZE - X, square = dy * dy + dx * dx;
        assert_true(squares[k] == (square == 0 ? 1 : square));
    }
    cod_distance_free(work);
    free(set);
    free(squares);
}

static void test_distance_room_is_the_callers(void **state)
{
    (void)state;
    uint64_t seed = 3;
    unsigned char kept[5 * 9];
    double squares[5 * 9];
    cod_distance *work = make_work(5, 9);
    unsigned char *room = cod_distance_room(work);
    draw_pixels(PIXELS_HALF, &seed, 5, 9, room);
    memcpy(kept, room, sizeof kept);
    cod_distance_across(work, room, 5, 9, squares);
    cod_distance_to(work, room, 5, 9, squares);
    assert_memory_equal(kept, room, sizeof kept);
    assert_ptr_equal(cod_distance_room(work), room);
    cod_distance_free(work);
}

static void test_distance_alloc_refuses_sizes(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{0, 4},
                                      {4, 0},
                                      {0, 0},
                                      {COD_DISTANCE_MOST + 1, 1},
                                      {1, COD_DISTANCE_MOST + 1},
                                      {1, SIZE_MAX},
                                      {SIZE_MAX, SIZE_MAX}};
    cod_distance *work = NULL;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        assert_status(cod_distance_alloc(sizes[k][0], sizes[k][1], &work),
                      COD_EARGUMENT);
    assert_null(work);
    cod_distance_free(NULL);
}

static void test_distance_alloc_without_memory(void **state)
{
    (void)state;
    int failed = 1;
    for (long k = 1; failed; k++) {
        long before = wrap_alloc_live();
        cod_distance *work = NULL;
        wrap_alloc_fail_at(k, 0);
        cod_status status = cod_distance_alloc(3, 4, &work);
        failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        assert_status(status, failed ? COD_EMEMORY : COD_OK);
        assert_true(failed == (work == NULL));
        cod_distance_free(work);
        assert_int_equal(wrap_alloc_live(), before);
        assert_true(failed || k > 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_all_pairs),
        cmocka_unit_test(test_distance_every_small_set),
        cmocka_unit_test(test_distance_workspace_of_a_larger_image),
        cmocka_unit_test(test_distance_of_the_longest_lines),
        cmocka_unit_test(test_distance_to_one_pixel),
        cmocka_unit_test(test_distance_room_is_the_callers),
        cmocka_unit_test(test_distance_alloc_refuses_sizes),
        cmocka_unit_test(test_distance_alloc_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
