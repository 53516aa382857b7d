/* SPDX-License-Identifier: MIT */
#include "core/types.h"

#include <math.h>

size_t cod_type_size(cod_type type)
{
    switch (type) {
    case COD_FLOAT32:
        return sizeof(float);
    case COD_FLOAT64:
        return sizeof(double);
    case COD_BFLOAT16:
    case COD_FLOAT16:
        return sizeof(uint16_t);
    }
    return 0;
}

double cod_element_at(const void *row, cod_type type, size_t k)
{
    double wide;
    float single;
    uint16_t bits;
    switch (type) {
    case COD_FLOAT32:
        memcpy(&single, (const char *)row + k * sizeof single, sizeof single);
        return (double)single;
    case COD_FLOAT64:
        memcpy(&wide, (const char *)row + k * sizeof wide, sizeof wide);
        return wide;
    case COD_BFLOAT16:
    case COD_FLOAT16:
        memcpy(&bits, (const char *)row + k * sizeof bits, sizeof bits);
        if (type == COD_BFLOAT16)
            return (double)cod_float_of_bfloat(bits);
        return (bits & 0x7fffu) > 0x7c00u ? NAN : cod_double_of_half(bits);
    }
    return NAN;
}

static void store(double value, cod_type type, void *x, size_t k)
{
    float single = (float)value;
    uint16_t bits;
    switch (type) {
    case COD_FLOAT32:
        memcpy((char *)x + k * sizeof single, &single, sizeof single);
        break;
    case COD_FLOAT64:
        memcpy((char *)x + k * sizeof value, &value, sizeof value);
        break;
    case COD_BFLOAT16:
    case COD_FLOAT16:
        bits = (uint16_t)(type == COD_FLOAT16 ? cod_half_bits(value)
                                              : cod_bfloat_bits(value));
        memcpy((char *)x + k * sizeof bits, &bits, sizeof bits);
        break;
    }
}

int cod_elements_store(const double *values, size_t count, cod_type type, void *x)
{
    int beyond = 0;
    for (size_t k = 0; k < count; k++) {
        store(values[k], type, x, k);
        beyond |= isinf(cod_element_at(x, type, k)) && !isinf(values[k]);
    }
    return beyond;
}
