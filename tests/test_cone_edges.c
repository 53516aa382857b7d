/* SPDX-License-Identifier: MIT */
/* The dual-cone solver's edges: instruction sets, memory of the caller's, limits, input
 * that is none. */
#include "cones.h"

#include "core/cone_private.h"

/* ---- the machine ---- */

/* Each instruction set gives the same bytes. */
static void test_cone_solve_kernels(void **state)
{
    uint64_t seed = 12;
    cod_pool *pool;
    (void)state;
    assert_status(cod_pool_alloc(1, 64, &pool), COD_OK);
    for (int trial = 0; trial < 200; trial++) {
        hull h;
        double u[64], v[64], w[64];
        hull_draw(&seed, 64, &h);
        hull_gramian(pool, &h);
        draw_bounds(&seed, h.m, u);
        cod_cone *ws = cone_of(h.m, h.G);
        for (size_t k = 0; cod_cone_kernels_at(k) != NULL; k++) {
            ws->kernels = cod_cone_kernels_at(k);
            ws->factored = 0;
            assert_status(cod_cone_solve(ws, u, NULL, NULL, k ? w : v, NULL), COD_OK);
            assert_memory_equal(k ? w : v, v, h.m * sizeof *v);
        }
        cod_cone_free(ws);
        hull_clear(&h);
    }
    cod_pool_free(pool);
}

/* Each factor, whose last bits are the set's. */
static void test_cone_solve_factors(void **state)
{
    enum { M = 40, COUNT = 30 };
    uint64_t seed = 16;
    (void)state;
    for (int trial = 0; trial < COUNT; trial++) {
        double rows[M][2 * M], G[M * M], u[M] = {0}, v[M];
        for (size_t k = 0; k < 2 * M * M; k++)
            rows[k / (2 * M)][k % (2 * M)] = draw_normal(&seed);
        for (size_t k = 0; k < M * M; k++) {
            G[k] = 0;
            for (size_t c = 0; c < 2 * M; c++)
                G[k] += rows[k / M][c] * rows[k % M][c];
        }
        u[trial] = 1; /* about half of the others rise */
        cod_cone *ws = cone_of(M, G);
        for (size_t k = 0; cod_hull_kernels_at(k) != NULL; k++) {
            ws->hull = cod_hull_kernels_at(k);
            ws->factored = 0;
            assert_status(cod_cone_solve(ws, u, NULL, NULL, v, NULL), COD_OK);
            assert_true(ws->ridge == 0 && quad_cone_kkt(M, G, u, v) <= 1e-14);
            assert_true(ws->count > COD_PANEL);
        }
        cod_cone_free(ws);
    }
}

/* A workspace that is loaded again has forgotten the last Gramian's factor. */
static void test_cone_load_again(void **state)
{
    const double first[] = {1, 0, -0.5, 1}, second[] = {1, 0, -0.5, 2}, u[] = {1, 0};
    double v[2];
    cod_cone *ws = cone_of(2, first);
    (void)state;
    assert_status(cod_cone_solve(ws, u, NULL, NULL, v, NULL), COD_OK);
    assert_close(v[1], 0.5, 1e-15, 0);
    assert_status(cod_cone_load(ws, second), COD_OK);
    assert_status(cod_cone_solve(ws, u, NULL, NULL, v, NULL), COD_OK);
    assert_close(v[1], 0.25, 1e-15, 0);
    assert_true(ws->ridge == 0); /* or else it noticed, and began again */
    cod_cone_free(ws);
}

/* In memory of the caller's, no byte behind what was asked for is touched. */
static void test_cone_place(void **state)
{
    uint64_t seed = 13;
    (void)state;
    for (size_t m = 1; m <= 12; m++) {
        double G[144], u[12], v[12], w[12];
        size_t size = cod_cone_size(m);
        double *memory = malloc((size + 1) * sizeof *memory);
        memset(memory, 0x55, (size + 1) * sizeof *memory);
        draw_gramian(&seed, m, G);
        draw_bounds(&seed, m, u);
        cod_cone *ws = cod_cone_place(m, memory);
        assert_status(cod_cone_load(ws, G), COD_OK);
        assert_status(cod_cone_solve(ws, u, NULL, NULL, v, NULL), COD_OK);
        cone_solve(m, G, u, w, NULL);
        assert_memory_equal(v, w, m * sizeof *v);
        assert_true(((unsigned char *)(memory + size))[0] == 0x55 &&
                    ((unsigned char *)(memory + size))[7] == 0x55);
        free(memory);
    }
}

static cod_status solve_in(double *memory, double filled, cod_cone_info *ret_info,
                           double *ret_v)
{
    const double G[] = {1, -1, -1, -1, 2, 2, -1, 2, 2}; /* the first face is singular */
    const double u[] = {1, 0, 0}, start[] = {0, 1, 1};
    const cod_cone_options how = {.max_iter = 1};
    for (size_t k = 0; k < cod_cone_size(3); k++)
        memory[k] = filled;
    cod_cone *ws = cod_cone_place(3, memory);
    assert_status(cod_cone_load(ws, G), COD_OK);
    return cod_cone_solve(ws, u, start, &how, ret_v, ret_info);
}

