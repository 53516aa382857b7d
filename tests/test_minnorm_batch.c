/* SPDX-License-Identifier: MIT */
/* Many min-norm problems at once: against the solver, against all faces, on every
 * instruction set, and one bad problem among good ones. */
#include "sweep.h"

#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

enum { MOST = 9, KNOWN_MOST = COD_BATCH_ROWS, ROOM = MOST * MOST };

/* A hull of exactly m rows, as h->G. */
static void draw_hull(cod_pool *pool, uint64_t *seed, size_t m, hull *h)
{
    for (;;) {
        hull_draw(seed, MOST, h);
        if (h->m == m)
            break;
        hull_clear(h);
    }
    hull_gramian(pool, h);
}

/* One of them as a batch of its own. */
static void check_one(sweep *s, uint64_t *seed, size_t m, cod_minnorm *ws)
{
    hull h;
    cod_minnorm_info info = {0};
    cod_status status = COD_EARGUMENT;
    draw_hull(s->pool, seed, m, &h);
    assert_status(cod_minnorm_batch(ws, 1, h.G, h.w, &info.kkt, &status), COD_OK);
    check_certificate(s, &h, status, &info);
    check_optimum(s, &h);
    hull_clear(&h);
}

static void test_minnorm_batch_optimal(void **state)
{
    sweep s = {0};
    uint64_t seed = 31;
    (void)state;
    assert_status(cod_pool_alloc(1, MOST, &s.pool), COD_OK);
    for (size_t m = 2; m <= KNOWN_MOST; m++) {
        cod_minnorm *ws = workspace(m);
        for (int k = 0; k < (m <= 3 ? 3000 : 200); k++)
            check_one(&s, &seed, m, ws);
        cod_minnorm_free(ws);
    }
    cod_pool_free(s.pool);
    assert_in_range(s.count[HULL_OPPOSITE][3], 20, 10000);
}

/* Independent rows, so that the weights are unique: any count, each the same bytes as
 * alone, and the solver's to rounding. */
static void test_minnorm_batch_counts(void **state)
{
    enum { COUNT = 37 };
    uint64_t seed = 32;
    (void)state;
    for (size_t m = 1; m <= MOST; m++) {
        double G[COUNT * ROOM], w[COUNT * MOST + 1], kkt[COUNT + 1];
        cod_minnorm *ws = workspace(m);
        for (size_t k = 0; k < COUNT; k++)
            draw_gramian(&seed, m, G + k * m * m);
        for (size_t count = 0; count <= COUNT; count++) {
            w[count * m] = kkt[count] = 7;
            assert_status(cod_minnorm_batch(ws, count, G, w, kkt, NULL), COD_OK);
            assert_true(w[count * m] == 7 && kkt[count] == 7);
            for (size_t k = 0; k < count; k++) {
                double alone[MOST], expected[MOST], its_kkt;
                assert_status(
                    cod_minnorm_batch(ws, 1, G + k * m * m, alone, &its_kkt, NULL),
                    COD_OK);
                assert_memory_equal(alone, w + k * m, m * sizeof *w);
                assert_true(its_kkt == kkt[k] && its_kkt <= 1e-14);
                assert_status(
                    cod_minnorm_solve(ws, G + k * m * m, NULL, NULL, expected, NULL),
                    COD_OK);
                for (size_t i = 0; i < m; i++)
                    assert_close(alone[i], expected[i], 1e-12, 1e-15);
            }
        }
        cod_minnorm_free(ws);
    }
}

/* COD_BATCH problems in a row, and what the kernels of a set say of them. */
typedef struct group {
    size_t m;
    double G[COD_BATCH * ROOM];
    double w[COD_BATCH * KNOWN_MOST], kkt[COD_BATCH];
    int easy[COD_BATCH]; /* independent rows, some of them twice */
} group;

/* Every instruction set knows the same answers, to the byte; returns how many. */
static size_t check_group(group *g)
{
    double w[COD_BATCH * KNOWN_MOST], kkt[COD_BATCH];
    size_t known = 0;
    cod_hull_kernels_at(0)->batch(g->m, g->G, g->w, g->kkt);
    for (size_t s = 1; cod_hull_kernels_at(s) != NULL; s++) {
        cod_hull_kernels_at(s)->batch(g->m, g->G, w, kkt);
        for (size_t k = 0; k < COD_BATCH; k++) {
            assert_true(kkt[k] == g->kkt[k] ||
                        !(kkt[k] <= 1e-14 || g->kkt[k] <= 1e-14));
            if (kkt[k] <= 1e-14)
                assert_memory_equal(w + k * g->m, g->w + k * g->m, g->m * sizeof *w);
        }
    }
    for (size_t k = 0; k < COD_BATCH; k++)
        known += g->kkt[k] <= 1e-14;
    return known;
}

