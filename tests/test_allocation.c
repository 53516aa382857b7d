/* SPDX-License-Identifier: MIT */
/* Memory that runs out: every function that allocates is called again and again, with
 * the first, second, third ... allocation failing, until none is left that could fail.
 * Each time it must say COD_EMEMORY, write no result, and leave nothing behind. */
#include "exhaust.h"
#include "hill.h"
#include "method_forms.h"

/* ---- the core ---- */

static cod_status make_pool(const void *with)
{
    cod_pool *pool = POISON;
    cod_status status = cod_pool_alloc(*(const unsigned *)with, 5, &pool);
    if (status != COD_OK)
        return pool == POISON ? status : (cod_status)POISONED;
    cod_pool_free(pool);
    return COD_OK;
}

static void test_pool_alloc_without_memory(void **state)
{
    (void)state;
    exhaust("a pool of one thread", make_pool, &(unsigned){1});
    exhaust("a pool of three threads", make_pool, &(unsigned){3});
}

static cod_status make_minnorm(const void *with)
{
    cod_minnorm *ws = POISON;
    cod_status status = cod_minnorm_alloc(*(const size_t *)with, &ws);
    if (status != COD_OK)
        return ws == POISON ? status : (cod_status)POISONED;
    cod_minnorm_free(ws);
    return COD_OK;
}

static cod_status make_cone(const void *with)
{
    cod_cone *ws = POISON;
    cod_status status = cod_cone_alloc(*(const size_t *)with, &ws);
    if (status != COD_OK)
        return ws == POISON ? status : (cod_status)POISONED;
    cod_cone_free(ws);
    return COD_OK;
}

static void test_cone_alloc_without_memory(void **state)
{
    (void)state;
    exhaust("a dual-cone workspace", make_cone, &(size_t){3});
}

static void test_minnorm_alloc_without_memory(void **state)
{
    (void)state;
    for (size_t m = 1; m <= 4; m++)
        exhaust("cod_minnorm_alloc", make_minnorm, &m);
}

typedef struct order {
    const char *text;
    cod_setup setup;
} order;

static cod_status make_solver(const void *with)
{
    const order *wanted = with;
    cod_solver *solver = POISON;
    cod_message message = {""};
    cod_status status =
        cod_solver_alloc(wanted->text, &wanted->setup, &solver, &message);
    if (status != COD_OK)
        return solver == POISON && message.text[0] != '\0' ? status
                                                           : (cod_status)POISONED;
    cod_solver_free(solver);
    return COD_OK;
}

static void test_solver_alloc_without_memory(void **state)
{
    (void)state;
    const size_t lengths[] = {4, 1, 5}, groups[] = {0, 1, 0};
    size_t count;
    const cod_method *const *methods = cod_method_list(&count);
    for (size_t k = 0; k < count; k++) {
        order wanted = {form_of(methods[k]), {.m = 3, .steps = 100, .epochs = 10}};
        if (!(methods[k]->needs & COD_NEED_ROWS))
            exhaust(wanted.text, make_solver, &wanted);
        wanted.setup.n = 10;
        wanted.setup.shards = 3;
        wanted.setup.lengths = lengths;
        wanted.setup.groups = groups;
        wanted.setup.threads = 2;
        exhaust(wanted.text, make_solver, &wanted);
    }
}

static void test_solver_alloc_of_options_without_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "linear(weights=1:2:3, output=sum-one)",
        "annealing(steps=5:7, order=2:1:3, unit=epoch)",
        "alternation(pattern=1:1:2:3, period=2)",
        "schedule(target=weight:2, every(k=2, switch(at=1:5, mgda, cr-mogm(linear))))",
    };
    for (size_t k = 0; k < COUNT(texts); k++)
        exhaust(texts[k], make_solver,
                &(order){texts[k], {.m = 3, .n = 10, .steps = 9}});
}

