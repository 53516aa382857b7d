/* SPDX-License-Identifier: MIT */
/* Networks that can't be: what is said of them, whatever is added afterwards; memory
 * that runs out; and passes that allocate nothing. */
#include "networks.h"
#include "wrap_alloc.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- what is said ---- */

/* Adds layers to a network whose input is 2 images of 6 x 4 with 3 channels, of which
 * layer 1 is a convolution; returns the output. */
typedef size_t (*adding)(cod_network *network);

static size_t large_kernel(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", 4, 7, 1, 0);
}

static size_t no_kernel(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", 4, 0, 0, 0);
}

static size_t no_channels(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", 0, 1, 0, 0);
}

static size_t too_many_channels(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", (size_t)1 << 38, 1, 0, 0);
}

static size_t overflowing_channels(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", (size_t)1 << 62, 1, 0, 0);
}

static size_t wide_padding(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", 1, 3, SIZE_MAX / 2, 0);
}

static size_t huge_kernel(cod_network *n)
{
    return cod_network_convolve(n, 1, "b", 1, SIZE_MAX / 2 + 2, SIZE_MAX / 2, 0);
}

static size_t odd_pool(cod_network *n)
{
    return cod_network_pool(n, cod_network_convolve(n, 1, "b", 2, 2, 0, 0));
}

static size_t unequal(cod_network *n)
{
    return cod_network_concatenate(n, 1, cod_network_pool(n, 1));
}

static size_t missing_second(cod_network *n)
{
    return cod_network_concatenate(n, 1, 9);
}

static size_t missing_first(cod_network *n)
{
    return cod_network_concatenate(n, 9, 1);
}

static size_t missing(cod_network *n)
{
    return cod_network_rectify(n, 2);
}

static size_t rectified_input(cod_network *n)
{
    return cod_network_rectify(n, COD_NETWORK_INPUT);
}

static size_t rectified_twice(cod_network *n)
{
    return cod_network_rectify(n, cod_network_rectify(n, 1));
}

static size_t rectified_and_used(cod_network *n)
{
    size_t a = cod_network_rectify(n, 1);
    return cod_network_concatenate(n, a, 1);
}

static size_t normalized_and_used(cod_network *n)
{
    size_t a = cod_network_normalize(n, 1, "b");
    return cod_network_concatenate(n, a, cod_network_rectify(n, a));
}

static size_t normalized_input(cod_network *n)
{
    return cod_network_normalize(n, COD_NETWORK_INPUT, "b");
}

static size_t used_output(cod_network *n)
{
    cod_network_pool(n, 1);
    return 1;
}

static size_t input_as_output(cod_network *n)
{
    (void)n;
    return COD_NETWORK_INPUT;
}

static size_t missing_output(cod_network *n)
{
    (void)n;
    return 2;
}

/* The first thing that is wrong is the one that is reported. */
static size_t two_errors(cod_network *n)
{
    size_t at = cod_network_convolve(n, 1, "b", 2, 2, 0, 0);
    at = cod_network_pool(n, at);
    at = cod_network_normalize(n, at, "c");
    at = cod_network_rectify(n, at);
    at = cod_network_enlarge(n, at);
    return cod_network_concatenate(n, at, 77);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        adding add;
        cod_status status;
        const char *text; /* in the message */
    } cases[] = {
        {large_kernel, COD_ESHAPE,
         "layer 2: a kernel of 7 with a padding of 1 is larger than an image of 6 x 4"},
        {no_kernel, COD_ESHAPE, "layer 2: a convolution without a kernel"},
        {no_channels, COD_ESHAPE, "layer 2: a convolution without channels"},
        {too_many_channels, COD_ESHAPE, "layer 2: more than 2^40 values"},
        {overflowing_channels, COD_ESHAPE, "layer 2: more than 2^40 values"},
        {wide_padding, COD_ESHAPE, "layer 2: a kernel of 3 with a padding of"},
        {huge_kernel, COD_ESHAPE, "layer 2: a kernel of"},
        {odd_pool, COD_ESHAPE, "layer 3: pooling of 5 x 3"},
        {unequal, COD_ESHAPE, "layer 3: concatenation of images of 6 x 4 and 3 x 2"},
        {missing_second, COD_ESHAPE, "layer 2: reads layer 9, which does not exist"},
        {missing_first, COD_ESHAPE, "layer 2: reads layer 9, which does not exist"},
        {missing, COD_ESHAPE, "layer 2: reads layer 2, which does not exist"},
        {rectified_input, COD_ESHAPE, "layer 2: rectifies in place"},
        {rectified_twice, COD_ESHAPE, "layer 3: rectifies in place"},
        {rectified_and_used, COD_ESHAPE, "layer 2: what it rectifies in place"},
        {normalized_and_used, COD_ESHAPE, "layer 3: what it rectifies in place"},
        {normalized_input, COD_ESHAPE, "layer 2: normalization of the network's input"},
        {used_output, COD_ESHAPE, "layer 1: the output"},
        {input_as_output, COD_ESHAPE, "layer 0: the output"},
        {missing_output, COD_EARGUMENT, "there is no layer 2"},
        {two_errors, COD_ESHAPE, "layer 3: pooling of 5 x 3"},
    };
    for (size_t k = 0; k < COUNT(cases); k++) {
        cod_network *network;
        cod_message message = {{0}};
        assert_status(cod_network_alloc((cod_shape){2, 3, 6, 4}, &network, &message),
                      COD_OK);
        cod_network_convolve(network, COD_NETWORK_INPUT, "a", 2, 1, 0, 0);
        size_t output = cases[k].add(network);
        cod_status status = cod_network_finish(network, output, &message);
        if (status != cases[k].status || strstr(message.text, cases[k].text) == NULL)
            fail_msg("case %zu: %s, \"%s\"; expected \"%s\"", k, cod_status_key(status),
                     message.text, cases[k].text);
        cod_network_free(network);
    }
    cod_network_free(NULL);
}