/* The certificates are true of the weights, which are rounded once more, good or not.
 */
static void check_certificates(const group *g)
{
    for (size_t k = 0; k < COD_BATCH; k++) {
        double kkt = cod_minnorm_kkt(g->m, g->G + k * g->m * g->m, g->w + k * g->m);
        assert_true(isnan(g->kkt[k]) ||
                    fabs(kkt - g->kkt[k]) <= 2e-15 + 1e-10 * g->kkt[k]);
    }
}

/* Few ordinary problems need the solver. */
static void test_minnorm_batch_kernels(void **state)
{
    enum { TRIALS = 300 };
    uint64_t seed = 33;
    (void)state;
    for (size_t m = 2; m <= KNOWN_MOST; m++) {
        size_t known = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            group g = {.m = m};
            for (size_t k = 0; k < COD_BATCH; k++)
                draw_gramian(&seed, m, g.G + k * m * m);
            known += check_group(&g);
        }
        assert_in_range(known, TRIALS * COD_BATCH * 99 / 100, TRIALS * COD_BATCH);
    }
}

/* Hulls of all kinds, times `far`. */
static void draw_group(cod_pool *pool, uint64_t *seed, double far, group *g)
{
    size_t m = g->m;
    for (size_t k = 0; k < COD_BATCH; k++) {
        hull h;
        draw_hull(pool, seed, m, &h);
        g->easy[k] = h.n >= m && h.kind <= HULL_DUPLICATE && far == 1;
        for (size_t e = 0; e < m * m; e++)
            g->G[k * m * m + e] = h.G[e] * far;
        hull_clear(&h);
    }
}

static void test_minnorm_batch_kernels_special(void **state)
{
    enum { TRIALS = 300 };
    uint64_t seed = 35;
    cod_pool *pool;
    (void)state;
    assert_status(cod_pool_alloc(1, MOST, &pool), COD_OK);
    for (size_t m = 2; m <= KNOWN_MOST; m++) {
        size_t known = 0, easy = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            group g = {.m = m};
            double far = trial % 3 > 0 ? 1 : ldexp(1, draw_int(&seed, 2040) - 1020);
            draw_group(pool, &seed, far, &g);
            (void)check_group(&g);
            check_certificates(&g);
            for (size_t k = 0; k < COD_BATCH; k++) {
                easy += g.easy[k];
                known += g.easy[k] && g.kkt[k] <= 1e-14;
            }
        }
        assert_in_range(easy, 300, TRIALS * COD_BATCH);
        assert_in_range(known, m > 3 ? easy - 1 : easy * 9 / 10, easy);
    }
    cod_pool_free(pool);
}

/* Orthogonal rows, all known but one problem that is beyond what pivoting takes on:
 * very short, very long, far apart, or no Gramian at all. */
static void test_minnorm_batch_kernels_range(void **state)
{
    (void)state;
    for (size_t m = 4; m <= KNOWN_MOST; m++)
        for (int what = 0; what < 4; what++) {
            group g = {.m = m};
            double *far = g.G + 5 * m * m;
            for (size_t e = 0; e < COD_BATCH * m * m; e++)
                g.G[e] = e % (m * m) % (m + 1) == 0;
            for (size_t e = 0; e < m * m && what < 2; e++)
                far[e] *= what == 0 ? 1e-251 : 1e251;
            if (what == 2)
                far[0] = 1e61;
            if (what == 3)
                far[(m - 1) * m] = 1e302;
            assert_int_equal(check_group(&g), COD_BATCH - 1);
            assert_true(!(g.kkt[5] <= 1e-14));
            assert_true(g.w[0] == g.w[m - 1] && g.w[0] == 1.0 / (double)m);
        }
}

/* Symmetric matrices that are no Gramians, with entries of any size off the
 * diagonal: the status is the solver's. */
