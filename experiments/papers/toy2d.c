/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-objective toy of the CAGrad paper (Liu, B. et al. 2021, NeurIPS, Fig. 1 and
 * appendix A), with the published code's settings: Adam with step 1e-3 on the combined
 * gradient, 100 000 steps, three starts; here for the mean and MGDA. */
#include <math.h>
#include <stdio.h>

#include "experiments/experiments.h"
#include "experiments/problems.h"
#include "lab/lab.h"

#define STARTS 3
static const char *const methods[] = {"linear(weights=0.5:0.5)", "mgda"};
static const char *const names[] = {"the mean", "MGDA"};

enum { MEAN, MGDA };

/* The front is a nearly straight line: -7 <= x_1 <= 7, x_2 between -8.44 and -8.35. */
static int is_on_front(const double *x)
{
    return fabs(x[0]) <= 7.02 && x[1] > -8.5 && x[1] < -8.3;
}

static int is_stuck(const double *x)
{
    return x[1] > 0;
}

static int is_off_middle(const double *x)
{
    return is_on_front(x) && fabs(x[0]) > 1;
}

typedef struct outcome {
    int method;
    size_t start;
    const char *published;
    int (*holds)(const double *x);
} outcome;

static const outcome outcomes[] = {
    {MEAN, 0, "stuck far from the front", is_stuck},
    {MEAN, 1, "on the front", is_on_front},
    {MEAN, 2, "stuck far from the front", is_stuck},
    {MGDA, 0, "on the front, off its middle", is_off_middle},
    {MGDA, 1, "on the front, off its middle", is_off_middle},
    {MGDA, 2, "on the front, off its middle", is_off_middle},
};

static void claim(cod_reproduction *r, const cod_study *study, const outcome *expected)
{
    const cod_study_run *run = &study->methods[expected->method].runs[expected->start];
    const double *from = study->start_points + 2 * expected->start;
    cod_claim *c = &r->claims[r->claim_count++];
    snprintf(c->text, sizeof c->text, "%s from (%g, %g)", names[expected->method],
             from[0], from[1]);
    snprintf(c->published, sizeof c->published, "%s", expected->published);
    snprintf(c->measured, sizeof c->measured,
             "ends at x = (%.4f, %.4f), f = (%.4f, %.4f)", run->x[0], run->x[1],
             run->f[0], run->f[1]);
    c->met = run->finished && run->status == COD_OK && expected->holds(run->x);
}

static cod_status run_study(cod_reproduction *r, const cod_problem *problem,
                            cod_message *message)
{
    cod_study_options options = {
        .title = "toy2d",
        .step_rule = "adam(step=0.001)",
        .starts = STARTS,
        .start_kind = COD_STARTS_PUBLISHED,
        .tolerance = -1, /* the published code runs all its steps */
        .max_steps = 100000,
        .recorded = STARTS,
        .path_limit = 2000,
    };
    cod_study *study;
    cod_status status = cod_study_alloc(problem, methods, 2, &options, &study, message);
    if (status != COD_OK)
        return status;
    status = cod_study_run_all(&study, 1, &r->how, message);
    int whole = status == COD_OK && study->unfinished == 0; /* no part of it */
    for (size_t k = 0; whole && k < sizeof outcomes / sizeof *outcomes; k++)
        claim(r, study, &outcomes[k]);
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
    cod_status status = cod_problem_alloc("toy2d", list, count, &problem, message);
    if (status != COD_OK)
        return status;
    status = run_study(r, problem, message);
    cod_problem_free(problem);
    return status;
}

extern const cod_experiment cod_experiment_toy2d;
const cod_experiment cod_experiment_toy2d = {
    .name = "toy2d",
    .summary = "the 2-D toy of the CAGrad paper: where the mean and MGDA end",
    .citation = "Liu, Liu, Jin, Stone and Liu 2021, NeurIPS: Conflict-averse gradient "
                "descent for multi-task learning, Fig. 1 and appendix A",
    .bibtex = "@inproceedings{liu2021conflict,\n"
              "  author = {Liu, Bo and Liu, Xingchao and Jin, Xiaojie and Stone, Peter "
              "and Liu, Qiang},\n"
              "  title = {Conflict-averse gradient descent for multi-task learning},\n"
              "  booktitle = {Advances in Neural Information Processing Systems},\n"
              "  volume = {34}, year = {2021}\n"
              "}\n",
    .settings =
        "toy2d at scale 1, starts (-8.5, 7.5), (-8.5, -5), (9, 9), Adam with step "
        "1e-3 on the combined gradient, 100000 steps; methods: mean, MGDA",
    .run = run,
};
