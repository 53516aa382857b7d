/* SPDX-License-Identifier: MIT */
/* Saved states: every kind of damage is noticed, and changes nothing; fields; options
 * that change between steps. */
#include "core/checksum.h"
#include "sets.h"

enum { M = 3, N = 4, MOST = 8192 };

static cod_solver *make(const char *text, size_t m, size_t n)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = m, .n = n, .steps = 50, .seed = 1};
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return solver;
}

static void step(cod_solver *solver, double *ret_w)
{
    double losses[M] = {1, 2, 3}, G[M * M] = {4, 1, 0, 1, 3, -1, 0, -1, 2};
    assert_status(cod_solver_weights(solver, losses, G, ret_w, NULL), COD_OK);
}

static size_t save(const cod_solver *solver, unsigned char *bytes)
{
    size_t size = cod_solver_save_size(solver);
    assert_true(size > 0 && size <= MOST);
    assert_status(cod_solver_save(solver, bytes, size), COD_OK);
    return size;
}

/* Refused, with one line of why, and the state as it was. */
static void check_refused(cod_solver *solver, const unsigned char *bytes, size_t size,
                          const char *why)
{
    unsigned char before[MOST], after[MOST];
    size_t own = save(solver, before);
    cod_status status = cod_solver_restore(solver, bytes, size);
    const char *message = cod_solver_message(solver);
    if (status != COD_ESTATE || strstr(message, why) == NULL || strchr(message, '\n'))
        fail_msg("%s: '%s'", cod_status_key(status), message);
    assert_int_equal(save(solver, after), own);
    assert_memory_equal(before, after, own);
}

/* The bytes begin with a name of 16, the version and the size. */
static const char *damaged_at(size_t k)
{
    return k < 16   ? "not a saved state"
           : k < 24 ? "another version"
           : k < 32 ? "truncated"
                    : "altered: its checksum is wrong";
}

static void test_restore_damaged(void **state)
{
    static const char *const texts[] = {"uncertainty", "adaptive", "mgda", "linear",
                                        "alternation"};
    (void)state;
    for (size_t t = 0; t < 5; t++) {
        unsigned char bytes[MOST];
        double w[M];
        cod_solver *solver = make(texts[t], M, N), *other = make(texts[t], M, N);
        step(solver, w);
        step(solver, w);
        size_t size = save(solver, bytes);
        for (size_t cut = 0; cut < size; cut++)
            check_refused(other, bytes, cut,
                          cut < 40 ? "not a saved state" : "truncated");
        for (size_t k = 0; k < size; k++)
            for (int bit = 0; bit < 8; bit++) {
                bytes[k] = (unsigned char)(bytes[k] ^ 1U << bit);
                check_refused(other, bytes, size, damaged_at(k));
                bytes[k] = (unsigned char)(bytes[k] ^ 1U << bit);
            }
        bytes[size] = 0;
        check_refused(other, bytes, size + 1, "bytes behind it");
        assert_status(cod_solver_restore(other, bytes, size), COD_OK);
        cod_solver_free(solver);
        cod_solver_free(other);
    }
}

/* Another method, other options, another shape. */
static void test_restore_of_another(void **state)
{
    static const struct {
        const char *from, *to;
        size_t m, n;
        const char *why;
    } pairs[] = {
        {"uncertainty", "adaptive", M, N, "of another method, or of other options"},
        {"mgda", "mgda(normalize=l2)", M, N, "of other options"},
        {"uncertainty", "uncertainty(form=half)", M, N, "of other options"},
        {"adaptive", "adaptive(momentum=0.5)", M, N, "of other options"},
        {"mgda", "mgda", 2, N, "of another shape, cut or seed"},
        {"mgda", "mgda", M, N + 1, "of another shape, cut or seed"}};
    (void)state;
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        unsigned char bytes[MOST];
        double w[M];
        cod_solver *from = make(pairs[k].from, M, N);
        cod_solver *to = make(pairs[k].to, pairs[k].m, pairs[k].n);
        step(from, w);
        check_refused(to, bytes, save(from, bytes), pairs[k].why);
        cod_solver_free(from);
        cod_solver_free(to);
    }
}

/* As many elements, shards and groups, cut or grouped in another way: what is kept for
 * each element would stand at others, and groups would swap their weights. */
