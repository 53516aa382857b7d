/* SPDX-License-Identifier: MIT */
/* Methods that look at the rows' elements: statistics of shards, memory, rows that are
 * rewritten, directions made element by element, random numbers for each coordinate. */
#include "own_methods.h"

/* ---- statistics ---- */

static const cod_statistic kinds[] = {{"largest", COD_JOIN_MAX}, {"sum", COD_JOIN_SUM}};

static cod_status look(const cod_step *step, const cod_block *block, double *statistics)
{
    for (size_t i = 0; i < step->rows; i++) {
        const double *row = block->rows[i];
        for (size_t k = 0; k < block->length; k++) {
            statistics[i] = fmax(statistics[i], fabs(row[k]));
            statistics[step->rows + i] += fabs(row[k]);
        }
    }
    return COD_OK;
}

/* Weight i: the largest element of shard 2 plus 1000 times the mean of shard 3. */
static cod_status weigh(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++) {
        double largest, sum;
        cod_status status = cod_step_statistic(step, 0, 1, i, &largest);
        if (status == COD_OK)
            status = cod_step_statistic(step, 1, 2, i, &sum);
        if (status != COD_OK)
            return status;
        weights[i] = largest + 1000 * sum / (double)lengths[2];
    }
    if (cod_step_statistic(step, 2, 0, 0, weights) != COD_EARGUMENT ||
        cod_step_statistic(step, 0, SHARDS, 0, weights) != COD_EARGUMENT)
        return COD_ENUMERIC;
    return COD_OK;
}

static const cod_method statistic = {.abi = COD_METHOD_ABI,
                                     .name = "statistic",
                                     .needs = COD_NEED_ROWS,
                                     .statistics = kinds,
                                     .statistic_count = 2,
                                     .visit = look,
                                     .solve = weigh};

static void test_statistics_of_shards(void **state)
{
    static const cod_method *const own[] = {&statistic};
    double first[M];
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        cod_solver *solver = make_own("statistic", own, 1, 0, threads);
        double w[M];
        assert_status(hand_in(solver, M), COD_OK);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        for (size_t i = 0; i < M; i++) {
            double largest = 0, sum = 0;
            for (size_t k = 0; k < lengths[1]; k++)
                largest = fmax(largest, fabs(rows[0][i][offsets[1] + k]));
            for (size_t k = 0; k < lengths[2]; k++)
                sum += fabs(rows[0][i][offsets[2] + k]);
            assert_close(w[i], largest + 1000 * sum / (double)lengths[2], 1e-14, 0);
        }
        if (threads == 1)
            memcpy(first, w, sizeof w);
        assert_memory_equal(w, first, sizeof w);
        double G[M * M] = {1, 0, 0, 1};
        assert_status(cod_solver_gramian(solver, G), COD_EUNSUPPORTED);
        cod_solver_free(solver);
    }
}

/* ---- memory that stands in place of the rows ---- */

static size_t one_slot_each(const cod_step *step)
{
    return step->rows;
}

/* slot i <- slot i / 2 + row i */
static cod_status remember(const cod_step *step, const cod_block *block,
                           double *statistics)
{
    (void)statistics;
    for (size_t i = 0; i < step->rows; i++)
        for (size_t k = 0; k < block->length; k++) {
            double *slot = &block->memory[i * block->stride + k];
            *slot = *slot / 2 + ((const double *)block->rows[i])[k];
        }
    return COD_OK;
}

static cod_status first_over_second(const cod_step *step, double *weights)
{
    weights[0] = step->gramian[0] / step->gramian[M + 1];
    weights[1] = step->gramian[1];
    return COD_OK;
}

static const cod_method rewriter = {.abi = COD_METHOD_ABI,
                                    .name = "rewriter",
                                    .needs = COD_NEED_GRAMIAN | COD_NEED_ROWS,
                                    .rewrites = 1,
                                    .memory = one_slot_each,
                                    .visit = remember,
                                    .solve = first_over_second};

static void test_memory_rewrites_the_rows(void **state)
{
    static const cod_method *const own[] = {&rewriter};
    static double kept[M][N], d[N];
    cod_solver *solver = make_own("rewriter", own, 1, 0, 2);
    (void)state;
    memset(kept, 0, sizeof kept);
    for (int k = 0; k < 4; k++) {
        double w[M];
        assert_status(hand_in(solver, M), COD_OK);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_status(hand_out(solver, 0, 0, d), COD_OK);
        for (size_t i = 0; i < M; i++)
            for (size_t e = 0; e < N; e++)
                kept[i][e] = kept[i][e] / 2 + rows[0][i][e];
        assert_close(w[0], product(kept[0], kept[0]) / product(kept[1], kept[1]), 1e-12,
                     0);
        assert_close(w[1], product(kept[0], kept[1]), 1e-10, 1e-10);
        for (size_t e = 0; e < N; e++)
            assert_close(d[e], w[0] * kept[0][e] + w[1] * kept[1][e], 1e-12, 1e-12);
    }
    /* it is saved, and gone after a reset */
    size_t size = cod_solver_save_size(solver);
    unsigned char *bytes = malloc(size);
    double w[2][M];
    assert_true(size > M * N * sizeof(double));
    assert_status(cod_solver_save(solver, bytes, size), COD_OK);
    assert_status(hand_in(solver, M), COD_OK);
    assert_status(cod_solver_solve(solver, w[0], NULL), COD_OK);
    cod_solver_reset(solver);
    assert_status(cod_solver_restore(solver, bytes, size), COD_OK);
    assert_status(hand_in(solver, M), COD_OK);
    assert_status(cod_solver_solve(solver, w[1], NULL), COD_OK);
    assert_memory_equal(w[0], w[1], sizeof w[0]);
    free(bytes);
    cod_solver_free(solver);
}

