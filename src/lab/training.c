/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a training run. */
#include "lab/training.h"

#include "core/spec.h"
#include "lab/lab.h"

#include <math.h>
#include <stdlib.h>

size_t cod_training_marks(const cod_task *task, int64_t steps)
{
    return 1 + (size_t)((steps + task->epoch_steps - 1) / task->epoch_steps);
}

size_t cod_training_mark_width(const cod_task *task)
{
    return 2 + task->m + task->def->score_count;
}

cod_status cod_training_alloc(const cod_task *task, int64_t steps,
                              cod_training **ret_training)
{
    size_t m = task->m, k = (size_t)steps, at = 0;
    size_t marks = cod_training_marks(task, steps) * cod_training_mark_width(task);
    size_t ends = m + task->def->score_count;
    cod_training *t = calloc(1, sizeof *t);
    if (t == NULL)
        return COD_EMEMORY;
    t->task = task;
    t->most = steps;
    t->count = m + 2 * k * m + 2 * k + marks + ends;
    t->numbers = malloc(t->count * sizeof *t->numbers);
    t->sample = calloc(task->sample_size > 0 ? task->sample_size : 1, 1);
    if (t->numbers == NULL || t->sample == NULL) {
        cod_training_free(t);
        return COD_EMEMORY;
    }
    for (size_t i = 0; i < t->count; i++)
        t->numbers[i] = NAN;
    double **const parts[] = {&t->units,  &t->losses,       &t->weights, &t->cosines,
                              &t->passes, &t->mark_numbers, &t->end};
    const size_t sizes[] = {m, k * m, k * m, k, k, marks, ends};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; at += sizes[i++])
        *parts[i] = t->numbers + at;
    *ret_training = t;
    return COD_OK;
}

void cod_training_free(cod_training *training)
{
    if (training == NULL)
        return;
    free(training->numbers);
    free(training->sample);
    free(training);
}

void cod_training_encode(const cod_training *training, cod_bytes *ret_bytes)
{
    cod_bytes_put_integer(ret_bytes, training->steps);
    cod_bytes_put_integer(ret_bytes, (int64_t)training->marks);
    cod_bytes_put_integer(ret_bytes, (int64_t)training->count);
    cod_bytes_put_reals(ret_bytes, training->numbers, training->count);
    cod_bytes_put(ret_bytes, training->sample, training->task->sample_size);
}

cod_status cod_training_decode(cod_training *training, cod_bytes_reader *reader,
                               cod_message *ret_message)
{
    int64_t steps = cod_bytes_get_integer(reader);
    int64_t marks = cod_bytes_get_integer(reader);
    int64_t count = cod_bytes_get_integer(reader);
    if (steps < 0 || steps > training->most || marks < 0 ||
        (size_t)marks > cod_training_marks(training->task, training->most) ||
        (size_t)count != training->count)
        return cod_fail(ret_message, COD_EFILE, "a stored run is damaged");
    training->steps = steps;
    training->marks = (size_t)marks;
    cod_bytes_get_reals(reader, training->numbers, training->count);
    cod_bytes_get(reader, training->sample, training->task->sample_size);
    return reader->bad ? cod_fail(ret_message, COD_EFILE, "a stored run is damaged")
                       : COD_OK;
}
