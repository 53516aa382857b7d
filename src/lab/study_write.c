/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/spec.h"
#include "lab/lab.h"
#include "lab/results.h"
#include "lab/study_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- tables ---- */

/* A number as a CSV cell; empty where it is not one. */
static void print_real(FILE *stream, double value)
{
    fputc(',', stream);
    if (isfinite(value))
        fprintf(stream, "%.17g", value);
}

static void print_names(FILE *stream, char letter, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(stream, ",%c_%zu", letter, i + 1);
}

/* The studies of a folder, of all problems and seeds. */
typedef struct study_list {
    cod_study *const *all;
    size_t count;
} study_list;

/* The largest m and n: a row has as many cells for every problem. */
static size_t largest(const study_list *s, int of_variables)
{
    size_t most = 0;
    for (size_t k = 0; k < s->count; k++) {
        const cod_problem *problem = s->all[k]->problem;
        size_t value = of_variables ? problem->n : problem->m;
        most = value > most ? value : most;
    }
    return most;
}

/* The cells that every row begins with. */
static void print_key(const cod_study *study, const cod_study_method *method,
                      FILE *stream)
{
    cod_print_cell(stream, study->options.title);
    fputc(',', stream);
    cod_print_cell(stream, method->text);
    fprintf(stream, ",%llu", (unsigned long long)study->options.seed);
}

static void write_method(const cod_study *study, const cod_study_method *m,
                         FILE *stream)
{
    print_key(study, m, stream);
    fprintf(stream, ",%zu,%zu,%zu,%zu,%zu", m->count, m->finished, m->failed,
            m->stationary, m->stationary_at_start);
    print_real(stream, m->worst_stationarity);
    fprintf(stream, ",%zu,%zu", m->front_count, m->front_stationary);
    print_real(stream, m->hypervolume);
    print_real(stream, m->igd_plus);
    fprintf(stream, ",%lld,%lld,%lld,", (long long)m->steps, (long long)m->evaluations,
            (long long)m->conflict_steps);
    cod_print_cell(stream, m->step_rule);
    fprintf(stream, ",%zu\n", m->slots);
}

static void write_methods(const study_list *s, FILE *stream)
{
    fputs("problem,method,seed,runs,finished,failed,stationary,stationary_at_start,"
          "worst_stationarity,front_count,front_stationary,hypervolume,igd_plus,steps,"
          "evaluations,conflict_steps,step_rule,slots\n",
          stream);
    for (size_t k = 0; k < s->count; k++)
        for (size_t i = 0; i < s->all[k]->count; i++)
            write_method(s->all[k], &s->all[k]->methods[i], stream);
}

static const char *status_of(const cod_study_run *run)
{
    if (!run->finished)
        return "unfinished";
    return cod_status_key(run->status < 0 ? run->status : run->result.status);
}

/* `count` cells, empty where there are no more values. */
static void print_cells(FILE *stream, const double *values, size_t known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_real(stream, values != NULL && i < known ? values[i] : NAN);
}

static void write_run(const study_list *s, const cod_study *study,
                      const cod_study_run *run, FILE *stream)
{
    size_t m = study->problem->m, n = study->problem->n;
    size_t m_cells = largest(s, 0), n_cells = largest(s, 1);
    int ended = run->finished && run->status == COD_OK;
    fprintf(stream, ",%zu,%s", run->start + 1, status_of(run));
    if (ended)
        fprintf(stream, ",%lld,%lld,%lld", (long long)run->result.steps,
                (long long)run->result.evaluations,
                (long long)run->result.conflict_steps);
    else
        fputs(",,,", stream);
    print_real(stream, ended ? run->result.stationarity : NAN);
    fprintf(stream, ",%d,%d", ended && run->result.stationary_at_start, run->on_front);
    print_cells(stream, ended ? run->f : NULL, m, m_cells);
    print_cells(stream, run->preference, m, m_cells);
    print_cells(stream, ended ? run->x : NULL, n, n_cells);
    fputc(',', stream);
    if (run->finished && run->status < 0)
        cod_print_cell(stream, run->message.text);
    fputc('\n', stream);
}

static void write_runs(const study_list *s, FILE *stream)
{
    fputs("problem,method,seed,run,start,status,steps,evaluations,conflict_steps,"
          "stationarity,stationary_at_start,on_front",
          stream);
    print_names(stream, 'f', largest(s, 0));
    print_names(stream, 'p', largest(s, 0)); /* the preference */
    print_names(stream, 'x', largest(s, 1));
    fputs(",message\n", stream);
    for (size_t k = 0; k < s->count; k++)
        for (size_t i = 0; i < s->all[k]->count; i++)
            for (size_t r = 0; r < s->all[k]->methods[i].count; r++) {
                print_key(s->all[k], &s->all[k]->methods[i], stream);
                fprintf(stream, ",%zu", r + 1);
                write_run(s, s->all[k], &s->all[k]->methods[i].runs[r], stream);
            }
}

