/* SPDX-License-Identifier: MIT */
/* Two bowls: a problem whose answers are known, for the tests of studies. */
#ifndef COD_TESTS_BOWLS_H
#define COD_TESTS_BOWLS_H

#include "lab_files.h"

#include "lab/study.h"

/* f_1 = |x - a|^2 / 2 and f_2 = |x - b|^2 / 2 + shift, a = (0, 0), b = (1, 0): the
 * Pareto set is the segment between, and weights w lead to w_1 a + w_2 b. */
static void bowls_evaluate(const cod_problem *problem, const double *x, double *ret_f,
                           double *ret_jacobian)
{
    const double *shift = problem->data;
    for (size_t i = 0; i < 2; i++) {
        double dx = x[0] - (double)i;
        ret_f[i] = (dx * dx + x[1] * x[1]) / 2 + *shift;
        if (ret_jacobian != NULL) {
            ret_jacobian[2 * i] = dx;
            ret_jacobian[2 * i + 1] = x[1];
        }
    }
}

static void bowls_box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    (void)problem;
    ret_lower[0] = -1;
    ret_upper[0] = 2;
    ret_lower[1] = -2;
    ret_upper[1] = 2;
}

static size_t bowls_front(const cod_problem *problem, size_t count, double *ret_points)
{
    const double *shift = problem->data;
    for (size_t k = 0; k < count; k++) {
        double t = (double)k / (double)(count - 1);
        ret_points[2 * k] = t * t / 2 + *shift;
        ret_points[2 * k + 1] = (1 - t) * (1 - t) / 2 + *shift;
    }
    return count;
}

static void bowls_reference(const cod_problem *problem, double *ret_reference)
{
    const double *shift = problem->data;
    ret_reference[0] = ret_reference[1] = 0.55 + *shift;
}

static const cod_problem_def bowls = {.name = "bowls",
                                      .summary = "two bowls",
                                      .citation = "none",
                                      .traits = COD_PROBLEM_CONVEX,
                                      .box = bowls_box,
                                      .evaluate = bowls_evaluate,
                                      .front = bowls_front,
                                      .reference = bowls_reference};

static inline cod_problem *make_problem(double *shift)
{
    cod_problem *problem;
    assert_status(cod_problem_wrap(&bowls, (cod_problem_size){2, 2}, shift, &problem),
                  COD_OK);
    return problem;
}

static const cod_study_options quick = {
    .step_rule = "constant(step=0.5)", .starts = 12, .seed = 3, .recorded = 2};

/* A study of one problem, run; freed where it could not be made or run. */
static inline cod_status run_study(const cod_problem *problem,
                                   const char *const *methods, size_t count,
                                   const cod_study_options *options,
                                   const cod_sweep_options *how, cod_study **ret_study,
                                   cod_message *message)
{
    static const cod_sweep_options plain;
    cod_study *study;
    cod_status status =
        cod_study_alloc(problem, methods, count, options, &study, message);
    if (status < 0)
        return status;
    status = cod_study_run_all(&study, 1, how != NULL ? how : &plain, message);
    if (status < 0 && study->methods[0].front == NULL)
        cod_study_free(study);
    else
        *ret_study = study;
    return status;
}

#endif