/* A wrapper with everything that a descriptor can ask memory for. */
typedef struct wrapper_state {
    double *seen;
    int64_t *steps;
} wrapper_state;

static const cod_field wrapper_fields[] = {
    COD_FIELD_REALS(wrapper_state, seen, COD_EXTENT_SQUARE, "", ""),
    COD_FIELD_INTEGERS(wrapper_state, steps, COD_EXTENT_ONE, "", ""),
};
static const cod_input wrapper_inputs[] = {
    {"preference", COD_EXTENT_M, 0, 1, 0, "a preference"},
};
static const cod_statistic wrapper_statistics[] = {{"sum", COD_JOIN_SUM}};

static size_t wrapper_numbers(const cod_step *step)
{
    return 2 * step->m;
}

static cod_status wrapper_visit(const cod_step *step, const cod_block *block,
                                double *statistics)
{
    for (size_t i = 0; i < step->rows; i++)
        statistics[i] = (double)block->length;
    return COD_OK;
}

static const cod_method wrapper = {
    .abi = COD_METHOD_ABI,
    .name = "wrapper",
    .summary = "the inner method's weights",
    .citation = "this test",
    .needs = COD_NEED_GRAMIAN | COD_NEED_ROWS,
    .state_size = sizeof(wrapper_state),
    .fields = wrapper_fields,
    .field_count = COUNT(wrapper_fields),
    .inputs = wrapper_inputs,
    .input_count = COUNT(wrapper_inputs),
    .statistics = wrapper_statistics,
    .statistic_count = COUNT(wrapper_statistics),
    .inner = 1,
    .memory = wrapper_numbers,
    .work = wrapper_numbers,
    .visit = wrapper_visit,
    .solve = cod_step_inner_solve,
};

static void test_solver_alloc_of_wrappers_without_memory(void **state)
{
    (void)state;
    const cod_method *const own[] = {&wrapper};
    const size_t lengths[] = {4, 6};
    order wanted = {"wrapper(wrapper(linear(weights=1:2:3)))",
                    {.m = 3,
                     .n = 10,
                     .shards = 2,
                     .lengths = lengths,
                     .threads = 2,
                     .methods = own,
                     .method_count = 1}};
    exhaust("wrapper", make_solver, &wanted);
}

/* ---- problems and descent ---- */

typedef struct hill_options {
    cod_list centre;
} hill_options;

static const cod_option hill_table[] = {
    COD_OPTION_LIST(hill_options, centre, -10, 10, "", "where the first one is lowest"),
};

static void hill_reference(const cod_problem *problem, double *ret_reference)
{
    for (size_t i = 0; i < problem->m; i++)
        ret_reference[i] = 10;
}

static const cod_problem_def hill = {
    .name = "hill",
    .summary = "two paraboloids",
    .citation = "this test",
    .traits = COD_PROBLEM_CONVEX | COD_PROBLEM_BOUNDED,
    .options_size = sizeof(hill_options),
    .options = hill_table,
    .option_count = 1,
    .size = hill_size,
    .box = hill_box,
    .evaluate = hill_evaluate,
    .reference = hill_reference,
};

static cod_status make_problem(const void *with)
{
    const cod_problem_def *const defs[] = {&hill};
    cod_problem *problem = POISON;
    cod_status status = cod_problem_alloc(with, defs, 1, &problem, NULL);
    if (status != COD_OK)
        return problem == POISON ? status : (cod_status)POISONED;
    cod_problem_free(problem);
    return COD_OK;
}

static cod_status wrap_problem(const void *with)
{
    (void)with;
    cod_problem *problem = POISON;
    cod_status status =
        cod_problem_wrap(&hill, (cod_problem_size){.m = 2, .n = 3}, NULL, &problem);
    if (status != COD_OK)
        return problem == POISON ? status : (cod_status)POISONED;
    cod_problem_free(problem);
    return COD_OK;
}

