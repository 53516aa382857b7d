/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `codescent bench`: how fast the library is, as ratios to well-known work that is
 * timed in the same run, turn by turn with it. */
#ifndef COD_BENCHMARKS_BENCH_H
#define COD_BENCHMARKS_BENCH_H

#include <stdio.h>

#include <codescent/status.h>

/* Runs the benchmark `what`, or all of them (NULL), and prints tables or one JSON
 * document. kernels: the instruction set to be used; NULL: the best.
 *
 * Returns COD_OK; COD_ENAME, having printed nothing (no such benchmark or kernels);
 * COD_EMEMORY; or the error of what was timed. The message, which may be NULL, has the
 * details. */
COD_MUST_CHECK int cod_bench(const char *what, int json, FILE *out);
COD_MUST_CHECK cod_status cod_bench_run(const char *what, const char *kernels, int json,
                                        FILE *out, cod_message *ret_message);

/* The benchmarks' names, in order; NULL behind the last. */
const char *cod_bench_name(size_t k);

#endif
