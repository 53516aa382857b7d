/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

enum { COUNT = 200000 };

/* Philox4x64-10 written from the paper (Salmon et al. 2011, section 3.3 and table 2).
 */
static void philox(const uint64_t counter[4], const uint64_t key[2], uint64_t ret[4])
{
    uint64_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint64_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        unsigned __int128 p = (unsigned __int128)0xD2E7470EE14C6C93u * c[0];
        unsigned __int128 q = (unsigned __int128)0xCA5A826395121157u * c[2];
        uint64_t next[4] = {(uint64_t)(q >> 64) ^ c[1] ^ k[0], (uint64_t)q,
                            (uint64_t)(p >> 64) ^ c[3] ^ k[1], (uint64_t)p};
        memcpy(c, next, sizeof c);
        k[0] += 0x9E3779B97F4A7C15u;
        k[1] += 0xBB67AE8584CAA73Bu;
    }
    memcpy(ret, c, sizeof c);
}

/* The transcription above meets the known answers that Random123 publishes. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint64_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0},
         {0, 0},
         {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
          0x7e68b68aec7ba23b}},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
         {UINT64_MAX, UINT64_MAX},
         {0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6,
          0xa09caebf594f0ba0}},
        {{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0,
          0x082efa98ec4e6c89},
         {0x452821e638d01377, 0xbe5466cf34e90c6c},
         {0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5,
          0x57bd43b5e52b7fe6}},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        uint64_t words[4];
        philox(known[k].counter, known[k].key, words);
        assert_memory_equal(words, known[k].words, sizeof words);
    }
}

static void test_random_bits_are_philox(void **state)
{
    (void)state;
    assert_true(cod_random_bits((cod_random){0}, 0) == 0x16554d9eca36314c);
    for (uint64_t k = 0; k < 1000; k++) {
        cod_random random = {k * k, UINT64_MAX / (k + 1), k << 50};
        uint64_t counter[4] = {~k, random.step, 0, 0};
        uint64_t key[2] = {random.seed, random.stream};
        uint64_t words[4];
        philox(counter, key, words);
        assert_true(cod_random_bits(random, ~k) == words[0]);
        assert_true(cod_random_uniform(random, ~k) ==
                    ldexp((double)(words[0] >> 11), -53));
        double u = ldexp((double)(words[1] >> 11) + 1, -53);
        double v = ldexp((double)(words[2] >> 11), -53);
        assert_close(cod_random_normal(random, ~k),
                     sqrt(-2 * log(u)) * cos(2 * acos(-1) * v), 1e-14, 1e-14);
    }
}

/* Kolmogorov and Smirnov: sqrt(n) D beyond 1.95 has probability 0.001. */
static double kolmogorov(double *x, double (*cdf)(double))
{
    double most = 0;
    gsl_sort(x, 1, COUNT);
    for (size_t k = 0; k < COUNT; k++) {
        double p = cdf(x[k]);
        most = fmax(most, fmax(p - (double)k / COUNT, (double)(k + 1) / COUNT - p));
    }
    return sqrt(COUNT) * most;
}

static double identity(double x)
{
    return x;
}

static void test_random_uniform_is_uniform(void **state)
{
    (void)state;
    double *x = malloc(COUNT * sizeof *x);
    for (size_t k = 0; k < COUNT; k++)
        x[k] = cod_random_uniform((cod_random){.seed = 1}, k);
    assert_true(kolmogorov(x, identity) < 1.95);
    assert_true(x[0] >= 0 && x[COUNT - 1] < 1);
    free(x);
}

