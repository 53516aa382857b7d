/* SPDX-License-Identifier: MIT */
/* The 16-bit types, every number of them: exact on the way in, rounded to the nearest
 * on the way out. */
#include "check.h"

#include <float.h>

#include "core/pool.h"
#include "core/types.h"

typedef struct layout {
    cod_type type;
    int digits; /* of the fraction */
    int bias;
    uint16_t infinity;
} layout;

static const layout layouts[] = {{COD_BFLOAT16, 7, 127, 0x7f80},
                                 {COD_FLOAT16, 10, 15, 0x7c00}};

/* By the definition of such formats. */
static double value_of(const layout *l, uint16_t x)
{
    int exponent = (x & 0x7fff) >> l->digits;
    int fraction = x & ((1 << l->digits) - 1);
    double sign = x & 0x8000 ? -1 : 1;
    if ((x & 0x7fff) >= l->infinity)
        return fraction != 0 ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp(fraction, 1 - l->bias - l->digits);
    return sign * ldexp(fraction + (1 << l->digits), exponent - l->bias - l->digits);
}

static int same(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static uint16_t rounded(const layout *l, double value, int *ret_beyond)
{
    uint16_t x = 0xdead;
    *ret_beyond = cod_elements_store(&value, 1, l->type, &x);
    return x;
}

static void test_every_number_is_read_and_written_exactly(void **state)
{
    (void)state;
    int beyond;
    for (size_t t = 0; t < 2; t++)
        for (uint32_t k = 0; k < 0x10000; k++) {
            uint16_t x = (uint16_t)k;
            double value = value_of(&layouts[t], x);
            assert_true(same(cod_element_at(&x, layouts[t].type, 0), value));
            uint16_t back = rounded(&layouts[t], value, &beyond);
            assert_false(beyond);
            if (isnan(value))
                assert_true(isnan(value_of(&layouts[t], back)));
            else
                assert_int_equal(back, x);
        }
}

/* Between two neighbours: the nearer one, half-way the even one; past the last: none.
 */
static void test_numbers_between_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    int beyond;
    for (size_t t = 0; t < 2; t++) {
        const layout *l = &layouts[t];
        for (uint32_t k = 0; k < 0x10000; k++) {
            uint16_t x = (uint16_t)k, next = (uint16_t)(k + 1);
            if ((x & 0x7fff) >= l->infinity)
                continue;
            int last = (next & 0x7fff) == l->infinity;
            double a = value_of(l, x);
            double step =
                last ? a - value_of(l, (uint16_t)(x - 1)) : value_of(l, next) - a;
            double middle = a + step / 2;
            assert_int_equal(rounded(l, nextafter(middle, a), &beyond), x);
            assert_false(beyond);
            assert_int_equal(rounded(l, middle, &beyond), x & 1 ? next : x);
            assert_int_equal(beyond, last);
            assert_int_equal(rounded(l, nextafter(middle, 2 * middle), &beyond), next);
            assert_int_equal(beyond, last);
        }
        assert_int_equal(rounded(l, 1e300, &beyond), l->infinity);
        assert_true(beyond);
        assert_int_equal(rounded(l, -DBL_MAX, &beyond), l->infinity | 0x8000);
        assert_true(beyond);
        assert_int_equal(rounded(l, -DBL_TRUE_MIN, &beyond), 0x8000);
        assert_false(beyond);
    }
}

static void test_float32_is_rounded_and_watched(void **state)
{
    (void)state;
    const double values[] = {FLT_MAX, 0.1, 2.0 * FLT_MAX, INFINITY};
    float x[4];
    assert_false(cod_elements_store(values, 2, COD_FLOAT32, x));
    assert_true(x[0] == FLT_MAX && x[1] == 0.1f);
    assert_true(cod_elements_store(values, 3, COD_FLOAT32, x));
    assert_false(cod_elements_store(values + 3, 1, COD_FLOAT32, x));
    assert_int_equal(cod_type_size((cod_type)4), 0);
    assert_true(isnan(cod_element_at(x, (cod_type)4, 0)));
}

