/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With s = z where y = 1 and s = -z where y = 0, every loss is one function of s, and
 * q = 1/(1 + e^-s) is the probability of what is true: |p - y| = 1 - q. Both come from
 * e^-s without a difference of near numbers, and without a branch on the sign of s,
 * which no processor foresees. */
#include "experiments/segmentation/losses.h"

#include <math.h>

/* Pixels at a time: a loop that calls exp() does nothing else, since no register
 * outlives a call. */
enum { BLOCK = 256 };

static const double LEAST = -700; /* e^700 is finite */

static const double sign_of[] = {-1, 1}; /* ds/dz for y = 0 and 1 */

typedef struct block {
    size_t count;
    int y[BLOCK];       /* 0 or 1 */
    double s[BLOCK];    /* the margin */
    double odds[BLOCK]; /* e^-s, of what is false; of LEAST where s is below */
} block;

/* The first pixels of those that are left. */
static void read_block(const float *logits, const unsigned char *truth, size_t left,
                       block *ret)
{
    ret->count = left < BLOCK ? left : BLOCK;
    for (size_t k = 0; k < ret->count; k++) {
        int y = truth[k] != 0;
        double s = sign_of[y] * (double)logits[k];
        ret->y[k] = y;
        ret->s[k] = s;
        ret->odds[k] = exp(s < LEAST ? -LEAST : -s);
    }
}

static size_t count_of(const cod_pixels *pixels)
{
    return pixels->batch * pixels->height * pixels->width;
}

/* A gradient may be NULL. */
static float *at(float *gradient, size_t k)
{
    return gradient == NULL ? NULL : gradient + k;
}

/* ---- focal ---- */

typedef struct focal {
    double weight[2]; /* for y = 0 and 1 */
    double gamma;
    double scale; /* 1 / pixels */
} focal;

/* -log q = log(1 + e^-s), for small e^-s too: what u = 1 + e^-s lost is added again, to
 * first order. Half the time of log1p(). */
static void measure_costs(const block *b, double *ret_costs)
{
    for (size_t k = 0; k < b->count; k++) {
        double odds = b->odds[k], u = 1 + odds;
        double beyond = b->s[k] < LEAST ? LEAST - b->s[k] : 0;
        ret_costs[k] = log(u) + (odds - (u - 1)) / u + beyond;
    }
}

/* (1 - q)^gamma */
static double damping(double wrong, double log_wrong, double gamma)
{
    return gamma == 2 ? wrong * wrong : exp(gamma * log_wrong);
}

/* The sum of f = -(1 - q)^gamma log q, weighted;
 * df/ds = -(1 - q)^gamma (1 - q - gamma q log q). */
static double sum_focal(const block *b, const focal *how, float *ret_gradient)
{
    double sum = 0, costs[BLOCK];
    measure_costs(b, costs);
    for (size_t k = 0; k < b->count; k++) {
        double right = 1 / (1 + b->odds[k]), wrong = b->odds[k] * right;
        double weight =
            how->weight[b->y[k]] * damping(wrong, -b->s[k] - costs[k], how->gamma);
        sum += weight * costs[k];
        if (ret_gradient != NULL) {
            double by_s = -weight * (wrong + how->gamma * right * costs[k]);
            ret_gradient[k] = (float)(how->scale * sign_of[b->y[k]] * by_s);
        }
    }
    return sum;
}

double cod_focal_loss(const cod_pixels *pixels, double alpha, double gamma,
                      float *ret_gradient)
{
    size_t count = count_of(pixels);
    focal how = {{1 - alpha, alpha}, gamma, 1 / (double)count};
    double sum = 0;
    for (size_t k = 0; k < count; k += BLOCK) {
        block b;
        read_block(pixels->logits + k, pixels->truth + k, count - k, &b);
        sum += sum_focal(&b, &how, at(ret_gradient, k));
    }
    return sum / (double)count;
}

/* ---- Hausdorff ---- */

