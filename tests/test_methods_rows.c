/* SPDX-License-Identifier: MIT */
/* Methods that look at the rows' elements before they weigh them, with a memory of m x
 * n in place of the rows or statistics of shards, against transcriptions of their
 * formulas over 200 steps in shards: recorded losses and rows of recorded Gramians,
 * then generated ones. */
#include "recorded.h"
#include "sets.h"

#include <codescent/method.h>

enum { N = 37, SHARDS = 3, STEPS = 200, MOST = 5 };

static const size_t lengths[SHARDS] = {20, 1, 16};

/* One method's memory and state, in long double, and its options. */
typedef struct memory {
    long double y[MOST][N], lambda[MOST];
    double beta, gamma, sigma, rho, alpha;
    int64_t every;
    size_t shard; /* 0: all */
} memory;

typedef struct situation {
    size_t m;
    int64_t k; /* from 1 */
    double losses[MOST], rows[MOST][N];
} situation;

typedef void (*formula)(memory *t, const situation *s, long double *w);

static int descending(const void *a, const void *b)
{
    long double x = *(const long double *)a, y = *(const long double *)b;
    return (x < y) - (x > y);
}

/* Duchi et al. 2008, ICML, figure 1: by sorting. */
static void project(size_t n, long double *x)
{
    long double sorted[MOST], sum = 0, threshold = 0;
    memcpy(sorted, x, n * sizeof *x);
    qsort(sorted, n, sizeof *sorted, descending);
    for (size_t k = 0; k < n; k++) {
        sum += sorted[k];
        long double t = (sum - 1) / (long double)(k + 1);
        threshold = sorted[k] - t > 0 ? t : threshold;
    }
    for (size_t k = 0; k < n; k++)
        x[k] = fmaxl(x[k] - threshold, 0);
}

/* Fernando et al. 2023, algorithm 1. */
static void moco(memory *t, const situation *s, long double *w)
{
    long double fading = powl((long double)s->k, -t->sigma), next[MOST];
    for (size_t i = 0; i < s->m; i++) {
        if (s->k == 1)
            t->lambda[i] = 1.0L / (long double)s->m;
        for (size_t e = 0; e < N; e++)
            t->y[i][e] -= t->beta * fading * (t->y[i][e] - s->rows[i][e]);
    }
    for (size_t i = 0; i < s->m; i++) {
        long double slope = t->rho * t->lambda[i];
        for (size_t j = 0; j < s->m; j++)
            for (size_t e = 0; e < N; e++)
                slope += t->y[i][e] * t->y[j][e] * t->lambda[j];
        next[i] = t->lambda[i] - t->gamma * fading * slope;
    }
    project(s->m, next);
    memcpy(t->lambda, next, sizeof next);
    memcpy(w, next, sizeof next);
}

/* Lin et al. 2023, algorithm 1. */
static void db_mtl(memory *t, const situation *s, long double *w)
{
    long double longest = 0, norm[MOST],
                left = t->beta * powl((long double)s->k, -t->sigma);
    for (size_t i = 0; i < s->m; i++) {
        norm[i] = 0;
        for (size_t e = 0; e < N; e++) {
            long double g = s->rows[i][e] / ((long double)s->losses[i] + 1e-8L);
            t->y[i][e] = left * t->y[i][e] + (1 - left) * g;
            norm[i] += t->y[i][e] * t->y[i][e];
        }
        norm[i] = sqrtl(norm[i]);
        longest = fmaxl(longest, norm[i]);
    }
    for (size_t i = 0; i < s->m; i++)
        w[i] = longest / norm[i];
}