/* What a solve that ends early gives is not what was in memory before it. */
static void test_cone_solve_forgets(void **state)
{
    double *memory = malloc(cod_cone_size(3) * sizeof *memory), v[3], w[3];
    cod_cone_info one, other;
    (void)state;
    assert_status(solve_in(memory, 0, &one, v), COD_STOPPED_MAXITER);
    assert_status(solve_in(memory, 3, &other, w), COD_STOPPED_MAXITER);
    assert_memory_equal(v, w, sizeof v);
    assert_true(one.kkt == other.kkt && v[0] == 1 && v[1] == 0 && v[2] == 0);
    free(memory);
}

/* ---- what is refused ---- */

static void check_load(const double *G, cod_status expected)
{
    double v[2] = {7, 7};
    cod_cone *ws = cone_of(2, (double[]){1, 0, 0, 1});
    assert_status(cod_cone_load(ws, G), expected);
    if (G != NULL)
        assert_status(cod_cone_solve(ws, (double[]){1, 1}, NULL, NULL, v, NULL),
                      COD_EORDER);
    assert_true(v[0] == 7 && v[1] == 7);
    cod_cone_free(ws);
}

static void check_solve(const double *u, const cod_cone_options *how,
                        cod_status expected)
{
    double v[2] = {7, 7};
    cod_cone_info info = {7, 7};
    cod_cone *ws = cone_of(2, (double[]){1, 0, -0.5, 1});
    assert_status(cod_cone_solve(ws, u, NULL, how, v, &info), expected);
    assert_true(v[0] == 7 && v[1] == 7 && info.kkt == 7 && info.iterations == 7);
    cod_cone_free(ws);
}

static void test_cone_bad_input(void **state)
{
    const double unit[] = {1, 0, 0, 1}, one[] = {1, 0};
    double v[2];
    cod_cone *ws = NULL;
    (void)state;
    assert_status(cod_cone_alloc(0, &ws), COD_EARGUMENT);
    assert_status(cod_cone_alloc(4097, &ws), COD_EARGUMENT);
    assert_status(cod_cone_alloc(2, NULL), COD_EARGUMENT);
    assert_null(ws);
    cod_cone_free(NULL);
    assert_true(cod_cone_size(0) == 0 && cod_cone_size(4097) == 0);
    assert_null(cod_cone_place(2, NULL));
    assert_null(cod_cone_place(0, v));
    assert_status(cod_cone_load(NULL, unit), COD_EARGUMENT);
    assert_status(cod_cone_alloc(2, &ws), COD_OK);
    assert_status(cod_cone_solve(ws, one, NULL, NULL, v, NULL), COD_EORDER);
    cod_cone_free(ws);
    assert_status(cod_cone_solve(NULL, one, NULL, NULL, v, NULL), COD_EARGUMENT);
    check_load(NULL, COD_EARGUMENT);
    check_load((double[]){NAN, 0, 0, 1}, COD_ENONFINITE);
    check_load((double[]){1, 0, -INFINITY, 1}, COD_ENONFINITE);
    check_load((double[]){1, 0, 0, INFINITY}, COD_ENONFINITE);
    check_load((double[]){1, 0, 0, -1e-300}, COD_EDOMAIN);
    check_load((double[]){1, 0, 1.00001, 1}, COD_EINDEFINITE);
    check_load((double[]){1e-200, 0, -1e-100, 1e-20}, COD_EINDEFINITE);
    check_load((double[]){0, 0, 1e-3, 1}, COD_EINDEFINITE);
    check_load((double[]){1e-200, 0, 1e300, 1e-200}, COD_EINDEFINITE);
    check_solve(NULL, NULL, COD_EARGUMENT);
    check_solve((double[]){NAN, 0}, NULL, COD_ENONFINITE);
    check_solve((double[]){0, INFINITY}, NULL, COD_ENONFINITE);
    check_solve((double[]){1, -1e-300}, NULL, COD_EDOMAIN);
    check_solve(one, &(cod_cone_options){.tol = -1}, COD_EARGUMENT);
    check_solve(one, &(cod_cone_options){.tol = NAN}, COD_EARGUMENT);
    check_solve(one, &(cod_cone_options){.algorithm = (cod_cone_algorithm)2},
                COD_EARGUMENT);
}

/* The longer gradient in units of the shorter: v would be 1e400. */
static void test_cone_solve_overflow(void **state)
{
    double v[2] = {7, 7};
    cod_cone *ws = cone_of(2, (double[]){1e200, 0, -1, 1e-200});
    (void)state;
    assert_status(cod_cone_solve(ws, (double[]){1e200, 0}, NULL, NULL, v, NULL),
                  COD_EOVERFLOW);
    assert_true(v[0] == 7 && v[1] == 7);
    assert_status(cod_cone_solve(ws, (double[]){1e100, 0}, NULL, NULL, v, NULL),
                  COD_OK);
    assert_close(v[1], 1e300, 1e-14, 0);
    cod_cone_free(ws);
}