/* d^beta from d^2 */
static double power_of(double square, double beta)
{
    return beta == 2 ? square : pow(square, beta / 2);
}

void cod_hausdorff_map(const unsigned char *set, size_t height, size_t width,
                       double beta, cod_distance *work, double *maps, float *ret_map)
{
    cod_distance_across(work, set, height, width, maps);
    for (size_t k = 0; k < height * width; k++)
        ret_map[k] = (float)power_of(maps[k], beta);
}

/* d_p^beta of one image. */
static void measure_found(const float *logits, size_t height, size_t width, double beta,
                          cod_distance *work, double *ret_map)
{
    unsigned char *found = cod_distance_room(work);
    for (size_t k = 0; k < height * width; k++)
        found[k] = logits[k] > 0;
    cod_distance_across(work, found, height, width, ret_map);
    for (size_t k = 0; beta != 2 && k < height * width; k++)
        ret_map[k] = power_of(ret_map[k], beta);
}

/* The sum of (1 - q)^2 (d_p^beta + d_y^beta), whose derivative is -2 q times it. */
static double sum_hausdorff(const block *b, const double *map, const float *truth_map,
                            double scale, float *ret_gradient)
{
    double sum = 0;
    for (size_t k = 0; k < b->count; k++) {
        double right = 1 / (1 + b->odds[k]), wrong = b->odds[k] * right;
        double value = wrong * wrong * (map[k] + (double)truth_map[k]);
        sum += value;
        if (ret_gradient != NULL)
            ret_gradient[k] = (float)(-2 * scale * sign_of[b->y[k]] * right * value);
    }
    return sum;
}

double cod_hausdorff_loss(const cod_pixels *pixels, double beta,
                          const float *truth_maps, cod_distance *work, double *maps,
                          float *ret_gradient)
{
    size_t one = pixels->height * pixels->width;
    double scale = 1 / (double)count_of(pixels), sum = 0;
    for (size_t first = 0; first < pixels->batch * one; first += one) {
        measure_found(pixels->logits + first, pixels->height, pixels->width, beta, work,
                      maps);
        for (size_t k = 0; k < one; k += BLOCK) {
            block b;
            read_block(pixels->logits + first + k, pixels->truth + first + k, one - k,
                       &b);
            sum += sum_hausdorff(&b, maps + k, truth_maps + first + k, scale,
                                 at(ret_gradient, first + k));
        }
    }
    return sum * scale;
}

/* ---- Dice ---- */

/* Over the batch. With S = sum p + sum y + 1, 2 sum p y + 1 is S - sum |p - y|. */
typedef struct dice_sums {
    double wrong; /* of |p - y| */
    double all;   /* S */
} dice_sums;

/* Leaves dp/dz = q (1 - q) in ret_slopes. */
static void sum_dice(const block *b, dice_sums *sums, float *ret_slopes)
{
    for (size_t k = 0; k < b->count; k++) {
        double right = 1 / (1 + b->odds[k]), wrong = b->odds[k] * right;
        sums->wrong += wrong;
        sums->all += 2 * b->y[k] - sign_of[b->y[k]] * wrong; /* y + p */
        if (ret_slopes != NULL)
            ret_slopes[k] = (float)(right * wrong);
    }
}

double cod_dice_loss(const cod_pixels *pixels, float *ret_gradient)
{
    size_t count = count_of(pixels);
    dice_sums sums = {.all = 1};
    for (size_t k = 0; k < count; k += BLOCK) {
        block b;
        read_block(pixels->logits + k, pixels->truth + k, count - k, &b);
        sum_dice(&b, &sums, at(ret_gradient, k));
    }
    double square = sums.all * sums.all;
    const double by_p[] = {(sums.all - sums.wrong) / square,
                           -(sums.all + sums.wrong) / square}; /* for y = 0 and 1 */
    for (size_t k = 0; ret_gradient != NULL && k < count; k++)
        ret_gradient[k] =
            (float)((double)ret_gradient[k] * by_p[pixels->truth[k] != 0]);
    return sums.wrong / sums.all;
}
