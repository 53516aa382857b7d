/* SPDX-License-Identifier: MIT */
/* Inverted generational distances: from the known front to the set. */
#include <codescent/front.h>

#include "front/set.h"

#include <math.h>

/* A power of two near 1 / (the largest number), so that no square overflows. */
static double scale_of(size_t count, const double *points, size_t known_count,
                       const double *known)
{
    double most = 0;
    int exponent;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, fabs(points[k]));
    for (size_t k = 0; k < known_count; k++)
        most = fmax(most, fabs(known[k]));
    frexp(most, &exponent);
    exponent = exponent > 1000 ? 1000 : exponent < -1000 ? -1000 : exponent;
    return most > 0 ? ldexp(1, -exponent) : 1;
}

/* The square of the distance from r, scaled, to the nearest point; `plus`: counting
 * only the objectives in which the point is worse. */
static double nearest(size_t m, size_t count, const double *points, const double *r,
                      double scale, int plus)
{
    double least = INFINITY;
    for (size_t k = 0; k < count; k++) {
        const double *a = points + k * m;
        double square = 0;
        for (size_t i = 0; i < m && square < least; i++) {
            double d = a[i] * scale - r[i] * scale;
            square += plus && d < 0 ? 0 : d * d;
        }
        least = fmin(least, square);
    }
    return least;
}

static cod_status mean_distance(size_t m, size_t count, const double *points,
                                size_t known_count, const double *known, int plus,
                                double *ret_mean)
{
    cod_sum sum = {0};
    if (m == 0 || (points == NULL && count > 0) || known == NULL || known_count == 0 ||
        ret_mean == NULL)
        return COD_EARGUMENT;
    if (!cod_set_finite(m * count, points) || !cod_set_finite(m * known_count, known))
        return COD_ENONFINITE;
    if (count == 0)
        return COD_EDOMAIN;
    double scale = scale_of(m * count, points, m * known_count, known);
    for (size_t k = 0; k < known_count; k++)
        cod_sum_add(&sum, sqrt(nearest(m, count, points, known + k * m, scale, plus)));
    double mean = cod_sum_value(&sum) / (double)known_count / scale;
    if (!isfinite(mean))
        return COD_EOVERFLOW;
    *ret_mean = mean;
    return COD_OK;
}

cod_status cod_igd(size_t m, size_t count, const double *points, size_t known_count,
                   const double *known, double *ret_igd)
{
    return mean_distance(m, count, points, known_count, known, 0, ret_igd);
}

cod_status cod_igd_plus(size_t m, size_t count, const double *points,
                        size_t known_count, const double *known, double *ret_igd_plus)
{
    return mean_distance(m, count, points, known_count, known, 1, ret_igd_plus);
}
