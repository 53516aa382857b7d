/* SPDX-License-Identifier: MIT */
/* What is known of a step: stationarity, the direction's norm, conflicts, computed here
 * from the rows, element by element. */
#include "sets.h"

#define M 2
#define N 7

typedef struct expected {
    double stationarity, norm;
    size_t conflicts, pairs;
} expected;

static long double product(const double *a, const double *b)
{
    long double sum = 0;
    for (size_t k = 0; k < N; k++)
        sum += (long double)a[k] * b[k];
    return sum;
}

/* From the direction and the rows; two rows, so the shortest vector of the hull is
 * known (Desideri 2012). */
static expected expect(const double rows[M][N], const double *w)
{
    double direction[N], shortest[N];
    long double a = product(rows[0], rows[0]), b = product(rows[1], rows[1]);
    long double c = product(rows[0], rows[1]);
    long double t = c >= a ? 1 : c >= b ? 0 : (b - c) / (a + b - 2 * c);
    for (size_t k = 0; k < N; k++) {
        direction[k] = w[0] * rows[0][k] + w[1] * rows[1][k];
        shortest[k] = (double)(t * rows[0][k] + (1 - t) * rows[1][k]);
    }
    expected e = {.stationarity = sqrt((double)product(shortest, shortest)),
                  .norm = sqrt((double)product(direction, direction)),
                  .pairs = c < 0};
    for (size_t i = 0; i < M; i++)
        e.conflicts += product(rows[i], direction) < 0;
    return e;
}

static void draw_rows(uint64_t *seed, double scale, double rows[M][N])
{
    for (size_t i = 0; i < M; i++)
        for (size_t k = 0; k < N; k++)
            rows[i][k] = scale * (2 * draw(seed) - 1) * (i == 0 ? 3 : 1);
}

static void check(const cod_certificate *got, expected e)
{
    unsigned wanted = COD_KNOWN_NORM | COD_KNOWN_STATIONARITY;
    assert_int_equal(got->known & wanted, wanted);
    assert_close(got->norm, e.norm, 1e-13, 0);
    assert_close(got->stationarity, e.stationarity, 1e-12, 0);
    assert_int_equal(got->conflicts, e.conflicts);
    assert_int_equal(got->conflicting_pairs, e.pairs);
}

static cod_solver *make(const char *text, int certify)
{
    cod_solver *solver;
    cod_setup setup = {.m = M, .n = N, .certify = certify};
    assert_status(cod_solver_alloc(text, &setup, &solver, NULL), COD_OK);
    return solver;
}

/* Methods that need no Gramian of their own have a certificate when it is asked for. */
static void test_certificate_of_rows(void **state)
{
    static const char *const texts[] = {"linear(weights=0.9:0.1)", "alternation",
                                        "mgda", "adaptive(by=gradients)"};
    uint64_t seed = 1;
    size_t conflicts = 0, pairs = 0;
    (void)state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        cod_solver *solver = make(texts[k], 1);
        for (int trial = 0; trial < 200; trial++) {
            double rows[M][N], w[M], direction[N];
            const void *at[M] = {rows[0], rows[1]};
            cod_certificate got;
            draw_rows(&seed,
                      trial % 3 == 0   ? 1e150
                      : trial % 3 == 1 ? 1e-140
                                       : 1,
                      rows);
            assert_status(cod_solver_step(solver, NULL, at, COD_FLOAT64, w, direction,
                                          COD_FLOAT64, &got),
                          COD_OK);
            expected e = expect((const double(*)[N])rows, w);
            if (strcmp(texts[k], "mgda") == 0)
                e.conflicts = 0; /* up to rounding, which is none */
            check(&got, e);
            conflicts += got.conflicts;
            pairs += got.conflicting_pairs;
        }
        cod_solver_free(solver);
    }
    assert_in_range(conflicts, 50, 400);
    assert_in_range(pairs, 200, 600);
}

static void test_certificate_of_a_gramian(void **state)
{
    uint64_t seed = 2;
    cod_solver *solver = make("linear(weights=0.25:0.75)", 0);
    (void)state;
    for (int trial = 0; trial < 200; trial++) {
        double rows[M][N], w[M];
        cod_certificate got;
        draw_rows(&seed, 1, rows);
        double c = (double)product(rows[0], rows[1]);
        double G[4] = {(double)product(rows[0], rows[0]), c, c,
                       (double)product(rows[1], rows[1])};
        assert_status(cod_solver_weights(solver, NULL, G, w, &got), COD_OK);
        check(&got, expect((const double(*)[N])rows, w));
    }
    cod_solver_free(solver);
}

