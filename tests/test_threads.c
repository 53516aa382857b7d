/* SPDX-License-Identifier: MIT */
/* Different objects are independent: several threads work at once, each with its own
 * pools, workspaces and solvers (which have threads in turn), and get the same bits as
 * one alone. For ThreadSanitizer above all (./quickstart test). */
#include "check.h"
#include "method_forms.h"

#include <pthread.h>

enum { M = 4, N = 9000, WORKERS = 4, STEPS = 3, MOST_METHODS = 64 };

static double rows[M][N];
static const double losses[M] = {1, 2, 0.5, 3};

/* What a worker came to: equal for all. */
typedef struct outcome {
    double gramian[M * M], weights[M], cone[M], batch[8 * M];
    double steps[MOST_METHODS][M];
    float direction[N];
    cod_status status; /* the first that is not COD_OK */
} outcome;

static void keep(outcome *o, cod_status status)
{
    if (o->status == COD_OK)
        o->status = status;
}

static void fill(void)
{
    const cod_random random = {11, 0, 0};
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++)
            rows[i][j] = cod_random_normal(random, i * N + j);
}

static void use_kernels(outcome *o, const void *const *at)
{
    cod_pool *pool = NULL;
    keep(o, cod_pool_alloc(3, M, &pool));
    if (pool == NULL)
        return;
    keep(o, cod_gramian(pool, M, N, at, COD_FLOAT64, o->gramian));
    keep(o,
         cod_combine(pool, M, N, losses, at, COD_FLOAT64, o->direction, COD_FLOAT32));
    cod_pool_free(pool);
}

static void use_workspaces(outcome *o)
{
    double batch[8 * M * M], kkt[8];
    cod_status statuses[8];
    cod_minnorm *minnorm = NULL;
    cod_cone *cone = NULL;
    keep(o, cod_minnorm_alloc(M, &minnorm));
    keep(o, cod_cone_alloc(M, &cone));
    for (size_t k = 0; k < 8; k++)
        for (size_t i = 0; i < M * M; i++)
            batch[k * M * M + i] = o->gramian[i];
    if (o->status == COD_OK) {
        keep(o, cod_minnorm_solve(minnorm, o->gramian, NULL, NULL, o->weights, NULL));
        keep(o, cod_minnorm_batch(minnorm, 8, batch, o->batch, kkt, statuses));
        keep(o, cod_cone_load(cone, o->gramian));
        keep(o, cod_cone_solve(cone, losses, NULL, NULL, o->cone, NULL));
    }
    cod_cone_free(cone);
    cod_minnorm_free(minnorm);
}

static void use_method(outcome *o, const cod_method *method, const void *const *at,
                       double *weights)
{
    static const size_t lengths[] = {4000, 5000};
    const void *batches[3 * M];
    const cod_setup setup = {.m = M,
                             .n = N,
                             .shards = 2,
                             .lengths = lengths,
                             .steps = 100,
                             .epochs = 10,
                             .seed = 5,
                             .threads = 2};
    cod_solver *solver;
    for (size_t k = 0; k < 3 * M; k++)
        batches[k] = at[k % M];
    cod_status status = cod_solver_alloc(form_of(method), &setup, &solver, NULL);
    keep(o, status);
    if (status != COD_OK)
        return;
    for (int k = 0; k < STEPS; k++) {
        keep(o, cod_solver_step(solver, losses, batches, COD_FLOAT64, weights,
                                o->direction, COD_FLOAT32, NULL));
        if (all_needs(solver) & COD_NEED_AFTER)
            (void)!cod_solver_after(solver, losses); /* not of every step */
    }
    cod_solver_free(solver);
}

static void *work(void *data)
{
    outcome *o = data;
    size_t count;
    const void *at[M];
    for (size_t i = 0; i < M; i++)
        at[i] = rows[i];
    use_kernels(o, at);
    use_workspaces(o);
    const cod_method *const *methods = cod_method_list(&count);
    for (size_t k = 0; k < count && k < MOST_METHODS; k++)
        if (!(methods[k]->traits & COD_TRAIT_SET))
            use_method(o, methods[k], at, o->steps[k]);
    return NULL;
}

static void test_different_objects_at_once(void **state)
{
    static outcome alone, together[WORKERS];
    pthread_t threads[WORKERS];
    (void)state;
    fill();
    work(&alone);
    assert_status(alone.status, COD_OK);
    for (size_t k = 0; k < WORKERS; k++)
        assert_int_equal(pthread_create(&threads[k], NULL, work, &together[k]), 0);
    for (size_t k = 0; k < WORKERS; k++)
        assert_int_equal(pthread_join(threads[k], NULL), 0);
    for (size_t k = 0; k < WORKERS; k++)
        assert_memory_equal(&together[k], &alone, sizeof alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_different_objects_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
