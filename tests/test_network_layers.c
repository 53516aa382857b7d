/* SPDX-License-Identifier: MIT */
/* Each operation of a layer, forward and backward, against its transcription; and the
 * transcription's gradients against differences. */
#include "tensors.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { DIFFERENCES = 50 };
static const double close_by = 3e-6;

/* ---- convolution ---- */

typedef struct convolution {
    cod_shape shape;
    layers_kernel kernel;
    int bias;
    tensor x, weights, shift, y, dy, dx, dweights, dshift;
} convolution;

static double convolution_loss(void *with)
{
    const convolution *c = with;
    layers_convolve(c->shape, c->x.d, c->kernel, c->weights.d,
                    c->bias ? c->shift.d : NULL, c->y.d);
    return tensor_product(c->y, c->dy);
}

static void convolution_reference(convolution *c)
{
    layers_convolve_back(c->shape, c->x.d, c->kernel, c->weights.d, c->dy.d, c->dx.d,
                         c->dweights.d, c->dshift.d);
    if (c->dweights.size > 10000) /* too long for differences: others do */
        return;
    tensor_differences("dx", convolution_loss, c, c->x.d, c->dx.d, c->x.size,
                       DIFFERENCES);
    tensor_differences("dweights", convolution_loss, c, c->weights.d, c->dweights.d,
                       c->weights.size, DIFFERENCES);
    if (c->bias)
        tensor_differences("dbias", convolution_loss, c, c->shift.d, c->dshift.d,
                           c->shift.size, DIFFERENCES);
}

static void convolution_run(const convolution *c)
{
    size_t padding = c->kernel.padding;
    cod_operation *forward, *back, *weights;
    assert_status(cod_operation_convolve(backend, c->x.view, c->weights.view,
                                         c->bias ? c->shift.view : NULL, padding,
                                         c->y.view, &forward, NULL),
                  COD_OK);
    assert_status(cod_operation_convolve_back(forward, c->dy.view, c->weights.view,
                                              padding, c->dx.view, &back, NULL),
                  COD_OK);
    assert_status(cod_operation_convolve_weights(
                      forward, c->x.view, c->dy.view, padding, c->dweights.view,
                      c->bias ? c->dshift.view : NULL, &weights, NULL),
                  COD_OK);
    tensor_run(forward);
    tensor_run(weights);
    tensor_run(back);
    cod_operation_free(weights);
    cod_operation_free(back);
    cod_operation_free(forward);
}

static void check_convolution(cod_shape shape, layers_kernel kernel, int bias)
{
    convolution c = {.shape = shape, .kernel = kernel, .bias = bias};
    cod_shape y = layers_convolved(shape, kernel);
    c.x = tensor_images(shape, 1);
    c.weights = tensor_weights(kernel.out, shape.channels, kernel.size, 2);
    c.shift = tensor_vector(kernel.out, 3);
    c.y = tensor_images(y, 0);
    c.dy = tensor_images(y, 4);
    c.dx = tensor_images(shape, 0);
    c.dweights = tensor_weights(kernel.out, shape.channels, kernel.size, 0);
    c.dshift = tensor_vector(kernel.out, 0);
    convolution_reference(&c);
    (void)convolution_loss(&c); /* for y */
    convolution_run(&c);
    assert_tensor(c.y, close_by);
    assert_tensor(c.dx, close_by);
    assert_tensor(c.dweights, close_by);
    if (bias)
        assert_tensor(c.dshift, close_by);
    tensor all[] = {c.x, c.weights, c.shift, c.y, c.dy, c.dx, c.dweights, c.dshift};
    for (size_t k = 0; k < COUNT(all); k++)
        tensor_free(all[k]);
}

static void test_convolve(void **state)
{
    (void)state;
    static const struct {
        cod_shape shape;
        layers_kernel kernel;
    } cases[] = {
        {{2, 1, 6, 7}, {8, 3, 1}},    {{1, 8, 8, 8}, {8, 3, 1}},
        {{3, 5, 7, 4}, {17, 3, 1}},   {{2, 24, 12, 10}, {8, 3, 1}},
        {{2, 48, 6, 6}, {16, 3, 1}},  {{1, 32, 5, 5}, {32, 3, 1}},
        {{2, 8, 9, 9}, {1, 1, 0}},    {{2, 3, 6, 9}, {10, 5, 2}},
        {{3, 2, 8, 8}, {4, 3, 0}},    {{4, 16, 4, 4}, {10, 4, 0}}, /* a dense layer */
        {{1, 1, 1, 1}, {1, 1, 0}},    {{1, 2, 3, 3}, {3, 5, 2}},
        {{5, 50, 1, 1}, {120, 1, 0}}, /* likewise */
    };
    for (size_t k = 0; k < COUNT(cases); k++)
        for (int bias = 0; bias < 2; bias++)
            check_convolution(cases[k].shape, cases[k].kernel, bias);
}

/* ---- rectification ---- */

static void test_rectify(void **state)
{
    (void)state;
    static const cod_shape shapes[] = {{1, 1, 1, 3}, {2, 8, 5, 5}, {2, 17, 3, 3}};
    for (size_t k = 0; k < COUNT(shapes); k++) {
        tensor y = tensor_images(shapes[k], 1);
        tensor dy = tensor_images(shapes[k], 2);
        cod_operation *forward, *back;
        y.d[0] = y.f[0] = 0; /* whose gradient is 0 */
        layers_rectify(y.size, y.d);
        layers_rectify_back(y.size, y.d, dy.d);
        assert_status(cod_operation_rectify(backend, y.view, &forward, NULL), COD_OK);
        assert_status(cod_operation_rectify_back(forward, y.view, dy.view, &back, NULL),
                      COD_OK);
        tensor_run(forward);
        tensor_run(back);
        assert_tensor(y, 0);
        assert_tensor(dy, 0);
        cod_operation_free(back);
        cod_operation_free(forward);
        tensor_free(dy);
        tensor_free(y);
    }
}

