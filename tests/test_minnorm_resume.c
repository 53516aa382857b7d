/* SPDX-License-Identifier: MIT */
/* Min-norm solves that go on from the one before. */
#include "factors.h"

/* What a workspace keeps is the factor of its C and support. */
static void check_kept(cod_minnorm *ws)
{
    model at = {.w = &ws->wolfe, .f = cod_factor_at(ws->wolfe.factor, ws->wolfe.m)};
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

/* What a batch was given in between is not listed either. */
static void test_minnorm_resume_listed_after_batch(void **state)
{
    const double first[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    double G[9] = {4, 0, 0, 0, 1, 0, 0, 0, 1}, w[3];
    const size_t last[1] = {2};
    cod_minnorm_options how = {.resume = 1};
    cod_minnorm *ws = workspace(3);
    (void)state;
    assert_status(cod_minnorm_solve(ws, first, NULL, &how, w, NULL), COD_OK);
    assert_status(cod_minnorm_batch(ws, 1, G, w, NULL, NULL), COD_OK);
    G[8] = 2;
    how.rows = last;
    how.row_count = 1;
    assert_status(cod_minnorm_solve(ws, G, NULL, &how, w, NULL), COD_OK);
    assert_true(quad_kkt(3, G, w) <= 1e-13);
    cod_minnorm_free(ws);
}

/* A row that changes is tried in the support at once, and leaves it there and then
 * where it does not belong: neither takes an exchange. */
static void test_minnorm_resume_listed_tries(void **state)
{
    const double first[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const double second[9] = {1, 0, 0, 0, 1, 0, 3, 3, 18};
    const size_t last[1] = {2};
    double w[3];
    cod_minnorm *ws = workspace(3);
    cod_minnorm_options how = {.resume = 1};
    cod_minnorm_info info;
    (void)state;
    assert_status(cod_minnorm_solve(ws, first, NULL, &how, w, NULL), COD_OK);
    how.rows = last;
    how.row_count = 1;
    assert_status(cod_minnorm_solve(ws, second, NULL, &how, w, &info), COD_OK);
    assert_true(w[0] == 0.5 && w[1] == 0.5 && w[2] == 0);
    assert_int_equal(info.iterations, 0);
    assert_status(cod_minnorm_solve(ws, first, NULL, &how, w, &info), COD_OK);
    for (size_t i = 0; i < 3; i++)
        assert_close(w[i], 1.0 / 3, 1e-15, 0);
    assert_int_equal(info.iterations, 0);
    cod_minnorm_free(ws);
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
        cmocka_unit_test(test_minnorm_resume_rows),
        cmocka_unit_test(test_minnorm_resume_listed),
        cmocka_unit_test(test_minnorm_resume_listed_bad),
        cmocka_unit_test(test_minnorm_resume_listed_after_error),
        cmocka_unit_test(test_minnorm_resume_listed_after_batch),
        cmocka_unit_test(test_minnorm_resume_listed_tries),
        cmocka_unit_test(test_minnorm_resume_entries),
        cmocka_unit_test(test_minnorm_resume_anything),
        cmocka_unit_test(test_minnorm_resume_after),
        cmocka_unit_test(test_minnorm_solve_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
