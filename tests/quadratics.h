/* SPDX-License-Identifier: MIT */
/* Separable quadratics whose minima are known, and a record of a run, for the tests of
 * the descent loop. */
#ifndef COD_TESTS_QUADRATICS_H
#define COD_TESTS_QUADRATICS_H

#include "check.h"

enum { M = 2, N = 3, MOST_STEPS = 400 };

/* f_i = shift + sum_j curvature_ij (x_j - centre_ij)^2 / 2. Where spoil_at is k > 0,
 * evaluation number k gives `spoil` in place of f_2, or, where spoil_row is 1, of
 * df_1/dx_3. */
typedef struct quadratics {
    double curvature[M][N];
    double centre[M][N];
    double shift;
    int spoil_at;
    int spoil_row;
    double spoil;
    int evaluations;
} quadratics;

static const quadratics pair = {.curvature = {{1, 2, 0.5}, {3, 0.25, 1}},
                                .centre = {{1, 0, -1}, {-1, 2, 0}}};

static inline void quadratics_evaluate(const cod_problem *problem, const double *x,
                                       double *ret_f, double *ret_jacobian)
{
    quadratics *q = problem->data;
    q->evaluations++;
    for (size_t i = 0; i < M; i++) {
        ret_f[i] = q->shift;
        for (size_t j = 0; j < N; j++) {
            double gap = x[j] - q->centre[i][j];
            ret_f[i] += q->curvature[i][j] * gap * gap / 2;
            if (ret_jacobian != NULL)
                ret_jacobian[i * N + j] = q->curvature[i][j] * gap;
        }
    }
    if (q->spoil_at > 0 && q->evaluations >= q->spoil_at)
        *(q->spoil_row ? &ret_jacobian[2] : &ret_f[1]) = q->spoil;
}

static inline void quadratics_box(const cod_problem *problem, double *ret_lower,
                                  double *ret_upper)
{
    (void)problem;
    for (size_t j = 0; j < N; j++) {
        ret_lower[j] = -0.5;
        ret_upper[j] = 0.75;
    }
}

static const cod_problem_def free_quadratics = {
    .name = "quadratics", .box = quadratics_box, .evaluate = quadratics_evaluate};
static const cod_problem_def boxed_quadratics = {.name = "quadratics",
                                                 .traits = COD_PROBLEM_BOUNDED,
                                                 .box = quadratics_box,
                                                 .evaluate = quadratics_evaluate};

/* Everything one run is made of. */
typedef struct bench {
    quadratics data;
    cod_problem *problem;
    cod_solver *solver;
    cod_step_rule *rule;
    cod_message message;
} bench;

static inline void set_up(bench *b, const cod_problem_def *def, const char *method,
                          const char *rule)
{
    const cod_setup setup = {.m = M, .n = N, .steps = MOST_STEPS};
    cod_plan plan;
    b->data = pair;
    assert_status(
        cod_problem_wrap(def, (cod_problem_size){M, N}, &b->data, &b->problem), COD_OK);
    if (cod_solver_alloc(method, &setup, &b->solver, &b->message) != COD_OK)
        fail_msg("%s: %s", method, b->message.text);
    assert_status(cod_solver_plan(b->solver, &plan), COD_OK);
    cod_solver_abandon(b->solver);
    cod_solver_reset(b->solver);
    if (cod_step_rule_alloc(rule, N, plan.slots, &b->rule, &b->message) != COD_OK)
        fail_msg("%s: %s", rule, b->message.text);
}

static inline void tear_down(bench *b)
{
    cod_step_rule_free(b->rule);
    cod_solver_free(b->solver);
    cod_problem_free(b->problem);
}

/* What the monitor saw, step by step. */
typedef struct record {
    size_t count;
    int64_t stop_after; /* 0: never */
    int ended;
    cod_iterate last;
    double x[MOST_STEPS + 1][N];
    double f[MOST_STEPS + 1][M];
    double jacobian[MOST_STEPS + 1][M][N];
    double weights[MOST_STEPS + 1][M];
    double direction[MOST_STEPS + 1][N];
} record;

static inline int keep_record(void *data, const cod_iterate *at)
{
    record *r = data;
    size_t k = r->count++;
    if (k > MOST_STEPS)
        fail_msg("more steps than agreed");
    r->last = *at;
    memcpy(r->x[k], at->x, sizeof r->x[k]);
    memcpy(r->f[k], at->f, sizeof r->f[k]);
    memcpy(r->jacobian[k], at->jacobian, sizeof r->jacobian[k]);
    if (at->weights == NULL || at->direction == NULL) {
        assert_true(at->weights == NULL && at->direction == NULL && !r->ended);
        r->ended = 1;
        return 0;
    }
    memcpy(r->weights[k], at->weights, sizeof r->weights[k]);
    memcpy(r->direction[k], at->direction, sizeof r->direction[k]);
    return r->stop_after > 0 && at->step >= r->stop_after;
}

/* One run that must succeed. */
static inline cod_descent_result descend(bench *b, cod_descent_options options,
                                         record *r, double *x, double *ret_f)
{
    const cod_monitor monitor = {keep_record, r};
    cod_descent_result result;
    if (r != NULL) {
        memset(r, 0, offsetof(record, x));
        options.monitors = &monitor;
        options.monitor_count = 1;
    }
    if (cod_descend(b->problem, b->solver, b->rule, &options, x, ret_f, &result,
                    &b->message) != COD_OK)
        fail_msg("%s", b->message.text);
    return result;
}

#endif
