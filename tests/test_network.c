/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "experiments/network/unet.h"

/* A U-Net runs forward and backward, and its output and gradient are numbers. */
static void test_unet_runs(void **state)
{
    (void)state;
    enum { BATCH = 2, SIDE = 16, PIXELS = BATCH * SIDE * SIDE };
    cod_network *network;
    cod_message message = {{0}};
    cod_status status = cod_unet_alloc(BATCH, SIDE, SIDE, 8, &network, &message);
    if (status < 0)
        fail_msg("%s", message.text);
    assert_int_equal(cod_network_size(network), 29777);
    cod_network_init(network, 1);
    float *input = calloc(PIXELS, sizeof *input), *by = calloc(PIXELS, sizeof *by);
    float *row = calloc(cod_network_size(network), sizeof *row);
    assert_true(input != NULL && by != NULL && row != NULL);
    for (size_t k = 0; k < PIXELS; k++) {
        input[k] = (float)cod_random_normal((cod_random){1, 0, 0}, k);
        by[k] = 1.0f / PIXELS;
    }
    size_t count;
    const cod_parameter *parameters = cod_network_parameters(network, &count);
    float *gradients[64];
    assert_true(count <= 64);
    for (size_t k = 0; k < count; k++)
        gradients[k] = row + parameters[k].offset;
    const float *output;
    assert_status(cod_network_forward(network, input, 1, &output), COD_OK);
    assert_status(cod_network_backward(network, by, gradients), COD_OK);
    double norm = 0;
    for (size_t k = 0; k < PIXELS; k++)
        assert_true(isfinite(output[k]));
    for (size_t k = 0; k < cod_network_size(network); k++)
        norm += row[k] * row[k];
    assert_true(isfinite(norm) && norm > 0);
    assert_close(row[cod_network_size(network) - 1], 1, 1e-6, 0);
    free(row);
    free(by);
    free(input);
    cod_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unet_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
