/* SPDX-License-Identifier: MIT */
/* Methods that follow how the losses and gradients change, against transcriptions. */
#include "comparison.h"

static void test_dwa(void **state)
{
    static const comparison table[] = {
        {"dwa", 2, {transcribe_dwa, .unit = UNIT_EPOCH, .temperature = 2}},
        {"dwa", 5, {transcribe_dwa, .unit = UNIT_EPOCH, .temperature = 2}},
        {"dwa(temperature=0.25)",
         3,
         {transcribe_dwa, .unit = UNIT_EPOCH, .temperature = 0.25}},
        {"dwa(unit=step)", 3, {transcribe_dwa, .unit = UNIT_STEP, .temperature = 2}},
    };
    (void)state;
    COMPARE(table);
}

static void test_famo(void **state)
{
    static const comparison table[] = {
        {"famo", 2, {transcribe_famo, .lr = 0.025, .decay = 0.001}},
        {"famo", 5, {transcribe_famo, .lr = 0.025, .decay = 0.001}},
        {"famo(lr=0.2, decay=0)", 3, {transcribe_famo, .lr = 0.2}},
        {"famo(lower=-1)",
         2,
         {transcribe_famo, .lr = 0.025, .decay = 0.001, .lower = {-1, -1}}},
        {"famo(lower=-1:-0.5:0, decay=0.1)",
         3,
         {transcribe_famo, .lr = 0.025, .decay = 0.1, .lower = {-1, -0.5, 0}}},
    };
    (void)state;
    COMPARE(table);
}

static void test_gradvac(void **state)
{
    static const comparison table[] = {
        {"gradvac", 2, {transcribe_gradvac, .beta = 0.01}},
        {"gradvac", 3, {transcribe_gradvac, .beta = 0.01}},
        {"gradvac", 5, {transcribe_gradvac, .beta = 0.01}},
        {"gradvac(beta=0.5)", 3, {transcribe_gradvac, .beta = 0.5}},
        {"gradvac(beta=0)", 2, {transcribe_gradvac, .beta = 0}},
    };
    (void)state;
    COMPARE(table);
}

static void test_gradnorm(void **state)
{
    static const comparison table[] = {
        {"gradnorm", 2, {transcribe_gradnorm, .alpha = 1.5, .lr = 0.025}},
        {"gradnorm", 5, {transcribe_gradnorm, .alpha = 1.5, .lr = 0.025}},
        {"gradnorm(alpha=0.12, lr=0.001)",
         3,
         {transcribe_gradnorm, .alpha = 0.12, .lr = 0.001}},
        {"gradnorm(shard=2)",
         3,
         {transcribe_gradnorm, .alpha = 1.5, .lr = 0.025, .shard = 2}},
    };
    (void)state;
    COMPARE(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dwa),
        cmocka_unit_test(test_famo),
        cmocka_unit_test(test_gradvac),
        cmocka_unit_test(test_gradnorm),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