static void test_restore_into_another_cut(void **state)
{
    static const size_t cuts[][3] = {{1, 1, 2}, {2, 1, 1}};
    static const size_t grouped[][3] = {{0, 1, 0}, {0, 1, 1}};
    static const char *const texts[] = {"moco", "mgda", "famo"};
    (void)state;
    for (size_t t = 0; t < 3; t++)
        for (size_t k = 0; k < 4; k++) {
            unsigned char bytes[MOST];
            cod_solver *solvers[2];
            for (size_t a = 0; a < 2; a++) {
                const cod_setup setup = {.m = M,
                                         .n = N,
                                         .shards = 3,
                                         .lengths = cuts[a & k],
                                         .groups = grouped[a & k >> 1]};
                assert_status(cod_solver_alloc(texts[t], &setup, &solvers[a], NULL),
                              COD_OK);
            }
            size_t size = save(solvers[0], bytes);
            if (k == 0)
                assert_status(cod_solver_restore(solvers[1], bytes, size), COD_OK);
            else
                check_refused(solvers[1], bytes, size, "another shape, cut or seed");
            cod_solver_free(solvers[0]);
            cod_solver_free(solvers[1]);
        }
}

static void put_word(unsigned char *bytes, uint64_t word)
{
    for (int k = 0; k < 8; k++)
        bytes[k] = (unsigned char)(word >> (8 * k));
}

/* What was changed looks as if it had been saved. */
static void forge(unsigned char *bytes, size_t size)
{
    put_word(bytes + size - 8, cod_checksum(COD_CHECKSUM_BEGIN, bytes, size - 8));
}

/* Counts that would overflow, or are below 0, behind a right checksum; the largest that
 * is taken up goes on. uncertainty ends with its count of updates; a solver without
 * fields with the epoch and its steps. */
static void test_restore_made_up(void **state)
{
    static const struct {
        const char *text;
        size_t from_end;
        uint64_t word;
        int taken;
    } cases[] = {{"uncertainty", 16, INT64_MAX, 0},
                 {"uncertainty", 16, (UINT64_C(1) << 62) + 1, 0},
                 {"uncertainty", 16, UINT64_C(1) << 62, 1},
                 {"uncertainty", 16, UINT64_C(1) << 63, 0},
                 {"linear", 16, INT64_MAX, 0},
                 {"linear", 16, UINT64_MAX, 0},
                 {"linear", 16, UINT64_C(1) << 62, 1},
                 {"linear", 24, INT64_MAX, 0},
                 {"linear", 24, UINT64_MAX, 0},
                 {"linear", 24, UINT64_C(1) << 62, 1}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        unsigned char bytes[MOST];
        double w[M];
        cod_solver *solver = make(cases[k].text, M, N);
        size_t size = save(solver, bytes);
        put_word(bytes + size - cases[k].from_end, cases[k].word);
        forge(bytes, size);
        if (!cases[k].taken)
            check_refused(solver, bytes, size, "a count or a flag");
        else
            assert_status(cod_solver_restore(solver, bytes, size), COD_OK);
        step(solver, w);
        assert_status(cod_solver_epoch(solver), COD_OK);
        cod_solver_free(solver);
    }
    unsigned char bytes[MOST];
    cod_solver *solver;
    const cod_setup setup = {.m = 2, .n = 1, .points = 2};
    assert_status(cod_solver_alloc("hv-gradient", &setup, &solver, NULL), COD_OK);
    size_t size = save(solver, bytes); /* ... fed or not, the reference */
    bytes[size - 8 - 2 * 8 - 1] = 2;
    forge(bytes, size);
    check_refused(solver, bytes, size, "a count or a flag");
    cod_solver_free(solver);
}

static void test_save_arguments(void **state)
{
    unsigned char bytes[MOST];
    cod_solver *solver = make("mgda", M, N);
    size_t size = cod_solver_save_size(solver);
    (void)state;
    assert_status(cod_solver_save(solver, bytes, size - 1), COD_ESHAPE);
    assert_status(cod_solver_save(solver, NULL, size), COD_EARGUMENT);
    assert_status(cod_solver_save(NULL, bytes, size), COD_EARGUMENT);
    assert_status(cod_solver_restore(solver, NULL, size), COD_EARGUMENT);
    assert_status(cod_solver_restore(NULL, bytes, size), COD_EARGUMENT);
    assert_int_equal(cod_solver_save_size(NULL), 0);
    cod_solver_free(solver);
}

