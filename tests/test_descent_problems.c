/* SPDX-License-Identifier: MIT */
/* Published problems from many starts at default settings: every returned point is
 * stationary by a computation of its own, and on the true front where it must be. */
#include "check.h"

#include "experiments/problems.h"
#include "lab/starts.h"

enum { STARTS = 100, MOST_N = 30, MOST_M = 3 };

static const char *const names[] = {"fonseca", "zdt1", "zdt2", "zdt3",
                                    "jos1",    "mop7", "dtlz2"};

static cod_problem *make(const char *text)
{
    size_t count;
    cod_problem *problem;
    const cod_problem_def *const *list = cod_problem_list(&count);
    assert_status(cod_problem_alloc(text, list, count, &problem, NULL), COD_OK);
    return problem;
}

/* ---- stationarity, computed apart ----
 *
 * The largest D(w) = min { (J'w).v + v.v/2 : lower <= x + v <= upper } over the
 * simplex, one weight at a time by bisection on the sign of its derivative g.v, in long
 * double. */

typedef struct dual {
    const cod_problem *problem;
    const double *x;
    double jacobian[MOST_M * MOST_N];
    long double w[MOST_M];
    long double v[MOST_N];
} dual;

static void minimise_v(dual *d)
{
    const cod_problem *p = d->problem;
    int bounded = (p->def->traits & COD_PROBLEM_BOUNDED) != 0;
    for (size_t j = 0; j < p->n; j++) {
        long double v = 0;
        for (size_t i = 0; i < p->m; i++)
            v -= d->w[i] * d->jacobian[i * p->n + j];
        if (bounded) {
            v = fmaxl(v, (long double)p->lower[j] - d->x[j]);
            v = fminl(v, (long double)p->upper[j] - d->x[j]);
        }
        d->v[j] = v;
    }
}

static long double along(const dual *d, size_t i)
{
    long double sum = 0;
    for (size_t j = 0; j < d->problem->n; j++)
        sum += d->jacobian[i * d->problem->n + j] * d->v[j];
    return sum;
}

/* The best w_i, ..., w_m of sum `rest`. */
static void maximise_from(dual *d, size_t i, long double rest)
{
    long double low = 0, high = 1;
    if (i + 1 == d->problem->m) {
        d->w[i] = rest;
        minimise_v(d);
        return;
    }
    for (int halving = 0; halving < 62; halving++) {
        long double share = (low + high) / 2, others = 0;
        d->w[i] = share * rest;
        maximise_from(d, i + 1, rest - d->w[i]);
        for (size_t k = i + 1; k < d->problem->m; k++)
            others += d->w[k] * along(d, k);
        *((1 - share) * rest * along(d, i) > others ? &low : &high) = share;
    }
}

static double stationarity(dual *d)
{
    long double square = 0;
    double f[MOST_M];
    assert_status(cod_problem_evaluate(d->problem, d->x, f, d->jacobian), COD_OK);
    maximise_from(d, 0, 1);
    for (size_t j = 0; j < d->problem->n; j++)
        square += d->v[j] * d->v[j];
    return (double)sqrtl(square);
}

/* ---- the true fronts of the convex problems ---- */

/* How far f is from the front; NAN where it need not be there: with a weight of nearly
 * 0 zdt1, which is not strictly convex, has critical points that are not Pareto points.
 */
static double front_gap(const dual *d, const double *f)
{
    const cod_problem *p = d->problem;
    if (strcmp(p->def->name, "zdt1") == 0)
        return fminl(d->w[0], d->w[1]) < 0.01L ? NAN : fabs(f[1] - (1 - sqrt(f[0])));
    if (strcmp(p->def->name, "jos1") == 0)
        return fabs(sqrt(f[0]) + sqrt(f[1]) - 2);
    /* mop7: the minimum of w'f, from its normal equations */
    static const double forms[3][2][4] = {{{1, 0, -2, 2}, {0, 1, 1, 13}},
                                          {{1, 1, -3, 36}, {-1, 1, 2, 8}},
                                          {{1, 2, -1, 175}, {-1, 2, 0, 17}}};
    static const double constants[3] = {3, -17, -13};
    long double a[3] = {0}, b[2] = {0}, gap = 0;
    for (size_t k = 0; k < 6; k++) {
        const double *form = forms[k / 2][k % 2];
        long double by = d->w[k / 2] / form[3];
        a[0] += by * form[0] * form[0];
        a[1] += by * form[0] * form[1];
        a[2] += by * form[1] * form[1];
        b[0] -= by * form[0] * form[2];
        b[1] -= by * form[1] * form[2];
    }
    long double det = a[0] * a[2] - a[1] * a[1];
    long double y[2] = {(a[2] * b[0] - a[1] * b[1]) / det,
                        (a[0] * b[1] - a[1] * b[0]) / det};
    for (size_t i = 0; i < 3; i++)
        gap += d->w[i] * (f[i] - constants[i]);
    for (size_t k = 0; k < 6; k++) {
        const double *form = forms[k / 2][k % 2];
        long double value = form[0] * y[0] + form[1] * y[1] + form[2];
        gap -= d->w[k / 2] * value * value / form[3];
    }
    return (double)fabsl(gap);
}

