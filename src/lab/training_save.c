/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checkpoint of a training run. */
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/training_private.h"

#include <stdlib.h>

static void put_tensors(const cod_tensor *tensors, size_t count, cod_bytes *bytes)
{
    for (size_t k = 0; k < count; k++)
        cod_bytes_put_floats(bytes, tensors[k].values, tensors[k].size);
}

static void get_tensors(const cod_tensor *tensors, size_t count,
                        cod_bytes_reader *reader)
{
    for (size_t k = 0; k < count; k++)
        cod_bytes_get_floats(reader, tensors[k].values, tensors[k].size);
}

static void put_solver(const cod_solver *solver, cod_bytes *bytes)
{
    size_t size = cod_solver_save_size(solver);
    void *saved = malloc(size);
    if (saved == NULL || cod_solver_save(solver, saved, size) != COD_OK)
        bytes->failed = 1;
    else
        cod_bytes_put(bytes, saved, size);
    free(saved);
}

static cod_status damaged(const cod_trainer *t)
{
    return cod_fail(t->message, COD_EFILE, "its checkpoint is damaged");
}

static cod_status get_solver(cod_trainer *t, cod_bytes_reader *reader)
{
    size_t size = cod_solver_save_size(t->solver);
    void *saved = malloc(size);
    if (saved == NULL)
        return cod_fail(t->message, COD_EMEMORY, "out of memory");
    cod_bytes_get(reader, saved, size);
    cod_status status =
        reader->bad ? COD_EFILE : cod_solver_restore(t->solver, saved, size);
    free(saved);
    return status < 0 ? damaged(t) : COD_OK;
}

void cod_trainer_save(const cod_trainer *t, cod_bytes *ret_bytes)
{
    const cod_learner *l = t->learner;
    cod_training_encode(t->record, ret_bytes);
    cod_bytes_put_integer(ret_bytes, t->step);
    cod_bytes_put_reals(ret_bytes, &t->passes, 1);
    put_tensors(l->parameters, l->parameter_count, ret_bytes);
    put_tensors(l->statistics, l->statistic_count, ret_bytes);
    cod_bytes_put_reals(ret_bytes, t->rule->state, cod_step_rule_state_count(t->rule));
    for (size_t k = 0; k < t->rule->slots; k++)
        cod_bytes_put_integer(ret_bytes, t->rule->counts[k]);
    put_solver(t->solver, ret_bytes);
    cod_bytes_seal(ret_bytes);
}

/* A checkpoint lies between the first step and the last, at the end of an epoch. */
static int is_consistent(const cod_trainer *t, const cod_bytes_reader *reader)
{
    return !reader->bad && reader->at == reader->size && t->step > 0 &&
           t->step < t->options->steps && t->step % t->task->epoch_steps == 0 &&
           t->record->steps == t->step &&
           t->record->marks == cod_training_marks(t->task, t->step);
}

cod_status cod_trainer_restore(cod_trainer *t, cod_bytes_reader *reader)
{
    const cod_learner *l = t->learner;
    cod_bytes_unseal(reader);
    if (reader->bad || cod_training_decode(t->record, reader, NULL) < 0)
        return damaged(t);
    t->step = cod_bytes_get_integer(reader);
    cod_bytes_get_reals(reader, &t->passes, 1);
    get_tensors(l->parameters, l->parameter_count, reader);
    get_tensors(l->statistics, l->statistic_count, reader);
    cod_bytes_get_reals(reader, t->rule->state, cod_step_rule_state_count(t->rule));
    for (size_t k = 0; k < t->rule->slots; k++)
        t->rule->counts[k] = cod_bytes_get_integer(reader);
    cod_status status = get_solver(t, reader);
    return status < 0 || is_consistent(t, reader) ? status : damaged(t);
}
