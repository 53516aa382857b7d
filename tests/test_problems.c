/* SPDX-License-Identifier: MIT */
/* The problems' functions and derivatives: published values, independent
 * transcriptions, numerical differentiation; their options and their bounds. */
#include "sets.h"

#include "experiments/problems.h"

#include <gsl/gsl_deriv.h>

#define MOST 64

static cod_problem *make(const char *text)
{
    size_t count;
    cod_problem *problem;
    cod_message message = {""};
    const cod_problem_def *const *list = cod_problem_list(&count);
    if (cod_problem_alloc(text, list, count, &problem, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return problem;
}

/* ---- values ---- */

/* Values published with VectorOptimizationGroup/MOProblems.jl (13 to 14 digits), and
 * c = sum over i, j of (i + j/10) df_i/dx_j, by complex step. */
static const struct {
    const char *text;
    double x[6];
    double f[4];
    double c;
} published[] = {
    {"fonseca(n=4)",
     {0.3, -0.2, 0.6, 0.1},
     {0.50341469620859, 0.8997411562772},
     -0.21455759751662},
    {"jos1(n=4)", {0.3, 0.8, 0.15, 0.55}, {0.26375, 2.46375}, -5.845},
    {"mop7", {13.5, -27}, {121.125, 175.84375, 264.85613445378}, -27.765763305322},
    {"zdt1(n=4)", {0.3, 0.8, 0.15, 0.55}, {0.3, 4.2154767421335}, 14.886929375846},
    {"zdt2(n=4)", {0.3, 0.8, 0.15, 0.55}, {0.3, 5.4836363636364}, 21.632495867769},
    {"zdt3(n=4)", {0.35, 0.8, 0.15, 0.55}, {0.35, 4.4625563074488}, 17.126752155455},
    {"dtlz2(m=4, n=6)",
     {0.6, 0.35, 0.7, 0.2, 0.9, 0.45},
     {0.28497644948251, 0.55929777357594, 0.38466398073173, 1.0132937854546},
     1.1820709009505},
};

static void test_problems_published_values(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        cod_problem *problem = make(published[k].text);
        double f[4], jacobian[24], c = 0, size = 0;
        assert_status(cod_problem_evaluate(problem, published[k].x, f, jacobian),
                      COD_OK);
        for (size_t i = 0; i < problem->m; i++) {
            assert_close(f[i], published[k].f[i], 1e-13, 0);
            for (size_t j = 0; j < problem->n; j++) {
                double term = ((double)i + 1 + ((double)j + 1) / 10) *
                              jacobian[i * problem->n + j];
                c += term;
                size += fabs(term);
            }
        }
        assert_close(c, published[k].c, 1e-12, 1e-13 * size);
        cod_problem_free(problem);
    }
}

/* Kim and de Weck's functions, typed from the formula, in long double. */
static void kw2(const double *at, long double *f)
{
    long double x = at[0], y = at[1], bell = expl(-x * x - y * y);
    f[0] = -3 * (1 - x) * (1 - x) * expl(-x * x - (y + 1) * (y + 1)) +
           10 * (x / 5 - powl(x, 3) - powl(y, 5)) * bell +
           3 * expl(-(x + 2) * (x + 2) - y * y) - (2 * x + y) / 2;
    f[1] = -3 * (1 + y) * (1 + y) * expl(-y * y - (1 - x) * (1 - x)) +
           10 * (-y / 5 + powl(y, 3) + powl(x, 5)) * bell +
           3 * expl(-(2 - y) * (2 - y) - x * x);
}

/* The toy, with its published branches. */
static void toy2d(const double *at, long double *f)
{
    long double x = at[0], y = at[1], t = tanhl(y), gate = tanhl(y / 2);
    long double u[2] = {0.5L * (-x - 7) + t, 0.5L * (-x + 3) - t + 2};
    long double q[2] = {(7 - x) * (7 - x), (x + 7) * (x + 7)};
    for (size_t k = 0; k < 2; k++) {
        long double log_part = logl(fmaxl(fabsl(u[k]), 5e-6L)) + 6;
        long double quadratic = (q[k] + 0.1L * (y + 8) * (y + 8)) / 10 - 20;
        f[k] = log_part * fmaxl(gate, 0) + quadratic * fmaxl(-gate, 0);
    }
}

static void test_problems_transcriptions_agree(void **state)
{
    (void)state;
    void (*const functions[])(const double *, long double *) = {kw2, toy2d, toy2d};
    const char *const texts[] = {"kw2", "toy2d", "toy2d(scale=0.1)"};
    uint64_t seed = 1;
    for (size_t p = 0; p < 3; p++) {
        cod_problem *problem = make(texts[p]);
        for (int trial = 0; trial < 3000; trial++) {
            double x[2], f[2];
            long double expected[2];
            for (size_t j = 0; j < 2; j++)
                x[j] = problem->lower[j] +
                       draw(&seed) * (problem->upper[j] - problem->lower[j]);
            functions[p](x, expected);
            expected[0] *= p == 2 ? 0.1L : 1;
            assert_status(cod_problem_evaluate(problem, x, f, NULL), COD_OK);
            for (size_t i = 0; i < 2; i++)
                assert_close(f[i], (double)expected[i], 1e-12, 1e-12);
        }
        cod_problem_free(problem);
    }
}

/* Equality passes the gradient of the gates at x_2 = 0: both count. */
static void test_problems_toy2d_at_its_edges(void **state)
{
    (void)state;
    cod_problem *problem = make("toy2d");
    double f[2], j[4], origin[2] = {0, 0}, centre[2] = {0, -8.3551};
    assert_status(cod_problem_evaluate(problem, origin, f, j), COD_OK);
    assert_close(f[0], 0, 0, 0);
    assert_close(f[1], 0, 0, 0);
    assert_close(j[0], 0, 0, 0);
    assert_close(j[1], 10.8563815, 0, 5e-8);
    assert_close(j[2], 0, 0, 0);
    assert_close(j[3], 10.8563815, 0, 5e-8);
    assert_status(cod_problem_evaluate(problem, centre, f, NULL), COD_OK);
    assert_close(f[0], -15.0916, 0, 5e-5);
    assert_close(f[1], -15.0916, 0, 5e-5);
    /* u_1 = 0 to rounding: below the floor there is no gradient of the logarithm, so
     * only the gate's slope is left */
    double x[2] = {2 * tanh(1) - 7, 1}, gate = tanh(0.5);
    assert_status(cod_problem_evaluate(problem, x, f, j), COD_OK);
    assert_close(f[0], (log(5e-6) + 6) * gate, 1e-14, 0);
    assert_close(j[0], 0, 0, 0);
    assert_close(j[1], (log(5e-6) + 6) * (1 - gate * gate) / 2, 1e-14, 0);
    /* just above the floor there is one: du/dx_1 / u */
    x[0] -= 2 * 6e-6;
    assert_status(cod_problem_evaluate(problem, x, f, j), COD_OK);
    assert_close(j[0], -0.5 / 6e-6 * gate, 1e-9, 0);
    cod_problem_free(problem);
}

static void test_problems_toy2d_starts(void **state)
{
    (void)state;
    cod_problem *problem = make("toy2d");
    const double expected[3][2] = {{-8.5, 7.5}, {-8.5, -5}, {9, 9}};
    double x[2];
    for (size_t k = 0; k < 3; k++) {
        assert_true(problem->def->start(problem, k, x));
        assert_memory_equal(x, expected[k], sizeof x);
    }
    assert_false(problem->def->start(problem, 3, x));
    cod_problem_free(problem);
}

/* ---- derivatives ---- */

typedef struct line {
    const cod_problem *problem;
    double x[MOST];
    size_t objective, variable;
} line;

static double value_at(double t, void *data)
{
    line l = *(line *)data;
    double f[MOST];
    l.x[l.variable] = t;
    assert_status(cod_problem_evaluate(l.problem, l.x, f, NULL), COD_OK);
    return f[l.objective];
}

/* Away from the kink of toy2d and the poles of its logarithms. */
static int is_smooth(const cod_problem *problem, const double *x)
{
    if (strcmp(problem->def->name, "toy2d") != 0)
        return 1;
    return fabs(x[1]) > 0.05 && fabs((-x[0] - 7) / 2 + tanh(x[1])) > 0.05 &&
           fabs((-x[0] + 3) / 2 - tanh(x[1]) + 2) > 0.05;
}

static void check_derivatives(line *l)
{
    const cod_problem *problem = l->problem;
    double f[MOST], jacobian[MOST * MOST];
    assert_status(cod_problem_evaluate(problem, l->x, f, jacobian), COD_OK);
    for (l->objective = 0; l->objective < problem->m; l->objective++) {
        const double *row = jacobian + l->objective * problem->n;
        double largest = fabs(f[l->objective]);
        for (size_t j = 0; j < problem->n; j++)
            largest = fmax(largest, fabs(row[j]));
        for (l->variable = 0; l->variable < problem->n; l->variable++) {
            gsl_function function = {value_at, l};
            double numerical, error;
            gsl_deriv_central(&function, l->x[l->variable], 1e-3, &numerical, &error);
            assert_close(row[l->variable], numerical, 0, 1e-8 * largest);
        }
    }
}

static void test_problems_jacobians_are_derivatives(void **state)
{
    (void)state;
    const char *const texts[] = {
        "fonseca", "fonseca(n=20)", "jos1",  "jos1(n=7)",       "zdt1",
        "zdt2",    "zdt3",          "dtlz2", "dtlz2(m=5)",      "dtlz2(m=2, n=2)",
        "mop7",    "kw2",           "toy2d", "toy2d(scale=0.1)"};
    uint64_t seed = 2;
    for (size_t p = 0; p < sizeof texts / sizeof *texts; p++) {
        cod_problem *problem = make(texts[p]);
        for (int trial = 0; trial < 30; trial++) {
            line l = {.problem = problem};
            for (size_t j = 0; j < problem->n; j++) {
                double width = problem->upper[j] - problem->lower[j];
                l.x[j] = problem->lower[j] + (0.02 + 0.96 * draw(&seed)) * width;
            }
            if (is_smooth(problem, l.x))
                check_derivatives(&l);
        }
        cod_problem_free(problem);
    }
}

/* ---- options and bounds ---- */

static void check_size(const char *text, size_t m, size_t n, double lower, double upper)
{
    cod_problem *problem = make(text);
    assert_int_equal(problem->m, m);
    assert_int_equal(problem->n, n);
    for (size_t j = 1; j < n; j++) {
        assert_close(problem->lower[j], lower, 0, 0);
        assert_close(problem->upper[j], upper, 0, 0);
    }
    double first = strncmp(text, "zdt", 3) == 0 ? 1e-12 : lower;
    assert_close(problem->lower[0], first, 0, 0);
    cod_problem_free(problem);
}

static void test_problems_sizes_and_boxes(void **state)
{
    (void)state;
    check_size("fonseca", 2, 2, -1, 1);
    check_size("fonseca(n=20)", 2, 20, -1, 1);
    check_size("jos1", 2, 2, -100, 100);
    check_size("jos1(n=1)", 2, 1, -100, 100);
    check_size("zdt1", 2, 30, 0, 1);
    check_size("zdt2(n=2)", 2, 2, 0, 1);
    check_size("zdt3", 2, 30, 0, 1);
    check_size("dtlz2", 3, 12, 0, 1);
    check_size("dtlz2(m=5)", 5, 14, 0, 1);
    check_size("dtlz2(n=3)", 3, 3, 0, 1);
    check_size("mop7", 3, 2, -400, 400);
    check_size("kw2", 2, 2, -3, 3);
    check_size("toy2d", 2, 2, -10, 10);
}

static void check_error(const char *text, cod_status status, const char *expected)
{
    size_t count;
    cod_problem *problem;
    cod_message message;
    const cod_problem_def *const *list = cod_problem_list(&count);
    assert_status(cod_problem_alloc(text, list, count, &problem, &message), status);
    assert_string_equal(message.text, expected);
}

static void test_problems_option_errors(void **state)
{
    (void)state;
    check_error("fonseca(n=0)", COD_EOPTION,
                "fonseca: option n=0 is not a whole number in [1, 1e+07]");
    check_error("zdt1(n=1)", COD_EOPTION,
                "zdt1: option n=1 is not a whole number in [2, 1e+07]");
    check_error("dtlz2(m=1)", COD_EOPTION,
                "dtlz2: option m=1 is not a whole number in [2, 100]");
    check_error("dtlz2(m=5, n=4)", COD_EOPTION,
                "dtlz2: the options m=5, n=4 do not go together");
    check_error("toy2d(scale=0)", COD_EOPTION,
                "toy2d: option scale=0 is not a number in (0, 1e+06]");
    check_error("toy2d(scal=1)", COD_ENAME,
                "unknown option of toy2d 'scal'; did you mean 'scale'?");
    check_error("mop7(n=3)", COD_ENAME, "mop7 has no option 'n': it takes none");
    check_error("ztd1", COD_ENAME, "unknown problem 'ztd1'; did you mean 'zdt1'?");
}

/* Bounded problems are ZDT, DTLZ2 and KW2; the others take any finite x. */
static void test_problems_outside_the_box(void **state)
{
    (void)state;
    size_t count;
    const cod_problem_def *const *list = cod_problem_list(&count);
    for (size_t p = 0; p < count; p++) {
        cod_problem *problem = make(list[p]->name);
        const char *name = list[p]->name;
        int bounded = strncmp(name, "zdt", 3) == 0 || strcmp(name, "dtlz2") == 0 ||
                      strcmp(name, "kw2") == 0;
        double x[MOST], f[MOST], jacobian[MOST * MOST];
        for (size_t j = 0; j < problem->n; j++)
            x[j] = (problem->lower[j] + problem->upper[j]) / 2;
        for (size_t side = 0; side < 2; side++)
            for (size_t j = 0; j < problem->n; j += problem->n - 1) {
                double kept = x[j], bound = (side ? problem->upper : problem->lower)[j];
                x[j] = bound;
                assert_status(cod_problem_evaluate(problem, x, f, jacobian), COD_OK);
                x[j] = nextafter(bound, side ? INFINITY : -INFINITY);
                assert_status(cod_problem_evaluate(problem, x, f, jacobian),
                              bounded ? COD_EDOMAIN : COD_OK);
                x[j] = NAN;
                assert_status(cod_problem_evaluate(problem, x, f, jacobian),
                              COD_ENONFINITE);
                x[j] = kept;
            }
        cod_problem_free(problem);
    }
}

static void test_problems_descriptions_are_complete(void **state)
{
    (void)state;
    size_t count;
    const cod_problem_def *const *list = cod_problem_list(&count);
    assert_int_equal(count, 9);
    for (size_t p = 0; p < count; p++) {
        const cod_problem_def *def = list[p];
        assert_true(strlen(def->summary) > 0 && strlen(def->summary) < 80);
        assert_non_null(strpbrk(def->citation, "12"));
        assert_true(def->bibtex[0] == '@');
        assert_true(strcmp(def->bibtex + strlen(def->bibtex) - 3, "\n}\n") == 0);
        assert_true(def->size && def->box && def->evaluate && def->reference);
        for (size_t k = 0; k < p; k++)
            assert_string_not_equal(def->name, list[k]->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems_published_values),
        cmocka_unit_test(test_problems_transcriptions_agree),
        cmocka_unit_test(test_problems_toy2d_at_its_edges),
        cmocka_unit_test(test_problems_toy2d_starts),
        cmocka_unit_test(test_problems_jacobians_are_derivatives),
        cmocka_unit_test(test_problems_sizes_and_boxes),
        cmocka_unit_test(test_problems_option_errors),
        cmocka_unit_test(test_problems_outside_the_box),
        cmocka_unit_test(test_problems_descriptions_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
