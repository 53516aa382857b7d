/* SPDX-License-Identifier: MIT */
/* The Hausdorff loss against its definition, distances from all pairs of pixels. */
#include "loss_checks.h"

/* with: d_p^beta + d_y^beta of every pixel */
static long double hausdorff(const batch *b, const long double *logits,
                             const void *with)
{
    const long double *maps = with;
    long double sum = 0;
    for (size_t k = 0; k < b->count; k++) {
        long double difference = sigmoid(logits[k]) - (b->truth[k] ? 1 : 0);
        sum += difference * difference * maps[k];
    }
    return sum / (long double)b->count;
}

/* Everything from the definition: the map of each image by all pairs of pixels. */
static long double *maps_by_definition(const batch *b, double beta)
{
    long double *maps = make_block(b->count, sizeof *maps);
    unsigned char *found = make_block(b->one, 1);
    for (size_t first = 0; first < b->count; first += b->one) {
        size_t height = b->pixels.height, width = b->pixels.width;
        for (size_t k = 0; k < b->one; k++)
            found[k] = sigmoid(b->logits[first + k]) > 0.5L;
        for (size_t k = 0; k < b->one; k++) {
            double d_p = sqrt(across_square(found, height, width, k));
            double d_y = sqrt(across_square(b->truth + first, height, width, k));
            maps[first + k] = powl(d_p, beta) + powl(d_y, beta);
        }
    }
    free(found);
    return maps;
}

/* The maps of the truth are float: exact for beta = 2 alone. */
static void check_hausdorff(const batch *b, double beta)
{
    char name[32];
    long double *maps = maps_by_definition(b, beta);
    float *gradient = make_block(b->count, sizeof *gradient);
    snprintf(name, sizeof name, "hausdorff, beta %g", beta);
    check_loss(b, (formula){hausdorff, maps}, hausdorff_of(b, beta, gradient), gradient,
               beta == 2 ? 1e-13 : 1e-7, name);
    free(maps);
    free(gradient);
}

static void test_hausdorff_loss_of_batches(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},  {4, 5, 7},  {2, 16, 16}, {3, 9, 19},
                                      {1, 1, 40}, {2, 40, 1}, {1, 17, 31}, {8, 3, 3}};
    static const double betas[] = {2, 1, 3, 0.5, 2};
    uint64_t seed = 4;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t c = 0; c < 5; c++) {
            batch b = draw_batch(&seed, sizes[i][0], sizes[i][1], sizes[i][2], 7);
            check_hausdorff(&b, betas[c]);
            free_batch(&b);
        }
}

/* p > 1/2 at a logit above 0, however small; a logit of 0 is not found. */
static void test_hausdorff_loss_at_the_threshold(void **state)
{
    (void)state;
    batch b = make_batch(1, 1, 4);
    memcpy(b.truth, (unsigned char[]){0, 0, 0, 1}, 4);
    memcpy(b.logits, (float[]){0, -0.0f, FLT_TRUE_MIN, -FLT_TRUE_MIN},
           4 * sizeof(float));
    /* distances 2 1 1 1 of what is found, 3 2 1 1 of the truth; all p are 1/2 */
    assert_close(hausdorff_of(&b, 2, NULL), (4 + 9 + 1 + 4 + 1 + 1 + 1 + 1) / 16.0,
                 1e-15, 0);
    free_batch(&b);
}

/* A set without a boundary has no distances; the other one's still count. */
static void test_hausdorff_loss_of_empty_and_full_sets(void **state)
{
    (void)state;
    batch b = make_batch(1, 6, 5);
    float gradient[30];
    for (int filled = 0; filled < 2; filled++)
        for (int y = 0; y < 2; y++) {
            memset(b.truth, y, b.count);
            for (size_t k = 0; k < b.count; k++)
                b.logits[k] = filled ? 3 : -3;
            assert_true(hausdorff_of(&b, 2, gradient) == 0);
            for (size_t k = 0; k < b.count; k++)
                assert_true(gradient[k] == 0);
            b.logits[13] = -b.logits[13]; /* now there is one */
            assert_true(hausdorff_of(&b, 2, gradient) > 0);
            check_hausdorff(&b, 2);
        }
    free_batch(&b);
}

/* 512 x 512: squares stay whole numbers in float. */
static void test_hausdorff_map_is_exact(void **state)
{
    (void)state;
    enum { SIZE = 512 };
    unsigned char *set = calloc(SIZE * SIZE, 1);
    double *squares = make_block(SIZE * SIZE, sizeof *squares);
    double *maps = make_block(SIZE * SIZE, sizeof *maps);
    float *map = make_block(SIZE * SIZE, sizeof *map);
    cod_distance *work;
    assert_non_null(set);
    assert_status(cod_distance_alloc(SIZE, SIZE, &work), COD_OK);
    set[7] = 1;
    cod_distance_across(work, set, SIZE, SIZE, squares);
    cod_hausdorff_map(set, SIZE, SIZE, 2, work, maps, map);
    for (size_t k = 0; k < SIZE * SIZE; k++)
        assert_true((double)map[k] == squares[k]);
    cod_hausdorff_map(set, SIZE, SIZE, 1, work, maps, map);
    for (size_t k = 0; k < SIZE * SIZE; k++)
        assert_true(map[k] == (float)sqrt(squares[k]));
    cod_distance_free(work);
    free(set);
    free(squares);
    free(maps);
    free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hausdorff_loss_of_batches),
        cmocka_unit_test(test_hausdorff_loss_at_the_threshold),
        cmocka_unit_test(test_hausdorff_loss_of_empty_and_full_sets),
        cmocka_unit_test(test_hausdorff_map_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
