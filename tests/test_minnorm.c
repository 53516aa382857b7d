/* SPDX-License-Identifier: MIT */
/* The min-norm solver: random instances (many more of them in test_minnorm_long),
 * closed forms, identities, and input that is no Gramian. */
#include "sweep.h"

static void test_minnorm_solve_random(void **state)
{
    sweep s = {0};
    uint64_t seed = 1;
    (void)state;
    assert_status(cod_pool_alloc(1, 64, &s.pool), COD_OK);
    for (int k = 0; k < 2000; k++)
        sweep_one(&s, &seed, 64, 6);
    cod_pool_free(s.pool);
    assert_in_range(s.compared, 500, 2000);
    for (int a = 0; a < HULL_KINDS; a++)
        for (int b = 0; b < 4; b++)
            assert_in_range(s.count[a][b], 20, 2000);
}

static void solve(size_t m, const double *G, double *ret_w, cod_minnorm_info *ret_info)
{
    cod_minnorm *ws = workspace(m);
    assert_status(cod_minnorm_solve(ws, G, NULL, NULL, ret_w, ret_info), COD_OK);
    cod_minnorm_free(ws);
}

/* ---- closed forms ---- */

/* (b - c)/(a + b - 2c), cut off at 0 and 1, in quadruple precision (Desideri 2012). */
static void test_minnorm_solve_two(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (int k = 0; k < 20000; k++) {
        double a = exp(20 * draw(&seed) - 10), b = exp(20 * draw(&seed) - 10);
        double cosine = k % 4 == 0   ? 1 - pow(10, -12 * draw(&seed))
                        : k % 4 == 1 ? pow(10, -12 * draw(&seed)) - 1
                                     : 2 * draw(&seed) - 1;
        double c = cosine * sqrt(a) * sqrt(b), w[2];
        quad first = ((quad)b - c) / ((quad)a + b - 2 * (quad)c);
        double expected = first < 0 ? 0 : first > 1 ? 1 : (double)first;
        cod_minnorm_info info;
        solve(2, (double[]){a, NAN, c, b}, w, &info);
        assert_close(w[0], expected, 1e-14, 0);
        assert_close(w[1],
                     (double)(1 - (first < 0   ? 0
                                   : first > 1 ? 1
                                               : first)),
                     1e-14, 0);
        assert_true(info.kkt <= 1e-15);
    }
}

/* Orthogonal gradients: w_i proportional to 1/|g_i|^2, the square 1 / sum 1/|g_i|^2. */
static void test_minnorm_solve_orthogonal(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (size_t m = 3; m <= 40; m++) {
        double G[1600] = {0}, w[40], sum = 0;
        cod_minnorm_info info;
        for (size_t i = 0; i < m; i++) {
            G[i * m + i] = exp(8 * draw(&seed) - 4);
            sum += 1 / G[i * m + i];
        }
        solve(m, G, w, &info);
        for (size_t i = 0; i < m; i++)
            assert_close(w[i], 1 / G[i * m + i] / sum, 1e-13, 0);
        assert_close(info.norm, 1 / sqrt(sum), 1e-14, 0);
    }
}

static void test_minnorm_solve_special(void **state)
{
    double w[4], ones[16], zeros[16] = {0}, G[4] = {4, 0, 0, 0};
    cod_minnorm_info info;
    (void)state;
    solve(1, (double[]){9}, w, &info);
    assert_close(w[0], 1, 0, 0);
    assert_close(info.norm, 3, 0, 0);
    assert_close(info.kkt, 0, 0, 0);
    solve(1, zeros, w, &info);
    assert_close(w[0], 1, 0, 0);
    solve(4, zeros, w, &info); /* all zero: uniform */
    for (size_t i = 0; i < 4; i++)
        assert_close(w[i], 0.25, 0, 0);
    for (size_t k = 0; k < 16; k++)
        ones[k] = 2;
    solve(4, ones, w, &info); /* one row four times */
    assert_close(w[0] + w[1] + w[2] + w[3], 1, 1e-15, 0);
    assert_close(info.norm, sqrt(2), 1e-15, 0);
    assert_true(info.kkt <= 1e-15);
    solve(2, G, w, &info); /* a zero row is the answer */
    assert_close(w[0], 0, 0, 0);
    assert_close(w[1], 1, 0, 0);
    solve(2, (double[]){1, 0, -1, 1}, w, &info); /* opposite rows: stationary */
    assert_close(w[0], 0.5, 0, 0);
    assert_close(info.norm, 0, 0, 0);
}

