/* SPDX-License-Identifier: MIT */
/* Calls something again and again, with the first, second, third ... allocation
 * failing, until none is left that could fail (wrap_alloc.h). */
#ifndef COD_TESTS_EXHAUST_H
#define COD_TESTS_EXHAUST_H

#include "check.h"
#include "wrap_alloc.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Makes something, uses it where that allocates, and frees it. Where it fails it must
 * not have written its result: it returns POISONED then. */
typedef cod_status (*scenario)(const void *with);
enum { POISONED = -1000 };

static inline long exhaust_onwards(const char *name, scenario run, const void *with,
                                   int onwards)
{
    for (long k = 1;; k++) {
        long before = wrap_alloc_live();
        assert_true(k < 100000);
        wrap_alloc_fail_at(k, onwards);
        cod_status status = run(with);
        int failed = wrap_alloc_failed();
        wrap_alloc_fail_at(0, 0);
        if (status != (failed ? COD_EMEMORY : COD_OK))
            fail_msg("%s, allocation %ld%s: %s", name, k, onwards ? " and on" : "",
                     (int)status == POISONED ? "wrote a result"
                                             : cod_status_key(status));
        if (wrap_alloc_live() != before)
            fail_msg("%s, allocation %ld%s: %ld blocks left", name, k,
                     onwards ? " and on" : "", wrap_alloc_live() - before);
        if (!failed)
            return k - 1;
    }
}

/* Both ways: memory that comes back, and memory that stays away. */
static inline void exhaust(const char *name, scenario run, const void *with)
{
    long allocations = exhaust_onwards(name, run, with, 0);
    assert_int_equal(exhaust_onwards(name, run, with, 1), allocations);
    if (allocations == 0)
        fail_msg("%s allocates nothing: what is tested?", name);
}

/* For results that are pointers: what they hold before the call. */
static char poison;
#define POISON ((void *)&poison)

#endif
