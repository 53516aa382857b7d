/* SPDX-License-Identifier: MIT */
/* A training run done in a process of its own, the checkpoints that it left, and runs
 * from each of them. */
#ifndef COD_TESTS_CHECKPOINTS_H
#define COD_TESTS_CHECKPOINTS_H

#include "check.h"

#include "lab/lab.h"
#include "lab/training.h"

typedef struct kept_run {
    const cod_task *task;
    const cod_training_options *options;
    cod_bytes checkpoints[8], result;
    size_t count;
} kept_run;

static inline cod_status run_unit(void *data, size_t k, cod_crew_link *link,
                                  cod_bytes *ret_bytes, cod_message *message)
{
    const kept_run *all = data;
    cod_training *t;
    (void)k;
    if (cod_training_alloc(all->task, all->options->steps, &t) < 0)
        return COD_EMEMORY;
    cod_status status =
        cod_train(all->task, all->options, (cod_bytes_reader){0}, link, t, message);
    if (status == COD_OK)
        cod_training_encode(t, ret_bytes);
    cod_training_free(t);
    return status;
}

static inline cod_status keep_checkpoint(void *data, size_t k, int64_t progress,
                                         const cod_bytes *bytes, double seconds,
                                         cod_message *message)
{
    kept_run *all = data;
    (void)k, (void)seconds, (void)message;
    assert_int_equal(progress, all->task->epoch_steps * (int64_t)(all->count + 1));
    cod_bytes_put(&all->checkpoints[all->count++], bytes->data, bytes->size);
    return COD_OK;
}

static inline cod_status
keep_result(void *data, size_t k, const cod_crew_outcome *outcome, cod_message *message)
{
    kept_run *all = data;
    (void)k, (void)message;
    assert_status(outcome->status, COD_OK);
    cod_bytes_put(&all->result, outcome->bytes.data, outcome->bytes.size);
    return COD_OK;
}

/* From each checkpoint the same bytes at the end. */
static inline void check_resumed(const kept_run *all)
{
    for (size_t k = 0; k < all->count; k++) {
        cod_training *t;
        cod_bytes bytes = {0};
        cod_bytes_reader from = {.data = all->checkpoints[k].data,
                                 .size = all->checkpoints[k].size};
        assert_status(cod_training_alloc(all->task, all->options->steps, &t), COD_OK);
        assert_status(cod_train(all->task, all->options, from, NULL, t, NULL), COD_OK);
        cod_training_encode(t, &bytes);
        assert_int_equal(bytes.size, all->result.size);
        assert_memory_equal(bytes.data, all->result.data, bytes.size);
        cod_bytes_clear(&bytes);
        cod_training_free(t);
    }
}

/* Cut anywhere, a checkpoint is refused. */
static inline void check_damaged(const kept_run *all)
{
    cod_training *t;
    cod_message message;
    assert_status(cod_training_alloc(all->task, all->options->steps, &t), COD_OK);
    for (size_t size = 1; size < all->checkpoints[0].size; size += 7) {
        cod_bytes_reader from = {.data = all->checkpoints[0].data, .size = size};
        if (cod_train(all->task, all->options, from, NULL, t, &message) != COD_EFILE)
            fail_msg("%zu bytes of a checkpoint were taken", size);
    }
    cod_training_free(t);
}

/* Trains, and fills what is kept; to be freed with kept_clear(). */
static inline void kept_train(kept_run *all)
{
    cod_crew_work work = {.count = 1,
                          .jobs = 1,
                          .data = all,
                          .run = run_unit,
                          .checkpoint = keep_checkpoint,
                          .ended = keep_result};
    assert_status(cod_crew_run(&work, NULL), COD_OK);
}

static inline void kept_clear(kept_run *all)
{
    for (size_t i = 0; i < all->count; i++)
        cod_bytes_clear(&all->checkpoints[i]);
    cod_bytes_clear(&all->result);
}

#endif
