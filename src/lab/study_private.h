/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What study.c (the runs), study_record.c (a run as bytes), study_summary.c (what they
 * amount to) and study_write.c (the files) share. */
#ifndef COD_LAB_STUDY_PRIVATE_H
#define COD_LAB_STUDY_PRIVATE_H

#include "lab/study.h"

/* Whether a method, written so, is given preferences: it has the option `weights` and
 * the text does not set it, or it is fed a preference; or a method inside it. COD_OK,
 * or what cod_spec_parse() says. */
COD_MUST_CHECK cod_status cod_study_takes_preference(const cod_study_options *options,
                                                     const char *text, int *ret_takes,
                                                     cod_message *message);

/* Whether a method, written so, moves a set of points, or a method inside it. COD_OK,
 * or what cod_spec_parse() says. */
COD_MUST_CHECK cod_status cod_study_moves_set(const cod_study_options *options,
                                              const char *text, int *ret_moves,
                                              cod_message *message);

/* One run, or all points of a method that moves a set, whose first run is given: fills
 * x, f, result and path (study_run.c). COD_OK, or what went wrong. */
COD_MUST_CHECK cod_status cod_study_run_one(cod_study *study, cod_study_method *method,
                                            cod_study_run *run, cod_message *message);
/* A run's solver with all that it is told, and its step rule, as new. */
COD_MUST_CHECK cod_status cod_study_solver(const cod_study *study,
                                           const cod_study_method *method,
                                           const cod_study_run *run,
                                           cod_solver **ret_solver,
                                           cod_step_rule **ret_rule, size_t *ret_slots,
                                           cod_message *message);
/* Tries whether a method's text and step rule mean something; fills method, step_rule,
 * slots and told. */
COD_MUST_CHECK cod_status cod_study_try(const cod_study *study, int preferred,
                                        cod_study_method *method, cod_message *message);

/* The text with `weights` set wherever it is missing; to be freed. COD_OK; COD_EMEMORY
 */
COD_MUST_CHECK cod_status cod_study_text(const cod_study_options *options,
                                         const char *text, size_t m,
                                         const double *preference, char **ret_text);

/* All options that decide a run's result, as JSON, to be freed; NULL: no memory. */
char *cod_study_identity(const cod_study *study, const cod_study_method *method,
                         const cod_study_run *run);
/* What cod_study_run_one() filled, as bytes, and back. COD_OK; COD_EFILE (bytes that
 * are not of such a run) */
void cod_study_encode(const cod_study *study, const cod_study_method *method,
                      const cod_study_run *run, cod_bytes *ret_bytes);
COD_MUST_CHECK cod_status cod_study_decode(const cod_study *study,
                                           const cod_study_method *method,
                                           cod_study_run *run, cod_bytes_reader *reader,
                                           cod_message *message);

/* The data of all figures. COD_OK; COD_EFILE; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_study_figures(const cod_study *study, const char *title,
                                            const char *folder, cod_message *message);

/* Known front and reference point, before the runs. COD_OK; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_study_known(cod_study *study);

/* Fills the counts and indicators of every method. COD_OK; COD_EMEMORY; what the
 * indicators say. */
COD_MUST_CHECK cod_status cod_study_summarize(cod_study *study, cod_message *message);

#endif
