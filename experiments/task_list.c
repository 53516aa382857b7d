/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/tasks.h"

#include "core/spec.h"

#include <string.h>

extern const cod_task_def cod_task_segmentation;

static const cod_task_def *const tasks[] = {
#ifdef COD_NETWORK
    &cod_task_segmentation,
#endif
    NULL,
};

const cod_task_def *const *cod_task_list(size_t *ret_count)
{
    *ret_count = sizeof tasks / sizeof *tasks - 1;
    return tasks;
}

static int begins(const char *text, const char *name)
{
    text += strspn(text, " ");
    size_t length = strcspn(text, "( ");
    return strncmp(name, text, length) == 0 && name[length] == '\0';
}

static const char *name_at(const void *list, size_t k)
{
    return ((const cod_task_def *const *)list)[k]->name;
}

const cod_task_def *cod_task_find(const char *text, cod_message *ret_message)
{
    size_t count;
    cod_task_list(&count);
    for (size_t k = 0; k < count; k++)
        if (begins(text, tasks[k]->name))
            return tasks[k];
    if (count == 0)
        cod_fail(
            ret_message, COD_ENAME,
            "%.60s: this program was built without oneDNN, which learning tasks need",
            text);
    else
        cod_fail_name(ret_message, "learning task", text, tasks, count, name_at);
    return NULL;
}

/* Also those that this program was built without. */
int cod_task_names(const char *text)
{
    static const char *const names[] = {"segmentation"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (begins(text, names[k]))
            return 1;
    return 0;
}
