/* SPDX-License-Identifier: MIT */
/* A training run against the same done by hand, on a task of five parameters. */
#include "checkpoints.h"
#include "toy_task.h"

#include "lab/lab.h"
#include "lab/training.h"

/* ---- by hand ---- */

typedef struct by_hand {
    double x[TOY_N], units[2];
    double losses[30][2], weights[30][2], cosines[30];
} by_hand;

/* Floats and doubles as the task has them. */
static void losses_at(const toy_options *o, const double *x, uint64_t seed,
                      int64_t step, double *ret_losses, double ret_gradients[2][TOY_N])
{
    cod_random random = {seed, 1, (uint64_t)step};
    for (size_t i = 0; i < 2; i++) {
        double height = i == 0 ? 1 : o->height;
        ret_losses[i] = 0;
        for (size_t j = 0; j < TOY_N; j++) {
            double goal = i == 0 ? 0 : o->far * (j % 2 == 0 ? 1 : -1);
            double d = x[j] - goal - o->noise * cod_random_normal(random, j);
            ret_losses[i] += height * d * d / 2;
            ret_gradients[i][j] = height * d;
        }
    }
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (size_t j = 0; j < TOY_N; j++)
        sum += a[j] * b[j];
    return sum;
}

/* The min-norm point of two gradients in closed form, or fixed weights. */
static void weigh(const double *fixed, const double g[2][TOY_N], double *ret_weights)
{
    double a = dot(g[0], g[0]), b = dot(g[0], g[1]), c = dot(g[1], g[1]);
    double w = (c - b) / (a + c - 2 * b);
    w = w < 0 ? 0 : w > 1 ? 1 : w;
    ret_weights[0] = fixed != NULL ? fixed[0] : w;
    ret_weights[1] = fixed != NULL ? fixed[1] : 1 - w;
}

static by_hand train_by_hand(const toy_options *o, uint64_t seed, const double *fixed)
{
    by_hand h = {0};
    double raw[2], g[2][TOY_N];
    for (size_t j = 0; j < TOY_N; j++)
        h.x[j] = (float)cod_random_normal((cod_random){seed, 0, 0}, j);
    for (int64_t k = 0; k < 10; k++) {
        losses_at(o, h.x, seed, k, raw, g);
        for (size_t i = 0; i < 2; i++)
            h.units[i] += raw[i] / 10;
    }
    for (int64_t k = 0; k < 30; k++) {
        losses_at(o, h.x, seed, k, raw, g);
        for (size_t i = 0; i < 2; i++) {
            h.losses[k][i] = raw[i] / h.units[i];
            for (size_t j = 0; j < TOY_N; j++)
                g[i][j] /= h.units[i];
        }
        weigh(fixed, (const double(*)[TOY_N])g, h.weights[k]);
        h.cosines[k] = dot(g[0], g[1]) / sqrt(dot(g[0], g[0]) * dot(g[1], g[1]));
        for (size_t j = 0; j < TOY_N; j++)
            h.x[j] -= 0.1 * (1 - (double)k / 30) *
                      (h.weights[k][0] * g[0][j] + h.weights[k][1] * g[1][j]);
    }
    return h;
}

/* ---- runs ---- */

static cod_training *train(const cod_task *task, const char *method, uint64_t seed)
{
    cod_training *t;
    cod_message message = {{0}};
    cod_training_options options = {
        .method = method, .step_rule = "constant(step=0.1)", .steps = 30, .seed = seed};
    assert_status(cod_training_alloc(task, 30, &t), COD_OK);
    cod_status status =
        cod_train(task, &options, (cod_bytes_reader){0}, NULL, t, &message);
    if (status < 0)
        print_error("%s: %s\n", method, message.text);
    assert_status(status, COD_OK);
    return t;
}

