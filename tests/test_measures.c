/* SPDX-License-Identifier: MIT */
/* Tables over seeds: what is paired with what, and what is said of it. */
#include "lab_files.h"

#include "lab/lab.h"
#include "lab/measures.h"

/* A store whose transaction is never ended, in a folder of its own. */
typedef struct made_store {
    char *folder;
    cod_store *store;
} made_store;

static made_store begin(void)
{
    made_store made = {.folder = make_folder()};
    assert_status(cod_store_open(made.folder, COD_STORE_NEW, &made.store, NULL),
                  COD_OK);
    return made;
}

static void end(made_store *made, cod_measures *measures)
{
    cod_measures_free(measures);
    cod_store_close(made->store);
    remove_folder(made->folder);
}

/* Values of the seeds 0, 1, ... */
static void put_at(made_store *made, const char *problem, const char *method,
                   const char *name, cod_better better, const double *values,
                   size_t count)
{
    for (size_t k = 0; k < count; k++) {
        cod_measure measure = {problem, method, (int64_t)k, name, values[k], better};
        assert_status(cod_store_measure(made->store, &measure, NULL), COD_OK);
    }
}

static void put(made_store *made, const char *method, cod_better better,
                const double *values, size_t count)
{
    put_at(made, "p", method, "v", better, values, count);
}

static cod_measures *read_back(const made_store *made)
{
    cod_measures *measures = NULL;
    assert_status(cod_measures_read(made->store, &measures, NULL), COD_OK);
    return measures;
}

static size_t baseline_of(const cod_measures *measures)
{
    size_t method = 0;
    assert_status(cod_measures_baseline(measures, &method), COD_OK);
    return method;
}

static cod_measure_table make_table(const cod_measures *measures, size_t measure,
                                    size_t baseline, double level)
{
    cod_measure_table table;
    assert_status(cod_measure_table_make(measures, 0, measure, baseline, level, &table),
                  COD_OK);
    return table;
}

/* What comes last is the first: the order of coming is kept; samples are by seed. */
static void test_measures_names_and_order(void **state)
{
    static const double values[] = {3, 1, 2};
    made_store made = begin();
    (void)state;
    put_at(&made, "z", "second", "v", COD_BETTER_LOWER, values, 3);
    put_at(&made, "a", "first", "w", COD_BETTER_HIGHER, values, 3);
    put_at(&made, "z", "first", "v", COD_BETTER_LOWER, values, 2);
    cod_measures *m = read_back(&made);
    assert_int_equal(m->count, 8);
    assert_string_equal(m->problems.texts[0], "z");
    assert_string_equal(m->problems.texts[1], "a");
    assert_string_equal(m->measures.texts[1], "w");
    assert_string_equal(m->methods.texts[0], "second");
    cod_measure_table t = make_table(m, 0, COD_NO_BASELINE, 0.05);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.better, COD_BETTER_LOWER);
    assert_int_equal(t.rows[0].seeds, 3);
    assert_int_equal(t.rows[1].seeds, 2);
    assert_close(t.rows[0].quartiles.median, 2, 0, 0);
    assert_close(t.rows[1].quartiles.lower, 1.5, 0, 0);
    assert_int_equal(t.rows[0].verdict, COD_VERDICT_NONE);
    assert_int_equal(t.compared, 0);
    cod_measure_table_clear(&t);
    t = make_table(m, 1, COD_NO_BASELINE, 0.05); /* z has no w */
    assert_int_equal(t.count, 0);
    cod_measure_table_clear(&t);
    size_t place = 9;
    cod_message message = {{0}};
    assert_status(cod_names_find(&m->methods, "method", "first", &place, NULL), COD_OK);
    assert_int_equal(place, 1);
    assert_status(cod_names_find(&m->methods, "method", "firts", &place, &message),
                  COD_ENAME);
    assert_non_null(strstr(message.text, "'first'"));
    end(&made, m);
}

