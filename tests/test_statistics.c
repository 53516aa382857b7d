/* SPDX-License-Identifier: MIT */
/* Quartiles, the signed-rank test and Holm's correction against their definitions. */
#include "check.h"

#include <codescent/random.h>

#include "lab/statistics.h"

#define MOST 12 /* all 2^12 ways to sign as many */

static const cod_random source = {5, 0, 0};
static uint64_t drawn;

/* One of 0 .. below - 1. */
static int draw(int below)
{
    return (int)(cod_random_bits(source, drawn++) % (uint64_t)below);
}

static double draw_real(void)
{
    return (double)(cod_random_bits(source, drawn++) >> 11) * 0x1p-53;
}

static cod_signed_rank test_of(const double *differences, size_t count)
{
    cod_signed_rank test;
    assert_status(cod_signed_rank_test(differences, count, &test), COD_OK);
    return test;
}

/* ---- by enumeration ---- */

/* Twice the mean rank among all, zeros too, by counting. */
static void count_ranks(const double *differences, size_t count, long *ret_doubled)
{
    for (size_t i = 0; i < count; i++) {
        ret_doubled[i] = 1;
        for (size_t j = 0; j < count; j++)
            ret_doubled[i] += 2 * (fabs(differences[j]) < fabs(differences[i])) +
                              (fabs(differences[j]) == fabs(differences[i]));
    }
}

/* The share of all ways to sign what is not zero whose sum of signed ranks is as far
 * from zero as this one's, or further. */
static double enumerate(const double *differences, size_t count)
{
    long doubled[MOST], ranks[MOST], here = 0, as_far = 0;
    size_t n = 0;
    count_ranks(differences, count, doubled);
    for (size_t k = 0; k < count; k++)
        if (differences[k] != 0) {
            ranks[n++] = doubled[k];
            here += differences[k] > 0 ? doubled[k] : -doubled[k];
        }
    for (unsigned signs = 0; signs < 1u << n; signs++) {
        long sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += signs >> k & 1 ? ranks[k] : -ranks[k];
        as_far += labs(sum) >= labs(here);
    }
    return (double)as_far / (double)(1u << n);
}

/* `values`: how many sizes there are; 0: all differ. */
static void fill(int values, double *ret_differences, size_t count)
{
    for (size_t k = 0; k < count; k++)
        ret_differences[k] =
            values > 0 ? draw(2 * values - 1) - values + 1 : draw_real() - 0.4;
}

static void test_signed_rank_enumerated(void **state)
{
    static const int values[] = {0, 1, 2, 3, 5, 20};
    double differences[MOST];
    size_t zeros = 0, ties = 0;
    (void)state;
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        for (int k = 0; k < 150; k++) {
            size_t count = (size_t)draw(MOST + 1);
            fill(values[v], differences, count);
            cod_signed_rank test = test_of(differences, count);
            /* halves of whole numbers: both are exact */
            assert_close(test.p, enumerate(differences, count), 0, 0);
            zeros += test.zeros;
            ties += values[v] > 0 && values[v] < 5;
        }
    assert_true(zeros > 100 && ties > 100);
}

static void test_signed_rank_sums(void **state)
{
    /* sizes 0 0 1 2 2 3: ranks 1.5 1.5 3 4.5 4.5 6, of which zeros keep none */
    static const double differences[] = {2, 0, -3, -2, 0, 1};
    cod_signed_rank test = test_of(differences, 6);
    (void)state;
    assert_int_equal(test.zeros, 2);
    assert_close(test.positive, 7.5, 0, 0);
    assert_close(test.negative, 10.5, 0, 0);
    assert_close(test.p, 14.0 / 16, 0, 0);
    static const double zeros[] = {0, 0, 0};
    assert_close(test_of(zeros, 3).p, 1, 0, 0);
    assert_close(test_of(NULL, 0).p, 1, 0, 0);
}

static void test_signed_rank_other_sign(void **state)
{
    double differences[40], others[40];
    (void)state;
    for (int k = 0; k < 50; k++) {
        fill(k % 2 > 0 ? 9 : 0, differences, 40);
        for (size_t i = 0; i < 40; i++)
            others[39 - i] = -differences[i];
        cod_signed_rank a = test_of(differences, 40), b = test_of(others, 40);
        assert_close(a.p, b.p, 0, 0);
        assert_close(a.positive, b.negative, 0, 0);
        assert_true(a.p > 0 && a.p <= 1);
    }
}

/* ---- published values ---- */

