/* SPDX-License-Identifier: MIT */
/* Each form of each method against its transcription over 1,000 steps: those recorded
 * in examples/trace-membrane, then generated losses and rows in three shards. */
#include "sets.h"

#include "lab/trace.h"
#include "transcription.h"

enum { STEPS = 1000, EPOCH = 50, SHARDS = TRANSCRIPTION_SHARDS, N = 19 };

static const size_t lengths[SHARDS] = {4, 9, 6};
static const size_t offsets[SHARDS] = {0, 4, 13};

typedef struct comparison {
    const char *text;
    size_t m;
    transcription t;
} comparison;

static cod_trace trace;

static int read_trace(void **state)
{
    (void)state;
    return cod_trace_read(COD_SOURCE_ROOT "/examples/trace-membrane", &trace, NULL) !=
           COD_OK;
}

static int clear_trace(void **state)
{
    (void)state;
    cod_trace_clear(&trace);
    return 0;
}

/* ---- one step ---- */

/* Everything that one step shows, for whichever way it is handed in. */
typedef struct step {
    situation s;
    cod_type type;
    double losses[TRANSCRIPTION_MOST];
    double gramian[TRANSCRIPTION_MOST * TRANSCRIPTION_MOST];
    double squares[SHARDS * TRANSCRIPTION_MOST];
    double rows[TRANSCRIPTION_MOST][N];
    float short_rows[TRANSCRIPTION_MOST][N];
} step;

static void load(step *now, size_t m, int64_t k)
{
    const double *losses = trace.losses + (size_t)k * trace.m;
    const double *gramian = trace.gramians + (size_t)k * trace.m * trace.m;
    for (size_t i = 0; i < m; i++) {
        now->losses[i] = losses[i];
        for (size_t j = 0; j < m; j++)
            now->gramian[i * m + j] = gramian[i * trace.m + j];
    }
}

/* Odd steps have float32 rows. */
static void generate(step *now, size_t m, int64_t k, uint64_t *seed)
{
    now->type = k % 2 ? COD_FLOAT32 : COD_FLOAT64;
    memset(now->squares, 0, sizeof now->squares);
    for (size_t i = 0; i < m; i++) {
        double scale = exp(2 * draw(seed) - 1);
        now->losses[i] = exp(4 * draw(seed) - 2) * (double)(i + 1);
        for (size_t c = 0; c < N; c++) {
            now->short_rows[i][c] = (float)(scale * (2 * draw(seed) - 1));
            now->rows[i][c] = now->short_rows[i][c];
        }
        for (size_t p = 0; p < SHARDS; p++)
            for (size_t c = offsets[p]; c < offsets[p] + lengths[p]; c++)
                now->squares[p * m + i] += now->rows[i][c] * now->rows[i][c];
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            long double sum = 0;
            for (size_t c = 0; c < N; c++)
                sum += (long double)now->rows[i][c] * now->rows[j][c];
            now->gramian[i * m + j] = (double)sum;
        }
}

static cod_shard shard_of(const step *now, size_t m, size_t p, const void **rows)
{
    for (size_t i = 0; i < m; i++)
        if (now->type == COD_FLOAT32)
            rows[i] = now->short_rows[i] + offsets[p];
        else
            rows[i] = now->rows[i] + offsets[p];
    return (cod_shard){offsets[p], lengths[p], now->type, rows};
}

/* The shards in an order that changes from step to step. */
static cod_status hand_in(cod_solver *solver, const step *now, size_t m, int64_t k,
                          double *w)
{
    cod_status status = cod_solver_losses(solver, now->losses);
    for (size_t p = 0; p < SHARDS && status == COD_OK; p++) {
        const void *rows[TRANSCRIPTION_MOST];
        cod_shard shard = shard_of(now, m, (p + (size_t)k) % SHARDS, rows);
        status = cod_solver_shard(solver, &shard);
    }
    return status == COD_OK ? cod_solver_solve(solver, w, NULL) : status;
}

/* ---- comparing ---- */

