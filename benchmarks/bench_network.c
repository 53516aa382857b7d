/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A training step of the segmentation task's network, in parts and layer by layer, on
 * one thread; OpenBLAS's matrix product of as many multiplications for comparison. */
#include "bench_private.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include <codescent/random.h>

#include "experiments/network/network_private.h"
#include "experiments/network/unet.h"
#include "experiments/segmentation/losses.h"

enum { BATCH = 8, SIDE = 64, PIXELS = BATCH * SIDE * SIDE, WIDTH = 8, OBJECTIVES = 2 };
enum { PRODUCT_ROWS = 256 };

/* A network with a batch, its two losses, and Adam's moments. */
struct job {
    cod_network *network;
    size_t size; /* parameters */
    float *image, *maps;
    unsigned char *truth;
    cod_distance *distance;
    double *work;
    float *by[OBJECTIVES];         /* gradients of the losses by the logits */
    float *row[OBJECTIVES];        /* by the parameters */
    float **gradients[OBJECTIVES]; /* parts of these */
    float *moments;                /* first ones, second ones */
    int64_t steps;
    const float *logits;
    float *product; /* three matrices */
    size_t layer;   /* that is timed */
    cod_status status;
};

static void job_free(struct job *job)
{
    for (size_t i = 0; i < OBJECTIVES; i++) {
        free(job->by[i]);
        free(job->row[i]);
        free(job->gradients[i]);
    }
    free(job->product);
    free(job->moments);
    free(job->work);
    cod_distance_free(job->distance);
    free(job->truth);
    free(job->maps);
    free(job->image);
    cod_network_free(job->network);
}

/* Noise, and curved bands of which a fifth is the object. */
static void make_batch(struct job *job)
{
    for (size_t k = 0; k < PIXELS; k++) {
        double y = (double)(k / SIDE), x = (double)(k % SIDE);
        job->image[k] = (float)cod_random_normal((cod_random){.seed = 1}, k);
        job->truth[k] = sin(0.3 * x + 2 * sin(0.1 * y)) > 0.8;
    }
}

static cod_status make_gradients(struct job *job)
{
    size_t count;
    const cod_parameter *parameters = cod_network_parameters(job->network, &count);
    for (size_t i = 0; i < OBJECTIVES; i++) {
        job->by[i] = calloc(PIXELS, sizeof(float));
        job->row[i] = calloc(job->size, sizeof(float));
        job->gradients[i] = calloc(count, sizeof(float *));
        if (job->by[i] == NULL || job->row[i] == NULL || job->gradients[i] == NULL)
            return COD_EMEMORY;
        for (size_t k = 0; k < count; k++)
            job->gradients[i][k] = job->row[i] + parameters[k].offset;
    }
    return COD_OK;
}

static cod_status job_alloc(struct job *job)
{
    *job = (struct job){0};
    cod_status status = cod_unet_alloc(BATCH, SIDE, SIDE, WIDTH, &job->network, NULL);
    if (status == COD_OK)
        status = cod_distance_alloc(SIDE, SIDE, &job->distance);
    if (status < 0)
        return status;
    cod_network_init(job->network, 1);
    job->size = cod_network_size(job->network);
    job->image = calloc(PIXELS, sizeof *job->image);
    job->maps = calloc(PIXELS, sizeof *job->maps);
    job->truth = calloc(PIXELS, 1);
    job->work = calloc((size_t)SIDE * SIDE, sizeof *job->work);
    job->moments = calloc(2 * job->size, sizeof *job->moments);
    job->product = calloc(3 * PRODUCT_ROWS * PRODUCT_ROWS, sizeof *job->product);
    if (job->image == NULL || job->maps == NULL || job->truth == NULL ||
        job->work == NULL || job->moments == NULL || job->product == NULL)
        return COD_EMEMORY;
    make_batch(job);
    return make_gradients(job);
}

static void keep(struct job *job, cod_status status)
{
    if (status < 0)
        job->status = status;
}

/* ---- what is timed ---- */

static void run_forward(void *arg)
{
    struct job *job = arg;
    keep(job, cod_network_forward(job->network, job->image, 1, &job->logits));
}

