/* SPDX-License-Identifier: MIT */
/* The door through which problems come: texts, options, boxes, a caller's own. */
#include "check.h"

typedef struct options {
    int64_t n;
    double centre;
    cod_list weights;
} options;

static const cod_option table[] = {
    COD_OPTION_INT(options, n, 3, 2, 1000, NULL, "", "variables"),
    COD_OPTION_REAL(options, centre, 1, -10, 10, NULL, "", "centre"),
    COD_OPTION_LIST(options, weights, 0, 5, "", "a weight for each variable"),
};

static cod_status size(const void *data, cod_problem_size *ret_size)
{
    const options *o = data;
    if (o->weights.count > 0 && o->weights.count != (size_t)o->n)
        return COD_EOPTION;
    *ret_size = (cod_problem_size){2, (size_t)o->n};
    return COD_OK;
}

static void box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    for (size_t j = 0; j < problem->n; j++) {
        ret_lower[j] = -(double)j - 1;
        ret_upper[j] = 2;
    }
}

/* f_1 = sum w x^2, f_2 = sum (x - centre)^2 */
static void evaluate(const cod_problem *problem, const double *x, double *ret_f,
                     double *ret_jacobian)
{
    const options *o = problem->options;
    size_t n = problem->n;
    ret_f[0] = ret_f[1] = 0;
    for (size_t j = 0; j < n; j++) {
        double w = o->weights.count > 0 ? o->weights.values[j] : 1;
        ret_f[0] += w * x[j] * x[j];
        ret_f[1] += (x[j] - o->centre) * (x[j] - o->centre);
        if (ret_jacobian != NULL) {
            ret_jacobian[j] = 2 * w * x[j];
            ret_jacobian[n + j] = 2 * (x[j] - o->centre);
        }
    }
}

static const cod_problem_def bowl = {
    .name = "bowl",
    .traits = COD_PROBLEM_BOUNDED,
    .options_size = sizeof(options),
    .options = table,
    .option_count = 3,
    .size = size,
    .box = box,
    .evaluate = evaluate,
};

static const cod_problem_def open_bowl = {
    .name = "open-bowl",
    .options_size = sizeof(options),
    .options = table,
    .option_count = 3,
    .size = size,
    .box = box,
    .evaluate = evaluate,
};

static const cod_problem_def *const defs[] = {&bowl, &open_bowl};

static void test_problem_alloc_defaults_and_options(void **state)
{
    (void)state;
    cod_problem *problem = NULL;
    cod_message message;
    assert_status(cod_problem_alloc("bowl", defs, 2, &problem, &message), COD_OK);
    assert_ptr_equal(problem->def, &bowl);
    assert_int_equal(problem->m, 2);
    assert_int_equal(problem->n, 3);
    assert_close(problem->lower[2], -3, 0, 0);
    assert_close(problem->upper[2], 2, 0, 0);
    cod_problem_free(problem);
    assert_status(cod_problem_alloc(" open-bowl( n = 2, weights=3:0.5 ,centre=-1e0 )",
                                    defs, 2, &problem, NULL),
                  COD_OK);
    double f[2], jacobian[4], x[2] = {4, -2};
    assert_status(cod_problem_evaluate(problem, x, f, jacobian), COD_OK);
    assert_close(f[0], 50, 0, 0);
    assert_close(f[1], 26, 0, 0);
    const double expected[4] = {24, -2, 10, -2};
    assert_memory_equal(jacobian, expected, sizeof expected);
    cod_problem_free(problem);
    cod_problem_free(NULL);
}

static void check_error(const char *text, cod_status status, const char *expected)
{
    cod_problem *problem = (void *)1;
    cod_message message = {"unset"};
    assert_status(cod_problem_alloc(text, defs, 2, &problem, &message), status);
    assert_string_equal(message.text, expected);
    assert_ptr_equal(problem, (void *)1);
    assert_status(cod_problem_alloc(text, defs, 2, &problem, NULL), status);
}

static void test_problem_alloc_errors_name_the_culprit(void **state)
{
    (void)state;
    check_error("bowel", COD_ENAME, "unknown problem 'bowel'; did you mean 'bowl'?");
    check_error("zdt1", COD_ENAME, "unknown problem 'zdt1'; there are bowl, open-bowl");
    check_error("bowl(", COD_ESYNTAX, "expected a name at character 6 of 'bowl('");
    check_error("", COD_ESYNTAX, "expected a name at character 1 of ''");
    check_error("bowl(centre=1, mgda)", COD_ESYNTAX,
                "bowl takes options only, not 'mgda'");
    check_error("bowl(center=1)", COD_ENAME,
                "unknown option of bowl 'center'; did you mean 'centre'?");
    check_error("bowl(n=1)", COD_EOPTION,
                "bowl: option n=1 is not a whole number in [2, 1000]");
    check_error("bowl(n=2.5)", COD_EOPTION,
                "bowl: option n=2.5 is not a whole number in [2, 1000]");
    check_error("bowl(centre=nan)", COD_EOPTION,
                "bowl: option centre=nan is not a number in [-10, 10]");
    check_error("bowl(n=4, n=5)", COD_ESYNTAX, "bowl: option n is given twice");
    check_error("bowl(weights=1:2)", COD_EOPTION,
                "bowl: the options n=3, centre=1, weights=1:2 do not go together");
}

static void test_problem_alloc_refuses_null(void **state)
{
    (void)state;
    cod_problem *problem;
    assert_status(cod_problem_alloc(NULL, defs, 2, &problem, NULL), COD_EARGUMENT);
    assert_status(cod_problem_alloc("bowl", NULL, 2, &problem, NULL), COD_EARGUMENT);
    assert_status(cod_problem_alloc("bowl", defs, 2, NULL, NULL), COD_EARGUMENT);
    assert_status(cod_problem_alloc("bowl", defs, 0, &problem, NULL), COD_ENAME);
}