/* ---- fields ---- */

static void test_fields(void **state)
{
    double w[M];
    cod_view view;
    cod_solver *solver = make("uncertainty(init=0.25)", M, N);
    (void)state;
    assert_status(cod_solver_field(solver, "s", &view), COD_OK);
    assert_int_equal(view.length, M);
    assert_int_equal(view.groups, 1);
    for (size_t i = 0; i < M; i++)
        assert_close(view.reals[i], 0.25, 0, 0);
    step(solver, w);
    for (size_t i = 0; i < M; i++)
        assert_close(w[i], exp(-0.25), 1e-15, 0);
    step(solver, w);
    for (size_t i = 0; i < M; i++) /* Adam moves by lr at first */
        assert_close(fabs(log(w[i]) + 0.25), 0.001, 1e-5, 0);
    assert_status(cod_solver_field(solver, "variance", &view), COD_ENAME);
    assert_status(cod_solver_field_at(solver, 99, &view), COD_EARGUMENT);
    size_t count = cod_solver_field_count(solver);
    for (size_t k = 0; k < count; k++) {
        cod_view same;
        assert_status(cod_solver_field_at(solver, k, &view), COD_OK);
        assert_status(cod_solver_field(solver, view.name, &same), COD_OK);
        assert_true(same.reals == view.reals && same.integers == view.integers);
        assert_true((view.reals == NULL) != (view.integers == NULL));
        assert_true(view.doc[0] != '\0');
    }
    cod_solver_free(solver);
}

/* ---- options between steps ---- */

static void test_set(void **state)
{
    double w[M], v[M];
    char text[64];
    cod_solver *solver = make("adaptive(momentum=0.5)", M, N);
    cod_solver *other = make("adaptive(momentum=0.25)", M, N);
    (void)state;
    assert_status(cod_solver_set(solver, "momentum", "0.25"), COD_OK);
    assert_status(cod_solver_option(solver, "momentum", text, sizeof text), COD_OK);
    assert_string_equal(text, "0.25");
    step(solver, w);
    step(other, v);
    assert_memory_equal(w, v, sizeof w);
    assert_status(cod_solver_set(solver, "momentum", "1"), COD_EOPTION);
    assert_non_null(strstr(cod_solver_message(solver), "momentum=1"));
    assert_status(cod_solver_set(solver, "momentun", "0.1"), COD_ENAME);
    assert_non_null(strstr(cod_solver_message(solver), "momentum"));
    assert_status(cod_solver_set(solver, "low", "0.99"), COD_EOPTION); /* above high */
    assert_status(cod_solver_set(solver, "normalize", "l2"), COD_EUNSUPPORTED);
    assert_status(cod_solver_set(solver, NULL, "1"), COD_EARGUMENT);
    assert_status(cod_solver_set(solver, "momentum", NULL), COD_EARGUMENT);
    step(solver, w);
    step(other, v);
    assert_memory_equal(w, v, sizeof w); /* nothing of this has left a trace */
    assert_status(cod_solver_option(solver, "momentum", text, 3), COD_ESHAPE);
    assert_int_equal(strlen(text), 2);
    cod_solver_free(solver);
    cod_solver_free(other);
    solver = make("mgda(normalize=l2)", M, N);
    assert_status(cod_solver_set(solver, "normalize", "none"), COD_EUNSUPPORTED);
    assert_status(cod_solver_option(solver, "normalize", text, sizeof text), COD_OK);
    assert_string_equal(text, "l2");
    cod_solver_free(solver);
    solver = make("annealing(steps=4, order=2:1:3)", M, N);
    assert_status(cod_solver_set(solver, "order", "1:2:3"), COD_EUNSUPPORTED);
    assert_status(cod_solver_option(solver, "order", text, sizeof text), COD_OK);
    assert_string_equal(text, "2:1:3");
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restore_damaged),
        cmocka_unit_test(test_restore_of_another),
        cmocka_unit_test(test_restore_into_another_cut),
        cmocka_unit_test(test_restore_made_up),
        cmocka_unit_test(test_save_arguments),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
