/* SPDX-License-Identifier: MIT */
/* The dual-cone solver: random instances against brute force over all active sets (many
 * more of them in test_cone_long), closed forms, identities, the fallback. */
#include "cones.h"

#include "core/cone_private.h"

static void test_cone_solve_random(void **state)
{
    cone_sweep s = {0};
    uint64_t seed = 1;
    (void)state;
    assert_status(cod_pool_alloc(1, 64, &s.pool), COD_OK);
    for (int k = 0; k < 2000; k++)
        cone_sweep_one(&s, &seed, 64, k % 20 == 0 ? CONE_BRUTE_MOST : 5);
    cod_pool_free(s.pool);
    assert_in_range(s.compared, 500, 4000);
    for (int a = 0; a < HULL_KINDS; a++)
        for (int b = 0; b < 4; b++)
            assert_in_range(s.count[a][b], 20, 2000);
}

/* ---- closed forms ---- */

/* One gradient: v = u. Two in conflict: the one that J'u offends is projected out. */
static void test_cone_solve_one_and_two(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (int k = 0; k < 20000; k++) {
        double a = exp(60 * draw(&seed) - 30), b = exp(60 * draw(&seed) - 30);
        double cosine =
            k % 3 == 0 ? pow(10, -12 * draw(&seed)) - 1 : 2 * draw(&seed) - 1;
        double c = cosine * sqrt(a) * sqrt(b), v[2];
        double u[2] = {draw(&seed), k % 2 ? 0 : exp(40 * draw(&seed) - 20)};
        cod_cone_info info;
        cone_solve(1, &a, u, v, &info);
        assert_true(v[0] == u[0] && info.kkt == 0 && info.iterations == 0);
        cone_solve(2, (double[]){a, NAN, c, b}, u, v, &info);
        quad y0 = (quad)a * u[0] + (quad)c * u[1], y1 = (quad)c * u[0] + (quad)b * u[1];
        assert_close(v[0], (double)(y0 < 0 ? u[0] - y0 / a : u[0]), 1e-14, 0);
        assert_close(v[1], (double)(y1 < 0 ? u[1] - y1 / b : u[1]), 1e-14, 0);
        assert_true(info.kkt <= 1e-15);
    }
}

/* No conflict, so nothing to project: u comes back bit by bit. */
static void test_cone_solve_inside(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (size_t m = 1; m <= 40; m++) {
        double G[1600], u[40], v[40];
        for (size_t k = 0; k < m * m; k++)
            G[k] = k % (m + 1) == 0 ? 2 * (double)m : draw(&seed);
        for (size_t i = 0; i < m; i++)
            u[i] = exp(80 * draw(&seed) - 40);
        cod_cone_info info = {.kkt = 7};
        cone_solve(m, G, u, v, &info);
        assert_memory_equal(v, u, m * sizeof *u);
        assert_true(info.kkt == 0 && info.iterations == 0);
    }
}

/* Zero, duplicate, opposite gradients; rank one; u = 0. */
static void test_cone_solve_special(void **state)
{
    double v[5], G[25];
    cod_cone_info info;
    (void)state;
    cone_solve(2, (double[]){0, 0, 0, 0}, (double[]){0.5, 0}, v, &info);
    assert_true(v[0] == 0.5 && v[1] == 0 && info.kkt == 0);
    cone_solve(2, (double[]){4, 0, 0, 0}, (double[]){0.25, 3}, v, &info);
    assert_true(v[0] == 0.25 && v[1] == 3 && info.kkt == 0);
    cone_solve(2, (double[]){1, 0, -1, 1}, (double[]){0.5, 0}, v, &info);
    assert_true(v[0] == 0.5 && v[1] == 0.5 && info.kkt == 0);
    cone_solve(2, (double[]){1, 0, -1e6, 1e12}, (double[]){0.5, 0.5}, v, &info);
    assert_true(v[0] == 0.5e6 && v[1] == 0.5 && info.kkt == 0);
    /* g_1 against g_2 .. g_5, which are one gradient: it is projected out */
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            G[i * 5 + j] = i == j ? 1 : (i == 0) != (j == 0) ? -0.5 : 1;
    cone_solve(5, G, (double[]){1, 0, 0, 0, 0}, v, &info);
    assert_close(v[1] + v[2] + v[3] + v[4], 0.5, 1e-14, 0);
    assert_true(v[0] == 1 && info.kkt <= 1e-14);
    /* rank one with both signs: J'v = 0 */
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            G[i * 5 + j] = (i % 2 ? -1 : 1) * (j % 2 ? -1 : 1);
    cone_solve(5, G, (double[]){0.2, 0.2, 0.2, 0.2, 0.2}, v, &info);
    assert_close(v[0] + v[2] + v[4] - v[1] - v[3], 0, 0, 1e-14);
    cone_solve(5, G, (double[]){0, 0, 0, 0, 0}, v, &info);
    for (size_t i = 0; i < 5; i++)
        assert_true(v[i] == 0);
    assert_true(info.kkt == 0);
}

