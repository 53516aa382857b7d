/* SPDX-License-Identifier: MIT */
/* cod_bounded against weak duality in long double, which no error of the solver can
 * fool: for any w in the simplex and any v in the box
 *
 *     primal(v) = max_i g_i.v + v.v/2  >=  dual(w) = sum_j min_{v_j} c_j v_j + v_j^2/2,
 *
 * c = J'w, and primal is strongly convex, so |v - v*|^2 / 2 <= primal(v) - dual(w). */
#include "check.h"

typedef struct sample {
    size_t m, n;
    double jacobian[10 * 50], down[50], up[50];
    double w[10], v[50], norm, kkt;
} sample;

static double uniform(cod_random *random)
{
    double u = cod_random_uniform(*random, 0);
    random->step++;
    return u;
}

static double normal(cod_random *random)
{
    double z = cod_random_normal(*random, 0);
    random->step++;
    return z;
}

static double room(cod_random *random, double scale)
{
    double kind = uniform(random);
    return kind < 0.25 ? 0 : kind < 0.45 ? INFINITY : scale * uniform(random);
}

/* Rows over `decades`; some parallel, opposite up to 1e-8, or zero. */
static void draw(sample *s, cod_random *random, double decades)
{
    s->m = 2 + (size_t)(9 * uniform(random));
    s->n = 1 + (size_t)(50 * uniform(random));
    double scale = pow(10, -2 + 3 * uniform(random)), smallest = INFINITY;
    for (size_t i = 0; i < s->m; i++) {
        double *row = s->jacobian + i * s->n;
        double size = pow(10, decades * (uniform(random) - 0.5));
        double special = uniform(random);
        smallest = fmin(smallest, size);
        for (size_t j = 0; j < s->n; j++) {
            row[j] = size * normal(random);
            if (i > 0 && special < 0.05)
                row[j] = s->jacobian[j];
            else if (i > 0 && special < 0.1)
                row[j] = -s->jacobian[j] * (1 + 1e-8 * normal(random));
            else if (special > 0.995)
                row[j] = 0;
        }
    }
    for (size_t j = 0; j < s->n; j++) {
        s->down[j] = -room(random, scale * smallest);
        s->up[j] = room(random, scale * smallest);
    }
}

static void solve(sample *s)
{
    cod_bounded *ws;
    assert_status(cod_bounded_alloc(s->m, s->n, &ws), COD_OK);
    assert_status(cod_bounded_solve(ws, s->jacobian, s->down, s->up, s->w, s->v,
                                    &s->norm, &s->kkt),
                  COD_OK);
    cod_bounded_free(ws);
}

static long double row_norm(const sample *s, size_t i)
{
    long double sum = 0;
    for (size_t j = 0; j < s->n; j++)
        sum += (long double)s->jacobian[i * s->n + j] * s->jacobian[i * s->n + j];
    return sqrtl(sum);
}

static long double primal(const sample *s, const double *v)
{
    long double most = -INFINITY, half = 0;
    for (size_t i = 0; i < s->m; i++) {
        long double sum = 0;
        for (size_t j = 0; j < s->n; j++)
            sum += (long double)s->jacobian[i * s->n + j] * v[j];
        most = fmaxl(most, sum);
    }
    for (size_t j = 0; j < s->n; j++)
        half += (long double)v[j] * v[j] / 2;
    return most + half;
}

static long double dual(const sample *s, const double *w)
{
    long double total = 0, sum_w = 0;
    for (size_t i = 0; i < s->m; i++)
        sum_w += w[i];
    for (size_t j = 0; j < s->n; j++) {
        long double c = 0;
        for (size_t i = 0; i < s->m; i++)
            c += w[i] / sum_w * s->jacobian[i * s->n + j];
        long double v = fminl(fmaxl(-c, s->down[j]), s->up[j]);
        total += c * v + v * v / 2;
    }
    return total;
}

static long double weighted_norms(const sample *s)
{
    long double total = 0;
    for (size_t i = 0; i < s->m; i++)
        total += s->w[i] * row_norm(s, i);
    return total;
}

