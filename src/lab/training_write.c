/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of a study of learning. */
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/results.h"
#include "lab/training_study.h"

#include <math.h>

/* A number as a CSV cell; empty where it is not one. */
static void print_reals(FILE *stream, const double *values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        fputc(',', stream);
        if (isfinite(values[k]))
            fprintf(stream, "%.17g", values[k]);
    }
}

/* The names of losses and scores. */
static void print_numbers(FILE *stream, const cod_task *task, size_t count)
{
    for (size_t k = 0; k < count; k++)
        fprintf(stream, ",%s", cod_training_number_name(task, k));
}

/* Of one method's run of one seed: its rows of a table. */
typedef void (*row_writer)(const cod_task *task, const char *method,
                           const cod_training_run *run, FILE *stream);

/* The cells that every row of a run begins with. */
static void print_key(const char *method, const cod_training_run *run, FILE *stream)
{
    cod_print_cell(stream, method);
    fprintf(stream, ",%llu", (unsigned long long)run->seed);
}

static void write_run(const cod_task *task, const char *method,
                      const cod_training_run *run, FILE *stream)
{
    size_t count = cod_training_number_count(task);
    const cod_training *t = cod_training_record(run);
    print_key(method, run, stream);
    if (t == NULL) {
        fprintf(stream, ",%s,,", run->finished ? "failed" : "unfinished");
        for (size_t k = 0; k < count; k++)
            fputc(',', stream);
    } else {
        fprintf(stream, ",finished,%lld,%.0f", (long long)t->steps,
                t->passes[t->steps - 1]);
        print_reals(stream, t->end, count);
    }
    fputc(',', stream);
    if (run->finished && run->status < COD_OK)
        cod_print_cell(stream, run->message.text);
    fputc('\n', stream);
}

static void write_marks(const cod_task *task, const char *method,
                        const cod_training_run *run, FILE *stream)
{
    size_t width = cod_training_mark_width(task);
    const cod_training *t = cod_training_record(run);
    for (size_t k = 0; t != NULL && k < t->marks; k++) {
        print_key(method, run, stream);
        print_reals(stream, t->mark_numbers + k * width, width);
        fputc('\n', stream);
    }
}

static void write_steps(const cod_task *task, const char *method,
                        const cod_training_run *run, FILE *stream)
{
    size_t m = task->m;
    const cod_training *t = cod_training_record(run);
    for (size_t k = 0; t != NULL && k < (size_t)t->steps; k++) {
        print_key(method, run, stream);
        fprintf(stream, ",%zu,%.0f", k, t->passes[k]);
        print_reals(stream, t->losses + k * m, m);
        print_reals(stream, t->weights + k * m, m);
        print_reals(stream, t->cosines + k, 1);
        fputc('\n', stream);
    }
}

static void write_units(const cod_task *task, const char *method,
                        const cod_training_run *run, FILE *stream)
{
    const cod_training *t = cod_training_record(run);
    if (t == NULL)
        return;
    print_key(method, run, stream);
    print_reals(stream, t->units, task->m);
    fputc('\n', stream);
}

static void write_time(const cod_task *task, const char *method,
                       const cod_training_run *run, FILE *stream)
{
    (void)task;
    print_key(method, run, stream);
    fprintf(stream, ",%.6f\n", run->seconds);
}

/* ---- heads ---- */

static void head_runs(const cod_task *task, FILE *stream)
{
    fputs("method,seed,status,steps,backward_passes", stream);
    print_numbers(stream, task, cod_training_number_count(task));
    fputs(",message\n", stream);
}

static void head_marks(const cod_task *task, FILE *stream)
{
    fputs("method,seed,step,backward_passes", stream);
    print_numbers(stream, task, cod_training_number_count(task));
    fputc('\n', stream);
}

static void head_steps(const cod_task *task, FILE *stream)
{
    fputs("method,seed,step,backward_passes", stream);
    print_numbers(stream, task, task->m);
    for (size_t i = 0; i < task->m; i++)
        fprintf(stream, ",w_%zu", i + 1);
    fputs(",cosine\n", stream);
}

static void head_units(const cod_task *task, FILE *stream)
{
    fputs("method,seed", stream);
    print_numbers(stream, task, task->m);
    fputc('\n', stream);
}

static void head_time(const cod_task *task, FILE *stream)
{
    (void)task;
    fputs("method,seed,seconds\n", stream);
}

typedef struct table {
    const char *name;
    void (*head)(const cod_task *task, FILE *stream);
    row_writer row;
} table;

static cod_status write_table(const cod_training_study *study, const char *folder,
                              const table *t, cod_message *message)
{
    cod_output *output;
    cod_status status = cod_output_open(folder, t->name, &output, message);
    if (status < 0)
        return status;
    t->head(study->task, output->stream);
    for (size_t i = 0; i < study->count; i++)
        for (size_t r = 0; r < study->options.seeds; r++)
            t->row(study->task, study->methods[i].text, &study->methods[i].runs[r],
                   output->stream);
    return cod_output_close(output, message);
}

/* Answers that take no learning. */
static cod_status write_trivial(const cod_training_study *study, const char *folder,
                                cod_message *message)
{
    cod_output *output;
    size_t count = cod_training_number_count(study->task);
    cod_status status = cod_output_open(folder, "trivial.csv", &output, message);
    if (status < 0)
        return status;
    fputs("answer", output->stream);
    print_numbers(output->stream, study->task, count);
    fputc('\n', output->stream);
    for (size_t k = 0; k < study->trivial_count; k++) {
        cod_print_cell(output->stream, study->trivial[k].name);
        print_reals(output->stream, study->trivial[k].numbers, count);
        fputc('\n', output->stream);
    }
    return cod_output_close(output, message);
}

cod_status cod_training_study_write(const cod_training_study *study, const char *folder,
                                    cod_message *ret_message)
{
    static const table tables[] = {
        {"runs.csv", head_runs, write_run},     {"marks.csv", head_marks, write_marks},
        {"steps.csv", head_steps, write_steps}, {"units.csv", head_units, write_units},
        {"timing.csv", head_time, write_time},
    };
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < sizeof tables / sizeof *tables; k++)
        status = write_table(study, folder, &tables[k], ret_message);
    if (status == COD_OK)
        status = write_trivial(study, folder, ret_message);
    if (status == COD_OK)
        status = cod_training_figures(study, folder, ret_message);
    return status;
}
