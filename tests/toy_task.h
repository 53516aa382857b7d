/* SPDX-License-Identifier: MIT */
/* A learning task small enough to be done by hand: five parameters in two tensors, two
 * squared distances from points that shake with the batch, and a statistic that counts
 * the forward passes that were not looks. */
#ifndef COD_TESTS_TOY_TASK_H
#define COD_TESTS_TOY_TASK_H

#include <codescent/random.h>

#include "lab/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOY_N = 5 };

typedef struct toy_options {
    double noise, far, height;
    int flat; /* the second loss is 0 everywhere */
    int lost; /* and not a number in the test */
} toy_options;

/* Calls since the network was made. */
typedef struct toy_state {
    float x[TOY_N], forwards;
    double shift[TOY_N];
    uint64_t seed;
    int64_t step;
    size_t copy;
    int forward, look, backward;
} toy_state;

static const cod_option toy_table[] = {
    COD_OPTION_REAL(toy_options, noise, 0, 0, 1, NULL, "", "of the batches"),
    COD_OPTION_REAL(toy_options, far, 1, 0, 1e6, NULL, "", "second goal's distance"),
    COD_OPTION_REAL(toy_options, height, 3, -1e6, 1e6, NULL, "", "factor of loss 2"),
    COD_OPTION_BOOL(toy_options, flat, 0, "loss 2 is 0"),
    COD_OPTION_BOOL(toy_options, lost, 0, "loss 2 is not a number in the test"),
};

static const cod_score toy_scores[] = {
    {"nearness", "", COD_BETTER_HIGHER, "1/(1 + both losses)"},
    {"gap", "", COD_BETTER_LOWER, "the losses' difference"}};
static const char *const toy_objectives[] = {"near", "far"};

static const char *const *toy_methods(const void *options)
{
    static const char *const list[] = {"linear", "mgda", NULL};
    (void)options;
    return list;
}

static cod_status toy_load(cod_task *task, const char *folder, cod_message *message)
{
    (void)folder;
    (void)message;
    task->m = 2;
    task->objectives = toy_objectives;
    task->fingerprint = 42;
    task->epoch_steps = 10;
    task->sample_size = 2;
    return COD_OK;
}

static void toy_unload(cod_task *task)
{
    (void)task;
}

static cod_status toy_alloc(cod_learner *learner, cod_message *message)
{
    toy_state *state = calloc(1, sizeof *state);
    cod_tensor *tensors = calloc(3, sizeof *tensors);
    (void)message;
    tensors[0] = (cod_tensor){"a", state->x, 3};
    tensors[1] = (cod_tensor){"b", state->x + 3, 2};
    tensors[2] = (cod_tensor){"count", &state->forwards, 1};
    learner->parameters = tensors;
    learner->parameter_count = 2;
    learner->statistics = tensors + 2;
    learner->statistic_count = 1;
    learner->state = state;
    return COD_OK;
}

static void toy_free(cod_learner *learner)
{
    free(learner->parameters);
    free(learner->state);
}

static void toy_start(cod_learner *learner, uint64_t seed)
{
    toy_state *s = learner->state;
    cod_random random = {seed, 0, 0};
    for (size_t j = 0; j < TOY_N; j++)
        s->x[j] = (float)cod_random_normal(random, j);
    s->forwards = 0;
}

static void toy_batch(cod_learner *learner, uint64_t seed, int64_t step, size_t copy)
{
    toy_state *s = learner->state;
    cod_random random = {seed, 1 + copy, (uint64_t)step};
    s->step = step;
    s->copy = copy;
    for (size_t j = 0; j < TOY_N; j++)
        s->shift[j] = cod_random_normal(random, j);
}

/* Where loss i is least, but for the batch. */
static double toy_goal(const toy_options *o, size_t i, size_t j)
{
    return i == 0 ? 0 : o->far * (j % 2 == 0 ? 1 : -1);
}

static double toy_loss(const toy_options *o, const toy_state *s, size_t i,
                       double *gradient)
{
    double sum = 0, height = i == 0 ? 1 : o->flat ? 0 : o->height;
    for (size_t j = 0; j < TOY_N; j++) {
        double d = s->x[j] - toy_goal(o, i, j) - o->noise * s->shift[j];
        sum += height * d * d / 2;
        if (gradient != NULL)
            gradient[j] = height * d;
    }
    return sum;
}