/* Wang et al. 2021, algorithm 1; the rows stand as they are. */
static void lr_annealing(memory *t, const situation *s, long double *w)
{
    size_t from = 0, to = N;
    long double largest = 0;
    for (size_t p = 0; p < t->shard; p++) {
        from = p == 0 ? 0 : to;
        to = from + lengths[p];
    }
    for (size_t i = 0; i < s->m; i++) {
        long double mean = 0;
        for (size_t e = 0; e < N; e++)
            t->y[i][e] = s->rows[i][e];
        for (size_t e = from; e < to; e++) {
            largest = i == 0 ? fmaxl(largest, fabs(s->rows[0][e])) : largest;
            mean += fabs(s->rows[i][e]) / (long double)(to - from);
        }
        if (s->k == 1)
            t->lambda[i] = 1;
        if (i > 0 && (s->k - 1) % t->every == 0)
            t->lambda[i] = (1 - t->alpha) * t->lambda[i] +
                           t->alpha * largest / (t->lambda[i] * mean);
        w[i] = t->lambda[i];
    }
}

static void draw_situation(uint64_t *seed, size_t m, int64_t k, situation *s)
{
    s->m = m;
    s->k = k;
    for (size_t i = 0; i < m; i++) {
        s->losses[i] = 0.05 + 2 * draw(seed);
        for (size_t e = 0; e < N; e++)
            s->rows[i][e] = (2 * draw(seed) - 1) / (double)(i + 1);
    }
    if (m <= trace.m && k <= STEPS / 2) {
        memcpy(s->losses, trace.losses + (size_t)k * trace.m, m * sizeof *s->losses);
        recorded_rows((size_t)k, m, N, s->rows[0], N);
    }
    for (size_t i = 0; i < m; i++)
        for (size_t e = 0; e < N; e++)
            s->rows[i][e] = (float)s->rows[i][e]; /* for both types */
}

static cod_shard cut(const situation *s, size_t p, int narrow, float buffer[MOST][N],
                     const void **at)
{
    cod_shard shard = {0, lengths[p], narrow ? COD_FLOAT32 : COD_FLOAT64, at};
    for (size_t k = 0; k < p; k++)
        shard.offset += lengths[k];
    for (size_t i = 0; i < s->m; i++) {
        for (size_t e = 0; e < N; e++)
            buffer[i][e] = (float)s->rows[i][e];
        at[i] = narrow ? (const void *)&buffer[i][shard.offset]
                       : (const void *)&s->rows[i][shard.offset];
    }
    return shard;
}

static void one_step(cod_solver *solver, const situation *s, double *w, double *d)
{
    const void *at[MOST];
    float buffer[MOST][N];
    assert_status(cod_solver_losses(solver, s->losses), COD_OK);
    for (size_t p = 0; p < SHARDS; p++) {
        size_t turn = (p + (size_t)s->k) % SHARDS;
        cod_shard shard = cut(s, turn, s->k % 2 == 0, buffer, at);
        assert_status(cod_solver_shard(solver, &shard), COD_OK);
    }
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    for (size_t p = 0; p < SHARDS; p++) {
        cod_shard shard = cut(s, p, s->k % 3 == 0, buffer, at);
        assert_status(
            cod_solver_direction(solver, &shard, 0, d + shard.offset, COD_FLOAT64),
            COD_OK);
    }
}

static void compare(const char *text, size_t m, formula expected, memory t)
{
    uint64_t seed = m;
    cod_solver *solver;
    cod_message message;
    const cod_setup setup = {.m = m, .n = N, .shards = SHARDS, .lengths = lengths};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    for (int64_t k = 1; k <= STEPS; k++) {
        situation s;
        double w[MOST], d[N];
        long double v[MOST];
        draw_situation(&seed, m, k, &s);
        one_step(solver, &s, w, d);
        expected(&t, &s, v);
        for (size_t i = 0; i < m; i++)
            assert_close(w[i], (double)v[i], 1e-12, 1e-13);
        for (size_t e = 0; e < N; e++) {
            long double sum = 0;
            for (size_t i = 0; i < m; i++)
                sum += v[i] * t.y[i][e];
            assert_close(d[e], (double)sum, 1e-11, 1e-12);
        }
    }
    cod_solver_free(solver);
}

