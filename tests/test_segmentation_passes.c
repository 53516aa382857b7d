/* SPDX-License-Identifier: MIT */
/* The forward and backward passes of the learning task of images: losses by their
 * formulas, gradients against differences, looks that leave no trace. */
#include "segmentation_task.h"

#include "experiments/network/unet.h"

static const char *const three = "segmentation(width=2, train=3, validation=1, test=2, "
                                 "size=32, crop=16, batch=3, alpha=0.4, gamma=1.5, "
                                 "beta=1.3, dice=true)";
static const char *const two = "segmentation(width=2, train=3, validation=1, test=2, "
                               "size=32, crop=16, batch=2)";

/* A learner with its tensors, and gradients that lie one after another. */
typedef struct learning {
    cod_task *task;
    cod_learner *learner;
    size_t n;
    float *row;
    float *slices[64];
} learning;

static learning begin(const char *text, uint64_t seed)
{
    learning l = {.task = segmentation_task(text)};
    l.learner = segmentation_learner_of(l.task, seed);
    free(tensors_copy(l.learner->parameters, l.learner->parameter_count, &l.n));
    assert_true(l.learner->parameter_count <= 64);
    l.row = make_block(l.n, sizeof *l.row);
    for (size_t k = 0, at = 0; k < l.learner->parameter_count; k++) {
        l.slices[k] = l.row + at;
        at += l.learner->parameters[k].size;
    }
    return l;
}

static void end(learning *l)
{
    free(l->row);
    cod_learner_free(l->learner);
    cod_task_free(l->task);
}

static void forward(learning *l, int look, double *ret_losses)
{
    assert_status(l->task->def->forward(l->learner, look, ret_losses), COD_OK);
}

static void backward(learning *l, const double *weights)
{
    for (size_t j = 0; j < l->n; j++)
        l->row[j] = NAN;
    assert_status(l->task->def->backward(l->learner, weights, l->slices), COD_OK);
}

/* x + length d, of the parameters one after another. */
static void set_parameters(learning *l, const float *x, double length, const double *d)
{
    size_t at = 0;
    for (size_t k = 0; k < l->learner->parameter_count; k++)
        for (size_t j = 0; j < l->learner->parameters[k].size; j++, at++)
            l->learner->parameters[k].values[j] = (float)(x[at] + length * d[at]);
}

/* A step along the gradients, so that no two networks of a test are alike. */
static void move(learning *l)
{
    size_t n;
    float *x = tensors_copy(l->learner->parameters, l->learner->parameter_count, &n);
    double *d = make_block(n, sizeof *d);
    for (size_t j = 0; j < n; j++)
        d[j] = l->row[j];
    set_parameters(l, x, -0.01, d);
    free(x);
    free(d);
}

/* ---- forward ---- */

static void test_forward_losses_by_formula(void **state)
{
    static const double weights[] = {1, 0.01, 1};
    (void)state;
    for (int c = 0; c < 2; c++) {
        learning l = begin(c == 0 ? two : three, 3);
        for (int64_t k = 0; k < 12; k++) {
            double losses[3] = {NAN, NAN, NAN}, wanted[3];
            l.task->def->batch(l.learner, 7, k, 0);
            forward(&l, k % 3 == 1, losses);
            cod_pixels pixels = batch_of(l.learner);
            losses_by_formula(&pixels, NULL, l.task->options, wanted);
            for (size_t i = 0; i < l.task->m; i++)
                assert_close(losses[i], wanted[i], 1e-6, 0); /* maps are floats */
            assert_true(isnan(losses[2]) == (c == 0));
            if (k % 3 == 1)
                continue;
            backward(&l, weights);
            move(&l);
        }
        end(&l);
    }
}

/* The logits are what a network of these parameters makes of the batch. */
static void test_forward_is_the_network_on_the_batch(void **state)
{
    double losses[3];
    const float *logits;
    cod_network *network;
    learning l = begin(three, 3);
    const segmentation_learner *s = state_of(l.learner);
    (void)state;
    assert_status(cod_unet_alloc(3, 16, 16, 2, &network, NULL), COD_OK);
    l.task->def->batch(l.learner, 7, 5, 1);
    assert_status(cod_network_copy(network, s->network), COD_OK);
    forward(&l, 0, losses);
    assert_status(cod_network_forward(network, s->images, 1, &logits), COD_OK);
    assert_memory_equal(logits, s->logits, s->count * sizeof *logits);
    cod_network_free(network);
    end(&l);
}

