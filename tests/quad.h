/* SPDX-License-Identifier: MIT */
#ifndef COD_TESTS_QUAD_H
#define COD_TESTS_QUAD_H

#include <float.h>

/* 113 bits: what doubles are judged by. */
#if LDBL_MANT_DIG >= 113
typedef long double quad;
#else
typedef __float128 quad;
#endif

#endif
