/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analytic problems of the literature: one file each in experiments/problems. */
#ifndef COD_EXPERIMENTS_PROBLEMS_H
#define COD_EXPERIMENTS_PROBLEMS_H

#include <stddef.h>

#include <codescent/problem.h>

/* In the order in which programs show them. For cod_problem_alloc(). */
const cod_problem_def *const *cod_problem_list(size_t *ret_count);

#endif