/* The initial network is the seed's alone. */
static void test_start_is_the_seeds(void **state)
{
    double losses[2];
    size_t n, statistics;
    const double weights[] = {1, 1};
    learning a = begin(two, 3), b = begin(two, 4);
    const cod_task_def *def = a.task->def;
    (void)state;
    def->batch(b.learner, 1, 1, 0);
    forward(&b, 0, losses);
    backward(&b, weights);
    move(&b);
    float *x = tensors_copy(a.learner->parameters, a.learner->parameter_count, &n);
    float *y = tensors_copy(b.learner->parameters, b.learner->parameter_count, &n);
    assert_memory_not_equal(x, y, n * sizeof *x);
    free(y);
    def->start(b.learner, 3);
    y = tensors_copy(b.learner->parameters, b.learner->parameter_count, &n);
    assert_memory_equal(x, y, n * sizeof *x);
    free(x);
    free(y);
    x = tensors_copy(a.learner->statistics, a.learner->statistic_count, &statistics);
    y = tensors_copy(b.learner->statistics, b.learner->statistic_count, &statistics);
    assert_memory_equal(x, y, statistics * sizeof *x);
    free(x);
    free(y);
    end(&a);
    end(&b);
}

/* ---- looks ---- */

static void compare_tensors(const cod_tensor *a, const cod_tensor *b, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        assert_string_equal(a[k].name, b[k].name);
        assert_memory_equal(a[k].values, b[k].values, a[k].size * sizeof(float));
    }
}

static void compare(const learning *a, const learning *b)
{
    compare_tensors(a->learner->parameters, b->learner->parameters,
                    a->learner->parameter_count);
    compare_tensors(a->learner->statistics, b->learner->statistics,
                    a->learner->statistic_count);
}

/* Four steps, of which one network looks before each, and after. */
static void test_forward_look_leaves_no_trace(void **state)
{
    static const double weights[] = {1, 0.01, 0.5};
    learning a = begin(three, 3), b = begin(three, 3);
    const cod_task_def *def = a.task->def;
    (void)state;
    for (int64_t k = 0; k < 4; k++) {
        double of_a[3], of_b[3], look[3];
        size_t size;
        float *before =
            tensors_copy(b.learner->statistics, b.learner->statistic_count, &size);
        def->batch(b.learner, 8, k, 0);
        forward(&b, 1, look);
        compare(&a, &b);
        def->batch(a.learner, 7, k, 0);
        def->batch(b.learner, 7, k, 0);
        forward(&b, 1, look);
        compare(&a, &b);
        forward(&a, 0, of_a);
        forward(&b, 0, of_b);
        assert_memory_equal(of_a, look, sizeof of_a);
        assert_memory_equal(of_a, of_b, sizeof of_a);
        backward(&a, weights);
        backward(&b, weights);
        assert_memory_equal(a.row, b.row, a.n * sizeof *a.row);
        move(&a);
        move(&b);
        forward(&b, 1, look);
        compare(&a, &b);
        float *after =
            tensors_copy(b.learner->statistics, b.learner->statistic_count, &size);
        assert_memory_not_equal(before, after, size * sizeof *after);
        free(before);
        free(after);
    }
    end(&a);
    end(&b);
}

/* ---- backward ---- */

static double length_of(const float *row, size_t n)
{
    double square = 0;
    for (size_t j = 0; j < n; j++)
        square += (double)row[j] * row[j];
    return sqrt(square);
}

/* Sums of the single gradients; any number of passes after one forward pass. */
static void test_backward_is_linear_in_the_weights(void **state)
{
    static const double weights[][3] = {{1, 1, 1},      {0.3, 0, 0.7}, {0, 2, -1},
                                        {-1, 0.001, 0}, {0, 0, 0},     {1, 0, 0}};
    double losses[3];
    float *single[3];
    learning l = begin(three, 3);
    (void)state;
    l.task->def->batch(l.learner, 7, 0, 0);
    forward(&l, 0, losses);
    for (size_t i = 0; i < 3; i++) {
        const double unit[] = {i == 0, i == 1, i == 2};
        backward(&l, unit);
        single[i] = make_block(l.n, sizeof *single[i]);
        memcpy(single[i], l.row, l.n * sizeof *l.row);
        assert_true(length_of(l.row, l.n) > 1e-3);
    }
    for (size_t c = 0; c < sizeof weights / sizeof *weights; c++) {
        double most = 0;
        for (size_t i = 0; i < 3; i++)
            most += fabs(weights[c][i]) * length_of(single[i], l.n);
        backward(&l, weights[c]);
        for (size_t j = 0; j < l.n; j++) {
            double sum = 0;
            for (size_t i = 0; i < 3; i++)
                sum += weights[c][i] * single[i][j];
            assert_close(l.row[j], sum, 0, 1e-6 * most);
        }
    }
    for (size_t i = 0; i < 3; i++)
        free(single[i]);
    end(&l);
}

