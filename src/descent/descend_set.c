/* SPDX-License-Identifier: MIT */
/* Several points that one solver moves together: a run for each, and one step of the
 * solver for all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/solver_private.h"
#include "core/spec.h"
#include "descent/bounded.h"
#include "descent/run.h"

typedef struct set {
    size_t points, m, n;
    int64_t max_evaluations; /* of all points together */
    cod_run *runs;
    cod_solver *solver;
    cod_plan plan;
    double *losses;    /* points x m */
    double *weights;   /* groups x points x (points m) */
    double *direction; /* n: of the point in hand */
    const void **rows; /* batches x points x m, then as many for a shard */
    size_t row_count;
    cod_message *message;
} set;

static void clear(set *s)
{
    for (size_t p = 0; s->runs != NULL && p < s->points; p++)
        cod_run_clear(&s->runs[p]);
    free(s->runs);
    free(s->losses);
    free(s->weights);
    free(s->rows);
}

static cod_status allocate(set *s, const cod_run *like)
{
    const cod_engine *engine = s->solver->engine;
    size_t rows = engine->rows, batches = cod_tree_batches(s->solver);
    s->row_count = batches * rows;
    s->runs = calloc(s->points, sizeof *s->runs);
    s->losses = calloc(rows, sizeof(double));
    s->weights = calloc(engine->cut.groups * s->points * rows, sizeof(double));
    s->rows = calloc(2 * s->row_count, sizeof *s->rows);
    if (s->runs == NULL || s->losses == NULL || s->weights == NULL || s->rows == NULL)
        return cod_fail(s->message, COD_EMEMORY, "no memory for %zu points", s->points);
    for (size_t p = 0; p < s->points; p++) {
        s->runs[p] = *like;
        s->runs[p].point = p;
        s->runs[p].weighs = 1;
        cod_status status = cod_run_allocate(&s->runs[p]);
        if (status != COD_OK)
            return status;
    }
    return COD_OK;
}

/* ---- the solver's step ---- */

static cod_status fail_solver(set *s, cod_status status)
{
    return cod_fail(s->message, status, "%s at step %lld: %.180s",
                    s->solver->method->name, (long long)s->runs[0].steps,
                    cod_solver_message(s->solver));
}

/* Shard number k of the first `count` rows. */
static cod_shard cut(set *s, size_t k, size_t count)
{
    const cod_cut *how = &s->solver->engine->cut;
    const void **pieces = s->rows + s->row_count;
    for (size_t i = 0; i < count; i++)
        pieces[i] = (const double *)s->rows[i] + how->offsets[k];
    return (cod_shard){.offset = how->offsets[k],
                       .length = how->offsets[k + 1] - how->offsets[k],
                       .type = COD_FLOAT64,
                       .rows = pieces};
}

/* Losses and rows of all points; a problem has no noise: the same in each batch. */
static void gather(set *s)
{
    size_t rows = s->points * s->m;
    for (size_t p = 0; p < s->points; p++) {
        const cod_point *at = &s->runs[p].at;
        memcpy(s->losses + p * s->m, at->f, s->m * sizeof(double));
        for (size_t i = p * s->m; i < s->row_count; i += rows)
            for (size_t k = 0; k < s->m; k++)
                s->rows[i + k] = at->jacobian + k * s->n;
    }
}

/* What only rows can serve here. */
#define OF_ROWS (COD_NEED_NORMS | COD_NEED_GRAMIAN | COD_NEED_CROSS | COD_NEED_ROWS)

static cod_status find_directions(set *s)
{
    size_t shards = s->solver->engine->cut.shards, rows = s->points * s->m;
    gather(s);
    cod_status status = cod_solver_plan(s->solver, &s->plan);
    if (status == COD_OK)
        status = cod_solver_losses(s->solver, s->losses);
    int wanted = (s->plan.needs & OF_ROWS) != 0;
    for (size_t k = 0; status == COD_OK && wanted && k < shards; k++) {
        cod_shard shard = cut(s, k, s->plan.batches * rows);
        status = cod_solver_shard(s->solver, &shard);
    }
    if (status == COD_OK)
        status = cod_solver_solve(s->solver, s->weights, NULL);
    for (size_t p = 0; status == COD_OK && p < s->points; p++) {
        cod_run *run = &s->runs[p];
        run->plan = s->plan;
        run->plan.slot += p * s->plan.slots;
        memcpy(run->weights, s->weights + p * (rows + s->m), s->m * sizeof(double));
        for (size_t k = 0; status == COD_OK && k < shards; k++) {
            cod_shard shard = cut(s, k, rows);
            status = cod_solver_direction(s->solver, &shard, p,
                                          run->direction + shard.offset, COD_FLOAT64);
        }
    }
    return status == COD_OK ? COD_OK : fail_solver(s, status);
}

static cod_status look_again(set *s)
{
    if (!(s->plan.needs & COD_NEED_AFTER))
        return COD_OK;
    gather(s);
    cod_status status = cod_solver_after(s->solver, s->losses);
    return status == COD_OK ? COD_OK : fail_solver(s, status);
}

