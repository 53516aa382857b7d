/* SPDX-License-Identifier: MIT */
/* One small call of each exported function that allocates, for exhaust(). */
#ifndef COD_TESTS_SCENARIOS_H
#define COD_TESTS_SCENARIOS_H

#include "exhaust.h"
#include "hill.h"

enum { M = 2, N = 3 };

static const double rows[M][N] = {{4, 1, 0}, {-1, 1, 1}};
static const void *const both[M] = {rows[0], rows[1]};
static const double gramian[M * M] = {17, -3, -3, 3}, losses[M] = {1, 2};
static const double points[] = {1, 2, 2, 1, 3, 3}, corner[M] = {6, 6};

/* Makes an object by a call that writes `pointer`, and frees it; the result. */
#define MAKE(pointer, free_it, ...)                                                    \
    cod_status status = __VA_ARGS__;                                                   \
    if (status != COD_OK)                                                              \
        return (pointer) == POISON ? status : (cod_status)POISONED;                    \
    free_it(pointer);                                                                  \
    return COD_OK

/* ---- the problem of all ---- */

static const cod_problem_def hill = {.name = "hill",
                                     .summary = "two paraboloids",
                                     .citation = "this test",
                                     .size = hill_size,
                                     .box = hill_box,
                                     .evaluate = hill_evaluate};

/* What the functions below work on. */
typedef struct bench {
    cod_problem *problem;
    cod_solver *solver, *set;
    cod_step_rule *rule, *set_rule;
} bench;

static inline void set_up(bench *b)
{
    const cod_setup one = {.m = M, .n = N}, many = {.m = M, .n = N, .points = 2};
    cod_message message;
    assert_status(cod_problem_wrap(&hill, (cod_problem_size){M, N}, NULL, &b->problem),
                  COD_OK);
    assert_status(cod_solver_alloc("mgda", &one, &b->solver, &message), COD_OK);
    assert_status(cod_solver_alloc("moo-svgd", &many, &b->set, &message), COD_OK);
    assert_status(cod_step_rule_alloc("armijo", N, 1, &b->rule, NULL), COD_OK);
    assert_status(cod_step_rule_alloc("constant(step=0.1)", N, 2, &b->set_rule, NULL),
                  COD_OK);
}

/* ---- those that allocate ---- */

static inline cod_status make_pool(const void *with)
{
    cod_pool *pool = POISON;
    (void)with;
    MAKE(pool, cod_pool_free, cod_pool_alloc(2, M, &pool));
}

static inline cod_status make_pool_for(const void *with)
{
    cod_pool *pool = POISON;
    (void)with;
    MAKE(pool, cod_pool_free, cod_pool_alloc_for(2, M, "base", &pool, NULL));
}

static inline cod_status make_minnorm(const void *with)
{
    cod_minnorm *ws = POISON;
    (void)with;
    MAKE(ws, cod_minnorm_free, cod_minnorm_alloc(M, &ws));
}

static inline cod_status make_cone(const void *with)
{
    cod_cone *ws = POISON;
    (void)with;
    MAKE(ws, cod_cone_free, cod_cone_alloc(M, &ws));
}

static inline cod_status make_bounded(const void *with)
{
    cod_bounded *ws = POISON;
    (void)with;
    MAKE(ws, cod_bounded_free, cod_bounded_alloc(M, N, &ws));
}

static inline cod_status make_solver(const void *with)
{
    const cod_setup setup = {.m = M, .n = N, .threads = 2};
    cod_solver *solver = POISON;
    MAKE(solver, cod_solver_free, cod_solver_alloc(with, &setup, &solver, NULL));
}

static inline cod_status make_problem(const void *with)
{
    const cod_problem_def *const defs[] = {&hill};
    cod_problem *problem = POISON;
    (void)with;
    MAKE(problem, cod_problem_free, cod_problem_alloc("hill", defs, 1, &problem, NULL));
}

static inline cod_status wrap_problem(const void *with)
{
    cod_problem *problem = POISON;
    (void)with;
    MAKE(problem, cod_problem_free,
         cod_problem_wrap(&hill, (cod_problem_size){M, N}, NULL, &problem));
}

static inline cod_status make_rule(const void *with)
{
    cod_step_rule *rule = POISON;
    (void)with;
    MAKE(rule, cod_step_rule_free, cod_step_rule_alloc("adam", N, 1, &rule, NULL));
}

static inline cod_status descend(const void *with)
{
    const bench *b = with;
    double x[N] = {-1, 0, 2}, f[M];
    cod_descent_result result;
    cod_solver_reset(b->solver);
    return cod_descend(b->problem, b->solver, b->rule, NULL, x, f, &result, NULL);
}

static inline cod_status descend_set(const void *with)
{
    const bench *b = with;
    const cod_descent_options options = {.max_steps = 3};
    double x[2 * N] = {-1, 0, 2, 1, 0, 0.5}, f[2 * M];
    cod_descent_result results[2];
    cod_solver_reset(b->set);
    return cod_descend_set(b->problem, b->set, b->set_rule, &options, 2, x, f, results,
                           NULL);
}

static inline cod_status descend_many(const void *with)
{
    const bench *b = with;
    const cod_setup setup = {0};
    double x[2 * N] = {-1, 0, 2, 1, 0, 0.5}, f[2 * M];
    cod_descent_result results[2];
    return cod_descend_many(b->problem, "mgda", &setup, "armijo", NULL, 2, x, f,
                            results, NULL);
}

static inline cod_status nondominated(const void *with)
{
    unsigned char keep[3] = {9};
    (void)with;
    cod_status status = cod_front_nondominated(M, 3, points, 1, keep, NULL);
    return status != COD_OK && keep[0] != 9 ? (cod_status)POISONED : status;
}

static inline cod_status hypervolume(const void *with)
{
    double volume = -1;
    (void)with;
    cod_status status = cod_hypervolume(M, 3, points, corner, &volume);
    return status != COD_OK && volume >= 0 ? (cod_status)POISONED : status;
}

#endif
