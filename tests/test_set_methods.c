/* SPDX-License-Identifier: MIT */
/* Methods that move several points together: MOO-SVGD against a transcription of its
 * formula on recorded and on generated points, and what holds for all, however a step
 * is handed in. */
#include "points.h"

/* ---- MOO-SVGD ---- */

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double square_distance(const input *in, size_t p, size_t q)
{
    double sum = 0;
    for (size_t i = 0; i < in->m; i++)
        sum += pow(in->losses[p * in->m + i] - in->losses[q * in->m + i], 2);
    return sum;
}

/* The direction of point p itself, from the formula; two objectives. */
static void transcribe(const input *in, size_t p, double h, double repulsion,
                       double *ret_d)
{
    size_t count = in->points, rows = 2 * count;
    memset(ret_d, 0, N * sizeof *ret_d);
    for (size_t q = 0; q < count; q++) {
        const double *G = in->gramian;
        double a = G[2 * q * rows + 2 * q], c = G[2 * q * rows + 2 * q + 1];
        double b = G[(2 * q + 1) * rows + 2 * q + 1];
        double w = fmin(fmax((b - c) / (a + b - 2 * c), 0), 1);
        double kernel = exp(-square_distance(in, p, q) / h) / (double)count;
        for (size_t k = 0; k < N; k++) {
            ret_d[k] +=
                kernel * (w * in->rows[2 * q][k] + (1 - w) * in->rows[2 * q + 1][k]);
            for (size_t i = 0; i < 2 && p != q; i++)
                ret_d[k] -= repulsion * 2 / h * kernel *
                            (in->losses[2 * p + i] - in->losses[2 * q + i]) *
                            in->rows[2 * p + i][k];
        }
    }
}

static double median_bandwidth(const input *in)
{
    double all[MOST * MOST];
    size_t count = in->points * in->points;
    for (size_t k = 0; k < count; k++)
        all[k] = square_distance(in, k / in->points, k % in->points);
    qsort(all, count, sizeof *all, rising);
    return (all[count / 2] + all[(count - 1) / 2]) / 2 / log((double)in->points);
}

static void compare_moo_svgd(const input *in, const char *text, double h,
                             double repulsion)
{
    double w[MOST * MOST * 3], d[N], expected[N];
    const void *rows[MOST * 3];
    cod_solver *solver = make(text, in->points, 2, 1);
    hand_in(solver, in);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    for (size_t p = 0; p < in->points; p++) {
        double size = 1e-300;
        transcribe(in, p, h, repulsion, expected);
        for (size_t k = 0; k < N; k++)
            size = fmax(size, fabs(expected[k]));
        for (size_t s = 0; s < SHARDS; s++) {
            cod_shard shard = cut(in, s, rows);
            assert_status(
                cod_solver_direction(solver, &shard, p, d + shard.offset, COD_FLOAT64),
                COD_OK);
        }
        for (size_t k = 0; k < N; k++)
            assert_close(d[k], expected[k], 1e-11, 1e-11 * size);
    }
    cod_solver_free(solver);
}

static void test_moo_svgd(void **state)
{
    uint64_t seed = 5;
    static input in;
    (void)state;
    for (size_t step = 0; step < 400; step++) {
        size_t points = 2 + (size_t)draw_int(&seed, MOST - 2);
        if (step < 200)
            recorded_input(step, points, 2, &in);
        else
            draw_input(&seed, points, 2, &in);
        if (step % 2)
            compare_moo_svgd(&in, "moo-svgd(bandwidth=0.3, repulsion=0.5)", 0.3, 0.5);
        else
            compare_moo_svgd(&in, "moo-svgd", median_bandwidth(&in), 1);
    }
}

