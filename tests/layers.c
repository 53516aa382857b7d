/* SPDX-License-Identifier: MIT */
#include "layers.h"

#include <math.h>
#include <string.h>

static size_t size_of(cod_shape s)
{
    return s.batch * s.channels * s.height * s.width;
}

/* ---- convolution ---- */

cod_shape layers_convolved(cod_shape s, layers_kernel kernel)
{
    s.channels = kernel.out;
    s.height += 2 * kernel.padding + 1 - kernel.size;
    s.width += 2 * kernel.padding + 1 - kernel.size;
    return s;
}

/* Every product of a convolution: y += weight * x. */
typedef struct product {
    size_t x, weight, y;
} product;

typedef void (*each)(product p, void *with);

/* Inlined for the sake of its callers' patience. */
__attribute__((always_inline)) static inline void products(cod_shape s, layers_kernel k,
                                                           each run, void *with)
{
    cod_shape t = layers_convolved(s, k);
    for (size_t n = 0; n < t.batch; n++)
        for (size_t row = 0; row < t.height; row++)
            for (size_t column = 0; column < t.width; column++)
                for (size_t out = 0; out < t.channels; out++)
                    for (size_t in = 0; in < s.channels; in++)
                        for (size_t i = 0; i < k.size; i++)
                            for (size_t j = 0; j < k.size; j++) {
                                size_t y = row + i - k.padding; /* huge if < 0 */
                                size_t x = column + j - k.padding;
                                if (y >= s.height || x >= s.width)
                                    continue;
                                size_t weight =
                                    ((out * s.channels + in) * k.size + i) * k.size + j;
                                run((product){layers_at(s, n, y, x, in), weight,
                                              layers_at(t, n, row, column, out)},
                                    with);
                            }
}

typedef struct convolution {
    const double *x, *weights, *dy;
    double *y, *dx, *dweights;
} convolution;

static void add_forward(product p, void *with)
{
    const convolution *c = with;
    c->y[p.y] += c->weights[p.weight] * c->x[p.x];
}

static void add_back(product p, void *with)
{
    const convolution *c = with;
    c->dx[p.x] += c->weights[p.weight] * c->dy[p.y];
    c->dweights[p.weight] += c->x[p.x] * c->dy[p.y];
}

void layers_convolve(cod_shape s, const double *x, layers_kernel kernel,
                     const double *weights, const double *bias, double *y)
{
    size_t size = size_of(layers_convolved(s, kernel));
    convolution c = {.x = x, .weights = weights, .y = y};
    for (size_t k = 0; k < size; k++)
        y[k] = bias != NULL ? bias[k % kernel.out] : 0;
    products(s, kernel, add_forward, &c);
}

void layers_convolve_back(cod_shape s, const double *x, layers_kernel kernel,
                          const double *weights, const double *dy, double *dx,
                          double *dweights, double *dbias)
{
    size_t size = size_of(layers_convolved(s, kernel));
    size_t count = kernel.out * s.channels * kernel.size * kernel.size;
    convolution c = {
        .x = x, .weights = weights, .dy = dy, .dx = dx, .dweights = dweights};
    memset(dx, 0, size_of(s) * sizeof *dx);
    memset(dweights, 0, count * sizeof *dweights);
    memset(dbias, 0, kernel.out * sizeof *dbias);
    for (size_t k = 0; k < size; k++)
        dbias[k % kernel.out] += dy[k];
    products(s, kernel, add_back, &c);
}

/* ---- normalization ---- */

/* Mean of a[k] b[k] over channel c; NULL is 1. */
static double mean_of(cod_shape s, const double *a, const double *b, size_t c)
{
    double sum = 0;
    for (size_t k = c; k < size_of(s); k += s.channels)
        sum += a[k] * (b != NULL ? b[k] : 1);
    return sum / (double)(size_of(s) / s.channels);
}

static double variance_of(cod_shape s, const double *x, double mean, size_t c)
{
    double sum = 0;
    for (size_t k = c; k < size_of(s); k += s.channels)
        sum += (x[k] - mean) * (x[k] - mean);
    return sum / (double)(size_of(s) / s.channels);
}

void layers_normalize_by(cod_shape s, const double *x, const double *scale,
                         const double *shift, const double *mean,
                         const double *variance, double *y)
{
    for (size_t k = 0; k < size_of(s); k++) {
        size_t c = k % s.channels;
        y[k] = scale[c] * (x[k] - mean[c]) / sqrt(variance[c] + 1e-5) + shift[c];
    }
}