static void test_minnorm_batch_indefinite(void **state)
{
    uint64_t seed = 36;
    size_t known = 0;
    (void)state;
    for (int trial = 0; trial < 1500; trial++) {
        group g = {.m = 2 + (size_t)trial % 7};
        size_t m = g.m;
        for (size_t e = 0; e < COD_BATCH * m * m; e++)
            g.G[e] = draw_normal(&seed) *
                     (draw_int(&seed, 9) == 0 ? pow(10, 600 * draw(&seed) - 300) : 0.3);
        for (size_t k = 0; k < COD_BATCH; k++)
            for (size_t i = 0; i < m; i++) {
                double *row = g.G + (k * m + i) * m;
                row[i] = fabs(row[i]) + (draw_int(&seed, 2) > 0);
            }
        known += check_group(&g);
        cod_minnorm *ws = workspace(m);
        for (size_t k = 0; k < COD_BATCH; k++) {
            const double *G = g.G + k * m * m;
            double w[KNOWN_MOST], kkt;
            cod_status batch = cod_minnorm_batch(ws, 1, G, w, &kkt, NULL);
            cod_status alone = cod_minnorm_solve(ws, G, NULL, NULL, w, NULL);
            assert_true((batch < 0) == (alone < 0));
        }
        if (m > 3)
            check_certificates(&g);
        cod_minnorm_free(ws);
    }
    assert_in_range(known, 1500, 1500 * COD_BATCH);
}

/* One wrong problem among good ones, at each place and in each entry. */
static void test_minnorm_batch_bad(void **state)
{
    enum { COUNT = 11 };
    static const double wrong[] = {NAN, INFINITY, -INFINITY, -1};
    uint64_t seed = 34;
    (void)state;
    for (size_t m = 2; m <= 5; m++) {
        double good[COUNT * 25], G[COUNT * 25], w[COUNT * 5], v[COUNT * 5], kkt[COUNT];
        cod_status statuses[COUNT];
        cod_minnorm *ws = workspace(m);
        for (size_t k = 0; k < COUNT; k++)
            draw_gramian(&seed, m, good + k * m * m);
        assert_status(cod_minnorm_batch(ws, COUNT, good, w, NULL, NULL), COD_OK);
        for (size_t at = 0; at < COUNT * m * m; at++) {
            size_t k = at / (m * m), i = at % (m * m) / m, j = at % m;
            for (size_t b = 0; b < 4; b++) {
                if (j > i || (b == 3 && i != j))
                    continue;
                cod_status expected = b == 3 ? COD_EDOMAIN : COD_ENONFINITE;
                memcpy(G, good, sizeof G);
                G[at] = wrong[b];
                assert_status(cod_minnorm_batch(ws, COUNT, G, v, kkt, statuses),
                              expected);
                for (size_t q = 0; q < COUNT; q++) {
                    assert_status(statuses[q], q == k ? expected : COD_OK);
                    assert_true(q == k ? isnan(kkt[q]) : kkt[q] <= 1e-14);
                    for (size_t c = 0; c < m; c++)
                        assert_true(v[q * m + c] == (q == k ? 0 : w[q * m + c]));
                }
            }
        }
        cod_minnorm_free(ws);
    }
}

static void test_minnorm_batch_arguments(void **state)
{
    double G[4] = {1, NAN, 0, 1}, w[2];
    cod_minnorm *ws = workspace(2);
    (void)state;
    assert_status(cod_minnorm_batch(ws, 0, NULL, NULL, NULL, NULL), COD_OK);
    assert_status(cod_minnorm_batch(NULL, 1, G, w, NULL, NULL), COD_EARGUMENT);
    assert_status(cod_minnorm_batch(ws, 1, NULL, w, NULL, NULL), COD_EARGUMENT);
    assert_status(cod_minnorm_batch(ws, 1, G, NULL, NULL, NULL), COD_EARGUMENT);
    assert_status(cod_minnorm_batch(ws, 1, G, w, NULL, NULL), COD_OK);
    assert_true(w[0] == 0.5 && w[1] == 0.5);
    cod_minnorm_free(ws);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minnorm_batch_optimal),
        cmocka_unit_test(test_minnorm_batch_counts),
        cmocka_unit_test(test_minnorm_batch_kernels),
        cmocka_unit_test(test_minnorm_batch_kernels_special),
        cmocka_unit_test(test_minnorm_batch_kernels_range),
        cmocka_unit_test(test_minnorm_batch_indefinite),
        cmocka_unit_test(test_minnorm_batch_bad),
        cmocka_unit_test(test_minnorm_batch_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
