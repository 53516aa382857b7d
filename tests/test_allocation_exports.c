/* SPDX-License-Identifier: MIT */
/* Every function that the library exports, by its list: those that allocate are called
 * with each allocation failing once, the others allocate nothing. A function that is
 * new in exports.txt and not called here fails the last test. */
#include "scenarios.h"

enum { MOST = 256 };

/* ---- which functions were called ---- */

static const char *called[MOST];
static size_t called_count;

static void note(const char *name)
{
    for (size_t k = 0; k < called_count; k++)
        if (strcmp(called[k], name) == 0)
            return;
    assert_true(called_count < MOST);
    called[called_count++] = name;
}

static void count_none(const char *name)
{
    long count = wrap_alloc_count();
    wrap_alloc_fail_at(0, 0);
    note(name);
    if (count != 0)
        fail_msg("%s: %ld allocations", name, count);
}

/* One call that allocates nothing; PLAIN returns nothing that matters, GOOD a status.
 */
#define PLAIN(function, ...)                                                           \
    (wrap_alloc_fail_at(0, 0), (void)function(__VA_ARGS__), count_none(#function))
#define GOOD(function, ...)                                                            \
    do {                                                                               \
        wrap_alloc_fail_at(0, 0);                                                      \
        cod_status good_status = function(__VA_ARGS__);                                \
        count_none(#function);                                                         \
        assert_status(good_status, COD_OK);                                            \
    } while (0)

/* One that does; `run` is the scenario. */
static void fail_each(const char *name, scenario run, const void *with)
{
    note(name);
    exhaust(name, run, with);
}

static void clear(bench *b)
{
    PLAIN(cod_step_rule_free, b->set_rule);
    PLAIN(cod_step_rule_free, b->rule);
    PLAIN(cod_solver_free, b->set);
    PLAIN(cod_solver_free, b->solver);
    PLAIN(cod_problem_free, b->problem);
}

static void test_functions_that_allocate(void **state)
{
    bench b;
    (void)state;
    fail_each("cod_pool_alloc", make_pool, NULL);
    fail_each("cod_pool_alloc_for", make_pool_for, NULL);
    fail_each("cod_minnorm_alloc", make_minnorm, NULL);
    fail_each("cod_cone_alloc", make_cone, NULL);
    fail_each("cod_bounded_alloc", make_bounded, NULL);
    fail_each("cod_solver_alloc", make_solver, "cr-mogm(upgrad)");
    fail_each("cod_problem_alloc", make_problem, NULL);
    fail_each("cod_problem_wrap", wrap_problem, NULL);
    fail_each("cod_step_rule_alloc", make_rule, NULL);
    fail_each("cod_front_nondominated", nondominated, NULL);
    fail_each("cod_hypervolume", hypervolume, NULL);
    set_up(&b);
    fail_each("cod_descend", descend, &b);
    fail_each("cod_descend_set", descend_set, &b);
    fail_each("cod_descend_many", descend_many, &b);
    clear(&b);
}

/* ---- those that don't ---- */

static void test_tables_and_numbers(void **state)
{
    size_t count, order[4];
    double x[N] = {1, 2, 3}, first[N] = {0}, second[N] = {0}, z[N];
    const cod_random random = {1, 2, 3};
    (void)state;
    PLAIN(cod_version);
    PLAIN(cod_status_key, COD_OK);
    PLAIN(cod_status_text, COD_OK);
    PLAIN(cod_type_size, COD_FLOAT32);
    PLAIN(cod_element_at, rows[0], COD_FLOAT64, 1);
    PLAIN(cod_kernels_name, 0);
    PLAIN(cod_engine_options, &count);
    PLAIN(cod_method_list, &count);
    PLAIN(cod_method_find, "mgda");
    PLAIN(cod_step_rule_list, &count);
    PLAIN(cod_indicator_list, &count);
    PLAIN(cod_random_bits, random, 0);
    PLAIN(cod_random_uniform, random, 0);
    PLAIN(cod_random_normal, random, 0);
    PLAIN(cod_random_permutation, random, 0, 4, order);
    PLAIN(cod_softmax, N, x, z);
    PLAIN(cod_project_simplex, N, x);
    PLAIN(cod_adam, N, x, rows[0], first, second, 1, 0.1);
    PLAIN(cod_dominance_compare, M, points, points + M);
    GOOD(cod_igd, M, 3, points, 3, points, z);
    GOOD(cod_igd_plus, M, 3, points, 3, points, z);
}

static void test_workspaces(void **state)
{
    double w[3 * M], kkt[3], v[N], norm, d[N], G[M * M];
    double down[N] = {-1, -1, -1}, up[N] = {1, 1, 1};
    double batch[3 * M * M], place[4096];
    cod_status statuses[3];
    cod_pool *pool;
    cod_minnorm *minnorm;
    cod_cone *cone;
    cod_bounded *bounded;
    (void)state;
    for (size_t k = 0; k < 3; k++)
        memcpy(batch + k * M * M, gramian, sizeof gramian);
    assert_status(cod_pool_alloc(2, M, &pool), COD_OK);
    assert_status(cod_minnorm_alloc(M, &minnorm), COD_OK);
    assert_status(cod_cone_alloc(M, &cone), COD_OK);
    assert_status(cod_bounded_alloc(M, N, &bounded), COD_OK);
    GOOD(cod_gramian, pool, M, N, both, COD_FLOAT64, G);
    GOOD(cod_combine, pool, M, N, losses, both, COD_FLOAT64, d, COD_FLOAT32);
    GOOD(cod_minnorm_solve, minnorm, gramian, NULL, NULL, w, NULL);
    GOOD(cod_minnorm_batch, minnorm, 3, batch, w, kkt, statuses);
    PLAIN(cod_minnorm_kkt, M, gramian, w);
    GOOD(cod_cone_load, cone, gramian);
    GOOD(cod_cone_solve, cone, losses, NULL, NULL, w, NULL);
    PLAIN(cod_cone_kkt, M, gramian, losses, w);
    PLAIN(cod_cone_size, M);
    assert_true(cod_cone_size(M) <= sizeof place / sizeof *place);
    PLAIN(cod_cone_place, M, place);
    GOOD(cod_bounded_solve, bounded, &rows[0][0], down, up, w, v, &norm, kkt);
    PLAIN(cod_bounded_free, bounded);
    PLAIN(cod_cone_free, cone);
    PLAIN(cod_minnorm_free, minnorm);
    PLAIN(cod_pool_free, pool);
}

/* A wrapper that calls all that a method may. */

static const cod_statistic own_statistics[] = {{"sum", COD_JOIN_SUM}};
static const cod_input own_inputs[] = {{"preference", COD_EXTENT_M, 0, 1, 0, "one"}};

static cod_status own_plan(const cod_step *step, cod_plan *ret_plan,
                           unsigned char *gradients)
{
    GOOD(cod_step_inner_set, step, 0, "alpha", 0.5);
    GOOD(cod_step_inner_plan, step, 0, ret_plan, gradients);
    ret_plan->needs |= COD_NEED_ROWS | COD_NEED_GRAMIAN;
    return COD_OK;
}

static cod_status own_visit(const cod_step *step, const cod_block *block,
                            double *statistics)
{
    for (size_t i = 0; i < step->rows; i++)
        statistics[i] = (double)block->length;
    return COD_OK;
}

static cod_status own_solve(const cod_step *step, double *weights)
{
    double value;
    GOOD(cod_step_shard_norm, step, 0, 0, &value);
    GOOD(cod_step_statistic, step, 0, 0, 0, &value);
    PLAIN(cod_step_has_shard, step, 0);
    PLAIN(cod_step_input, step, "preference");
    PLAIN(cod_step_fail, step, COD_ENUMERIC, "%s", "only said");
    GOOD(cod_step_inner_solve, step, weights);
    return COD_OK;
}

static const cod_method own = {
    .abi = COD_METHOD_ABI,
    .name = "own",
    .summary = "the inner method's weights",
    .citation = "this test",
    .needs = COD_NEED_GRAMIAN | COD_NEED_ROWS,
    .inputs = own_inputs,
    .input_count = 1,
    .statistics = own_statistics,
    .statistic_count = 1,
    .inner = 1,
    .plan = own_plan,
    .visit = own_visit,
    .solve = own_solve,
};

static void test_solver(void **state)
{
    const cod_method *const methods[] = {&own};
    const cod_setup setup = {
        .m = M, .n = N, .threads = 2, .methods = methods, .method_count = 1};
    const cod_shard shard = {0, N, COD_FLOAT64, both};
    double w[M], d[N], *sums;
    char text[64];
    unsigned char bytes[4096];
    size_t count;
    cod_plan plan;
    cod_view view;
    cod_solver *s, *adaptive;
    (void)state;
    assert_status(cod_solver_alloc("own(cr-mogm(linear))", &setup, &s, NULL), COD_OK);
    GOOD(cod_solver_feed, s, "preference", ((double[]){0.5, 0.5}), M);
    GOOD(cod_solver_plan, s, &plan);
    GOOD(cod_solver_losses, s, losses);
    GOOD(cod_solver_shard, s, &shard);
    GOOD(cod_solver_reduce, s, &sums, &count);
    GOOD(cod_solver_solve, s, w, NULL);
    GOOD(cod_solver_direction, s, &shard, 0, d, COD_FLOAT64);
    GOOD(cod_solver_step, s, losses, both, COD_FLOAT64, w, d, COD_FLOAT64, NULL);
    PLAIN(cod_solver_abandon, s);
    GOOD(cod_solver_epoch, s);
    PLAIN(cod_solver_message, s);
    PLAIN(cod_solver_method, s);
    PLAIN(cod_solver_inner, s, 0);
    PLAIN(cod_solver_options, s);
    GOOD(cod_solver_option, s, "output", text, sizeof text);
    PLAIN(cod_solver_reset, s);
    PLAIN(cod_solver_free, s);
    const cod_setup plain = {.m = M};
    assert_status(cod_solver_alloc("famo", &plain, &adaptive, NULL), COD_OK);
    GOOD(cod_solver_set, adaptive, "lr", "0.01");
    PLAIN(cod_solver_field_count, adaptive);
    GOOD(cod_solver_field_at, adaptive, 0, &view);
    GOOD(cod_solver_field, adaptive, view.name, &view);
    GOOD(cod_solver_weights, adaptive, losses, NULL, w, NULL);
    GOOD(cod_solver_after, adaptive, losses);
    PLAIN(cod_solver_save_size, adaptive);
    count = cod_solver_save_size(adaptive);
    assert_true(count <= sizeof bytes);
    GOOD(cod_solver_save, adaptive, bytes, count);
    GOOD(cod_solver_restore, adaptive, bytes, count);
    cod_solver_free(adaptive);
}

static void test_gramian_and_problem(void **state)
{
    double f[M], jacobian[M * N], w[M], x[N] = {0, 1, 0};
    cod_plan plan;
    bench b;
    (void)state;
    set_up(&b);
    assert_status(cod_solver_plan(b.solver, &plan), COD_OK);
    GOOD(cod_solver_gramian, b.solver, gramian);
    assert_status(cod_solver_solve(b.solver, w, NULL), COD_OK);
    GOOD(cod_problem_evaluate, b.problem, x, f, jacobian);
    clear(&b);
}

/* ---- all of them ---- */

static int was_called(const char *name)
{
    for (size_t k = 0; k < called_count; k++)
        if (strcmp(called[k], name) == 0)
            return 1;
    return 0;
}

static void test_every_export_was_called(void **state)
{
    char name[128];
    size_t count = 0;
    FILE *list = fopen(COD_SOURCE_ROOT "/tests/exports.txt", "r");
    (void)state;
    assert_non_null(list);
    while (fscanf(list, "%127s", name) == 1) {
        count++;
        if (!was_called(name))
            fail_msg("%s is exported, and its allocations are not tested here", name);
    }
    fclose(list);
    assert_int_equal(count, called_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_that_allocate),
        cmocka_unit_test(test_tables_and_numbers),
        cmocka_unit_test(test_workspaces),
        cmocka_unit_test(test_solver),
        cmocka_unit_test(test_gramian_and_problem),
        cmocka_unit_test(test_every_export_was_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