/* ---- identities ---- */

static void test_minnorm_solve_scaled(void **state)
{
    static const int powers[] = {-900, -333, -2, 2, 64, 900};
    static const double factors[] = {1e-300, 1e-200, 1e-100, 3, 1e100, 1e200, 1e300};
    uint64_t seed = 4;
    (void)state;
    for (size_t m = 2; m <= 12; m++) {
        double G[144], H[144], w[12], v[12];
        cod_minnorm_info info, its;
        draw_gramian(&seed, m, G);
        solve(m, G, w, &info);
        for (size_t p = 0; p < sizeof powers / sizeof *powers; p++) {
            for (size_t k = 0; k < m * m; k++)
                H[k] = ldexp(G[k], powers[p]);
            solve(m, H, v, &its);
            if (powers[p] % 2 == 0)
                assert_memory_equal(v, w, m * sizeof *w);
            assert_close(its.norm, info.norm * sqrt(ldexp(1, powers[p])), 1e-15, 0);
        }
        for (size_t p = 0; p < sizeof factors / sizeof *factors; p++) {
            for (size_t k = 0; k < m * m; k++)
                H[k] = G[k] * factors[p];
            solve(m, H, v, &its);
            for (size_t i = 0; i < m; i++)
                assert_close(v[i], w[i], 1e-12, 1e-15);
        }
    }
}

static void test_minnorm_solve_permuted(void **state)
{
    uint64_t seed = 5;
    (void)state;
    for (int trial = 0; trial < 200; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 12), order[16];
        double G[256], H[256], w[16], v[16];
        draw_gramian(&seed, m, G);
        for (size_t i = 0; i < m; i++) {
            size_t j = (size_t)draw_int(&seed, (int)i);
            order[i] = order[j];
            order[j] = i;
        }
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++)
                H[i * m + j] = G[order[i] * m + order[j]];
        solve(m, G, w, NULL);
        solve(m, H, v, NULL);
        for (size_t i = 0; i < m; i++)
            assert_close(v[i], w[order[i]], 1e-12, 1e-15);
    }
}

/* The same answer from any start, a hostile one included. */
static void test_minnorm_solve_warm(void **state)
{
    static const double hostile[] = {0, -1, NAN, INFINITY, 1e300, 1e-300};
    uint64_t seed = 6;
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 12);
        double G[256], w[16], v[16], start[16];
        cod_minnorm_info info;
        cod_minnorm *ws = workspace(m);
        draw_gramian(&seed, m, G);
        solve(m, G, w, NULL);
        for (size_t i = 0; i < m; i++)
            start[i] = trial % 3 == 0   ? w[i]
                       : trial % 3 == 1 ? draw(&seed)
                                        : hostile[draw_int(&seed, 5)];
        assert_status(cod_minnorm_solve(ws, G, start, NULL, v, &info), COD_OK);
        for (size_t i = 0; i < m; i++)
            assert_close(v[i], w[i], 1e-12, 1e-15);
        assert_true(info.kkt <= 1e-13);
        if (trial % 3 == 0 && m > 2)
            assert_true(info.iterations == 0);
        cod_minnorm_free(ws);
    }
}

/* Opposite rows that are there several times: the first support from this start is half
 * of the answer, and rounding leaves weights below 0 by 1e-32 where the other half is
 * found. */
