/* SPDX-License-Identifier: MIT */
/* A run's memory, and its dealings with the solver. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/solver_private.h"
#include "core/spec.h"
#include "descent/bounded.h"
#include "descent/run.h"

/* ---- memory ---- */

/* Hands out pieces of one block; with run->memory NULL it only counts. */
static size_t lay_out(cod_run *run)
{
    size_t m = run->m, n = run->n, at = 0;
    struct {
        double **place;
        size_t count;
    } pieces[] = {
        {&run->at.x, n},
        {&run->at.f, m},
        {&run->at.jacobian, m * n},
        {&run->next.x, n},
        {&run->next.f, m},
        {&run->next.jacobian, m * n},
        {&run->down, n},
        {&run->up, n},
        {&run->least_w, m},
        {&run->least_v, n},
        {&run->weights, run->weight_count},
        {&run->direction, n},
        {&run->move, n},
        {&run->start_f, m},
        {&run->lowest, m},
        {&run->slope, m},
        {&run->slope_next, m},
        {&run->norms, m},
    };
    for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
        if (run->memory != NULL)
            *pieces[k].place = run->memory + at;
        at += pieces[k].count;
    }
    return at;
}

void cod_run_clear(cod_run *run)
{
    cod_bounded_free(run->bounds);
    free(run->memory);
    free(run->rows);
    run->bounds = NULL;
    run->memory = NULL;
    run->rows = NULL;
}

cod_status cod_run_allocate(cod_run *run)
{
    const cod_engine *engine = run->solver->engine;
    size_t batches = cod_tree_batches(run->solver);
    run->weight_count = engine->cut.groups * run->m;
    cod_status status = cod_bounded_alloc(run->m, run->n, &run->bounds);
    if (status != COD_OK)
        goto fail;
    status = COD_EMEMORY;
    run->memory = calloc(lay_out(run), sizeof(double));
    run->rows = malloc(2 * batches * run->m * sizeof *run->rows);
    if (run->memory == NULL || run->rows == NULL)
        goto fail;
    lay_out(run);
    run->shard_rows = run->rows + batches * run->m;
    return COD_OK;
fail:
    cod_run_clear(run);
    return cod_fail(run->message, status,
                    "no memory for %zu objectives of %zu variables", run->m, run->n);
}

/* ---- the method's direction ---- */

static cod_status fail_solver(cod_run *run, cod_status status)
{
    return cod_fail(run->message, status, "%s at step %lld: %.180s",
                    run->solver->method->name, (long long)run->steps,
                    cod_solver_message(run->solver));
}

/* Shard number k of the Jacobian, the same in each batch: a problem has no noise. */
static cod_shard cut(cod_run *run, size_t k, size_t batches)
{
    const cod_cut *how = &run->solver->engine->cut;
    size_t offset = how->offsets[k];
    for (size_t i = 0; i < batches * run->m; i++)
        run->shard_rows[i] = (const double *)run->rows[i] + offset;
    return (cod_shard){.offset = offset,
                       .length = how->offsets[k + 1] - offset,
                       .type = COD_FLOAT64,
                       .rows = run->shard_rows};
}

cod_status cod_run_solve(cod_run *run)
{
    cod_solver *solver = run->solver;
    size_t shards = solver->engine->cut.shards;
    for (size_t i = 0; i < run->plan.batches * run->m; i++)
        run->rows[i] = run->at.jacobian + (i % run->m) * run->n;
    cod_status status = cod_solver_losses(solver, run->at.f);
    for (size_t k = 0; status == COD_OK && k < shards; k++) {
        cod_shard shard = cut(run, k, run->plan.batches);
        status = cod_solver_shard(solver, &shard);
    }
    if (status == COD_OK)
        status = cod_solver_solve(solver, run->weights, NULL);
    for (size_t k = 0; status == COD_OK && k < shards; k++) {
        cod_shard shard = cut(run, k, 1);
        status = cod_solver_direction(solver, &shard, 0, run->direction + shard.offset,
                                      COD_FLOAT64);
    }
    return status == COD_OK ? COD_OK : fail_solver(run, status);
}