/* Both losses with their gradients, and the distances of the truth. */
static void run_losses(void *arg)
{
    struct job *job = arg;
    const cod_pixels pixels = {BATCH, SIDE, SIDE, job->logits, job->truth};
    for (size_t k = 0; k < BATCH; k++) {
        size_t at = k * SIDE * SIDE;
        cod_hausdorff_map(job->truth + at, SIDE, SIDE, 2, job->distance, job->work,
                          job->maps + at);
    }
    (void)cod_focal_loss(&pixels, 0.25, 2, job->by[0]);
    (void)cod_hausdorff_loss(&pixels, 2, job->maps, job->distance, job->work,
                             job->by[1]);
}

static void run_backward(void *arg)
{
    struct job *job = arg;
    keep(job, cod_network_backward(job->network, job->by[0], job->gradients[0]));
}

/* Adam (Kingma and Ba 2015) with the gradient in row 0. */
static void run_adam(void *arg)
{
    struct job *job = arg;
    size_t count;
    const cod_parameter *parameters = cod_network_parameters(job->network, &count);
    double steps = (double)++job->steps;
    float rate = (float)(1e-3 * sqrt(1 - pow(0.999, steps)) / (1 - pow(0.9, steps)));
    for (size_t k = 0; k < count; k++) {
        float *first = job->moments + parameters[k].offset, *second = first + job->size;
        const float *gradient = job->gradients[0][k];
        for (size_t j = 0; j < parameters[k].size; j++) {
            first[j] += 0.1f * (gradient[j] - first[j]);
            second[j] += 0.001f * (gradient[j] * gradient[j] - second[j]);
            parameters[k].values[j] -= rate * first[j] / (sqrtf(second[j]) + 1e-8f);
        }
    }
}

/* The sum of the losses. */
static void run_step_of_one(void *arg)
{
    struct job *job = arg;
    run_forward(job);
    run_losses(job);
    for (size_t k = 0; k < PIXELS; k++)
        job->by[0][k] += job->by[1][k];
    run_backward(job);
    run_adam(job);
}

/* The gradient of each loss, and their sum. */
static void run_step_of_two(void *arg)
{
    struct job *job = arg;
    run_forward(job);
    run_losses(job);
    for (size_t i = 0; i < OBJECTIVES; i++)
        keep(job, cod_network_backward(job->network, job->by[i], job->gradients[i]));
    for (size_t k = 0; k < job->size; k++)
        job->row[0][k] += job->row[1][k];
    run_adam(job);
}

static void run_product(void *arg)
{
    const struct job *job = arg;
    enum { N = PRODUCT_ROWS };
    float *c = job->product + 2 * N * N;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, job->product, N,
                job->product + (size_t)N * N, N, 0, c, N);
}

static void run_layer_forward(void *arg)
{
    struct job *job = arg;
    keep(job, cod_network_forward_layer(job->network, job->layer, 1));
}

static void run_layer_back(void *arg)
{
    struct job *job = arg;
    keep(job, cod_network_back_layer(job->network, job->layer));
}

/* ---- tables ---- */

/* Multiplications of a layer's forward pass. */
static double multiplications(const cod_network *network, size_t k)
{
    const cod_layer *layer = &network->layers[k];
    if (layer->kind != COD_LAYER_CONVOLVE)
        return 0;
    return (double)network->parameters[layer->parameter].size *
           (double)(layer->shape.batch * layer->shape.height * layer->shape.width);
}

/* `key`: the work in units of an sgemm of so many multiplications; null for 0. */
static int put_of_sgemm(json_t *row, const char *key, const bench_work *work,
                        const bench_work *product, double products)
{
    const double one = (double)PRODUCT_ROWS * PRODUCT_ROWS * PRODUCT_ROWS;
    if (products <= 0)
        return bench_put(row, key, NULL);
    bench_figure figure = bench_ratio(work, product, one / products);
    return bench_put(row, key, &figure);
}

