/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data of the figures of a study of learning; figure.h has their layout. */
#include "core/spec.h"
#include "lab/data.h"
#include "lab/training_study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The record of a method's first seed, or NULL. */
static const cod_training *first_of(const cod_training_study *study, size_t method)
{
    return cod_training_record(&study->methods[method].runs[0]);
}

/* One data file: its columns and labels, and how a method's rows are made of it. */
typedef struct file {
    const char *name;
    const char *what; /* follows the title */
    char *columns;
    const char *const *labels;
    size_t m; /* of the labels */
    void (*fill)(const cod_training_study *study, size_t method, double *row,
                 cod_data *data);
} file;

/* Numbers of a row, at the most. */
static size_t row_size(const cod_task *task)
{
    return 3 * cod_training_number_count(task) + 2;
}

static cod_status write_file(const cod_training_study *study, const char *folder,
                             const file *f, cod_message *message)
{
    cod_data *data;
    char title[300];
    double *row = calloc(row_size(study->task), sizeof *row);
    if (row == NULL)
        return cod_fail(message, COD_EMEMORY, "%s: out of memory", f->name);
    snprintf(title, sizeof title, "%.200s%s", study->task->title, f->what);
    cod_data_head head = {
        .title = title, .columns = f->columns, .labels = f->labels, .m = f->m};
    cod_status status = cod_data_open(folder, f->name, &head, &data, message);
    if (status == COD_OK) {
        for (size_t i = 0; i < study->count; i++) {
            const char *text = study->methods[i].text;
            cod_data_set(data, text, cod_method_place(text));
            f->fill(study, i, row, data);
        }
        status = cod_data_close(data, message);
    }
    free(row);
    return status;
}

/* ---- rows ---- */

/* The medians and quartiles of the test's losses, then each seed's losses. */
static void fill_spread(const cod_training_study *study, size_t method, double *row,
                        cod_data *data)
{
    size_t m = study->task->m;
    for (size_t k = 0; k < m; k++) {
        cod_quartiles q = cod_training_end(study, method, k);
        row[k] = q.median;
        row[m + 2 * k] = q.lower;
        row[m + 2 * k + 1] = q.upper;
    }
    if (isnan(row[0]))
        return;
    cod_data_row(data, row);
    for (size_t k = m; k < 3 * m; k++)
        row[k] = NAN;
    for (size_t r = 0; r < study->options.seeds; r++) {
        const cod_training *record =
            cod_training_record(&study->methods[method].runs[r]);
        if (record == NULL)
            continue;
        memcpy(row, record->end, m * sizeof *row);
        cod_data_row(data, row);
    }
}

/* The medians of the glances' losses and of the score to judge by. */
static void fill_learning(const cod_training_study *study, size_t method, double *row,
                          cod_data *data)
{
    const cod_task *task = study->task;
    size_t marks = cod_training_marks(task, study->options.steps);
    for (size_t k = 0; k < marks; k++) {
        double step =
            fmin((double)k * (double)task->epoch_steps, (double)study->options.steps);
        for (size_t i = 0; i <= task->m; i++)
            row[1 + i] =
                cod_training_glance(study, method, i, step, -1, &row[0]).median;
        if (!isnan(row[1]))
            cod_data_row(data, row);
    }
}

/* Weights that never change show nothing. */
static int varies(const cod_training *t)
{
    size_t m = t->task->m;
    for (size_t k = m; k < m * (size_t)t->steps; k++)
        if (t->weights[k] != t->weights[k % m] && !isnan(t->weights[k]))
            return 1;
    return 0;
}

static void fill_weights(const cod_training_study *study, size_t method, double *row,
                         cod_data *data)
{
    size_t m = study->task->m;
    const cod_training *t = first_of(study, method);
    if (t == NULL || !varies(t))
        return;
    for (size_t k = 0; k < (size_t)t->steps; k++) {
        row[0] = (double)k;
        memcpy(row + 1, t->weights + k * m, m * sizeof *row);
        if (!isnan(row[1]))
            cod_data_row(data, row);
    }
}