/* The losses near x, with the distances that they have at x: they are constants of the
 * differentiation. */
static void losses_near(learning *l, const float *x, double length, const double *d,
                        const unsigned char *found, double *ret_losses)
{
    double reported[3];
    set_parameters(l, x, length, d);
    forward(l, 1, reported);
    cod_pixels pixels = batch_of(l->learner);
    losses_by_formula(&pixels, found, l->task->options, ret_losses);
}

/* Squares of what slopes and central differences along random directions differ by,
 * summed over the directions, as a share of the gradients' squares. */
static void sum_differences(learning *l, double h, size_t first, const float *x,
                            const unsigned char *found, float *const *gradients,
                            double *ret_sums)
{
    enum { DIRECTIONS = 8 };
    double side[2][3], *d = make_block(l->n, sizeof *d);
    memset(ret_sums, 0, 3 * sizeof *ret_sums);
    for (uint64_t stream = 1; stream <= DIRECTIONS; stream++) {
        for (size_t j = 0; j < l->n; j++)
            d[j] = j < first ? 0 : cod_random_normal((cod_random){.stream = stream}, j);
        losses_near(l, x, h, d, found, side[0]);
        losses_near(l, x, -h, d, found, side[1]);
        for (size_t i = 0; i < 3; i++) {
            double slope = 0, size = length_of(gradients[i] + first, l->n - first);
            for (size_t j = 0; j < l->n; j++)
                slope += d[j] * gradients[i][j];
            double off = slope - (side[0][i] - side[1][i]) / (2 * h);
            ret_sums[i] += off * off / (size * size * DIRECTIONS);
        }
    }
    set_parameters(l, x, 0, d);
    free(d);
}

/* The losses are smooth in the last layer's parameters, and the differences exact. In
 * the others they have edges, where a ReLU turns; so the step has to be short, and the
 * losses are those of a network that computes in floats. That gradient's precision is
 * test_network_gradient.c's affair. */
static void check_differences(learning *l, const float *x, const unsigned char *found,
                              float *const *gradients)
{
    double sums[3];
    size_t last = l->n - l->learner->parameters[l->learner->parameter_count - 1].size -
                  l->learner->parameters[l->learner->parameter_count - 2].size;
    sum_differences(l, 1e-2, last, x, found, gradients, sums);
    for (size_t i = 0; i < 3; i++)
        assert_true(sqrt(sums[i]) < 3e-4);
    sum_differences(l, 1e-5, 0, x, found, gradients, sums);
    for (size_t i = 0; i < 3; i++)
        assert_true(sqrt(sums[i]) < 0.1);
}

static void test_backward_against_differences(void **state)
{
    double losses[3];
    size_t n;
    learning l = begin(three, 3);
    (void)state;
    for (int64_t step = 0; step < 3; step++) {
        float *gradients[3];
        l.task->def->batch(l.learner, 7, step, 0);
        forward(&l, 0, losses);
        cod_pixels pixels = batch_of(l.learner);
        unsigned char *found = found_of(&pixels);
        float *x = tensors_copy(l.learner->parameters, l.learner->parameter_count, &n);
        for (size_t i = 0; i < 3; i++) {
            const double unit[] = {i == 0, i == 1, i == 2};
            backward(&l, unit);
            gradients[i] = make_block(l.n, sizeof *gradients[i]);
            memcpy(gradients[i], l.row, l.n * sizeof *l.row);
        }
        check_differences(&l, x, found, gradients);
        move(&l);
        for (size_t i = 0; i < 3; i++)
            free(gradients[i]);
        free(found);
        free(x);
    }
    end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward_losses_by_formula),
        cmocka_unit_test(test_forward_is_the_network_on_the_batch),
        cmocka_unit_test(test_start_is_the_seeds),
        cmocka_unit_test(test_forward_look_leaves_no_trace),
        cmocka_unit_test(test_backward_is_linear_in_the_weights),
        cmocka_unit_test(test_backward_against_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
