/* SPDX-License-Identifier: MIT */
/* The min-norm solver's kernels on every instruction set: its factor as it grows and
 * shrinks, the certificate, and the solver with each. */
#include "factors.h"

static void model_make(uint64_t *seed, size_t m, const cod_hull_kernels *kernels,
                       model *ret)
{
    hull h;
    draw_rows(seed, m, 2 * m, &h);
    ret->ws = workspace(m);
    ret->w = &ret->ws->wolfe;
    ret->w->kernels = kernels;
    size_t stride = m + COD_FACTOR_ROOM;
    ret->f =
        (cod_factor){.U = calloc((m + COD_PANEL) * stride, sizeof(double)),
                     .inverse = calloc(m + COD_PANEL, sizeof(double)),
                     .y = calloc(m + COD_PANEL, sizeof(double)),
                     .corners = calloc((m + COD_PANEL) * COD_PANEL, sizeof(double)),
                     .stride = stride};
    double d[MOST];
    for (size_t k = 0; k < (m + COD_PANEL) * stride; k++)
        ret->f.U[k] = NAN; /* nobody reads what nobody has written */
    for (size_t i = 0; i < m; i++) {
        d[i] = ldexp(1, -5);
        ret->w->b[i] = ldexp(1, -draw_int(seed, 3));
    }
    assert_true(kernels->scale(ret->w, h.G, d));
    hull_clear(&h);
}

static void model_clear(model *at)
{
    free(at->f.U);
    free(at->f.inverse);
    free(at->f.y);
    free(at->f.corners);
    cod_minnorm_free(at->ws);
}

/* To `count` rows from `done`: all new columns at once, or a few at a time. */
static void make_factor(model *at, size_t done, size_t count, int few)
{
    const cod_hull_kernels *kernels = at->w->kernels;
    cod_factor_range range = {.from = done, .n = count};
    at->w->count = count;
    if (few) {
        double *scratch = at->w->work;
        assert_int_equal(kernels->append(at->w, &at->f, done, 1e-12, scratch), count);
    } else {
        kernels->gather(at->w, &at->f, 0, done);
        assert_int_equal(kernels->factor(&at->f, range, 1e-12), count);
    }
    check_factor(at);
}

/* Some rows, the others behind them, some out again, and back at the end. */
static void test_factor_grows_and_shrinks(void **state)
{
    uint64_t seed = 41;
    (void)state;
    for (size_t s = 0; cod_hull_kernels_at(s) != NULL; s++)
        for (size_t m = 1; m <= MOST; m++) {
            model at;
            model_make(&seed, m, cod_hull_kernels_at(s), &at);
            cod_wolfe *w = at.w;
            for (size_t a = 0; a < m; a++)
                w->support[a] = m - 1 - a;
            size_t first = (size_t)draw_int(&seed, (int)m);
            make_factor(&at, 0, first, 0);
            make_factor(&at, first, m, m % 2 == 0);
            for (size_t k = 0; k < 3 && w->count > 1; k++) {
                double scratch[MOST + 2 * COD_PANEL];
                size_t place = (size_t)draw_int(&seed, (int)w->count - 1);
                size_t out = w->support[place];
                w->kernels->drop(&at.f, w->count--, place, scratch);
                memmove(w->support + place, w->support + place + 1,
                        (w->count - place) * sizeof *w->support);
                w->support[w->count] = out;
                check_factor(&at);
            }
            make_factor(&at, w->count, m, 1);
            model_clear(&at);
        }
}

/* A row that depends on others is named, and those before it are final: in a new
 * factor, and behind one. */
static void test_factor_names_the_dependent(void **state)
{
    uint64_t seed = 42;
    (void)state;
    for (size_t s = 0; cod_hull_kernels_at(s) != NULL; s++)
        for (size_t bad = 1; bad < 30; bad++) {
            model at;
            model_make(&seed, 30, cod_hull_kernels_at(s), &at);
            const cod_hull_kernels *kernels = at.w->kernels;
            cod_factor_range range = {.n = 30};
            for (size_t a = 0; a < 30; a++)
                at.w->support[a] = a == bad ? bad - 1 : a;
            at.w->count = 30;
            kernels->gather(at.w, &at.f, 0, 0);
            assert_int_equal(kernels->factor(&at.f, range, 1e-12), bad);
            size_t done = (size_t)draw_int(&seed, (int)bad);
            make_factor(&at, 0, done, 0);
            at.w->count = 30;
            double *scratch = at.w->work;
            assert_int_equal(kernels->append(at.w, &at.f, done, 1e-12, scratch), bad);
            at.w->count = bad;
            check_factor(&at);
            model_clear(&at);
        }
}