/* Differences +-1 .. +-n of which the negative ranks sum to `sum`. */
static void fill_sum(size_t n, size_t sum, double *ret_differences)
{
    for (size_t k = n; k > 0; k--) {
        int negative = sum >= k;
        ret_differences[k - 1] = negative ? -(double)k : (double)k;
        sum -= negative ? k : 0;
    }
    assert_int_equal(sum, 0);
}

/* Critical values of the smaller sum, two-sided, as in the tables of Wilcoxon and
 * Wilcox (1964, Some rapid approximate statistical procedures): the largest whose p is
 * at most the level. */
static void test_signed_rank_published(void **state)
{
    static const struct {
        size_t n, at_5, at_1;
    } table[] = {{8, 3, 0},    {9, 5, 1},    {10, 8, 3},    {11, 10, 5},
                 {12, 13, 7},  {13, 17, 9},  {14, 21, 12},  {15, 25, 15},
                 {16, 29, 19}, {17, 34, 23}, {18, 40, 27},  {19, 46, 32},
                 {20, 52, 37}, {25, 89, 68}, {30, 137, 109}};
    double d[30];
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        size_t n = table[k].n;
        fill_sum(n, table[k].at_5, d);
        assert_true(test_of(d, n).p <= 0.05);
        fill_sum(n, table[k].at_5 + 1, d);
        assert_true(test_of(d, n).p > 0.05);
        fill_sum(n, table[k].at_1, d);
        assert_true(test_of(d, n).p <= 0.01);
        fill_sum(n, table[k].at_1 + 1, d);
        assert_true(test_of(d, n).p > 0.01);
    }
    fill_sum(10, 8, d);
    assert_close(test_of(d, 10).p, 50.0 / 1024, 0, 0);
}

static void test_signed_rank_smallest(void **state)
{
    double d[60];
    (void)state;
    assert_close(cod_signed_rank_smallest(0), 1, 0, 0);
    for (size_t n = 1; n <= 60; n++) {
        fill_sum(n, 0, d);
        assert_close(test_of(d, n).p, cod_signed_rank_smallest(n), 0, 0);
        assert_close(cod_signed_rank_smallest(n), pow(0.5, (double)n - 1), 0, 0);
    }
    assert_true(cod_signed_rank_smallest(SIZE_MAX) < 1e-300);
}

/* ---- many ---- */

/* The normal distribution's p of the sums, as textbooks have it for ranks 1 .. n. */
static double normal_p(const cod_signed_rank *test, size_t n)
{
    double count = (double)n, mean = count * (count + 1) / 4;
    double variance = mean * (2 * count + 1) / 6;
    return erfc(fabs(test->positive - mean) / sqrt(2 * variance));
}

static void test_signed_rank_many(void **state)
{
    static double d[1001];
    (void)state;
    for (size_t n = 1000; n <= 1001; n++) {
        for (size_t k = 0; k < n; k++)
            d[k] = (k * 7919 % 100 < 54 ? 1 : -1) * (1.0 + (double)k);
        cod_signed_rank test = test_of(d, n);
        assert_true(test.p > 1e-3 && test.p < 0.1);
        assert_close(test.p, normal_p(&test, n), n == 1000 ? 1e-2 : 1e-12, 0);
        if (n == 1000) /* exact, so not the very same */
            assert_true(fabs(test.p - normal_p(&test, n)) > 1e-9);
    }
}

/* Ties lower the variance: a third of the size 0, the others of size 1. */
static void test_signed_rank_many_tied(void **state)
{
    static double d[3000];
    double positive = 0, n = 2000, rank = 1000 + (n + 1) / 2;
    (void)state;
    for (size_t k = 0; k < 3000; k++) {
        d[k] = k % 3 == 0 ? 0 : k % 7 < 4 ? 1 : -1;
        positive += d[k] > 0;
    }
    double z = (positive - n / 2) * rank / (sqrt(n) * rank / 2);
    assert_close(test_of(d, 3000).p, erfc(fabs(z) / sqrt(2)), 1e-12, 0);
}

static void test_signed_rank_not_finite(void **state)
{
    static const double d[] = {1, -INFINITY, 2, INFINITY, INFINITY};
    static const double same[] = {1, -9, 2, 9, 9};
    static const double nan_inside[] = {1, NAN, 2};
    cod_signed_rank test;
    (void)state;
    assert_close(test_of(d, 5).p, test_of(same, 5).p, 0, 0);
    assert_close(test_of(d, 5).negative, 4, 0, 0);
    assert_status(cod_signed_rank_test(nan_inside, 3, &test), COD_ENONFINITE);
}

/* ---- Holm ---- */

