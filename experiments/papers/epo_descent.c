/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two types of descent of exact Pareto optimal search (Mahapatra and Rajan 2020,
 * ICML), with the published code's settings: 70 steps from one start towards four rays,
 * each step 10 max(mu, 0.1) s times the direction, mu the non-uniformity. The authors'
 * loop also ends where no entry of the direction reaches 1e-4; here all steps are
 * taken. */
#include <math.h>
#include <stdio.h>

#include "experiments/experiments.h"
#include "experiments/problems.h"
#include "lab/lab.h"

#define RAYS 4
static const char *const methods[] = {"epo(descent=relaxed, scale=published)",
                                      "epo(descent=restricted, scale=published)"};
static const char *const names[] = {"relaxed", "restricted"};
static const char *const step_rules[] = {"constant(step=0.25)", "constant(step=0.1)"};

/* The preferences are (cos a, sin a), a from pi/20 to 9 pi/20; the rays their inverses.
 */
static void fill_rays(double *ret_rays)
{
    for (size_t k = 0; k < RAYS; k++) {
        double a = M_PI / 20 * (1 + 8 * (double)k / (RAYS - 1));
        ret_rays[2 * k] = sin(a) / (sin(a) + cos(a));
        ret_rays[2 * k + 1] = cos(a) / (sin(a) + cos(a));
    }
}

/* sum_i s_i log(2 s_i), s_i the shares of f_i over the ray's entry. */
static double non_uniformity(const double *f, const double *ray)
{
    double r[2] = {f[0] / ray[0], f[1] / ray[1]}, mu = 0;
    for (size_t i = 0; i < 2; i++)
        mu += r[i] / (r[0] + r[1]) * log(2 * r[i] / (r[0] + r[1]));
    return mu;
}

static void claim(cod_reproduction *r, const cod_study *study, size_t method, size_t k)
{
    const cod_study_run *run = &study->methods[method].runs[k];
    double mu = non_uniformity(run->f, run->preference);
    cod_claim *c = &r->claims[r->claim_count++];
    snprintf(c->text, sizeof c->text, "%s descent, ray through (%.3f, %.3f)",
             names[method], run->preference[0], run->preference[1]);
    snprintf(c->published, sizeof c->published,
             "ends on its ray: non-uniformity below 1e-4");
    snprintf(c->measured, sizeof c->measured,
             "%.2e, stationarity %.2e, f = (%.4f, %.4f)", mu, run->result.stationarity,
             run->f[0], run->f[1]);
    c->met = run->finished && run->status == COD_OK && mu < 1e-4;
}

static cod_status run_study(cod_reproduction *r, const cod_problem *problem,
                            cod_message *message)
{
    double rays[2 * RAYS];
    fill_rays(rays);
    cod_study_options options = {
        .title = "fonseca(n=20)",
        .step_rules = step_rules,
        .starts = 1,
        .preferences = RAYS,
        .rays = rays,
        .start_kind = COD_STARTS_PUBLISHED,
        .tolerance = -1,
        .max_steps = 70,
        .recorded = RAYS,
    };
    cod_study *study;
    cod_status status = cod_study_alloc(problem, methods, 2, &options, &study, message);
    if (status != COD_OK)
        return status;
    status = cod_study_run_all(&study, 1, &r->how, message);
    int whole = status == COD_OK && study->unfinished == 0; /* no part of it */
    for (size_t k = 0; whole && k < 2 * RAYS; k++)
        claim(r, study, k / RAYS, k % RAYS);
    int over = status == COD_OK || status == COD_EINTERRUPTED;
    cod_status written = over ? cod_study_write(&study, 1, r->folder, message) : COD_OK;
    if (over && written == COD_OK)
        written = cod_study_measure(&study, 1, r->how.store, message);
    if (over && written == COD_OK)
        written = cod_study_failed(study, message);
    cod_study_free(study);
    return status == COD_OK ? written : status;
}

static cod_status run(cod_reproduction *r, cod_message *message)
{
    size_t count;
    const cod_problem_def *const *list = cod_problem_list(&count);
    cod_problem *problem;
    cod_status status =
        cod_problem_alloc("fonseca(n=20)", list, count, &problem, message);
    if (status != COD_OK)
        return status;
    status = run_study(r, problem, message);
    cod_problem_free(problem);
    return status;
}

extern const cod_experiment cod_experiment_epo_descent;
const cod_experiment cod_experiment_epo_descent = {
    .name = "epo-descent",
    .summary =
        "exact Pareto optimal search: relaxed and restricted descent to four rays",
    .citation = "Mahapatra and Rajan 2020, ICML: Multi-task learning with user "
                "preferences: gradient descent with controlled ascent in Pareto "
                "optimization",
    .bibtex =
        "@inproceedings{mahapatra2020multi,\n"
        "  author = {Mahapatra, Debabrata and Rajan, Vaibhav},\n"
        "  title = {Multi-task learning with user preferences: gradient descent with\n"
        "           controlled ascent in {P}areto optimization},\n"
        "  booktitle = {International Conference on Machine Learning},\n"
        "  pages = {6597--6607}, year = {2020}\n"
        "}\n",
    .settings = "fonseca(n=20), start +-0.3 in turn, four rays, 70 steps of length 10 "
                "max(mu, 0.1) s times the direction, s = 0.25 relaxed, 0.1 restricted; "
                "balanced where mu <= 1e-4",
    .run = run,
};
