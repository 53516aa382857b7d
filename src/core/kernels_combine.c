/* SPDX-License-Identifier: MIT */
/* The weighted sum of rows, for one instruction set (COD_ISA, a name). Plain loops over
 * the elements, each independent of the others: the compiler's vectors change no bit,
 * as long as w * x + s is not contracted. */
#include "core/kernels_vector.h"

#include <stdint.h>

extern cod_combine_kernel *const COD_PASTE(cod_combine_kernels_, COD_ISA, )[2][2];

enum { PIECE = 512 }; /* its sums stay in the first-level cache */

/* All exponent bits set: NaN or infinity. */
static inline int nonfinite_float(const float *x, size_t count)
{
    uint32_t bad = 0;
    for (size_t k = 0; k < count; k++) {
        uint32_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad != 0;
}

static inline int nonfinite_double(const double *x, size_t count)
{
    uint64_t bad = 0;
    for (size_t k = 0; k < count; k++) {
        uint64_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        bad |= (bits & 0x7ff0000000000000u) == 0x7ff0000000000000u;
    }
    return bad != 0;
}

/* d = s + w_0 row_0 + ... in the order of the rows, for up to four rows: s is 0 (the
 * first rows) or the sum so far, d the sum so far or (the last rows) the result. */
#define ROWS_1(s) ((s) + w[0] * (double)x0[k])
#define ROWS_2(s) (ROWS_1(s) + w[1] * (double)x1[k])
#define ROWS_3(s) (ROWS_2(s) + w[2] * (double)x2[k])
#define ROWS_4(s) (ROWS_3(s) + w[3] * (double)x3[k])
#define LOOP(to, value)                                                                \
    for (size_t k = 0; k < count; k++)                                                 \
        d[k] = (to)(value);                                                            \
    break;
#define ADD_ROWS(name, from, to, s)                                                    \
    static void name(size_t m, const double *w, const void *const *rows, size_t begin, \
                     size_t count, const double *sum, to *restrict d)                  \
    {                                                                                  \
        const from *restrict x0 = (const from *)rows[0] + begin;                       \
        const from *restrict x1 = (const from *)rows[m > 1] + begin;                   \
        const from *restrict x2 = (const from *)rows[m > 2 ? 2 : 0] + begin;           \
        const from *restrict x3 = (const from *)rows[m > 3 ? 3 : 0] + begin;           \
        (void)sum;                                                                     \
        switch (m) {                                                                   \
        case 1:                                                                        \
            LOOP(to, ROWS_1(s))                                                        \
        case 2:                                                                        \
            LOOP(to, ROWS_2(s))                                                        \
        case 3:                                                                        \
            LOOP(to, ROWS_3(s))                                                        \
        default:                                                                       \
            LOOP(to, ROWS_4(s))                                                        \
        }                                                                              \
    }

/* Rows go four at a time, and the sum so far from one array to another and back. */
#define COMBINE(from, to)                                                              \
    ADD_ROWS(only_##from##_##to, from, to, 0.0)                                        \
    ADD_ROWS(last_##from##_##to, from, to, sum[k])                                     \
    static int from##_to_##to(size_t m, const double *w, const void *const *rows,      \
                              size_t begin, size_t count, void *ret_d)                 \
    {                                                                                  \
        double sums[2][PIECE];                                                         \
        int bad = 0;                                                                   \
        for (size_t done = 0; done < count; done += PIECE) {                           \
            size_t length = count - done < PIECE ? count - done : PIECE;               \
            size_t at = begin + done;                                                  \
            to *restrict d = (to *)ret_d + at;                                         \
            size_t i = 0;                                                              \
            for (; i + 4 < m; i += 4) {                                                \
                const double *before = sums[i / 4 % 2];                                \
                double *after = sums[1 - i / 4 % 2];                                   \
                if (i == 0)                                                            \
                    first_##from(4, w, rows, at, length, before, after);               \
                else                                                                   \
                    next_##from(4, w + i, rows + i, at, length, before, after);        \
            }                                                                          \
            if (m == 0)                                                                \
                memset(d, 0, length * sizeof *d);                                      \
            else if (i == 0)                                                           \
                only_##from##_##to(m, w, rows, at, length, sums[0], d);                \
            else                                                                       \
                last_##from##_##to(m - i, w + i, rows + i, at, length,                 \
                                   sums[i / 4 % 2], d);                                \
            bad |= nonfinite_##to(d, length);                                          \
        }                                                                              \
        return bad;                                                                    \
    }
ADD_ROWS(first_float, float, double, 0.0)
ADD_ROWS(first_double, double, double, 0.0)
ADD_ROWS(next_float, float, double, sum[k])
ADD_ROWS(next_double, double, double, sum[k])
COMBINE(float, float)
COMBINE(float, double)
COMBINE(double, float)
COMBINE(double, double)

cod_combine_kernel *const COD_PASTE(cod_combine_kernels_, COD_ISA, )[2][2] = {
    {float_to_float, float_to_double},
    {double_to_float, double_to_double},
};
