/* SPDX-License-Identifier: MIT */
/* The certificate of any v, without a workspace. */
#include <codescent/cone.h>

#include <math.h>

#include "core/minnorm_private.h"

static int is_certifiable(size_t m, const double *G, const double *u, const double *v)
{
    if (G == NULL || u == NULL || v == NULL)
        return 0;
    for (size_t i = 0; i < m; i++)
        if (!(u[i] >= 0) || !(v[i] >= u[i]) || isinf(v[i]))
            return 0;
    return cod_kkt_is_finite(m, G);
}

double cod_cone_kkt(size_t m, const double *G, const double *u, const double *v)
{
    if (!is_certifiable(m, G, u, v))
        return NAN;
    double size = 0, kkt = 0;
    for (size_t i = 0; i < m; i++)
        size += v[i] * sqrt(G[i * m + i]);
    for (size_t i = 0; i < m; i++) {
        double y = cod_kkt_product(m, G, v, i).high;
        double unit = sqrt(G[i * m + i]) / cod_kkt_row_scale(m, G, i) * size;
        kkt = fmax(kkt, cod_kkt_ratio(v[i] > u[i] ? fabs(y) : -y, unit));
    }
    return kkt;
}
