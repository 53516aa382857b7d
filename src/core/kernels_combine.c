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

/* Up to four rows at a time, each sum in the order of the rows. */
#define ADD_ROWS(from)                                                                 \
    static void add_##from(size_t m, const double *w, const void *const *rows,         \
                           size_t begin, size_t count, double *restrict sum)           \
    {                                                                                  \
        size_t i = 0;                                                                  \
        for (; i + 4 <= m; i += 4) {                                                   \
            const from *restrict a = (const from *)rows[i] + begin;                    \
            const from *restrict b = (const from *)rows[i + 1] + begin;                \
            const from *restrict c = (const from *)rows[i + 2] + begin;                \
            const from *restrict d = (const from *)rows[i + 3] + begin;                \
            for (size_t k = 0; k < count; k++)                                         \
                sum[k] = (((sum[k] + w[i] * (double)a[k]) + w[i + 1] * (double)b[k]) + \
                          w[i + 2] * (double)c[k]) +                                   \
                         w[i + 3] * (double)d[k];                                      \
        }                                                                              \
        for (; i + 2 <= m; i += 2) {                                                   \
            const from *restrict a = (const from *)rows[i] + begin;                    \
            const from *restrict b = (const from *)rows[i + 1] + begin;                \
            for (size_t k = 0; k < count; k++)                                         \
                sum[k] = (sum[k] + w[i] * (double)a[k]) + w[i + 1] * (double)b[k];     \
        }                                                                              \
        for (; i < m; i++) {                                                           \
            const from *restrict a = (const from *)rows[i] + begin;                    \
            for (size_t k = 0; k < count; k++)                                         \
                sum[k] += w[i] * (double)a[k];                                         \
        }                                                                              \
    }
ADD_ROWS(float)
ADD_ROWS(double)

#define COMBINE(from, to)                                                              \
    static int from##_to_##to(size_t m, const double *w, const void *const *rows,      \
                              size_t begin, size_t count, void *ret_d)                 \
    {                                                                                  \
        double sum[PIECE];                                                             \
        int bad = 0;                                                                   \
        for (size_t done = 0; done < count; done += PIECE) {                           \
            size_t length = count - done < PIECE ? count - done : PIECE;               \
            to *restrict d = (to *)ret_d + begin + done;                               \
            memset(sum, 0, sizeof sum);                                                \
            add_##from(m, w, rows, begin + done, length, sum);                         \
            for (size_t k = 0; k < length; k++)                                        \
                d[k] = (to)sum[k];                                                     \
            bad |= nonfinite_##to(d, length);                                          \
        }                                                                              \
        return bad;                                                                    \
    }
COMBINE(float, float)
COMBINE(float, double)
COMBINE(double, float)
COMBINE(double, double)

cod_combine_kernel *const COD_PASTE(cod_combine_kernels_, COD_ISA, )[2][2] = {
    {float_to_float, float_to_double},
    {double_to_float, double_to_double},
};
