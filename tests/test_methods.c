/* SPDX-License-Identifier: MIT */
/* The methods of the foundation, each form against its transcription. */
#include "comparison.h"

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
