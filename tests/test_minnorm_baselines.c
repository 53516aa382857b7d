/* SPDX-License-Identifier: MIT */
/* The solvers of published experiments, against transcriptions of their loops. */
#include "hulls.h"

/* ---- the baselines ---- */

static double product(size_t m, const double *G, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            sum += a[i] * G[i * m + j] * b[j];
    return sum;
}

/* Frank-Wolfe as TorchJD has it: 100 iterations, until the step is below 1e-3. */
static size_t frank_wolfe(size_t m, const double *G, size_t limit, double tol,
                          double *w)
{
    for (size_t i = 0; i < m; i++)
        w[i] = 1.0 / (double)m;
    for (size_t k = 1; k <= limit; k++) {
        double unit[16] = {0}, least = INFINITY, vertex[16];
        size_t best = 0;
        for (size_t i = 0; i < m; i++) {
            memset(vertex, 0, sizeof vertex);
            vertex[i] = 1;
            double slope = product(m, G, w, vertex);
            best = slope < least ? i : best;
            least = fmin(least, slope);
        }
        unit[best] = 1;
        double a = product(m, G, w, unit), b = product(m, G, w, w);
        double c = product(m, G, unit, unit);
        double step = c <= a ? 1 : b <= a ? 0 : (b - a) / (b + c - 2 * a);
        for (size_t i = 0; i < m; i++)
            w[i] += step * (unit[i] - w[i]);
        if (step < tol)
            return k;
    }
    return 0;
}

static double pair_weight(double aa, double ab, double bb, double *cost)
{
    double t = ab >= aa ? 0.999 : ab >= bb ? 0.001 : (bb - ab) / (aa + bb - 2 * ab);
    *cost = ab >= aa ? aa : ab >= bb ? bb : bb + t * (ab - bb);
    return t;
}

/* The shift that makes the positive parts of x - shift sum to 1, by bisection. */
static void onto_simplex(size_t m, double *x)
{
    double low = -1e3, high = 1e3;
    for (int k = 0; k < 200; k++) {
        double middle = (low + high) / 2, sum = 0;
        for (size_t i = 0; i < m; i++)
            sum += fmax(x[i] - middle, 0);
        *(sum > 1 ? &low : &high) = middle;
    }
    for (size_t i = 0; i < m; i++)
        x[i] = fmax(x[i] - high, 0);
}

/* Sener and Koltun's loop: 250 iterations, until the weights change by less than 1e-5.
 */
static size_t line_search(size_t m, const double *G, size_t limit, double tol,
                          double *w)
{
    double least = INFINITY, cost;
    for (size_t i = 0; i < m; i++)
        for (size_t j = i + 1; j < m; j++) {
            double t = pair_weight(G[i * m + i], G[i * m + j], G[j * m + j], &cost);
            if (cost >= least)
                continue;
            least = cost;
            memset(w, 0, m * sizeof *w);
            w[i] = t;
            w[j] = 1 - t;
        }
    for (size_t k = 1; k <= limit; k++) {
        double d[16], next[16], mean = 0, down = INFINITY, up = INFINITY, change = 0;
        for (size_t i = 0; i < m; i++) {
            d[i] = 0;
            for (size_t j = 0; j < m; j++)
                d[i] -= G[i * m + j] * w[j];
            mean += d[i] / (double)m;
        }
        for (size_t i = 0; i < m; i++) {
            d[i] -= mean;
            if (d[i] < 0 && -w[i] / d[i] > 1e-7)
                down = fmin(down, -w[i] / d[i]);
            if (d[i] > 0 && (1 - w[i]) / d[i] > 1e-7)
                up = fmin(up, (1 - w[i]) / d[i]);
        }
        double t = fmin(isinf(down) ? 1 : down, up);
        for (size_t i = 0; i < m; i++)
            next[i] = w[i] + t * d[i];
        onto_simplex(m, next);
        double share = pair_weight(product(m, G, w, w), product(m, G, w, next),
                                   product(m, G, next, next), &cost);
        for (size_t i = 0; i < m; i++) {
            next[i] = share * w[i] + (1 - share) * next[i];
            change += fabs(next[i] - w[i]);
        }
        if (change < tol)
            return k;
        memcpy(w, next, m * sizeof *w);
    }
    return 0;
}

static void check_baseline(cod_minnorm_algorithm algorithm, size_t m, const double *G,
                           size_t limit, double tol)
{
    double w[16], expected[16];
    cod_minnorm_options how = {algorithm, limit, tol};
    cod_minnorm_info info;
    cod_minnorm *ws = workspace(m);
    cod_status status = cod_minnorm_solve(ws, G, NULL, &how, w, &info);
    int walks = algorithm == COD_MINNORM_FW;
    limit = limit > 0 ? limit : walks ? 100 : 250;
    tol = tol > 0 ? tol : walks ? 1e-3 : 1e-5;
    size_t iterations = walks ? frank_wolfe(m, G, limit, tol, expected)
                              : line_search(m, G, limit, tol, expected);
    assert_status(status, iterations > 0 ? COD_OK : COD_STOPPED_MAXITER);
    assert_int_equal(info.iterations, iterations > 0 ? iterations : limit);
    for (size_t i = 0; i < m; i++)
        assert_close(w[i], expected[i], 1e-9, 1e-12);
    assert_close(info.kkt, quad_kkt(m, G, w), 1e-9, 1e-20);
    cod_minnorm_free(ws);
}