static int is_convex(const cod_problem *problem)
{
    return (problem->def->traits & COD_PROBLEM_CONVEX) != 0;
}

/* Returns how many points had to be on the true front. */
static size_t check_run(const cod_problem *problem, const char *method, const double *x,
                        const double *f, const cod_descent_result *result)
{
    dual d = {.problem = problem, .x = x};
    double norm = stationarity(&d);
    if (result->status != COD_STOPPED_STATIONARY || norm > 1e-6 * (1 + 1e-6) ||
        fabs(norm - result->stationarity) > 1e-10)
        fail_msg("%s on %s: %s, stationarity %.9g, found %.9g", method,
                 problem->def->name, cod_status_key(result->status), norm,
                 result->stationarity);
    if (!is_convex(problem))
        return 0;
    double gap = front_gap(&d, f);
    if (gap > 1e-5)
        fail_msg("%s on %s: %.3g off the true front", method, problem->def->name, gap);
    return !isnan(gap);
}

static size_t check(const char *name, const char *method)
{
    cod_problem *problem = make(name);
    double x[STARTS * MOST_N], f[STARTS * MOST_M];
    cod_descent_result results[STARTS];
    cod_message message;
    size_t on_front = 0;
    assert_status(cod_starts(problem, COD_STARTS_QUASI, STARTS, 1, x, &message),
                  COD_OK);
    if (cod_descend_many(problem, method, NULL, "armijo", NULL, STARTS, x, f, results,
                         &message) != COD_OK)
        fail_msg("%s on %s: %s", method, name, message.text);
    for (size_t k = 0; k < STARTS; k++)
        on_front += check_run(problem, method, x + k * problem->n, f + k * problem->m,
                              &results[k]);
    cod_problem_free(problem);
    return on_front;
}

static void test_descent_problems_mgda(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        size_t on_front = check(names[k], "mgda");
        if (strcmp(names[k], "jos1") == 0 || strcmp(names[k], "mop7") == 0)
            assert_int_equal(on_front, STARTS);
    }
}

static void test_descent_problems_linear(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        int three = strcmp(names[k], "mop7") == 0 || strcmp(names[k], "dtlz2") == 0;
        check(names[k], "linear");
        size_t on_front = check(names[k], three ? "linear(weights=0.3:0.6:0.1)"
                                                : "linear(weights=0.7:0.3)");
        check(names[k], three ? "linear(weights=1:8:2)" : "linear(weights=0.08:0.92)");
        if (strcmp(names[k], "jos1") == 0 || strcmp(names[k], "mop7") == 0 ||
            strcmp(names[k], "zdt1") == 0)
            assert_int_equal(on_front, STARTS);
    }
}

/* The computation above is not blind: known stationarities, in and out of bounds. */
static void test_descent_problems_stationarity_itself(void **state)
{
    cod_problem *problem = make("jos1");
    double x[2] = {3, 3};
    dual d = {.problem = problem, .x = x};
    (void)state;
    /* the nearer centre is 2: its gradient (1, 1) is the shortest */
    assert_close(stationarity(&d), sqrt(2), 1e-15, 0);
    x[1] = -1; /* gradients (3, -1) and (1, -3): the middle is (2, -2) */
    assert_close(stationarity(&d), sqrt(8), 1e-15, 0);
    assert_close((double)d.w[0], 0.5, 1e-15, 0);
    cod_problem_free(problem);
    problem = make("zdt1(n=2)");
    double at_bound[2] = {0.25, 0}; /* on the front: (-x_2) is blocked by the bound */
    d = (dual){.problem = problem, .x = at_bound};
    assert_close(stationarity(&d), 0, 0, 1e-15);
    at_bound[1] = 0.125;
    assert_true(stationarity(&d) > 0.1);
    cod_problem_free(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descent_problems_stationarity_itself),
        cmocka_unit_test(test_descent_problems_mgda),
        cmocka_unit_test(test_descent_problems_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
