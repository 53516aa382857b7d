/* SPDX-License-Identifier: MIT */
/* Options that several methods have. */
#include "solvers.h"

#include <float.h>
#include <string.h>

cod_status cod_check_shard(const cod_step *step, int64_t shard)
{
    if (shard == COD_AUTO_INT || (size_t)shard <= step->shards)
        return COD_OK;
    return cod_step_fail(step, COD_ESHAPE,
                         "option shard=%lld: the last shard is number %zu",
                         (long long)shard, step->shards);
}

cod_status cod_norm_over(const cod_step *step, int64_t shard, size_t i,
                         double *ret_norm)
{
    if (shard != COD_AUTO_INT)
        return cod_step_shard_norm(step, (size_t)shard - 1, i, ret_norm);
    *ret_norm = step->norms[i];
    return COD_OK;
}

/* ---- weights on the simplex ---- */

void cod_even(size_t m, double *x)
{
    for (size_t i = 0; i < m; i++)
        x[i] = 1 / (double)m;
}

void cod_simplex_step(size_t m, const double *products, double gamma, double rho,
                      double *lambda, double *ret_weights)
{
    for (size_t i = 0; i < m; i++) {
        double slope = rho * lambda[i];
        for (size_t j = 0; j < m; j++)
            slope += products[i * m + j] * lambda[j];
        ret_weights[i] = lambda[i] - gamma * slope;
    }
    cod_project_simplex(m, ret_weights);
    for (size_t i = 0; i < m; i++)
        lambda[i] = ret_weights[i];
}

/* ---- training ---- */

cod_status cod_check_trained(const cod_step *step, const double *x, const double *slope,
                             const double *second)
{
    for (size_t i = 0; i < step->m; i++)
        if (!(fabs(x[i]) <= DBL_MAX) || (second != NULL && !(second[i] <= DBL_MAX)))
            return cod_step_fail(step, COD_EOVERFLOW,
                                 "the parameter of objective %zu is not finite after "
                                 "its update, by a slope of %g",
                                 i + 1, slope[i]);
    return COD_OK;
}

cod_status cod_train_parameters(const cod_step *step, double *x, const double *slope,
                                double *first, double *second, int64_t *updates,
                                double lr)
{
    updates[0]++;
    cod_adam(step->m, x, slope, first, second, updates[0], lr);
    return cod_check_trained(step, x, slope, second);
}

/* ---- time ---- */

int64_t cod_time(const cod_step *step, int unit)
{
    return unit == COD_BY_STEP ? step->step : step->epoch;
}

int64_t cod_total(const cod_step *step, int unit)
{
    return unit == COD_BY_STEP ? step->steps : step->epochs;
}

double cod_ramp(int shape, double u)
{
    const double pi = 3.14159265358979323846;
    double until = fmin(1, u);
    switch (shape) {
    case COD_RAMP_COSINE:
        return 0.5 * (1 - cos(pi * until));
    case COD_RAMP_EXPONENTIAL:
        return expm1(5 * until) / expm1(5);
    case COD_RAMP_STEP:
        return u >= 1;
    case COD_RAMP_CYCLIC:
        return 0.5 * (1 - cos(2 * pi * u));
    default:
        return until;
    }
}

/* ---- what a wrapper can wrap ---- */

/* The first method of a tree that will not do, or NULL. */
static const char *find_misfit(const cod_solver *node, int own_rows)
{
    const cod_method *method = cod_solver_method(node);
    if (method->emit != NULL || (own_rows && method->rewrites))
        return method->name;
    const char *misfit = NULL;
    for (size_t k = 0; misfit == NULL && k < method->inner; k++)
        misfit = find_misfit(cod_solver_inner(node, k), own_rows);
    return misfit;
}

cod_status cod_check_inner(const cod_step *step, int own_rows)
{
    const char *misfit = find_misfit(step->solver, own_rows);
    if (misfit == NULL)
        return COD_OK;
    return cod_step_fail(step, COD_EUNSUPPORTED,
                         "works on weights of the gradients; %s makes its direction "
                         "without them",
                         misfit);
}

/* ---- lists ---- */

cod_status cod_check_each(const cod_step *step, const char *name, const cod_list *list)
{
    if (list->count <= 1 || list->count == step->m)
        return COD_OK;
    return cod_step_fail(step, COD_ESHAPE,
                         "option %s has %zu entries for %zu objectives", name,
                         list->count, step->m);
}

double cod_each(const cod_list *list, size_t i, double otherwise)
{
    if (list->count == 0)
        return otherwise;
    return list->values[list->count == 1 ? 0 : i];
}

/* ---- the dual cone ---- */

cod_status cod_check_preference(const cod_step *step, const cod_list *preference)
{
    double sum = 0;
    for (size_t i = 0; i < preference->count; i++)
        sum += preference->values[i];
    if (preference->count > 0 && (!(sum > 0) || isinf(sum)))
        return cod_step_fail(step, COD_EOPTION, "the preference sums to %g", sum);
    return cod_check_each(step, "preference", preference);
}

size_t cod_cone_work(const cod_step *step)
{
    return cod_cone_size(step->m) + step->m * step->m;
}

cod_status cod_cone_of_step(const cod_step *step, double ridge, double *work,
                            cod_cone **ret_cone)
{
    size_t m = step->m;
    const double *G = step->gramian;
    double *copy = work, trace = 0;
    for (size_t i = 0; i < m; i++)
        trace += G[i * m + i];
    if (ridge > 0) {
        memcpy(copy, G, m * m * sizeof *copy);
        for (size_t i = 0; i < m; i++)
            copy[i * m + i] += ridge * trace;
        G = copy;
    }
    *ret_cone = cod_cone_place(m, work + m * m);
    cod_status status = cod_cone_load(*ret_cone, G);
    return status == COD_OK
               ? COD_OK
               : cod_step_fail(step, status, "%s", cod_status_text(status));
}

/* Above this the weights mean nothing: the Gramian is indefinite by as much as is
 * accepted at all. */
#define WORST_KKT 1e-6

cod_status cod_project_cone(const cod_step *step, cod_cone *cone, const double *u,
                            double *v)
{
    cod_cone_info info;
    const double *start = step->step > 0 ? v : NULL;
    cod_status status = cod_cone_solve(cone, u, start, NULL, v, &info);
    if (status < COD_OK)
        return cod_step_fail(step, status, "%s", cod_status_text(status));
    if (info.kkt > WORST_KKT)
        return cod_step_fail(step, COD_ENUMERIC,
                             "the dual-cone solver stopped at kkt %.1e", info.kkt);
    step->certificate->kkt = fmax(step->certificate->kkt, info.kkt);
    step->certificate->iterations += info.iterations;
    step->certificate->known |= COD_KNOWN_KKT;
    return COD_OK;
}
