/* SPDX-License-Identifier: MIT */
/* The gradients of whole networks by their parameters, against differences of the same
 * networks in plain loops over doubles. */
#include "layers.h"
#include "networks.h"

/* ---- a network in doubles, layer after layer ---- */

enum { LAYERS = 48 };

typedef struct doubles {
    const cod_parameter *parameters;
    double *values; /* of the parameters, in a row */
    size_t next;    /* parameter tensor */
    cod_shape shapes[LAYERS];
    double *y[LAYERS];
    size_t count;
} doubles;

static size_t add(doubles *d, cod_shape shape)
{
    assert_true(d->count < LAYERS);
    d->shapes[d->count] = shape;
    d->y[d->count] = calloc(cod_shape_size(shape), sizeof(double));
    assert_non_null(d->y[d->count]);
    return d->count++;
}

static const double *parameter(doubles *d)
{
    return d->values + d->parameters[d->next++].offset;
}

static size_t convolve(doubles *d, size_t of, layers_kernel kernel, int bias)
{
    size_t at = add(d, layers_convolved(d->shapes[of], kernel));
    const double *weights = parameter(d);
    layers_convolve(d->shapes[of], d->y[of], kernel, weights,
                    bias ? parameter(d) : NULL, d->y[at]);
    return at;
}

static size_t rectify(doubles *d, size_t of)
{
    size_t at = add(d, d->shapes[of]), size = cod_shape_size(d->shapes[of]);
    memcpy(d->y[at], d->y[of], size * sizeof(double));
    layers_rectify(size, d->y[at]);
    return at;
}

static size_t normalize(doubles *d, size_t of)
{
    double mean[64], variance[64];
    size_t at = add(d, d->shapes[of]);
    const double *scale = parameter(d), *shift = parameter(d);
    assert_true(d->shapes[of].channels <= 64);
    layers_normalize(d->shapes[of], d->y[of], scale, shift, d->y[at], mean, variance);
    return at;
}

static size_t pool(doubles *d, size_t of)
{
    cod_shape shape = d->shapes[of];
    size_t at = add(
        d, (cod_shape){shape.batch, shape.channels, shape.height / 2, shape.width / 2});
    layers_pool(shape, d->y[of], d->y[at]);
    return at;
}

static size_t enlarge(doubles *d, size_t of)
{
    cod_shape shape = d->shapes[of];
    size_t at = add(
        d, (cod_shape){shape.batch, shape.channels, shape.height * 2, shape.width * 2});
    layers_enlarge(shape, d->y[of], d->y[at]);
    return at;
}

static size_t concatenate(doubles *d, size_t a, size_t b)
{
    cod_shape shape = d->shapes[a];
    shape.channels += d->shapes[b].channels;
    size_t at = add(d, shape);
    layers_concatenate(d->shapes[a], d->y[a], d->shapes[b], d->y[b], d->y[at]);
    return at;
}

static size_t block(doubles *d, size_t at, size_t channels)
{
    for (int k = 0; k < 2; k++)
        at = rectify(d,
                     normalize(d, convolve(d, at, (layers_kernel){channels, 3, 1}, 0)));
    return at;
}

/* The number of the layer that is the output, of one that reads layer 0. */
typedef size_t (*architecture)(doubles *d);

static size_t unet(doubles *d)
{
    size_t one = block(d, 0, 8), two = block(d, pool(d, one), 16);
    size_t at = block(d, pool(d, two), 32);
    at = block(d, concatenate(d, two, enlarge(d, at)), 16);
    at = block(d, concatenate(d, one, enlarge(d, at)), 8);
    return convolve(d, at, (layers_kernel){1, 1, 0}, 1);
}

/* ---- the same in float32, and their comparison ---- */

typedef struct comparison {
    networks n;
    architecture run;
    double *values; /* of the parameters */
    float *by;      /* the loss is the output's product with it */
} comparison;

static void copy_input(doubles *d, const networks *n)
{
    size_t at = add(d, n->input);
    for (size_t k = 0; k < cod_shape_size(n->input); k++)
        d->y[at][k] = n->x[k];
}

/* The loss in doubles; and the output, where it is asked for. */
static double loss(const comparison *c, double *ret_output)
{
    doubles d = {.parameters = c->n.parameters, .values = c->values};
    double sum = 0;
    copy_input(&d, &c->n);
    size_t output = c->run(&d), size = cod_shape_size(c->n.output);
    assert_int_equal(cod_shape_size(d.shapes[output]), size);
    assert_int_equal(d.next, c->n.count);
    for (size_t k = 0; k < size; k++)
        sum += c->by[k] * d.y[output][k];
    if (ret_output != NULL)
        memcpy(ret_output, d.y[output], size * sizeof(double));
    for (size_t k = 0; k < d.count; k++)
        free(d.y[k]);
    return sum;
}

