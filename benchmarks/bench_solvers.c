/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens between the Gramian and the weights: the min-norm point, projections
 * on the dual cone, and every method, in units of the Cholesky factor of as many rows.
 */
#include "bench_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/cone.h>
#include <codescent/method.h>
#include <codescent/minnorm.h>
#include <codescent/random.h>
#include <codescent/solver.h>

#include "lab/methods.h"

/* In turn, so that no branch is learned by heart; fewer of many rows. */
enum { INSTANCES = 64, FEW_INSTANCES = 8, MANY_ROWS = 128 };

/* What a method is given besides the losses, and how the table says it. */
enum { GIVE_NOTHING, GIVE_GRAMIAN, GIVE_ROWS, GIVE_COUNT };
static const char *const given_text[] = {"losses", "losses, Gramian", "losses, rows"};

enum { BATCHES = 3 }; /* as many as a method asks for */

/* Inputs for one m, and what is timed with them. */
struct job {
    size_t m;
    size_t instances;
    size_t turn;
    double *gramians;  /* instances x m x m */
    double *losses;    /* instances x m */
    double *elements;  /* instances x BATCHES x m x 2 m: of rows */
    const void **rows; /* BATCHES x m */
    double *weights;
    double *bounds; /* m */
    cod_minnorm *minnorm;
    cod_cone *cone;
    cod_solver *solver;
    int given; /* one of GIVE_... */
    int give_after;
    cod_status status; /* the first error */
};

static void job_free(struct job *work)
{
    cod_minnorm_free(work->minnorm);
    cod_cone_free(work->cone);
    free(work->bounds);
    free(work->weights);
    free(work->rows);
    free(work->elements);
    free(work->losses);
    free(work->gramians);
}

static cod_status job_alloc(size_t m, double scale, struct job *ret_job)
{
    size_t instances = m > MANY_ROWS ? FEW_INSTANCES : INSTANCES;
    *ret_job = (struct job){.m = m, .instances = instances};
    ret_job->gramians = calloc(instances * m * m, sizeof(double));
    ret_job->losses = calloc(instances * m, sizeof(double));
    ret_job->weights = calloc(m, sizeof(double));
    ret_job->bounds = calloc(m, sizeof(double));
    if (ret_job->gramians == NULL || ret_job->losses == NULL ||
        ret_job->weights == NULL || ret_job->bounds == NULL ||
        cod_minnorm_alloc(m, &ret_job->minnorm) < 0 ||
        cod_cone_alloc(m, &ret_job->cone) < 0) {
        job_free(ret_job);
        return COD_EMEMORY;
    }
    for (size_t k = 0; k < instances; k++) {
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

/* Normal elements, for the methods. */
static cod_status add_elements(struct job *work)
{
    size_t count = work->instances * BATCHES * work->m * 2 * work->m;
    work->elements = calloc(count, sizeof(double));
    work->rows = calloc(BATCHES * work->m, sizeof *work->rows);
    if (work->elements == NULL || work->rows == NULL)
        return COD_EMEMORY;
    for (size_t k = 0; k < count; k++)
        work->elements[k] = cod_random_normal((cod_random){.seed = 1, .stream = 3}, k);
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
    size_t k = work->turn++ % work->instances;
    cod_minnorm_info info;
    keep(work, cod_minnorm_solve(work->minnorm, work->gramians + k * work->m * work->m,
                                 NULL, NULL, work->weights, &info));
}

/* UPGrad's m projections, from no active set. */
static void run_projections(void *arg)
{
    struct job *work = arg;
    size_t m = work->m;
    size_t k = work->turn++ % work->instances;
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
    size_t k = work->turn++ % work->instances;
    for (size_t i = 0; i < m; i++)
        work->bounds[i] = 1 / (double)m;
    keep(work, cod_cone_load(work->cone, work->gramians + k * m * m));
    keep(work,
         cod_cone_solve(work->cone, work->bounds, NULL, NULL, work->weights, NULL));
}

static void run_method(void *arg)
{
    struct job *work = arg;
    size_t m = work->m, k = work->turn++ % work->instances;
    const double *losses = work->losses + k * m;
    if (work->given == GIVE_ROWS) {
        for (size_t i = 0; i < BATCHES * m; i++)
            work->rows[i] = work->elements + (k * BATCHES * m + i) * 2 * m;
        keep(work, cod_solver_step(work->solver, losses, work->rows, COD_FLOAT64,
                                   work->weights, NULL, COD_FLOAT64, NULL));
    } else {
        keep(work, cod_solver_weights(
                       work->solver, losses,
                       work->given == GIVE_GRAMIAN ? work->gramians + k * m * m : NULL,
                       work->weights, NULL));
    }
    if (work->give_after)
        keep(work, cod_solver_after(work->solver, losses));
}

/* What is timed, and the references. */
enum { TIMED, FACTOR, SMALL_FACTOR, TIMED_COUNT };

/* Times `run` against dpotrf of the same m, and of BENCH_REFERENCE_ROWS. */
static cod_status measure(struct job *work, void (*run)(void *),
                          bench_work ret_works[TIMED_COUNT])
{
    bench_cholesky *cholesky = bench_cholesky_alloc(work->m);
    bench_cholesky *small = bench_cholesky_alloc(BENCH_REFERENCE_ROWS);
    cod_status status = COD_EMEMORY;
    if (cholesky != NULL && small != NULL) {
        ret_works[TIMED] = (bench_work){.run = run, .arg = work};
        ret_works[FACTOR] = (bench_work){.run = bench_cholesky_run, .arg = cholesky};
        ret_works[SMALL_FACTOR] = (bench_work){.run = bench_cholesky_run, .arg = small};
        bench_measure(ret_works, TIMED_COUNT, 1, 0.15);
        status = work->status;
    }
    bench_cholesky_free(small);
    bench_cholesky_free(cholesky);
    return status;
}

/* A row for one inner solver and m, `key` = `name`. */
static cod_status add_solver(json_t *rows, const char *key, const char *name, size_t m,
                             double scale, void (*run)(void *))
{
    struct job work;
    bench_work works[TIMED_COUNT];
    cod_status status = job_alloc(m, scale, &work);
    if (status < 0)
        return status;
    status = measure(&work, run, works);
    job_free(&work);
    if (status < 0)
        return status;
    json_t *row = json_pack("{s:s, s:I}", key, name, "m", (json_int_t)m);
    int error = bench_put_time(row, "us", &works[TIMED], 1e-6);
    error |= bench_put_time(row, "dpotrf_us", &works[FACTOR], 1e-6);
    error |= bench_put_ratio(row, "of_dpotrf", &works[TIMED], &works[FACTOR]);
    error |= bench_put_ratio(row, "of_dpotrf64", &works[TIMED], &works[SMALL_FACTOR]);
    return bench_add_row(rows, row, &works[TIMED], error);
}

static const size_t solver_counts[] = {2, 3, 4, 8, 16, 32, 64, 128, 256, 512};
enum { SOLVER_COUNTS = sizeof solver_counts / sizeof *solver_counts };

cod_status bench_minnorm(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const struct {
        const char *name;
        double scale;
        size_t counts;
    } kinds[] = {{"normal", 1, SOLVER_COUNTS}, {"norms 1.5^i", 1.5, SOLVER_COUNTS - 2}};
    cod_status status = COD_OK;
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t c = 0; c < kinds[kind].counts && status == COD_OK; c++)
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
        size_t counts;
    } kinds[] = {{"each (upgrad)", run_projections, SOLVER_COUNTS - 2},
                 {"mean (dualproj)", run_projection, SOLVER_COUNTS}};
    cod_status status = COD_OK;
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t c = 0; c < kinds[kind].counts && status == COD_OK; c++)
            status = add_solver(rows, "projected", kinds[kind].name, solver_counts[c],
                                1, kinds[kind].run);
    return status;
}

