/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A problem's analytic derivatives against numerical ones. */
#ifndef COD_LAB_CHECK_H
#define COD_LAB_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/problem.h>
#include <codescent/status.h>

/* The worst of one objective over all points and variables. */
typedef struct cod_check {
    double difference; /* |analytic - numerical| over the largest |derivative| of this
                          objective at this point (over 1 where all are 0) */
    size_t point;      /* where it was found, from 0 */
    size_t variable;   /* from 0 */
    double analytic;
    double numerical;
} cod_check;

/* Compares at `points` quasi-random points, moved off the bounds by the step of the
 * differences (gsl_deriv_central: the 5-point rule, step refined once).
 *
 * @param ret_checks  m of them
 * @return COD_OK; COD_EARGUMENT; COD_ENONFINITE and what else cod_problem_evaluate()
 *         finds; COD_EDOMAIN (the box is not finite); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_check_derivatives(const cod_problem *problem,
                                                size_t points, uint64_t seed,
                                                cod_check *ret_checks,
                                                cod_message *ret_message);

#endif
