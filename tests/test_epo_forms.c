/* SPDX-License-Identifier: MIT */
/* EPO, however a step is handed in: long rows, so that threads share them. */
#include "sets.h"

#include <codescent/method.h>

#include "lab/methods.h"

enum { M = 2, N = 30001, SHARDS = 2, STEPS = 10 };

static const size_t lengths[SHARDS] = {10001, 20000};
static const double r[M] = {1, 3};

/* One step's losses and rows. */
typedef struct input {
    double losses[M], rows[M][N], gramian[M * M];
    const void *at[M];
} input;

static void draw_input(uint64_t *seed, cod_pool *pool, input *in)
{
    for (size_t i = 0; i < M; i++) {
        in->losses[i] = 0.2 + draw(seed);
        in->at[i] = in->rows[i];
        for (size_t e = 0; e < N; e++)
            in->rows[i][e] = 2 * draw(seed) - 0.9;
    }
    assert_status(cod_gramian(pool, M, N, in->at, COD_FLOAT64, in->gramian), COD_OK);
}

static cod_solver *make(cod_setup setup)
{
    cod_solver *solver;
    setup.m = M;
    setup.methods = cod_lab_methods(&setup.method_count);
    assert_status(cod_solver_alloc("epo", &setup, &solver, NULL), COD_OK);
    assert_status(cod_solver_feed(solver, "preference", r, M), COD_OK);
    return solver;
}

/* The last shard first. */
static void in_shards(cod_solver *solver, const input *in, double *w, double *d)
{
    const void *last[M] = {in->rows[0] + lengths[0], in->rows[1] + lengths[0]};
    const cod_shard shards[SHARDS] = {{lengths[0], lengths[1], COD_FLOAT64, last},
                                      {0, lengths[0], COD_FLOAT64, in->at}};
    for (size_t s = 0; s < SHARDS; s++)
        assert_status(cod_solver_shard(solver, &shards[s]), COD_OK);
    assert_status(cod_solver_losses(solver, in->losses), COD_OK);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    for (size_t s = 0; s < SHARDS; s++)
        assert_status(cod_solver_direction(solver, &shards[s], 0, d + shards[s].offset,
                                           COD_FLOAT64),
                      COD_OK);
}

static void in_one_piece(cod_solver *solver, const input *in, double *w, double *d)
{
    assert_status(cod_solver_step(solver, in->losses, in->at, COD_FLOAT64, w, d,
                                  COD_FLOAT64, NULL),
                  COD_OK);
}

/* What was fed goes along with the state. */
static cod_solver *moved(cod_solver *from, cod_setup setup)
{
    unsigned char bytes[1024];
    size_t size = cod_solver_save_size(from);
    cod_solver *to = make(setup);
    assert_true(size <= sizeof bytes);
    assert_status(cod_solver_feed(to, "preference", (double[]){5, 2}, M), COD_OK);
    assert_status(cod_solver_save(from, bytes, size), COD_OK);
    assert_status(cod_solver_restore(to, bytes, size), COD_OK);
    cod_solver_free(from);
    return to;
}

/* The same cut: the same bytes, with any threads, and for a solver that moved into
 * another one on the way. Another cut, or the Gramian: the same to rounding. */
static void test_epo_however_handed_in(void **state)
{
    static input in;
    static double d[4][N];
    uint64_t seed = 10;
    cod_setup four = {.n = N, .shards = SHARDS, .lengths = lengths, .threads = 4};
    cod_setup one = four;
    cod_pool *pool;
    (void)state;
    one.threads = 1;
    cod_solver *cut = make(four), *easy = make(one), *threads = make(four);
    cod_solver *whole = make((cod_setup){.n = N}), *ready = make((cod_setup){0});
    assert_status(cod_pool_alloc(1, M, &pool), COD_OK);
    for (int k = 0; k < STEPS; k++) {
        double w[5][M];
        draw_input(&seed, pool, &in);
        in_shards(cut, &in, w[0], d[0]);
        in_one_piece(easy, &in, w[1], d[1]);
        in_one_piece(threads, &in, w[2], d[2]);
        in_one_piece(whole, &in, w[3], d[3]);
        assert_status(cod_solver_weights(ready, in.losses, in.gramian, w[4], NULL),
                      COD_OK);
        for (size_t a = 1; a < 3; a++) {
            assert_memory_equal(w[a], w[0], sizeof w[0]);
            assert_memory_equal(d[a], d[0], sizeof d[0]);
        }
        for (size_t i = 0; i < M; i++) {
            assert_close(w[3][i], w[0][i], 1e-10, 1e-12);
            assert_close(w[4][i], w[0][i], 1e-10, 1e-12);
        }
        if (k == STEPS / 2)
            cut = moved(cut, one);
    }
    cod_pool_free(pool);
    cod_solver_free(cut);
    cod_solver_free(easy);
    cod_solver_free(threads);
    cod_solver_free(whole);
    cod_solver_free(ready);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epo_however_handed_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
