/* SPDX-License-Identifier: MIT */
/* The problems' known fronts: on the published curve, nondominated, not to be beaten by
 * any point that a search finds, complete, evenly spread; and the reference points. */
#include "sets.h"

#include <codescent/front.h>

#include "experiments/problems.h"

#define MOST  30
#define COUNT 400

static cod_problem *make(const char *text)
{
    size_t count;
    cod_problem *problem;
    const cod_problem_def *const *list = cod_problem_list(&count);
    assert_status(cod_problem_alloc(text, list, count, &problem, NULL), COD_OK);
    return problem;
}

static const char *const all[] = {
    "fonseca",    "fonseca(n=5)",
    "jos1",       "jos1(n=7)",
    "zdt1",       "zdt1(n=4)",
    "zdt2",       "zdt3",
    "dtlz2",      "mop7",
    "kw2",        "toy2d",
    "dtlz2(m=2)", "toy2d(scale=0.1)",
};
#define ALL (sizeof all / sizeof *all)

/* ---- where the fronts lie ---- */

/* Each is 0 on the front, from its formula in the literature. */
static double fonseca_2(const double *f)
{
    double t = sqrt(-log1p(-f[0])) - 2; /* x = (1 - t')/sqrt n along the front */
    return f[1] - (1 - exp(-t * t));
}

static double jos1_any(const double *f)
{
    double root = sqrt(f[0]);
    return f[1] - (root - 2) * (root - 2);
}

static double zdt1_any(const double *f)
{
    return f[1] - (1 - sqrt(f[0]));
}

static double zdt2_any(const double *f)
{
    return f[1] - (1 - f[0] * f[0]);
}

static double zdt3_any(const double *f)
{
    return f[1] - (1 - sqrt(f[0]) - f[0] * sin(10 * acos(-1) * f[0]));
}

static double dtlz2_3(const double *f)
{
    return f[0] * f[0] + f[1] * f[1] + f[2] * f[2] - 1;
}

static double dtlz2_2(const double *f)
{
    return f[0] * f[0] + f[1] * f[1] - 1;
}

static void test_fronts_follow_the_formulas(void **state)
{
    (void)state;
    const struct {
        const char *text;
        double (*residual)(const double *f);
    } formulas[] = {
        {"fonseca", fonseca_2},  {"fonseca(n=9)", fonseca_2}, {"jos1", jos1_any},
        {"jos1(n=7)", jos1_any}, {"zdt1", zdt1_any},          {"zdt2", zdt2_any},
        {"zdt3", zdt3_any},      {"dtlz2", dtlz2_3},          {"dtlz2(m=2)", dtlz2_2}};
    for (size_t p = 0; p < sizeof formulas / sizeof *formulas; p++) {
        cod_problem *problem = make(formulas[p].text);
        double f[3 * COUNT];
        size_t count = problem->def->front(problem, COUNT, f);
        assert_in_range(count, COUNT * 9 / 10, COUNT);
        for (size_t k = 0; k < count; k++)
            assert_close(formulas[p].residual(f + k * problem->m), 0, 0, 1e-13);
        cod_problem_free(problem);
    }
}

/* ---- Pareto optimality ---- */

static void test_fronts_are_nondominated(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL; p++) {
        cod_problem *problem = make(all[p]);
        double f[3 * COUNT];
        unsigned char keep[COUNT];
        size_t count = problem->def->front(problem, COUNT, f), kept;
        assert_status(cod_front_nondominated(problem->m, count, f, 0, keep, &kept),
                      COD_OK);
        if (kept != count)
            fail_msg("%s: %zu of %zu", all[p], kept, count);
        cod_problem_free(problem);
    }
}

/* How far a beats b: the least improvement over the objectives. */
static double lead(size_t m, const double *a, const double *b)
{
    double least = INFINITY;
    for (size_t i = 0; i < m; i++)
        least = fmin(least, b[i] - a[i]);
    return least;
}

