/* SPDX-License-Identifier: MIT */
/* What generated images are drawn with: cells against the search of all of them, smooth
 * functions against their formula. */
#include "check.h"

#include "experiments/segmentation/cells.h"
#include "experiments/segmentation/smooth.h"

/* ---- cells ---- */

static double distance(const cod_cell *cell, double y, double x)
{
    return sqrt((y - cell->y) * (y - cell->y) + (x - cell->x) * (x - cell->x)) -
           cell->radius;
}

/* Of pixel k, by looking at every cell. */
static void check_pixel(const cod_cells *cells, double y, double x, uint32_t cell,
                        double gap)
{
    double own = distance(&cells->at[cell], y, x), next = INFINITY;
    for (uint32_t c = 0; c < cells->count; c++) {
        if (c != cell && distance(&cells->at[c], y, x) < next)
            next = distance(&cells->at[c], y, x);
    }
    assert_true(own <= next);
    assert_close(gap, next - own, 0, 1e-12);
}

/* Pixels that lie in order, bent by `reach`, up to all over the plane. */
static void check_map(uint64_t seed, size_t height, size_t width, double reach)
{
    size_t pixels = height * width;
    cod_random random = {seed, 100, 0};
    cod_cells cells;
    double *y = malloc(pixels * sizeof *y), *x = malloc(pixels * sizeof *x);
    double *gap = malloc(pixels * sizeof *gap);
    uint32_t *cell = malloc(pixels * sizeof *cell);
    assert_status(cod_cells_draw((cod_random){seed, 0, 0}, height, width, &cells),
                  COD_OK);
    for (size_t k = 0; k < pixels; k++) {
        y[k] = (double)(k / width) + reach * (cod_random_uniform(random, 2 * k) - 0.5);
        x[k] =
            (double)(k % width) + reach * (cod_random_uniform(random, 2 * k + 1) - 0.5);
    }
    cod_cells_map(&cells, height, width, y, x, cell, gap);
    for (size_t k = 0; k < pixels; k++)
        check_pixel(&cells, y[k], x[k], cell[k], gap[k]);
    cod_cells_clear(&cells);
    assert_null(cells.at);
    cod_cells_clear(&cells);
    free(y);
    free(x);
    free(gap);
    free(cell);
}

static void test_cells_map(void **state)
{
    (void)state;
    check_map(1, 200, 150, 0);
    check_map(2, 16, 16, 4);
    check_map(3, 37, 61, 40);
    check_map(4, 33, 17, 600);
}

/* Cells of all sizes, one for each square: the squares' areas add up to what is
 * covered, the image and a margin around it. */
static void test_cells_draw(void **state)
{
    cod_cells cells;
    size_t large = 0, small = 0;
    double area = 0, largest = 0;
    (void)state;
    assert_status(cod_cells_draw((cod_random){5, 0, 0}, 500, 300, &cells), COD_OK);
    for (size_t c = 0; c < cells.count; c++) {
        const cod_cell *cell = &cells.at[c];
        area += cell->side * cell->side;
        largest = cell->side > largest ? cell->side : largest;
        assert_true(cell->radius > 0 && cell->radius < cell->side / 2);
        assert_true(cell->y > -200 && cell->y < 700);
        assert_true(cell->x > -200 && cell->x < 600);
    }
    for (size_t c = 0; c < cells.count; c++) {
        large += cells.at[c].side == largest;
        small += cells.at[c].side == largest / 4;
    }
    assert_true(large > 0 && small > large);
    assert_true(area >= 500 * 300 && area <= (500 + 3 * largest) * (300 + 3 * largest));
    cod_cells_clear(&cells);
}

/* ---- smooth functions ---- */

/* The cubic B-spline itself, for |t| < 2. */
static double spline(double t)
{
    t = fabs(t);
    if (t < 1)
        return (4 - 6 * t * t + 3 * t * t * t) / 6;
    return t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
}

/* Lattice point (r, c) lies at pixel ((r - 1) period, (c - 1) period). */
static double smooth_at(cod_random random, double y, double x)
{
    double sum = 0;
    for (uint64_t r = (uint64_t)y; r < (uint64_t)y + 4; r++)
        for (uint64_t c = (uint64_t)x; c < (uint64_t)x + 4; c++)
            sum += spline(y - (double)r + 1) * spline(x - (double)c + 1) *
                   (2 * cod_random_uniform(random, (r << 32) + c) - 1);
    return sum;
}

static void check_smooth(double period, size_t height, size_t width)
{
    const double amplitude = 3;
    size_t pixels = height * width;
    cod_random random = {6, 7, 8};
    double *plane = malloc(pixels * sizeof *plane);
    double *work = malloc(COD_SMOOTH_WORK(width) * sizeof *work);
    for (size_t k = 0; k < pixels; k++)
        plane[k] = (double)k;
    cod_smooth_add(random, period, amplitude, height, width, work, plane);
    for (size_t k = 0; k < pixels; k++) {
        double y = (double)(k / width) / period, x = (double)(k % width) / period;
        double value = plane[k] - (double)k;
        assert_close(value, amplitude * smooth_at(random, y, x), 0, 1e-11);
        assert_true(fabs(value) <= amplitude);
    }
    free(plane);
    free(work);
}

static void test_smooth_add(void **state)
{
    (void)state;
    check_smooth(1, 20, 30);
    check_smooth(3.5, 41, 23);
    check_smooth(26, 60, 100);
    check_smooth(500, 16, 16);
    check_smooth(7, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_map),
        cmocka_unit_test(test_cells_draw),
        cmocka_unit_test(test_smooth_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
