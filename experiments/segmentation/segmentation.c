/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Membranes in electron-microscopy images, by a small U-Net: a focal loss against a
 * Hausdorff loss. */
#include "experiments/segmentation/segmentation.h"

#include "core/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the set, not of a run: all runs look at the same crops. */
#define STREAM_GLANCE 1

static const cod_option table[] = {
    COD_OPTION_INT(segmentation_options, width, 8, 1, 64, NULL, "channels",
                   "of the U-Net's first level; the second has twice, the third four "
                   "times as many"),
    COD_OPTION_INT(
        segmentation_options, crop, 64, 8, 1024, NULL, "pixels",
        "side of the square crops that batches are made of; a multiple of 4"),
    COD_OPTION_INT(segmentation_options, batch, 8, 1, 1024, NULL, "crops", "of a step"),
    COD_OPTION_REAL(
        segmentation_options, alpha, 0.25, 0, 1, NULL, "",
        "focal loss: the weight of membrane; that of the rest is 1 - alpha"),
    COD_OPTION_REAL(segmentation_options, gamma, 2, 0, 20, NULL, "",
                    "focal loss: how little easy pixels count"),
    COD_OPTION_REAL(segmentation_options, beta, 2, COD_ABOVE_0, 10, NULL, "",
                    "Hausdorff loss: the exponent of the distances"),
    COD_OPTION_BOOL(segmentation_options, dice, 0, "a Dice loss as third objective"),
    COD_OPTION_BOOL(segmentation_options, turn, 0,
                    "crops to learn from are turned and mirrored at random"),
    COD_OPTION_INT(segmentation_options, train, 20, 1, 10000, NULL, "images",
                   "to learn from, the first ones"),
    COD_OPTION_INT(segmentation_options, validation, 5, 1, 10000, NULL, "images",
                   "the next ones, for the curves"),
    COD_OPTION_INT(segmentation_options, test, 5, 1, 10000, NULL, "images",
                   "the next ones, for the end"),
    COD_OPTION_INT(
        segmentation_options, size, 512, 16, 4096, NULL, "pixels",
        "side of generated images, made where no --data is; a multiple of 4"),
    COD_OPTION_INT(segmentation_options, set, 0, 0, 9e15, NULL, "",
                   "number of the generated set, likewise"),
};

static const cod_score scores[SCORE_COUNT] = {
    {"dice", "", COD_BETTER_HIGHER, "2 |A and B| / (|A| + |B|) of the membrane"},
    {"cell_dice", "", COD_BETTER_HIGHER, "the same of the cells"},
    {"iou", "", COD_BETTER_HIGHER, "|A and B| / |A or B| of the membrane"},
    {"hd95", "pixels", COD_BETTER_LOWER, "95 % Hausdorff distance of the membranes"},
    {"dice_half", "", COD_BETTER_HIGHER, "the Dice where the threshold is 0.5"},
    {"threshold", "", COD_BETTER_NEITHER,
     "of the others: the probability that is best on the held-out crops"},
};

static const char *const objectives[] = {"focal", "hausdorff", "dice_loss"};

static const char *const two_methods[] = {"linear(weights=1:0)",
                                          "linear(weights=0.9:0.1)",
                                          "linear(weights=0.75:0.25)",
                                          "linear(weights=0.5:0.5)",
                                          "linear(weights=0.25:0.75)",
                                          "linear(weights=0.1:0.9)",
                                          "linear(weights=0:1)",
                                          "mgda",
                                          "mgda(normalize=l2)",
                                          "mgda(normalize=loss)",
                                          "mgda(normalize=loss+)",
                                          "mgda(normalize=log)",
                                          "uncertainty",
                                          "annealing(order=1:2)",
                                          "annealing(order=2:1)",
                                          "alternation(unit=epoch)",
                                          "adaptive(by=gradients, sense=direct)",
                                          "adaptive(by=gradients, sense=inverse)",
                                          NULL};

static const char *const three_methods[] = {"linear(weights=1:0:0)",
                                            "linear(weights=0:1:0)",
                                            "linear(weights=0:0:1)",
                                            "linear(weights=0.5:0.5:0)",
                                            "linear(weights=0.5:0:0.5)",
                                            "linear(weights=0:0.5:0.5)",
                                            "linear(weights=1:1:1)",
                                            "mgda",
                                            "mgda(normalize=l2)",
                                            "mgda(normalize=loss)",
                                            "mgda(normalize=loss+)",
                                            "mgda(normalize=log)",
                                            "uncertainty",
                                            "annealing(order=1:2:3)",
                                            "annealing(order=3:2:1)",
                                            "alternation(unit=epoch)",
                                            "adaptive(by=gradients, sense=direct)",
                                            "adaptive(by=gradients, sense=inverse)",
                                            NULL};