/* The certificate of weights that sum to 1 without rounding: of Gramians, and of what
 * is none, where entries of 2^60 cancel in every row. */
static void test_kkt_kernels(void **state)
{
    static const int signs[4][4] = {
        {0, 1, -1, 0}, {1, 0, 0, -1}, {-1, 0, 0, 1}, {0, -1, 1, 0}};
    uint64_t seed = 51;
    (void)state;
    for (size_t s = 0; cod_hull_kernels_at(s) != NULL; s++)
        for (int trial = 0; trial < 600; trial++) {
            int wild = trial % 2 ? draw_int(&seed, 60) : 0;
            size_t m = wild > 0 ? 4 : 3 + (size_t)draw_int(&seed, MOST - 3);
            cod_minnorm *ws = workspace(m);
            cod_wolfe *w = &ws->wolfe;
            double *G = calloc(m * m, sizeof(double)), d[MOST], norm;
            for (size_t i = 0; i < m; i++) {
                for (size_t j = 0; j < i; j++)
                    G[i * m + j] =
                        draw(&seed) - 0.5 + (wild ? ldexp(signs[i][j], wild) : 0);
                G[i * m + i] = 0.25 + 0.7 * draw(&seed);
                d[i] = w->b[i] = 1;
            }
            for (size_t k = 0; k < 1024; k++)
                w->v[wild ? k % 4 : (size_t)draw_int(&seed, (int)m - 1)] +=
                    ldexp(1, -10);
            w->kernels = cod_hull_kernels_at(s);
            assert_true(w->kernels->scale(w, G, d));
            assert_close(w->kernels->kkt(w, &norm), quad_kkt(m, G, w->v), 1e-13, 1e-26);
            free(G);
            cod_minnorm_free(ws);
        }
}

/* A NaN certifies nothing, wherever it is. */
static void test_kkt_of_nan(void **state)
{
    uint64_t seed = 53;
    (void)state;
    for (size_t s = 0; cod_hull_kernels_at(s) != NULL; s++)
        for (size_t bad = 0; bad < 21; bad++) {
            model at;
            double norm;
            model_make(&seed, 21, cod_hull_kernels_at(s), &at);
            for (size_t i = 0; i < 21; i++)
                at.w->v[i] = i == bad ? NAN : 1;
            assert_true(isinf(at.w->kernels->kkt(at.w, &norm)));
            model_clear(&at);
        }
}

/* The whole solver on every instruction set: as good, and the same to rounding. */
static void test_minnorm_solve_kernels(void **state)
{
    uint64_t seed = 43;
    (void)state;
    for (size_t m = 2; m <= MOST; m++) {
        hull h;
        double first[MOST];
        draw_rows(&seed, m, 2 * m, &h);
        for (size_t s = 0; cod_hull_kernels_at(s) != NULL; s++) {
            cod_minnorm *ws = workspace(m);
            cod_minnorm_info info;
            ws->wolfe.kernels = cod_hull_kernels_at(s);
            assert_status(cod_minnorm_solve(ws, h.G, NULL, NULL, h.w, &info), COD_OK);
            assert_true(info.kkt <= 1e-14 && quad_kkt(m, h.G, h.w) <= 1e-14);
            assert_in_range(info.iterations, 0, 2 * m + 10);
            for (size_t i = 0; i < m; i++)
                assert_close(h.w[i], s == 0 ? h.w[i] : first[i], 1e-11, 1e-15);
            memcpy(first, h.w, m * sizeof *first);
            cod_minnorm_free(ws);
        }
        hull_clear(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factor_grows_and_shrinks),
        cmocka_unit_test(test_factor_names_the_dependent),
        cmocka_unit_test(test_kkt_kernels),
        cmocka_unit_test(test_kkt_of_nan),
        cmocka_unit_test(test_minnorm_solve_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
