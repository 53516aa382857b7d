/* SPDX-License-Identifier: MIT */
/* The hypervolume gradient against differences of the hypervolume itself, front by
 * front: on recorded and on generated points. */
#include "points.h"

#include <codescent/front.h>

/* Each point's front: dominated only by points of fronts before. */
static void find_fronts(const input *in, size_t *ret_front)
{
    size_t left = in->points;
    for (size_t p = 0; p < in->points; p++)
        ret_front[p] = SIZE_MAX;
    for (size_t front = 0; left > 0; front++) {
        double points[MOST * 3];
        size_t of[MOST], count = 0;
        unsigned char keep[MOST];
        for (size_t p = 0; p < in->points; p++)
            if (ret_front[p] == SIZE_MAX) {
                memcpy(points + in->m * count, in->losses + in->m * p,
                       in->m * sizeof *points);
                of[count++] = p;
            }
        assert_status(cod_front_nondominated(in->m, count, points, 0, keep, NULL),
                      COD_OK);
        for (size_t k = 0; k < count; k++)
            if (keep[k]) {
                ret_front[of[k]] = front;
                left--;
            }
    }
}

static double front_volume(const input *in, const size_t *front, size_t which,
                           const double *reference)
{
    double points[MOST * 3], volume = 0;
    size_t count = 0;
    for (size_t p = 0; p < in->points; p++)
        if (front[p] == which)
            memcpy(points + in->m * count++, in->losses + in->m * p,
                   in->m * sizeof *points);
    assert_status(cod_hypervolume(in->m, count, points, reference, &volume), COD_OK);
    return volume;
}

/* Minus the derivative of the volume of p's front by its loss i: the volume is
 * piecewise linear in one loss, so that a small difference is exact but for rounding.
 */
static double difference(const input *in, const size_t *front, size_t p, size_t i,
                         const double *reference)
{
    input moved = *in;
    const double step = 1e-6;
    moved.losses[p * in->m + i] -= step;
    return (front_volume(&moved, front, front[p], reference) -
            front_volume(in, front, front[p], reference)) /
           step;
}

static void check_volume_gradient(const input *in, double rounding)
{
    size_t points = in->points, m = in->m, rows = points * m, front[MOST];
    double reference[3] = {1.5, 2, 1.25}, w[MOST * MOST * 3];
    for (size_t i = 0; i < m; i++) { /* beyond the reference: it is moved */
        double most = 0;
        for (size_t p = 0; p < points; p++)
            most = fmax(most, in->losses[p * m + i]);
        reference[i] = most < reference[i] ? reference[i] : 1.1 * most;
    }
    cod_solver *solver = make("hv-gradient(length=native)", points, m, 1);
    cod_solver *unit = make("hv-gradient", points, m, 1);
    double u[MOST * MOST * 3];
    assert_status(cod_solver_weights(solver, in->losses, NULL, w, NULL), COD_OK);
    assert_status(cod_solver_weights(unit, in->losses, NULL, u, NULL), COD_OK);
    find_fronts(in, front);
    for (size_t p = 0; p < points; p++) {
        double square = 0;
        for (size_t i = 0; i < rows; i++)
            square += w[p * rows + i] * w[p * rows + i];
        for (size_t i = 0; i < rows; i++) {
            double expected = 0;
            if (i / m == p)
                expected = difference(in, front, p, i % m, reference);
            assert_close(w[p * rows + i], expected, 1e-5, rounding);
            assert_close(u[p * rows + i], w[p * rows + i] / sqrt(square), 1e-14, 0);
        }
    }
    cod_solver_free(solver);
    cod_solver_free(unit);
}

static void test_hypervolume_gradient(void **state)
{
    uint64_t seed = 3;
    static input in;
    (void)state;
    for (size_t trial = 0; trial < 200; trial++) {
        size_t points = 1 + (size_t)draw_int(&seed, MOST - 1);
        for (size_t m = 2; m <= 3; m++) {
            draw_input(&seed, points, m, &in);
            in.losses[0] = 1.9;
            check_volume_gradient(&in, 1e-8);
            recorded_input(trial, points, m, &in);
            check_volume_gradient(&in, 1e-6);
        }
    }
}

/* Level points: of equal ones the first has the front's facet, the others none. */
static void test_hypervolume_gradient_of_equal_points(void **state)
{
    static const double losses[] = {0.5, 0.5, 0.5, 0.5, 0.2, 0.8, 0.5, 0.9};
    double w[4 * 8];
    cod_solver *solver = make("hv-gradient(length=native)", 4, 2, 1);
    (void)state;
    assert_status(cod_solver_weights(solver, losses, NULL, w, NULL), COD_OK);
    assert_close(w[0], 0.8 - 0.5, 1e-15, 0);
    assert_close(w[1], 1.5 - 0.5, 1e-15, 0);
    assert_true(w[8 + 2] == 0 && w[8 + 3] == 0);
    assert_close(w[16 + 4], 2 - 0.8, 1e-15, 0);
    assert_close(w[16 + 5], 0.5 - 0.2, 1e-15, 0);
    assert_close(w[24 + 6], 2 - 0.9, 1e-15, 0); /* alone in the second front */
    assert_close(w[24 + 7], 1.5 - 0.5, 1e-15, 0);
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hypervolume_gradient),
        cmocka_unit_test(test_hypervolume_gradient_of_equal_points),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
