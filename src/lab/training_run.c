/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The training loop. */
#include "core/spec.h"
#include "lab/training_private.h"

#include <math.h>
#include <string.h>

/* What a step needs of the rows: any of it takes a backward pass for each gradient. */
#define NEEDS_ROWS (COD_NEED_NORMS | COD_NEED_GRAMIAN | COD_NEED_CROSS | COD_NEED_ROWS)

static cod_status fail_solver(const cod_trainer *t, cod_status status)
{
    return cod_fail(t->message, status, "step %lld: %.200s", (long long)t->step + 1,
                    cod_solver_message(t->solver));
}

/* What the task can't do in this step, or after it. */
static cod_status fail_task(const cod_trainer *t, cod_status status, int64_t step,
                            const char *what)
{
    return cod_fail(t->message, status, "step %lld: %s: %s", (long long)step, what,
                    cod_status_text(status));
}

/* A loss of `data` that is not finite ends the run. */
static cod_status check_loss(const cod_trainer *t, size_t i, double loss, int64_t step,
                             const char *data)
{
    return isfinite(loss)
               ? COD_OK
               : cod_fail(t->message, COD_ENONFINITE,
                          "step %lld: the loss %s%s is %g: the training diverged",
                          (long long)step, t->task->objectives[i], data, loss);
}

static void point_slices(cod_trainer *t, size_t row)
{
    for (size_t k = 0; k < t->learner->parameter_count; k++)
        t->slices[k] = t->rows + row * t->stride + t->begins[k];
}

/* ---- losses ---- */

/* The batch's losses in their units, into t->losses. */
static cod_status forward(cod_trainer *t, int look)
{
    cod_status status = t->task->def->forward(t->learner, look, t->losses);
    if (status < 0)
        return fail_task(t, status, t->step + 1, "the forward pass");
    for (size_t i = 0; status == COD_OK && i < t->m; i++) {
        t->losses[i] /= t->record->units[i];
        status = check_loss(t, i, t->losses[i], t->step + 1, "");
    }
    return status;
}

/* The mean losses over the first epoch's batches, of the network as it is. */
static cod_status find_units(cod_trainer *t)
{
    const cod_task *task = t->task;
    double *units = t->record->units;
    int64_t count = task->epoch_steps;
    memset(units, 0, t->m * sizeof *units);
    for (int64_t k = 0; k < count; k++) {
        task->def->batch(t->learner, t->options->seed, k, 0);
        cod_status status = task->def->forward(t->learner, 1, t->losses);
        if (status < 0)
            return fail_task(t, status, t->step + 1, "the forward pass");
        for (size_t i = 0; i < t->m; i++)
            units[i] += t->losses[i] / (double)count;
    }
    for (size_t i = 0; i < t->m; i++)
        if (!(units[i] > 0) || !isfinite(units[i]))
            return cod_fail(t->message, COD_EDOMAIN,
                            "the loss %s of the initial network is %g on average: it "
                            "has no unit",
                            task->objectives[i], units[i]);
    return COD_OK;
}

/* ---- gradients ---- */

/* The gradient of sum_i factors_i loss_i, in units, into a row. */
static cod_status backward(cod_trainer *t, size_t row)
{
    for (size_t i = 0; i < t->m; i++)
        t->factors[i] /= t->record->units[i];
    point_slices(t, row);
    cod_status status = t->task->def->backward(t->learner, t->factors, t->slices);
    t->passes++;
    return status < 0 ? fail_task(t, status, t->step + 1, "the backward pass") : COD_OK;
}

/* The gradients that the plan asks for, of one batch. */
static cod_status find_gradients(cod_trainer *t, size_t batch)
{
    cod_status status = COD_OK;
    for (size_t i = 0; status == COD_OK && i < t->m; i++) {
        if (!t->plan.gradients[i])
            continue;
        for (size_t k = 0; k < t->m; k++)
            t->factors[k] = k == i;
        status = backward(t, batch * t->m + i);
    }
    return status;
}

static double product(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t j = 0; j < count; j++)
        sum += (double)a[j] * b[j];
    return sum;
}

/* The lowest cosine between two gradients of the batch that the direction is made of.
 */