/* Twelve rows of two or three small whole numbers: G is exact, and far from full rank.
 * v is not unique, but stays as small as the gradients allow. */
static void test_cone_solve_dependent(void **state)
{
    uint64_t seed = 15;
    cod_pool *pool;
    (void)state;
    assert_status(cod_pool_alloc(1, 12, &pool), COD_OK);
    for (int trial = 0; trial < 2000; trial++) {
        double rows[36], G[144], u[12], v[12], size = 0, bound = 0;
        hull h = {.m = 4 + (size_t)draw_int(&seed, 8),
                  .n = 2 + (size_t)draw_int(&seed, 1),
                  .rows = rows,
                  .G = G,
                  .w = v};
        cod_cone_info info;
        for (size_t k = 0; k < h.m * h.n; k++)
            rows[k] = draw_int(&seed, 6) - 3;
        hull_gramian(pool, &h);
        draw_bounds(&seed, h.m, u);
        cone_solve(h.m, G, u, v, &info);
        assert_true(info.kkt <= 1e-14);
        for (size_t i = 0; i < h.m; i++) {
            bound += u[i] * sqrt(G[i * h.m + i]);
            size += v[i] * sqrt(G[i * h.m + i]);
        }
        if (!(size <= 1000 * bound))
            fail_msg("m = %zu, n = %zu: |v| = %g of |u| = %g", h.m, h.n, size, bound);
    }
    cod_pool_free(pool);
}

/* ---- identities ---- */

/* Powers of two on all gradients change no bit; other factors, rounding. */
static void test_cone_solve_scaled(void **state)
{
    static const double factors[] = {0x1p-900, 0x1p-2, 0x1p64, 0x1p900,
                                     1e-300,   3,      1e300};
    uint64_t seed = 4;
    (void)state;
    for (size_t m = 2; m <= 12; m++)
        for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
            double G[144], H[144], u[12], v[12], w[12];
            draw_gramian(&seed, m, G);
            draw_bounds(&seed, m, u);
            for (size_t k = 0; k < m * m; k++)
                H[k] = G[k] * factors[f];
            cone_solve(m, G, u, v, NULL);
            cone_solve(m, H, u, w, NULL);
            if (f < 4)
                assert_memory_equal(v, w, m * sizeof *v);
            for (size_t i = 0; i < m; i++)
                assert_close(w[i], v[i], 1e-12, 0);
        }
}

/* Powers of two on u change no bit of v / u, long gradients or short ones. */
static void test_cone_solve_bounds_scaled(void **state)
{
    static const int powers[] = {-1000, -900, 1, 900, 1000};
    uint64_t seed = 14;
    (void)state;
    for (size_t m = 2; m <= 12; m++)
        for (size_t p = 0; p < sizeof powers / sizeof *powers; p++) {
            double G[144], u[12], v[12], b[12], w[12];
            draw_gramian(&seed, m, G);
            for (size_t i = 0; i < m; i++) {
                u[i] = draw(&seed);
                b[i] = ldexp(u[i], powers[p]);
            }
            for (size_t k = 0; k < m * m; k++)
                G[k] = ldexp(G[k], powers[p] < 0 ? -600 : 600);
            cone_solve(m, G, u, v, NULL);
            cone_solve(m, G, b, w, NULL);
            for (size_t i = 0; i < m; i++)
                assert_true(w[i] == ldexp(v[i], powers[p]));
        }
}

/* Row i times t_i, u_i and v_i over t_i, 300 decades apart: the same problem. */
static void test_cone_solve_rows_scaled(void **state)
{
    uint64_t seed = 5;
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 10);
        double G[144], H[144], u[12], b[12], v[12], w[12], t[12];
        cod_cone_info info;
        draw_gramian(&seed, m, G);
        draw_bounds(&seed, m, u);
        for (size_t i = 0; i < m; i++) {
            t[i] = ldexp(1, draw_int(&seed, 900) - 450);
            b[i] = u[i] / t[i];
        }
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++)
                H[i * m + j] = G[i * m + j] * t[i] * t[j];
        cone_solve(m, G, u, v, NULL);
        cone_solve(m, H, b, w, &info);
        assert_true(info.kkt <= 1e-14);
        for (size_t i = 0; i < m; i++)
            assert_close(w[i] * t[i], v[i], 1e-12, 0);
    }
}