static void check_not_beaten(const cod_problem *problem, const double *x,
                             const double *front, size_t count)
{
    double f[3];
    assert_status(cod_problem_evaluate(problem, x, f, NULL), COD_OK);
    for (size_t k = 0; k < count; k++) {
        const double *known = front + k * problem->m;
        if (lead(problem->m, f, known) > 1e-12)
            fail_msg("%s: (%.9g, %.9g) dominates (%.9g, %.9g) of the front",
                     problem->def->name, f[0], f[1], known[0], known[1]);
    }
}

/* Most variables at one of their bounds or in the middle: there are the fronts of the
 * problems of many variables. */
static void draw_x(const cod_problem *problem, uint64_t *seed, double *x)
{
    static const double often[3] = {0, 0.5, 1};
    int plain = draw_int(seed, 1);
    for (size_t j = 0; j < problem->n; j++) {
        double u = plain || j == 0 || draw_int(seed, 9) == 0 ? draw(seed)
                                                             : often[draw_int(seed, 2)];
        x[j] = problem->lower[j] + u * (problem->upper[j] - problem->lower[j]);
    }
}

static void test_fronts_are_not_beaten(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (size_t p = 0; p < ALL; p++) {
        cod_problem *problem = make(all[p]);
        double f[3 * 60], x[MOST];
        size_t count = problem->def->front(problem, 60, f);
        for (int trial = 0; trial < 20000; trial++) {
            draw_x(problem, &seed, x);
            check_not_beaten(problem, x, f, count);
        }
        cod_problem_free(problem);
    }
}

/* The two-variable ones, over a whole grid: local fronts are found as well. */
static void test_fronts_are_not_beaten_on_a_grid(void **state)
{
    (void)state;
    const char *const texts[] = {"kw2", "toy2d", "mop7"};
    for (size_t p = 0; p < 3; p++) {
        cod_problem *problem = make(texts[p]);
        double f[3 * 60];
        size_t count = problem->def->front(problem, 60, f);
        for (int a = 0; a <= 500; a++)
            for (int b = 0; b <= 500; b++) {
                double x[2] = {problem->lower[0] +
                                   a / 500.0 * (problem->upper[0] - problem->lower[0]),
                               problem->lower[1] +
                                   b / 500.0 * (problem->upper[1] - problem->lower[1])};
                check_not_beaten(problem, x, f, count);
            }
        cod_problem_free(problem);
    }
}

/* ---- completeness ---- */

/* Every point of the domain is weakly dominated by a front that is complete, up to the
 * distance between its points. */
static void test_fronts_are_complete(void **state)
{
    (void)state;
    const struct {
        const char *text;
        double gap; /* of 2000 points, as a share of the front's extent */
    } cases[] = {{"fonseca", 2e-3},   {"jos1", 2e-3}, {"zdt1(n=4)", 2e-3},
                 {"zdt3(n=3)", 2e-3}, {"kw2", 2e-3},  {"toy2d", 2e-3},
                 {"mop7", 0.2}};
    static double f[3 * 2000];
    uint64_t seed = 4;
    for (size_t p = 0; p < sizeof cases / sizeof *cases; p++) {
        cod_problem *problem = make(cases[p].text);
        size_t m = problem->m, count = problem->def->front(problem, 2000, f);
        double extent = 0, x[MOST], here[3];
        for (size_t k = 0; k < count; k++)
            for (size_t i = 0; i < m; i++)
                extent = fmax(extent, fabs(f[k * m + i] - f[i]));
        for (int trial = 0; trial < 3000; trial++) {
            draw_x(problem, &seed, x);
            assert_status(cod_problem_evaluate(problem, x, here, NULL), COD_OK);
            double best = -INFINITY;
            for (size_t k = 0; k < count; k++)
                best = fmax(best, lead(m, f + k * m, here));
            if (best < -cases[p].gap * extent)
                fail_msg("%s: nothing of the front covers (%g, %g), by %g",
                         cases[p].text, here[0], here[1], -best);
        }
        cod_problem_free(problem);
    }
}