static cod_status refused_in(int64_t steps, const char *text, const char *method,
                             const char *rule, const char *word)
{
    cod_training *t;
    cod_message message = {{0}};
    cod_task *task = toy_task(text);
    cod_training_options options = {
        .method = method, .step_rule = rule, .steps = steps, .seed = 1};
    assert_non_null(task);
    assert_status(cod_training_alloc(task, steps, &t), COD_OK);
    cod_status status =
        cod_train(task, &options, (cod_bytes_reader){0}, NULL, t, &message);
    if (strstr(message.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", message.text, word);
    cod_training_free(t);
    cod_task_free(task);
    return status;
}

static cod_status refused(const char *text, const char *method, const char *rule,
                          const char *word)
{
    return refused_in(30, text, method, rule, word);
}

static void compare(const cod_training *t, const by_hand *h, int gramian)
{
    for (size_t i = 0; i < 2; i++)
        assert_close(t->units[i], h->units[i], 1e-12, 0);
    for (size_t k = 0; k < 30; k++) {
        for (size_t i = 0; i < 2; i++) {
            assert_close(t->losses[2 * k + i], h->losses[k][i], 2e-5, 1e-6);
            assert_close(t->weights[2 * k + i], h->weights[k][i], 0, 2e-5);
        }
        if (gramian)
            assert_close(t->cosines[k], h->cosines[k], 0, 2e-5);
        else
            assert_true(isnan(t->cosines[k]));
        assert_close(t->passes[k], (double)(k + 1) * (gramian ? 2 : 1), 0, 0);
    }
}

static void test_train_as_by_hand(void **state)
{
    static const double fixed[] = {0.25, 0.75};
    const toy_options o = {.noise = 0.3, .far = 1, .height = 3};
    cod_task *task = toy_task("toy(noise=0.3)");
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        by_hand h = train_by_hand(&o, seed, fixed);
        cod_training *t = train(task, "linear(weights=1:3)", seed);
        compare(t, &h, 0);
        assert_close(t->end[0], dot(h.x, h.x) / 2, 1e-4, 0);
        cod_training_free(t);
        h = train_by_hand(&o, seed, NULL);
        t = train(task, "mgda", seed);
        compare(t, &h, 1);
        assert_close(t->end[0], dot(h.x, h.x) / 2, 1e-4, 0);
        cod_training_free(t);
    }
    cod_task_free(task);
}

/* Units make the scale of a loss meaningless. */
static void test_train_units_take_the_scale_out(void **state)
{
    cod_task *one = toy_task("toy(noise=0.3, height=3)");
    cod_task *other = toy_task("toy(noise=0.3, height=3000)");
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const char *method = k == 0 ? "linear" : "mgda";
        cod_training *a = train(one, method, 3), *b = train(other, method, 3);
        for (size_t i = 0; i < 60; i++)
            assert_close(a->losses[i], b->losses[i], 1e-5, 1e-7);
        assert_close(a->units[1] * 1000, b->units[1], 1e-6, 0);
        cod_training_free(a);
        cod_training_free(b);
    }
    cod_task_free(one);
    cod_task_free(other);
}

/* Backward passes, whatever the method is; forwards that count are one a step. */
static void test_train_passes(void **state)
{
    static const struct {
        const char *method;
        double passes, forwards;
    } cases[] = {
        {"linear", 30, 30},
        {"linear(weights=1:0)", 30, 30},
        {"uncertainty", 30, 30},
        {"uncertainty(output=native)", 30, 30},
        {"annealing(order=2:1)", 30, 30},
        {"alternation(unit=epoch)", 30, 30},
        {"dwa", 30, 30},
        {"famo", 30, 30},
        {"mgda(normalize=log)", 60, 30},
        {"adaptive(by=gradients)", 60, 30},
        {"gradnorm(shard=2)", 60, 30},
        {"graddrop", 60, 30},
        {"moco", 60, 30},
        {"epo", 60, 30},
        {"modo", 120, 60},
        {"sdmgrad", 180, 90},
        {"cr-mogm(alpha=0.5, mgda)", 60, 30},
        {"every(k=3, mgda)", 40, 30}, /* ten steps of two, twenty of one */
        {"warmup(k=10, linear, mgda)", 50, 30},
    };
    cod_task *task = toy_task("toy(noise=0.1)");
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cod_training *t = train(task, cases[k].method, 1);
        if (t->passes[29] != cases[k].passes || t->sample[0] != cases[k].forwards)
            fail_msg("%s: %g passes, %d forwards", cases[k].method, t->passes[29],
                     t->sample[0]);
        assert_int_equal(t->sample[1], 7);
        cod_training_free(t);
    }
    cod_task_free(task);
}

/* Batches taken up, and the sum of their numbers, of each copy. */
static int64_t drawn[3][2];