static void check_weights(const comparison *c, int64_t k, const double *got,
                          const double *expected, const double *rounding)
{
    double size = 0;
    for (size_t i = 0; i < c->m; i++)
        size = fmax(size, fabs(expected[i]));
    for (size_t i = 0; i < c->m; i++)
        if (!(fabs(got[i] - expected[i]) <= 1e-12 * size + rounding[i]))
            fail_msg("%s, m = %zu, step %lld: w_%zu = %.17g, expected %.17g", c->text,
                     c->m, (long long)k, i + 1, got[i], expected[i]);
}

static void check_direction(const comparison *c, cod_solver *solver, const step *now,
                            const double *w)
{
    for (size_t p = 0; p < SHARDS; p++) {
        const void *rows[TRANSCRIPTION_MOST];
        double d[N];
        cod_shard shard = shard_of(now, c->m, p, rows);
        assert_status(cod_solver_direction(solver, &shard, 0, d, COD_FLOAT64), COD_OK);
        for (size_t e = 0; e < lengths[p]; e++) {
            double sum = 0, size = 0;
            for (size_t i = 0; i < c->m; i++) {
                sum += w[i] * now->rows[i][offsets[p] + e];
                size += fabs(w[i] * now->rows[i][offsets[p] + e]);
            }
            if (!(fabs(d[e] - sum) <= 1e-11 * size))
                fail_msg("%s: direction %.17g, expected %.17g", c->text, d[e], sum);
        }
    }
}

