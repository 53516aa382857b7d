/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the runs of a study of learning amount to. */
#include "core/spec.h"
#include "lab/training_study.h"

#include <math.h>

size_t cod_training_number_count(const cod_task *task)
{
    return task->m + task->def->score_count;
}

const char *cod_training_number_name(const cod_task *task, size_t k)
{
    return k < task->m ? task->objectives[k] : task->def->scores[k - task->m].name;
}

/* A number of a run; NaN where there is none. */
typedef double (*reader)(const cod_training *record, const void *what);

static cod_quartiles over_seeds(const cod_training_study *study, size_t method,
                                reader read, const void *what)
{
    size_t count = 0;
    double *values = study->over_seeds;
    for (size_t r = 0; r < study->options.seeds; r++) {
        const cod_training *record =
            cod_training_record(&study->methods[method].runs[r]);
        double value = record != NULL ? read(record, what) : NAN;
        if (isfinite(value))
            values[count++] = value;
    }
    return cod_quartiles_of(values, count);
}

static double end_of(const cod_training *record, const void *what)
{
    return record->end[*(const size_t *)what];
}

cod_quartiles cod_training_end(const cod_training_study *study, size_t method, size_t k)
{
    return over_seeds(study, method, end_of, &k);
}

size_t cod_training_nonfinite(const cod_training_study *study, size_t method, size_t k)
{
    size_t count = 0;
    for (size_t r = 0; r < study->options.seeds; r++) {
        const cod_training *record =
            cod_training_record(&study->methods[method].runs[r]);
        count += record != NULL && !isfinite(record->end[k]);
    }
    return count;
}

typedef struct glance {
    size_t column;
    double steps, passes; /* at most; -1: any number */
} glance;

/* Marks rise in steps and in passes. */
static double glance_of(const cod_training *record, const void *what)
{
    const glance *g = what;
    size_t width = cod_training_mark_width(record->task);
    size_t below = 0, above = record->marks; /* the first `below` marks are within */
    while (below < above) {
        size_t middle = below + (above - below) / 2;
        const double *mark = record->mark_numbers + middle * width;
        if ((g->steps < 0 || mark[0] <= g->steps) &&
            (g->passes < 0 || mark[1] <= g->passes))
            below = middle + 1;
        else
            above = middle;
    }
    return below > 0 ? record->mark_numbers[(below - 1) * width + g->column]
                     : (double)NAN;
}

cod_quartiles cod_training_glance(const cod_training_study *study, size_t method,
                                  size_t k, double steps, double passes,
                                  double *ret_step)
{
    glance wanted = {2 + k, steps, passes}, step = {0, steps, passes};
    if (ret_step != NULL)
        *ret_step = over_seeds(study, method, glance_of, &step).median;
    return over_seeds(study, method, glance_of, &wanted);
}

double cod_training_glance_passes(const cod_training_study *study, size_t method,
                                  double steps, double passes)
{
    glance wanted = {1, steps, passes};
    return over_seeds(study, method, glance_of, &wanted).median;
}

static double passes_of(const cod_training *record, const void *what)
{
    (void)what;
    return record->passes[record->steps - 1];
}

double cod_training_passes(const cod_training_study *study, size_t method)
{
    return over_seeds(study, method, passes_of, NULL).median;
}

double cod_training_fewest_passes(const cod_training_study *study)
{
    double fewest = NAN;
    for (size_t i = 0; i < study->count; i++)
        fewest = fmin(fewest, cod_training_passes(study, i)); /* NaN: the other one */
    return fewest;
}

/* ---- measures ---- */

static cod_status measure_run(const cod_training_study *study,
                              const cod_training_method *method,
                              const cod_training_run *run, cod_store *store,
                              cod_message *message)
{
    cod_status status = COD_OK;
    const cod_task *task = study->task;
    for (size_t k = 0; status == COD_OK && k < cod_training_number_count(task); k++) {
        cod_measure measure = {.problem = task->title,
                               .method = method->text,
                               .seed = (int64_t)run->seed,
                               .name = cod_training_number_name(task, k),
                               .value = run->record->end[k],
                               .better = k < task->m
                                             ? COD_BETTER_LOWER
                                             : task->def->scores[k - task->m].better};
        status = cod_store_measure(store, &measure, message);
    }
    return status;
}

cod_status cod_training_study_measure(const cod_training_study *study, cod_store *store,
                                      cod_message *ret_message)
{
    cod_status status = cod_store_begin(store, ret_message);
    if (status < 0)
        return status;
    status = cod_store_clear_measures(store, ret_message);
    for (size_t i = 0; i < study->count; i++)
        for (size_t r = 0; status == COD_OK && r < study->options.seeds; r++)
            if (cod_training_record(&study->methods[i].runs[r]) != NULL)
                status = measure_run(study, &study->methods[i],
                                     &study->methods[i].runs[r], store, ret_message);
    if (status == COD_OK)
        status = cod_store_commit(store, ret_message);
    if (status < 0)
        cod_store_rollback(store);
    return status;
}
