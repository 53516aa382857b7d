/* SPDX-License-Identifier: MIT */
/* Methods inside methods: what saved states and void steps do, and what is refused. */
#include "nests.h"

/* Bytes of one nest are refused by any other, and damaged ones by all. */
static void test_foreign_and_damaged_states(void **state)
{
    static const char *const texts[] = {
        "mgda",
        "cr-mogm(mgda)",
        "cr-mogm(alpha=0.5, mgda)",
        "cr-mogm(linear)",
        "every(mgda)",
        "every(every(mgda))",
        "schedule(target=weight:1, mgda)",
        "schedule(target=weight:2, mgda)",
        "schedule(target=option:alpha, to=0.5, cr-mogm(mgda))",
        "schedule(target=option:alpha, to=0.6, cr-mogm(mgda))",
        "switch(at=5, mgda, linear)",
        "switch(at=5:6, mgda, linear)",
        "warmup(k=5, mgda, linear)"};
    enum { COUNT = sizeof texts / sizeof *texts };
    cod_solver *solvers[COUNT];
    unsigned char bytes[2048], again[2048];
    double w[M], G[M * M];
    (void)state;
    recorded_gramian(3, M, G);
    for (size_t a = 0; a < COUNT; a++) {
        solvers[a] = make(texts[a]);
        for (int k = 0; k < 3; k++)
            assert_status(cod_solver_weights(solvers[a], NULL, G, w, NULL), COD_OK);
    }
    for (size_t a = 0; a < COUNT; a++) {
        size_t size = cod_solver_save_size(solvers[a]);
        assert_true(size <= sizeof bytes);
        assert_status(cod_solver_save(solvers[a], bytes, size), COD_OK);
        for (size_t b = 0; b < COUNT; b++)
            assert_status(cod_solver_restore(solvers[b], bytes, size),
                          a == b ? COD_OK : COD_ESTATE);
        for (size_t k = 0; k < size; k++) {
            assert_status(cod_solver_restore(solvers[a], bytes, k), COD_ESTATE);
            bytes[k] ^= 4;
            assert_status(cod_solver_restore(solvers[a], bytes, size), COD_ESTATE);
            assert_true(cod_solver_message(solvers[a])[0] != '\0');
            bytes[k] ^= 4;
        }
        assert_status(cod_solver_save(solvers[a], again, size), COD_OK);
        assert_memory_equal(bytes, again, size);
    }
    for (size_t a = 0; a < COUNT; a++)
        cod_solver_free(solvers[a]);
}

/* A step that fails in the middle of a nest leaves all of it as it was. */
static void test_void_steps_leave_the_nest(void **state)
{
    cod_solver *tried = make("every(k=2, cr-mogm(switch(at=2, famo, mgda)))");
    cod_solver *clean = make("every(k=2, cr-mogm(switch(at=2, famo, mgda)))");
    double bad[M] = {1, NAN}, losses[M] = {1, 2}, w[2][M], G[M * M];
    (void)state;
    recorded_gramian(7, M, G);
    for (int k = 0; k < 10; k++) {
        cod_plan plan;
        assert_status(cod_solver_losses(tried, bad), COD_ENONFINITE);
        assert_status(cod_solver_plan(tried, &plan), COD_OK);
        int asked = plan.needs != 0;
        assert_status(cod_solver_solve(tried, w[0], NULL),
                      asked ? COD_EMISSING : COD_OK);
        if (!asked) { /* it was a whole step */
            assert_status(cod_solver_weights(clean, losses, G, w[1], NULL), COD_OK);
            assert_memory_equal(w[0], w[1], sizeof w[0]);
            continue;
        }
        assert_status(cod_solver_weights(tried, losses, G, w[0], NULL), COD_OK);
        assert_status(cod_solver_weights(clean, losses, G, w[1], NULL), COD_OK);
        assert_memory_equal(w[0], w[1], sizeof w[0]);
        if (!(plan.needs & COD_NEED_AFTER))
            continue;
        assert_status(cod_solver_after(tried, NULL), COD_EARGUMENT);
        assert_status(cod_solver_after(tried, bad), COD_ENONFINITE);
        assert_status(cod_solver_after(tried, losses), COD_OK);
        assert_status(cod_solver_after(clean, losses), COD_OK);
    }
    cod_solver_free(tried);
    cod_solver_free(clean);
}

/* ---- texts that will not do ---- */