static const char *const *methods(const void *options)
{
    return ((const segmentation_options *)options)->dice ? three_methods : two_methods;
}

/* ---- data ---- */

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "segmentation: out of memory");
}

static cod_status read_images(segmentation *data, const char *folder,
                              cod_message *message)
{
    const segmentation_options *o = data->options;
    size_t count = (size_t)(o->train + o->validation + o->test);
    if (folder != NULL)
        return cod_membranes_read(folder, count, 4, &data->images, message);
    return cod_membranes_generate((uint64_t)o->set, count, (size_t)o->size,
                                  (size_t)o->size, &data->images, message);
}

static cod_status check(const segmentation_options *o, cod_message *message)
{
    if (o->crop % 4 != 0)
        return cod_fail(message, COD_EOPTION,
                        "segmentation: crop=%lld is no multiple of 4, which a U-Net "
                        "with two poolings needs",
                        (long long)o->crop);
    if (o->size % 4 != 0)
        return cod_fail(message, COD_EOPTION,
                        "segmentation: size=%lld is no multiple of 4",
                        (long long)o->size);
    if (EPOCH_CROPS * o->train < o->batch)
        return cod_fail(message, COD_EOPTION,
                        "segmentation: batch=%lld is more than the %d crops of an "
                        "epoch on train=%lld images",
                        (long long)o->batch, (int)(EPOCH_CROPS * o->train),
                        (long long)o->train);
    return COD_OK;
}

void segmentation_crop(const segmentation *data, size_t image, cod_random random,
                       uint64_t at, unsigned symmetry, float *ret_image,
                       unsigned char *ret_truth)
{
    size_t crop = (size_t)data->options->crop;
    double rows = (double)(data->images->height - crop + 1);
    double columns = (double)(data->images->width - crop + 1);
    size_t top = (size_t)(rows * cod_random_uniform(random, at));
    size_t left = (size_t)(columns * cod_random_uniform(random, at + 1));
    cod_membranes_crop(data->images, image, top, left, crop, symmetry, ret_image,
                       ret_truth);
}

/* The same crops of the validation images in every run. */
static cod_status make_glance(segmentation *data, cod_message *message)
{
    const segmentation_options *o = data->options;
    size_t crop = (size_t)o->crop, pixels = crop * crop;
    const cod_membranes *images = data->images;
    cod_random random = {images->fingerprint, STREAM_GLANCE, 0};
    segmentation_losses losses;
    data->glance_images = malloc(GLANCE_CROPS * pixels * sizeof *data->glance_images);
    data->glance_truth = malloc(GLANCE_CROPS * pixels);
    if (data->glance_images == NULL || data->glance_truth == NULL ||
        segmentation_losses_make(o, GLANCE_CROPS, crop, crop, &losses) < 0)
        return no_memory(message);
    for (uint64_t k = 0; k < GLANCE_CROPS; k++) {
        size_t image = (size_t)(o->train + (int64_t)k % o->validation);
        segmentation_crop(data, image, random, 2 * k, 0,
                          data->glance_images + k * pixels,
                          data->glance_truth + k * pixels);
    }
    segmentation_losses_maps(&losses, data->glance_truth);
    data->glance_maps = losses.maps;
    losses.maps = NULL;
    segmentation_losses_clear(&losses);
    return COD_OK;
}

static cod_status load(cod_task *task, const char *folder, cod_message *message)
{
    const segmentation_options *o = task->options;
    segmentation *data = calloc(1, sizeof *data);
    task->data = data;
    if (data == NULL)
        return no_memory(message);
    data->options = o;
    cod_status status = check(o, message);
    if (status == COD_OK)
        status = read_images(data, folder, message);
    if (status < 0)
        return status;
    size_t smaller = data->images->height < data->images->width ? data->images->height
                                                                : data->images->width;
    if (smaller < (size_t)o->crop)
        return cod_fail(message, COD_ESHAPE,
                        "segmentation: crop=%lld is larger than the images (%zu x %zu)",
                        (long long)o->crop, data->images->height, data->images->width);
    task->m = o->dice ? 3 : 2;
    task->objectives = objectives;
    task->fingerprint = data->images->fingerprint;
    task->epoch_steps = EPOCH_CROPS * o->train / o->batch;
    size_t side = segmentation_sample_of(data).size;
    task->sample_size = side * side;
    return make_glance(data, message);
}

