/* SPDX-License-Identifier: MIT */
/* The methods that project on the dual cone, each form against its transcription; what
 * they promise on hostile Gramians; and what they refuse. */
#include "comparison.h"

#include "hulls.h"

static void test_upgrad(void **state)
{
    static const comparison table[] = {
        {"upgrad", 2, {transcribe_upgrad}},
        {"upgrad", 3, {transcribe_upgrad}},
        {"upgrad", 5, {transcribe_upgrad}},
        {"upgrad(preference=2)", 3, {transcribe_upgrad, {2}, 1}},
        {"upgrad(preference=1:0:3)", 3, {transcribe_upgrad, {1, 0, 3}, 3}},
        {"upgrad(ridge=1e-4)", 4, {transcribe_upgrad, .beta = 1e-4}},
        {"upgrad(ridge=0.5, preference=1)",
         2,
         {transcribe_upgrad, {1}, 1, .beta = 0.5}},
    };
    (void)state;
    COMPARE(table);
}

static void test_dualproj(void **state)
{
    static const comparison table[] = {
        {"dualproj", 2, {transcribe_dualproj}},
        {"dualproj", 3, {transcribe_dualproj}},
        {"dualproj", 5, {transcribe_dualproj}},
        {"dualproj(preference=1:0:0:0)", 4, {transcribe_dualproj, {1, 0, 0, 0}, 4}},
        {"dualproj(preference=4:1)", 2, {transcribe_dualproj, {4, 1}, 2}},
        {"dualproj(ridge=1e-3)", 3, {transcribe_dualproj, .beta = 1e-3}},
    };
    (void)state;
    COMPARE(table);
}

/* Norms 12 decades apart, dependent, opposite, zero gradients: no objective rises, and
 * a step that starts from another problem's active sets is as good. */
static void test_hostile_gradients(void **state)
{
    static const char *const texts[] = {"upgrad", "dualproj"};
    uint64_t seed = 3;
    cod_pool *pool;
    (void)state;
    assert_status(cod_pool_alloc(1, 24, &pool), COD_OK);
    for (int trial = 0; trial < 600; trial++) {
        hull h;
        hull_draw(&seed, 24, &h);
        hull_gramian(pool, &h);
        cod_setup setup = {.m = h.m};
        cod_solver *solver;
        cod_certificate certificate;
        assert_status(cod_solver_alloc(texts[trial % 2], &setup, &solver, NULL),
                      COD_OK);
        for (int k = 0; k < 2; k++) {
            assert_status(cod_solver_weights(solver, NULL, h.G, h.w, &certificate),
                          COD_OK);
            assert_true(certificate.known & COD_KNOWN_KKT);
            assert_true(certificate.kkt <= 1e-12);
            for (size_t i = 0; i < h.m; i++) {
                quad product = 0;
                for (size_t j = 0; j < h.m; j++)
                    product += (quad)h.G[i * h.m + j] * h.w[j];
                double unit = sqrt(h.G[i * h.m + i]) * hull_size(&h);
                assert_true(h.w[i] >= 0);
                if (!((double)product >= -1e-12 * unit))
                    fail_msg("%s, m = %zu: g_%zu.d = %g of %g", texts[trial % 2], h.m,
                             i + 1, (double)product, unit);
            }
            /* every second gradient turned round: other active sets */
            for (size_t i = 0; k == 0 && i < h.m * h.m; i++)
                h.G[i] *= ((i / h.m + i % h.m) % 2) ? -1 : 1;
        }
        cod_solver_free(solver);
        hull_clear(&h);
    }
    cod_pool_free(pool);
}

/* The published ridge breaks the promise where norms are far apart; none is the
 * default.
 */
static void test_ridge_breaks_the_promise(void **state)
{
    const double G[] = {4e-6, -2, -2, 4e6}; /* norms 2e-3 and 2e3, cosine -0.5 */
    cod_setup setup = {.m = 2};
    double rise[2];
    (void)state;
    for (int k = 0; k < 2; k++) {
        double w[2];
        cod_solver *solver;
        assert_status(cod_solver_alloc(k ? "upgrad(ridge=1e-4)" : "upgrad", &setup,
                                       &solver, NULL),
                      COD_OK);
        assert_status(cod_solver_weights(solver, NULL, G, w, NULL), COD_OK);
        rise[k] = G[0] * w[0] + G[1] * w[1];
        cod_solver_free(solver);
    }
    assert_true(rise[0] > 0 && rise[1] < 0);
}

static void check_refused(const char *text, cod_status expected, const char *says)
{
    cod_setup setup = {.m = 3};
    cod_message message;
    cod_solver *solver = NULL;
    assert_status(cod_solver_alloc(text, &setup, &solver, &message), expected);
    assert_null(solver);
    if (strstr(message.text, says) == NULL)
        fail_msg("%s: %s", text, message.text);
}

static void test_refused(void **state)
{
    (void)state;
    check_refused("upgrad(preference=1:2)", COD_ESHAPE,
                  "preference has 2 entries for 3");
    check_refused("dualproj(preference=1:2:3:4)", COD_ESHAPE, "4 entries for 3");
    check_refused("upgrad(preference=0:0:0)", COD_EOPTION, "the preference sums to 0");
    check_refused("dualproj(preference=1e308:1e308:1e308)", COD_EOPTION, "sums to inf");
    check_refused("upgrad(preference=-1:1:1)", COD_EOPTION, "preference");
    check_refused("dualproj(ridge=-1e-4)", COD_EOPTION, "ridge");
}

/* As indefinite as is accepted: weights, a kkt that says so, or a clear error. */
static void test_indefinite(void **state)
{
    static const double excess[] = {1e-15, 1e-12, 1e-9, 4e-7};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        double c = -1 - excess[k], w[2];
        cod_setup setup = {.m = 2};
        cod_solver *solver;
        cod_certificate certificate;
        assert_status(cod_solver_alloc("upgrad", &setup, &solver, NULL), COD_OK);
        assert_status(
            cod_solver_weights(solver, NULL, (double[]){1, c, c, 1}, w, &certificate),
            COD_OK);
        assert_true(w[0] >= 0.5 && w[1] >= 0.5);
        assert_true(certificate.kkt <= 2 * excess[k] + 1e-15);
        cod_solver_free(solver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upgrad),
        cmocka_unit_test(test_dualproj),
        cmocka_unit_test(test_hostile_gradients),
        cmocka_unit_test(test_ridge_breaks_the_promise),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_indefinite),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