static void test_cone_solve_permuted(void **state)
{
    uint64_t seed = 6;
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 10), order[12];
        double G[144], H[144], u[12], b[12], v[12], w[12];
        draw_gramian(&seed, m, G);
        draw_bounds(&seed, m, u);
        for (size_t i = 0; i < m; i++) {
            size_t j = (size_t)draw_int(&seed, (int)i);
            order[i] = order[j];
            order[j] = i;
        }
        for (size_t i = 0; i < m; i++) {
            b[i] = u[order[i]];
            for (size_t j = 0; j < m; j++)
                H[i * m + j] = G[order[i] * m + order[j]];
        }
        cone_solve(m, G, u, v, NULL);
        cone_solve(m, H, b, w, NULL);
        for (size_t i = 0; i < m; i++)
            assert_close(w[i], v[order[i]], 1e-12, 0);
    }
}

/* v and u may be one array; the same answer from any start, with one
 * factor where it is the solution, and with none the second time. */
static void test_cone_solve_warm(void **state)
{
    static const double hostile[] = {0, -1, NAN, INFINITY, 1e300, -INFINITY};
    uint64_t seed = 7;
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 10);
        double G[144], u[12], v[12], w[12], start[12];
        cod_cone_info info;
        draw_gramian(&seed, m, G);
        draw_bounds(&seed, m, u);
        cod_cone *ws = cone_of(m, G);
        cone_solve(m, G, u, v, NULL);
        for (size_t i = 0; i < m; i++) {
            start[i] = trial % 2 ? hostile[draw_int(&seed, 5)] : v[i];
            w[i] = u[i];
        }
        assert_status(cod_cone_solve(ws, w, start, NULL, w, &info), COD_OK);
        for (size_t i = 0; i < m; i++)
            assert_close(w[i], v[i], 1e-12, 0);
        if (trial % 2 == 0)
            assert_true(info.iterations <= 1);
        assert_status(cod_cone_solve(ws, u, v, NULL, start, &info), COD_OK);
        assert_int_equal(info.iterations, 0);
        assert_memory_equal(start, w, trial % 2 ? 0 : m * sizeof *w);
        cod_cone_free(ws);
    }
}

/* ---- the fallback ---- */

/* The active set alone gives the same answers. */
static void test_cone_solve_active_set(void **state)
{
    const cod_cone_options how = {.algorithm = COD_CONE_ACTIVE_SET};
    uint64_t seed = 8;
    (void)state;
    for (int trial = 0; trial < 500; trial++) {
        size_t m = 2 + (size_t)draw_int(&seed, 10);
        double G[144], u[12], v[12], w[12];
        cod_cone_info info;
        draw_gramian(&seed, m, G);
        draw_bounds(&seed, m, u);
        cod_cone *ws = cone_of(m, G);
        cone_solve(m, G, u, v, NULL);
        assert_status(cod_cone_solve(ws, u, NULL, &how, w, &info), COD_OK);
        for (size_t i = 0; i < m; i++)
            assert_close(w[i], v[i], 1e-12, 0);
        assert_int_equal(ws->handed_over, 0);
        cod_cone_free(ws);
    }
}

/* Rows next to one direction, as in the worst hulls: the blocks circle in some of them,
 * and the active set takes over. */
static void test_cone_solve_circles(void **state)
{
    uint64_t seed = 9;
    size_t handed_over = 0;
    (void)state;
    for (int trial = 0; trial < 400; trial++) {
        enum { ROWS = 24, COLUMNS = 30 };
        double rows[ROWS][COLUMNS], G[ROWS * ROWS], u[ROWS] = {0}, v[ROWS];
        cod_cone_info info;
        for (size_t i = 0; i < ROWS; i++)
            for (size_t k = 0; k < COLUMNS; k++)
                rows[i][k] = (i % 2 ? -1 : 1) * (k == 0) +
                             draw_normal(&seed) * pow(0.35, (double)k);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < ROWS; j++) {
                G[i * ROWS + j] = 0;
                for (size_t k = 0; k < COLUMNS; k++)
                    G[i * ROWS + j] += rows[i][k] * rows[j][k];
            }
        u[trial % ROWS] = 1;
        cod_cone *ws = cone_of(ROWS, G);
        assert_status(cod_cone_solve(ws, u, NULL, NULL, v, &info), COD_OK);
        assert_true(quad_cone_kkt(ROWS, G, u, v) <= 1e-12);
        handed_over += ws->handed_over;
        cod_cone_free(ws);
    }
    if (handed_over == 0)
        fail_msg("the blocks never circle: what is tested?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cone_solve_random),
        cmocka_unit_test(test_cone_solve_one_and_two),
        cmocka_unit_test(test_cone_solve_inside),
        cmocka_unit_test(test_cone_solve_special),
        cmocka_unit_test(test_cone_solve_dependent),
        cmocka_unit_test(test_cone_solve_scaled),
        cmocka_unit_test(test_cone_solve_bounds_scaled),
        cmocka_unit_test(test_cone_solve_rows_scaled),
        cmocka_unit_test(test_cone_solve_permuted),
        cmocka_unit_test(test_cone_solve_warm),
        cmocka_unit_test(test_cone_solve_active_set),
        cmocka_unit_test(test_cone_solve_circles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
