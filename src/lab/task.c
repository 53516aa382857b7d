/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/task.h"

#include "core/options_table.h"
#include "core/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_at(const void *list, size_t k)
{
    return ((const cod_task_def *const *)list)[k]->name;
}

static const cod_task_def *find(const char *name, const cod_task_def *const *defs,
                                size_t count, cod_message *message)
{
    for (size_t k = 0; k < count; k++)
        if (strcmp(defs[k]->name, name) == 0)
            return defs[k];
    cod_fail_name(message, "learning task", name, defs, count, name_at);
    return NULL;
}

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

static cod_status make(const cod_spec *spec, const char *text, const char *folder,
                       cod_task *task, cod_message *message)
{
    const cod_task_def *def = task->def;
    void *options = calloc(1, def->options_size > 0 ? def->options_size : 1);
    task->options = options;
    task->title = strdup(text);
    if (options == NULL || task->title == NULL)
        return no_memory(message);
    cod_options_default(def->options, def->option_count, options);
    if (spec->inner_count > 0)
        return cod_fail(message, COD_ESYNTAX, "%s takes options only, not '%.64s'",
                        def->name, spec->inner[0]->name);
    cod_status status =
        cod_options_read(spec, def->options, def->option_count, options, message);
    return status == COD_OK ? def->load(task, folder, message) : status;
}

cod_status cod_task_alloc(const char *text, const char *folder,
                          const cod_task_def *const *defs, size_t count,
                          cod_task **ret_task, cod_message *ret_message)
{
    cod_spec *spec;
    cod_status status = cod_spec_parse(text, &spec, ret_message);
    if (status < 0)
        return status;
    const cod_task_def *def = find(spec->name, defs, count, ret_message);
    cod_task *task = calloc(1, sizeof *task);
    if (def == NULL || task == NULL) {
        status = def == NULL ? COD_ENAME : no_memory(ret_message);
    } else {
        task->def = def;
        status = make(spec, text, folder, task, ret_message);
    }
    cod_spec_free(spec);
    if (status < 0)
        cod_task_free(task);
    else
        *ret_task = task;
    return status;
}

void cod_task_free(cod_task *task)
{
    if (task == NULL)
        return;
    if (task->def != NULL) {
        task->def->unload(task);
        if (task->options != NULL)
            cod_options_clear(task->def->options, task->def->option_count,
                              (void *)task->options);
    }
    free((void *)task->options);
    free((void *)task->title);
    free(task);
}

void cod_task_fingerprint(const cod_task *task, char ret_text[17])
{
    snprintf(ret_text, 17, "%016llx", (unsigned long long)task->fingerprint);
}

cod_status cod_learner_alloc(const cod_task *task, cod_learner **ret_learner,
                             cod_message *ret_message)
{
    cod_learner *learner = calloc(1, sizeof *learner);
    if (learner == NULL)
        return no_memory(ret_message);
    learner->task = task;
    cod_status status = task->def->alloc(learner, ret_message);
    if (status < 0)
        cod_learner_free(learner);
    else
        *ret_learner = learner;
    return status;
}

void cod_learner_free(cod_learner *learner)
{
    if (learner == NULL)
        return;
    learner->task->def->free(learner);
    free(learner);
}
