/* SPDX-License-Identifier: MIT */
/* What every test needs: cmocka, a comparison of doubles that prints both, and the
 * folder of shared data, where it exists. */
#ifndef COD_TESTS_CHECK_H
#define COD_TESTS_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <codescent/codescent.h>

#define assert_close(a, b, rtol, atol)                                                 \
    check_close((a), (b), (rtol), (atol), #a, #b, __FILE__, __LINE__)

static inline void check_close(double a, double b, double rtol, double atol,
                               const char *left, const char *right, const char *file,
                               int line)
{
    double difference = fabs(a - b);
    if (isfinite(difference) && difference <= atol + rtol * fmax(fabs(a), fabs(b)))
        return;
    print_error("%s = %.17g\n%s = %.17g\ndifference %.3g, allowed %.3g\n", left, a,
                right, b, difference, atol + rtol * fmax(fabs(a), fabs(b)));
    _fail(file, line);
}

#define assert_status(call, expected)                                                  \
    check_status((call), (expected), #call, __FILE__, __LINE__)

static inline void check_status(cod_status got, cod_status expected, const char *call,
                                const char *file, int line)
{
    if (got == expected)
        return;
    print_error("%s\nis %s, expected %s\n", call, cod_status_key(got),
                cod_status_key(expected));
    _fail(file, line);
}

#endif