static void write_timing(const study_list *s, FILE *stream)
{
    fputs("problem,method,seed,run,seconds\n", stream);
    for (size_t k = 0; k < s->count; k++)
        for (size_t i = 0; i < s->all[k]->count; i++)
            for (size_t r = 0; r < s->all[k]->methods[i].count; r++) {
                print_key(s->all[k], &s->all[k]->methods[i], stream);
                fprintf(stream, ",%zu,%.9f\n", r + 1,
                        s->all[k]->methods[i].runs[r].seconds);
            }
}

/* Sets of points with a blank line between; a method without a point has no set. */
static void write_sets(const study_list *s, FILE *stream)
{
    size_t written = 0;
    for (size_t k = 0; k < s->count; k++)
        for (size_t i = 0; i < s->all[k]->count; i++) {
            const cod_study_method *method = &s->all[k]->methods[i];
            size_t m = s->all[k]->problem->m;
            if (method->front_count == 0)
                continue;
            fprintf(stream, "%s# %s", written++ > 0 ? "\n" : "", method->text);
            if (s->count > 1)
                fprintf(stream, ", %s, seed %llu", s->all[k]->options.title,
                        (unsigned long long)s->all[k]->options.seed);
            fputc('\n', stream);
            for (size_t p = 0; p < method->front_count; p++) {
                cod_print_reals(stream, method->front + p * m, m, " ");
                fputc('\n', stream);
            }
        }
}

typedef void (*table_writer)(const study_list *s, FILE *stream);

static cod_status write_table(const study_list *s, const char *folder, const char *name,
                              table_writer writer, cod_message *message)
{
    cod_output *output;
    cod_status status = cod_output_open(folder, name, &output, message);
    if (status < 0)
        return status;
    writer(s, output->stream);
    return cod_output_close(output, message);
}

/* ---- figures ---- */

/* Whether study k is of another problem than all before it. */
static int is_first(cod_study *const *all, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (strcmp(all[i]->options.title, all[k]->options.title) == 0)
            return 0;
    return 1;
}

/* A problem's text as a folder's name: "zdt1(n=30)" becomes "zdt1-n=30". */
static void name_folder(const char *title, char *ret_name, size_t size)
{
    size_t length = 0;
    for (; *title != '\0' && length + 1 < size; title++) {
        int plain = (*title >= '0' && *title <= '9') ||
                    (*title >= 'A' && *title <= 'Z') ||
                    (*title >= 'a' && *title <= 'z') || *title == '=' || *title == '.';
        if (plain)
            ret_name[length++] = *title;
        else if (length > 0 && ret_name[length - 1] != '-')
            ret_name[length++] = '-';
    }
    while (length > 0 && ret_name[length - 1] == '-')
        length--;
    ret_name[length] = '\0';
}

cod_status cod_study_folder(cod_study *const *studies, size_t count, size_t k,
                            const char *folder, char **ret_folder)
{
    size_t problems = 0;
    char name[128], *path = NULL;
    for (size_t i = 0; i < count; i++)
        problems += (size_t)is_first(studies, i);
    *ret_folder = NULL;
    if (!is_first(studies, k))
        return COD_OK;
    name_folder(studies[k]->options.title, name, sizeof name);
    int length = problems == 1 ? asprintf(&path, "%s", folder)
                               : asprintf(&path, "%s/%s", folder, name);
    if (length < 0)
        return COD_EMEMORY;
    *ret_folder = path;
    return COD_OK;
}

static cod_status write_figures(const study_list *s, size_t k, const char *folder,
                                cod_message *message)
{
    const cod_study_options *o = &s->all[k]->options;
    size_t seeds = 0;
    char *own, title[256];
    cod_status status = cod_study_folder(s->all, s->count, k, folder, &own);
    if (status < 0)
        return cod_fail(message, status, "out of memory");
    if (own == NULL)
        return COD_OK;
    for (size_t i = 0; i < s->count; i++)
        seeds += strcmp(s->all[i]->options.title, o->title) == 0;
    int length = snprintf(title, sizeof title, "%s", o->title);
    if (seeds > 1 && (size_t)length < sizeof title)
        snprintf(title + length, sizeof title - (size_t)length, ", seed %llu",
                 (unsigned long long)o->seed);
    if (mkdir(own, 0777) != 0 && errno != EEXIST)
        status = cod_fail(message, COD_EFILE, "%s: the folder cannot be made: %s", own,
                          strerror(errno));
    if (status == COD_OK)
        status = cod_study_figures(s->all[k], title, own, message);
    free(own);
    return status;
}

cod_status cod_study_write(cod_study *const *all, size_t count, const char *folder,
                           cod_message *ret_message)
{
    static const struct {
        const char *name;
        table_writer writer;
    } tables[] = {{"methods.csv", write_methods},
                  {"runs.csv", write_runs},
                  {"timing.csv", write_timing},
                  {"fronts.txt", write_sets}};
    study_list s = {all, count};
    cod_status status = COD_OK;
    for (size_t k = 0; status == COD_OK && k < sizeof tables / sizeof *tables; k++)
        status = write_table(&s, folder, tables[k].name, tables[k].writer, ret_message);
    for (size_t k = 0; status == COD_OK && k < count; k++)
        status = write_figures(&s, k, folder, ret_message);
    return status;
}
