/* SPDX-License-Identifier: MIT */
/* Gradient vaccine: each gradient is turned towards the others until its cosine with
 * each is at least the average that this pair has had. By the Gramian alone: a turned
 * gradient is a row c of coefficients, its products with all others are c'G. */
#include "solvers.h"

typedef struct options {
    double beta;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(options, beta, 0.01, 0, 1, NULL, "",
                    "target <- (1 - beta) target + beta cosine, from 0"),
};

typedef struct state {
    double *target;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, target, COD_EXTENT_SQUARE, "cosine",
                    "the averages that are aimed at, row i for gradient i"),
};

/* Algorithm 1: what of g_j is added to the turned gradient brings its cosine phi
 * with g_j up to the target. p = c'G: the turned gradient's products with all. */
static void turn(const cod_step *step, size_t i, size_t j, double *c, double *p)
{
    size_t m = step->m;
    const double *G = step->gramian;
    double *target = &((const state *)step->state)->target[i * m + j];
    double beta = ((const options *)step->options)->beta, aim = *target, square = 0;
    for (size_t k = 0; k < m; k++)
        square += c[k] * p[k];
    double norm = sqrt(fmax(square, 0)), length = sqrt(G[j * m + j]);
    double phi = norm > 0 && length > 0 ? p[j] / (norm * length) : 0;
    phi = fmin(fmax(phi, -1), 1);
    double across = sqrt(1 - aim * aim);
    if (phi < aim && length > 0 && across > 0) {
        double t =
            norm * (aim * sqrt(1 - phi * phi) - phi * across) / (length * across);
        c[j] += t;
        for (size_t k = 0; k < m; k++)
            p[k] += t * G[j * m + k];
    }
    *target = (1 - beta) * aim + beta * phi;
}

/* The sum of the turned gradients; each meets the others in a random order. */
static cod_status solve(const cod_step *step, double *weights)
{
    size_t m = step->m, order[COD_ROWS_MAX];
    double *c = step->work, *p = c + m;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < m; j++) {
            c[j] = j == i;
            p[j] = step->gramian[i * m + j];
        }
        cod_random_permutation(step->random, (step->group * m + i) * m, m, order);
        for (size_t k = 0; k < m; k++)
            if (order[k] != i)
                turn(step, i, order[k], c, p);
        for (size_t j = 0; j < m; j++)
            weights[j] += c[j];
    }
    return COD_OK;
}

static size_t work(const cod_step *step)
{
    return 2 * step->m;
}

const cod_method cod_method_gradvac = {
    .abi = COD_METHOD_ABI,
    .name = "gradvac",
    .summary = "gradient vaccine: gradients turned to the cosines that pairs have had",
    .citation = "Wang, Tsvetkov, Firat and Cao 2021, ICLR, algorithm 1",
    .bibtex = "@inproceedings{wang2021gradient,\n"
              "  author = {Wang, Zirui and Tsvetkov, Yulia and Firat, Orhan and Cao, "
              "Yuan},\n"
              "  title = {Gradient vaccine: investigating and improving multi-task\n"
              "           optimization in massively multilingual models},\n"
              "  booktitle = {International Conference on Learning Representations},\n"
              "  year = {2021}\n"
              "}\n",
    .needs = COD_NEED_GRAMIAN,
    .traits = COD_TRAIT_STOCHASTIC | COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .work = work,
    .solve = solve,
};
