/* SPDX-License-Identifier: MIT */
/* The hypervolume, against inclusion and exclusion, counting of unit cells (exact:
 * whole numbers), closed forms and identities. */
#include "sets.h"

#define MOST 64

static double hypervolume(size_t m, size_t count, const double *points,
                          const double *reference)
{
    double value = -1;
    assert_status(cod_hypervolume(m, count, points, reference, &value), COD_OK);
    return value;
}

/* Sum over the nonempty subsets, with the sign of their parity, of the box above the
 * subset's componentwise maximum. */
static double by_inclusion(size_t m, size_t count, const double *points,
                           const double *reference)
{
    long double sum = 0;
    for (unsigned subset = 1; subset < 1u << count; subset++) {
        long double box = __builtin_popcount(subset) % 2 ? 1 : -1;
        for (size_t i = 0; i < m; i++) {
            double most = -INFINITY;
            for (size_t k = 0; k < count; k++)
                if (subset >> k & 1)
                    most = fmax(most, points[k * m + i]);
            box *= most < reference[i] ? (long double)reference[i] - most : 0;
        }
        sum += box;
    }
    return (double)sum;
}

/* Points and reference are whole numbers in 0 .. side: counts the unit cells whose
 * lower corner some point weakly dominates. */
static double by_cells(size_t m, size_t count, const double *points,
                       const double *reference, int side)
{
    int cells = 0, total = 1;
    for (size_t i = 0; i < m; i++)
        total *= side;
    for (int c = 0; c < total; c++) {
        double corner[3] = {c % side, c / side % side, c / side / side};
        size_t inside = 0, covered = 0;
        for (size_t i = 0; i < m; i++)
            inside += corner[i] < reference[i];
        for (size_t k = 0; k < count && inside == m && !covered; k++) {
            size_t below = 0;
            for (size_t i = 0; i < m; i++)
                below += points[k * m + i] <= corner[i];
            covered = below == m;
        }
        cells += covered > 0;
    }
    return cells;
}

static void test_hypervolume_counts_cells(void **state)
{
    (void)state;
    uint64_t seed = 1;
    double points[3 * MOST], reference[3];
    for (size_t m = 1; m <= 3; m++)
        for (int trial = 0; trial < 400; trial++) {
            int side = 2 + draw_int(&seed, m < 3 ? 30 : 10);
            size_t count = (size_t)draw_int(&seed, MOST);
            draw_grid_set(&seed, m, count, side, points);
            /* sometimes below many of the points, and on some */
            for (size_t i = 0; i < m; i++)
                reference[i] = trial % 3 ? side : draw_int(&seed, side);
            assert_true(hypervolume(m, count, points, reference) ==
                        by_cells(m, count, points, reference, side));
        }
}

static void test_hypervolume_inclusion_exclusion(void **state)
{
    (void)state;
    uint64_t seed = 2;
    double points[3 * 10];
    for (size_t m = 1; m <= 3; m++)
        for (int trial = 0; trial < 200; trial++) {
            size_t count = 1 + (size_t)draw_int(&seed, 9);
            double reference[3] = {1.1, 0.8, 0.9};
            if (trial % 2)
                draw_set(&seed, m, count, points);
            else
                draw_sphere_set(&seed, m, count, points);
            if (count > 3) /* a duplicate, and one point dominated by another */
                for (size_t i = 0; i < m; i++) {
                    points[i] = points[m + i];
                    points[2 * m + i] = points[3 * m + i] + (i == 0 ? 0.05 : 0);
                }
            assert_close(hypervolume(m, count, points, reference),
                         by_inclusion(m, count, points, reference), 1e-13, 1e-14);
        }
}

static void test_hypervolume_linear_staircase(void **state)
{
    (void)state;
    /* (k/N, 1 - k/N), k = 0 .. N, reference (1, 1): 1/2 - 1/(2 N) */
    size_t n = 100000;
    uint64_t seed = 3;
    double *points = malloc(2 * (n + 1) * sizeof *points);
    for (size_t k = 0; k <= n; k++) {
        points[2 * k] = (double)k / (double)n;
        points[2 * k + 1] = 1 - points[2 * k];
    }
    shuffle(&seed, 2, n + 1, points);
    assert_close(hypervolume(2, n + 1, points, (double[]){1, 1}), 0.5 - 0.5 / (double)n,
                 1e-15, 0);
    free(points);
}