/* One point alone, and points on one spot: MGDA, without repulsion. */
static void test_moo_svgd_without_distances(void **state)
{
    uint64_t seed = 6;
    static input in;
    double w[3 * 9], v[3];
    (void)state;
    draw_input(&seed, 3, 3, &in);
    for (size_t i = 0; i < 9; i++)
        in.losses[i] = in.losses[i % 3];
    cod_solver *set = make("moo-svgd", 3, 3, 1), *one = make("moo-svgd", 1, 3, 1);
    cod_solver *mgda = make("mgda", 1, 3, 1);
    double G[9];
    for (size_t k = 0; k < 9; k++)
        G[k] = in.gramian[k / 3 * 9 + k % 3];
    assert_status(cod_solver_weights(set, in.losses, in.gramian, w, NULL), COD_OK);
    assert_status(cod_solver_weights(mgda, NULL, G, v, NULL), COD_OK);
    for (size_t i = 0; i < 3; i++)
        assert_close(w[i], v[i] / 3, 1e-13, 0);
    assert_status(cod_solver_weights(one, in.losses, G, w, NULL), COD_OK);
    assert_memory_equal(w, v, sizeof v);
    cod_solver_free(set);
    cod_solver_free(one);
    cod_solver_free(mgda);
}

/* ---- both, and wrappers of them ---- */

static const char *const texts[] = {"hv-gradient",
                                    "hv-gradient(length=native)",
                                    "moo-svgd",
                                    "moo-svgd(bandwidth=0.2, repulsion=2)",
                                    "cr-mogm(alpha=0.5, hv-gradient)",
                                    "every(k=3, moo-svgd)",
                                    "warmup(k=2, moo-svgd, hv-gradient)",
                                    "schedule(target=weight:2, hv-gradient)"};
#define TEXTS (sizeof texts / sizeof *texts)

static void directions(cod_solver *solver, const input *in, double *ret_d)
{
    const void *rows[MOST * 3];
    for (size_t p = 0; p < in->points; p++)
        for (size_t s = 0; s < SHARDS; s++) {
            cod_shard shard = cut(in, s, rows);
            assert_status(cod_solver_direction(solver, &shard, p,
                                               ret_d + p * N + shard.offset,
                                               COD_FLOAT64),
                          COD_OK);
        }
}

static void test_sets_however_handed_in(void **state)
{
    enum { POINTS = 5, M = 2, WEIGHTS = POINTS * POINTS * M };
    (void)state;
    for (size_t t = 0; t < TEXTS; t++) {
        uint64_t seed = t;
        static input in;
        cod_solver *whole = make(texts[t], POINTS, M, 1);
        cod_solver *cut = make(texts[t], POINTS, M, 4);
        cod_solver *ready = make(texts[t], POINTS, M, 1), *other = NULL;
        for (int k = 0; k < 8; k++) {
            double w[4][WEIGHTS], d[3][POINTS * N];
            draw_input(&seed, POINTS, M, &in);
            assert_status(cod_solver_step(whole, in.losses, in.at, COD_FLOAT64, w[0],
                                          d[0], COD_FLOAT64, NULL),
                          COD_OK);
            hand_in(cut, &in);
            assert_status(cod_solver_solve(cut, w[1], NULL), COD_OK);
            directions(cut, &in, d[1]);
            assert_memory_equal(w[1], w[0], sizeof w[0]);
            assert_memory_equal(d[1], d[0], sizeof d[0]);
            assert_status(cod_solver_weights(ready, in.losses, in.gramian, w[2], NULL),
                          COD_OK);
            for (size_t i = 0; i < WEIGHTS; i++)
                assert_close(w[2][i], w[0][i], 1e-12, 1e-14);
            if (other != NULL) {
                hand_in(other, &in);
                assert_status(cod_solver_solve(other, w[3], NULL), COD_OK);
                assert_memory_equal(w[3], w[0], sizeof w[0]);
            } else if (k == 3) { /* from here on another one goes along */
                size_t size = cod_solver_save_size(whole);
                void *bytes = malloc(size);
                other = make(texts[t], POINTS, M, 1);
                assert_status(cod_solver_save(whole, bytes, size), COD_OK);
                assert_status(cod_solver_restore(other, bytes, size), COD_OK);
                free(bytes);
            }
        }
        cod_solver_free(whole);
        cod_solver_free(cut);
        cod_solver_free(ready);
        cod_solver_free(other);
    }
}

