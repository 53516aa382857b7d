/* SPDX-License-Identifier: MIT */
/* Descent within bounds: inside the subproblem, and by projection. */
#include "quadratics.h"

static const double start[N] = {2, -1.5, 3};

/* Every point is within the bounds, the start is moved there, and where the bounds are
 * in mgda's subproblem its direction lowers all objectives: g_i.v <= -|v|^2. */
static void test_descend_bounds(void **state)
{
    static const char *const rules[] = {"armijo", "constant(step=0.1)",
                                        "momentum(step=0.1)", "adam(step=0.05)"};
    (void)state;
    for (size_t k = 0; k < 8; k++) {
        bench b;
        record r;
        double x[N];
        set_up(&b, &boxed_quadratics, k < 4 ? "mgda" : "linear(weights=1:0.1)",
               rules[k % 4]);
        memcpy(x, start, sizeof x);
        descend(&b, (cod_descent_options){.max_steps = 200}, &r, x, NULL);
        for (size_t step = 0; step < r.count; step++)
            for (size_t j = 0; j < N; j++)
                assert_true(r.x[step][j] >= -0.5 && r.x[step][j] <= 0.75);
        assert_true(r.x[0][0] == 0.75 && r.x[0][1] == -0.5 && r.x[0][2] == 0.75);
        for (size_t step = 0; k < 2 && step + 1 < r.count; step++)
            for (size_t i = 0; i < M; i++) {
                double along = 0, square = 0;
                for (size_t j = 0; j < N; j++) {
                    double v = -r.direction[step][j];
                    along += r.jacobian[step][i][j] * v;
                    square += v * v;
                }
                assert_true(along <= -square + 1e-14);
            }
        tear_down(&b);
    }
}

/* The room that the subproblem has is that of the step to come: at step length t the
 * direction is clip(-J'w, (lower - x) / t, (upper - x) / t), and where it is clipped
 * the next point is exactly on the bound. */
static void check_reach(const record *r, size_t *clipped, size_t *beyond)
{
    for (size_t k = 0; k + 1 < r->count; k++)
        for (size_t j = 0; j < N; j++) {
            double v = 0, down = (-0.5 - r->x[k][j]) / 0.1,
                   up = (0.75 - r->x[k][j]) / 0.1;
            for (size_t i = 0; i < M; i++)
                v -= r->weights[k][i] * r->jacobian[k][i][j];
            assert_close(-r->direction[k][j], fmin(fmax(v, down), up), 1e-12, 1e-12);
            *beyond += v > 0.1 * up && v < up && up > 0;
            if (v > up + 1e-12 && up > 0) {
                ++*clipped;
                assert_true(r->x[k + 1][j] == 0.75);
            }
        }
}

static void test_descend_bounds_reach(void **state)
{
    size_t clipped = 0, beyond = 0;
    (void)state;
    for (int from = 0; from < 200; from++) {
        bench b;
        record r;
        double x[N] = {0.006 * from - 0.5, 0.006 * from - 0.5, 0.7 - 0.0057 * from};
        set_up(&b, &boxed_quadratics, "mgda", "constant(step=0.1)");
        b.data.centre[0][1] = b.data.centre[1][1] = from % 2 ? 9 : 900;
        descend(&b, (cod_descent_options){.max_steps = 40}, &r, x, NULL);
        check_reach(&r, &clipped, &beyond);
        tear_down(&b);
    }
    assert_true(clipped > 0 && beyond > 0);
}

/* mgda ends where the box's own stationarity holds, on a bound where the free one is
 * not: f_1 and f_2 both fall with x_2 up to the bound at 0.75. */
static void test_descend_ends_on_a_bound(void **state)
{
    bench b;
    double x[N] = {0, 0, 0};
    (void)state;
    set_up(&b, &boxed_quadratics, "mgda", "armijo");
    for (size_t i = 0; i < M; i++)
        b.data.centre[i][1] = 5;
    cod_descent_result result = descend(&b, (cod_descent_options){0}, NULL, x, NULL);
    assert_status(result.status, COD_STOPPED_STATIONARY);
    assert_true(x[1] == 0.75);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descend_bounds),
        cmocka_unit_test(test_descend_bounds_reach),
        cmocka_unit_test(test_descend_ends_on_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