static void test_hypervolume_simplex_staircase(void **state)
{
    (void)state;
    /* whole points of the plane sum = N, reference N in each: their cells are those of
     * corner sum >= N, so N^3 less the C(N + 2, 3) corners of sum < N */
    int n = 60;
    uint64_t seed = 4;
    size_t count = 0;
    double *points = malloc(3 * 61 * 62 / 2 * sizeof *points);
    for (int a = 0; a <= n; a++)
        for (int b = 0; a + b <= n; b++) {
            double point[3] = {a, b, n - a - b};
            memcpy(points + 3 * count++, point, sizeof point);
        }
    shuffle(&seed, 3, count, points);
    double reference[3] = {n, n, n};
    assert_true(hypervolume(3, count, points, reference) ==
                n * n * n - (n + 2) * (n + 1) * n / 6);
    free(points);
}

static void test_hypervolume_constant_third_objective(void **state)
{
    (void)state;
    uint64_t seed = 5;
    double flat[2 * 500], points[3 * 500];
    for (int trial = 0; trial < 60; trial++) {
        size_t count = (size_t)draw_int(&seed, 500), place = (size_t)trial % 3;
        if (trial % 2)
            draw_grid_set(&seed, 2, count, 20, flat);
        else
            draw_sphere_set(&seed, 2, count, flat);
        double base[2] = {trial % 2 ? 18 : 1.1, trial % 2 ? 19 : 1.1}, reference[3];
        for (size_t k = 0; k <= count; k++) {
            const double *from = k < count ? flat + 2 * k : base;
            double *to = k < count ? points + 3 * k : reference;
            to[place] = k < count ? 0.75 : 3.25;
            to[(place + 1) % 3] = from[0];
            to[(place + 2) % 3] = from[1];
        }
        assert_close(hypervolume(3, count, points, reference),
                     2.5 * hypervolume(2, count, flat, base), 1e-14, 0);
    }
}

static void test_hypervolume_permutations(void **state)
{
    (void)state;
    uint64_t seed = 6;
    double points[3 * 300], turned[3 * 300];
    const double reference[3] = {1, 1.05, 1.1};
    for (int trial = 0; trial < 20; trial++) {
        draw_sphere_set(&seed, 3, 300, points);
        double value = hypervolume(3, 300, points, reference);
        shuffle(&seed, 3, 300, points);
        assert_close(hypervolume(3, 300, points, reference), value, 1e-14, 0);
        for (size_t turn = 1; turn < 6; turn++) {
            size_t order[3] = {turn % 3, (turn + (turn < 3 ? 1 : 2)) % 3, 0};
            double base[3];
            order[2] = 3 - order[0] - order[1];
            for (size_t i = 0; i < 3; i++) {
                base[i] = reference[order[i]];
                for (size_t k = 0; k < 300; k++)
                    turned[3 * k + i] = points[3 * k + order[i]];
            }
            assert_close(hypervolume(3, 300, turned, base), value, 1e-14, 0);
        }
    }
}

/* A dominated point adds nothing; a new point adds its own box less what is covered. */
static void test_hypervolume_grows_by_the_exclusive_part(void **state)
{
    (void)state;
    uint64_t seed = 7;
    double points[3 * 201], clipped[3 * 200];
    const double reference[3] = {1.1, 1.1, 1.1};
    for (int trial = 0; trial < 20; trial++)
        for (size_t m = 2; m <= 3; m++) {
            draw_set(&seed, m, 201, points);
            double *added = points + 200 * m, box = 1;
            for (size_t i = 0; i < m; i++) {
                box *= reference[i] - added[i];
                for (size_t k = 0; k < 200; k++)
                    clipped[k * m + i] = fmax(points[k * m + i], added[i]);
            }
            assert_close(hypervolume(m, 201, points, reference),
                         hypervolume(m, 200, points, reference) + box -
                             hypervolume(m, 200, clipped, reference),
                         1e-13, 0);
        }
}

