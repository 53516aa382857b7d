/* SPDX-License-Identifier: MIT */
/* The certificate of any weights, without a workspace: the sums are formed in twofold
 * precision on numbers scaled by powers of two. */
#include <codescent/minnorm.h>

#include <math.h>

#include "core/minnorm_private.h"

double cod_kkt_row_scale(size_t m, const double *G, size_t i)
{
    int exponent;
    double square = G[i * m + i];
    if (!(square > 0))
        return 1;
    frexp(square, &exponent);
    return ldexp(1, exponent / 2);
}

static double entry(size_t m, const double *G, size_t i, size_t j)
{
    return i >= j ? G[i * m + j] : G[j * m + i];
}

cod_twofold cod_kkt_product(size_t m, const double *G, const double *w, size_t i)
{
    double s = cod_kkt_row_scale(m, G, i);
    cod_twofold sum = twofold(0);
    for (size_t j = 0; j < m; j++) {
        if (w[j] == 0)
            continue;
        double t = cod_kkt_row_scale(m, G, j);
        sum = twofold_add_product(sum, entry(m, G, i, j) / s / t, w[j] * t);
    }
    return sum;
}

int cod_kkt_is_finite(size_t m, const double *G)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            if (!isfinite(G[i * m + j]))
                return 0;
    return m > 0;
}

static int is_certifiable(size_t m, const double *G, const double *w)
{
    if (G == NULL || w == NULL)
        return 0;
    for (size_t i = 0; i < m; i++)
        if (!(w[i] >= 0) || isinf(w[i]))
            return 0;
    return cod_kkt_is_finite(m, G);
}

double cod_minnorm_kkt(size_t m, const double *G, const double *w)
{
    if (!is_certifiable(m, G, w))
        return NAN;
    cod_twofold form = twofold(0);
    double size = 0, kkt = 0;
    for (size_t i = 0; i < m; i++) {
        size += w[i] * sqrt(G[i * m + i]);
        if (w[i] > 0) {
            cod_twofold wi = twofold(w[i] * cod_kkt_row_scale(m, G, i));
            form = twofold_add(form, twofold_multiply(cod_kkt_product(m, G, w, i), wi));
        }
    }
    for (size_t i = 0; i < m; i++) {
        double s = cod_kkt_row_scale(m, G, i);
        cod_twofold lambda = {form.high / s, form.low / s};
        double r = twofold_subtract(cod_kkt_product(m, G, w, i), lambda).high;
        double unit = sqrt(G[i * m + i]) / s * size;
        kkt = fmax(kkt, cod_kkt_ratio(w[i] > 0 ? fabs(r) : -r, unit));
    }
    return kkt;
}