static void test_random_normal_is_normal(void **state)
{
    (void)state;
    double *x = malloc(COUNT * sizeof *x);
    for (size_t k = 0; k < COUNT; k++)
        x[k] = cod_random_normal((cod_random){.seed = 1}, k);
    assert_close(gsl_stats_mean(x, 1, COUNT), 0, 0, 4 / sqrt(COUNT));
    assert_close(gsl_stats_variance(x, 1, COUNT), 1, 0, 4 * sqrt(2.0 / COUNT));
    assert_close(gsl_stats_kurtosis(x, 1, COUNT), 0, 0, 4 * sqrt(24.0 / COUNT));
    assert_true(kolmogorov(x, gsl_cdf_ugaussian_P) < 1.95);
    free(x);
}

/* Neighbours in each of the four coordinates have nothing to do with each other. */
static void test_random_neighbours_are_independent(void **state)
{
    (void)state;
    double *x = malloc(5 * COUNT * sizeof *x);
    double *normal = malloc(COUNT * sizeof *x);
    for (size_t k = 0; k < COUNT; k++) {
        x[k] = cod_random_uniform((cod_random){5, 6, 7}, k);
        x[COUNT + k] = cod_random_uniform((cod_random){5, 6, 7}, k + 1);
        x[2 * COUNT + k] = cod_random_uniform((cod_random){5, 6, 8}, k);
        x[3 * COUNT + k] = cod_random_uniform((cod_random){5, 7, 7}, k);
        x[4 * COUNT + k] = cod_random_uniform((cod_random){6, 6, 7}, k);
        normal[k] = cod_random_normal((cod_random){5, 6, 7}, k);
    }
    for (size_t a = 0; a < 5; a++) {
        assert_close(gsl_stats_correlation(x + a * COUNT, 1, normal, 1, COUNT), 0, 0,
                     4 / sqrt(COUNT));
        for (size_t b = 0; b < a; b++)
            assert_close(
                gsl_stats_correlation(x + a * COUNT, 1, x + b * COUNT, 1, COUNT), 0, 0,
                4 / sqrt(COUNT));
    }
    free(normal);
    free(x);
}

/* Each of the 24 orders of four things equally often. */
static void test_random_permutation_is_uniform(void **state)
{
    (void)state;
    size_t seen[24] = {0};
    for (uint64_t k = 0; k < 24000; k++) {
        size_t order[4] = {9, 9, 9, 9};
        cod_random_permutation((cod_random){.seed = 2, .step = k}, 11, 4, order);
        size_t rank = 0;
        for (size_t i = 0; i < 4; i++) {
            size_t less = 0;
            assert_true(order[i] < 4);
            for (size_t j = i + 1; j < 4; j++) {
                assert_true(order[j] != order[i]);
                less += order[j] < order[i];
            }
            rank = rank * (4 - i) + less;
        }
        seen[rank]++;
    }
    double chi2 = 0;
    for (size_t r = 0; r < 24; r++)
        chi2 += ((double)seen[r] - 1000) * ((double)seen[r] - 1000) / 1000;
    assert_true(gsl_cdf_chisq_Q(chi2, 23) > 1e-3);
}

static void test_random_permutation_of_few(void **state)
{
    (void)state;
    size_t order[1000] = {7};
    cod_random_permutation((cod_random){0}, 0, 0, order);
    assert_int_equal(order[0], 7);
    cod_random_permutation((cod_random){0}, 0, 1, order);
    assert_int_equal(order[0], 0);
    cod_random_permutation((cod_random){0}, 0, 1000, order);
    size_t moved = 0;
    unsigned char seen[1000] = {0};
    for (size_t k = 0; k < 1000; k++) {
        assert_true(order[k] < 1000 && !seen[order[k]]);
        seen[order[k]] = 1;
        moved += order[k] != k;
    }
    assert_true(moved > 980);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_random_bits_are_philox),
        cmocka_unit_test(test_random_uniform_is_uniform),
        cmocka_unit_test(test_random_normal_is_normal),
        cmocka_unit_test(test_random_neighbours_are_independent),
        cmocka_unit_test(test_random_permutation_is_uniform),
        cmocka_unit_test(test_random_permutation_of_few),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
