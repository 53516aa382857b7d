/* SPDX-License-Identifier: MIT */
/* Options by one table: defaults, ranges, words, lists; every option of every method
 * printed and read back. */
#include "method_forms.h"
#include "sets.h"

#include "core/options_table.h"

enum { RED, GREEN, BLUE };

typedef struct options {
    int flag;
    int64_t count;
    int64_t shard;
    double rate;
    double share;
    int colour;
    cod_list weights;
} options;

static const cod_option table[] = {
    COD_OPTION_BOOL(options, flag, 1, "a flag"),
    COD_OPTION_INT(options, count, 7, 1, 1e9, NULL, "", "a count"),
    COD_OPTION_INT(options, shard, NAN, 1, 9, "all", "", "a shard, or all"),
    COD_OPTION_REAL(options, rate, 0.001, COD_ABOVE_0, 10, NULL, "", "a rate"),
    COD_OPTION_REAL(options, share, NAN, 0, COD_BELOW_1, "0.2/m", "", "a share"),
    COD_OPTION_CHOICE(options, colour, BLUE, "red|green|blue", "a colour"),
    COD_OPTION_LIST(options, weights, -1, 5, "", "weights"),
};
#define COUNT (sizeof table / sizeof *table)

static void test_options_default_sets_every_member(void **state)
{
    options o;
    (void)state;
    memset(&o, 0xAA, sizeof o);
    cod_options_default(table, COUNT, &o);
    assert_int_equal(o.flag, 1);
    assert_int_equal(o.count, 7);
    assert_true(o.shard == COD_AUTO_INT);
    assert_close(o.rate, 0.001, 0, 0);
    assert_true(isnan(o.share));
    assert_int_equal(o.colour, BLUE);
    assert_true(o.weights.count == 0 && o.weights.values == NULL);
}

static void test_options_set_takes(void **state)
{
    static const char *const good[][2] = {
        {"flag", "false"},       {"flag", "true"},   {"count", "1"},
        {"count", "1000000000"}, {"shard", "all"},   {"shard", "9"},
        {"rate", "1e-300"},      {"rate", "10"},     {"rate", ".5"},
        {"share", "0"},          {"share", "0.2/m"}, {"share", "0.9999999999999998"},
        {"colour", "red"},       {"weights", "1"},   {"weights", "-1:0:5:2.5"}};
    options o;
    (void)state;
    cod_options_default(table, COUNT, &o);
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        char text[64], again[64];
        cod_message message;
        const cod_option *option = cod_options_find(table, COUNT, good[k][0]);
        if (cod_options_set("x", table, COUNT, &o, good[k][0], good[k][1], &message) !=
            COD_OK)
            fail_msg("%s=%s: %s", good[k][0], good[k][1], message.text);
        assert_true(cod_options_print(option, &o, text, sizeof text) < sizeof text);
        assert_status(cod_options_set("x", table, COUNT, &o, good[k][0], text, NULL),
                      COD_OK);
        cod_options_print(option, &o, again, sizeof again);
        assert_string_equal(text, again);
    }
    assert_int_equal(o.weights.count, 4);
    assert_close(o.weights.values[3], 2.5, 0, 0);
    cod_options_clear(table, COUNT, &o);
    assert_int_equal(o.weights.count, 0);
    cod_options_clear(table, COUNT, &o);
}

