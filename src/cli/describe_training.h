/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study of learning on the terminal, as JSON and as a manifest. */
#ifndef COD_CLI_DESCRIBE_TRAINING_H
#define COD_CLI_DESCRIBE_TRAINING_H

#include <jansson.h>

#include "lab/training_study.h"

/* The test; the curves at equal steps; the curves at equal backward passes. */
void training_print(const cod_training_study *study);
json_t *training_json(const cod_training_study *study, const char *folder);
/* What was asked for. */
json_t *training_manifest(const cod_training_study *study, const char *data);

#endif
