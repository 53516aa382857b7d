/* SPDX-License-Identifier: MIT */
/* A training loop whose gradients come tensor by tensor, as from a network.
 *
 * A hidden layer shared by two heads: h = tanh(A x), y_1 = b_1.h, y_2 = b_2.h, with b_1
 * and b_2 fixed, so that the shared parameters are A (HIDDEN x INPUTS) and a bias c
 * (HIDDEN). The two losses are mean squared errors, each against a target of its own.
 * The Jacobian never exists in one piece: one shard is A, the other is c. */
#include <math.h>
#include <stdio.h>

#include <codescent/codescent.h>

enum { LOSSES = 2, TENSORS = 2, INPUTS = 2, HIDDEN = 6, EXAMPLES = 32, STEPS = 300 };

typedef struct network {
    float a[HIDDEN * INPUTS];
    float c[HIDDEN];
    float heads[LOSSES][HIDDEN];
} network;

/* One gradient of one loss, with the network's own layout. */
typedef struct gradient {
    float a[HIDDEN * INPUTS];
    float c[HIDDEN];
} gradient;

static void start(network *net)
{
    const cod_random random = {7, 0, 0};
    for (size_t j = 0; j < HIDDEN * INPUTS; j++)
        net->a[j] = (float)cod_random_normal(random, j);
    for (size_t j = 0; j < HIDDEN; j++) {
        net->c[j] = 0;
        for (size_t i = 0; i < LOSSES; i++)
            net->heads[i][j] = (float)cod_random_normal(random, 100 + i * HIDDEN + j);
    }
}

/* A straight line for one head, a saddle for the other. */
static void example(size_t k, float *ret_x, float *ret_targets)
{
    const cod_random random = {11, 0, k};
    for (size_t j = 0; j < INPUTS; j++)
        ret_x[j] = (float)(2 * cod_random_uniform(random, j) - 1);
    ret_targets[0] = ret_x[0];
    ret_targets[1] = 2 * ret_x[0] * ret_x[1];
}

/* Backward pass: loss number `i` and its gradient. */
static double backward(const network *net, size_t i, gradient *ret_gradient)
{
    const gradient zero = {{0}, {0}};
    double loss = 0;
    *ret_gradient = zero;
    for (size_t k = 0; k < EXAMPLES; k++) {
        float x[INPUTS], targets[LOSSES], hidden[HIDDEN], y = 0;
        example(k, x, targets);
        for (size_t j = 0; j < HIDDEN; j++) {
            float sum = net->c[j];
            for (size_t l = 0; l < INPUTS; l++)
                sum += net->a[j * INPUTS + l] * x[l];
            hidden[j] = tanhf(sum);
            y += net->heads[i][j] * hidden[j];
        }
        float error = y - targets[i];
        loss += 0.5 * error * error / EXAMPLES;
        for (size_t j = 0; j < HIDDEN; j++) {
            float slope =
                error * net->heads[i][j] * (1 - hidden[j] * hidden[j]) / EXAMPLES;
            ret_gradient->c[j] += slope;
            for (size_t l = 0; l < INPUTS; l++)
                ret_gradient->a[j * INPUTS + l] += slope * x[l];
        }
    }
    return loss;
}

/* Tensor number t as the library sees it: a piece of every row. */
static cod_shard tensor(const gradient *gradients, size_t t, const void **rows)
{
    cod_shard shard = {0, HIDDEN * INPUTS, COD_FLOAT32, rows};
    for (size_t i = 0; i < LOSSES; i++)
        rows[i] = t == 0 ? (const void *)gradients[i].a : (const void *)gradients[i].c;
    if (t == 1) {
        shard.offset = HIDDEN * INPUTS;
        shard.length = HIDDEN;
    }
    return shard;
}

static cod_status update(cod_solver *solver, const gradient *gradients, network *net)
{
    for (size_t t = 0; t < TENSORS; t++) {
        const void *rows[LOSSES];
        float d[HIDDEN * INPUTS], *parameters = t == 0 ? net->a : net->c;
        cod_shard shard = tensor(gradients, t, rows);
        cod_status status = cod_solver_direction(solver, &shard, 0, d, COD_FLOAT32);
        if (status != COD_OK)
            return status;
        for (size_t j = 0; j < shard.length; j++)
            parameters[j] -= 0.1F * d[j];
    }
    return COD_OK;
}

static cod_status train_step(cod_solver *solver, network *net, double *ret_losses,
                             double *ret_weights)
{
    gradient gradients[LOSSES];
    cod_plan plan;
    cod_status status = cod_solver_plan(solver, &plan);
    /* A real network would skip the backward passes that plan.gradients leaves out. */
    for (size_t i = 0; i < LOSSES; i++)
        ret_losses[i] = backward(net, i, &gradients[i]);
    if (status == COD_OK && (plan.needs & COD_NEED_LOSSES))
        status = cod_solver_losses(solver, ret_losses);
    /* The order does not matter: a backward pass has the last tensor first. */
    for (size_t t = TENSORS; t-- > 0 && status == COD_OK;) {
        const void *rows[LOSSES];
        cod_shard shard = tensor(gradients, t, rows);
        status = cod_solver_shard(solver, &shard);
    }
    if (status == COD_OK)
        status = cod_solver_solve(solver, ret_weights, NULL);
    return status < 0 ? status : update(solver, gradients, net);
}

int main(int argc, char **argv)
{
    const size_t lengths[TENSORS] = {HIDDEN * INPUTS, HIDDEN};
    double losses[LOSSES], weights[LOSSES];
    network net;
    cod_setup setup = {0};
    cod_solver *solver;
    cod_message message;
    cod_status status = COD_OK;

    setup.m = LOSSES;
    setup.n = HIDDEN * INPUTS + HIDDEN;
    setup.shards = TENSORS;
    setup.lengths = lengths;
    setup.steps = STEPS;
    if (cod_solver_alloc(argc > 1 ? argv[1] : "mgda", &setup, &solver, &message) !=
        COD_OK) {
        fprintf(stderr, "%s\n", message.text);
        return 1;
    }
    start(&net);
    for (int k = 0; k < STEPS && status == COD_OK; k++) {
        status = train_step(solver, &net, losses, weights);
        if (status == COD_OK && (k % 50 == 0 || k == STEPS - 1))
            printf("step %3d: losses %.4f %.4f, weights %.3f %.3f\n", k, losses[0],
                   losses[1], weights[0], weights[1]);
    }
    if (status != COD_OK)
        fprintf(stderr, "%s\n", cod_solver_message(solver));
    cod_solver_free(solver);
    return status != COD_OK;
}