static void check_point(const sample *s)
{
    double sum = 0, norm2 = 0;
    for (size_t i = 0; i < s->m; i++) {
        assert_true(s->w[i] >= 0);
        sum += s->w[i];
    }
    assert_close(sum, 1, 1e-14, 0);
    for (size_t j = 0; j < s->n; j++) {
        assert_true(s->v[j] >= s->down[j] && s->v[j] <= s->up[j]);
        norm2 += s->v[j] * s->v[j];
    }
    assert_close(s->norm, sqrt(norm2), 1e-13, 0);
}

/* The certificate again, in long double, with v from w. */
static long double kkt_of(const sample *s)
{
    long double v[50], slope[10], mean = 0, worst = 0;
    for (size_t j = 0; j < s->n; j++) {
        long double c = 0;
        for (size_t i = 0; i < s->m; i++)
            c += (long double)s->w[i] * s->jacobian[i * s->n + j];
        v[j] = fminl(fmaxl(-c, s->down[j]), s->up[j]);
    }
    for (size_t i = 0; i < s->m; i++) {
        slope[i] = 0;
        for (size_t j = 0; j < s->n; j++)
            slope[i] += s->jacobian[i * s->n + j] * v[j];
        mean += s->w[i] * slope[i];
    }
    for (size_t i = 0; i < s->m; i++) {
        long double e = slope[i] - mean;
        e = s->w[i] > 0 ? fabsl(e) : fmaxl(e, 0);
        if (e > 0)
            worst = fmaxl(worst, e / (row_norm(s, i) * weighted_norms(s)));
    }
    return worst;
}

static void test_solve_random_certificate(void **state)
{
    (void)state;
    cod_random random = {.seed = 3};
    const double decades[] = {0, 3, 6, 12};
    for (int k = 0; k < 4000; k++) {
        sample s;
        draw(&s, &random, decades[k % 4]);
        solve(&s);
        check_point(&s);
        assert_true(s.kkt <= 1e-12);
        assert_true(kkt_of(&s) <= 1e-12);
    }
}

static void test_solve_random_duality_gap(void **state)
{
    (void)state;
    cod_random random = {.seed = 4};
    for (int k = 0; k < 4000; k++) {
        sample s;
        draw(&s, &random, k % 4);
        solve(&s);
        long double gap = primal(&s, s.v) - dual(&s, s.w), unit = weighted_norms(&s);
        assert_true(gap <= 1e-12L * unit * unit);
    }
}

/* The statement itself: no point of a grid over the box is better. */
static void test_solve_small_against_grid(void **state)
{
    (void)state;
    cod_random random = {.seed = 5};
    for (int k = 0; k < 100; k++) {
        sample s = {.m = 3, .n = 2};
        for (int i = 0; i < 6; i++)
            s.jacobian[i] = normal(&random);
        for (int j = 0; j < 2; j++) {
            s.down[j] = -uniform(&random);
            s.up[j] = uniform(&random);
        }
        solve(&s);
        long double least = INFINITY;
        for (int a = 0; a <= 100; a++)
            for (int b = 0; b <= 100; b++) {
                double v[2] = {s.down[0] + (s.up[0] - s.down[0]) * a / 100,
                               s.down[1] + (s.up[1] - s.down[1]) * b / 100};
                least = fminl(least, primal(&s, v));
            }
        assert_true(primal(&s, s.v) <= least + 1e-15L);
        assert_true(primal(&s, s.v) >= least - 0.2L);
    }
}

/* By hand: g = (1, 0), (0, 1); without bounds v = -(1/2, 1/2). With v_1 >= -1/4 and w
 * the first weight: c = (w, 1 - w), v = (-1/4, w - 1), and g_1.v = g_2.v at w = 3/4. */
