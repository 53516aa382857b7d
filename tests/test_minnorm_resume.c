/* SPDX-License-Identifier: MIT */
/* The min-norm solver's factor as it grows and shrinks, on every instruction set, and
 * solves that go on from the one before. */
#include "hulls.h"

#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

enum { MOST = 70 };

/* G of h->rows, plain sums: what did not change has the same bytes. */
static void plain_gramian(const hull *h)
{
    for (size_t i = 0; i < h->m; i++)
        for (size_t j = 0; j < h->m; j++) {
            double sum = 0;
            for (size_t k = 0; k < h->n; k++)
                sum += h->rows[i * h->n + k] * h->rows[j * h->n + k];
            h->G[i * h->m + j] = sum;
        }
}

static void draw_rows(uint64_t *seed, size_t m, size_t n, hull *h)
{
    *h = (hull){.m = m, .n = n};
    h->rows = calloc(m * n, sizeof(double));
    h->G = calloc(m * m, sizeof(double));
    h->w = calloc(m, sizeof(double));
    for (size_t k = 0; k < m * n; k++)
        h->rows[k] = draw_normal(seed);
    plain_gramian(h);
}

/* ---- the factor ---- */

/* A problem as the kernels see it, with room for its factor. */
typedef struct model {
    cod_minnorm *ws;
    cod_wolfe *w;
    cod_factor f;
    double x[MOST + 2 * COD_PANEL];
} model;

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

/* Each whole corner times its inverse is 1. */
static void check_corners(const model *at)
{
    const cod_factor *f = &at->f;
    for (size_t r = 0; r < at->w->count / COD_PANEL * COD_PANEL; r++) {
        size_t first = r / COD_PANEL * COD_PANEL;
        const double *inverse = f->corners + r * COD_PANEL;
        for (size_t q = r; q < first + COD_PANEL; q++) {
            double sum = 0;
            for (size_t c = r; c <= q; c++)
                sum += inverse[c - first] * f->U[c * f->stride + q];
            assert_close(sum, q == r, 1e-13, 1e-13);
        }
    }
}

/* U'U = C_SS, U'y = b, C_SS x = b, and inverse is that of the diagonal. */
static void check_factor(model *at)
{
    const cod_wolfe *w = at->w;
    const cod_factor *f = &at->f;
    w->kernels->corners(f, 0, w->count);
    check_corners(at);
    memcpy(at->x, f->y, w->count * sizeof(double));
    w->kernels->back(f, w->count, at->x);
    for (size_t a = 0; a < w->count; a++) {
        const double *C = w->C + w->support[a] * w->stride;
        double b = 0, solved = 0;
        for (size_t c = a; c < w->count; c++) {
            double sum = 0;
            for (size_t k = 0; k <= a; k++)
                sum += f->U[k * f->stride + a] * f->U[k * f->stride + c];
            assert_close(sum, C[w->support[c]], 1e-13, 1e-13);
        }
        for (size_t k = 0; k <= a; k++)
            b += f->U[k * f->stride + a] * f->y[k];
        for (size_t c = 0; c < w->count; c++)
            solved += C[w->support[c]] * at->x[c];
        assert_close(b, w->b[w->support[a]], 1e-13, 0);
        assert_close(solved, w->b[w->support[a]], 1e-12, 0);
        assert_close(f->inverse[a] * f->U[a * f->stride + a], 1, 1e-14, 0);
    }
}