static void draw_batch(cod_learner *learner, uint64_t seed, int64_t step, size_t copy)
{
    drawn[copy][0]++;
    drawn[copy][1] += step;
    toy_batch(learner, seed, step, copy);
}

/* As many independent ones as a method wants; the first epoch's ten give the units. */
static void test_train_batches_of_a_step(void **state)
{
    static const char *const methods[] = {"mgda", "modo", "sdmgrad"}; /* 1, 2, 3 */
    cod_task_def def = toy_def;
    cod_task *task = toy_task("toy(noise=0.1)");
    (void)state;
    def.batch = draw_batch;
    task->def = &def;
    for (int k = 0; k < 3; k++) {
        memset(drawn, 0, sizeof drawn);
        cod_training_free(train(task, methods[k], 1));
        for (int c = 0; c < 3; c++) { /* 435 = 0 + 1 + .. + 29 */
            assert_int_equal(drawn[c][0], (c == 0) * 10 + (c <= k) * 30);
            assert_int_equal(drawn[c][1], (c == 0) * 45 + (c <= k) * 435);
        }
    }
    cod_task_free(task);
}

static void test_train_weights_have_unit_sum(void **state)
{
    cod_task *task = toy_task("toy(noise=0.1)");
    cod_training *t = train(task, "uncertainty(lr=0.1)", 1);
    cod_training *native = train(task, "uncertainty(lr=0.1, output=native)", 1);
    (void)state;
    double apart = 0;
    for (size_t k = 0; k < 30; k++) {
        assert_close(t->weights[2 * k] + t->weights[2 * k + 1], 1, 1e-14, 0);
        apart =
            fmax(apart, fabs(native->weights[2 * k] + native->weights[2 * k + 1] - 1));
    }
    assert_true(apart > 0.1);
    cod_training_free(t);
    cod_training_free(native);
    t = train(task, "graddrop", 1);
    assert_true(isnan(t->weights[0]) && isnan(t->weights[59]));
    cod_training_free(t);
    cod_task_free(task);
}

/* Alternation by epoch: one objective for the ten steps of an epoch. */
static void test_train_epochs_turn(void **state)
{
    cod_task *task = toy_task("toy(noise=0.1)");
    cod_training *t = train(task, "alternation(unit=epoch)", 1);
    (void)state;
    for (size_t k = 0; k < 30; k++)
        assert_close(t->weights[2 * k], k / 10 % 2 == 0, 0, 0);
    assert_int_equal(t->marks, 4);
    for (size_t k = 0; k < 4; k++) {
        const double *mark = t->mark_numbers + k * cod_training_mark_width(task);
        assert_close(mark[0], 10.0 * (double)k, 0, 0);
        assert_close(mark[1], 10.0 * (double)k, 0, 0);
        assert_close(mark[4], 1 / (1 + mark[2] + mark[3]), 1e-12, 0);
    }
    /* the last glance is of the same network as the test */
    const double *last = t->mark_numbers + 3 * cod_training_mark_width(task);
    assert_memory_equal(last + 2, t->end, 4 * sizeof(double));
    cod_training_free(t);
    cod_task_free(task);
}

/* ---- checkpoints ---- */

/* With another number at one place, or at two, a checkpoint is refused, though its
 * checksum is right. */
static void check_altered(const kept_run *all, size_t at, size_t also, int64_t value)
{
    cod_training *t;
    cod_message message;
    cod_bytes bytes = {0}, number = {0};
    cod_bytes_put(&bytes, all->checkpoints[0].data, all->checkpoints[0].size - 8);
    cod_bytes_put_integer(&number, value);
    memcpy(bytes.data + at, number.data, number.size);
    memcpy(bytes.data + also, number.data, number.size);
    cod_bytes_seal(&bytes);
    cod_bytes_reader from = {.data = bytes.data, .size = bytes.size};
    assert_status(cod_training_alloc(all->task, all->options->steps, &t), COD_OK);
    assert_status(cod_train(all->task, all->options, from, NULL, t, &message),
                  COD_EFILE);
    cod_training_free(t);
    cod_bytes_clear(&bytes);
    cod_bytes_clear(&number);
}

/* Numbers that would lead out of the record's memory, or that no run could have
 * written: steps, marks, and the step that follows the record. */
