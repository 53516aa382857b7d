/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `codescent bench`: how fast the library is, as ratios to well-known work that is
 * timed in the same run, turn by turn with it. */
#ifndef COD_BENCHMARKS_BENCH_H
#define COD_BENCHMARKS_BENCH_H

#include <stdio.h>

#include <jansson.h>

#include <codescent/status.h>

/* A document is {"machine": what it was measured on, TABLE: [rows], ...}. What is
 * measured in a row stands under three keys, `x` (the best turn), `x`_median and
 * `x`_spread: how wide the middle half of the turns is, relative to the median. */

/* Whether there is a table `what`; NULL means all of them. COD_OK; COD_ENAME */
COD_MUST_CHECK cod_status cod_bench_check(const char *what, cod_message *ret_message);

/* Runs the table `what`, or all of them (NULL) that the document `like` has, or all
 * (NULL). kernels: the instruction set to be used; NULL: the best.
 *
 * Returns COD_OK; COD_ENAME (no such table or kernels); COD_EMEMORY; or the error of
 * what was timed. The message, which may be NULL, has the details. */
COD_MUST_CHECK cod_status cod_bench_run(const char *what, const json_t *like,
                                        const char *kernels, json_t **ret_document,
                                        cod_message *ret_message);

/* COD_OK */
COD_MUST_CHECK cod_status cod_bench_print(FILE *out, const json_t *document);

/* Reads a document, and checks that it is one. COD_OK; COD_EFILE; COD_ESYNTAX or
 * COD_EARGUMENT, with a message that names the file and the place; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_bench_load(const char *path, json_t **ret_document,
                                         cod_message *ret_message);

/* What has changed from `old` to `now`, of the table `what` or of all (NULL):
 *
 *     {"old": machine, "new": machine, "times": whether bare times are compared too,
 *      "rows": [{"table", "row", "quantity", "old", "old_median", "old_spread", "new",
 *                "new_median", "new_spread", "change", "verdict"}, ...],
 *      "only_old": ["TABLE ROW", ...], "only_new": [...],
 *      "slower": count, "faster": count, "same": count}
 *
 * "change" is relative, of the time that the best turn took: positive is slower. The
 * verdict is "slower" or "faster" where the best turns and the medians both differ by
 * more than either spread and by more than a tenth.
 * Bare times are compared only where processor, kernels and threads are the same.
 *
 * Returns COD_OK; COD_EMEMORY. */
COD_MUST_CHECK cod_status cod_bench_compare(const json_t *old, const json_t *now,
                                            const char *what, json_t **ret_comparison,
                                            cod_message *ret_message);

/* COD_OK; COD_EMEMORY (the rows are missing) */
COD_MUST_CHECK cod_status cod_bench_print_comparison(FILE *out,
                                                     const json_t *comparison);

#endif
