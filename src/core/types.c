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
    switch (type) {
    case COD_FLOAT32:
        return (double)((const float *)row)[k];
    case COD_FLOAT64:
        return ((const double *)row)[k];
    case COD_BFLOAT16:
        return (double)cod_float_of_bfloat(((const uint16_t *)row)[k]);
    case COD_FLOAT16: {
        uint16_t x = ((const uint16_t *)row)[k];
        return (x & 0x7fffu) > 0x7c00u ? NAN : cod_double_of_half(x);
    }
    }
    return NAN;
}

static void store(double value, cod_type type, void *x, size_t k)
{
    switch (type) {
    case COD_FLOAT32:
        ((float *)x)[k] = (float)value;
        break;
    case COD_FLOAT64:
        ((double *)x)[k] = value;
        break;
    case COD_BFLOAT16:
        ((uint16_t *)x)[k] = (uint16_t)cod_bfloat_bits(value);
        break;
    case COD_FLOAT16:
        ((uint16_t *)x)[k] = (uint16_t)cod_half_bits(value);
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
