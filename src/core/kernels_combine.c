/* SPDX-License-Identifier: MIT */
/* The weighted sum of rows, for one instruction set (COD_ISA, a name) and one type of
 * elements (COD_ELEMENT, a name). Elements are independent of each other: the width of
 * vectors changes no bit, as long as w * x + s is not contracted. */
#include "core/kernels_vector.h"

extern cod_combine_kernel *const COD_PASTE(cod_combine_kernels_, COD_ELEMENT,
                                           COD_PASTE(_, COD_ISA, ))[COD_TYPES];

typedef COD_PASTE(element_, COD_ELEMENT, ) element;
#define load_element  COD_PASTE(load_, COD_ELEMENT, )
#define widen_element COD_PASTE(widen_, COD_ELEMENT, )

enum {
    PIECE = 512,  /* its sums stay in the first-level cache */
    TOGETHER = 4, /* rows that are read side by side */
};

/* What is written: plainly, or past the caches to an aligned address. */
static ALWAYS_INLINE void put_double(double *to, vector s, int stream)
{
#if defined(__AVX512F__)
    if (stream)
        _mm512_stream_pd(to, (__m512d)s);
#elif defined(__AVX2__)
    if (stream)
        _mm256_stream_pd(to, (__m256d)s);
#else
    stream = 0;
#endif
    if (!stream)
        memcpy(to, &s, sizeof s);
}

#if !defined(__GNUC__)
typedef float narrow;
#else
typedef float narrow __attribute__((vector_size(4 * WIDTH)));
#endif

static ALWAYS_INLINE narrow narrow_of(vector s)
{
#if defined(__AVX512F__)
    return (narrow)_mm512_cvtpd_ps((__m512d)s);
#elif defined(__AVX2__)
    return (narrow)_mm256_cvtpd_ps((__m256d)s);
#elif defined(__GNUC__)
    return __builtin_convertvector(s, narrow);
#else
    return (float)s;
#endif
}

static ALWAYS_INLINE void put_float(float *to, narrow s, int stream)
{
#if defined(__AVX512F__)
    if (stream)
        _mm256_stream_ps(to, (__m256)s);
#elif defined(__AVX2__)
    if (stream)
        _mm_stream_ps(to, (__m128)s);
#else
    stream = 0;
#endif
    if (!stream)
        memcpy(to, &s, sizeof s);
}

/* Pieces of rows and of what is made of them. x - x is 0 where x is finite and NaN
 * elsewhere: the sum of these says whether all results were finite. */
typedef struct piece {
    const element *rows[TOGETHER];
    const double *weights;
    const double *sum; /* so far */
    size_t count;
} piece;

static ALWAYS_INLINE vector sum_of(size_t m, int first, const piece *at, size_t k)
{
    vector s = {0};
    if (!first)
        s = load_double(at->sum + k);
    UNROLL
    for (size_t i = 0; i < m; i++)
        s += at->weights[i] * load_element(at->rows[i] + k);
    return s;
}

static ALWAYS_INLINE double one_sum_of(size_t m, int first, const piece *at, size_t k)
{
    double s = first ? 0 : at->sum[k];
    for (size_t i = 0; i < m; i++) {
        element e; /* at any address */
        memcpy(&e, at->rows[i] + k, sizeof e);
        s += at->weights[i] * widen_element(e);
    }
    return s;
}

static ALWAYS_INLINE int is_bad(const double *zeros)
{
    double sum = 0;
    for (int l = 0; l < WIDTH; l++)
        sum += zeros[l];
    return sum != 0;
}

static ALWAYS_INLINE int to_double(size_t m, int first, int stream, const piece *at,
                                   double *d)
{
    size_t k = 0;
    vector zero = {0};
    double zeros[WIDTH];
    for (; k + WIDTH <= at->count; k += WIDTH) {
        vector s = sum_of(m, first, at, k);
        zero += s - s;
        put_double(d + k, s, stream);
    }
    memcpy(zeros, &zero, sizeof zero);
    for (; k < at->count; k++) {
        double s = one_sum_of(m, first, at, k);
        memcpy(d + k, &s, sizeof s);
        zeros[0] += s - s;
    }
    return is_bad(zeros);
}

static ALWAYS_INLINE int to_float(size_t m, int first, int stream, const piece *at,
                                  float *d)
{
    size_t k = 0;
    narrow zero = {0};
    float zeros[WIDTH];
    double wide[WIDTH];
    for (; k + WIDTH <= at->count; k += WIDTH) {
        narrow s = narrow_of(sum_of(m, first, at, k));
        zero += s - s;
        put_float(d + k, s, stream);
    }
    memcpy(zeros, &zero, sizeof zero);
    for (; k < at->count; k++) {
        float s = (float)one_sum_of(m, first, at, k);
        memcpy(d + k, &s, sizeof s);
        zeros[0] += s - s;
    }
    for (int l = 0; l < WIDTH; l++)
        wide[l] = (double)zeros[l];
    return is_bad(wide);
}

/* Each function with each number of rows, so that the loops over rows unroll. */
#define ROWS(name, to)                                                                 \
    static int name##_rows(size_t m, int first, int stream, const piece *at, to *d)    \
    {                                                                                  \
        switch (m * 4 + (first ? 2 : 0) + (stream ? 1 : 0)) {                          \
            ROWS_OF(name, 1) ROWS_OF(name, 2) ROWS_OF(name, 3) ROWS_OF(name, 4)        \
        }                                                                              \
        return 0;                                                                      \
    }