/* ---- pooling, enlargement ---- */

typedef struct scaling {
    cod_shape shape; /* the input's */
    void (*forward)(cod_shape, const double *, double *);
    tensor x, y, dy, dx;
} scaling;

static double scaling_loss(void *with)
{
    const scaling *s = with;
    s->forward(s->shape, s->x.d, s->y.d);
    return tensor_product(s->y, s->dy);
}

static scaling scaling_of(cod_shape shape, cod_shape y)
{
    scaling s = {.shape = shape};
    s.x = tensor_images(shape, 1);
    s.y = tensor_images(y, 0);
    s.dy = tensor_images(y, 2);
    s.dx = tensor_images(shape, 0);
    return s;
}

/* Sums of four at the most: all but exact. */
static void scaling_check(scaling *s, cod_operation *forward, cod_operation *back)
{
    tensor_run(forward);
    tensor_run(back);
    assert_tensor(s->y, 0);
    assert_tensor(s->dx, 2e-7);
    tensor_differences("dx", scaling_loss, s, s->x.d, s->dx.d, s->x.size, DIFFERENCES);
    cod_operation_free(back);
    cod_operation_free(forward);
    tensor_free(s->x);
    tensor_free(s->y);
    tensor_free(s->dy);
    tensor_free(s->dx);
}

static void test_pool(void **state)
{
    (void)state;
    static const cod_shape shapes[] = {
        {1, 1, 2, 2}, {2, 8, 6, 4}, {3, 17, 4, 6}, {2, 32, 8, 8}};
    for (size_t k = 0; k < COUNT(shapes); k++) {
        cod_shape half = shapes[k];
        half.height /= 2;
        half.width /= 2;
        scaling s = scaling_of(shapes[k], half);
        cod_operation *forward, *back;
        s.forward = layers_pool;
        layers_pool(s.shape, s.x.d, s.y.d);
        layers_pool_back(s.shape, s.x.d, s.dy.d, s.dx.d);
        assert_status(cod_operation_pool(backend, s.x.view, s.y.view, &forward, NULL),
                      COD_OK);
        assert_status(
            cod_operation_pool_back(forward, s.dy.view, s.dx.view, &back, NULL),
            COD_OK);
        scaling_check(&s, forward, back);
    }
}

static void test_enlarge(void **state)
{
    (void)state;
    static const cod_shape shapes[] = {
        {1, 1, 1, 1}, {2, 8, 3, 4}, {3, 17, 2, 3}, {2, 32, 5, 5}};
    for (size_t k = 0; k < COUNT(shapes); k++) {
        cod_shape twice = shapes[k];
        twice.height *= 2;
        twice.width *= 2;
        scaling s = scaling_of(shapes[k], twice);
        cod_operation *forward, *back;
        s.forward = layers_enlarge;
        layers_enlarge(s.shape, s.x.d, s.y.d);
        layers_enlarge_back(s.shape, s.dy.d, s.dx.d);
        assert_status(
            cod_operation_enlarge(backend, s.x.view, s.y.view, &forward, NULL), COD_OK);
        assert_status(
            cod_operation_enlarge_back(forward, s.dy.view, s.dx.view, &back, NULL),
            COD_OK);
        scaling_check(&s, forward, back);
    }
}

/* ---- channels ---- */

/* Two images into the channels of a third and back again. */
static void check_channels(size_t first, size_t second)
{
    cod_shape a = {2, first, 3, 5}, b = {2, second, 3, 5};
    cod_shape both = {2, first + second, 3, 5};
    tensor in[] = {tensor_images(a, 1), tensor_images(b, 2)};
    tensor out[] = {tensor_images(a, 0), tensor_images(b, 0)};
    tensor y = tensor_images(both, 0);
    layers_concatenate(a, in[0].d, b, in[1].d, y.d);
    for (size_t k = 0; k < 2; k++) {
        cod_view *part;
        cod_operation *to, *from;
        assert_status(cod_view_channels(backend, y.view, k == 0 ? 0 : first,
                                        k == 0 ? a : b, &part, NULL),
                      COD_OK);
        assert_status(cod_operation_copy(backend, in[k].view, part, &to, NULL), COD_OK);
        assert_status(cod_operation_copy(backend, part, out[k].view, &from, NULL),
                      COD_OK);
        tensor_run(to);
        tensor_run(from);
        assert_memory_equal(in[k].f, out[k].f, in[k].size * sizeof(float));
        cod_operation_free(from);
        cod_operation_free(to);
        cod_view_free(part);
    }
    assert_tensor(y, 0);
    for (size_t k = 0; k < 2; k++) {
        tensor_free(in[k]);
        tensor_free(out[k]);
    }
    tensor_free(y);
}

static void test_channels(void **state)
{
    (void)state;
    check_channels(1, 1);
    check_channels(8, 16);
    check_channels(5, 3);
    check_channels(16, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolve), cmocka_unit_test(test_rectify),
        cmocka_unit_test(test_pool),     cmocka_unit_test(test_enlarge),
        cmocka_unit_test(test_channels),
    };
    return cmocka_run_group_tests(tests, tensor_set_up, tensor_tear_down);
}