/* Better and worse, by what is better; noise; the baseline itself. */
static void test_measures_verdicts(void **state)
{
    static const double base[] = {1, 2, 3, 4, 5, 6, 7, 8};
    double less[8], more[8], mixed[8];
    (void)state;
    for (size_t k = 0; k < 8; k++) {
        less[k] = base[k] - 0.5 - 0.01 * (double)k;
        more[k] = base[k] + 0.5 + 0.01 * (double)k;
        mixed[k] = base[k] + (k % 2 > 0 ? 0.1 : -0.1) * (double)(k + 1);
    }
    for (cod_better better = COD_BETTER_NEITHER; better <= COD_BETTER_HIGHER;
         better++) {
        int lower = better == COD_BETTER_LOWER;
        made_store made = begin();
        put(&made, "less", better, less, 8);
        put(&made, "linear", better, base, 8);
        put(&made, "mixed", better, mixed, 8);
        put(&made, "more", better, more, 8);
        cod_measures *m = read_back(&made);
        assert_int_equal(baseline_of(m), 1);
        cod_measure_table t = make_table(m, 0, 1, 0.05);
        assert_int_equal(t.rows[1].verdict, COD_VERDICT_BASELINE);
        assert_int_equal(t.compared, better == COD_BETTER_NEITHER ? 0 : 3);
        if (better == COD_BETTER_NEITHER) {
            assert_int_equal(t.rows[0].verdict, COD_VERDICT_NONE);
            assert_true(isnan(t.rows[0].p) && isnan(t.rows[0].difference));
        } else {
            assert_int_equal(t.rows[0].verdict,
                             lower ? COD_VERDICT_BETTER : COD_VERDICT_WORSE);
            assert_int_equal(t.rows[2].verdict, COD_VERDICT_NOISE);
            assert_int_equal(t.rows[3].verdict,
                             lower ? COD_VERDICT_WORSE : COD_VERDICT_BETTER);
            assert_int_equal(t.rows[0].pairs, 8);
            assert_close(t.rows[0].difference, -0.535, 1e-12, 0);
            assert_close(t.rows[0].p, 2.0 / 256, 0, 0);
            assert_close(t.rows[0].p_holm, 6.0 / 256, 0, 0);
            assert_close(t.rows[3].p_smallest, 6.0 / 256, 0, 0);
        }
        cod_measure_table_clear(&t);
        t = make_table(m, 0, 1, 0.02); /* which 8 seeds and 3 methods can't reach */
        if (better != COD_BETTER_NEITHER)
            assert_int_equal(t.rows[0].verdict, COD_VERDICT_FEW);
        cod_measure_table_clear(&t);
        end(&made, m);
    }
}

/* Pairs are of one seed: here each method lacks some that the other has. */
static void test_measures_pairs(void **state)
{
    made_store made = begin();
    (void)state;
    for (int64_t seed = 0; seed < 20; seed++) {
        double value = (double)(seed * seed);
        cod_measure base = {"p", "linear", seed, "v", value, COD_BETTER_LOWER};
        cod_measure own = {"p", "own", seed, "v", value - 1, COD_BETTER_LOWER};
        if (seed % 3 > 0)
            assert_status(cod_store_measure(made.store, &base, NULL), COD_OK);
        if (seed % 2 > 0)
            assert_status(cod_store_measure(made.store, &own, NULL), COD_OK);
    }
    cod_measures *m = read_back(&made);
    cod_measure_table t = make_table(m, 0, baseline_of(m), 0.05);
    const cod_measure_row *own = &t.rows[1];
    assert_int_equal(own->seeds, 10);
    assert_int_equal(own->pairs,
                     7); /* odd and not a multiple of 3: 1 5 7 11 13 17 19 */
    assert_close(own->difference, -1, 0, 0);
    assert_close(own->p, 2.0 / 128, 0, 0);
    assert_int_equal(own->verdict, COD_VERDICT_BETTER);
    cod_measure_table_clear(&t);
    end(&made, m);
}

/* Holm's smallest where one method has fewer seeds: 2/2^7 and 2/2^4, times 2 and 1. */
static void test_measures_smallest(void **state)
{
    static const double base[] = {0, 0, 0, 0, 0, 0, 0}, own[] = {1, 2, 3, 4, 5, 6, 7};
    made_store made = begin();
    (void)state;
    put(&made, "linear", COD_BETTER_HIGHER, base, 7);
    put(&made, "long", COD_BETTER_HIGHER, own, 7);
    put(&made, "short", COD_BETTER_HIGHER, own, 4);
    cod_measures *m = read_back(&made);
    cod_measure_table t = make_table(m, 0, 0, 0.05);
    assert_close(t.rows[1].p_smallest, 4.0 / 128, 0, 0);
    assert_close(t.rows[2].p_smallest, 2.0 / 16, 0, 0);
    assert_int_equal(t.rows[1].verdict, COD_VERDICT_BETTER);
    assert_int_equal(t.rows[2].verdict, COD_VERDICT_FEW);
    assert_false(t.constant);
    cod_measure_table_clear(&t);
    end(&made, m);
}

/* A value that is not finite is worse than any that is, whatever it is; where both are
 * not, there is nothing to compare. */