/* Rows so long that threads share a shard: the same bytes. */
static void test_sets_in_threads(void **state)
{
    enum { POINTS = 3, M = 2, ROWS = POINTS * M, LONG = 20001 };
    static double rows[ROWS][LONG], d[2][POINTS * LONG];
    double losses[ROWS], w[2][POINTS * ROWS];
    const void *at[ROWS];
    uint64_t seed = 20;
    (void)state;
    for (size_t t = 0; t < TEXTS; t++) {
        for (size_t i = 0; i < ROWS; i++) {
            at[i] = rows[i];
            losses[i] = draw(&seed);
            for (size_t k = 0; k < LONG; k++)
                rows[i][k] = 2 * draw(&seed) - 1;
        }
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            const cod_setup setup = {
                .m = M, .n = LONG, .points = POINTS, .steps = 10, .threads = threads};
            size_t k = threads / 4;
            cod_solver *solver;
            assert_status(cod_solver_alloc(texts[t], &setup, &solver, NULL), COD_OK);
            if (strstr(texts[t], "hv-gradient") != NULL)
                assert_status(cod_solver_feed(solver, "reference", (double[]){2, 2}, M),
                              COD_OK);
            assert_status(cod_solver_step(solver, losses, at, COD_FLOAT64, w[k], d[k],
                                          COD_FLOAT64, NULL),
                          COD_OK);
            cod_solver_free(solver);
        }
        assert_memory_equal(w[0], w[1], sizeof w[0]);
        assert_memory_equal(d[0], d[1], sizeof d[0]);
    }
}

/* A factor on one objective's weight, at every point and in every direction. */
static void test_schedule_of_a_set(void **state)
{
    enum { POINTS = 3, M = 2, ROWS = POINTS * M };
    uint64_t seed = 2;
    static input in;
    double w[POINTS * ROWS], v[POINTS * ROWS];
    cod_solver *plain = make("moo-svgd", POINTS, M, 1);
    cod_solver *scaled =
        make("schedule(target=weight:2, from=3, to=3, moo-svgd)", POINTS, M, 1);
    (void)state;
    draw_input(&seed, POINTS, M, &in);
    assert_status(cod_solver_weights(plain, in.losses, in.gramian, w, NULL), COD_OK);
    assert_status(cod_solver_weights(scaled, in.losses, in.gramian, v, NULL), COD_OK);
    for (size_t k = 0; k < POINTS * ROWS; k++)
        assert_close(v[k], k % M == 1 ? 3 * w[k] : w[k], 1e-14, 0);
    cod_solver_free(plain);
    cod_solver_free(scaled);
}

/* What their traits claim: no weight below 0 (the hypervolume's), weights that do not
 * change with the gradients' scale, and that permute with the objectives. */
static void test_traits_of_sets(void **state)
{
    enum { POINTS = 4, M = 2, ROWS = POINTS * M };
    uint64_t seed = 14;
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        static input in, swapped;
        double w[POINTS * ROWS], v[POINTS * ROWS];
        cod_solver *solver = make(texts[t], POINTS, M, 1);
        unsigned traits = cod_solver_method(solver)->traits;
        draw_input(&seed, POINTS, M, &in);
        assert_status(cod_solver_weights(solver, in.losses, in.gramian, w, NULL),
                      COD_OK);
        for (size_t k = 0; k < POINTS * ROWS; k++)
            assert_true(w[k] >= 0 || !(traits & COD_TRAIT_NONNEGATIVE));
        assert_true(traits & COD_TRAIT_SCALE_FREE);
        swapped = in;
        for (size_t k = 0; k < ROWS * ROWS; k++)
            swapped.gramian[k] *= 0x1p-80;
        cod_solver_reset(solver);
        if (t < 2)
            assert_status(cod_solver_feed(solver, "reference", (double[]){1.5, 2}, M),
                          COD_OK);
        assert_status(cod_solver_weights(solver, in.losses, swapped.gramian, v, NULL),
                      COD_OK);
        for (size_t k = 0; k < POINTS * ROWS; k++)
            assert_close(v[k], w[k], 1e-12, 1e-15);
        for (size_t k = 0; k < ROWS; k++)
            swapped.losses[k] = in.losses[k ^ 1];
        for (size_t k = 0; k < ROWS * ROWS; k++)
            swapped.gramian[k] = in.gramian[(k / ROWS ^ 1) * ROWS + (k % ROWS ^ 1)];
        if (t < 2)
            assert_status(cod_solver_feed(solver, "reference", (double[]){2, 1.5}, M),
                          COD_OK);
        assert_status(
            cod_solver_weights(solver, swapped.losses, swapped.gramian, v, NULL),
            COD_OK);
        for (size_t k = 0; k < POINTS * ROWS; k++)
            assert_close(v[k], w[k ^ 1], 1e-12, 1e-15);
        cod_solver_free(solver);
    }
}

