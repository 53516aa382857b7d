/* SPDX-License-Identifier: MIT */
/* Dominance and the nondominated filter, against the definition. */
#include "sets.h"

#define MOST 400

static void test_dominance_compare_all_cases(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3}, b[] = {1, 2, 4}, c[] = {0, 3, 3};
    assert_int_equal(cod_dominance_compare(3, a, a), COD_EQUAL);
    assert_int_equal(cod_dominance_compare(3, a, b), COD_DOMINATES);
    assert_int_equal(cod_dominance_compare(3, b, a), COD_DOMINATED);
    assert_int_equal(cod_dominance_compare(3, a, c), COD_INCOMPARABLE);
    assert_int_equal(cod_dominance_compare(2, a, b), COD_EQUAL);
    assert_int_equal(cod_dominance_compare(1, a, c), COD_DOMINATED);
    assert_int_equal(cod_dominance_compare(2, (double[]){0.0, 1}, (double[]){-0.0, 1}),
                     COD_EQUAL);
}

/* Kept: no point is <= in all objectives and < in one; and, without duplicates, no
 * equal point was given before. */
static int is_kept(size_t m, size_t count, const double *points, size_t k,
                   int keep_duplicates)
{
    for (size_t j = 0; j < count; j++) {
        size_t no_worse = 0, better = 0;
        for (size_t i = 0; i < m; i++) {
            no_worse += points[j * m + i] <= points[k * m + i];
            better += points[j * m + i] < points[k * m + i];
        }
        if (no_worse == m && (better > 0 || (!keep_duplicates && j < k)))
            return 0;
    }
    return 1;
}

static void check_filter(size_t m, size_t count, const double *points)
{
    for (int keep_duplicates = 0; keep_duplicates < 2; keep_duplicates++) {
        unsigned char keep[MOST];
        size_t marked = SIZE_MAX, expected = 0;
        memset(keep, 7, sizeof keep);
        assert_status(
            cod_front_nondominated(m, count, points, keep_duplicates, keep, &marked),
            COD_OK);
        for (size_t k = 0; k < count; k++) {
            int wanted = is_kept(m, count, points, k, keep_duplicates);
            assert_int_equal(keep[k], wanted);
            expected += (size_t)wanted;
        }
        assert_int_equal(marked, expected);
    }
}

static void test_nondominated_definition_on_grids(void **state)
{
    (void)state;
    uint64_t seed = 1;
    double points[6 * MOST];
    for (size_t m = 1; m <= 6; m++)
        for (int trial = 0; trial < 150; trial++) {
            size_t count = (size_t)draw_int(&seed, trial % 10 == 0 ? MOST : 60);
            draw_grid_set(&seed, m, count, 1 + draw_int(&seed, 12), points);
            check_filter(m, count, points);
        }
}

static void test_nondominated_definition_on_reals(void **state)
{
    (void)state;
    uint64_t seed = 2;
    double points[6 * MOST];
    for (size_t m = 1; m <= 6; m++)
        for (int trial = 0; trial < 10; trial++) {
            draw_set(&seed, m, MOST, points);
            for (size_t k = 0; k < m * MOST; k++)
                points[k] = ldexp(points[k] - 0.5, draw_int(&seed, 60) - 30);
            check_filter(m, MOST, points);
        }
}

static void test_nondominated_keeps_every_point_of_a_sphere(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (size_t m = 2; m <= 4; m++) {
        size_t count = m < 4 ? 20000 : 1000, marked;
        double *points = malloc(m * count * sizeof *points);
        unsigned char *keep = malloc(count);
        draw_sphere_set(&seed, m, count, points);
        assert_status(cod_front_nondominated(m, count, points, 0, keep, &marked),
                      COD_OK);
        assert_int_equal(marked, count);
        free(points);
        free(keep);
    }
}

static void test_nondominated_signed_zeros_are_equal(void **state)
{
    (void)state;
    const double points[] = {0.0, 1, -0.0, 1, 1, -0.0, 1, 0.0};
    check_filter(2, 4, points);
}

static void test_nondominated_empty_set(void **state)
{
    (void)state;
    size_t marked = 9;
    for (size_t m = 1; m <= 4; m++) {
        assert_status(cod_front_nondominated(m, 0, NULL, 0, NULL, &marked), COD_OK);
        assert_int_equal(marked, 0);
    }
    assert_status(cod_front_nondominated(2, 0, NULL, 1, NULL, NULL), COD_OK);
}

static void test_nondominated_refuses_bad_input(void **state)
{
    (void)state;
    unsigned char keep[2] = {5, 5};
    size_t marked = 9;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < 12; k++) {
        double points[4] = {1, 2, 2, 1};
        points[k % 4] = bad[k / 4];
        assert_status(cod_front_nondominated(2, 2, points, 0, keep, &marked),
                      COD_ENONFINITE);
    }
    const double good[] = {1, 2, 2, 1};
    assert_status(cod_front_nondominated(0, 2, good, 0, keep, &marked), COD_EARGUMENT);
    assert_status(cod_front_nondominated(2, 2, NULL, 0, keep, &marked), COD_EARGUMENT);
    assert_status(cod_front_nondominated(2, 2, good, 0, NULL, &marked), COD_EARGUMENT);
    assert_status(cod_front_nondominated(2, SIZE_MAX / 2, good, 0, keep, &marked),
                  COD_EARGUMENT);
    assert_int_equal(keep[0], 5);
    assert_int_equal(marked, 9);
}

static void test_indicator_list_names(void **state)
{
    (void)state;
    size_t count = 0;
    const cod_indicator *list = cod_indicator_list(&count);
    const char *names[] = {"hypervolume", "igd", "igd+"};
    assert_int_equal(count, 3);
    for (size_t k = 0; k < count; k++) {
        assert_string_equal(list[k].name, names[k]);
        assert_true(strlen(list[k].summary) > 0 && strlen(list[k].citation) > 0);
        assert_int_equal(list[k].needs_reference, k == 0);
        assert_int_equal(list[k].larger_is_better, k == 0);
        assert_int_equal(list[k].needs_known, k > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dominance_compare_all_cases),
        cmocka_unit_test(test_nondominated_definition_on_grids),
        cmocka_unit_test(test_nondominated_definition_on_reals),
        cmocka_unit_test(test_nondominated_keeps_every_point_of_a_sphere),
        cmocka_unit_test(test_nondominated_signed_zeros_are_equal),
        cmocka_unit_test(test_nondominated_empty_set),
        cmocka_unit_test(test_nondominated_refuses_bad_input),
        cmocka_unit_test(test_indicator_list_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