static void test_minnorm_solve_opposite_from_a_start(void **state)
{
    static const signed char rows[4][10] = {
        {25, 47, -101, 113, 60, 21, -90, -82, 62, -62},
        {84, -82, 93, -21, -69, -61, 85, -116, -62, -61},
        {81, -57, 8, 19, -112, 5, -10, -79, -47, 12},
        {-44, 69, -53, 40, 61, -86, -27, -102, 85, -11}};
    static const double factors[9] = {1, 3, -3, 1, 1, -1, 1, 3, -3};
    static const size_t of[9] = {0, 0, 0, 1, 2, 0, 3, 0, 0};
    const double start[9] = {1, 226, 206, 178, 157, 10, 145, 225, 177};
    double G[81] = {0}, w[9];
    cod_minnorm_info info;
    cod_minnorm *ws = workspace(9);
    (void)state;
    for (size_t i = 0; i < 9; i++)
        for (size_t j = 0; j < 9; j++)
            for (size_t k = 0; k < 10; k++)
                G[i * 9 + j] +=
                    factors[i] * rows[of[i]][k] * factors[j] * rows[of[j]][k];
    assert_status(cod_minnorm_solve(ws, G, start, NULL, w, &info), COD_OK);
    assert_true(info.norm <= 1e-12 && quad_kkt(9, G, w) <= 1e-14);
    cod_minnorm_free(ws);
}

/* The tests' own certificates hold for nothing that is no answer: zeros, NaN, weights
 * below 0, v below u. */
static void test_certificates_of_no_answer(void **state)
{
    static const double G[4] = {1, 0, 0, 1}, u[2] = {1, 0}, none[2] = {0, 0};
    static const double bad[][2] = {{0, 0}, {NAN, 1}, {NAN, NAN}, {2, -1}, {1, 1}};
    static const double good[2] = {0.5, 0.5};
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_false(quad_kkt(2, G, bad[k]) <= 1);
    assert_true(quad_kkt(2, G, good) == 0 && quad_cone_kkt(2, G, u, u) == 0);
    assert_false(quad_cone_kkt(2, G, u, none) <= 1);
    assert_false(quad_cone_kkt(2, G, u, bad[2]) <= 1);
}

/* ---- what is refused ---- */

static void test_minnorm_solve_max_iter(void **state)
{
    uint64_t seed = 8;
    size_t stopped = 0;
    (void)state;
    for (int trial = 0; trial < 50; trial++) {
        double G[144], w[12], sum = 0;
        cod_minnorm_info info;
        cod_minnorm_options how = {.max_iter = 1};
        cod_minnorm *ws = workspace(12);
        draw_gramian(&seed, 12, G);
        cod_status status = cod_minnorm_solve(ws, G, NULL, &how, w, &info);
        assert_true(status == COD_OK || status == COD_STOPPED_MAXITER);
        stopped += status == COD_STOPPED_MAXITER;
        assert_true((info.kkt <= 1e-12) == (status == COD_OK));
        for (size_t i = 0; i < 12; i++) {
            assert_true(w[i] >= 0);
            sum += w[i];
        }
        assert_close(sum, 1, 1e-14, 0);
        assert_close(info.kkt, quad_kkt(12, G, w), 1e-6, 1e-15);
        cod_minnorm_free(ws);
    }
    assert_in_range(stopped, 25, 50);
}

static void check_refused(const double *G, const cod_minnorm_options *how,
                          cod_status expected)
{
    double w[2] = {7, 7};
    cod_minnorm_info info = {7, 7, 7};
    cod_minnorm *ws = workspace(2);
    assert_status(cod_minnorm_solve(ws, G, NULL, how, w, &info), expected);
    assert_true(w[0] == 7 && w[1] == 7 && info.kkt == 7 && info.iterations == 7);
    assert_status(cod_minnorm_solve(ws, (double[]){1, 0, 0, 1}, NULL, NULL, w, &info),
                  COD_OK);
    assert_close(w[0], 0.5, 0, 0);
    cod_minnorm_free(ws);
}