/* Step by step: the smallest times k, the next times k - 1, ... */
static void step_down(const double *p, size_t count, double *ret_adjusted)
{
    int done[16] = {0};
    double before = 0;
    for (size_t step = 0; step < count; step++) {
        size_t next = count;
        for (size_t k = 0; k < count; k++)
            if (!done[k] && (next == count || p[k] < p[next]))
                next = k;
        before = fmax(before, (double)(count - step) * p[next]);
        ret_adjusted[next] = before < 1 ? before : 1;
        done[next] = 1;
    }
}

/* The closed test with Bonferroni's: the largest, over all sets of hypotheses that a
 * hypothesis is in, of the set's size times its smallest p. */
static double closed(const double *p, size_t count, size_t k)
{
    double largest = 0;
    for (unsigned set = 0; set < 1u << count; set++) {
        double size = 0, smallest = 1;
        for (size_t i = 0; i < count; i++)
            if (set >> i & 1) {
                size++;
                smallest = fmin(smallest, p[i]);
            }
        if (set >> k & 1)
            largest = fmax(largest, size * smallest);
    }
    return fmin(largest, 1);
}

static void test_holm(void **state)
{
    double p[10], adjusted[10], expected[10], more[10];
    (void)state;
    for (int t = 0; t < 300; t++) {
        size_t count = (size_t)draw(11);
        for (size_t k = 0; k < count; k++) /* of every second, many are equal */
            p[k] = t % 2 > 0 ? (1 + draw(5)) / 20.0 : pow(draw_real(), 3);
        cod_holm(p, count, adjusted);
        step_down(p, count, expected);
        for (size_t k = 0; k < count; k++) {
            assert_close(adjusted[k], expected[k], 0, 0);
            if (count <= 8)
                assert_close(adjusted[k], closed(p, count, k), 1e-15, 0);
            assert_true(adjusted[k] >= p[k] && adjusted[k] <= 1);
            for (size_t i = 0; i < count; i++)
                assert_true(p[i] > p[k] || adjusted[i] <= adjusted[k]);
        }
        if (count == 0)
            continue;
        p[draw((int)count)] *= 1.5; /* and no corrected p falls */
        cod_holm(p, count, more);
        for (size_t k = 0; k < count; k++)
            assert_true(more[k] >= adjusted[k]);
    }
}

static void test_holm_by_hand(void **state)
{
    static const double p[] = {0.01, 0.04, 0.03, 0.005};
    static const double expected[] = {0.03, 0.06, 0.06, 0.02};
    double adjusted[4];
    (void)state;
    cod_holm(p, 4, adjusted);
    for (size_t k = 0; k < 4; k++)
        assert_close(adjusted[k], expected[k], 1e-15, 0);
}

/* ---- quartiles ---- */

static double quantile(const double *sorted, size_t count, double q)
{
    double place = q * (double)(count - 1), below = floor(place);
    size_t k = (size_t)below;
    double next = k + 1 < count ? sorted[k + 1] : sorted[k];
    return sorted[k] + (place - below) * (next - sorted[k]);
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void test_quartiles(void **state)
{
    double values[30], sorted[30];
    (void)state;
    for (size_t count = 1; count <= 30; count++) {
        for (size_t k = 0; k < count; k++)
            values[k] = sorted[k] = 10 * draw_real() - 5;
        qsort(sorted, count, sizeof *sorted, ascending);
        cod_quartiles q = cod_quartiles_of(values, count);
        assert_close(q.lower, quantile(sorted, count, 0.25), 1e-14, 1e-14);
        assert_close(q.median, quantile(sorted, count, 0.5), 1e-14, 1e-14);
        assert_close(q.upper, quantile(sorted, count, 0.75), 1e-14, 1e-14);
    }
    double four[] = {4, 1, 3, 2};
    cod_quartiles q = cod_quartiles_of(four, 4);
    assert_close(q.lower, 1.75, 0, 0);
    assert_close(q.median, 2.5, 0, 0);
    assert_close(q.upper, 3.25, 0, 0);
    q = cod_quartiles_of(four, 0);
    assert_true(isnan(q.lower) && isnan(q.median) && isnan(q.upper));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed_rank_enumerated),
        cmocka_unit_test(test_signed_rank_sums),
        cmocka_unit_test(test_signed_rank_other_sign),
        cmocka_unit_test(test_signed_rank_published),
        cmocka_unit_test(test_signed_rank_smallest),
        cmocka_unit_test(test_signed_rank_many),
        cmocka_unit_test(test_signed_rank_many_tied),
        cmocka_unit_test(test_signed_rank_not_finite),
        cmocka_unit_test(test_holm),
        cmocka_unit_test(test_holm_by_hand),
        cmocka_unit_test(test_quartiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