static void test_bad_texts(void **state)
{
    static const struct {
        const char *text;
        cod_status status;
        const char *culprit;
    } bad[] = {
        {"every", COD_ESYNTAX, "every wraps 1 method, 0 given"},
        {"cr-mogm(linear, mgda)", COD_ESYNTAX, "cr-mogm wraps 1 method, 2 given"},
        {"warmup(mgda)", COD_ESYNTAX, "warmup wraps 2 methods, 1 given"},
        {"switch(at=5, mgda, mgda, mgda)", COD_ESYNTAX, "switch wraps 2 methods"},
        {"mgda(linear)", COD_ESYNTAX, "mgda wraps 0 methods, 1 given"},
        {"cr-mogm(graddrop)", COD_EUNSUPPORTED, "graddrop"},
        {"every(warmup(k=3, mgda, trimmed-mean))", COD_EUNSUPPORTED, "trimmed-mean"},
        {"every(moco)", COD_EUNSUPPORTED, "moco"},
        {"every(k=0, mgda)", COD_EOPTION, "k=0"},
        {"cr-mogm(alpha=1, mgda)", COD_EOPTION, "alpha=1"},
        {"schedule(mgda)", COD_EMISSING, "target"},
        {"schedule(target=weight:0, mgda)", COD_EOPTION, "weight:0"},
        {"schedule(target=weight:3, mgda)", COD_EOPTION, "weight:1 to weight:2"},
        {"schedule(target=weight:+1, mgda)", COD_EOPTION, "weight:+1"},
        {"schedule(target=weight:1x, mgda)", COD_EOPTION, "weight:1x"},
        {"schedule(target=beta, mgda)", COD_EOPTION, "beta"},
        {"schedule(target=option:beta, mgda)", COD_ENAME, "beta"},
        {"schedule(target=option:weights, linear)", COD_EUNSUPPORTED, "weights"},
        {"schedule(target=option:init, uncertainty)", COD_EUNSUPPORTED, "init"},
        {"schedule(target=option:form, uncertainty)", COD_EUNSUPPORTED, "form"},
        {"schedule(target=option:alpha, cr-mogm(mgda))", COD_EOPTION, "set to 1"},
        {"schedule(target=option:low, to=0.9, adaptive(high=0.8))", COD_EOPTION,
         "low=0.9"},
        {"schedule(target=weight:1, trimmed-mean(trim=0))", COD_EUNSUPPORTED,
         "trimmed-mean"},
        {"schedule(target=weight:1, steps=0, mgda)", COD_EOPTION, "steps=0"},
        {"switch(mgda, linear)", COD_EMISSING, "at"},
        {"switch(at=5:3, mgda, linear)", COD_EOPTION, "3"},
        {"switch(at=5:5, mgda, linear)", COD_EOPTION, "5"},
        {"switch(at=1.5, mgda, linear)", COD_EOPTION, "1.5"},
        {"every(every(every(every(every(every(every(every(mgda))))))))", COD_ESYNTAX,
         "nested too deep, 8 levels being the most"},
        {"cr-mogm(normalize=l2, mgda)", COD_EOPTION, "write it there"},
        {"cr-mogm(mgda", COD_ESYNTAX, "')'"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        cod_solver *solver;
        cod_message message = {""};
        const cod_setup setup = {.m = M, .n = 1, .steps = 10};
        cod_status status = cod_solver_alloc(bad[k].text, &setup, &solver, &message);
        if (status != bad[k].status || strstr(message.text, bad[k].culprit) == NULL)
            fail_msg("%s: %s, '%s'", bad[k].text, cod_status_key(status), message.text);
    }
}

/* Without totals; and the deepest nest that there may be. */
static void test_totals_and_depth(void **state)
{
    cod_solver *solver;
    cod_message message;
    const cod_setup setup = {.m = M, .n = 1};
    double w[M];
    (void)state;
    assert_status(
        cod_solver_alloc("schedule(target=weight:1, mgda)", &setup, &solver, &message),
        COD_EMISSING);
    assert_non_null(strstr(message.text, "steps=T"));
    assert_status(
        cod_solver_alloc("every(every(every(every(every(every(every(linear(weights=1:2)"
                         ")))))))",
                         &setup, &solver, &message),
        COD_OK);
    assert_status(cod_solver_solve(solver, w, NULL), COD_OK);
    assert_true(w[0] == 1 && w[1] == 2);
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_and_damaged_states),
        cmocka_unit_test(test_void_steps_leave_the_nest),
        cmocka_unit_test(test_bad_texts),
        cmocka_unit_test(test_totals_and_depth),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