static void test_moco(void **state)
{
    const memory usual = {.beta = 0.5, .gamma = 0.1, .sigma = 0.5};
    (void)state;
    compare("moco", 2, moco, usual);
    compare("moco", 5, moco, usual);
    compare("moco(beta=0.9, gamma=0.02, sigma=0, rho=0.5)", 3, moco,
            (memory){.beta = 0.9, .gamma = 0.02, .rho = 0.5});
    compare("moco(beta=1, gamma=3, sigma=0.25)", 4, moco,
            (memory){.beta = 1, .gamma = 3, .sigma = 0.25});
}

static void test_db_mtl(void **state)
{
    (void)state;
    compare("db-mtl", 2, db_mtl, (memory){.beta = 0.9});
    compare("db-mtl", 5, db_mtl, (memory){.beta = 0.9});
    compare("db-mtl(beta=0.5, sigma=0.5)", 3, db_mtl,
            (memory){.beta = 0.5, .sigma = 0.5});
    compare("db-mtl(beta=0)", 3, db_mtl, (memory){.beta = 0});
}

static void test_lr_annealing(void **state)
{
    (void)state;
    compare("lr-annealing", 2, lr_annealing, (memory){.alpha = 0.1, .every = 10});
    compare("lr-annealing", 5, lr_annealing, (memory){.alpha = 0.1, .every = 10});
    compare("lr-annealing(alpha=0.5, every=1)", 3, lr_annealing,
            (memory){.alpha = 0.5, .every = 1});
    compare("lr-annealing(every=7, shard=3)", 3, lr_annealing,
            (memory){.alpha = 0.1, .every = 7, .shard = 3});
}

/* Shards so long that their statistics come in several parts: the largest of all, not
 * the sum of the parts' largest, over the mean of all. */
static void test_lr_annealing_on_long_shards(void **state)
{
    enum { LONG = 50000 };
    const size_t cut_at[2] = {30000, 20000};
    double *rows = malloc(2 * LONG * sizeof *rows), w[2], largest = 0;
    long double mean = 0;
    const void *at[2] = {rows, rows + LONG};
    const cod_setup setup = {
        .m = 2, .n = LONG, .shards = 2, .lengths = cut_at, .threads = 3};
    uint64_t seed = 12;
    cod_solver *solver;
    (void)state;
    for (size_t k = 0; k < 2 * LONG; k++)
        rows[k] = 2 * draw(&seed) - 1;
    for (size_t k = 0; k < LONG; k++) {
        largest = fmax(largest, fabs(rows[k]));
        mean += fabs(rows[LONG + k]) / LONG;
    }
    assert_status(cod_solver_alloc("lr-annealing(alpha=1)", &setup, &solver, NULL),
                  COD_OK);
    assert_status(
        cod_solver_step(solver, NULL, at, COD_FLOAT64, w, NULL, COD_FLOAT64, NULL),
        COD_OK);
    assert_true(w[0] == 1);
    assert_close(w[1], (double)(largest / mean), 1e-13, 0);
    cod_solver_free(solver);
    free(rows);
}

static void test_project_simplex(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (int trial = 0; trial < 5000; trial++) {
        size_t n = 1 + (size_t)draw_int(&seed, MOST - 1);
        double x[MOST], sum = 0, scale = pow(10, draw_int(&seed, 6) - 3);
        long double y[MOST];
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] = scale * (draw_int(&seed, 4) == 0 ? 1 : 2 * draw(&seed) - 1);
        cod_project_simplex(n, x);
        project(n, y);
        for (size_t i = 0; i < n; i++) {
            assert_close(x[i], (double)y[i], 1e-13, 1e-15 * fmax(1, scale));
            assert_true(x[i] >= 0);
            sum += x[i];
        }
        assert_close(sum, 1, 1e-15 * fmax(4, 8 * scale), 0);
    }
}

/* Far from the simplex, where 1 is nothing beside the entries, the nearest point is the
 * same as from near it; what is no number does not become one. */