static void fill_conflict(const cod_training_study *study, size_t method, double *row,
                          cod_data *data)
{
    const cod_training *t = first_of(study, method);
    for (size_t k = 0; t != NULL && k < (size_t)t->steps; k++) {
        row[0] = (double)k;
        row[1] = t->cosines[k];
        if (!isnan(row[1]))
            cod_data_row(data, row);
    }
}

/* ---- all of them ---- */

/* "f_1 .. f_m low_1 high_1 .. low_m high_m" */
static char *spread_columns(size_t m)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return NULL;
    for (size_t i = 0; i < m; i++)
        fprintf(stream, "%sf_%zu", i > 0 ? " " : "", i + 1);
    for (size_t i = 0; i < m; i++)
        fprintf(stream, " low_%zu high_%zu", i + 1, i + 1);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static cod_status write_files(const cod_training_study *study, const char *folder,
                              const char *const *labels, cod_message *message)
{
    const cod_task *task = study->task;
    size_t m = task->m;
    int several = study->options.seeds > 1;
    const char *ended = several ? ": medians and quartiles" : "";
    const char *learned = several ? ": medians" : "";
    const char *weights =
        several ? ": weights that vary, first seed" : ": weights that vary";
    const char *conflict =
        several ? ": cosines of gradients, and their mean over 20 steps, first seed"
                : ": cosines of gradients, and their mean over 20 steps";
    file files[] = {
        {"spread.dat", ended, spread_columns(m), task->objectives, m, fill_spread},
        {"learning.dat", learned, NULL, labels, m + 1, fill_learning},
        {"weights.dat", weights, NULL, task->objectives, m, fill_weights},
        {"conflict.dat", conflict, strdup("step cosine"), NULL, m, fill_conflict},
    };
    size_t count = sizeof files / sizeof *files;
    cod_status status = COD_OK;
    if (cod_data_columns("step", 'f', m, task->def->scores[0].name, &files[1].columns) <
            0 ||
        cod_data_columns("step", 'w', m, "", &files[2].columns) < 0 ||
        files[0].columns == NULL || files[3].columns == NULL)
        status = cod_fail(message, COD_EMEMORY, "out of memory");
    for (size_t k = 0; k < count; k++) {
        if (status == COD_OK)
            status = write_file(study, folder, &files[k], message);
        free(files[k].columns);
    }
    return status;
}

/* Of the first seed. */
static cod_status show_samples(const cod_training_study *study, const char *folder,
                               cod_message *message)
{
    size_t count = 0;
    const char **names = calloc(study->count, sizeof *names);
    const unsigned char **samples = calloc(study->count, sizeof *samples);
    cod_status status = names == NULL || samples == NULL
                            ? cod_fail(message, COD_EMEMORY, "out of memory")
                            : COD_OK;
    for (size_t i = 0; status == COD_OK && i < study->count; i++)
        if (first_of(study, i) != NULL) {
            names[count] = study->methods[i].text;
            samples[count++] = first_of(study, i)->sample;
        }
    if (status == COD_OK && count > 0)
        status =
            study->task->def->show(study->task, folder, count, names, samples, message);
    free(names);
    free(samples);
    return status;
}

cod_status cod_training_figures(const cod_training_study *study, const char *folder,
                                cod_message *ret_message)
{
    const cod_task *task = study->task;
    const char **labels = calloc(task->m + 1, sizeof *labels);
    if (labels == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "out of memory");
    memcpy(labels, task->objectives, task->m * sizeof *labels);
    labels[task->m] = task->def->scores[0].name;
    cod_status status = write_files(study, folder, labels, ret_message);
    free(labels);
    return status == COD_OK ? show_samples(study, folder, ret_message) : status;
}