void layers_normalize(cod_shape s, const double *x, const double *scale,
                      const double *shift, double *y, double *mean, double *variance)
{
    for (size_t c = 0; c < s.channels; c++) {
        mean[c] = mean_of(s, x, NULL, c);
        variance[c] = variance_of(s, x, mean[c], c);
    }
    layers_normalize_by(s, x, scale, shift, mean, variance, y);
}

/* With u = (x - mean)/root: dx = scale/root (dy - mean(dy) - u mean(dy u)). */
void layers_normalize_back(cod_shape s, const double *x, const double *scale,
                           const double *dy, double *dx, double *dscale, double *dshift)
{
    double count = (double)(size_of(s) / s.channels);
    for (size_t c = 0; c < s.channels; c++) {
        double mean = mean_of(s, x, NULL, c);
        double root = sqrt(variance_of(s, x, mean, c) + 1e-5);
        double by_one = mean_of(s, dy, NULL, c);
        double by_u = (mean_of(s, dy, x, c) - mean * by_one) / root;
        for (size_t k = c; k < size_of(s); k += s.channels)
            dx[k] = scale[c] / root * (dy[k] - by_one - (x[k] - mean) / root * by_u);
        dscale[c] = count * by_u;
        dshift[c] = count * by_one;
    }
}

/* ---- the rest ---- */

void layers_rectify(size_t size, double *y)
{
    for (size_t k = 0; k < size; k++)
        y[k] = y[k] > 0 ? y[k] : 0;
}

void layers_rectify_back(size_t size, const double *y, double *dy)
{
    for (size_t k = 0; k < size; k++)
        dy[k] = y[k] > 0 ? dy[k] : 0;
}

/* Which of the four pixels under pixel (y, x) is the largest: the first such. */
static size_t largest(cod_shape s, const double *v, size_t n, size_t y, size_t x,
                      size_t c)
{
    size_t best = layers_at(s, n, 2 * y, 2 * x, c);
    for (size_t k = 1; k < 4; k++) {
        size_t at = layers_at(s, n, 2 * y + k / 2, 2 * x + k % 2, c);
        if (v[at] > v[best])
            best = at;
    }
    return best;
}

void layers_pool(cod_shape s, const double *x, double *y)
{
    cod_shape t = {s.batch, s.channels, s.height / 2, s.width / 2};
    for (size_t k = 0; k < size_of(t); k++) {
        size_t pixel = k / t.channels;
        y[k] = x[largest(s, x, pixel / (t.width * t.height), pixel / t.width % t.height,
                         pixel % t.width, k % t.channels)];
    }
}

void layers_pool_back(cod_shape s, const double *x, const double *dy, double *dx)
{
    cod_shape t = {s.batch, s.channels, s.height / 2, s.width / 2};
    memset(dx, 0, size_of(s) * sizeof *dx);
    for (size_t k = 0; k < size_of(t); k++) {
        size_t pixel = k / t.channels;
        dx[largest(s, x, pixel / (t.width * t.height), pixel / t.width % t.height,
                   pixel % t.width, k % t.channels)] += dy[k];
    }
}

/* The pixel of the input that pixel k of the enlarged image shows. */
static size_t shown(cod_shape s, size_t k)
{
    cod_shape t = {s.batch, s.channels, 2 * s.height, 2 * s.width};
    size_t pixel = k / t.channels;
    return layers_at(s, pixel / (t.width * t.height), pixel / t.width % t.height / 2,
                     pixel % t.width / 2, k % t.channels);
}

void layers_enlarge(cod_shape s, const double *x, double *y)
{
    for (size_t k = 0; k < 4 * size_of(s); k++)
        y[k] = x[shown(s, k)];
}

void layers_enlarge_back(cod_shape s, const double *dy, double *dx)
{
    memset(dx, 0, size_of(s) * sizeof *dx);
    for (size_t k = 0; k < 4 * size_of(s); k++)
        dx[shown(s, k)] += dy[k];
}

void layers_concatenate(cod_shape a, const double *xa, cod_shape b, const double *xb,
                        double *y)
{
    size_t both = a.channels + b.channels;
    for (size_t k = 0; k < size_of(a); k++)
        y[k / a.channels * both + k % a.channels] = xa[k];
    for (size_t k = 0; k < size_of(b); k++)
        y[k / b.channels * both + a.channels + k % b.channels] = xb[k];
}
