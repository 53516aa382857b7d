/* SPDX-License-Identifier: MIT */
/* The descriptors in this folder. */
#ifndef COD_SOLVERS_H
#define COD_SOLVERS_H

#include <codescent/method.h>

extern const cod_method cod_method_adaptive;
extern const cod_method cod_method_alternation;
extern const cod_method cod_method_annealing;
extern const cod_method cod_method_db_mtl;
extern const cod_method cod_method_dwa;
extern const cod_method cod_method_famo;
extern const cod_method cod_method_graddrop;
extern const cod_method cod_method_gradnorm;
extern const cod_method cod_method_gradvac;
extern const cod_method cod_method_linear;
extern const cod_method cod_method_lr_annealing;
extern const cod_method cod_method_mgda;
extern const cod_method cod_method_moco;
extern const cod_method cod_method_trimmed_mean;
extern const cod_method cod_method_uncertainty;

/* ---- common.c ---- */

/* `shard=all|k`: k has to be a shard; the norm of row i there, or over all. */
cod_status cod_check_shard(const cod_step *step, int64_t shard);
cod_status cod_norm_over(const cod_step *step, int64_t shard, size_t i,
                         double *ret_norm);

/* A list of one number for all objectives, or one each, or none. */
cod_status cod_check_each(const cod_step *step, const char *name, const cod_list *list);
double cod_each(const cod_list *list, size_t i, double otherwise);

#define COD_COUNT(table) (sizeof(table) / sizeof *(table))

#endif