static void test_minnorm_bad_input(void **state)
{
    cod_minnorm *ws = NULL;
    double w[2] = {0.5, 0.5};
    (void)state;
    assert_status(cod_minnorm_alloc(0, &ws), COD_EARGUMENT);
    assert_status(cod_minnorm_alloc(4097, &ws), COD_EARGUMENT);
    assert_status(cod_minnorm_alloc(2, NULL), COD_EARGUMENT);
    assert_null(ws);
    cod_minnorm_free(NULL);
    check_refused((double[]){NAN, 0, 0, 1}, NULL, COD_ENONFINITE);
    check_refused((double[]){1, 0, INFINITY, 1}, NULL, COD_ENONFINITE);
    check_refused((double[]){1, 0, 0, -INFINITY}, NULL, COD_ENONFINITE);
    check_refused((double[]){1, 0, 0, -1e-300}, NULL, COD_EDOMAIN);
    check_refused(NULL, NULL, COD_EARGUMENT);
    check_refused((double[]){1, 0, 0, 1}, &(cod_minnorm_options){.tol = -1},
                  COD_EARGUMENT);
    check_refused((double[]){1, 0, 0, 1}, &(cod_minnorm_options){.tol = NAN},
                  COD_EARGUMENT);
    check_refused((double[]){1, 0, 0, 1},
                  &(cod_minnorm_options){.algorithm = (cod_minnorm_algorithm)3},
                  COD_EARGUMENT);
    assert_status(cod_minnorm_solve(NULL, (double[]){1, 0, 0, 1}, NULL, NULL, w, NULL),
                  COD_EARGUMENT);
    assert_true(isnan(cod_minnorm_kkt(2, (double[]){1, 0, NAN, 1}, w)));
    assert_true(isnan(cod_minnorm_kkt(0, w, w)));
    /* what overflows is no certificate */
    assert_true(isinf(cod_minnorm_kkt(2, (double[]){1e-300, 0, 1e300, 1e-300}, w)));
    assert_true(isnan(cod_minnorm_kkt(2, NULL, w)));
    assert_true(
        isnan(cod_minnorm_kkt(2, (double[]){1, 0, 0, 1}, (double[]){1.5, -0.5})));
}

/* One entry that is not finite, anywhere; above the diagonal nothing is read. */
static void test_minnorm_solve_nonfinite(void **state)
{
    static const double wrong[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (size_t m = 3; m <= 21; m += 6) {
        double G[441], w[21] = {7};
        cod_minnorm *ws = workspace(m);
        for (size_t k = 0; k < m * m; k++)
            G[k] = k % (m + 1) == 0;
        for (size_t k = 0; k < m * m; k++) {
            int read = k % m <= k / m;
            double right = G[k];
            G[k] = wrong[k % 3];
            cod_status status = cod_minnorm_solve(ws, G, NULL, NULL, w, NULL);
            assert_status(status, read ? COD_ENONFINITE : COD_OK);
            G[k] = right;
        }
        cod_minnorm_free(ws);
    }
}

/* Not Gramians of anything: an answer or an error, but never a NaN. */
static void test_minnorm_solve_indefinite(void **state)
{
    uint64_t seed = 9;
    (void)state;
    for (int trial = 0; trial < 3000; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 8);
        double G[100], w[10];
        cod_minnorm *ws = workspace(m);
        for (size_t k = 0; k < m * m; k++)
            G[k] = draw_normal(&seed) * pow(10, 40 * draw(&seed) - 20);
        for (size_t i = 0; i < m; i++)
            G[i * m + i] = fabs(G[i * m + i]);
        if (cod_minnorm_solve(ws, G, NULL, NULL, w, NULL) >= COD_OK)
            for (size_t i = 0; i < m; i++)
                assert_true(w[i] >= 0 && w[i] <= 1);
        cod_minnorm_free(ws);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_of_no_answer),
        cmocka_unit_test(test_minnorm_solve_random),
        cmocka_unit_test(test_minnorm_solve_two),
        cmocka_unit_test(test_minnorm_solve_orthogonal),
        cmocka_unit_test(test_minnorm_solve_special),
        cmocka_unit_test(test_minnorm_solve_scaled),
        cmocka_unit_test(test_minnorm_solve_permuted),
        cmocka_unit_test(test_minnorm_solve_warm),
        cmocka_unit_test(test_minnorm_solve_opposite_from_a_start),
        cmocka_unit_test(test_minnorm_solve_max_iter),
        cmocka_unit_test(test_minnorm_bad_input),
        cmocka_unit_test(test_minnorm_solve_nonfinite),
        cmocka_unit_test(test_minnorm_solve_indefinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
