/* SPDX-License-Identifier: MIT */
/* What a method may call while it works on a step. */
#include <codescent/method.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/solver_private.h"
#include "core/spec.h"

cod_status cod_step_fail(const cod_step *step, cod_status status, const char *format,
                         ...)
{
    cod_engine *engine = step->solver->engine;
    cod_message *message = &engine->message;
    va_list arguments;
    va_start(arguments, format);
    while (atomic_flag_test_and_set(&engine->failing))
        ;
    int length = snprintf(message->text, sizeof message->text,
                          "%s: ", step->solver->method->name);
    if (length > 0 && (size_t)length < sizeof message->text)
        vsnprintf(message->text + length, sizeof message->text - (size_t)length, format,
                  arguments);
    atomic_flag_clear(&engine->failing);
    va_end(arguments);
    return status;
}

static const double *shard_entry(const cod_step *step, size_t shard)
{
    const cod_engine *engine = step->solver->engine;
    return engine->table + shard * engine->entry.size;
}

cod_status cod_step_shard_norm(const cod_step *step, size_t shard, size_t row,
                               double *ret_norm)
{
    if (ret_norm == NULL || shard >= step->shards || row >= step->rows)
        return cod_step_fail(step, COD_EARGUMENT, "no shard %zu of objective %zu",
                             shard + 1, row % step->m + 1);
    const cod_engine *engine = step->solver->engine;
    if (!engine->has_shards)
        return cod_step_fail(step, COD_EMISSING,
                             "needs the rows of shard %zu; a Gramian has no shards",
                             shard + 1);
    size_t diagonal = row * (row + 1) / 2 + row;
    *ret_norm = sqrt(shard_entry(step, shard)[engine->entry.products + diagonal]);
    return COD_OK;
}

int cod_step_has_shard(const cod_step *step, size_t shard)
{
    const cod_engine *engine = step->solver->engine;
    return shard < step->shards && engine->cut.group_of[shard] == step->group;
}

cod_status cod_step_statistic(const cod_step *step, size_t index, size_t shard,
                              size_t row, double *ret_value)
{
    const cod_engine *engine = step->solver->engine;
    if (ret_value == NULL || shard >= step->shards || row >= step->rows ||
        index >= step->solver->method->statistic_count)
        return cod_step_fail(step, COD_EARGUMENT, "no such statistic, shard or row");
    if (!engine->has_shards)
        return cod_step_fail(step, COD_EMISSING, "needs the rows, not their Gramian");
    *ret_value =
        shard_entry(step, shard)[engine->entry.statistics + index * step->rows + row];
    return COD_OK;
}

const double *cod_step_input(const cod_step *step, const char *name)
{
    const cod_solver *node = step->solver;
    const double *values = node->inputs;
    for (size_t k = 0; k < node->method->input_count; k++) {
        const cod_input *input = &node->method->inputs[k];
        if (strcmp(input->name, name) == 0)
            return node->fed[k] ? values : NULL;
        values += cod_extent_count(node->engine, input->extent);
    }
    return NULL;
}

void cod_adam(size_t n, double *x, const double *gradient, double *first,
              double *second, int64_t t, double lr)
{
    const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double correction1 = 1 - pow(beta1, (double)t);
    double correction2 = 1 - pow(beta2, (double)t);
    for (size_t i = 0; i < n; i++) {
        first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
        second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
        x[i] -=
            lr * (first[i] / correction1) / (sqrt(second[i] / correction2) + epsilon);
    }
}

void cod_softmax(size_t n, const double *x, double *ret_z)
{
    double largest = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        largest = fmax(largest, x[i]);
    for (size_t i = 0; i < n; i++) {
        ret_z[i] = exp(x[i] - largest);
        sum += ret_z[i];
    }
    for (size_t i = 0; i < n; i++)
        ret_z[i] /= sum;
}

/* Entries are measured from the largest one, beside which a sum of one is not lost, and
 * which is always above the threshold: that is in [-1, 0). Entries at or below it drop
 * out until none does; what is no number stays. */
void cod_project_simplex(size_t n, double *x)
{
    double largest = -INFINITY, threshold = -1;
    size_t count = n + 1, before;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, x[i]);
    for (size_t i = 0; i < n; i++)
        x[i] -= largest;
    do {
        double sum = 0;
        before = count;
        count = 0;
        for (size_t i = 0; i < n; i++)
            if (x[i] > threshold) {
                sum += x[i];
                count++;
            }
        threshold = fmax(threshold, (sum - 1) / (double)count);
    } while (count < before);
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] <= threshold ? 0 : x[i] - threshold;
}