static void test_cone_kkt_values(void **state)
{
    const double G[] = {4, NAN, -2, 9}, u[] = {1, 0};
    (void)state;
    /* y = (4, -2), size 2 */
    assert_close(cod_cone_kkt(2, G, u, (double[]){1, 0}), 2. / (3 * 2), 1e-15, 0);
    /* y = (2, 7), size 5: |y_2| counts, since v_2 > u_2 */
    assert_close(cod_cone_kkt(2, G, u, (double[]){1, 1}), 7. / (3 * 5), 1e-15, 0);
    assert_close(cod_cone_kkt(2, G, u, (double[]){1, 2. / 9}), 0, 0, 1e-16);
    assert_true(cod_cone_kkt(2, G, (double[]){0, 0}, (double[]){0, 0}) == 0);
    assert_true(isinf(cod_cone_kkt(2, (double[]){0, 0, -1, 0}, u, (double[]){1, 0})));
    /* what overflows is no certificate */
    double huge[2] = {1.7e308, 1.7e308};
    assert_true(isinf(cod_cone_kkt(2, (double[]){1, 0, -0.9, 1}, huge, huge)));
    assert_true(isnan(cod_cone_kkt(2, G, u, (double[]){0.5, 0})));
    assert_true(isnan(cod_cone_kkt(2, G, (double[]){-1, 0}, u)));
    assert_true(isnan(cod_cone_kkt(2, G, u, (double[]){INFINITY, 0})));
    assert_true(isnan(cod_cone_kkt(2, (double[]){1, 0, NAN, 1}, u, u)));
    assert_true(isnan(cod_cone_kkt(0, G, u, u)));
    assert_true(isnan(cod_cone_kkt(2, NULL, u, u)));
    assert_true(isnan(cod_cone_kkt(2, G, NULL, u)));
    assert_true(isnan(cod_cone_kkt(2, G, u, NULL)));
}

/* Limits are kept, and what comes back says how good it is. */
static void test_cone_solve_max_iter(void **state)
{
    const cod_cone_options how = {.algorithm = COD_CONE_ACTIVE_SET, .max_iter = 2};
    uint64_t seed = 10;
    size_t stopped = 0;
    (void)state;
    for (int trial = 0; trial < 50; trial++) {
        double G[144], u[12], v[12];
        cod_cone_info info;
        draw_gramian(&seed, 12, G);
        draw_bounds(&seed, 12, u);
        cod_cone *ws = cone_of(12, G);
        cod_status status = cod_cone_solve(ws, u, NULL, &how, v, &info);
        stopped += status == COD_STOPPED_MAXITER;
        assert_true(status == (info.kkt <= 1e-12 ? COD_OK : COD_STOPPED_MAXITER));
        assert_close(info.kkt, quad_cone_kkt(12, G, u, v), 1e-6, 1e-20);
        assert_true(info.iterations <= 2);
        cod_cone_free(ws);
    }
    assert_in_range(stopped, 5, 45);
}

/* Not Gramians of anything: an answer or an error, but never a NaN, and v >= u. */
static void test_cone_solve_indefinite(void **state)
{
    uint64_t seed = 11;
    size_t solved = 0;
    (void)state;
    for (int trial = 0; trial < 3000; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 8);
        double G[100], u[10], v[10], root[10];
        cod_cone *ws;
        cod_cone_info info;
        for (size_t i = 0; i < m; i++)
            root[i] = pow(10, 20 * draw(&seed) - 10);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++)
                G[i * m + j] = i == j ? root[i] * root[i]
                                      : root[i] * root[j] * (2 * draw(&seed) - 1);
        draw_bounds(&seed, m, u);
        assert_status(cod_cone_alloc(m, &ws), COD_OK);
        assert_status(cod_cone_load(ws, G), COD_OK);
        if (cod_cone_solve(ws, u, NULL, NULL, v, &info) >= COD_OK) {
            solved++;
            for (size_t i = 0; i < m; i++)
                assert_true(v[i] >= u[i] && isfinite(v[i]));
            assert_close(info.kkt, quad_cone_kkt(m, G, u, v), 1e-6, 1e-20);
        }
        cod_cone_free(ws);
    }
    assert_in_range(solved, 1000, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cone_solve_kernels),
        cmocka_unit_test(test_cone_solve_factors),
        cmocka_unit_test(test_cone_load_again),
        cmocka_unit_test(test_cone_place),
        cmocka_unit_test(test_cone_solve_forgets),
        cmocka_unit_test(test_cone_bad_input),
        cmocka_unit_test(test_cone_solve_overflow),
        cmocka_unit_test(test_cone_kkt_values),
        cmocka_unit_test(test_cone_solve_max_iter),
        cmocka_unit_test(test_cone_solve_indefinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
