/* SPDX-License-Identifier: MIT */
/* Whole steps with rows and directions of every type, and with kernels of every
 * instruction set. */
#include "check.h"

#include "core/types.h"

enum { M = 3, N = 4000 };

/* One that combines, one that makes its direction element by element, two that keep
 * memory of every element. */
static const char *const methods[] = {"mgda", "graddrop", "trimmed-mean", "moco",
                                      "db-mtl"};

/* Numbers that every type holds exactly: the same rows in two types. */
typedef struct input {
    unsigned char narrow[M][N * sizeof(double)];
    double wide[M][N];
    const void *narrow_rows[M];
    const void *wide_rows[M];
    double losses[M];
} input;

static void fill(input *in, cod_type type)
{
    for (size_t i = 0; i < M; i++) {
        for (size_t k = 0; k < N; k++)
            in->wide[i][k] = (floor(32 * cod_random_uniform(
                                             (cod_random){.seed = 5, .stream = i}, k)) -
                              (i == 0 ? 10 : 16)) /
                             64;
        assert_false(cod_elements_store(in->wide[i], N, type, in->narrow[i]));
        in->narrow_rows[i] = in->narrow[i];
        in->wide_rows[i] = in->wide[i];
        in->losses[i] = 1 + (double)i;
    }
}

static cod_solver *make(const char *text, const char *kernels)
{
    cod_solver *solver = NULL;
    cod_message message = {{0}};
    const cod_setup setup = {
        .m = M, .n = N, .seed = 3, .threads = 2, .steps = 10, .kernels = kernels};
    cod_status status = cod_solver_alloc(text, &setup, &solver, &message);
    if (status != COD_OK)
        print_error("%s: %s\n", text, message.text);
    assert_status(status, COD_OK);
    return solver;
}

/* Rows of any type are their numbers; the direction is that of float64, rounded once.
 */
static void check_type(const char *text, const char *kernels, cod_type type)
{
    static input in;
    static double d[N], w[2][M];
    static unsigned char narrow[N * sizeof(double)], expected[N * sizeof(double)];
    fill(&in, type);
    cod_solver *solver = make(text, kernels), *reference = make(text, NULL);
    for (int step = 0; step < 3; step++) {
        assert_status(cod_solver_step(reference, in.losses, in.wide_rows, COD_FLOAT64,
                                      w[0], d, COD_FLOAT64, NULL),
                      COD_OK);
        assert_status(cod_solver_step(solver, in.losses, in.narrow_rows, type, w[1],
                                      narrow, type, NULL),
                      COD_OK);
        assert_memory_equal(w[0], w[1], sizeof w[0]);
        assert_false(cod_elements_store(d, N, type, expected));
        assert_memory_equal(narrow, expected, N * cod_type_size(type));
    }
    cod_solver_free(reference);
    cod_solver_free(solver);
}

static void test_step_of_every_type_and_kernel(void **state)
{
    (void)state;
    const char *kernels;
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        for (int type = COD_FLOAT32; type <= COD_FLOAT16; type++)
            for (size_t s = 0; (kernels = cod_kernels_name(s)) != NULL; s++)
                check_type(methods[k], kernels, (cod_type)type);
}

static void assert_says(const cod_solver *solver, const char *text)
{
    if (strstr(cod_solver_message(solver), text) == NULL)
        print_error("\"%s\" is not in \"%s\"\n", text, cod_solver_message(solver));
    assert_non_null(strstr(cod_solver_message(solver), text));
}

/* NaN or infinity among 16-bit elements is named; a direction beyond the type is no
 * infinity. */
static void test_step_refuses_what_is_not_a_number(void **state)
{
    (void)state;
    static const uint16_t bad[2][2] = {{0x7fc0, 0xff80}, {0x7c01, 0xfc00}};
    static input in;
    double w[M];
    static uint16_t d[N];
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        for (int t = 0; t < 4; t++) {
            cod_type type = t < 2 ? COD_BFLOAT16 : COD_FLOAT16;
            fill(&in, type);
            memcpy(in.narrow[1] + 2 * 3000, &bad[t / 2][t % 2], 2);
            cod_solver *solver = make(methods[k], NULL);
            assert_status(cod_solver_step(solver, in.losses, in.narrow_rows, type, w, d,
                                          type, NULL),
                          COD_ENONFINITE);
            assert_says(solver, "objective 2");
            assert_says(solver, t % 2 == 0 ? "NaN" : "infinite");
            assert_says(solver, "element 3001");
            cod_solver_free(solver);
        }
}

static void test_step_refuses_a_direction_beyond_the_type(void **state)
{
    (void)state;
    static input in;
    double w[M];
    static uint16_t d[N];
    static const char *const wide[] = {"linear(weights=3:3:3)", "graddrop"};
    for (size_t k = 0; k < 2; k++) {
        fill(&in, COD_FLOAT64);
        for (size_t i = 0; i < M; i++)
            in.wide[i][2500] = 65000;
        cod_solver *solver = make(wide[k], NULL);
        assert_status(cod_solver_step(solver, in.losses, in.wide_rows, COD_FLOAT64, w,
                                      d, COD_FLOAT16, NULL),
                      COD_EOVERFLOW);
        assert_status(cod_solver_step(solver, in.losses, in.wide_rows, COD_FLOAT64, w,
                                      d, COD_BFLOAT16, NULL),
                      COD_OK);
        cod_solver_free(solver);
    }
}

static void test_setup_names_unknown_kernels(void **state)
{
    (void)state;
    cod_solver *solver = NULL;
    cod_message message;
    cod_setup setup = {.m = 2, .kernels = "sse9"};
    assert_status(cod_solver_alloc("mgda", &setup, &solver, &message), COD_ENAME);
    assert_non_null(strstr(message.text, "unknown instruction set 'sse9'"));
    assert_null(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_of_every_type_and_kernel),
        cmocka_unit_test(test_step_refuses_what_is_not_a_number),
        cmocka_unit_test(test_step_refuses_a_direction_beyond_the_type),
        cmocka_unit_test(test_setup_names_unknown_kernels),
    };
    return cmocka_run_group_tests_name("step_types", tests, NULL, NULL);
}