#define ROWS_OF(name, m)                                                               \
    case (m)*4:                                                                        \
        return name(m, 0, 0, at, d);                                                   \
    case (m)*4 + 1:                                                                    \
        return name(m, 0, 1, at, d);                                                   \
    case (m)*4 + 2:                                                                    \
        return name(m, 1, 0, at, d);                                                   \
    case (m)*4 + 3:                                                                    \
        return name(m, 1, 1, at, d);
ROWS(to_double, double)
ROWS(to_float, float)

/* Bits of a 16-bit type, and whether one has all of `exponent`: is not finite. */
static int put_bits(const uint32_t *bits, size_t count, uint32_t exponent, uint16_t *d)
{
    uint32_t bad = 0;
    for (size_t k = 0; k < count; k++)
        bad |= (bits[k] & exponent) == exponent;
    for (size_t k = 0; k < count; k++) {
        uint16_t low = (uint16_t)bits[k];
        memcpy(d + k, &low, sizeof low);
    }
    return bad != 0;
}

/* The 16-bit types: the sums, rounded once. */
static int round_bfloat(const double *sum, size_t count, uint16_t *d)
{
    uint32_t bits[PIECE];
    for (size_t k = 0; k < count; k++)
        bits[k] = cod_bfloat_bits(sum[k]);
    return put_bits(bits, count, 0x7f80, d);
}

/* Whole vectors by what some processors do themselves, which is exact for a sum that
 * is rounded already; returns how many there were. */
static size_t half_vectors(const double *sum, size_t count, uint32_t *ret_bits)
{
#if defined(__F16C__)
    enum { HALVES = 8 };
    float rounded[PIECE];
    count -= count % HALVES;
    for (size_t k = 0; k < count; k++)
        rounded[k] = (float)cod_round(sum[k], 11, -14);
    for (size_t k = 0; k < count; k += HALVES) {
        __m256 x = _mm256_loadu_ps(rounded + k);
        __m128i halves = _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
        _mm256_storeu_si256((void *)(ret_bits + k), _mm256_cvtepu16_epi32(halves));
    }
    return count;
#else
    (void)sum;
    (void)count;
    (void)ret_bits;
    return 0;
#endif
}

static int round_half(const double *sum, size_t count, uint16_t *d)
{
    uint32_t bits[PIECE];
    for (size_t k = half_vectors(sum, count, bits); k < count; k++)
        bits[k] = cod_half_bits(sum[k]);
    return put_bits(bits, count, 0x7c00, d);
}

static int last_rows(size_t m, int first, int stream, const piece *at, cod_type type,
                     double *scratch, void *d)
{
    switch (type) {
    case COD_FLOAT32:
        return to_float_rows(m, first, stream, at, d);
    case COD_FLOAT64:
        return to_double_rows(m, first, stream, at, d);
    case COD_BFLOAT16:
        to_double_rows(m, first, 0, at, scratch);
        return round_bfloat(scratch, at->count, d);
    case COD_FLOAT16:
        to_double_rows(m, first, 0, at, scratch);
        return round_half(scratch, at->count, d);
    }
    return 0;
}

/* Rows go four at a time, and the sum so far from one array to another and back. */
static int combine_piece(size_t m, const double *weights, const void *const *rows,
                         size_t begin, size_t count, cod_type type, int stream, void *d)
{
    double sums[2][PIECE];
    piece at = {.count = count};
    for (size_t i = 0, turn = 0; i < m; i += TOGETHER, turn = 1 - turn) {
        size_t now = m - i < TOGETHER ? m - i : TOGETHER;
        for (size_t k = 0; k < now; k++)
            at.rows[k] = (const element *)rows[i + k] + begin;
        at.weights = weights + i;
        at.sum = sums[1 - turn];
        if (i + now == m)
            return last_rows(now, i == 0, stream, &at, type, sums[turn], d);
        to_double_rows(now, i == 0, 0, &at, sums[turn]);
    }
    return 0;
}

static int combine(size_t m, const double *weights, const void *const *rows,
                   size_t begin, size_t count, cod_type type, int stream, void *ret_d)
{
    size_t size = cod_type_size(type);
    char *d = (char *)ret_d + begin * size;
    if (m == 0) {
        memset(d, 0, count * size);
        return 0;
    }
    int bad = 0;
    /* The first piece ends where a line begins, so that whole ones are written. */
    size_t length = PIECE - (uintptr_t)d % LINE / size;
    stream = stream && (uintptr_t)d % size == 0;
    for (size_t done = 0; done < count; done += length, length = PIECE) {
        length = count - done < length ? count - done : length;
        char *to = d + done * size;
        bad |= combine_piece(m, weights, rows, begin + done, length, type,
                             stream && (uintptr_t)to % LINE == 0, to);
    }
#if defined(__AVX2__)
    if (stream)
        _mm_sfence();
#endif
    return bad;
}

#define COMBINE(type)                                                                  \
    static int combine_##type(size_t m, const double *weights,                         \
                              const void *const *rows, size_t begin, size_t count,     \
                              int stream, void *ret_d)                                 \
    {                                                                                  \
        return combine(m, weights, rows, begin, count, type, stream, ret_d);           \
    }
COMBINE(COD_FLOAT32)
COMBINE(COD_FLOAT64)
COMBINE(COD_BFLOAT16)
COMBINE(COD_FLOAT16)

cod_combine_kernel *const COD_PASTE(cod_combine_kernels_, COD_ELEMENT,
                                    COD_PASTE(_, COD_ISA, ))[COD_TYPES] = {
    combine_COD_FLOAT32, combine_COD_FLOAT64, combine_COD_BFLOAT16,
    combine_COD_FLOAT16};