/* With a dense lattice the volume below the sphere tends to that of the body: a check
 * of sizes that no small set can give. */
static void test_hypervolume_large_sets_bracket_the_sphere(void **state)
{
    (void)state;
    uint64_t seed = 8;
    size_t count = 100000;
    double *points = malloc(3 * count * sizeof *points);
    draw_sphere_set(&seed, 2, count, points);
    assert_close(hypervolume(2, count, points, (double[]){1, 1}), 1 - M_PI / 4, 1e-4,
                 0);
    draw_sphere_set(&seed, 3, count, points);
    double value = hypervolume(3, count, points, (double[]){1, 1, 1});
    assert_true(value < 1 - M_PI / 6 && value > 1 - M_PI / 6 - 0.02);
    free(points);
}

static void test_hypervolume_points_not_below_the_reference(void **state)
{
    (void)state;
    const double points[] = {0, 1, 1, 0, 2, -5, -5, 2, 0.5, 0.5};
    assert_close(hypervolume(2, 5, points, (double[]){1, 1}), 0.25, 0, 0);
    assert_close(hypervolume(2, 4, points, (double[]){1, 1}), 0, 0, 0);
    assert_close(hypervolume(3, 1, (double[]){0, 0, 1}, (double[]){1, 1, 1}), 0, 0, 0);
    assert_close(hypervolume(1, 3, (double[]){3, 1, 2}, (double[]){2.5}), 1.5, 0, 0);
}

static void test_hypervolume_empty_set(void **state)
{
    (void)state;
    for (size_t m = 1; m <= 3; m++)
        assert_close(hypervolume(m, 0, NULL, (double[]){1, 1, 1}), 0, 0, 0);
}

static void test_hypervolume_refuses_bad_input(void **state)
{
    (void)state;
    const double good[8] = {0}, one[4] = {1, 1, 1, 1}, bad[] = {NAN, -INFINITY};
    double value = 7;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 3; i++) {
            double points[6] = {0}, reference[3] = {1, 1, 1};
            points[3 + i] = bad[k];
            assert_status(cod_hypervolume(3, 2, points, one, &value), COD_ENONFINITE);
            reference[i] = bad[k];
            assert_status(cod_hypervolume(3, 2, good, reference, &value),
                          COD_ENONFINITE);
        }
    assert_status(cod_hypervolume(4, 2, good, one, &value), COD_EUNSUPPORTED);
    assert_status(cod_hypervolume(0, 2, good, one, &value), COD_EARGUMENT);
    assert_status(cod_hypervolume(2, 2, NULL, one, &value), COD_EARGUMENT);
    assert_status(cod_hypervolume(2, 2, good, NULL, &value), COD_EARGUMENT);
    assert_status(cod_hypervolume(2, 2, good, one, NULL), COD_EARGUMENT);
    assert_status(cod_hypervolume(2, SIZE_MAX / 2, good, one, &value), COD_EARGUMENT);
    const double far[4] = {-1e200, -1e200, -1e200, -1e200};
    assert_status(cod_hypervolume(2, 2, far, one, &value), COD_EOVERFLOW);
    assert_close(value, 7, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hypervolume_counts_cells),
        cmocka_unit_test(test_hypervolume_inclusion_exclusion),
        cmocka_unit_test(test_hypervolume_linear_staircase),
        cmocka_unit_test(test_hypervolume_simplex_staircase),
        cmocka_unit_test(test_hypervolume_constant_third_objective),
        cmocka_unit_test(test_hypervolume_permutations),
        cmocka_unit_test(test_hypervolume_grows_by_the_exclusive_part),
        cmocka_unit_test(test_hypervolume_large_sets_bracket_the_sphere),
        cmocka_unit_test(test_hypervolume_points_not_below_the_reference),
        cmocka_unit_test(test_hypervolume_empty_set),
        cmocka_unit_test(test_hypervolume_refuses_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