static double lowest_cosine(const cod_trainer *t)
{
    double lowest = NAN;
    const float *rows = t->rows + t->plan.direction_batch * t->m * t->stride;
    for (size_t i = 0; i < t->m; i++)
        if (!t->plan.gradients[i])
            return NAN;
    for (size_t i = 0; i < t->m; i++)
        for (size_t k = 0; k < i; k++) {
            const float *a = rows + i * t->stride, *b = rows + k * t->stride;
            double cosine = product(a, b, t->stride) /
                            sqrt(product(a, a, t->stride) * product(b, b, t->stride));
            lowest = isnan(lowest) || cosine < lowest ? cosine : lowest;
        }
    return lowest;
}

/* Tensor k as a shard of `batches` batches, from batch number `first` on. */
static cod_shard shard_of(cod_trainer *t, size_t k, size_t offset, size_t first,
                          size_t batches)
{
    for (size_t r = 0; r < batches * t->m; r++) {
        const float *row = t->rows + (first * t->m + r) * t->stride + t->begins[k];
        t->shard_rows[r] = t->plan.gradients[r % t->m] ? row : NULL;
    }
    return (cod_shard){.offset = offset,
                       .length = t->learner->parameters[k].size,
                       .type = COD_FLOAT32,
                       .rows = t->shard_rows};
}

/* ---- one step ---- */

static cod_status hand_in_shards(cod_trainer *t)
{
    cod_status status = COD_OK;
    size_t offset = 0;
    for (size_t k = 0; status == COD_OK && k < t->learner->parameter_count; k++) {
        cod_shard shard = shard_of(t, k, offset, 0, t->plan.batches);
        status = cod_solver_shard(t->solver, &shard);
        offset += shard.length;
    }
    return status;
}

/* Losses and gradients, as far as the plan asks for them. The batch that the direction
 * is made of comes last, so that its losses stay. */
static cod_status evaluate(cod_trainer *t)
{
    cod_status status = COD_OK;
    size_t batches = t->plan.batches;
    for (size_t k = 1; status == COD_OK && k <= batches; k++) {
        size_t batch = (t->plan.direction_batch + k) % batches;
        t->task->def->batch(t->learner, t->options->seed, t->step, batch);
        status = forward(t, 0);
        if (status == COD_OK && (t->plan.needs & NEEDS_ROWS))
            status = find_gradients(t, batch);
    }
    return status;
}

static cod_status solve(cod_trainer *t)
{
    cod_status status = COD_OK;
    if (t->plan.needs & COD_NEED_LOSSES)
        status = cod_solver_losses(t->solver, t->losses);
    if (status == COD_OK && (t->plan.needs & NEEDS_ROWS))
        status = hand_in_shards(t);
    if (status == COD_OK)
        status = cod_solver_solve(t->solver, t->weights, NULL);
    return status < 0 ? fail_solver(t, status) : COD_OK;
}

/* The direction out of the rows that there are. */
static cod_status combine(cod_trainer *t)
{
    cod_status status = COD_OK;
    size_t offset = 0;
    for (size_t k = 0; status == COD_OK && k < t->learner->parameter_count; k++) {
        cod_shard shard = shard_of(t, k, offset, t->plan.direction_batch, 1);
        status = cod_solver_direction(t->solver, &shard, 0, t->direction + offset,
                                      COD_FLOAT64);
        offset += shard.length;
    }
    return status < 0 ? fail_solver(t, status) : COD_OK;
}

/* The direction by one backward pass of the weighted sum. */
static cod_status pass_weighted(cod_trainer *t)
{
    size_t offset = 0;
    memcpy(t->factors, t->weights, t->m * sizeof *t->factors);
    cod_status status = backward(t, 0);
    for (size_t k = 0; status == COD_OK && k < t->learner->parameter_count; k++)
        for (size_t j = 0; j < t->learner->parameters[k].size; j++)
            t->direction[offset++] = t->slices[k][j];
    return status;
}

static void move(cod_trainer *t)
{
    double left = 1 - (double)t->step / (double)t->options->steps;
    double length = left * cod_step_rule_turn(t->rule, t->plan.slot, t->direction);
    size_t offset = 0;
    for (size_t k = 0; k < t->learner->parameter_count; k++) {
        const cod_tensor *tensor = &t->learner->parameters[k];
        for (size_t j = 0; j < tensor->size; j++)
            tensor->values[j] =
                (float)(tensor->values[j] - length * t->direction[offset++]);
    }
}

static int has_weights(const cod_trainer *t)
{
    for (size_t i = 0; i < t->m; i++)
        if (t->weights[i] != 0)
            return 1;
    return 0;
}