/* A row of the methods' table; without times (NULL) where the method can not be run
 * like this. */
static cod_status add_method(json_t *rows, const char *name, const struct job *work,
                             const bench_work *works)
{
    json_t *row = json_pack("{s:s, s:I, s:s}", "method", name, "m", (json_int_t)work->m,
                            "given", given_text[work->given]);
    const bench_work none = {.turns = 0};
    int error = 0;
    if (works == NULL) {
        error |= bench_put(row, "us", NULL);
        error |= bench_put(row, "of_dpotrf", NULL);
    } else {
        error |= bench_put_time(row, "us", &works[TIMED], 1e-6);
        error |= bench_put_ratio(row, "of_dpotrf", &works[TIMED], &works[FACTOR]);
    }
    error |=
        json_object_set_new(row, "status", json_string(cod_status_key(work->status)));
    return bench_add_row(rows, row, works != NULL ? &works[TIMED] : &none, error);
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

/* Whether the method is measured with what is given: the losses alone where they
 * suffice, a Gramian where the elements of the rows don't matter, else rows. */
static int is_suited(const struct job *work, const cod_method *method)
{
    int needs_rows = (method->needs & (COD_NEED_ROWS | COD_NEED_CROSS)) != 0;
    if (work->given == GIVE_NOTHING)
        return work->status == COD_OK && losses_suffice(work->solver);
    return needs_rows == (work->given == GIVE_ROWS);
}

/* One row, unless the method is not measured with what is given. */
static cod_status bench_method(json_t *rows, const cod_method *method, struct job *work)
{
    const char *text = method->example != NULL ? method->example : method->name;
    cod_setup setup = {.m = work->m, .n = 2 * work->m, .steps = 1000, .epochs = 10};
    bench_work works[TIMED_COUNT];
    setup.methods = cod_lab_methods(&setup.method_count);
    work->give_after = (method->needs & COD_NEED_AFTER) != 0;
    work->solver = NULL;
    work->status = cod_solver_alloc(text, &setup, &work->solver, NULL);
    if (work->status == COD_OK)
        work->status = feed(work->solver, method, work->m);
    int suited = is_suited(work, method);
    if (work->status == COD_OK && suited)
        work->status = measure(work, run_method, works);
    cod_solver_free(work->solver);
    if (work->status == COD_EMEMORY)
        return COD_EMEMORY;
    if (work->status < 0 && work->given == GIVE_NOTHING)
        suited = 0; /* a later step asks for more */
    return suited ? add_method(rows, text, work, work->status < 0 ? NULL : works)
                  : COD_OK;
}

cod_status bench_methods(json_t *rows, const char *kernels)
{
    (void)kernels;
    static const size_t counts[] = {2, 8, 32};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct job work;
        cod_status status = job_alloc(counts[c], 1, &work);
        if (status < 0)
            return status;
        status = add_elements(&work);
        for (size_t k = 0; k < GIVE_COUNT * cod_all_method_count() && status == COD_OK;
             k++) {
            work.given = (int)(k % GIVE_COUNT);
            status = bench_method(rows, cod_all_method_at(k / GIVE_COUNT), &work);
        }
        job_free(&work);
        if (status < 0)
            return status;
    }
    return COD_OK;
}
