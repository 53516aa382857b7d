/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens between the Gramian and the weights: the min-norm point, and every
 * method, in units of the Cholesky factor of as many rows. */
#include "bench_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/cone.h>
#include <codescent/method.h>
#include <codescent/minnorm.h>
#include <codescent/random.h>
#include <codescent/solver.h>

enum { INSTANCES = 64 }; /* in turn, so that no branch is learned by heart */

/* Inputs for one m, and what is timed with them. */
struct job {
    size_t m;
    size_t turn;
    double *gramians; /* INSTANCES x m x m */
    double *losses;   /* INSTANCES x m */
    double *weights;
    double *bounds; /* m */
    cod_minnorm *minnorm;
    cod_cone *cone;
    cod_solver *solver;
    int give_gramian;
    int give_after;
    cod_status status; /* the first error */
};

static void job_free(struct job *work)
{
    cod_minnorm_free(work->minnorm);
    cod_cone_free(work->cone);
    free(work->bounds);
    free(work->weights);
    free(work->losses);
    free(work->gramians);
}

static cod_status job_alloc(size_t m, double scale, struct job *ret_job)
{
    *ret_job = (struct job){.m = m};
    ret_job->gramians = calloc(INSTANCES * m * m, sizeof(double));
    ret_job->losses = calloc(INSTANCES * m, sizeof(double));
    ret_job->weights = calloc(m, sizeof(double));
    ret_job->bounds = calloc(m, sizeof(double));
    if (ret_job->gramians == NULL || ret_job->losses == NULL ||
        ret_job->weights == NULL || ret_job->bounds == NULL ||
        cod_minnorm_alloc(m, &ret_job->minnorm) < 0 ||
        cod_cone_alloc(m, &ret_job->cone) < 0) {
        job_free(ret_job);
        return COD_EMEMORY;
    }
    for (size_t k = 0; k < INSTANCES; k++) {
        double *G = ret_job->gramians + k * m * m;
        if (bench_random_gramian(m, 2 * m, scale, k, G) != 0) {
            job_free(ret_job);
            return COD_EMEMORY;
        }
        for (size_t i = 0; i < m; i++)
            ret_job->losses[k * m + i] =
                0.1 + cod_random_uniform((cod_random){.seed = k, .stream = 1}, i);
    }
    return COD_OK;
}

static void keep(struct job *work, cod_status status)
{
    if (status < 0 && work->status == COD_OK)
        work->status = status;
}

static void run_minnorm(void *arg)
{
    struct job *work = arg;
    size_t k = work->turn++ % INSTANCES;
    cod_minnorm_info info;
    keep(work, cod_minnorm_solve(work->minnorm, work->gramians + k * work->m * work->m,
                                 NULL, NULL, work->weights, &info));
}

/* UPGrad's m projections, from no active set. */
static void run_projections(void *arg)
{
    struct job *work = arg;
    size_t m = work->m;
    size_t k = work->turn++ % INSTANCES;
    keep(work, cod_cone_load(work->cone, work->gramians + k * m * m));
    memset(work->bounds, 0, m * sizeof *work->bounds);
    for (size_t i = 0; i < m; i++) {
        work->bounds[i] = 1 / (double)m;
        keep(work,
             cod_cone_solve(work->cone, work->bounds, NULL, NULL, work->weights, NULL));
        work->bounds[i] = 0;
    }
}

/* DualProj's one. */
static void run_projection(void *arg)
{
    struct job *work = arg;
    size_t m = work->m;
    size_t k = work->turn++ % INSTANCES;
    for (size_t i = 0; i < m; i++)
        work->bounds[i] = 1 / (double)m;
    keep(work, cod_cone_load(work->cone, work->gramians + k * m * m));
    keep(work,
         cod_cone_solve(work->cone, work->bounds, NULL, NULL, work->weights, NULL));
}

static void run_method(void *arg)
{
    struct job *work = arg;
    size_t k = work->turn++ % INSTANCES;
    const double *losses = work->losses + k * work->m;
    keep(work, cod_solver_weights(
                   work->solver, losses,
                   work->give_gramian ? work->gramians + k * work->m * work->m : NULL,
                   work->weights, NULL));
    if (work->give_after)
        keep(work, cod_solver_after(work->solver, losses));
}

/* Times `run` against dpotrf of the same m. */
static cod_status measure(struct job *work, void (*run)(void *), bench_time *ret_time,
                          bench_time *ret_cholesky)
{
    bench_cholesky *cholesky = bench_cholesky_alloc(work->m);
    if (cholesky == NULL)
        return COD_EMEMORY;
    bench_work works[2] = {{.run = run, .arg = work},
                           {.run = bench_cholesky_run, .arg = cholesky}};
    bench_measure(works, 2, 0.1);
    bench_cholesky_free(cholesky);
    *ret_time = works[0].time;
    *ret_cholesky = works[1].time;
    return work->status;
}

/* A row for one inner solver and m, `key` = `name`. */
static cod_status add_solver(json_t *rows, const char *key, const char *name, size_t m,
                             double scale, void (*run)(void *))
{
    struct job work;
    bench_time time = {0};
    bench_time cholesky = {0};
    cod_status status = job_alloc(m, scale, &work);
    if (status < 0)
        return status;
    status = measure(&work, run, &time, &cholesky);
    job_free(&work);
    if (status < 0)
        return status;
    json_t *row =
        json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", key, name, "m",
                  (json_int_t)m, "us", time.min * 1e6, "median_us", time.median * 1e6,
                  "spread", time.spread, "dpotrf_us", cholesky.min * 1e6, "of_dpotrf",
                  time.min / cholesky.min, "of_median", time.median / cholesky.median);
    return row == NULL || json_array_append_new(rows, row) != 0 ? COD_EMEMORY : COD_OK;
}