/* ---- stopping ---- */

/* The length of point p's step of length one, within the bounds, for weights whose
 * absolute values sum to one. */
static double own_norm(const set *s, size_t p)
{
    const cod_run *run = &s->runs[p];
    size_t rows = s->points * s->m;
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += fabs(s->weights[p * rows + i]);
    for (size_t j = 0; j < s->n; j++) {
        double v = sum > 0 ? -run->direction[j] / sum : 0;
        if (run->bounded) {
            v = fmax(v, run->problem->lower[j] - run->at.x[j]);
            v = fmin(v, run->problem->upper[j] - run->at.x[j]);
        }
        run->move[j] = v;
    }
    return cod_norm(s->n, run->move);
}

static int at_rest(const set *s)
{
    for (size_t p = 0; p < s->points; p++)
        if (!(own_norm(s, p) <= s->runs[p].tolerance))
            return 0;
    return 1;
}

static cod_status limits(const set *s)
{
    const cod_run *first = &s->runs[0];
    int64_t evaluations = 0;
    for (size_t p = 0; p < s->points; p++)
        evaluations += s->runs[p].evaluations;
    if (first->steps >= first->max_steps)
        return COD_STOPPED_MAXITER;
    if (s->max_evaluations > 0 && evaluations + (int64_t)s->points > s->max_evaluations)
        return COD_STOPPED_EVALUATIONS;
    return COD_OK;
}

/* ---- the loop ---- */

static cod_status show_all(set *s, const cod_descent_options *options, int end)
{
    int stop = 0;
    for (size_t p = 0; p < s->points; p++) {
        cod_run *run = &s->runs[p];
        size_t conflicts = end ? 0 : cod_run_conflicts(run);
        stop |= cod_run_show(run, options, end, conflicts);
        run->conflict_steps += conflicts > 0;
    }
    return stop && !end ? COD_STOPPED_MONITOR : COD_OK;
}

static cod_status step(set *s, const cod_descent_options *options)
{
    cod_status status = COD_OK;
    for (size_t p = 0; status == COD_OK && p < s->points; p++)
        status = cod_run_stationarity(&s->runs[p]);
    cod_status limit = limits(s);
    if (status == COD_OK)
        status = find_directions(s);
    if (status == COD_OK && at_rest(s))
        return COD_STOPPED_STATIONARY;
    if (status == COD_OK)
        status = limit;
    if (status == COD_OK)
        status = show_all(s, options, 0);
    for (size_t p = 0; status == COD_OK && p < s->points; p++)
        status = s->runs[p].rule->functions->advance(s->runs[p].rule, &s->runs[p]);
    if (status != COD_OK)
        return status;
    for (size_t p = 0; p < s->points; p++) {
        cod_run_arrive(&s->runs[p]);
        s->runs[p].steps++;
    }
    return look_again(s);
}

static cod_status run_set(set *s, const cod_descent_options *options, const double *x)
{
    cod_status status = COD_OK;
    for (size_t p = 0; status == COD_OK && p < s->points; p++) {
        status = cod_run_begin(&s->runs[p], x + p * s->n);
        if (status == COD_OK)
            cod_run_arrive(&s->runs[p]);
    }
    while (status == COD_OK)
        status = step(s, options);
    cod_solver_abandon(s->solver);
    if (status > COD_OK && show_all(s, options, 1) != COD_OK)
        return COD_STOPPED_MONITOR;
    return status;
}

cod_status cod_descend_set(const cod_problem *problem, cod_solver *solver,
                           cod_step_rule *rule, const cod_descent_options *options,
                           size_t points, double *x, double *ret_f,
                           cod_descent_result *ret_results, cod_message *ret_message)
{
    static const cod_descent_options defaults = {0};
    cod_run like;
    set s = {.points = points, .solver = solver, .message = ret_message};
    options = options != NULL ? options : &defaults;
    cod_status status =
        cod_run_check(problem, solver, rule, options, x, ret_results, ret_message);
    if (status == COD_OK)
        status =
            cod_run_make(problem, solver, rule, options, points, ret_message, &like);
    if (status != COD_OK)
        return status;
    if (cod_step_rule_searches(rule))
        return cod_fail(ret_message, COD_EUNSUPPORTED,
                        "armijo searches along one point's direction; a set moves by "
                        "constant, momentum or adam");
    if (rule->slots < points)
        return cod_fail(ret_message, COD_ESHAPE,
                        "the step rule has %zu slots for %zu points", rule->slots,
                        points);
    s.max_evaluations = like.max_evaluations;
    like.max_evaluations = 0;
    s.m = problem->m;
    s.n = problem->n;
    status = allocate(&s, &like);
    if (status == COD_OK) {
        status = run_set(&s, options, x);
        for (size_t p = 0; p < points; p++)
            cod_run_give(&s.runs[p], status, x + p * s.n,
                         ret_f != NULL ? ret_f + p * s.m : NULL, &ret_results[p]);
    }
    clear(&s);
    return status < COD_OK ? status : COD_OK;
}
