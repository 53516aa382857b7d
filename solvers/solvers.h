/* SPDX-License-Identifier: MIT */
/* The descriptors in this folder. */
#ifndef COD_SOLVERS_H
#define COD_SOLVERS_H

#include <codescent/cone.h>
#include <codescent/method.h>

extern const cod_method cod_method_adaptive;
extern const cod_method cod_method_alternation;
extern const cod_method cod_method_annealing;
extern const cod_method cod_method_cr_mogm;
extern const cod_method cod_method_db_mtl;
extern const cod_method cod_method_dwa;
extern const cod_method cod_method_dualproj;
extern const cod_method cod_method_every;
extern const cod_method cod_method_famo;
extern const cod_method cod_method_graddrop;
extern const cod_method cod_method_gradnorm;
extern const cod_method cod_method_gradvac;
extern const cod_method cod_method_hv_gradient;
extern const cod_method cod_method_linear;
extern const cod_method cod_method_lr_annealing;
extern const cod_method cod_method_mgda;
extern const cod_method cod_method_moco;
extern const cod_method cod_method_modo;
extern const cod_method cod_method_moo_svgd;
extern const cod_method cod_method_schedule;
extern const cod_method cod_method_sdmgrad;
extern const cod_method cod_method_switch;
extern const cod_method cod_method_trimmed_mean;
extern const cod_method cod_method_uncertainty;
extern const cod_method cod_method_upgrad;
extern const cod_method cod_method_warmup;

/* ---- common.c ---- */

/* 1/m each. */
void cod_even(size_t m, double *x);
/* lambda <- the projection of lambda - gamma (P + rho I) lambda on the simplex, for the
 * m x m products P; also to ret_weights. */
void cod_simplex_step(size_t m, const double *products, double gamma, double rho,
                      double *lambda, double *ret_weights);

/* One step of Adam on one parameter for each objective; updates counts them. Nothing
 * that is trained stays infinite: COD_EOVERFLOW. The same check alone, second being
 * NULL where there are no moments. */
cod_status cod_train_parameters(const cod_step *step, double *x, const double *slope,
                                double *first, double *second, int64_t *updates,
                                double lr);
cod_status cod_check_trained(const cod_step *step, const double *x, const double *slope,
                             const double *second);

/* `shard=all|k`: k has to be a shard; the norm of row i there, or over all. */
cod_status cod_check_shard(const cod_step *step, int64_t shard);
cod_status cod_norm_over(const cod_step *step, int64_t shard, size_t i,
                         double *ret_norm);

/* `unit=step|epoch`: how much of it has passed, and how much was announced (0: not
 * known). */
#define COD_UNITS "step|epoch"
enum { COD_BY_STEP, COD_BY_EPOCH };
int64_t cod_time(const cod_step *step, int unit);
int64_t cod_total(const cod_step *step, int unit);

/* `ramp=...`: how far it has risen at u = t/T. */
#define COD_RAMPS "linear|cosine|exponential|step|cyclic"
enum {
    COD_RAMP_LINEAR,
    COD_RAMP_COSINE,
    COD_RAMP_EXPONENTIAL,
    COD_RAMP_STEP,
    COD_RAMP_CYCLIC
};
double cod_ramp(int shape, double u);

/* Refuses a wrapper around a method that has no weights, or, where `own_rows` is set,
 * one that makes its direction of other rows than the gradients. */
cod_status cod_check_inner(const cod_step *step, int own_rows);

/* A list of one number for all objectives, or one each, or none. */
cod_status cod_check_each(const cod_step *step, const char *name, const cod_list *list);
double cod_each(const cod_list *list, size_t i, double otherwise);

/* `ridge=...` of a method's options struct, for cod_cone_of_step(). */
#define COD_OPTION_RIDGE(type)                                                         \
    COD_OPTION_REAL(type, ridge, 0, 0, 1, NULL, "",                                    \
                    "added to the Gramian's diagonal, in units of its trace; 0 is "    \
                    "exact, TorchJD has 1e-4")
/* `preference=...`: one number for all objectives, or one each, not all 0. */
cod_status cod_check_preference(const cod_step *step, const cod_list *preference);
/* A workspace for the dual cone in `work`, cod_cone_work() doubles, loaded with the
 * step's Gramian plus ridge times its trace on the diagonal. */
size_t cod_cone_work(const cod_step *step);
cod_status cod_cone_of_step(const cod_step *step, double ridge, double *work,
                            cod_cone **ret_cone);
/* v <- the weights of the projection of J'u; v's active set is tried first. Adds to the
 * certificate: the largest kkt, all iterations. */
cod_status cod_project_cone(const cod_step *step, cod_cone *cone, const double *u,
                            double *v);

#define COD_COUNT(table) (sizeof(table) / sizeof *(table))

#endif