static void check_output(const comparison *c)
{
    size_t size = cod_shape_size(c->n.output);
    double *wanted = calloc(size, sizeof *wanted), largest = 0;
    const float *got = networks_forward(&c->n, 1);
    assert_non_null(wanted);
    (void)loss(c, wanted);
    for (size_t k = 0; k < size; k++)
        largest = fmax(largest, fabs(wanted[k]));
    for (size_t k = 0; k < size; k++)
        assert_close(got[k], wanted[k], 0, 1e-5 * largest);
    free(wanted);
}

/* Along a random direction in one tensor of parameters. */
static void check_direction(const comparison *c, const cod_parameter *p,
                            uint64_t stream)
{
    const double h = 1e-6;
    double slope = 0, length = 0, side[2];
    const float *u = networks_floats(p->size, stream);
    double *values = c->values + p->offset;
    for (size_t k = 0; k < p->size; k++) {
        slope += c->n.row[p->offset + k] * u[k];
        length += pow(c->n.row[p->offset + k], 2);
    }
    for (int s = 0; s < 2; s++) {
        for (size_t k = 0; k < p->size; k++)
            values[k] = p->values[k] + (s == 0 ? h : -h) * u[k];
        side[s] = loss(c, NULL);
    }
    for (size_t k = 0; k < p->size; k++)
        values[k] = p->values[k];
    double difference = (side[0] - side[1]) / (2 * h);
    if (!(fabs(slope - difference) <= 3e-5 * sqrt(length)))
        fail_msg("%s: gradient %.9g along a direction, difference %.9g, length %.3g",
                 p->name, slope, difference, sqrt(length));
    free((void *)u);
}

/* Takes the network over. */
static void compare(cod_network *network, cod_shape input, architecture run,
                    int directions)
{
    cod_network_init(network, 1);
    comparison c = {.n = networks_of(network, input), .run = run};
    c.by = networks_floats(cod_shape_size(c.n.output), 2);
    c.values = calloc(c.n.size, sizeof *c.values);
    assert_non_null(c.values);
    for (size_t k = 0; k < c.n.count; k++) { /* shifts and biases that are not 0 */
        const cod_parameter *p = &c.n.parameters[k];
        for (size_t j = 0; j < p->size; j++) {
            if (p->fan_in == 0)
                p->values[j] +=
                    0.2f * (float)cod_random_normal((cod_random){9, 9, k}, j);
            c.values[p->offset + j] = p->values[j];
        }
    }
    check_output(&c);
    networks_backward(&c.n, c.by);
    for (size_t k = 0; k < c.n.count; k++)
        for (int j = 0; j < directions; j++)
            check_direction(&c, &c.n.parameters[k], 10 + (uint64_t)j);
    free(c.values);
    free(c.by);
    networks_free(c.n);
}

static cod_network *new_network(cod_shape input)
{
    cod_network *network;
    assert_status(cod_network_alloc(input, &network, NULL), COD_OK);
    return network;
}

static void finish(cod_network *network, size_t output)
{
    cod_message message = {{0}};
    if (cod_network_finish(network, output, &message) < 0)
        fail_msg("%s", message.text);
}

static void test_unet(void **state)
{
    (void)state;
    cod_network *network;
    assert_status(cod_unet_alloc(2, 16, 16, 8, &network, NULL), COD_OK);
    assert_close(cod_unet_bytes(2, 16, 16, 8), cod_network_bytes(network), 0, 0);
    assert_int_equal(cod_network_size(network), 29777);
    compare(network, (cod_shape){2, 1, 16, 16}, unet, 2);
}

/* ---- layers with several users ---- */

/* The first convolution has five users, one of them twice; the input two. */
static size_t fan_doubles(doubles *d)
{
    size_t a = convolve(d, 0, (layers_kernel){3, 3, 1}, 1);
    size_t b = convolve(d, a, (layers_kernel){4, 1, 0}, 0);
    size_t c = concatenate(d, concatenate(d, a, a), b);
    size_t e = enlarge(d, pool(d, a));
    size_t f = rectify(d, normalize(d, a));
    size_t g = concatenate(d, concatenate(d, c, e), concatenate(d, 0, f));
    return convolve(d, g, (layers_kernel){2, 3, 0}, 1);
}

static cod_network *fan(cod_shape input)
{
    cod_network *n = new_network(input);
    size_t a = cod_network_convolve(n, COD_NETWORK_INPUT, "a", 3, 3, 1, 1);
    size_t b = cod_network_convolve(n, a, "b", 4, 1, 0, 0);
    size_t c = cod_network_concatenate(n, cod_network_concatenate(n, a, a), b);
    size_t e = cod_network_enlarge(n, cod_network_pool(n, a));
    size_t f = cod_network_rectify(n, cod_network_normalize(n, a, "f"));
    size_t g = cod_network_concatenate(n, c, e);
    g = cod_network_concatenate(n, g, cod_network_concatenate(n, COD_NETWORK_INPUT, f));
    finish(n, cod_network_convolve(n, g, "g", 2, 3, 0, 1));
    return n;
}

