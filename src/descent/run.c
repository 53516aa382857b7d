/* SPDX-License-Identifier: MIT */
/* The parts of a step that the step rules share. */
#include "descent/run.h"

#include <math.h>
#include <stdio.h>

#include "core/spec.h"

/* "objective 2 is nan", "the derivative of objective 1 by x_3 is inf" */
static void say_culprit(const cod_run *run, const cod_point *point, char *ret_text,
                        size_t size)
{
    for (size_t i = 0; i < run->m; i++)
        if (!isfinite(point->f[i])) {
            snprintf(ret_text, size, "objective %zu is %g", i + 1, point->f[i]);
            return;
        }
    for (size_t k = 0; k < run->m * run->n; k++)
        if (!isfinite(point->jacobian[k])) {
            snprintf(ret_text, size, "the derivative of objective %zu by x_%zu is %g",
                     k / run->n + 1, k % run->n + 1, point->jacobian[k]);
            return;
        }
    snprintf(ret_text, size, "x is not finite");
}

/* "(0.5, 1, ...)": the first coordinates. */
static void say_point(const cod_run *run, const double *x, char *ret_text, size_t size)
{
    size_t shown = run->n < 4 ? run->n : 4, length = 0;
    for (size_t j = 0; j < shown && length < size; j++)
        length += (size_t)snprintf(ret_text + length, size - length, "%s%.9g",
                                   j > 0 ? ", " : "(", x[j]);
    if (length < size)
        snprintf(ret_text + length, size - length, run->n > shown ? ", ...)" : ")");
}

static cod_status fail_at(const cod_run *run, cod_status status)
{
    char culprit[96], point[100];
    if (status == COD_ENONFINITE)
        say_culprit(run, &run->next, culprit, sizeof culprit);
    else
        snprintf(culprit, sizeof culprit, "%s", cod_status_text(status));
    say_point(run, run->next.x, point, sizeof point);
    return cod_fail(run->message, status, "%s: %s at x = %s, step %lld",
                    run->problem->def->name, culprit, point, (long long)run->steps);
}

cod_status cod_run_evaluate(cod_run *run)
{
    if (run->max_evaluations > 0 && run->evaluations >= run->max_evaluations)
        return COD_STOPPED_EVALUATIONS;
    run->evaluations++;
    cod_status status = cod_problem_evaluate(run->problem, run->next.x, run->next.f,
                                             run->next.jacobian);
    return status == COD_OK ? COD_OK : fail_at(run, status);
}

int cod_run_place(cod_run *run, double t)
{
    int moved = 0;
    for (size_t j = 0; j < run->n; j++) {
        double low = run->bounded ? run->problem->lower[j] : -INFINITY;
        double high = run->bounded ? run->problem->upper[j] : INFINITY;
        double v = -run->direction[j], x = run->at.x[j] + t * v;
        int exact = run->inside && t == run->reach;
        if (x < low || (exact && v < 0 && v == run->down[j]))
            x = low;
        else if (x > high || (exact && v > 0 && v == run->up[j]))
            x = high;
        run->next.x[j] = x;
        run->move[j] = x - run->at.x[j];
        moved |= run->move[j] != 0;
    }
    return moved;
}

void cod_run_slopes(cod_run *run, int next)
{
    const double *jacobian = next ? run->next.jacobian : run->at.jacobian;
    for (size_t i = 0; i < run->m; i++) {
        double sum = 0;
        for (size_t j = 0; j < run->n; j++)
            sum += jacobian[i * run->n + j] * run->move[j];
        (next ? run->slope_next : run->slope)[i] = sum;
    }
}
