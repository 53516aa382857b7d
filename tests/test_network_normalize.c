/* SPDX-License-Identifier: MIT */
/* Batch normalization, with and without rectification, forward and backward, against
 * its transcription; and the transcription's gradients against differences. */
#include "tensors.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { DIFFERENCES = 50 };
static const double close_by = 3e-6;

typedef struct normalization {
    cod_shape shape;
    int rectified;
    tensor x, scale, shift, mean, variance, y, dy, dx, dscale, dshift;
} normalization;

static double normalization_loss(void *with)
{
    const normalization *n = with;
    layers_normalize(n->shape, n->x.d, n->scale.d, n->shift.d, n->y.d, n->mean.d,
                     n->variance.d);
    if (n->rectified)
        layers_rectify(n->y.size, n->y.d);
    return tensor_product(n->y, n->dy);
}

static void normalization_reference(normalization *n)
{
    tensor dy = n->dy;
    (void)normalization_loss(n);
    dy.d = calloc(dy.size, sizeof *dy.d);
    assert_non_null(dy.d);
    memcpy(dy.d, n->dy.d, dy.size * sizeof *dy.d);
    if (n->rectified)
        layers_rectify_back(dy.size, n->y.d, dy.d);
    layers_normalize_back(n->shape, n->x.d, n->scale.d, dy.d, n->dx.d, n->dscale.d,
                          n->dshift.d);
    free(dy.d);
    tensor_differences("dx", normalization_loss, n, n->x.d, n->dx.d, n->x.size,
                       DIFFERENCES);
    tensor_differences("dscale", normalization_loss, n, n->scale.d, n->dscale.d,
                       n->scale.size, DIFFERENCES);
    tensor_differences("dshift", normalization_loss, n, n->shift.d, n->dshift.d,
                       n->shift.size, DIFFERENCES);
    (void)normalization_loss(n);
}

static cod_normalization views_of(const normalization *n)
{
    return (cod_normalization){.x = n->x.view,
                               .scale = n->scale.view,
                               .shift = n->shift.view,
                               .mean = n->mean.view,
                               .variance = n->variance.view,
                               .y = n->y.view,
                               .rectified = n->rectified};
}

static void normalization_run(const normalization *n)
{
    cod_operation *forward, *back;
    const cod_normalization views = views_of(n);
    assert_status(cod_operation_normalize(backend, &views, &forward, NULL), COD_OK);
    assert_status(cod_operation_normalize_back(forward, &views, n->dy.view, n->dx.view,
                                               n->dscale.view, n->dshift.view, &back,
                                               NULL),
                  COD_OK);
    tensor_run(forward);
    tensor_run(back);
    cod_operation_free(back);
    cod_operation_free(forward);
}

/* By a mean and variance that are not the batch's. */
static void check_given(normalization *n)
{
    cod_operation *forward;
    cod_normalization views = views_of(n);
    for (size_t c = 0; c < n->shape.channels; c++) {
        n->mean.d[c] = n->mean.f[c] = 0.5f * (float)c;
        n->variance.d[c] = n->variance.f[c] = 0.25f + (float)c;
    }
    layers_normalize_by(n->shape, n->x.d, n->scale.d, n->shift.d, n->mean.d,
                        n->variance.d, n->y.d);
    if (n->rectified)
        layers_rectify(n->y.size, n->y.d);
    views.given = 1;
    assert_status(cod_operation_normalize(backend, &views, &forward, NULL), COD_OK);
    tensor_run(forward);
    cod_operation_free(forward);
    assert_tensor(n->y, close_by);
    assert_tensor(n->mean, 0); /* unchanged */
    assert_tensor(n->variance, 0);
}

static void check_normalization(cod_shape shape, int rectified)
{
    normalization n = {.shape = shape, .rectified = rectified};
    n.x = tensor_images(shape, 1);
    n.scale = tensor_vector(shape.channels, 2);
    n.shift = tensor_vector(shape.channels, 3);
    n.mean = tensor_vector(shape.channels, 0);
    n.variance = tensor_vector(shape.channels, 0);
    n.y = tensor_images(shape, 0);
    n.dy = tensor_images(shape, 4);
    n.dx = tensor_images(shape, 0);
    n.dscale = tensor_vector(shape.channels, 0);
    n.dshift = tensor_vector(shape.channels, 0);
    for (size_t k = 0; k < n.x.size; k++) /* neither centred nor of length 1 */
        n.x.d[k] = n.x.f[k] = 3 * n.x.f[k] + (float)(k % shape.channels);
    normalization_reference(&n);
    normalization_run(&n);
    assert_tensor(n.mean, close_by);
    assert_tensor(n.variance, close_by);
    assert_tensor(n.y, close_by);
    assert_tensor(n.dx, close_by);
    assert_tensor(n.dscale, close_by);
    assert_tensor(n.dshift, close_by);
    check_given(&n);
    tensor all[] = {n.x, n.scale, n.shift, n.mean,   n.variance,
                    n.y, n.dy,    n.dx,    n.dscale, n.dshift};
    for (size_t k = 0; k < COUNT(all); k++)
        tensor_free(all[k]);
}

static void test_normalize(void **state)
{
    (void)state;
    static const cod_shape shapes[] = {{2, 1, 5, 7},  {3, 3, 4, 4},  {2, 8, 6, 6},
                                       {1, 16, 5, 5}, {2, 17, 4, 4}, {2, 32, 4, 4}};
    for (size_t k = 0; k < COUNT(shapes); k++)
        for (int rectified = 0; rectified < 2; rectified++)
            check_normalization(shapes[k], rectified);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalize),
    };
    return cmocka_run_group_tests(tests, tensor_set_up, tensor_tear_down);
}
