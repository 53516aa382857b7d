/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The problems: one file each in this folder, one line each here. */
#include "experiments/problems.h"
#include "experiments/problems/common.h"

static const cod_problem_def *const problems[] = {
    &cod_problem_fonseca, &cod_problem_jos1, &cod_problem_zdt1,
    &cod_problem_zdt2,    &cod_problem_zdt3, &cod_problem_dtlz2,
    &cod_problem_mop7,    &cod_problem_kw2,  &cod_problem_toy2d,
};

const cod_problem_def *const *cod_problem_list(size_t *ret_count)
{
    *ret_count = COD_COUNT(problems);
    return problems;
}