/* To `count` rows from `done`: all new columns at once, or a few at a time. */
static void make_factor(model *at, size_t done, size_t count, int few)
{
    const cod_hull_kernels *kernels = at->w->kernels;
    cod_factor_range range = {.rows = few ? done : 0, .from = done, .n = count};
    at->w->count = count;
    if (few) {
        kernels->corners(&at->f, 0, done);
        kernels->extend(at->w, &at->f, done, at->w->work);
    }
    kernels->gather(at->w, &at->f, range.rows, done);
    assert_int_equal(kernels->factor(&at->f, range, 1e-12), count);
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

/* A row that depends on others is named, and those before it are final. */
static void test_factor_names_the_dependent(void **state)
{
    uint64_t seed = 42;
    (void)state;
    for (size_t s = 0; cod_hull_kernels_at(s) != NULL; s++)
        for (size_t bad = 1; bad < 30; bad++) {
            model at;
            model_make(&seed, 30, cod_hull_kernels_at(s), &at);
            for (size_t a = 0; a < 30; a++)
                at.w->support[a] = a == bad ? bad - 1 : a;
            at.w->count = 30;
            at.w->kernels->gather(at.w, &at.f, 0, 0);
            cod_factor_range range = {.n = 30};
            assert_int_equal(at.w->kernels->factor(&at.f, range, 1e-12), bad);
            at.w->count = bad;
            memset(at.f.U + (bad - 1) * at.f.stride + bad, 0, sizeof(double));
            for (size_t a = 0; a < bad; a++) /* whole vectors are read */
                memset(at.f.U + a * at.f.stride + bad, 0, COD_PANEL * sizeof(double));
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

/* ---- resume ---- */

/* What a workspace keeps is the factor of its C and support. */
static void check_kept(cod_minnorm *ws)
{
    model at = {.w = &ws->wolfe, .f = cod_wolfe_factor(&ws->wolfe)};
    if (!ws->wolfe.kept)
        return;
    check_corners(&at);
    check_factor(&at);
}

/* As a new workspace has it, optimal, and by way of the factor that was kept. */
static void check_resumed(cod_minnorm *ws, hull *h, size_t *ret_iterations)
{
    cod_minnorm_options how = {.resume = 1};
    cod_minnorm_info info;
    double expected[MOST];
    cod_minnorm *fresh = workspace(h->m);
    assert_status(cod_minnorm_solve(fresh, h->G, NULL, NULL, expected, NULL), COD_OK);
    assert_status(cod_minnorm_solve(ws, h->G, NULL, &how, h->w, &info), COD_OK);
    assert_true(quad_kkt(h->m, h->G, h->w) <= 1e-13);
    assert_close(info.kkt, quad_kkt(h->m, h->G, h->w), 1e-6, 1e-14);
    for (size_t i = 0; i < h->m; i++)
        assert_close(h->w[i], expected[i], 1e-10, 1e-14);
    *ret_iterations = info.iterations;
    assert_true(ws->wolfe.kept);
    check_kept(ws);
    cod_minnorm_free(fresh);
}

static void test_minnorm_resume_rows(void **state)
{
    uint64_t seed = 44;
    (void)state;
    for (int trial = 0; trial < 60; trial++) {
        hull h;
        size_t m = 3 + (size_t)draw_int(&seed, MOST - 3), iterations;
        cod_minnorm *ws = workspace(m);
        draw_rows(&seed, m, 2 * m, &h);
        check_resumed(ws, &h, &iterations); /* of nothing: a cold start */
        assert_true(iterations > 0);
        for (int step = 0; step < 20; step++) {
            check_resumed(ws, &h, &iterations); /* nothing has changed */
            assert_int_equal(iterations, 0);
            for (int k = draw_int(&seed, 3); k > 0; k--) {
                double *row = h.rows + (size_t)draw_int(&seed, (int)m - 1) * h.n;
                double length = pow(10, 2 * draw(&seed) - 1);
                for (size_t c = 0; c < h.n; c++)
                    row[c] = length * draw_normal(&seed);
            }
            plain_gramian(&h);
            check_resumed(ws, &h, &iterations);
        }
        hull_clear(&h);
        cod_minnorm_free(ws);
    }
}

/* h->G with NaN wherever neither row nor column is listed. */
static double *blank_out(const hull *h, const size_t *rows, size_t count)
{
    double *G = calloc(h->m * h->m, sizeof(double));
    for (size_t i = 0; i < h->m * h->m; i++)
        G[i] = NAN;
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j < h->m; j++) {
            G[rows[k] * h->m + j] = h->G[rows[k] * h->m + j];
            G[j * h->m + rows[k]] = h->G[j * h->m + rows[k]];
        }
    return G;
}

/* The caller says which rows are new, some of them twice: all else is not read. */
static void test_minnorm_resume_listed(void **state)
{
    uint64_t seed = 49;
    (void)state;
    for (int trial = 0; trial < 60; trial++) {
        hull h;
        size_t m = 3 + (size_t)draw_int(&seed, MOST - 3), iterations, rows[4];
        cod_minnorm *ws = workspace(m);
        draw_rows(&seed, m, 2 * m, &h);
        check_resumed(ws, &h, &iterations);
        for (int step = 0; step < 20; step++) {
            size_t count = (size_t)draw_int(&seed, 4);
            for (size_t k = 0; k < count; k++) {
                rows[k] = (size_t)draw_int(&seed, (int)m - 1);
                double length = pow(10, 2 * draw(&seed) - 1);
                for (size_t c = 0; c < h.n; c++)
                    h.rows[rows[k] * h.n + c] = length * draw_normal(&seed);
            }
            plain_gramian(&h);
            cod_minnorm_options how = {.resume = 1, .rows = rows, .row_count = count};
            cod_minnorm_info info;
            double *G = blank_out(&h, rows, count);
            assert_true(ws->wolfe.kept);
            assert_status(cod_minnorm_solve(ws, G, NULL, &how, h.w, &info), COD_OK);
            assert_true(quad_kkt(m, h.G, h.w) <= 1e-13);
            assert_close(info.kkt, quad_kkt(m, h.G, h.w), 1e-6, 1e-14);
            assert_true(count > 0 || info.iterations == 0);
            check_kept(ws);
            free(G);
        }
        check_resumed(ws, &h, &iterations); /* C is what comparing finds */
        assert_int_equal(iterations, 0);
        hull_clear(&h);
        cod_minnorm_free(ws);
    }
}

/* Lists that are wrong, longer than what is worth it, or of rows with something wrong.
 */
static void test_minnorm_resume_listed_bad(void **state)
{
    uint64_t seed = 50;
    size_t rows[12] = {5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, iterations;
    cod_minnorm_options how = {.resume = 1, .row_count = 1};
    cod_minnorm *ws = workspace(12);
    hull h;
    (void)state;
    draw_rows(&seed, 12, 24, &h);
    assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), COD_EARGUMENT);
    how.rows = rows;
    assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), COD_OK);
    rows[0] = 12;
    assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), COD_EARGUMENT);
    rows[0] = 5;
    const double bad[] = {NAN, INFINITY, -1, 0};
    const cod_status expected[] = {COD_ENONFINITE, COD_ENONFINITE, COD_EDOMAIN, COD_OK};
    for (size_t k = 0; k < 4; k++) {
        double right = h.G[5 * 12 + 5];
        check_resumed(ws, &h, &iterations);
        h.G[5 * 12 + 5] = bad[k];
        assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), expected[k]);
        h.G[5 * 12 + 5] = right;
    }
    assert_true(h.w[5] == 1);
    for (size_t k = 0; k < 2; k++) { /* in row 5, and in its column */
        size_t at = k == 0 ? 5 * 12 + 3 : 7 * 12 + 5;
        double right = h.G[at];
        check_resumed(ws, &h, &iterations);
        h.G[at] = NAN;
        assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL),
                      COD_ENONFINITE);
        h.G[at] = right;
    }
    check_resumed(ws, &h, &iterations);
    how.row_count = 12;
    for (size_t c = 0; c < h.n; c++)
        h.rows[c] = draw_normal(&seed); /* row 0 is not listed: all are read */
    plain_gramian(&h);
    assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), COD_OK);
    assert_true(quad_kkt(12, h.G, h.w) <= 1e-13);
    hull_clear(&h);
    cod_minnorm_free(ws);
}