/* The area above a curve of the plane, where there is a formula. */
static void test_fronts_hypervolumes(void **state)
{
    (void)state;
    static double f[3 * 20000];
    const double pi = acos(-1);
    const struct {
        const char *text;
        double expected, atol;
    } cases[] = {{"zdt1", 2.0 / 3 + 0.1 + 0.11, 1e-4},
                 {"zdt2", 1.0 / 3 + 0.1 + 0.11, 1e-4},
                 {"dtlz2(m=2)", 1.21 - pi / 4, 1e-4},
                 /* the lattice has steps of 1/198: it misses a layer that thin */
                 {"dtlz2", 1.331 - pi / 6, 1.0 / 198},
                 /* 4.4^2 less the area below (sqrt f - 2)^2, 8/3, and f > 4 */
                 {"jos1", 4.4 * 4.4 - 8.0 / 3, 1e-3}};
    for (size_t p = 0; p < sizeof cases / sizeof *cases; p++) {
        cod_problem *problem = make(cases[p].text);
        size_t count = problem->def->front(problem, 20000, f);
        double reference[3], volume;
        problem->def->reference(problem, reference);
        assert_status(cod_hypervolume(problem->m, count, f, reference, &volume),
                      COD_OK);
        assert_close(volume, cases[p].expected, 0, cases[p].atol);
        cod_problem_free(problem);
    }
}

/* ---- spread and reference points ---- */

/* Along a front of two objectives no step is longer than the mean by more than rounding
 * and curvature explain, but for the gaps between its pieces. (Two of the three arcs of
 * kw2 meet in the space of objectives.) */
static void test_fronts_are_even(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL; p++) {
        cod_problem *problem = make(all[p]);
        double f[3 * COUNT], length = 0;
        size_t m = problem->m, gaps = 0;
        size_t count = m == 2 ? problem->def->front(problem, COUNT, f) : 0;
        for (size_t k = 1; k < count; k++)
            length += hypot(f[2 * k] - f[2 * k - 2], f[2 * k + 1] - f[2 * k - 1]);
        for (size_t k = 1; k < count; k++) {
            double step = hypot(f[2 * k] - f[2 * k - 2], f[2 * k + 1] - f[2 * k - 1]);
            gaps += step > 2 * length / (double)count;
        }
        size_t pieces = strcmp(all[p], "zdt3") == 0  ? 5
                        : strcmp(all[p], "kw2") == 0 ? 2
                                                     : 1;
        assert_int_equal(gaps, pieces - 1);
        cod_problem_free(problem);
    }
}

static void test_problems_reference_points(void **state)
{
    (void)state;
    static double f[3 * 20000];
    for (size_t p = 0; p < ALL; p++) {
        cod_problem *problem = make(all[p]);
        size_t m = problem->m, count = problem->def->front(problem, 20000, f);
        double reference[3];
        problem->def->reference(problem, reference);
        for (size_t i = 0; i < m; i++) {
            double ideal = INFINITY, nadir = -INFINITY;
            for (size_t k = 0; k < count; k++) {
                ideal = fmin(ideal, f[k * m + i]);
                nadir = fmax(nadir, f[k * m + i]);
            }
            if (strncmp(all[p], "zdt", 3) == 0 || strncmp(all[p], "dtlz", 4) == 0)
                assert_close(reference[i], 1.1, 0, 0);
            else if (strncmp(all[p], "fonseca", 7) == 0)
                assert_close(reference[i], 1, 0, 0);
            else
                assert_close(reference[i], ideal + 1.1 * (nadir - ideal), 0,
                             1e-9 * (nadir - ideal));
        }
        cod_problem_free(problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fronts_follow_the_formulas),
        cmocka_unit_test(test_fronts_are_nondominated),
        cmocka_unit_test(test_fronts_are_not_beaten),
        cmocka_unit_test(test_fronts_are_not_beaten_on_a_grid),
        cmocka_unit_test(test_fronts_are_complete),
        cmocka_unit_test(test_fronts_hypervolumes),
        cmocka_unit_test(test_fronts_are_even),
        cmocka_unit_test(test_problems_reference_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