static void check_bounds(const kept_run *all)
{
    cod_training *t;
    cod_bytes record = {0};
    assert_status(cod_training_alloc(all->task, all->options->steps, &t), COD_OK);
    cod_training_encode(t, &record);
    static const int64_t wrong[] = {-1, 0, 9, 11, 20, 35, 36, INT64_MAX, INT64_MIN};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        check_altered(all, 0, 0, wrong[k]);
        check_altered(all, 8, 8, wrong[k]);
        check_altered(all, record.size, record.size, wrong[k]);
        check_altered(all, 0, record.size, wrong[k]);
    }
    cod_bytes_clear(&record);
    cod_training_free(t);
}

/* A bit of it changed anywhere. */
static void check_flipped(const kept_run *all)
{
    cod_training *t;
    const cod_bytes *first = &all->checkpoints[0];
    assert_status(cod_training_alloc(all->task, all->options->steps, &t), COD_OK);
    for (size_t k = 0; k < first->size; k += 13) {
        first->data[k] ^= (unsigned char)(1 << k % 8);
        cod_bytes_reader from = {.data = first->data, .size = first->size};
        if (cod_train(all->task, all->options, from, NULL, t, NULL) != COD_EFILE)
            fail_msg("a checkpoint whose byte %zu had changed was taken", k);
        first->data[k] ^= (unsigned char)(1 << k % 8);
    }
    cod_training_free(t);
}

static void test_train_resumes_with_the_same_bytes(void **state)
{
    static const char *const methods[] = {"linear",
                                          "mgda",
                                          "uncertainty(lr=0.1)",
                                          "alternation(unit=epoch)",
                                          "moco",
                                          "dwa",
                                          "famo",
                                          "every(k=7, cr-mogm(alpha=0.9, mgda))",
                                          "graddrop",
                                          "sdmgrad"};
    cod_task *task = toy_task("toy(noise=0.2)");
    (void)state;
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        cod_training_options options = {.method = methods[k],
                                        .step_rule = "adam(step=0.05)",
                                        .steps = 35, /* the last epoch is short */
                                        .seed = 5};
        kept_run all = {.task = task, .options = &options};
        kept_train(&all);
        assert_int_equal(all.count, 3);
        check_resumed(&all);
        check_damaged(&all);
        check_bounds(&all);
        check_flipped(&all);
        kept_clear(&all);
    }
    cod_task_free(task);
}

/* In the last step, after which no batch would show it; and in the test alone. */
static void test_train_diverges_at_the_end(void **state)
{
    (void)state;
    assert_status(refused_in(1, "toy", "linear", "constant(step=1e200)",
                             "step 1: the loss near of the held-out data is inf"),
                  COD_ENONFINITE);
    assert_status(refused_in(2, "toy(lost=true)", "linear", "adam",
                             "step 2: the loss far of the test data is nan"),
                  COD_ENONFINITE);
}

static void test_train_refuses(void **state)
{
    (void)state;
    assert_status(refused("toy(flat=true)", "linear", "adam", "far"), COD_EDOMAIN);
    assert_status(refused("toy", "hv-gradient", "adam", "set"), COD_EUNSUPPORTED);
    assert_status(refused("toy", "linear", "armijo", "armijo"), COD_EUNSUPPORTED);
    assert_status(refused("toy", "linear", "adem", "adam"), COD_ENAME);
    assert_status(refused("toy", "mgdo", "adam", "mgda"), COD_ENAME);
    assert_status(refused("toy", "linear", "constant(step=1e200)", "diverged"),
                  COD_ENONFINITE);
    assert_status(refused("toy(height=-1)", "linear", "adam", "far"), COD_EDOMAIN);
    assert_null(toy_task("toy(nose=1)"));
    assert_null(toy_task("toi"));
    assert_null(toy_task("toy(mgda)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_as_by_hand),
        cmocka_unit_test(test_train_units_take_the_scale_out),
        cmocka_unit_test(test_train_passes),
        cmocka_unit_test(test_train_batches_of_a_step),
        cmocka_unit_test(test_train_weights_have_unit_sum),
        cmocka_unit_test(test_train_epochs_turn),
        cmocka_unit_test(test_train_resumes_with_the_same_bytes),
        cmocka_unit_test(test_train_diverges_at_the_end),
        cmocka_unit_test(test_train_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
