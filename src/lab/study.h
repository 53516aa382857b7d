/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study: one problem, several methods, many starts or preferences, one seed. Studies
 * that differ in their problem or seed run together, as one sweep over processes
 * (sweep.h), each run with a solver and a step rule of its own, so that the result is
 * the same bytes for any number of processes (times apart). */
#ifndef COD_LAB_STUDY_H
#define COD_LAB_STUDY_H

#include <stddef.h>
#include <stdint.h>

#include <codescent/descent.h>
#include <codescent/problem.h>
#include <codescent/solver.h>
#include <codescent/status.h>

#include "lab/path.h"
#include "lab/starts.h"
#include "lab/sweep.h"

/* Zero-initialised is the default. */
typedef struct cod_study_options {
    const char *title; /* the problem's text, such as "zdt1(n=30)"; NULL: its name */
    /* NULL: "armijo"; "constant(step=0.1)" for methods that are told a preference,
     * which raise objectives on the way, so that there is no decrease that a search
     * could ask for; "adam(step=0.01)" for methods that move sets */
    const char *step_rule;
    const char *const *step_rules; /* one for each method, in place of step_rule; NULL:
                                      no such list */
    size_t starts;                 /* 0: 20 */
    size_t points; /* of methods that move sets; 0: 10. Such a method has one set, whose
                      points count as its runs, from as many starts. */
    /* 0: as many as starts. Only methods that take weights or a preference, and whose
     * text gives no weights, have them: run k then has preference k, and start k modulo
     * starts. Weights are the preference p itself; a method that is told a preference
     * gets r_i = 1/p_i, over their sum, and so is after the point of the front on the
     * ray through p. */
    size_t preferences;
    const double
        *rays; /* preferences x m values > 0, of unit sum; NULL: evenly spread */
    cod_start_kind start_kind;
    double tolerance;  /* as in cod_descent_options */
    int64_t max_steps; /* likewise */
    uint64_t seed;
    size_t recorded;         /* runs of each method whose path is kept, evenly
                                spread; 0: 10 */
    size_t path_limit;       /* points kept of a path; 0: 500 */
    const double *reference; /* of the hypervolume, m values; NULL: the problem's */
    size_t known_count;      /* points of the known front for IGD+; 0: 10000 */
    const cod_method *const *methods; /* searched first; none: the lab's own */
    size_t method_count;
} cod_study_options;

/* One run. */
typedef struct cod_study_run {
    int finished; /* 0: not begun, broken off by the interrupt, or another's part */
    cod_status status; /* cod_descend()'s: COD_OK, or the error of `message` */
    cod_message message;
    size_t start;             /* number of the start, from 0 */
    const double *preference; /* m values, or NULL */
    cod_descent_result result;
    double *x;    /* n: the end; the last good point after an error */
    double *f;    /* m */
    int on_front; /* among its method's nondominated ends */
    double seconds;
    cod_path *path; /* NULL where it was not kept */
} cod_study_run;

/* One method's runs, and what they amount to. Counts are of finished runs without
 * error. */
typedef struct cod_study_method {
    char *text;
    const cod_method *method;
    int told; /* it, or a method inside it, is told a preference */
    int set;  /* its runs are the points of one set */
    const char *step_rule;
    size_t slots; /* optimizers that it distinguishes, for each point */
    size_t count;
    cod_study_run *runs;
    size_t finished;
    size_t failed;              /* finished with an error */
    size_t stationary;          /* met the tolerance */
    size_t stationary_at_start; /* of these, before any step */
    double worst_stationarity;  /* the largest; NaN where there is none */
    size_t front_count;         /* nondominated ends, of equal ones the first */
    double *front;              /* front_count x m, in the order of the runs */
    size_t front_stationary;    /* of these, stationary */
    double hypervolume;         /* NaN: no reference point, or more than 3 objectives */
    double igd_plus;            /* NaN: no known front, or no point */
    int64_t steps;
    int64_t evaluations;
    int64_t conflict_steps;
    double seconds; /* the sum over its runs */
} cod_study_method;

typedef struct cod_study {
    const cod_problem *problem;
    size_t count;
    cod_study_method *methods;
    size_t starts;
    double *start_points; /* starts x n */
    double *set_points;   /* points x n: the starts of sets; NULL where none moves */
    size_t preference_count;
    double *preferences; /* preference_count x m, or NULL */
    double *reference;   /* m, or NULL where there is none */
    size_t known_count;  /* points of the known front; 0 where it is not known */
    double *known;
    double
        known_hypervolume; /* of the known front, same reference; NaN where not known */
    size_t unfinished;     /* runs */
    cod_study_options options; /* after defaults */
} cod_study;

/* Makes a study ready to run.
 *
 * @param methods    texts such as "linear", "mgda(normalize=l2)"
 * @param ret_study  to be freed with cod_study_free()
 * @return COD_OK; what cod_solver_alloc(), cod_step_rule_alloc() and cod_starts() find
 * wrong; COD_EMEMORY
 * @note keeps the problem, which must outlive the study; everything else is copied */
COD_MUST_CHECK cod_status cod_study_alloc(const cod_problem *problem,
                                          const char *const *methods, size_t count,
                                          const cod_study_options *options,
                                          cod_study **ret_study,
                                          cod_message *ret_message);
void cod_study_free(cod_study *study);

/* Runs all runs of the studies, and fills in what they amount to; also after an
 * interrupt.
 *
 * @return COD_OK (runs may have failed each: see cod_study_run.status);
 * COD_EINTERRUPTED; COD_EFILE (the store); COD_EMEMORY */
COD_MUST_CHECK cod_status cod_study_run_all(cod_study *const *studies, size_t count,
                                            const cod_sweep_options *how,
                                            cod_message *ret_message);

/* COD_OK where no run has failed; else the status of the first that has, and a line:
 * its method, how many of the method's runs have failed, and why this one did. */
COD_MUST_CHECK cod_status cod_study_failed(const cod_study *study,
                                           cod_message *ret_message);

/* Writes studies into a folder: methods.csv (a row a method), runs.csv (a row a run),
 * timing.csv (seconds, and nothing else is timed), fronts.txt (the whitespace format of
 * moocore and the attainment tools, a set a method), and the data of all figures
 * (figure.h), which are of each problem's first seed; with several problems these
 * are in folders of their own (cod_study_folder()). The manifest is the program's to
 * write. COD_OK; COD_EFILE; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_study_write(cod_study *const *studies, size_t count,
                                          const char *folder, cod_message *ret_message);

/* Where study k's figures are; NULL: the figures of an earlier seed stand for it.
 * Written to ret_folder, to be freed; COD_EMEMORY. */
COD_MUST_CHECK cod_status cod_study_folder(cod_study *const *studies, size_t count,
                                           size_t k, const char *folder,
                                           char **ret_folder);

/* Stores the measures of each method whose runs have all ended: hypervolume, igd_plus,
 * front_count, ... What a store's tables over seeds are made of (measures.h). They
 * replace all that the store had, so that they stand in the order of `studies`,
 * whatever ended first. Nothing where `store` is NULL. COD_OK; COD_EFILE */
COD_MUST_CHECK cod_status cod_study_measure(cod_study *const *studies, size_t count,
                                            cod_store *store, cod_message *ret_message);

#endif
