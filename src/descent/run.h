/* SPDX-License-Identifier: MIT */
/* One run of the descent loop, from the inside. */
#ifndef COD_DESCENT_RUN_H
#define COD_DESCENT_RUN_H

#include <codescent/descent.h>
#include <codescent/method.h>

#include "descent/step_rule.h"

/* f and J at a point. */
typedef struct cod_point {
    double *x;        /* n */
    double *f;        /* m */
    double *jacobian; /* m x n */
} cod_point;

struct cod_run {
    const cod_problem *problem;
    cod_solver *solver;
    cod_step_rule *rule;
    cod_message *message;
    size_t m, n;
    size_t point; /* its number in a set */
    int bounded;  /* the problem's box is a constraint */
    int inside;   /* the bounds are inside the direction subproblem */
    int weighs;   /* the direction is a weighted sum of the gradients */
    unsigned traits;
    double tolerance;
    int64_t max_steps, max_evaluations;

    int64_t steps, evaluations, conflict_steps;
    int64_t idle; /* steps in a row that found no decrease */
    double stationarity;
    cod_plan plan;
    int meets_tolerance; /* of the stationarity */

    double *memory;
    cod_point at, next;
    cod_bounded *bounds;
    double *down, *up; /* n: the room, over `reach` */
    double *least_w;   /* m: the weights behind the stationarity */
    double *least_v;   /* n: its displacement */
    double
        *weights; /* of the solver, all groups; the first m where bounds are inside */
    size_t weight_count;
    double *direction; /* n: to be subtracted */
    double reach; /* the bounds are in the direction's subproblem for x - reach d */
    double *move; /* n: next.x - at.x */
    double *slope, *slope_next; /* m: g_i.move at both ends */
    double *start_f, *lowest;   /* m: f at the start, and the lowest so far */
    double *norms;              /* m: |g_i| */
    const void **rows;          /* batches x m pointers into at.jacobian */
    const void **shard_rows;
};

/* ---- descend.c: what a run and a set have in common ---- */

COD_MUST_CHECK cod_status cod_run_check(
    const cod_problem *problem, const cod_solver *solver, const cod_step_rule *rule,
    const cod_descent_options *options, const double *x,
    const cod_descent_result *ret_result, cod_message *message);
/* A run of these, without memory; the solver moves `points` points. COD_ESHAPE */
COD_MUST_CHECK cod_status cod_run_make(const cod_problem *problem, cod_solver *solver,
                                       cod_step_rule *rule,
                                       const cod_descent_options *options,
                                       size_t points, cod_message *message,
                                       cod_run *ret_run);
/* To the start, moved into the bounds, and evaluated. */
COD_MUST_CHECK cod_status cod_run_begin(cod_run *run, const double *x);
/* next becomes at. */
void cod_run_arrive(cod_run *run);
/* Whether the budget is used up: COD_OK, or why. */
COD_MUST_CHECK cod_status cod_run_limits(const cod_run *run);
/* Calls the monitors; not 0 where one wants to stop. */
int cod_run_show(const cod_run *run, const cod_descent_options *options, int end,
                 size_t conflicts);
/* The results, where status is no error; x in any case. */
void cod_run_give(const cod_run *run, cod_status status, double *x, double *ret_f,
                  cod_descent_result *ret_result);

/* ---- run_solver.c ---- */

/* Workspace of a run whose problem, solver, message, m and n are set. COD_EMEMORY. */
COD_MUST_CHECK cod_status cod_run_allocate(cod_run *run);
void cod_run_clear(cod_run *run);

/* The stationarity at run->at, with the weights and the displacement behind it. */
COD_MUST_CHECK cod_status cod_run_stationarity(cod_run *run);

/* The parts of a step: plan; losses, gradients, weights and direction of the method;
 * the direction for the step rule, of the bounded subproblem where the bounds are
 * inside; the losses after the update where the plan asks for them. Errors with a
 * message. */
COD_MUST_CHECK cod_status cod_run_plan(cod_run *run);
COD_MUST_CHECK cod_status cod_run_solve(cod_run *run);
COD_MUST_CHECK cod_status cod_run_direction(cod_run *run);
COD_MUST_CHECK cod_status cod_run_after(cod_run *run);

/* The norm of the method's own step of length one, within the bounds, for weights of
 * unit sum: 0 where its weighted sum is stationary. */
double cod_run_own_norm(const cod_run *run);

/* Objectives that the direction would raise; a product within its rounding does not. */
size_t cod_run_conflicts(cod_run *run);

/* ---- run.c ---- */

/* f and J at run->next.x, counted. COD_OK; COD_STOPPED_EVALUATIONS (nothing was done);
 * COD_ENONFINITE, ... with a message that names the point. */
COD_MUST_CHECK cod_status cod_run_evaluate(cod_run *run);

/* next.x = at.x - t direction within the bounds, exactly on them where the direction's
 * subproblem says so; fills `move`. Returns 0 where x would not change. */
int cod_run_place(cod_run *run, double t);

/* Fills slope, or, once next is evaluated, slope_next. */
void cod_run_slopes(cod_run *run, int next);

/* ---- step rules: step_rule.h ---- */

typedef struct cod_armijo_options {
    double slope;
    double shrink;
    double first;
    double give;
} cod_armijo_options;

extern const cod_rule_functions cod_armijo_functions;

#endif