static cod_status measure_parts(struct job *job, json_t *rows)
{
    static const struct {
        const char *name;
        void (*run)(void *);
        double passes; /* the network's multiplications, forward = 1 */
    } parts[] = {
        {"forward", run_forward, 1},
        {"losses", run_losses, 0},
        {"backward", run_backward, 2},
        {"Adam", run_adam, 0},
        {"step, one backward pass", run_step_of_one, 3},
        {"step, two backward passes", run_step_of_two, 5},
        {"sgemm", run_product, 0},
    };
    enum { PARTS = sizeof parts / sizeof *parts };
    bench_work works[PARTS];
    double products = 0;
    cod_status status = COD_OK;
    for (size_t k = 1; k < job->network->count; k++)
        products += multiplications(job->network, k);
    for (size_t k = 0; k < PARTS; k++)
        works[k] = (bench_work){.run = parts[k].run, .arg = job};
    bench_measure(works, PARTS, 1, 3);
    for (size_t k = 0; k + 1 < PARTS && status == COD_OK; k++) {
        json_t *row = json_pack("{s:s}", "part", parts[k].name);
        int error = bench_put_time(row, "ms", &works[k], 1e-3);
        error |= put_of_sgemm(row, "of_sgemm", &works[k], &works[PARTS - 1],
                              parts[k].passes * products);
        status = bench_add_row(rows, row, &works[k], error);
    }
    return status;
}

static cod_status measure_layer(struct job *job, json_t *rows, size_t k)
{
    static const char *const kinds[] = {"input", "convolve", "normalize",  "rectify",
                                        "pool",  "enlarge",  "concatenate"};
    const cod_layer *layer = &job->network->layers[k];
    const cod_operation *operations[] = {layer->forward[0], layer->backward[0],
                                         layer->weights};
    bench_work works[3] = {{.run = run_layer_forward, .arg = job},
                           {.run = run_layer_back, .arg = job},
                           {.run = run_product, .arg = job}};
    double products = multiplications(job->network, k);
    job->layer = k;
    bench_measure(works, 3, 1, 0.05);
    json_t *row = json_pack(
        "{s:I, s:s, s:I, s:I, s:f}", "layer", (json_int_t)k, "kind", kinds[layer->kind],
        "channels", (json_int_t)layer->shape.channels, "side",
        (json_int_t)layer->shape.height, "million_products", products * 1e-6);
    int error = bench_put_time(row, "forward_us", &works[0], 1e-6);
    error |= put_of_sgemm(row, "forward_of_sgemm", &works[0], &works[2], products);
    error |= bench_put_time(row, "back_us", &works[1], 1e-6);
    error |= put_of_sgemm(row, "back_of_sgemm", &works[1], &works[2],
                          operations[1] != NULL ? 2 * products : products);
    static const char *const keys[] = {"forward", "dx", "dweights"};
    for (size_t i = 0; i < 3; i++)
        error |= json_object_set_new(row, keys[i],
                                     json_string(operations[i] != NULL
                                                     ? cod_operation_name(operations[i])
                                                     : ""));
    return bench_add_row(rows, row, &works[0], error);
}

/* With one thread, and a forward pass done. */
static cod_status with_job(json_t *rows, cod_status (*run)(struct job *, json_t *))
{
    struct job job;
    int threads = openblas_get_num_threads();
    cod_status status = job_alloc(&job);
    if (status == COD_OK) {
        openblas_set_num_threads(1);
        run_step_of_two(&job);
        status = run(&job, rows);
        openblas_set_num_threads(threads);
    }
    if (status == COD_OK)
        status = job.status;
    job_free(&job);
    return status;
}

cod_status bench_network(json_t *rows, const char *kernels)
{
    (void)kernels;
    return with_job(rows, measure_parts);
}

static cod_status measure_layers(struct job *job, json_t *rows)
{
    cod_status status = COD_OK;
    for (size_t k = 1; k < job->network->count && status == COD_OK; k++)
        status = measure_layer(job, rows, k);
    return status;
}

cod_status bench_layers(json_t *rows, const char *kernels)
{
    (void)kernels;
    return with_job(rows, measure_layers);
}