/* What was listed for a call that failed is not listed again: then all is read. */
static void test_minnorm_resume_listed_after_error(void **state)
{
    uint64_t seed = 52;
    (void)state;
    for (int trial = 0; trial < 40; trial++) {
        hull h;
        size_t m = 12, iterations, rows[2] = {3, 5};
        cod_minnorm_options how = {.resume = 1, .rows = rows, .row_count = 2};
        cod_minnorm *ws = workspace(m);
        draw_rows(&seed, m, 2 * m, &h);
        check_resumed(ws, &h, &iterations);
        for (size_t c = 0; c < h.n; c++)
            h.rows[3 * h.n + c] = 0.1 * draw_normal(&seed);
        plain_gramian(&h);
        double right = h.G[5 * m + 5];
        h.G[5 * m + 5] = trial % 2 ? -1 : right;
        how.tol = trial % 2 ? 0 : -1;
        assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL),
                      trial % 2 ? COD_EDOMAIN : COD_EARGUMENT);
        h.G[5 * m + 5] = right;
        how.tol = 0;
        rows[0] = 5;
        how.row_count = 1;
        assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), COD_OK);
        assert_true(quad_kkt(m, h.G, h.w) <= 1e-13);
        hull_clear(&h);
        cod_minnorm_free(ws);
    }
}

/* Entries here and there, which no few rows cover. */
static void test_minnorm_resume_entries(void **state)
{
    uint64_t seed = 45;
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        hull h;
        size_t m = 3 + (size_t)draw_int(&seed, 37), iterations;
        cod_minnorm *ws = workspace(m);
        draw_rows(&seed, m, 2 * m, &h);
        check_resumed(ws, &h, &iterations);
        for (int k = draw_int(&seed, trial % 2 ? 5 : 60); k >= 0; k--) {
            size_t i = (size_t)draw_int(&seed, (int)m - 1);
            size_t j = (size_t)draw_int(&seed, (int)i);
            h.G[i * m + j] += 0.02 * draw_normal(&seed);
        }
        check_resumed(ws, &h, &iterations);
        hull_clear(&h);
        cod_minnorm_free(ws);
    }
}