static void test_measures_not_finite(void **state)
{
    static const double base[] = {1, 2, 3, 4, 5, 6, 7, NAN, NAN};
    static const double own[] = {0, 0, 0, 0, 0, INFINITY, NAN, NAN, 9};
    (void)state;
    for (cod_better better = COD_BETTER_LOWER; better <= COD_BETTER_HIGHER; better++) {
        int lower = better == COD_BETTER_LOWER;
        made_store made = begin();
        put(&made, "linear", better, base, 9);
        put(&made, "own", better, own, 9);
        cod_measures *m = read_back(&made);
        cod_measure_table t = make_table(m, 0, 0, 0.05);
        assert_int_equal(t.rows[0].nonfinite, 2);
        assert_int_equal(t.rows[1].nonfinite, 3);
        assert_close(t.rows[1].quartiles.upper, 0, 0, 0); /* of 0 0 0 0 0 9 */
        assert_int_equal(t.rows[1].pairs, 8);
        assert_close(t.rows[1].difference, -3, 0, 0); /* of -1 .. -5 */
        double worst = lower ? (double)INFINITY : -(double)INFINITY;
        const double differences[] = {-1, -2, -3, -4, -5, worst, worst, -worst};
        cod_signed_rank test;
        assert_status(cod_signed_rank_test(differences, 8, &test), COD_OK);
        assert_close(t.rows[1].p, test.p, 0, 0);
        cod_measure_table_clear(&t);
        end(&made, m);
    }
}

/* What is defined for no method is described, and compared with nothing. */
static void test_measures_undefined(void **state)
{
    static const double none[] = {NAN, NAN, NAN}, same[] = {2, 2, 2};
    made_store made = begin();
    (void)state;
    put(&made, "linear", COD_BETTER_LOWER, none, 3);
    put(&made, "own", COD_BETTER_LOWER, none, 3);
    put_at(&made, "p", "linear", "w", COD_BETTER_LOWER, same, 3);
    put_at(&made, "p", "own", "w", COD_BETTER_LOWER, same, 3);
    cod_measures *m = read_back(&made);
    cod_measure_table t = make_table(m, 0, 0, 0.05);
    assert_int_equal(t.rows[1].nonfinite, 3);
    assert_int_equal(t.rows[1].pairs, 0);
    assert_int_equal(t.rows[1].verdict, COD_VERDICT_NONE);
    assert_true(isnan(t.rows[1].quartiles.median) && isnan(t.rows[1].p));
    assert_int_equal(t.compared, 0);
    assert_false(t.constant);
    cod_measure_table_clear(&t);
    t = make_table(m, 1, 0, 0.05);
    assert_true(t.constant);
    assert_close(t.rows[1].p, 1, 0, 0);
    assert_close(t.rows[1].difference, 0, 0, 0);
    cod_measure_table_clear(&t);
    end(&made, m);
}

static void test_measures_baseline(void **state)
{
    static const struct {
        const char *methods[4];
        size_t expected;
    } cases[] = {
        {{"mgda", "linear"}, 1},
        {{"linear(weights=1:2)", "linear(weights=0.5:.5)"}, 1},
        {{"linear(weights=3:3:3)"}, 0},
        {{"linear( weights = 1:1.0 )", "linear"},
         1}, /* the plain one, if there is one */
        {{"linear()", "mgda"}, 0},
        {{"linear(weights=1:2:1)", "linear(weights=1:1:2)"}, COD_NO_BASELINE},
        {{"linear(normalize=l2)", "linear(weights=1:1, normalize=l2)"},
         COD_NO_BASELINE},
        {{"every(k=2, linear)", "mgda(linear)", "linear(weights=1:)"}, COD_NO_BASELINE},
    };
    static const double one = 1;
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        made_store made = begin();
        for (size_t k = 0; cases[c].methods[k] != NULL; k++)
            put(&made, cases[c].methods[k], COD_BETTER_LOWER, &one, 1);
        cod_measures *m = read_back(&made);
        if (baseline_of(m) != cases[c].expected)
            fail_msg("case %zu: %zu", c, baseline_of(m));
        end(&made, m);
    }
}

static void test_measures_none(void **state)
{
    made_store made = begin();
    cod_measures *m = read_back(&made);
    (void)state;
    assert_int_equal(m->count, 0);
    assert_int_equal(baseline_of(m), COD_NO_BASELINE);
    end(&made, m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measures_names_and_order),
        cmocka_unit_test(test_measures_verdicts),
        cmocka_unit_test(test_measures_pairs),
        cmocka_unit_test(test_measures_smallest),
        cmocka_unit_test(test_measures_not_finite),
        cmocka_unit_test(test_measures_undefined),
        cmocka_unit_test(test_measures_baseline),
        cmocka_unit_test(test_measures_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