/* Sizes that overflow to those of a fine image. */
static void test_overflowing_kernel(void **state)
{
    (void)state;
    cod_network *network;
    cod_message message = {{0}};
    assert_status(cod_network_alloc((cod_shape){1, 1, 4, 4}, &network, NULL), COD_OK);
    size_t at = cod_network_convolve(network, COD_NETWORK_INPUT, "a", 1, SIZE_MAX - 1,
                                     SIZE_MAX - 2, 0);
    assert_status(cod_network_finish(network, at, &message), COD_ESHAPE);
    assert_non_null(strstr(message.text, "more than 2^40 weights"));
    cod_network_free(network);
}

static void test_pool_of_one_odd_side(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        cod_network *network;
        cod_message message = {{0}};
        cod_shape shape = {1, 1, k == 0 ? 5 : 4, k == 0 ? 4 : 5};
        assert_status(cod_network_alloc(shape, &network, NULL), COD_OK);
        size_t at = cod_network_pool(network, COD_NETWORK_INPUT);
        assert_status(cod_network_finish(network, at, &message), COD_ESHAPE);
        assert_non_null(strstr(message.text, k == 0 ? "5 x 4" : "4 x 5"));
        cod_network_free(network);
    }
}

static void test_empty_input(void **state)
{
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        cod_shape shape = {k != 0, k != 1, k != 2, k != 3};
        cod_network *network = NULL;
        cod_message message = {{0}};
        assert_status(cod_network_alloc(shape, &network, &message), COD_ESHAPE);
        assert_null(network);
        assert_non_null(strstr(message.text, "a network's input of"));
    }
}

static void test_unet_of_odd_size(void **state)
{
    (void)state;
    cod_network *network = NULL;
    cod_message message = {{0}};
    assert_status(cod_unet_alloc(1, 64, 62, 8, &network, &message), COD_ESHAPE);
    assert_non_null(strstr(message.text, "64 x 62"));
    assert_status(cod_unet_alloc(1, 66, 64, 8, &network, &message), COD_ESHAPE);
    assert_status(cod_unet_alloc(1, 64, 64, 0, &network, &message), COD_ESHAPE);
    assert_status(cod_unet_alloc(0, 64, 64, 8, &network, &message), COD_ESHAPE);
    assert_status(cod_unet_alloc(1, 0, 64, 8, &network, &message), COD_ESHAPE);
    assert_null(network);
}

/* ---- memory ---- */

/* Every allocation fails once: it is said, and nothing stays behind. */
static void test_alloc_without_memory(void **state)
{
    (void)state;
    for (long k = 1;; k++) {
        long before = wrap_alloc_live();
        cod_network *network = NULL;
        cod_message message = {{0}};
        wrap_alloc_fail_at(k, 0);
        cod_status status = cod_unet_alloc(1, 8, 8, 2, &network, &message);
        int failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        assert_status(status, failed ? COD_EMEMORY : COD_OK);
        assert_true((network == NULL) == (failed != 0));
        cod_network_free(network);
        assert_int_equal(wrap_alloc_live(), before);
        if (!failed) {
            assert_true(k > 100);
            return;
        }
        assert_non_null(strstr(message.text, "memory"));
    }
}

static void test_passes_allocate_nothing(void **state)
{
    (void)state;
    networks n = networks_unet(2, 16, 8);
    wrap_alloc_fail_at(0, 0);
    for (int pass = 0; pass < 3; pass++) {
        const float *output = networks_forward(&n, 1);
        networks_backward(&n, output);
        networks_backward(&n, n.x);
        networks_forward(&n, 0);
    }
    assert_int_equal(wrap_alloc_count(), 0);
    networks_free(n);
}

/* ---- what is printed ---- */

static void test_print(void **state)
{
    (void)state;
    networks n = networks_unet(1, 8, 2);
    char *text = NULL;
    size_t size = 0, lines = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    cod_network_print(n.network, stream);
    fclose(stream);
    for (size_t k = 0; k < size; k++)
        lines += text[k] == '\n';
    assert_int_equal(lines, 37);
    assert_non_null(strstr(text, "1: 2 x 8 x 8: "));
    free(text);
    networks_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_overflowing_kernel),
        cmocka_unit_test(test_pool_of_one_odd_side),
        cmocka_unit_test(test_empty_input),
        cmocka_unit_test(test_unet_of_odd_size),
        cmocka_unit_test(test_alloc_without_memory),
        cmocka_unit_test(test_passes_allocate_nothing),
        cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