static void test_sets_refuse(void **state)
{
    static const struct {
        const char *text;
        size_t points, m;
        cod_status status;
        const char *culprit;
    } bad[] = {
        {"hv-gradient", 2, 4, COD_EUNSUPPORTED, "not of 4"},
        {"hv-gradient", 2, 1, COD_EUNSUPPORTED, "not of 1"},
        {"mgda", 2, 2, COD_EUNSUPPORTED, "mgda moves one point; the set-up has 2"},
        {"switch(at=3, moo-svgd, mgda)", 3, 2, COD_EUNSUPPORTED,
         "mgda moves one point"},
        {"moo-svgd", 3000, 2, COD_ESHAPE, "3000 points"},
        {"moo-svgd(bandwidth=0)", 2, 2, COD_EOPTION, "bandwidth"},
    };
    cod_message message;
    cod_solver *solver;
    static input in;
    uint64_t seed = 1;
    double w[12], d[N];
    const void *rows[MOST * 3];
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        const cod_setup setup = {.m = bad[k].m, .n = N, .points = bad[k].points};
        cod_status status = cod_solver_alloc(bad[k].text, &setup, &solver, &message);
        if (status != bad[k].status || strstr(message.text, bad[k].culprit) == NULL)
            fail_msg("%s: %s, '%s'", bad[k].text, cod_status_key(status), message.text);
    }
    const cod_setup setup = {
        .m = 2, .n = N, .points = 2, .shards = SHARDS, .lengths = lengths};
    draw_input(&seed, 2, 2, &in);
    assert_status(cod_solver_alloc("hv-gradient", &setup, &solver, &message), COD_OK);
    assert_status(cod_solver_weights(solver, in.losses, NULL, w, NULL), COD_EMISSING);
    assert_non_null(strstr(cod_solver_message(solver), "reference"));
    assert_status(cod_solver_feed(solver, "reference", (double[]){1, 1, 1}, 3),
                  COD_ESHAPE);
    assert_status(cod_solver_feed(solver, "reference", (double[]){1, 1}, 2), COD_OK);
    in.losses[3] = NAN;
    assert_status(cod_solver_losses(solver, in.losses), COD_ENONFINITE);
    assert_non_null(strstr(cod_solver_message(solver), "objective 2 at point 2"));
    in.losses[3] = 0.5;
    hand_in(solver, &in);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    cod_shard shard = cut(&in, 0, rows);
    assert_status(cod_solver_direction(solver, &shard, 2, d, COD_FLOAT64), COD_ESHAPE);
    assert_non_null(strstr(cod_solver_message(solver), "point 3"));
    assert_status(cod_solver_direction(solver, &shard, 1, d, COD_FLOAT64), COD_OK);
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moo_svgd),
        cmocka_unit_test(test_moo_svgd_without_distances),
        cmocka_unit_test(test_sets_however_handed_in),
        cmocka_unit_test(test_sets_in_threads),
        cmocka_unit_test(test_schedule_of_a_set),
        cmocka_unit_test(test_traits_of_sets),
        cmocka_unit_test(test_sets_refuse),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