/* After hulls that need every fallback: one after the other, with rows changed between.
 */
static void test_minnorm_resume_anything(void **state)
{
    uint64_t seed = 46;
    cod_minnorm_options how = {.resume = 1};
    cod_minnorm *ws = workspace(12);
    (void)state;
    for (int trial = 0; trial < 2000; trial++) {
        hull h;
        do {
            hull_draw(&seed, 12, &h);
            if (h.m != 12)
                hull_clear(&h);
        } while (h.m != 12);
        for (int step = 0; step < 4; step++) {
            size_t from = (size_t)draw_int(&seed, 11), to = (size_t)draw_int(&seed, 11);
            for (size_t c = 0; c < h.n && step > 0; c++)
                h.rows[to * h.n + c] = h.rows[from * h.n + c] * (step == 2 ? 1 : -0.5);
            plain_gramian(&h);
            assert_status(cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL), COD_OK);
            if (h.kind == HULL_PLAIN && h.decades == 0 && step == 0 && h.n >= 12)
                check_kept(ws);
            assert_true(quad_kkt(12, h.G, h.w) <= 1e-12);
        }
        hull_clear(&h);
    }
    cod_minnorm_free(ws);
}

/* Rows that are there twice: the factor leaves one of them out. */
static void test_minnorm_solve_twice(void **state)
{
    uint64_t seed = 48;
    (void)state;
    for (size_t m = 4; m <= MOST; m++) {
        hull h;
        cod_minnorm *ws = workspace(m);
        draw_rows(&seed, m, 2 * m, &h);
        memcpy(h.rows + (m - 1) * h.n, h.rows, h.n * sizeof(double));
        memcpy(h.rows + m / 2 * h.n, h.rows + h.n, h.n * sizeof(double));
        plain_gramian(&h);
        assert_status(cod_minnorm_solve(ws, h.G, NULL, NULL, h.w, NULL), COD_OK);
        assert_true(quad_kkt(m, h.G, h.w) <= 1e-14);
        assert_true(ws->wolfe.kept);
        check_kept(ws);
        hull_clear(&h);
        cod_minnorm_free(ws);
    }
}

/* What comes between does not mislead: an error after half of G has been taken over, a
 * baseline, a zero row, a solve that does not resume. */
static void test_minnorm_resume_after(void **state)
{
    uint64_t seed = 47;
    (void)state;
    for (int trial = 0; trial < 400; trial++) {
        hull h;
        size_t m = 20, iterations;
        cod_minnorm *ws = workspace(m);
        cod_minnorm_options how = {.resume = 1};
        draw_rows(&seed, m, 2 * m, &h);
        check_resumed(ws, &h, &iterations);
        double *row = h.rows + (size_t)draw_int(&seed, (int)m - 1) * h.n;
        for (size_t c = 0; c < h.n; c++)
            row[c] = draw_normal(&seed);
        plain_gramian(&h);
        double *entry = h.G + (m - 1) * m + (trial % 4 == 3 ? m - 1 : m - 2);
        double right = *entry;
        *entry = trial % 4 == 0 ? NAN : trial % 4 == 3 ? 0 : right;
        if (trial % 4 == 1)
            how.algorithm = trial % 8 == 1 ? COD_MINNORM_FW : COD_MINNORM_LINE_SEARCH;
        how.resume = trial % 4 != 2;
        cod_status status = cod_minnorm_solve(ws, h.G, NULL, &how, h.w, NULL);
        if (trial % 4 != 1)
            assert_status(status, trial % 4 == 0 ? COD_ENONFINITE : COD_OK);
        assert_int_equal(ws->wolfe.kept, trial % 4 == 2);
        *entry = right;
        check_resumed(ws, &h, &iterations);
        hull_clear(&h);
        cod_minnorm_free(ws);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factor_grows_and_shrinks),
        cmocka_unit_test(test_factor_names_the_dependent),
        cmocka_unit_test(test_kkt_kernels),
        cmocka_unit_test(test_minnorm_solve_kernels),
        cmocka_unit_test(test_minnorm_resume_rows),
        cmocka_unit_test(test_minnorm_resume_listed),
        cmocka_unit_test(test_minnorm_resume_listed_bad),
        cmocka_unit_test(test_minnorm_resume_listed_after_error),
        cmocka_unit_test(test_minnorm_resume_entries),
        cmocka_unit_test(test_minnorm_resume_anything),
        cmocka_unit_test(test_minnorm_resume_after),
        cmocka_unit_test(test_minnorm_solve_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
