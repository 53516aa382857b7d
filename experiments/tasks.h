/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learning tasks: a folder each in experiments. None where the program was built
 * without oneDNN. */
#ifndef COD_EXPERIMENTS_TASKS_H
#define COD_EXPERIMENTS_TASKS_H

#include <stddef.h>

#include "lab/task.h"

/* For cod_task_alloc(). */
const cod_task_def *const *cod_task_list(size_t *ret_count);

/* The task whose name a text begins with; NULL, and a message with the nearest name. */
const cod_task_def *cod_task_find(const char *text, cod_message *ret_message);

/* Whether a text such as "segmentation(width=4)" begins with the name of a task, be it
 * one that this program was built without. */
int cod_task_names(const char *text);

#endif
