/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a learning task is trained by, and how large it is: the texts behind --method,
 * --scales and --quick. */
#ifndef COD_CLI_TASK_METHODS_H
#define COD_CLI_TASK_METHODS_H

#include "lab/task.h"

/* The task's text with the options of its quick trial, where the text does not give
 * them; to be freed. COD_OK; COD_ESYNTAX; COD_EMEMORY */
COD_MUST_CHECK cod_status task_quick_text(const cod_task_def *def, const char *text,
                                          char **ret_text, cod_message *message);

/* @param wanted  --method: texts; `all` stands for the task's own list, and every other
 *                method that can train one network (what doesn't take as many
 *                objectives is left out, with a line on stderr); NULL: the task's own
 *                list
 * @param both    methods whose weights do not sum to one come a second time, as
 *                published
 * @param ret_texts  to be freed with cod_split_free() */
COD_MUST_CHECK cod_status task_methods(const cod_task *task, const char *wanted,
                                       int both, char ***ret_texts,
                                       cod_message *message);

#endif