/* ---- directions element by element ---- */

/* One of the rows, drawn for each coordinate. */
static cod_status pick(const cod_step *step, const cod_block *block, size_t point,
                       double *ret_direction)
{
    (void)point;
    for (size_t k = 0; k < block->length; k++) {
        double u = cod_random_uniform(step->random, block->offset + k);
        ret_direction[k] = ((const double *)block->rows[u < 0.5 ? 0 : 1])[k];
    }
    return COD_OK;
}

static const cod_method picker = {.abi = COD_METHOD_ABI,
                                  .name = "picker",
                                  .needs = COD_NEED_ROWS,
                                  .traits = COD_TRAIT_STOCHASTIC,
                                  .emit = pick};

static void test_emit_with_random_coordinates(void **state)
{
    static const cod_method *const own[] = {&picker};
    static double d[4][N];
    (void)state;
    for (unsigned run = 0; run < 3; run++) {
        cod_solver *solver = make_own("picker", own, 1, 0, run == 1 ? 4 : 1);
        double w[M];
        assert_status(hand_in(solver, M), COD_OK);
        assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        assert_true(w[0] == 0 && w[1] == 0);
        if (run == 2) { /* the next step draws others */
            assert_status(hand_in(solver, M), COD_OK);
            assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
        }
        assert_status(hand_out(solver, 0, 0, d[run]), COD_OK);
        assert_status(hand_out(solver, 0, 0, d[3]), COD_OK);
        assert_memory_equal(d[run], d[3], sizeof d[3]); /* any number of times */
        cod_solver_free(solver);
    }
    assert_memory_equal(d[0], d[1], sizeof d[0]);
    size_t first = 0, same = 0;
    for (size_t k = 0; k < N; k++) {
        assert_true(d[0][k] == rows[0][0][k] || d[0][k] == rows[0][1][k]);
        first += d[0][k] == rows[0][0][k];
        same += d[0][k] == d[2][k];
    }
    assert_in_range(first, N * 45 / 100, N * 55 / 100);
    assert_in_range(same, N * 45 / 100, N * 55 / 100);
}

/* ---- norms of shards ---- */

/* What a memory has seen of a void step is said in that step's message only. */
static void test_memory_of_void_steps(void **state)
{
    static const cod_method *const own[] = {&rewriter};
    const void *at[M];
    const cod_shard shard = shard_of(0, 0, M, at), none = {1, 1, COD_FLOAT64, at};
    cod_solver *solver = make_own("rewriter", own, 1, 0, 1);
    (void)state;
    assert_status(cod_solver_shard(solver, &shard), COD_OK);
    assert_status(cod_solver_shard(solver, &none), COD_ESHAPE);
    assert_non_null(strstr(cod_solver_message(solver),
                           "; the memory has seen 1 shard of this step all the same"));
    assert_status(cod_solver_shard(solver, &none), COD_ESHAPE);
    assert_null(strstr(cod_solver_message(solver), "the memory has seen"));
    cod_solver_free(solver);
}

static cod_status norms_of_the_second(const cod_step *step, double *weights)
{
    for (size_t i = 0; i < step->m; i++) {
        cod_status status = cod_step_shard_norm(step, 1, i, &weights[i]);
        if (status != COD_OK)
            return status;
    }
    return COD_OK;
}

static const cod_method normer = {.abi = COD_METHOD_ABI,
                                  .name = "normer",
                                  .needs = COD_NEED_NORMS,
                                  .solve = norms_of_the_second};

static void test_norms_of_shards(void **state)
{
    static const cod_method *const own[] = {&normer};
    cod_solver *solver = make_own("normer", own, 1, 0, 1);
    double w[M], G[M * M] = {1, 0, 0, 1};
    (void)state;
    assert_status(hand_in(solver, M), COD_OK);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    for (size_t i = 0; i < M; i++) {
        double square = 0;
        for (size_t k = 0; k < lengths[1]; k++)
            square += rows[0][i][offsets[1] + k] * rows[0][i][offsets[1] + k];
        assert_close(w[i], sqrt(square), 1e-14, 0);
    }
    assert_status(cod_solver_weights(solver, NULL, G, w, NULL), COD_EMISSING);
    assert_non_null(strstr(cod_solver_message(solver), "shard 2"));
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_of_shards),
        cmocka_unit_test(test_memory_rewrites_the_rows),
        cmocka_unit_test(test_memory_of_void_steps),
        cmocka_unit_test(test_emit_with_random_coordinates),
        cmocka_unit_test(test_norms_of_shards),
    };
    return cmocka_run_group_tests(tests, draw_rows, NULL);
}
