/* SPDX-License-Identifier: MIT */
/* Methods that make the direction element by element, against transcriptions of their
 * formulas over 200 steps: rows of recorded Gramians, then generated ones, in shards,
 * float32 and float64, with several threads. */
#include "recorded.h"
#include "sets.h"

enum { N = 9001, SHARDS = 3, STEPS = 200, MOST = 7 };

static const size_t lengths[SHARDS] = {4001, 1, 4999};

typedef struct rows {
    double wide[MOST][N];
    float narrow[MOST][N];
} rows;

static void draw_rows(uint64_t *seed, size_t m, int64_t step, rows *r)
{
    int recorded = m <= trace.m && step < STEPS / 2;
    if (recorded)
        recorded_rows((size_t)step, m, N, r->wide[0], N);
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < N; k++) {
            if (recorded)
                r->narrow[i][k] = (float)r->wide[i][k];
            else
                r->narrow[i][k] =
                    draw_int(seed, 9) == 0 ? 0.0F : (float)(2 * draw(seed) - 0.9);
            r->wide[i][k] = r->narrow[i][k];
        }
}

/* The direction at coordinate `at` in step `step`. */
typedef double (*formula)(size_t m, const double *column, const double *leak, size_t at,
                          int64_t step);

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double trimmed(size_t m, const double *column, const double *leak, size_t at,
                      int64_t step)
{
    double sorted[MOST];
    long double sum = 0;
    size_t trim = (size_t)leak[0];
    (void)at;
    (void)step;
    memcpy(sorted, column, m * sizeof *column);
    qsort(sorted, m, sizeof *sorted, ascending);
    for (size_t i = trim; i + trim < m; i++)
        sum += sorted[i];
    return (double)(sum / (long double)(m - 2 * trim));
}

/* Chen et al. 2020, algorithm 1, for gradients (not activations): the mask
 * [P > U][g > 0] + [P < U][g < 0], times 1 - leak, plus leak. */
static double dropped(size_t m, const double *column, const double *leak, size_t at,
                      int64_t step)
{
    const cod_random random = {.seed = 8, .step = (uint64_t)step};
    long double signs = 0, sizes = 0, d = 0;
    for (size_t i = 0; i < m; i++) {
        signs += column[i];
        sizes += fabs(column[i]);
    }
    long double P = sizes == 0 ? 0.5L : (1 + signs / sizes) / 2;
    double U = cod_random_uniform(random, at);
    for (size_t i = 0; i < m; i++) {
        int mask = (P > U && column[i] > 0) || (P < U && column[i] < 0);
        d += (leak[i] + (1 - leak[i]) * mask) * column[i];
    }
    return (double)d;
}

static cod_solver *make(const char *text, size_t m, unsigned threads)
{
    cod_solver *solver;
    cod_message message;
    const cod_setup setup = {.m = m,
                             .n = N,
                             .shards = SHARDS,
                             .lengths = lengths,
                             .seed = 8,
                             .threads = threads};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return solver;
}

static void one_step(cod_solver *solver, size_t m, const rows *r, int narrow, double *d)
{
    size_t offset = N;
    assert_status(cod_solver_solve(solver, NULL, NULL), COD_OK);
    for (size_t p = SHARDS; p-- > 0;) { /* the last first */
        const void *at[MOST];
        offset -= lengths[p];
        for (size_t i = 0; i < m; i++)
            at[i] = narrow ? (const void *)&r->narrow[i][offset]
                           : (const void *)&r->wide[i][offset];
        const cod_shard shard = {offset, lengths[p], narrow ? COD_FLOAT32 : COD_FLOAT64,
                                 at};
        assert_status(cod_solver_direction(solver, &shard, 0, d + offset, COD_FLOAT64),
                      COD_OK);
    }
}

static void compare(const char *text, size_t m, formula expected, const double *leak)
{
    static rows r;
    static double d[2][N];
    uint64_t seed = m;
    cod_solver *one = make(text, m, 1), *four = make(text, m, 4);
    for (int64_t step = 0; step < STEPS; step++) {
        draw_rows(&seed, m, step, &r);
        one_step(one, m, &r, step % 2 == 0, d[0]);
        one_step(four, m, &r, step % 3 == 0, d[1]);
        assert_memory_equal(d[0], d[1], sizeof d[0]);
        for (size_t k = 0; k < N; k++) {
            double column[MOST];
            for (size_t i = 0; i < m; i++)
                column[i] = r.wide[i][k];
            assert_close(d[0][k], expected(m, column, leak, k, step), 1e-14, 1e-15);
        }
    }
    cod_solver_free(one);
    cod_solver_free(four);
}

static void test_trimmed_mean(void **state)
{
    (void)state;
    compare("trimmed-mean", 3, trimmed, (const double[]){1});
    compare("trimmed-mean", 7, trimmed, (const double[]){1});
    compare("trimmed-mean(trim=3)", 7, trimmed, (const double[]){3});
    compare("trimmed-mean(trim=2)", 6, trimmed, (const double[]){2});
    compare("trimmed-mean(trim=0)", 2, trimmed, (const double[]){0});
}