static void test_options_set_refuses(void **state)
{
    static const char *const bad[][2] = {
        {"flag", "yes"},      {"flag", "1"},        {"flag", ""},
        {"count", "0"},       {"count", "-3"},      {"count", "1.5"},
        {"count", "1e99"},    {"count", "nan"},     {"count", "7x"},
        {"count", ""},        {"count", "all"},     {"count", "0x10"},
        {"shard", "10"},      {"shard", "al"},      {"shard", "none"},
        {"rate", "0"},        {"rate", "-1"},       {"rate", "10.001"},
        {"rate", "nan"},      {"rate", "inf"},      {"rate", "1e999"},
        {"rate", "one"},      {"rate", "1,5"},      {"rate", "1 2"},
        {"share", "1"},       {"share", "-0.1"},    {"share", "0.2/n"},
        {"colour", "yellow"}, {"colour", "gree"},   {"colour", "red|green"},
        {"colour", ""},       {"weights", ""},      {"weights", ":"},
        {"weights", "1:"},    {"weights", "1::2"},  {"weights", "1:6"},
        {"weights", "-2"},    {"weights", "1:nan"}, {"weights", "1:x"}};
    options o, before;
    (void)state;
    memset(&o, 0, sizeof o); /* what lies between the members, too */
    cod_options_default(table, COUNT, &o);
    assert_status(cod_options_set("x", table, COUNT, &o, "weights", "1:2", NULL),
                  COD_OK);
    memcpy(&before, &o, sizeof o);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        cod_message message = {""};
        if (cod_options_set("owner", table, COUNT, &o, bad[k][0], bad[k][1],
                            &message) != COD_EOPTION)
            fail_msg("%s=%s was taken", bad[k][0], bad[k][1]);
        assert_true(strncmp(message.text, "owner: option ", 14) == 0);
        assert_non_null(strstr(message.text, bad[k][0]));
        assert_memory_equal(&o, &before, sizeof o);
    }
    cod_message message;
    assert_status(
        cod_options_set("owner", table, COUNT, &o, "colours", "red", &message),
        COD_ENAME);
    assert_string_equal(message.text,
                        "unknown option of owner 'colours'; did you mean 'colour'?");
    cod_options_clear(table, COUNT, &o);
}

static void test_options_read_refuses_twice(void **state)
{
    options o;
    cod_spec *spec;
    cod_message message;
    (void)state;
    assert_status(cod_spec_parse("x(count=2, rate=1, count=2)", &spec, NULL), COD_OK);
    assert_status(cod_options_read(spec, table, COUNT, &o, &message), COD_ESYNTAX);
    assert_string_equal(message.text, "x: option count is given twice");
    cod_spec_free(spec);
}

static void test_options_print_ranges(void **state)
{
    static const char *const expected[COUNT][2] = {
        {"true", "false|true"}, {"7", "[1, 1e+09]"}, {"all", "all"},
        {"0.001", "(0, 10]"},   {"0.2/m", "[0, 1)"}, {"blue", "red|green|blue"},
        {"", "[-1, 5]"}};
    (void)state;
    for (size_t k = 0; k < COUNT; k++) {
        char initial[64], range[96];
        cod_options_print_default(&table[k], initial, sizeof initial);
        cod_options_print_range(&table[k], range, sizeof range);
        assert_string_equal(initial, expected[k][0]);
        if (strstr(range, expected[k][1]) == NULL)
            fail_msg("%s: '%s'", table[k].name, range);
    }
}

/* Every option of every method, as it is by default, read back by the method itself. */
static void test_options_of_every_method_round_trip(void **state)
{
    size_t count, options_seen = 0;
    const cod_method *const *methods = cod_method_list(&count);
    (void)state;
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j < methods[k]->option_count; j++) {
            cod_solver *solver, *again;
            cod_setup setup = {.m = 3, .n = 5, .steps = 10};
            const char *form = form_of(methods[k]);
            char value[64], text[160], back[64];
            const char *name = methods[k]->options[j].name;
            assert_status(cod_solver_alloc(form, &setup, &solver, NULL), COD_OK);
            assert_status(cod_solver_option(solver, name, value, sizeof value), COD_OK);
            cod_solver_free(solver);
            char given[64];
            snprintf(given, sizeof given, "%s=", name);
            if (value[0] == '\0' || strstr(form, given) != NULL)
                continue; /* a list that is not given, or an option that is */
            if (form[strlen(methods[k]->name)] == '(')
                snprintf(text, sizeof text, "%s(%s=%s, %s", methods[k]->name, name,
                         value, form + strlen(methods[k]->name) + 1);
            else
                snprintf(text, sizeof text, "%s(%s=%s)", form, name, value);
            assert_status(cod_solver_alloc(text, &setup, &again, NULL), COD_OK);
            assert_status(cod_solver_option(again, name, back, sizeof back), COD_OK);
            assert_string_equal(value, back);
            cod_solver_free(again);
            options_seen++;
        }
    assert_true(options_seen > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_default_sets_every_member),
        cmocka_unit_test(test_options_set_takes),
        cmocka_unit_test(test_options_set_refuses),
        cmocka_unit_test(test_options_read_refuses_twice),
        cmocka_unit_test(test_options_print_ranges),
        cmocka_unit_test(test_options_of_every_method_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