/* Every finite number through the vectors and the rest of a row of each kernel. */
static void check_kernels(const layout *l, const cod_kernels *kernels, size_t n)
{
    uint16_t row[300], ones[300];
    const void *rows[2] = {row, ones};
    double one = 1, G[4], d[300];
    cod_pool *pool = NULL;
    assert_status(cod_pool_alloc_with(1, 2, kernels, &pool), COD_OK);
    for (size_t k = 0; k < n; k++)
        (void)cod_elements_store(&one, 1, l->type, &ones[k]);
    for (uint32_t x = 0; x < 0x10000; x++) {
        double value = value_of(l, (uint16_t)x);
        memset(row, 0, sizeof row);
        row[x % n] = (uint16_t)x;
        cod_status expected = isfinite(value) ? COD_OK : COD_ENONFINITE;
        assert_status(cod_gramian(pool, 2, n, rows, l->type, G), expected);
        const double weights[2] = {1, 0};
        assert_status(cod_combine(pool, 2, n, weights, rows, l->type, d, COD_FLOAT64),
                      expected);
        if (expected != COD_OK)
            continue;
        assert_true(G[1] == value && G[0] == value * value && d[x % n] == value);
    }
    cod_pool_free(pool);
}

static void test_every_number_goes_through_every_kernel(void **state)
{
    (void)state;
    const cod_kernels *kernels;
    for (size_t k = 0; (kernels = cod_kernels_at(k)) != NULL; k++)
        for (size_t t = 0; t < 2; t++) {
            check_kernels(&layouts[t], kernels, 256);
            check_kernels(&layouts[t], kernels, 7);
        }
}

/* Numbers around the middle between each and the next, and far beyond the last. */
static size_t numbers_between(const layout *l, double *ret_values)
{
    size_t n = 0;
    for (uint32_t k = 0; k < 0xffff; k++) {
        double a = value_of(l, (uint16_t)k), b = value_of(l, (uint16_t)(k + 1));
        if (!isfinite(a))
            continue;
        double middle =
            a + (isfinite(b) ? b - a : a - value_of(l, (uint16_t)(k - 1))) / 2;
        ret_values[n++] = nextafter(middle, a);
        ret_values[n++] = middle;
        ret_values[n++] = nextafter(middle, 2 * middle);
    }
    const double far[] = {1e30,    -1e38, 1e39,   -1e300,
                          DBL_MAX, 1e-30, -1e-40, DBL_TRUE_MIN};
    memcpy(ret_values + n, far, sizeof far);
    return n + sizeof far / sizeof *far;
}

static void check_rounding(const layout *l, const cod_kernels *kernels)
{
    enum { MOST = 3 * 0x10000, FEW = 19 };
    cod_combine_kernel *combine = kernels->combine[COD_FLOAT64][l->type];
    double *values = malloc(MOST * sizeof *values), few[FEW] = {0};
    uint16_t *d = malloc(MOST * sizeof *d);
    const void *rows[1] = {values};
    const double one[1] = {1};
    size_t n = numbers_between(l, values);
    int beyond;
    assert_int_equal(combine(1, one, rows, 0, n, 0, d), 1);
    for (size_t k = 0; k < n; k++)
        assert_int_equal(d[k], rounded(l, values[k], &beyond));
    rows[0] = few;
    for (size_t k = 0; k < n; k++) {
        few[k % FEW] = values[k];
        (void)rounded(l, values[k], &beyond);
        assert_int_equal(combine(1, one, rows, 0, FEW, 0, d), beyond);
        few[k % FEW] = 0;
    }
    free(d);
    free(values);
}

static void test_every_kernel_rounds_to_the_nearest(void **state)
{
    (void)state;
    const cod_kernels *kernels;
    for (size_t k = 0; (kernels = cod_kernels_at(k)) != NULL; k++)
        for (size_t t = 0; t < 2; t++)
            check_rounding(&layouts[t], kernels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_is_read_and_written_exactly),
        cmocka_unit_test(test_numbers_between_are_rounded_to_the_nearest),
        cmocka_unit_test(test_float32_is_rounded_and_watched),
        cmocka_unit_test(test_every_number_goes_through_every_kernel),
        cmocka_unit_test(test_every_kernel_rounds_to_the_nearest),
    };
    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