static void test_solve_two_by_hand(void **state)
{
    (void)state;
    sample s = {.m = 2, .n = 2, .jacobian = {1, 0, 0, 1}};
    for (int j = 0; j < 2; j++) {
        s.down[j] = -INFINITY;
        s.up[j] = INFINITY;
    }
    solve(&s);
    assert_close(s.v[0], -0.5, 1e-15, 0);
    assert_close(s.v[1], -0.5, 1e-15, 0);
    s.down[0] = -0.25;
    solve(&s);
    assert_true(s.v[0] == -0.25);
    assert_close(s.v[1], -0.25, 1e-15, 0);
    assert_close(s.w[0], 0.75, 1e-15, 0);
    s.down[0] = 0; /* objective 1 cannot fall: v = 0 */
    solve(&s);
    assert_true(s.norm == 0 && s.w[0] == 1);
}

static void test_solve_one_objective_is_a_clip(void **state)
{
    (void)state;
    sample s = {.m = 1, .n = 4, .jacobian = {3, -2, 0.3, 0}};
    for (int j = 0; j < 4; j++) {
        s.down[j] = -0.7;
        s.up[j] = j == 1 ? INFINITY : 0.1;
    }
    solve(&s);
    const double v[] = {-0.7, 2, -0.3, 0};
    for (int j = 0; j < 4; j++)
        assert_true(s.v[j] == v[j]);
}

/* Scaling gradients and rooms together scales v and leaves w: to the bit for a power of
 * two, also where squares overflow or underflow. */
static void test_solve_scale(void **state)
{
    (void)state;
    cod_random random = {.seed = 6};
    const double scales[] = {0x1p-600, 0x1p-3, 0x1p+900};
    for (int k = 0; k < 60; k++) {
        sample s, t;
        draw(&s, &random, 2);
        t = s;
        double by = scales[k % 3];
        for (size_t j = 0; j < s.m * s.n; j++)
            t.jacobian[j] *= by;
        for (size_t j = 0; j < s.n; j++) {
            t.down[j] *= by;
            t.up[j] *= by;
        }
        solve(&s);
        solve(&t);
        assert_memory_equal(s.w, t.w, s.m * sizeof(double));
        for (size_t j = 0; j < s.n; j++)
            assert_true(t.v[j] == s.v[j] * by);
    }
}

static void test_solve_bad_input(void **state)
{
    (void)state;
    cod_bounded *ws;
    assert_status(cod_bounded_alloc(0, 2, &ws), COD_EARGUMENT);
    assert_status(cod_bounded_alloc(2, 0, &ws), COD_EARGUMENT);
    assert_status(cod_bounded_alloc(2, 2, NULL), COD_EARGUMENT);
    assert_status(cod_bounded_alloc(2, 2, &ws), COD_OK);
    double jacobian[] = {1, 2, 3, 4}, down[] = {-1, 0}, up[] = {1, INFINITY};
    double w[2], v[2], norm, kkt;
    assert_status(cod_bounded_solve(ws, NULL, down, up, w, v, &norm, &kkt),
                  COD_EARGUMENT);
    jacobian[2] = NAN;
    assert_status(cod_bounded_solve(ws, jacobian, down, up, w, v, &norm, &kkt),
                  COD_ENONFINITE);
    jacobian[2] = INFINITY;
    assert_status(cod_bounded_solve(ws, jacobian, down, up, w, v, &norm, &kkt),
                  COD_ENONFINITE);
    jacobian[2] = 3;
    down[0] = NAN;
    assert_status(cod_bounded_solve(ws, jacobian, down, up, w, v, &norm, &kkt),
                  COD_ENONFINITE);
    down[0] = 0.1;
    assert_status(cod_bounded_solve(ws, jacobian, down, up, w, v, &norm, &kkt),
                  COD_EARGUMENT);
    cod_bounded_free(ws);
    cod_bounded_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve_random_certificate),
        cmocka_unit_test(test_solve_random_duality_gap),
        cmocka_unit_test(test_solve_small_against_grid),
        cmocka_unit_test(test_solve_two_by_hand),
        cmocka_unit_test(test_solve_one_objective_is_a_clip),
        cmocka_unit_test(test_solve_scale),
        cmocka_unit_test(test_solve_bad_input),
    };
    return cmocka_run_group_tests_name("bounded", tests, NULL, NULL);
}