cod_status cod_run_plan(cod_run *run)
{
    cod_status status = cod_solver_plan(run->solver, &run->plan);
    if (status == COD_OK && run->plan.slot >= run->rule->slots)
        return cod_fail(run->message, COD_ESHAPE,
                        "%s uses %zu optimizer slots, the step rule has %zu",
                        run->solver->method->name, run->plan.slots, run->rule->slots);
    return status == COD_OK ? COD_OK : fail_solver(run, status);
}

cod_status cod_run_after(cod_run *run)
{
    if ((run->plan.needs & COD_NEED_AFTER) == 0)
        return COD_OK;
    cod_status status = cod_solver_after(run->solver, run->at.f);
    return status == COD_OK ? COD_OK : fail_solver(run, status);
}

/* ---- the subproblem with bounds ---- */

static cod_status solve_bounded(cod_run *run, double reach, double *w, double *v,
                                double *ret_norm)
{
    double kkt;
    for (size_t j = 0; j < run->n; j++) {
        double low = run->bounded ? run->problem->lower[j] : -INFINITY;
        double high = run->bounded ? run->problem->upper[j] : INFINITY;
        run->down[j] = (low - run->at.x[j]) / reach;
        run->up[j] = (high - run->at.x[j]) / reach;
    }
    cod_status status = cod_bounded_solve(run->bounds, run->at.jacobian, run->down,
                                          run->up, w, v, ret_norm, &kkt);
    if (status < COD_OK)
        return cod_fail(run->message, status, "%s: the direction at step %lld: %s",
                        run->problem->def->name, (long long)run->steps,
                        cod_status_text(status));
    return COD_OK; /* short of its own tolerance it is still the best there is */
}

cod_status cod_run_stationarity(cod_run *run)
{
    return solve_bounded(run, 1, run->least_w, run->least_v, &run->stationarity);
}

static void take_bounded(cod_run *run, const double *w, const double *v)
{
    memcpy(run->weights, w, run->m * sizeof *w);
    for (size_t j = 0; j < run->n; j++)
        run->direction[j] = -v[j];
}

cod_status cod_run_direction(cod_run *run)
{
    if (run->inside)
        take_bounded(run, run->least_w, run->least_v);
    run->reach = run->rule->functions->reach(run->rule, run);
    if (!run->inside || run->reach == 1)
        return COD_OK;
    double norm;
    cod_status status = solve_bounded(run, run->reach, run->weights, run->move, &norm);
    if (status == COD_OK)
        take_bounded(run, run->weights, run->move);
    return status;
}

double cod_run_own_norm(const cod_run *run)
{
    double square = 0, sum = 0;
    for (size_t i = 0; i < run->m; i++)
        sum += fabs(run->weights[i]);
    for (size_t j = 0; j < run->n; j++) {
        double v = -run->direction[j] / sum;
        if (run->bounded) {
            v = fmax(v, run->problem->lower[j] - run->at.x[j]);
            v = fmin(v, run->problem->upper[j] - run->at.x[j]);
        }
        square += v * v;
    }
    return sqrt(square);
}

size_t cod_run_conflicts(cod_run *run)
{
    size_t conflicts = 0;
    double total = 0;
    for (size_t i = 0; i < run->m; i++) {
        run->norms[i] = cod_norm(run->n, run->at.jacobian + i * run->n);
        total += fabs(run->weights[i]) * run->norms[i];
    }
    for (size_t i = 0; i < run->m; i++) {
        const double *g = run->at.jacobian + i * run->n;
        double sum = 0, rounding = (double)(run->m + 4) * DBL_EPSILON;
        for (size_t j = 0; j < run->n; j++)
            sum += g[j] * run->direction[j];
        conflicts += sum < -rounding * run->norms[i] * total;
    }
    return conflicts;
}