static void note(cod_trainer *t)
{
    size_t m = t->m, k = (size_t)t->step;
    memcpy(t->record->losses + k * m, t->losses, m * sizeof *t->losses);
    if (has_weights(t))
        memcpy(t->record->weights + k * m, t->weights, m * sizeof *t->weights);
    if (t->plan.needs & NEEDS_ROWS)
        t->record->cosines[k] = lowest_cosine(t);
    t->record->passes[k] = t->passes;
    t->record->steps++;
}

static cod_status take_step(cod_trainer *t)
{
    cod_status status = cod_solver_plan(t->solver, &t->plan);
    if (status < 0)
        return fail_solver(t, status);
    status = evaluate(t);
    if (status == COD_OK)
        status = solve(t);
    if (status < 0)
        return status;
    status = t->plan.needs & NEEDS_ROWS ? combine(t) : pass_weighted(t);
    if (status < 0)
        return status;
    note(t);
    move(t);
    if (!(t->plan.needs & COD_NEED_AFTER))
        return COD_OK;
    status = forward(t, 1);
    if (status == COD_OK && (status = cod_solver_after(t->solver, t->losses)) < 0)
        status = fail_solver(t, status);
    return status;
}

/* ---- the run ---- */

/* The last steps may have led to a network whose losses are not finite, and no batch
 * follows that would show it. */
static cod_status check_outcome(const cod_trainer *t, const cod_outcome *outcome,
                                const char *data)
{
    cod_status status = COD_OK;
    for (size_t i = 0; status == COD_OK && i < t->m; i++)
        status = check_loss(t, i, outcome->losses[i], t->step, data);
    return status;
}

/* A glance at data held out. */
static cod_status mark(cod_trainer *t)
{
    size_t width = cod_training_mark_width(t->task);
    double *row = t->record->mark_numbers + t->record->marks++ * width;
    cod_outcome outcome = {row + 2, row + 2 + t->m};
    row[0] = (double)t->step;
    row[1] = t->passes;
    cod_status status = t->task->def->glance(t->learner, &outcome);
    return status < 0 ? fail_task(t, status, t->step, "the evaluation")
                      : check_outcome(t, &outcome, " of the held-out data");
}

static cod_status test(cod_trainer *t)
{
    cod_outcome outcome = {t->record->end, t->record->end + t->m};
    cod_status status = t->task->def->test(t->learner, &outcome, t->record->sample);
    return status < 0 ? fail_task(t, status, t->step, "the test")
                      : check_outcome(t, &outcome, " of the test data");
}

static cod_status begin(cod_trainer *t)
{
    t->task->def->start(t->learner, t->options->seed);
    cod_status status = find_units(t);
    return status == COD_OK ? mark(t) : status;
}

static cod_status end_epoch(cod_trainer *t, cod_crew_link *link)
{
    cod_status status = mark(t);
    if (status < 0 || link == NULL || t->step == t->options->steps)
        return status;
    cod_bytes bytes = {0};
    cod_trainer_save(t, &bytes);
    if (bytes.failed)
        status = cod_fail(t->message, COD_EMEMORY, "out of memory");
    else
        cod_crew_checkpoint(link, t->step, &bytes);
    cod_bytes_clear(&bytes);
    return status;
}

static cod_status run(cod_trainer *t, cod_crew_link *link)
{
    cod_status status = COD_OK;
    while (status == COD_OK && t->step < t->options->steps) {
        if (t->step > 0 && t->step % t->task->epoch_steps == 0)
            status = cod_solver_epoch(t->solver);
        if (status == COD_OK)
            status = take_step(t);
        if (status < 0)
            return status;
        t->step++;
        if (t->step % t->task->epoch_steps == 0 || t->step == t->options->steps)
            status = end_epoch(t, link);
    }
    return status;
}

cod_status cod_train(const cod_task *task, const cod_training_options *options,
                     cod_bytes_reader checkpoint, cod_crew_link *link,
                     cod_training *ret_training, cod_message *ret_message)
{
    cod_trainer trainer;
    cod_status status =
        cod_trainer_make(task, options, ret_training, ret_message, &trainer);
    if (status == COD_OK)
        status = checkpoint.size > 0 ? cod_trainer_restore(&trainer, &checkpoint)
                                     : begin(&trainer);
    if (status == COD_OK)
        status = run(&trainer, link);
    if (status == COD_OK)
        status = test(&trainer);
    cod_trainer_clear(&trainer);
    return status;
}