static void test_problem_evaluate_checks(void **state)
{
    (void)state;
    cod_problem *bounded, *open;
    double f[2], jacobian[6];
    assert_status(cod_problem_alloc("bowl", defs, 2, &bounded, NULL), COD_OK);
    assert_status(cod_problem_alloc("open-bowl", defs, 2, &open, NULL), COD_OK);
    const double corner[] = {2, -2, -3}, low[] = {0, -2.0000001, 0},
                 high[] = {0, 0, 2.0000001};
    assert_status(cod_problem_evaluate(bounded, corner, f, jacobian), COD_OK);
    assert_status(cod_problem_evaluate(bounded, low, f, NULL), COD_EDOMAIN);
    assert_status(cod_problem_evaluate(bounded, high, f, NULL), COD_EDOMAIN);
    assert_status(cod_problem_evaluate(open, low, f, jacobian), COD_OK);
    assert_status(cod_problem_evaluate(open, high, f, NULL), COD_OK);
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < 9; k++) {
        double x[3] = {0, 0, 0};
        x[k % 3] = bad[k / 3];
        assert_status(cod_problem_evaluate(bounded, x, f, jacobian), COD_ENONFINITE);
        assert_status(cod_problem_evaluate(open, x, f, NULL), COD_ENONFINITE);
    }
    /* finite x, a value that is not; and a value that is, with a derivative that is not
     */
    const double far[] = {1e200, 0, 0};
    assert_status(cod_problem_evaluate(open, far, f, NULL), COD_ENONFINITE);
    assert_status(cod_problem_evaluate(NULL, corner, f, NULL), COD_EARGUMENT);
    assert_status(cod_problem_evaluate(open, NULL, f, NULL), COD_EARGUMENT);
    assert_status(cod_problem_evaluate(open, corner, NULL, NULL), COD_EARGUMENT);
    cod_problem_free(bounded);
    cod_problem_free(open);
}

/* f = data * sqrt x: the caller's data arrive, and at 0 only the derivative is bad */
static void root(const cod_problem *problem, const double *x, double *ret_f,
                 double *ret_jacobian)
{
    double factor = *(const double *)problem->data;
    ret_f[0] = factor * sqrt(x[0]);
    if (ret_jacobian != NULL)
        ret_jacobian[0] = factor / 2 / sqrt(x[0]);
}

static const cod_problem_def own = {.name = "own", .evaluate = root};

static void test_problem_wrap_own_function(void **state)
{
    (void)state;
    double factor = 3, f, jacobian, x = 4;
    cod_problem *problem;
    assert_status(cod_problem_wrap(&own, (cod_problem_size){1, 1}, &factor, &problem),
                  COD_OK);
    assert_true(isinf(problem->lower[0]) && problem->lower[0] < 0);
    assert_true(isinf(problem->upper[0]) && problem->upper[0] > 0);
    assert_status(cod_problem_evaluate(problem, &x, &f, &jacobian), COD_OK);
    assert_close(f, 6, 0, 0);
    assert_close(jacobian, 0.75, 0, 0);
    x = 0;
    assert_status(cod_problem_evaluate(problem, &x, &f, NULL), COD_OK);
    assert_status(cod_problem_evaluate(problem, &x, &f, &jacobian), COD_ENONFINITE);
    cod_problem_free(problem);
    /* a definition with options has their defaults */
    assert_status(cod_problem_wrap(&bowl, (cod_problem_size){2, 5}, NULL, &problem),
                  COD_OK);
    assert_close(((const options *)problem->options)->centre, 1, 0, 0);
    assert_close(problem->lower[4], -5, 0, 0);
    cod_problem_free(problem);
}

static void bad_box(const cod_problem *problem, double *ret_lower, double *ret_upper)
{
    ret_lower[problem->n - 1] = problem->n == 2 ? 1 : NAN;
    ret_upper[problem->n - 1] = 0;
}

static void test_problem_wrap_refuses_bad_definitions(void **state)
{
    (void)state;
    cod_problem *problem;
    cod_problem_def broken = own;
    assert_status(cod_problem_wrap(NULL, (cod_problem_size){1, 1}, NULL, &problem),
                  COD_EARGUMENT);
    assert_status(cod_problem_wrap(&own, (cod_problem_size){0, 1}, NULL, &problem),
                  COD_EARGUMENT);
    assert_status(cod_problem_wrap(&own, (cod_problem_size){1, 0}, NULL, &problem),
                  COD_EARGUMENT);
    assert_status(
        cod_problem_wrap(&own, (cod_problem_size){SIZE_MAX, 2}, NULL, &problem),
        COD_EARGUMENT);
    assert_status(cod_problem_wrap(&own, (cod_problem_size){1, 1}, NULL, NULL),
                  COD_EARGUMENT);
    broken.box = bad_box;
    assert_status(cod_problem_wrap(&broken, (cod_problem_size){1, 2}, NULL, &problem),
                  COD_EARGUMENT);
    assert_status(cod_problem_wrap(&broken, (cod_problem_size){1, 3}, NULL, &problem),
                  COD_EARGUMENT);
    broken.evaluate = NULL;
    assert_status(cod_problem_wrap(&broken, (cod_problem_size){1, 1}, NULL, &problem),
                  COD_EARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problem_alloc_defaults_and_options),
        cmocka_unit_test(test_problem_alloc_errors_name_the_culprit),
        cmocka_unit_test(test_problem_alloc_refuses_null),
        cmocka_unit_test(test_problem_evaluate_checks),
        cmocka_unit_test(test_problem_wrap_own_function),
        cmocka_unit_test(test_problem_wrap_refuses_bad_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
