/* SPDX-License-Identifier: MIT */
/* IGD and IGD+, against their formulas and published values. */
#include "sets.h"

static double igd(size_t m, size_t count, const double *points, size_t known_count,
                  const double *known, int plus)
{
    double value = -1;
    assert_status(
        (plus ? cod_igd_plus : cod_igd)(m, count, points, known_count, known, &value),
        COD_OK);
    return value;
}

/* Word for word: the mean over r of the least over a of the norm of a - r, or of
 * max(a - r, 0). */
static double by_formula(size_t m, size_t count, const double *points,
                         size_t known_count, const double *known, int plus)
{
    long double sum = 0;
    for (size_t r = 0; r < known_count; r++) {
        long double least = INFINITY;
        for (size_t a = 0; a < count; a++) {
            long double square = 0;
            for (size_t i = 0; i < m; i++) {
                long double d =
                    (long double)points[a * m + i] - (long double)known[r * m + i];
                if (plus)
                    d = fmaxl(d, 0);
                square += d * d;
            }
            least = fminl(least, sqrtl(square));
        }
        sum += least;
    }
    return (double)(sum / (long double)known_count);
}

static void test_igd_formula(void **state)
{
    (void)state;
    uint64_t seed = 1;
    double points[5 * 40], known[5 * 60];
    for (int trial = 0; trial < 400; trial++) {
        size_t m = 1 + (size_t)draw_int(&seed, 4);
        size_t count = 1 + (size_t)draw_int(&seed, 39);
        size_t known_count = 1 + (size_t)draw_int(&seed, 59);
        draw_set(&seed, m, count, points);
        draw_sphere_set(&seed, m, known_count, known);
        for (int plus = 0; plus < 2; plus++)
            assert_close(igd(m, count, points, known_count, known, plus),
                         by_formula(m, count, points, known_count, known, plus), 1e-14,
                         1e-16);
    }
}

/* The example where toolkits differ (power and place of the mean): 1/2, not 0.35355. */
static void test_igd_is_the_mean_of_distances(void **state)
{
    (void)state;
    const double a[] = {.5, 0, 0, .5}, r[] = {0, 1, 1, 0};
    assert_close(igd(2, 2, a, 2, r, 0), 0.5, 1e-15, 0);
    assert_close(igd(2, 2, r, 2, a, 0), 0.5, 1e-15, 0);
    assert_close(igd(2, 2, a, 2, r, 1), 0, 0, 0);
    assert_close(igd(2, 2, r, 2, a, 1), 0.5, 1e-15, 0);
}

/* Dominated points of the known front are not dropped: 0.7071, not 0. */
static void test_igd_keeps_dominated_known_points(void **state)
{
    (void)state;
    const double a[] = {1, 1}, r[] = {1, 1, 2, 2};
    assert_close(igd(2, 1, a, 2, r, 0), sqrt(0.5), 1e-15, 0);
    assert_close(igd(2, 1, a, 2, r, 1), 0, 0, 0);
}

/* Every point of b is dominated by one of a, or is no better, and yet IGD prefers b;
 * the example of Ishibuchi et al. 2015 (EMO), whose 3.707, 2.591, 1.483 and 2.260 these
 * are. */
static void test_igd_plus_is_compliant_where_igd_is_not(void **state)
{
    (void)state;
    const double r[] = {0, 10, 1, 6, 2, 2, 6, 1, 10, 0};
    const double a[] = {2, 4, 3, 3, 4, 2}, b[] = {2, 8, 4, 4, 8, 2};
    double root2 = sqrt(2), root5 = sqrt(5), root10 = sqrt(10);
    assert_close(igd(2, 3, a, 5, r, 0), (4 * root10 + 2 * root5 + root2) / 5, 1e-15, 0);
    assert_close(igd(2, 3, b, 5, r, 0), (6 * root2 + 2 * root5) / 5, 1e-15, 0);
    assert_close(igd(2, 3, a, 5, r, 1), (6 + root2) / 5, 1e-15, 0);
    assert_close(igd(2, 3, b, 5, r, 1), (4 + 2 * root5 + 2 * root2) / 5, 1e-15, 0);
}

static void test_igd_scales_without_overflow(void **state)
{
    (void)state;
    uint64_t seed = 2;
    double points[3 * 20], known[3 * 20], many[3 * 20], few[3 * 20];
    draw_set(&seed, 3, 20, points);
    draw_set(&seed, 3, 20, known);
    for (int plus = 0; plus < 2; plus++) {
        double value = igd(3, 20, points, 20, known, plus);
        for (int exponent = -900; exponent <= 1000; exponent += 100) {
            for (size_t k = 0; k < 60; k++) {
                many[k] = ldexp(points[k], exponent);
                few[k] = ldexp(known[k], exponent);
            }
            assert_close(igd(3, 20, many, 20, few, plus), ldexp(value, exponent), 1e-15,
                         0);
        }
    }
    assert_close(igd(1, 1, (double[]){0}, 1, (double[]){0}, 0), 0, 0, 0);
    double value = 7;
    assert_status(
        cod_igd(2, 1, (double[]){1.7e308, 0}, 1, (double[]){-1.7e308, 0}, &value),
        COD_EOVERFLOW);
    assert_close(value, 7, 0, 0);
}

static void test_igd_refuses_bad_input(void **state)
{
    (void)state;
    const double good[4] = {0}, bad[] = {NAN, INFINITY};
    double value = 7;
    for (size_t k = 0; k < 2; k++) {
        double set[4] = {0, 0, bad[k], 0};
        assert_status(cod_igd(2, 2, set, 2, good, &value), COD_ENONFINITE);
        assert_status(cod_igd(2, 2, good, 2, set, &value), COD_ENONFINITE);
        assert_status(cod_igd_plus(2, 2, set, 2, good, &value), COD_ENONFINITE);
        assert_status(cod_igd_plus(2, 2, good, 2, set, &value), COD_ENONFINITE);
    }
    assert_status(cod_igd(2, 0, NULL, 2, good, &value), COD_EDOMAIN);
    assert_status(cod_igd_plus(2, 0, good, 2, good, &value), COD_EDOMAIN);
    assert_status(cod_igd(2, 2, good, 0, good, &value), COD_EARGUMENT);
    assert_status(cod_igd(2, 2, good, 2, NULL, &value), COD_EARGUMENT);
    assert_status(cod_igd(2, 2, NULL, 2, good, &value), COD_EARGUMENT);
    assert_status(cod_igd(0, 2, good, 2, good, &value), COD_EARGUMENT);
    assert_status(cod_igd(2, 2, good, 2, good, NULL), COD_EARGUMENT);
    assert_close(value, 7, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_igd_formula),
        cmocka_unit_test(test_igd_is_the_mean_of_distances),
        cmocka_unit_test(test_igd_keeps_dominated_known_points),
        cmocka_unit_test(test_igd_plus_is_compliant_where_igd_is_not),
        cmocka_unit_test(test_igd_scales_without_overflow),
        cmocka_unit_test(test_igd_refuses_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
