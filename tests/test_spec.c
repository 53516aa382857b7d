/* SPDX-License-Identifier: MIT */
/* The text that names a method: what it means, and that no text at all can do harm. */
#include "sets.h"

#include "core/spec.h"

static cod_spec *parse(const char *text)
{
    cod_spec *spec;
    cod_message message;
    if (cod_spec_parse(text, &spec, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    return spec;
}

static void test_spec_parse_options_and_inner(void **state)
{
    cod_spec *spec = parse("  schedule ( ramp = cosine,mgda( normalize=l2 ) , "
                           "weights=1:-2.5:3e4,\tlinear , inner-2(a=b)) ");
    (void)state;
    assert_string_equal(spec->name, "schedule");
    assert_int_equal(spec->option_count, 2);
    assert_string_equal(spec->options[0].name, "ramp");
    assert_string_equal(spec->options[0].value, "cosine");
    assert_string_equal(spec->options[1].name, "weights");
    assert_string_equal(spec->options[1].value, "1:-2.5:3e4");
    assert_int_equal(spec->inner_count, 3);
    assert_string_equal(spec->inner[0]->name, "mgda");
    assert_string_equal(spec->inner[0]->options[0].value, "l2");
    assert_string_equal(spec->inner[1]->name, "linear");
    assert_int_equal(spec->inner[1]->option_count, 0);
    assert_string_equal(spec->inner[2]->name, "inner-2");
    assert_string_equal(spec->inner[2]->options[0].value, "b");
    cod_spec_free(spec);
    spec = parse("mgda()");
    assert_int_equal(spec->option_count + spec->inner_count, 0);
    cod_spec_free(spec);
    cod_spec_free(NULL);
}

static void check_refused(const char *text)
{
    cod_spec *spec = NULL;
    cod_message message = {""};
    assert_status(cod_spec_parse(text, &spec, &message), COD_ESYNTAX);
    assert_true(message.text[0] != '\0' && spec == NULL);
    assert_true(cod_spec_parse(text, &spec, NULL) == COD_ESYNTAX);
}

static void test_spec_parse_errors(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "(",
                                      ")",
                                      "mgda(",
                                      "mgda(a",
                                      "mgda(a=",
                                      "mgda(a=1",
                                      "mgda(a=1,",
                                      "mgda(a=1,)",
                                      "mgda(,)",
                                      "mgda)",
                                      "mgda()x",
                                      "mgda() (",
                                      "mgda,mgda",
                                      "(mgda)",
                                      "mgda((a=1))",
                                      "=",
                                      "mgda(=1)",
                                      "mgda(a b)",
                                      "a b",
                                      "mgda(a=1 b=2)",
                                      "mgda(linear) x",
                                      "mgda(\nnormalize=l2)",
                                      "mgda(normalize=l2\n)",
                                      "mgda(a=1\x01)",
                                      "mgda\n"};
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        check_refused(bad[k]);
    cod_spec *spec;
    assert_status(cod_spec_parse(NULL, &spec, NULL), COD_EARGUMENT);
    assert_status(cod_spec_parse("mgda", NULL, NULL), COD_EARGUMENT);
}

/* Eight levels are taken, nine are not, a million neither. */
static void test_spec_parse_depth(void **state)
{
    (void)state;
    for (size_t depth = 1; depth <= 1000000;
         depth = depth < 12 ? depth + 1 : depth * 10) {
        char *text = malloc(3 * depth + 1), *at = text;
        for (size_t k = 0; k + 1 < depth; k++)
            at = stpcpy(at, "a(");
        *at++ = 'a';
        for (size_t k = 0; k + 1 < depth; k++)
            *at++ = ')';
        *at = '\0';
        cod_spec *spec;
        assert_status(cod_spec_parse(text, &spec, NULL),
                      depth <= COD_SPEC_DEPTH ? COD_OK : COD_ESYNTAX);
        if (depth <= COD_SPEC_DEPTH)
            cod_spec_free(spec);
        free(text);
    }
}

/* Every beginning of good texts, and random changes of them: parsed or refused with one
 * short line, never anything else. (Under the sanitizers this looks for more.) */
static void check_anything(const char *text)
{
    cod_spec *spec;
    cod_message message = {""};
    cod_status status = cod_spec_parse(text, &spec, &message);
    if (status == COD_OK) {
        cod_spec_free(spec);
        return;
    }
    assert_status(status, COD_ESYNTAX);
    assert_in_range(strlen(message.text), 5, sizeof message.text - 1);
    for (const char *c = message.text; *c != '\0'; c++)
        assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void test_spec_parse_anything(void **state)
{
    static const char *const good[] = {
        "mgda(normalize=loss+, minnorm=line-search)",
        "schedule(target=weight:2, ramp=cosine, cr-mogm(alpha=.9, mgda))",
        "annealing(steps=200:600, order=2:1:3)", "linear(weights=1e-3:2)"};
    static const char letters[] = "()=,:. \t+-az09%\x01\xff\n'\"\\";
    uint64_t seed = 1;
    (void)state;
    for (size_t g = 0; g < 4; g++) {
        char text[128];
        size_t length = strlen(good[g]);
        for (size_t k = 0; k <= length; k++) {
            memcpy(text, good[g], k);
            text[k] = '\0';
            check_anything(text);
        }
        for (int trial = 0; trial < 5000; trial++) {
            strcpy(text, good[g]);
            for (int change = draw_int(&seed, 5); change >= 0; change--)
                text[draw_int(&seed, (int)length - 1)] =
                    letters[draw_int(&seed, (int)sizeof letters - 2)];
            check_anything(text);
        }
    }
    char *many = malloc(400001);
    for (size_t k = 0; k < 400000; k++)
        many[k] = "a=1,"[k % 4];
    many[0] = 'm';
    many[1] = '(';
    many[400000] = '\0';
    check_anything(many);
    memset(many, 'x', 400000);
    check_anything(many);
    free(many);
}

/* ---- splitting ---- */

static void test_spec_split(void **state)
{
    char **parts;
    cod_message message;
    (void)state;
    assert_status(cod_spec_split(" mgda(a=1, b(c,d)) ,linear, x(y)", &parts, NULL),
                  COD_OK);
    assert_string_equal(parts[0], "mgda(a=1, b(c,d))");
    assert_string_equal(parts[1], "linear");
    assert_string_equal(parts[2], "x(y)");
    assert_null(parts[3]);
    cod_split_free(parts);
    static const char *const bad[] = {"", ",", "a,", ",a", "a,,b", " , "};
    for (size_t k = 0; k < 6; k++) {
        assert_status(cod_spec_split(bad[k], &parts, &message), COD_ESYNTAX);
        assert_non_null(strstr(message.text, "empty"));
    }
    assert_status(cod_spec_split("a(b,c", &parts, NULL),
                  COD_OK); /* its parser refuses */
    assert_string_equal(parts[0], "a(b,c");
    cod_split_free(parts);
    cod_split_free(NULL);
}

/* ---- nearest names ---- */

static const char *name_at(const void *list, size_t k)
{
    return ((const char *const *)list)[k];
}

static void test_fail_name(void **state)
{
    static const char *const names[] = {"mgda", "linear", "uncertainty"};
    static const struct {
        const char *name, *near;
    } cases[] = {{"mgad", "mgda"},     {"MGDA", "mgda"},
                 {"liner", "linear"},  {"uncertain", "uncertainty"},
                 {"xyzzy", NULL},      {"", NULL},
                 {"linera", "linear"}, {"uncertanty", "uncertainty"}};
    cod_message message;
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_status(
            cod_fail_name(&message, "method", cases[k].name, names, 3, name_at),
            COD_ENAME);
        char expected[128];
        snprintf(expected, sizeof expected, "unknown method '%s'", cases[k].name);
        assert_true(strncmp(message.text, expected, strlen(expected)) == 0);
        const char *mean = strstr(message.text, "did you mean '");
        if (cases[k].near == NULL) {
            assert_null(mean);
            assert_string_equal(message.text + strlen(expected),
                                "; there are mgda, linear, uncertainty");
        } else {
            assert_non_null(mean);
            assert_non_null(strstr(mean, cases[k].near));
        }
    }
    char long_name[4000];
    memset(long_name, 'y', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    assert_status(cod_fail_name(&message, "method", long_name, names, 3, name_at),
                  COD_ENAME);
    assert_in_range(strlen(message.text), 20, sizeof message.text - 1);
    assert_status(cod_fail_name(NULL, "method", "x", names, 3, name_at), COD_ENAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_parse_options_and_inner),
        cmocka_unit_test(test_spec_parse_errors),
        cmocka_unit_test(test_spec_parse_depth),
        cmocka_unit_test(test_spec_parse_anything),
        cmocka_unit_test(test_spec_split),
        cmocka_unit_test(test_fail_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