static const size_t solver_counts[] = {2, 3, 4, 8, 16, 32, 64, 128};
enum { SOLVER_COUNTS = sizeof solver_counts / sizeof *solver_counts };

cod_status bench_minnorm(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const struct {
        const char *name;
        double scale;
    } kinds[] = {{"normal", 1}, {"norms 1.5^i", 1.5}};
    cod_status status = COD_OK;
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t c = 0; c < SOLVER_COUNTS && status == COD_OK; c++)
            status = add_solver(rows, "gradients", kinds[kind].name, solver_counts[c],
                                kinds[kind].scale, run_minnorm);
    return status;
}

cod_status bench_cone(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const struct {
        const char *name;
        void (*run)(void *);
    } kinds[] = {{"each (upgrad)", run_projections},
                 {"mean (dualproj)", run_projection}};
    cod_status status = COD_OK;
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t c = 0; c < SOLVER_COUNTS && status == COD_OK; c++)
            status = add_solver(rows, "projected", kinds[kind].name, solver_counts[c],
                                1, kinds[kind].run);
    return status;
}

/* A row of the methods' table; without times where the method can not be run like this.
 */
static cod_status add_method(json_t *rows, const char *name, const struct job *work,
                             const bench_time *time, const bench_time *cholesky)
{
    json_t *row = json_pack("{s:s, s:I, s:s}", "method", name, "m", (json_int_t)work->m,
                            "given", work->give_gramian ? "losses, Gramian" : "losses");
    if (row == NULL)
        return COD_EMEMORY;
    const double values[] = {time->min * 1e9, time->median * 1e9, cholesky->min * 1e9,
                             time->min / cholesky->min};
    static const char *const keys[] = {"ns", "median_ns", "dpotrf_ns", "of_dpotrf"};
    int error = 0;
    for (size_t k = 0; k < 4; k++)
        error |= json_object_set_new(
            row, keys[k], work->status < 0 ? json_null() : json_real(values[k]));
    error |=
        json_object_set_new(row, "status", json_string(cod_status_key(work->status)));
    if (json_array_append_new(rows, row) != 0 || error)
        return COD_EMEMORY;
    return COD_OK;
}

/* What a method is told from outside: the middle of each range. */
static cod_status feed(cod_solver *solver, const cod_method *method, size_t m)
{
    cod_status status = COD_OK;
    for (size_t k = 0; k < method->input_count && status == COD_OK; k++) {
        const cod_input *input = &method->inputs[k];
        size_t count = input->extent == COD_EXTENT_ONE      ? 1
                       : input->extent == COD_EXTENT_SQUARE ? m * m
                                                            : m;
        double middle = 1.0 / (double)m;
        if (middle < input->min || middle > input->max)
            middle = input->min + (input->max - input->min) / 2;
        double *values = calloc(count, sizeof *values);
        if (values == NULL)
            return COD_EMEMORY;
        for (size_t i = 0; i < count; i++)
            values[i] = middle;
        status = cod_solver_feed(solver, input->name, values, count);
        free(values);
    }
    return status;
}

/* Does the step ask for nothing of the gradients? */
static int losses_suffice(cod_solver *solver)
{
    cod_plan plan;
    unsigned gradients =
        COD_NEED_NORMS | COD_NEED_GRAMIAN | COD_NEED_CROSS | COD_NEED_ROWS;
    int suffice =
        cod_solver_plan(solver, &plan) == COD_OK && (plan.needs & gradients) == 0;
    cod_solver_abandon(solver);
    return suffice;
}

/* From the losses alone where that is enough, and with a Gramian. */
static cod_status bench_method(json_t *rows, const cod_method *method, struct job *work)
{
    const char *text = method->example != NULL ? method->example : method->name;
    cod_setup setup = {.m = work->m, .steps = 1000, .epochs = 10};
    cod_status status = COD_OK;
    for (int given = 0; given < 2 && status == COD_OK; given++) {
        bench_time time = {0};
        bench_time cholesky = {0};
        work->give_gramian = given;
        work->give_after = (method->needs & COD_NEED_AFTER) != 0;
        work->solver = NULL;
        work->status = cod_solver_alloc(text, &setup, &work->solver, NULL);
        if (work->status == COD_OK)
            work->status = feed(work->solver, method, work->m);
        int left_out = !given && (work->status < 0 || !losses_suffice(work->solver));
        if (work->status == COD_OK && !left_out)
            status = measure(work, run_method, &time, &cholesky);
        cod_solver_free(work->solver);
        if (status != COD_EMEMORY && !left_out)
            status = add_method(rows, text, work, &time, &cholesky);
    }
    return status;
}

cod_status bench_methods(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const size_t counts[] = {2, 8, 32};
    size_t method_count;
    const cod_method *const *methods = cod_method_list(&method_count);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct job work;
        cod_status status = job_alloc(counts[c], 1, &work);
        if (status < 0)
            return status;
        for (size_t k = 0; k < method_count && status == COD_OK; k++)
            status = bench_method(rows, methods[k], &work);
        job_free(&work);
        if (status < 0)
            return status;
    }
    return COD_OK;
}
