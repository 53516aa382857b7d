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
extern const cod_method cod_method_gradvac;
extern const cod_method cod_method_linear;
extern const cod_method cod_method_mgda;
extern const cod_method cod_method_moco;
extern const cod_method cod_method_trimmed_mean;
extern const cod_method cod_method_uncertainty;

#define COD_COUNT(table) (sizeof(table) / sizeof *(table))

#endif