static void test_graddrop(void **state)
{
    static const double none[MOST] = {0}, half[] = {.5, .5, .5, .5, .5},
                        each[] = {0, 1, .25};
    (void)state;
    compare("graddrop", 2, dropped, none);
    compare("graddrop", 7, dropped, none);
    compare("graddrop(leak=0.5)", 5, dropped, half);
    compare("graddrop(leak=0:1:0.25)", 3, dropped, each);
}

/* 1,000 rows: the sort is that of long columns, too. */
static void test_trimmed_mean_of_many(void **state)
{
    enum { MANY = 1000, FEW = 5 };
    static double wide[MANY][FEW];
    const void *at[MANY];
    double d[FEW];
    uint64_t seed = 4;
    cod_solver *solver;
    const cod_setup setup = {.m = MANY, .n = FEW};
    (void)state;
    assert_status(cod_solver_alloc("trimmed-mean(trim=499)", &setup, &solver, NULL),
                  COD_OK);
    for (size_t i = 0; i < MANY; i++) {
        at[i] = wide[i];
        for (size_t k = 0; k < FEW; k++)
            wide[i][k] = 2 * draw(&seed) - 1;
    }
    assert_status(
        cod_solver_step(solver, NULL, at, COD_FLOAT64, NULL, d, COD_FLOAT64, NULL),
        COD_OK);
    for (size_t k = 0; k < FEW; k++) {
        double column[MANY];
        for (size_t i = 0; i < MANY; i++)
            column[i] = wide[i][k];
        qsort(column, MANY, sizeof *column, ascending);
        assert_close(d[k], (column[499] + column[500]) / 2, 1e-15, 0);
    }
    cod_solver_free(solver);
}

/* An extreme that would be left out, or a sign that would not be kept, is an error all
 * the same where it is not finite. */
static void test_elements_not_finite(void **state)
{
    static const char *const texts[] = {"trimmed-mean", "graddrop"};
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    static rows r;
    static double d[N];
    uint64_t seed = 6;
    (void)state;
    draw_rows(&seed, 3, STEPS, &r);
    for (size_t t = 0; t < 2; t++)
        for (size_t b = 0; b < 3; b++) {
            cod_solver *solver = make(texts[t], 3, 1);
            const void *at[3] = {r.wide[0], r.wide[1], r.wide[2]};
            double kept = r.wide[1][4500];
            r.wide[1][4500] = bad[b];
            assert_status(cod_solver_step(solver, NULL, at, COD_FLOAT64, NULL, d,
                                          COD_FLOAT64, NULL),
                          COD_ENONFINITE);
            assert_non_null(
                strstr(cod_solver_message(solver), "the gradient of objective 2 is "));
            assert_non_null(strstr(cod_solver_message(solver), "element 4501"));
            r.wide[1][4500] = kept;
            assert_status(cod_solver_step(solver, NULL, at, COD_FLOAT64, NULL, d,
                                          COD_FLOAT64, NULL),
                          COD_OK);
            cod_solver_free(solver);
        }
}

/* A row that is not there, in the shards or when the direction is made. */
static void test_elements_missing_rows(void **state)
{
    static const char *const texts[] = {"trimmed-mean", "graddrop",
                                        "switch(at=5, graddrop, mgda)"};
    static rows r;
    static double d[N];
    uint64_t seed = 7;
    (void)state;
    draw_rows(&seed, 3, STEPS, &r);
    for (size_t t = 0; t < 3; t++) {
        cod_solver *solver = make(texts[t], 3, 1);
        const void *at[3] = {r.wide[0], NULL, r.wide[2]};
        const cod_shard shard = {0, lengths[0], COD_FLOAT64, at};
        assert_status(cod_solver_solve(solver, NULL, NULL), COD_OK);
        assert_status(cod_solver_direction(solver, &shard, 0, d, COD_FLOAT64),
                      COD_EMISSING);
        assert_string_equal(
            cod_solver_message(solver),
            "the gradient of objective 2 is missing in the shard at offset 0");
        assert_status(
            cod_solver_step(solver, NULL, at, COD_FLOAT64, NULL, d, COD_FLOAT64, NULL),
            COD_EMISSING);
        at[1] = r.wide[1];
        assert_status(
            cod_solver_step(solver, NULL, at, COD_FLOAT64, NULL, d, COD_FLOAT64, NULL),
            COD_OK);
        cod_solver_free(solver);
    }
}

static void test_elements_options(void **state)
{
    const cod_setup two = {.m = 2, .n = 3}, none = {.m = 3};
    cod_solver *solver = NULL;
    cod_message message;
    (void)state;
    assert_status(cod_solver_alloc("trimmed-mean", &two, &solver, &message),
                  COD_EOPTION);
    assert_string_equal(message.text,
                        "trimmed-mean: option trim=1 leaves none of 2 gradients");
    assert_status(cod_solver_alloc("graddrop(leak=0:0:0)", &two, &solver, &message),
                  COD_ESHAPE);
    assert_status(cod_solver_alloc("graddrop", &none, &solver, &message), COD_ESHAPE);
    assert_null(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trimmed_mean),
        cmocka_unit_test(test_trimmed_mean_of_many),
        cmocka_unit_test(test_graddrop),
        cmocka_unit_test(test_elements_not_finite),
        cmocka_unit_test(test_elements_missing_rows),
        cmocka_unit_test(test_elements_options),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
