/* SPDX-License-Identifier: MIT */
/* Counts and fails allocations. A test program is linked with
 *     -Wl,--wrap=malloc,--wrap=calloc,... (tests/meson.build: wrap_alloc_args)
 * so that every call in its own objects and in the static library comes through here,
 * as do calls of the C library that return memory or a stream; what shared libraries
 * (BLAS, the C library) do inside is not seen. */
#ifndef COD_TESTS_WRAP_ALLOC_H
#define COD_TESTS_WRAP_ALLOC_H

/* From now on the k-th allocation fails (k counts from 1; 0: none does), and with
 * `onwards` every later one too. Restarts the count. Starting a thread counts too. */
void wrap_alloc_fail_at(long k, int onwards);

/* Called whenever an allocation fails here; NULL at first. */
extern void (*wrap_alloc_failing)(void);

/* Allocations since wrap_alloc_fail_at(). */
long wrap_alloc_count(void);

/* Whether one has failed since then. */
int wrap_alloc_failed(void);

/* Blocks that were allocated and not freed, since the program began. */
long wrap_alloc_live(void);

#endif
