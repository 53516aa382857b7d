/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study as the program shows it. */
#ifndef COD_CLI_DESCRIBE_STUDY_H
#define COD_CLI_DESCRIBE_STUDY_H

#include <jansson.h>

#include "lab/study.h"

/* The table of methods, with its notes. */
void study_print(const cod_study *study);
/* The same as a document. */
json_t *study_json(const cod_study *study, const char *folder);
/* What `run` writes into the manifest. */
json_t *study_manifest(const cod_study *study, const char *title);

#endif