static void test_problem_alloc_without_memory(void **state)
{
    (void)state;
    exhaust("hill", make_problem, "hill");
    exhaust("hill(centre=1:2:3)", make_problem, "hill(centre=1:2:3)");
    exhaust("cod_problem_wrap", wrap_problem, NULL);
}

static cod_status make_rule(const void *with)
{
    cod_step_rule *rule = POISON;
    cod_status status = cod_step_rule_alloc(with, 3, 2, &rule, NULL);
    if (status != COD_OK)
        return rule == POISON ? status : (cod_status)POISONED;
    cod_step_rule_free(rule);
    return COD_OK;
}

static void test_step_rule_alloc_without_memory(void **state)
{
    (void)state;
    size_t count;
    const cod_step_rule_def *rules = cod_step_rule_list(&count);
    for (size_t k = 0; k < count; k++)
        exhaust(rules[k].name, make_rule, rules[k].name);
}

static cod_status make_bounded(const void *with)
{
    (void)with;
    cod_bounded *ws = POISON;
    cod_status status = cod_bounded_alloc(2, 3, &ws);
    if (status != COD_OK)
        return ws == POISON ? status : (cod_status)POISONED;
    cod_bounded_free(ws);
    return COD_OK;
}

static void test_bounded_alloc_without_memory(void **state)
{
    (void)state;
    exhaust("cod_bounded_alloc", make_bounded, NULL);
}

/* What is made beforehand cannot fail here: only the descent itself is on trial. */
static cod_status descend_many(const void *with)
{
    cod_problem *problem;
    cod_problem_size size = {.m = 2, .n = 3};
    double x[6] = {-1, 0, 2, 0.5, 2, -0.5}, f[4];
    cod_descent_result results[2];
    cod_setup setup = {0};
    cod_status status = cod_problem_wrap(&hill, size, NULL, &problem);
    if (status != COD_OK)
        return status;
    status =
        cod_descend_many(problem, with, &setup, "armijo", NULL, 2, x, f, results, NULL);
    cod_problem_free(problem);
    return status;
}

static void test_descend_without_memory(void **state)
{
    (void)state;
    exhaust("descent with mgda", descend_many, "mgda");
    exhaust("descent with linear", descend_many, "linear(weights=1:2)");
}

/* ---- fronts ---- */

static const double points[] = {1, 2, 3, 2, 1, 4, 3, 3, 3, 0, 5, 1};

static cod_status filter(const void *with)
{
    unsigned char keep[6] = {9};
    size_t m = *(const size_t *)with;
    cod_status status = cod_front_nondominated(m, 12 / m, points, 1, keep, NULL);
    return status != COD_OK && keep[0] != 9 ? (cod_status)POISONED : status;
}

static cod_status hypervolume(const void *with)
{
    const double reference[] = {6, 6, 6};
    double volume = -1;
    size_t m = *(const size_t *)with;
    cod_status status = cod_hypervolume(m, 12 / m, points, reference, &volume);
    return status != COD_OK && volume >= 0 ? (cod_status)POISONED : status;
}

static void test_front_without_memory(void **state)
{
    (void)state;
    for (size_t m = 2; m <= 4; m++)
        exhaust("cod_front_nondominated", filter, &m);
    for (size_t m = 2; m <= 3; m++)
        exhaust("cod_hypervolume", hypervolume, &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_alloc_without_memory),
        cmocka_unit_test(test_minnorm_alloc_without_memory),
        cmocka_unit_test(test_cone_alloc_without_memory),
        cmocka_unit_test(test_solver_alloc_without_memory),
        cmocka_unit_test(test_solver_alloc_of_options_without_memory),
        cmocka_unit_test(test_solver_alloc_of_wrappers_without_memory),
        cmocka_unit_test(test_problem_alloc_without_memory),
        cmocka_unit_test(test_step_rule_alloc_without_memory),
        cmocka_unit_test(test_bounded_alloc_without_memory),
        cmocka_unit_test(test_descend_without_memory),
        cmocka_unit_test(test_front_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