static cod_solver *make(const comparison *c)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = c->m,
                       .n = N,
                       .shards = SHARDS,
                       .lengths = lengths,
                       .steps = STEPS,
                       .epochs = STEPS / EPOCH};
    if (cod_solver_alloc(c->text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", c->text, message.text);
    return solver;
}

/* 1,000 steps; the first 300 from the trace, where no shard of its own is asked for. */
static void compare(const comparison *c)
{
    cod_solver *solver = make(c);
    transcription t = c->t;
    uint64_t seed = c->m;
    for (int64_t k = 0; k < STEPS; k++) {
        double w[TRANSCRIPTION_MOST], expected[TRANSCRIPTION_MOST];
        int recorded = k < (int64_t)trace.steps && t.shard == 0 && c->m <= trace.m;
        step now = {.s = {.m = c->m, .step = k, .epoch = k / EPOCH}};
        if (k > 0 && k % EPOCH == 0)
            assert_status(cod_solver_epoch(solver), COD_OK);
        if (recorded)
            load(&now, c->m, k);
        else
            generate(&now, c->m, k, &seed);
        now.s.losses = now.losses;
        now.s.gramian = now.gramian;
        now.s.squares = now.squares;
        cod_status status =
            recorded ? cod_solver_weights(solver, now.losses, now.gramian, w, NULL)
                     : hand_in(solver, &now, c->m, k, w);
        if (status != COD_OK)
            fail_msg("%s: %s", c->text, cod_solver_message(solver));
        t.weights(&t, &now.s, expected);
        check_weights(c, k, w, expected, t.rounding);
        if (!recorded)
            check_direction(c, solver, &now, expected);
    }
    cod_solver_free(solver);
}

static void compare_all(const comparison *comparisons, size_t count)
{
    for (size_t k = 0; k < count; k++)
        compare(&comparisons[k]);
}
#define COMPARE(table) compare_all(table, sizeof(table) / sizeof *(table))

/* ---- the methods ---- */

static void test_linear(void **state)
{
    static const comparison table[] = {
        {"linear", 2, {transcribe_linear}},
        {"linear", 5, {transcribe_linear}},
        {"linear(weights=3:0.5)", 2, {transcribe_linear, {3, 0.5}, 2}},
        {"linear(weights=0:2:7)", 3, {transcribe_linear, {0, 2, 7}, 3}},
        {"linear(weights=3:1, output=sum-one)",
         2,
         {transcribe_linear, {0.75, 0.25}, 2}},
        {"linear(weights=3:1, output=times-m)", 2, {transcribe_linear, {6, 2}, 2}},
    };
    (void)state;
    COMPARE(table);
}

static void test_mgda(void **state)
{
    static const struct {
        const char *text;
        int normalize;
    } forms[] = {{"mgda", NORMALIZE_NONE},
                 {"mgda(normalize=none)", NORMALIZE_NONE},
                 {"mgda(normalize=l2)", NORMALIZE_L2},
                 {"mgda(normalize=loss)", NORMALIZE_LOSS},
                 {"mgda(normalize=loss+)", NORMALIZE_LOSS_PLUS},
                 {"mgda(normalize=log)", NORMALIZE_LOG}};
    static const size_t counts[] = {2, 3, 5};
    (void)state;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        for (size_t c = 0; c < 3; c++) {
            comparison one = {forms[k].text, counts[c], {transcribe_mgda}};
            one.t.normalize = forms[k].normalize;
            compare(&one);
        }
}

static void test_uncertainty(void **state)
{
    static const struct {
        const char *options;
        transcription t;
    } forms[] = {
        {"", {.lr = 0.001}},
        {"form=plain, init=-0.5", {.lr = 0.001, .init = -0.5}},
        {"form=half", {.form = FORM_HALF, .lr = 0.001}},
        {"form=classification", {.form = FORM_CLASSIFICATION, .lr = 0.001}},
        {"form=half-all", {.form = FORM_HALF_ALL, .lr = 0.001}},
        {"form=positive", {.form = FORM_POSITIVE, .lr = 0.001}},
        {"form=positive, lr=0.05, init=2",
         {.form = FORM_POSITIVE, .lr = 0.05, .init = 2}},
        {"form=optimum", {.form = FORM_OPTIMUM}},
        {"optimizer=sgd", {.sgd = 1, .lr = 0.001}},
        {"optimizer=sgd, form=half, lr=0.01",
         {.sgd = 1, .form = FORM_HALF, .lr = 0.01}},
        {"optimizer=sgd, form=classification",
         {.sgd = 1, .form = FORM_CLASSIFICATION, .lr = 0.001}},
        {"optimizer=sgd, form=half-all",
         {.sgd = 1, .form = FORM_HALF_ALL, .lr = 0.001}},
        {"optimizer=sgd, form=positive",
         {.sgd = 1, .form = FORM_POSITIVE, .lr = 0.001}},
        {"optimizer=adam, lr=0.1", {.lr = 0.1}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        for (size_t m = 2; m <= 3; m++) {
            char text[128];
            snprintf(text, sizeof text, "uncertainty(%s)", forms[k].options);
            comparison one = {k == 0 ? "uncertainty" : text, m, forms[k].t};
            one.t.weights = transcribe_uncertainty;
            compare(&one);
        }
}

static void test_annealing(void **state)
{
    static const comparison table[] = {
        {"annealing", 2, {.list = {0, 1}, .steps = {STEPS}}},
        {"annealing(steps=400)", 2, {.list = {0, 1}, .steps = {400}}},
        {"annealing(ramp=linear, order=2:1)", 2, {.list = {1, 0}, .steps = {STEPS}}},
        {"annealing(ramp=cosine)",
         2,
         {.list = {0, 1}, .steps = {STEPS}, .ramp = RAMP_COSINE}},
        {"annealing(ramp=exponential, steps=300)",
         3,
         {.list = {0, 1, 2}, .steps = {300, 300}, .ramp = RAMP_EXPONENTIAL}},
        {"annealing(unit=epoch)",
         2,
         {.list = {0, 1}, .steps = {STEPS / EPOCH}, .unit = UNIT_EPOCH}},
        {"annealing(unit=epoch, steps=7, ramp=cosine)",
         3,
         {.list = {0, 1, 2}, .steps = {7, 7}, .unit = UNIT_EPOCH, .ramp = RAMP_COSINE}},
        {"annealing(steps=200:600, order=2:1:3)",
         3,
         {.list = {1, 0, 2}, .steps = {200, 600}}},
        {"annealing(order=3:1:2, ramp=exponential)",
         3,
         {.list = {2, 0, 1}, .steps = {STEPS, STEPS}, .ramp = RAMP_EXPONENTIAL}},
        {"annealing(order=5:4:3:2:1, steps=10:20:400:800, ramp=cosine)",
         5,
         {.list = {4, 3, 2, 1, 0}, .steps = {10, 20, 400, 800}, .ramp = RAMP_COSINE}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        comparison one = table[k];
        one.t.weights = transcribe_annealing;
        compare(&one);
    }
}

static void test_alternation(void **state)
{
    static const comparison table[] = {
        {"alternation", 2, {.list = {0, 1}, .count = 2, .period = 1}},
        {"alternation", 5, {.list = {0, 1, 2, 3, 4}, .count = 5, .period = 1}},
        {"alternation(period=7)", 3, {.list = {0, 1, 2}, .count = 3, .period = 7}},
        {"alternation(unit=epoch)",
         2,
         {.list = {0, 1}, .count = 2, .period = 1, .unit = UNIT_EPOCH}},
        {"alternation(unit=epoch, period=3)",
         3,
         {.list = {0, 1, 2}, .count = 3, .period = 3, .unit = UNIT_EPOCH}},
        {"alternation(pattern=1:1:2)", 2, {.list = {0, 0, 1}, .count = 3, .period = 1}},
        {"alternation(pattern=3:1:2:1, period=2)",
         3,
         {.list = {2, 0, 1, 0}, .count = 4, .period = 2}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        comparison one = table[k];
        one.t.weights = transcribe_alternation;
        compare(&one);
    }
}

static void test_adaptive_by_losses(void **state)
{
    static const struct {
        const char *text;
        double momentum, low, high; /* low, high < 0: 0.2/m, 1 - 0.2/m */
    } forms[] = {{"adaptive", 0.9, -1, -1},
                 {"adaptive(by=losses, momentum=0)", 0, -1, -1},
                 {"adaptive(momentum=0.99)", 0.99, -1, -1},
                 {"adaptive(low=0.3, high=0.4)", 0.9, 0.3, 0.4},
                 {"adaptive(low=0, high=1, momentum=0.5)", 0.5, 0, 1}};
    static const size_t counts[] = {2, 3, 5};
    (void)state;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        for (size_t c = 0; c < 3; c++) {
            double part = 0.2 / (double)counts[c];
            comparison one = {forms[k].text, counts[c], {transcribe_by_losses}};
            one.t.momentum = forms[k].momentum;
            one.t.low = forms[k].low < 0 ? part : forms[k].low;
            one.t.high = forms[k].high < 0 ? 1 - part : forms[k].high;
            compare(&one);
        }
}

static void test_adaptive_by_gradients(void **state)
{
    static const struct {
        const char *options;
        int sense;
        size_t shard;
        double momentum, low, high;
    } forms[] = {
        {"", SENSE_DIRECT, 0, 0.9, -1, -1},
        {", sense=direct, momentum=0", SENSE_DIRECT, 0, 0, -1, -1},
        {", sense=inverse", SENSE_INVERSE, 0, 0.9, -1, -1},
        {", sense=inverse, momentum=0.99", SENSE_INVERSE, 0, 0.99, -1, -1},
        {", shard=all, low=0, high=1", SENSE_DIRECT, 0, 0.9, 0, 1},
        {", shard=1", SENSE_DIRECT, 1, 0.9, -1, -1},
        {", shard=3, sense=inverse", SENSE_INVERSE, 3, 0.9, -1, -1},
        {", low=0.3, high=0.35, sense=inverse", SENSE_INVERSE, 0, 0.9, 0.3, 0.35}};
    static const size_t counts[] = {2, 3, 5};
    (void)state;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
        for (size_t c = 0; c < 3; c++) {
            char text[128];
            double part = 0.2 / (double)counts[c];
            snprintf(text, sizeof text, "adaptive(by=gradients%s)", forms[k].options);
            comparison one = {text, counts[c], {transcribe_by_gradients}};
            one.t.sense = forms[k].sense;
            one.t.shard = forms[k].shard;
            one.t.momentum = forms[k].momentum;
            one.t.low = forms[k].low < 0 ? part : forms[k].low;
            one.t.high = forms[k].high < 0 ? 1 - part : forms[k].high;
            compare(&one);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_mgda),
        cmocka_unit_test(test_uncertainty),
        cmocka_unit_test(test_annealing),
        cmocka_unit_test(test_alternation),
        cmocka_unit_test(test_adaptive_by_losses),
        cmocka_unit_test(test_adaptive_by_gradients),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