static void test_project_simplex_from_far(void **state)
{
    static const double bad[] = {NAN, INFINITY};
    uint64_t seed = 2;
    (void)state;
    for (int trial = 0; trial < 1000; trial++) {
        double near[MOST], far[MOST], even[MOST];
        for (size_t i = 0; i < MOST; i++) {
            near[i] = (draw_int(&seed, 33) - 16) / 8.0;
            far[i] = near[i] + (trial % 2 ? 0x1p49 : -0x1p49);
            even[i] = (trial % 2 ? 1 : -1) * pow(10, draw_int(&seed, 308));
        }
        for (size_t i = 1; i < MOST; i++)
            even[i] = even[0];
        cod_project_simplex(MOST, near);
        cod_project_simplex(MOST, far);
        cod_project_simplex(MOST, even);
        assert_memory_equal(near, far, sizeof near);
        for (size_t i = 0; i < MOST; i++)
            assert_close(even[i], 1.0 / MOST, 1e-15, 0);
    }
    double x[] = {1e308, -1e308, -1e308, -1e308}, none[] = {-INFINITY, -INFINITY};
    cod_project_simplex(4, x);
    assert_true(x[0] == 1 && x[1] == 0 && x[2] == 0 && x[3] == 0);
    cod_project_simplex(2, none);
    assert_true(isnan(none[0]) && isnan(none[1]));
    for (size_t k = 0; k < 6; k++) {
        double y[] = {0.25, 3, -2};
        y[k % 3] = bad[k / 3];
        cod_project_simplex(3, y);
        assert_true(isnan(y[k % 3]));
    }
}

/* Two equal gradients so long that a step of the weights ends far from the simplex. */
static void test_moco_on_long_gradients(void **state)
{
    static const double elements[] = {1e6, 1e9, 1e12, 1e100};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        double g[2] = {elements[k], elements[k]}, w[2];
        const void *at[2] = {g, g};
        const cod_setup setup = {.m = 2, .n = 2};
        cod_solver *solver;
        assert_status(cod_solver_alloc("moco", &setup, &solver, NULL), COD_OK);
        assert_status(
            cod_solver_step(solver, NULL, at, COD_FLOAT64, w, NULL, COD_FLOAT64, NULL),
            COD_OK);
        assert_true(w[0] == 0.5 && w[1] == 0.5);
        cod_solver_free(solver);
    }
}

/* The losses are looked at with each shard, so they come first; losses without a
 * logarithm are refused by name. */
static void test_db_mtl_losses(void **state)
{
    uint64_t seed = 3;
    situation s;
    cod_solver *solver;
    const void *at[MOST];
    float buffer[MOST][N];
    double w[MOST], d[N];
    const cod_setup setup = {.m = 2, .n = N, .shards = SHARDS, .lengths = lengths};
    (void)state;
    assert_status(cod_solver_alloc("db-mtl", &setup, &solver, NULL), COD_OK);
    draw_situation(&seed, 2, 1, &s);
    cod_shard shard = cut(&s, 0, 0, buffer, at);
    assert_status(cod_solver_shard(solver, &shard), COD_EORDER);
    assert_non_null(strstr(cod_solver_message(solver), "db-mtl"));
    s.losses[1] = -0.5;
    assert_status(cod_solver_losses(solver, s.losses), COD_OK);
    assert_status(cod_solver_shard(solver, &shard), COD_EDOMAIN);
    assert_non_null(strstr(cod_solver_message(solver), "objective 2 is -0.5"));
    s.losses[1] = 0.5;
    one_step(solver, &s, w, d);
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_project_simplex),
        cmocka_unit_test(test_project_simplex_from_far),
        cmocka_unit_test(test_moco_on_long_gradients),
        cmocka_unit_test(test_moco),
        cmocka_unit_test(test_db_mtl),
        cmocka_unit_test(test_lr_annealing),
        cmocka_unit_test(test_lr_annealing_on_long_shards),
        cmocka_unit_test(test_db_mtl_losses),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