static void test_minnorm_baselines(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int trial = 0; trial < 200; trial++) {
        size_t m = 3 + (size_t)draw_int(&seed, 9);
        double G[256], largest = 0;
        draw_gramian(&seed, m, G);
        for (size_t i = 0; i < m; i++)
            largest = fmax(largest, G[i * m + i]);
        for (size_t k = 0; k < m * m; k++)
            G[k] *= 0.75 / largest; /* the unit of the line search's 1e-7 */
        check_baseline(COD_MINNORM_FW, m, G, 0, 0);
        check_baseline(COD_MINNORM_FW, m, G, 7, 1e-9);
        check_baseline(COD_MINNORM_LINE_SEARCH, m, G, 0, 0);
        check_baseline(COD_MINNORM_LINE_SEARCH, m, G, 3, 1e-12);
    }
}

/* With a tolerance that rounding forbids both go to their limit, 100 and 250. */
static void test_minnorm_baseline_limits(void **state)
{
    uint64_t seed = 10;
    size_t stopped[2] = {0, 0};
    cod_minnorm *ws = workspace(9);
    (void)state;
    for (int trial = 0; trial < 100; trial++) {
        double G[81], w[9];
        draw_gramian(&seed, 9, G);
        for (int k = 0; k < 2; k++) {
            cod_minnorm_options how = {.algorithm = k == 0 ? COD_MINNORM_FW
                                                           : COD_MINNORM_LINE_SEARCH,
                                       .tol = 1e-300};
            cod_minnorm_info info;
            cod_status status = cod_minnorm_solve(ws, G, NULL, &how, w, &info);
            size_t limit = k == 0 ? 100 : 250;
            if (status == COD_STOPPED_MAXITER) {
                assert_int_equal(info.iterations, limit);
                stopped[k]++;
            } else {
                assert_status(status, COD_OK);
                assert_true(info.iterations <= limit);
            }
        }
    }
    assert_in_range(stopped[0], 20, 100);
    assert_in_range(stopped[1], 20, 100);
    cod_minnorm_free(ws);
}

/* Two rows whose minimum is at an end: .999 and .001, as published. */
static void test_minnorm_line_search_two(void **state)
{
    double w[2];
    cod_minnorm_options how = {.algorithm = COD_MINNORM_LINE_SEARCH};
    cod_minnorm *ws = workspace(2);
    (void)state;
    assert_status(cod_minnorm_solve(ws, (double[]){1, 2, 2, 9}, NULL, &how, w, NULL),
                  COD_OK);
    assert_close(w[0], 0.999, 1e-15, 0);
    assert_close(w[1], 0.001, 1e-12, 0);
    assert_status(cod_minnorm_solve(ws, (double[]){9, 2, 2, 1}, NULL, &how, w, NULL),
                  COD_OK);
    assert_close(w[0], 0.001, 1e-12, 0);
    cod_minnorm_free(ws);
}

/* The first gradient is as good as the minimum: rounding would lead beyond it. */
static void test_minnorm_baselines_stay_inside(void **state)
{
    static const cod_minnorm_algorithm algorithms[2] = {COD_MINNORM_FW,
                                                        COD_MINNORM_LINE_SEARCH};
    uint64_t seed = 8;
    (void)state;
    for (int trial = 0; trial < 6000; trial++) {
        const cod_minnorm_options options = {.algorithm = algorithms[trial % 2]};
        size_t m = 2 + (size_t)(trial / 2 % 3);
        double G[16], w[4], shortest = 0.5 + draw(&seed) / 2;
        cod_minnorm_info info;
        cod_minnorm *ws = workspace(m);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j <= i; j++)
                G[i * m + j] = i == 0   ? shortest
                               : j == 0 ? shortest + 0x1p-53 * (draw_int(&seed, 7) - 4)
                                        : 1 + draw(&seed) * (i == j ? 4 : 1);
        cod_status status = cod_minnorm_solve(ws, G, NULL, &options, w, &info);
        assert_true(status >= COD_OK && !isnan(info.kkt));
        for (size_t i = 0; i < m; i++)
            assert_true(w[i] >= 0);
        cod_minnorm_free(ws);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minnorm_baselines),
        cmocka_unit_test(test_minnorm_baseline_limits),
        cmocka_unit_test(test_minnorm_line_search_two),
        cmocka_unit_test(test_minnorm_baselines_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