static cod_status toy_forward(cod_learner *learner, int look, double *ret_losses)
{
    toy_state *s = learner->state;
    s->forward++;
    s->look += look;
    s->forwards += look ? 0 : 1;
    for (size_t i = 0; i < 2; i++)
        ret_losses[i] = toy_loss(learner->task->options, s, i, NULL);
    return COD_OK;
}

static cod_status toy_backward(cod_learner *learner, const double *weights,
                               float *const *ret_gradients)
{
    toy_state *s = learner->state;
    double of[2][TOY_N];
    s->backward++;
    for (size_t i = 0; i < 2; i++)
        toy_loss(learner->task->options, s, i, of[i]);
    for (size_t j = 0; j < TOY_N; j++) {
        float g = (float)(weights[0] * of[0][j] + weights[1] * of[1][j]);
        *(j < 3 ? &ret_gradients[0][j] : &ret_gradients[1][j - 3]) = g;
    }
    return COD_OK;
}

/* Without the batch's shake. */
static cod_status toy_glance(cod_learner *learner, cod_outcome *ret_outcome)
{
    toy_state quiet = *(toy_state *)learner->state;
    memset(quiet.shift, 0, sizeof quiet.shift);
    for (size_t i = 0; i < 2; i++)
        ret_outcome->losses[i] = toy_loss(learner->task->options, &quiet, i, NULL);
    ret_outcome->scores[0] = 1 / (1 + ret_outcome->losses[0] + ret_outcome->losses[1]);
    ret_outcome->scores[1] = fabs(ret_outcome->losses[0] - ret_outcome->losses[1]);
    return COD_OK;
}

/* The sample is how often forward counted, and backward ran since the process began. */
static cod_status toy_test(cod_learner *learner, cod_outcome *ret_outcome,
                           unsigned char *ret_sample)
{
    const toy_state *s = learner->state;
    const toy_options *o = learner->task->options;
    ret_sample[0] = (unsigned char)s->forwards;
    ret_sample[1] = 7;
    cod_status status = toy_glance(learner, ret_outcome);
    if (o->lost)
        ret_outcome->losses[1] = NAN;
    return status;
}

static cod_status toy_trivial(const cod_task *task, size_t k, const char **ret_name,
                              cod_outcome *ret_outcome)
{
    (void)task;
    if (k > 0)
        return COD_EMISSING;
    *ret_name = "nothing";
    ret_outcome->losses[0] = 1;
    ret_outcome->losses[1] = NAN;
    ret_outcome->scores[0] = ret_outcome->scores[1] = 0;
    return COD_OK;
}

static cod_status toy_show(const cod_task *task, const char *folder, size_t count,
                           const char *const *names,
                           const unsigned char *const *samples, cod_message *message)
{
    (void)task, (void)folder, (void)count, (void)names, (void)samples, (void)message;
    return COD_OK;
}

static void toy_version(char *ret_text, size_t size)
{
    (void)size;
    ret_text[0] = '\0';
}

static const cod_task_def toy_def = {
    .name = "toy",
    .summary = "two squared distances",
    .citation = "",
    .options_size = sizeof(toy_options),
    .options = toy_table,
    .option_count = sizeof toy_table / sizeof *toy_table,
    .scores = toy_scores,
    .score_count = 2,
    .methods = toy_methods,
    .step_rule = "constant(step=0.1)",
    .steps = 30,
    .library = "none",
    .library_version = toy_version,
    .quick = "quick(noise=0)",
    .quick_steps = 5,
    .load = toy_load,
    .unload = toy_unload,
    .alloc = toy_alloc,
    .free = toy_free,
    .start = toy_start,
    .batch = toy_batch,
    .forward = toy_forward,
    .backward = toy_backward,
    .glance = toy_glance,
    .test = toy_test,
    .trivial = toy_trivial,
    .show = toy_show,
};

static inline cod_task *toy_task(const char *text)
{
    static const cod_task_def *const defs[] = {&toy_def};
    cod_task *task;
    cod_message message;
    return cod_task_alloc(text, NULL, defs, 1, &task, &message) == COD_OK ? task : NULL;
}

#endif