static void unload(cod_task *task)
{
    segmentation *data = task->data;
    if (data == NULL)
        return;
    cod_membranes_free(data->images);
    free(data->glance_images);
    free(data->glance_truth);
    free(data->glance_maps);
    free(data);
}

/* ---- answers that take no learning ---- */

/* The share of membrane in the training images. */
static double prevalence(const segmentation *data)
{
    size_t pixels = data->images->height * data->images->width, sum = 0;
    size_t count = (size_t)data->options->train * pixels;
    for (size_t k = 0; k < count; k++)
        sum += data->images->truth[k];
    return (double)sum / (double)count;
}

static cod_status same_logits(void *source, size_t image, const float **ret_logits)
{
    (void)image;
    *ret_logits = source;
    return COD_OK;
}

/* The same logit everywhere. */
static cod_status answer(const cod_task *task, double logit, cod_outcome *ret_outcome)
{
    const cod_membranes *images = ((const segmentation *)task->data)->images;
    size_t pixels = images->height * images->width;
    float *logits = malloc(pixels * sizeof *logits);
    if (logits == NULL)
        return COD_EMEMORY;
    for (size_t j = 0; j < pixels; j++)
        logits[j] = (float)logit;
    cod_status status = segmentation_judge(task, 0.5, same_logits, logits, ret_outcome);
    free(logits);
    return status;
}

/* A hard answer has no finite focal loss. */
static cod_status trivial(const cod_task *task, size_t k, const char **ret_name,
                          cod_outcome *ret_outcome)
{
    static const char *const names[] = {"all cell", "all membrane",
                                        "the share of membrane everywhere"};
    if (k >= sizeof names / sizeof *names)
        return COD_EMISSING;
    double share = prevalence(task->data);
    double logits[] = {-1e4, 1e4, log(share / (1 - share))};
    *ret_name = names[k];
    cod_status status = answer(task, logits[k], ret_outcome);
    if (status == COD_EMEMORY)
        return status;
    if (status < COD_OK) {
        for (size_t i = 0; i < task->m; i++)
            ret_outcome->losses[i] = NAN;
        for (size_t i = 0; i < SCORE_COUNT; i++)
            ret_outcome->scores[i] = NAN;
    }
    if (k < 2)
        ret_outcome->losses[SEGMENTATION_FOCAL] = NAN;
    return COD_OK;
}

const cod_task_def cod_task_segmentation = {
    .name = "segmentation",
    .summary = "membranes in electron-microscopy images: focal against Hausdorff loss",
    .citation =
        "Karimi and Salcudean 2020, IEEE Trans. Med. Imaging 39(2):499-513; Lin et al. "
        "2017, ICCV; images: Cardona et al. 2010, PLoS Biology 8(10), ISBI 2012 "
        "challenge; U-Net: Ronneberger, Fischer and Brox 2015, MICCAI",
    .bibtex = "@article{karimi2020reducing,\n"
              "  author = {Karimi, Davood and Salcudean, Septimiu E.},\n"
              "  title = {Reducing the {Hausdorff} distance in medical image "
              "segmentation with "
              "convolutional neural networks},\n"
              "  journal = {IEEE Transactions on Medical Imaging},\n"
              "  volume = {39}, number = {2}, pages = {499--513}, year = {2020}\n"
              "}\n",
    .options_size = sizeof(segmentation_options),
    .options = table,
    .option_count = sizeof table / sizeof *table,
    .scores = scores,
    .score_count = SCORE_COUNT,
    .methods = methods,
    .step_rule = "adam(step=0.01)",
    .steps = 400,
    .library = "onednn",
    .library_version = cod_backend_version,
    .quick =
        "quick(width=4, crop=32, batch=4, train=4, validation=2, test=2, size=128)",
    .quick_steps = 64,
    .load = load,
    .unload = unload,
    .alloc = segmentation_alloc,
    .free = segmentation_free,
    .start = segmentation_start,
    .batch = segmentation_batch,
    .forward = segmentation_forward,
    .backward = segmentation_backward,
    .glance = segmentation_glance,
    .test = segmentation_test,
    .trivial = trivial,
    .show = segmentation_show,
};
