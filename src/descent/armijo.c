/* SPDX-License-Identifier: MIT */
/* Backtracking on all objectives, or, where the direction raises one, on their weighted
 * sum.
 *
 * The displacement s that counts is the one after the projection on the bounds. Where
 * the method claims to raise no objective, and g_i.s < 0 for all, each must satisfy
 * Armijo's condition f_i(x + s) <= f_i(x) + slope g_i.s (Fliege and Svaiter 2000, Math.
 * Methods Oper. Res. 51). Elsewhere an objective that the method means to raise would
 * hold it up: steps would shrink without end. There the condition is on sum w_i f_i
 * with the method's weights, negative ones counted as 0, which the direction J'w always
 * lowers.
 *
 * Near a stationary point the decrease disappears in the rounding of f. There the
 * condition is taken from the gradients at both ends (Hager and Zhang 2005, SIAM J.
 * Optim. 16, eq. 4.1: exact for quadratics), with f allowed to rise by its rounding.
 *
 * The first trial comes from the curvature of each objective along the last step (the
 * spectral step of Barzilai and Borwein 1988, IMA J. Numer. Anal. 8; for all objectives
 * the shortest of them). */
#include <float.h>
#include <math.h>

#include "descent/run.h"

/* Rounding of f_i at x: of f itself, and of x. */
static double rounding(const cod_run *run, size_t i)
{
    const double *g = run->at.jacobian + i * run->n;
    double size = fabs(run->at.f[i]);
    for (size_t j = 0; j < run->n; j++)
        size += fabs(g[j] * run->at.x[j]);
    return 8 * DBL_EPSILON * size;
}

static int enough(const cod_armijo_options *options, double f, double f_next,
                  double slope, double slope_next, double noise)
{
    if (f_next <= f + options->slope * slope)
        return 1;
    return f_next <= f + noise && slope_next <= (2 * options->slope - 1) * slope;
}

/* The weight of objective i in the sum; uniform where a method has no weights of its
 * own or several sets of them. */
static double merit_weight(const cod_run *run, size_t i)
{
    double sum = 0;
    if (run->weight_count > run->m && !run->inside)
        return 1;
    for (size_t k = 0; k < run->m; k++)
        sum += fmax(run->weights[k], 0);
    return sum > 0 ? fmax(run->weights[i], 0) / sum : 1;
}

/* What the search asks of this displacement. */
typedef enum demand { ASK_NOTHING, ASK_ALL, ASK_SUM } demand;

static demand what_to_ask(const cod_run *run)
{
    double mean = 0, highest = -INFINITY;
    for (size_t i = 0; i < run->m; i++) {
        mean += merit_weight(run, i) * run->slope[i];
        highest = fmax(highest, run->slope[i]);
    }
    int claims = (run->traits & COD_TRAIT_NONCONFLICTING) != 0;
    if (highest < 0 && claims)
        return ASK_ALL;
    return mean < 0 ? ASK_SUM : ASK_NOTHING;
}

/* Whether each objective keeps its decrease so far, but for the share that may go. */
static int kept(const cod_armijo_options *options, const cod_run *run)
{
    for (size_t i = 0; i < run->m; i++) {
        double won = run->start_f[i] - run->lowest[i];
        if (run->next.f[i] > run->lowest[i] + options->give * won)
            return 0;
    }
    return 1;
}

static int all_enough(const cod_armijo_options *options, const cod_run *run)
{
    for (size_t i = 0; i < run->m; i++)
        if (!enough(options, run->at.f[i], run->next.f[i], run->slope[i],
                    run->slope_next[i], rounding(run, i)))
            return 0;
    return 1;
}

static int sum_enough(const cod_armijo_options *options, const cod_run *run)
{
    double f = 0, f_next = 0, slope = 0, slope_next = 0, noise = 0;
    for (size_t i = 0; i < run->m; i++) {
        double w = merit_weight(run, i);
        f += w * run->at.f[i];
        f_next += w * run->next.f[i];
        slope += w * run->slope[i];
        slope_next += w * run->slope_next[i];
        noise += w * rounding(run, i);
    }
    return enough(options, f, f_next, slope, slope_next, noise);
}

static int accepted(const cod_step_rule *rule, const cod_run *run, demand ask)
{
    const cod_armijo_options *options = rule->options;
    if (ask == ASK_SUM)
        return sum_enough(options, run);
    return all_enough(options, run) ||
           (rule->relaxed && kept(options, run) && sum_enough(options, run));
}

/* t times the fraction of the step just taken, of length t, at which the parabola
 * through both ends' slopes has its minimum; 0 where it has none or its bend is
 * rounding. */
static double minimum(double t, double slope, double slope_next, double noise)
{
    double bend = slope_next - slope;
    return slope < 0 && bend > noise ? t * (slope / -bend) : 0;
}

/* The next first trial: of all objectives the shortest, or that of the sum. */
static void learn(cod_step_rule *rule, const cod_run *run, demand ask, double t)
{
    const cod_armijo_options *options = rule->options;
    double shortest = INFINITY, slope = 0, slope_next = 0, noise = 0;
    for (size_t i = 0; i < run->m; i++) {
        const double *g = run->at.jacobian + i * run->n;
        double size = 0, w = merit_weight(run, i);
        for (size_t j = 0; j < run->n; j++)
            size += fabs(g[j] * run->move[j]);
        size *= 32 * DBL_EPSILON;
        double least = minimum(t, run->slope[i], run->slope_next[i], size);
        if (least > 0)
            shortest = fmin(shortest, least);
        slope += w * run->slope[i];
        slope_next += w * run->slope_next[i];
        noise += w * size;
    }
    double of_sum = minimum(t, slope, slope_next, noise);
    rule->relaxed = ask == ASK_ALL && options->give > 0 && shortest < 1e-3 * of_sum;
    double next = ask == ASK_ALL && !rule->relaxed ? shortest : of_sum;
    if (!(next > 0) || isinf(next))
        next = 4 * t; /* flat or concave: further */
    rule->trial = fmin(fmax(next, 1e-12), 1e12);
}

static double armijo_reach(cod_step_rule *rule, cod_run *run)
{
    (void)run;
    const cod_armijo_options *options = rule->options;
    return rule->trial > 0 ? rule->trial : options->first;
}

static cod_status armijo_advance(cod_step_rule *rule, cod_run *run)
{
    const cod_armijo_options *options = rule->options;
    cod_status failed = COD_STOPPED_STALLED;
    for (double t = run->reach; cod_run_place(run, t); t *= options->shrink) {
        cod_run_slopes(run, 0);
        demand ask = what_to_ask(run);
        if (ask == ASK_NOTHING)
            break;
        cod_status status = cod_run_evaluate(run);
        if (status == COD_ENONFINITE) {
            failed = status; /* too far, unless it is so all the way */
            continue;
        }
        if (status != COD_OK)
            return status;
        failed = COD_STOPPED_STALLED;
        cod_run_slopes(run, 1);
        if (!accepted(rule, run, ask))
            continue;
        learn(rule, run, ask, t);
        return COD_OK;
    }
    return failed;
}

const cod_rule_functions cod_armijo_functions = {NULL, NULL, armijo_reach,
                                                 armijo_advance, 0};
