/* SPDX-License-Identifier: MIT */
/* Batches of made-up pixels, and a loss against its formula in long double, its
 * gradient against central differences of that. */
#ifndef COD_TESTS_LOSS_CHECKS_H
#define COD_TESTS_LOSS_CHECKS_H

#include "pixel_sets.h"

#include <float.h>

#include "experiments/segmentation/losses.h"

/* ---- batches ---- */

typedef struct batch {
    cod_pixels pixels;
    float *logits;
    unsigned char *truth;
    size_t count; /* pixels of the batch */
    size_t one;   /* pixels of an image */
} batch;

static inline batch make_batch(size_t images, size_t height, size_t width)
{
    batch b = {.one = height * width, .count = images * height * width};
    b.logits = make_block(b.count, sizeof *b.logits);
    b.truth = make_block(b.count, 1);
    b.pixels = (cod_pixels){images, height, width, b.logits, b.truth};
    return b;
}

static inline void free_batch(batch *b)
{
    free(b->logits);
    free(b->truth);
}

/* Truths of all kinds; logits that follow another set, between -spread and spread. */
static inline batch draw_batch(uint64_t *seed, size_t images, size_t height,
                               size_t width, double spread)
{
    batch b = make_batch(images, height, width);
    unsigned char *found = make_block(b.one, 1);
    for (size_t i = 0; i < images; i++) {
        int kind = draw_int(seed, PIXELS_KINDS - 1);
        draw_pixels((pixels_kind)kind, seed, height, width, b.truth + i * b.one);
        kind = draw_int(seed, PIXELS_KINDS - 1);
        draw_pixels((pixels_kind)kind, seed, height, width, found);
        for (size_t k = 0; k < b.one; k++)
            b.logits[i * b.one + k] =
                (float)((found[k] ? 1 : -1) * spread * draw(seed));
    }
    free(found);
    return b;
}

/* ---- formulas ---- */

typedef struct formula {
    long double (*value)(const batch *b, const long double *logits, const void *with);
    const void *with;
} formula;

static inline long double sigmoid(long double z)
{
    return 1 / (1 + expl(-z));
}

/* p of what is not true, without a difference */
static inline long double wrong_of(const batch *b, const long double *logits, size_t k)
{
    return sigmoid(b->truth[k] ? -logits[k] : logits[k]);
}

static inline long double *long_logits(const batch *b)
{
    long double *logits = make_block(b->count, sizeof *logits);
    for (size_t k = 0; k < b->count; k++)
        logits[k] = b->logits[k];
    return logits;
}

/* The value within rtol; every element of the gradient within rounding to float and the
 * error of the difference. */
static inline void check_loss(const batch *b, formula f, double value,
                              const float *gradient, double rtol, const char *name)
{
    long double *logits = long_logits(b), step = 1e-5L, most = 0;
    assert_close(value, (double)f.value(b, logits, f.with), rtol, 1e-300);
    for (size_t k = 0; k < b->count; k++)
        most = fmaxl(most, fabsf(gradient[k]));
    for (size_t k = 0; k < b->count; k++) {
        long double z = logits[k];
        logits[k] = z + step;
        long double up = f.value(b, logits, f.with);
        logits[k] = z - step;
        long double slope = (up - f.value(b, logits, f.with)) / (2 * step);
        logits[k] = z;
        long double allowed = 1e-6L * fabsl(slope) + 1e-9L * most + FLT_TRUE_MIN;
        if (!(fabsl(gradient[k] - slope) <= allowed))
            fail_msg("%s, pixel %zu, logit %g, truth %d: gradient %.9g, not %.9Lg",
                     name, k, (double)z, b->truth[k], (double)gradient[k], slope);
    }
    free(logits);
}

/* ---- the Hausdorff loss with its workspace ---- */

typedef struct workspace {
    cod_distance *work;
    double *maps;
    float *truth_maps;
} workspace;

static inline workspace make_workspace(const batch *b, double beta)
{
    size_t height = b->pixels.height, width = b->pixels.width;
    workspace w = {.maps = make_block(b->one, sizeof *w.maps),
                   .truth_maps = make_block(b->count, sizeof *w.truth_maps)};
    assert_status(cod_distance_alloc(height, width, &w.work), COD_OK);
    for (size_t k = 0; k < b->count; k += b->one)
        cod_hausdorff_map(b->truth + k, height, width, beta, w.work, w.maps,
                          w.truth_maps + k);
    return w;
}

static inline void free_workspace(workspace *w)
{
    cod_distance_free(w->work);
    free(w->maps);
    free(w->truth_maps);
}

static inline double hausdorff_of(const batch *b, double beta, float *ret_gradient)
{
    workspace w = make_workspace(b, beta);
    double value = cod_hausdorff_loss(&b->pixels, beta, w.truth_maps, w.work, w.maps,
                                      ret_gradient);
    free_workspace(&w);
    return value;
}

#endif