/* Only what was asked for is computed. */
static void test_certificate_is_not_asked_for(void **state)
{
    cod_solver *solver = make("linear", 0);
    double rows[M][N] = {{1}, {0, 1}}, w[M], direction[N];
    const void *at[M] = {rows[0], rows[1]};
    cod_certificate got = {.known = COD_KNOWN_KKT};
    (void)state;
    assert_status(
        cod_solver_step(solver, NULL, at, COD_FLOAT64, w, direction, COD_FLOAT64, &got),
        COD_OK);
    assert_int_equal(got.known, 0);
    cod_solver_free(solver);
    solver = make("linear", 1);
    cod_plan plan;
    assert_status(cod_solver_plan(solver, &plan), COD_OK);
    assert_true(plan.needs & COD_NEED_GRAMIAN);
    cod_solver_abandon(solver);
    assert_status(cod_solver_weights(solver, NULL, NULL, w, &got), COD_EMISSING);
    cod_solver_free(solver);
    solver = make("alternation", 1);
    assert_status(cod_solver_plan(solver, &plan), COD_OK);
    assert_int_equal(plan.gradients[0] + plan.gradients[1], 2);
    cod_solver_free(solver);
}

/* 1e-9 of gradients of length 1 is left: the norm keeps its digits, and a product that
 * is rounding is no conflict. */
static void test_certificate_where_gradients_cancel(void **state)
{
    double e = 0x1p-20, w[M];
    double G[4] = {1 + e * e, -1 + e * e, -1 + e * e, 1 + e * e};
    cod_certificate got;
    (void)state;
    cod_solver *solver = make("linear", 0);
    assert_status(cod_solver_weights(solver, NULL, G, w, &got), COD_OK);
    assert_close(got.norm, e, 1e-15, 0);
    assert_close(got.stationarity, e, 1e-14, 0);
    assert_int_equal(got.conflicts, 0);
    assert_int_equal(got.conflicting_pairs, 1);
    double H[4] = {9, -3, -3, 1};
    cod_solver_free(solver);
    solver = make("linear(weights=1:3)", 0);
    assert_status(cod_solver_weights(solver, NULL, H, w, &got), COD_OK);
    assert_close(got.norm, 0, 0, 0);
    assert_int_equal(got.conflicts, 0);
    cod_solver_free(solver);
}

/* The direction and its norm are ordinary numbers where their squares are none. */
static void test_certificate_norm_of_any_size(void **state)
{
    static const struct {
        const char *text;
        double rows[M][2];
        double norm;
        size_t conflicts;
    } cases[] = {
        {"linear(weights=1e160:1e160)", {{1, 2}, {3, 4}}, 7.211102550927978e160, 0},
        {"linear(weights=1e300:1e300)", {{-1, 1e-9}, {-1, 1e-9}}, 2e300, 0},
        {"linear(weights=1e-300:0)", {{3, 4}, {-1, 0}}, 5e-300, 1},
        {"mgda", {{1e150, 0}, {0, 1e-150}}, 1e-150, 0},
        {"linear(weights=0:1)", {{1e150, 0}, {-3e-150, 4e-150}}, 5e-150, 1},
        {"linear(weights=1e-250:1)", {{3e150, 4e150}, {0, 0}}, 5e-100, 0},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cod_solver *solver;
        cod_setup setup = {.m = M, .n = 2, .certify = 1};
        const void *at[M] = {cases[k].rows[0], cases[k].rows[1]};
        double w[M], direction[2];
        cod_certificate got;
        assert_status(cod_solver_alloc(cases[k].text, &setup, &solver, NULL), COD_OK);
        assert_status(cod_solver_step(solver, NULL, at, COD_FLOAT64, w, direction,
                                      COD_FLOAT64, &got),
                      COD_OK);
        assert_close(got.norm, hypot(direction[0], direction[1]), 1e-14, 0);
        assert_close(got.norm, cases[k].norm, 1e-14, 0);
        assert_int_equal(got.conflicts, cases[k].conflicts);
        cod_solver_free(solver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_of_rows),
        cmocka_unit_test(test_certificate_of_a_gramian),
        cmocka_unit_test(test_certificate_is_not_asked_for),
        cmocka_unit_test(test_certificate_where_gradients_cancel),
        cmocka_unit_test(test_certificate_norm_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