static void test_several_users(void **state)
{
    (void)state;
    const cod_shape input = {2, 2, 8, 6};
    compare(fan(input), input, fan_doubles, 3);
}

/* The last user of the first layer reads it twice; and the input is pooled. */
static size_t twice_doubles(doubles *d)
{
    size_t a = rectify(d, convolve(d, pool(d, 0), (layers_kernel){3, 3, 1}, 0));
    size_t b = convolve(d, a, (layers_kernel){2, 1, 0}, 0);
    return convolve(d, concatenate(d, b, concatenate(d, a, a)),
                    (layers_kernel){2, 3, 1}, 0);
}

static void test_one_user_twice(void **state)
{
    (void)state;
    const cod_shape input = {2, 2, 8, 10};
    cod_network *n = new_network(input);
    size_t a = cod_network_pool(n, COD_NETWORK_INPUT);
    a = cod_network_rectify(n, cod_network_convolve(n, a, "a", 3, 3, 1, 0));
    size_t b = cod_network_convolve(n, a, "b", 2, 1, 0, 0);
    b = cod_network_concatenate(n, b, cod_network_concatenate(n, a, a));
    finish(n, cod_network_convolve(n, b, "c", 2, 3, 1, 0));
    compare(n, input, twice_doubles, 3);
}

/* What nobody reads changes nothing. */
static void test_unused_layer(void **state)
{
    (void)state;
    const cod_shape input = {3, 2, 5, 4};
    cod_network *n = new_network(input);
    size_t a = cod_network_convolve(n, COD_NETWORK_INPUT, "a", 5, 3, 1, 0);
    size_t b = cod_network_normalize(n, a, "b");
    size_t unused = cod_network_rectify(n, cod_network_convolve(n, a, "c", 4, 1, 0, 0));
    cod_network_normalize(n, unused, "d");
    finish(n, b);
    cod_network_init(n, 1);
    networks all = networks_of(n, input);
    float *by = networks_floats(cod_shape_size(all.output), 2);
    networks_forward(&all, 1);
    networks_backward(&all, by);
    for (size_t k = all.parameters[3].offset; k < all.size; k++)
        assert_true(all.row[k] == 0); /* of c and d */
    float *row = networks_floats(all.size, 0);
    memcpy(row, all.row, all.size * sizeof *row);
    networks_free(all);
    n = new_network(input);
    a = cod_network_convolve(n, COD_NETWORK_INPUT, "a", 5, 3, 1, 0);
    finish(n, cod_network_normalize(n, a, "b"));
    cod_network_init(n, 1);
    all = networks_of(n, input);
    networks_forward(&all, 1);
    networks_backward(&all, by);
    for (size_t k = 0; k < all.size; k++)
        assert_close(all.row[k], row[k], 1e-6, 1e-6);
    free(row);
    free(by);
    networks_free(all);
}

/* ---- rectifications of what is not normalized, and dense layers ---- */

static size_t dense_doubles(doubles *d)
{
    size_t at = rectify(d, convolve(d, 0, (layers_kernel){6, 3, 0}, 1));
    at = rectify(d, pool(d, at));
    at = rectify(d, convolve(d, at, (layers_kernel){10, 3, 0}, 1));
    return convolve(d, at, (layers_kernel){4, 1, 0}, 1);
}

static void test_dense(void **state)
{
    (void)state;
    const cod_shape input = {5, 1, 8, 8};
    cod_network *n = new_network(input);
    size_t at = cod_network_convolve(n, COD_NETWORK_INPUT, "a", 6, 3, 0, 1);
    at = cod_network_rectify(n, cod_network_pool(n, cod_network_rectify(n, at)));
    at = cod_network_rectify(n, cod_network_convolve(n, at, "b", 10, 3, 0, 1));
    finish(n, cod_network_convolve(n, at, "c", 4, 1, 0, 1));
    compare(n, input, dense_doubles, 3);
}

/* ---- a normalization without rectification, at the end ---- */

static size_t normalized_doubles(doubles *d)
{
    return normalize(d, convolve(d, 0, (layers_kernel){5, 3, 1}, 0));
}

static void test_normalized_output(void **state)
{
    (void)state;
    const cod_shape input = {3, 2, 5, 4};
    cod_network *n = new_network(input);
    size_t at = cod_network_convolve(n, COD_NETWORK_INPUT, "a", 5, 3, 1, 0);
    finish(n, cod_network_normalize(n, at, "b"));
    compare(n, input, normalized_doubles, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unet),           cmocka_unit_test(test_several_users),
        cmocka_unit_test(test_one_user_twice), cmocka_unit_test(test_unused_layer),
        cmocka_unit_test(test_dense),          cmocka_unit_test(test_normalized_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
