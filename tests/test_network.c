/* SPDX-License-Identifier: MIT */
/* What a network promises of its passes: none leaves a trace in another, the same input
 * gives the same bytes in every process, running statistics are what they are defined
 * to be. */
#include "layers.h"
#include "networks.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 2, SIDE = 16, PIXELS = BATCH * SIDE * SIDE };

static float *copy_of(const float *values, size_t size)
{
    float *copy = networks_floats(size, 0);
    memcpy(copy, values, size * sizeof *copy);
    return copy;
}

/* ---- processes: first, while this one has not touched oneDNN ---- */

/* Output and gradient of a small U-Net that a child makes, through a pipe. */
static pid_t start_child(int *ret_end)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        networks n = networks_unet(BATCH, SIDE, 8);
        const float *output = networks_forward(&n, 1);
        ssize_t done = write(ends[1], output, PIXELS * sizeof(float));
        networks_backward(&n, output);
        done += write(ends[1], n.row, 4096 * sizeof(float));
        _exit(done != (PIXELS + 4096) * (ssize_t)sizeof(float));
    }
    close(ends[1]);
    *ret_end = ends[0];
    return child;
}

static void read_child(pid_t child, int end, float *ret_values)
{
    char *to = (char *)ret_values;
    ssize_t left = (PIXELS + 4096) * (ssize_t)sizeof(float), got = 1;
    int status;
    for (; left > 0 && got > 0; left -= got, to += got)
        got = read(end, to, (size_t)left);
    assert_int_equal(left, 0);
    close(end);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_children_give_the_same_bytes(void **state)
{
    (void)state;
    float *values[3] = {networks_floats(PIXELS + 4096, 0),
                        networks_floats(PIXELS + 4096, 0),
                        networks_floats(PIXELS + 4096, 0)};
    int ends[2];
    pid_t children[2] = {start_child(&ends[0]), start_child(&ends[1])};
    for (int k = 0; k < 2; k++) /* both run at once */
        read_child(children[k], ends[k], values[k]);
    networks n = networks_unet(BATCH, SIDE, 8);
    const float *output = networks_forward(&n, 1);
    memcpy(values[2], output, PIXELS * sizeof(float));
    networks_backward(&n, output);
    memcpy(values[2] + PIXELS, n.row, 4096 * sizeof(float));
    for (int k = 0; k < 2; k++)
        assert_memory_equal(values[k], values[2], (PIXELS + 4096) * sizeof(float));
    read_child(start_child(&ends[0]), ends[0], values[0]); /* and of one that has */
    assert_memory_equal(values[0], values[2], (PIXELS + 4096) * sizeof(float));
    for (int k = 0; k < 3; k++)
        free(values[k]);
    networks_free(n);
}

static void test_one_thread(void **state)
{
    (void)state;
    networks n = networks_unet(8, 64, 8);
    networks_backward(&n, networks_forward(&n, 1));
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    assert_non_null(tasks);
    for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    assert_int_equal(count, 1);
    networks_free(n);
}

/* ---- initial parameters ---- */

static void test_init(void **state)
{
    (void)state;
    networks a = networks_unet(1, 8, 8), b = networks_unet(1, 8, 8);
    for (size_t k = 0; k < a.count; k++)
        assert_memory_equal(a.parameters[k].values, b.parameters[k].values,
                            a.parameters[k].size * sizeof(float));
    cod_network_init(b.network, 2);
    double sum = 0, count = 0;
    for (size_t k = 0; k < a.count; k++) {
        const cod_parameter *p = &a.parameters[k];
        for (size_t j = 0; j < p->size && p->fan_in == 0; j++)
            assert_true(p->values[j] == (strstr(p->name, "scale") != NULL ? 1 : 0));
        for (size_t j = 0; j < p->size && p->fan_in > 0; j++) {
            assert_true(p->values[j] != b.parameters[k].values[j]);
            sum += pow(p->values[j], 2) * (double)p->fan_in / 2; /* expected: 1 */
            count++;
        }
    }
    assert_close(sum / count, 1, 0, 4 * sqrt(2 / count));
    networks_free(a);
    networks_free(b);
}

/* ---- passes ---- */

static void test_same_input_same_bytes(void **state)
{
    (void)state;
    networks a = networks_unet(BATCH, SIDE, 8), b = networks_unet(BATCH, SIDE, 8);
    for (int k = 0; k < 3; k++) {
        const float *x = networks_forward(&a, 1), *y = networks_forward(&b, 1);
        assert_memory_equal(x, y, PIXELS * sizeof(float));
        networks_backward(&a, x);
        networks_backward(&b, y);
        assert_memory_equal(a.row, b.row, a.size * sizeof(float));
    }
    networks_free(a);
    networks_free(b);
}

/* Gradient by gradient, each as if it were the only one, in any order. */
static void test_several_backward_passes(void **state)
{
    (void)state;
    networks n = networks_unet(BATCH, SIDE, 8);
    float *by[3], *alone[3];
    for (uint64_t k = 0; k < 3; k++) {
        networks fresh = networks_unet(BATCH, SIDE, 8);
        by[k] = networks_floats(PIXELS, 2 + k);
        networks_forward(&fresh, 1);
        networks_backward(&fresh, by[k]);
        alone[k] = copy_of(fresh.row, fresh.size);
        networks_free(fresh);
    }
    float *output = copy_of(networks_forward(&n, 1), PIXELS);
    static const size_t order[] = {2, 0, 1, 1, 0, 2};
    for (size_t k = 0; k < 6; k++) {
        networks_backward(&n, by[order[k]]);
        assert_memory_equal(n.row, alone[order[k]], n.size * sizeof(float));
    }
    assert_memory_equal(output, networks_forward(&n, 1), PIXELS * sizeof(float));
    for (size_t k = 0; k < 3; k++) {
        free(by[k]);
        free(alone[k]);
    }
    free(output);
    networks_free(n);
}

/* The gradient of a sum of losses is that sum of their gradients. */
static void test_backward_is_linear(void **state)
{
    (void)state;
    networks n = networks_unet(BATCH, SIDE, 8);
    float *a = networks_floats(PIXELS, 2), *b = networks_floats(PIXELS, 3);
    float *sum = networks_floats(PIXELS, 0);
    for (size_t k = 0; k < PIXELS; k++)
        sum[k] = 0.75f * a[k] - 3 * b[k];
    networks_forward(&n, 1);
    networks_backward(&n, a);
    float *by_a = copy_of(n.row, n.size);
    networks_backward(&n, b);
    float *by_b = copy_of(n.row, n.size);
    networks_backward(&n, sum);
    for (size_t k = 0; k < n.count; k++) {
        const cod_parameter *p = &n.parameters[k];
        double largest = 0;
        for (size_t j = p->offset; j < p->offset + p->size; j++)
            largest = fmax(largest, fabs(n.row[j]));
        for (size_t j = p->offset; j < p->offset + p->size; j++)
            assert_close(n.row[j], 0.75 * by_a[j] - 3 * by_b[j], 0, 1e-5 * largest);
    }
    free(a);
    free(b);
    free(sum);
    free(by_a);
    free(by_b);
    networks_free(n);
}

static void test_backward_needs_a_training_pass(void **state)
{
    (void)state;
    networks n = networks_unet(BATCH, SIDE, 8);
    assert_status(cod_network_backward(n.network, n.x, n.gradients), COD_EORDER);
    networks_forward(&n, 1);
    networks_backward(&n, n.x);
    networks_forward(&n, 0);
    assert_status(cod_network_backward(n.network, n.x, n.gradients), COD_EORDER);
    networks_free(n);
}

/* ---- running statistics, evaluation ---- */

enum { CHANNELS = 3 };

/* One normalization; its input is what a 1 x 1 convolution makes of the image. */
static networks normalizing(cod_shape input)
{
    cod_network *network;
    assert_status(cod_network_alloc(input, &network, NULL), COD_OK);
    size_t at =
        cod_network_convolve(network, COD_NETWORK_INPUT, "a", CHANNELS, 1, 0, 1);
    at = cod_network_rectify(network, cod_network_normalize(network, at, "norm"));
    assert_status(cod_network_finish(network, at, NULL), COD_OK);
    cod_network_init(network, 1);
    for (size_t k = 0; k < CHANNELS; k++) /* its bias: no mean of 0 */
        cod_network_parameters(network, &at)[1].values[k] = (float)k - 0.5f;
    return networks_of(network, input);
}

/* Doubles of everything in such a network. */
typedef struct expected {
    double x[PIXELS], y[CHANNELS * PIXELS], z[CHANNELS * PIXELS];
    double mean[CHANNELS], variance[CHANNELS];
} expected;

static void expect(const networks *n, expected *e)
{
    const layers_kernel one = {CHANNELS, 1, 0};
    double weights[CHANNELS], bias[CHANNELS], scale[CHANNELS] = {1, 1, 1},
                                              shift[CHANNELS] = {0};
    for (size_t k = 0; k < cod_shape_size(n->input); k++)
        e->x[k] = n->x[k];
    for (size_t k = 0; k < CHANNELS; k++) {
        weights[k] = n->parameters[0].values[k];
        bias[k] = n->parameters[1].values[k];
    }
    layers_convolve(n->input, e->x, one, weights, bias, e->y);
    layers_normalize(n->output, e->y, scale, shift, e->z, e->mean, e->variance);
}

/* r <- r + 0.1 (batch's - r), from 0 and 1; the variance is that of a sample. */
static void test_running_statistics(void **state)
{
    (void)state;
    networks n = normalizing((cod_shape){BATCH, 1, SIDE, SIDE});
    expected *e = calloc(1, sizeof *e);
    double mean[CHANNELS] = {0}, variance[CHANNELS] = {1, 1, 1};
    size_t count;
    const cod_parameter *s = cod_network_statistics(n.network, &count);
    assert_non_null(e);
    assert_int_equal(count, 2);
    assert_string_equal(s[0].name, "norm.mean");
    assert_string_equal(s[1].name, "norm.variance");
    for (int pass = 0; pass < 4; pass++) {
        for (size_t k = 0; k < PIXELS; k++)
            n.x[k] = n.x[k] * 1.5f + 0.1f;
        expect(&n, e);
        networks_forward(&n, 1);
        networks_forward(&n, 0); /* moves nothing */
        for (size_t k = 0; k < CHANNELS; k++) {
            mean[k] += 0.1 * (e->mean[k] - mean[k]);
            variance[k] +=
                0.1 * (e->variance[k] * PIXELS / (PIXELS - 1.0) - variance[k]);
            assert_close(s[0].values[k], mean[k], 1e-5, 1e-6);
            assert_close(s[1].values[k], variance[k], 1e-5, 0);
        }
    }
    cod_network_init(n.network, 1);
    for (size_t k = 0; k < CHANNELS; k++)
        assert_true(s[0].values[k] == 0 && s[1].values[k] == 1);
    free(e);
    networks_free(n);
}

/* One pixel has no variance of a sample: the batch's own stands in. */
static void test_running_statistics_of_one_pixel(void **state)
{
    (void)state;
    networks n = normalizing((cod_shape){1, 1, 1, 1});
    size_t count;
    const cod_parameter *s = cod_network_statistics(n.network, &count);
    networks_forward(&n, 1);
    for (size_t k = 0; k < CHANNELS; k++)
        assert_close(s[1].values[k], 0.9, 1e-6, 0);
    networks_free(n);
}

static void test_evaluation(void **state)
{
    (void)state;
    networks n = normalizing((cod_shape){BATCH, 1, SIDE, SIDE});
    expected *e = calloc(1, sizeof *e);
    const double scale[CHANNELS] = {1, 1, 1}, shift[CHANNELS] = {0};
    size_t count;
    const cod_parameter *s = cod_network_statistics(n.network, &count);
    assert_non_null(e);
    for (int pass = 0; pass < 3; pass++)
        networks_forward(&n, 1);
    expect(&n, e);
    for (size_t k = 0; k < CHANNELS; k++) {
        e->mean[k] = s[0].values[k];
        e->variance[k] = s[1].values[k];
    }
    layers_normalize_by(n.output, e->y, scale, shift, e->mean, e->variance, e->z);
    layers_rectify(CHANNELS * PIXELS, e->z);
    const float *output = networks_forward(&n, 0);
    for (size_t k = 0; k < CHANNELS * PIXELS; k++)
        assert_close(output[k], e->z[k], 1e-5, 1e-5);
    free(e);
    networks_free(n);
}

/* ---- copies ---- */

/* Through a network of another batch and image, and back. */
static void test_copy(void **state)
{
    (void)state;
    networks a = networks_unet(BATCH, SIDE, 8), b = networks_unet(BATCH, SIDE, 8);
    networks large = networks_unet(1, 3 * SIDE, 8), single = networks_unet(1, SIDE, 8);
    for (int pass = 0; pass < 3; pass++) { /* "training" */
        networks_backward(&a, networks_forward(&a, 1));
        for (size_t k = 0; k < a.count; k++)
            for (size_t j = 0; j < a.parameters[k].size; j++)
                a.parameters[k].values[j] -= 1e-3f * a.gradients[k][j];
    }
    assert_status(cod_network_copy(large.network, a.network), COD_OK);
    assert_status(cod_network_copy(b.network, large.network), COD_OK);
    assert_status(cod_network_copy(single.network, large.network), COD_OK);
    const float *output = networks_forward(&a, 0);
    assert_memory_equal(output, networks_forward(&b, 0), PIXELS * sizeof(float));
    const float *one = networks_forward(&single, 0);
    for (size_t k = 0; k < PIXELS / BATCH; k++) /* image 0 */
        assert_close(one[k], output[k], 1e-5, 1e-5);
    networks wide = networks_unet(BATCH, SIDE, 9), few = normalizing(a.input);
    assert_status(cod_network_copy(wide.network, a.network), COD_ESHAPE);
    assert_status(cod_network_copy(few.network, a.network), COD_ESHAPE);
    networks_free(a);
    networks_free(b);
    networks_free(large);
    networks_free(single);
    networks_free(wide);
    networks_free(few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_children_give_the_same_bytes),
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_same_input_same_bytes),
        cmocka_unit_test(test_several_backward_passes),
        cmocka_unit_test(test_backward_is_linear),
        cmocka_unit_test(test_backward_needs_a_training_pass),
        cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_running_statistics_of_one_pixel),
        cmocka_unit_test(test_evaluation),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
