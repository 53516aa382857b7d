/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/describe_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"
#include "core/spec.h"
#include "lab/data.h"
#include "lab/json.h"
#include "lab/results.h"

/* ---- the table and JSON ---- */

static void print_head(const history *first, int width)
{
    char title[40];
    printf("%-*s", width, "method");
    for (size_t i = 1; i <= first->m; i++) {
        snprintf(title, sizeof title, "mean w_%zu", i);
        printf(" %10s", title);
    }
    printf(" %10s %10s %10s %10s\n", "mean norm", "lowest cos", "conflicts", "pairs");
}

/* Conflicts and conflicting pairs: the number of steps that have any. */
static void print_row(const history *h, int width)
{
    double norm = 0, lowest = 1;
    size_t conflicts = 0, pairs = 0;
    printf("%-*s", width, h->text);
    for (size_t i = 0; i < h->m; i++) {
        double mean = 0;
        for (size_t t = 0; t < h->steps; t++)
            mean += h->weights[t * h->m + i] / (double)h->steps;
        printf(" %10.4g", mean);
    }
    for (size_t t = 0; t < h->steps; t++) {
        norm += h->norm[t] / (double)h->steps;
        conflicts += h->conflicts[t] > 0;
        pairs += h->pairs[t] > 0;
        for (size_t i = 0; i < h->m; i++)
            lowest = fmin(lowest, h->cosines[t * h->m + i]);
    }
    printf(" %10.4g %10.4f %10zu %10zu\n", norm, lowest, conflicts, pairs);
}

void history_print(const history *all, size_t count)
{
    size_t width = 6;
    for (size_t k = 0; k < count; k++)
        width = strlen(all[k].text) > width ? strlen(all[k].text) : width;
    print_head(&all[0], (int)width);
    for (size_t k = 0; k < count; k++)
        print_row(&all[k], (int)width);
    printf("lowest cos: of the direction with any gradient; conflicts: steps, of %zu, "
           "whose\ndirection would raise an objective; pairs: steps with g_i.g_j < 0\n",
           all[0].steps);
}

static json_t *counts_json(const size_t *counts, size_t count)
{
    json_t *array = json_array();
    for (size_t k = 0; k < count; k++)
        json_array_append_new(array, json_integer((json_int_t)counts[k]));
    return array;
}

int history_print_json(const history *all, size_t count, const char *folder)
{
    json_t *methods = json_array();
    for (size_t k = 0; k < count; k++) {
        const history *h = &all[k];
        json_array_append_new(
            methods, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "method", h->text,
                               "weights", cod_json_matrix(h->weights, h->steps, h->m),
                               "norm", cod_json_reals(h->norm, h->steps), "cosines",
                               cod_json_matrix(h->cosines, h->steps, h->m), "conflicts",
                               counts_json(h->conflicts, h->steps), "conflicting_pairs",
                               counts_json(h->pairs, h->steps)));
    }
    json_t *document = json_pack("{s:o}", "methods", methods);
    if (folder != NULL)
        json_object_set_new(document, "results", cod_json_text(folder));
    return print_json(document);
}

/* ---- the result folder ---- */

cod_status history_write(const char *folder, const history *all, size_t count,
                         cod_message *message)
{
    cod_output *output;
    cod_status status = cod_output_open(folder, "replay.csv", &output, message);
    if (status != COD_OK)
        return status;
    FILE *csv = output->stream;
    fputs("method,step", csv);
    for (size_t i = 1; i <= all[0].m; i++)
        fprintf(csv, ",w_%zu", i);
    fputs(",norm", csv);
    for (size_t i = 1; i <= all[0].m; i++)
        fprintf(csv, ",cos_%zu", i);
    fputs(",conflicts,conflicting_pairs\n", csv);
    for (size_t k = 0; k < count; k++)
        for (size_t t = 0; t < all[k].steps; t++) {
            const history *h = &all[k];
            cod_print_cell(csv, h->text);
            fprintf(csv, ",%zu,", t);
            cod_print_reals(csv, h->weights + t * h->m, h->m, ",");
            fprintf(csv, ",%.17g,", h->norm[t]);
            cod_print_reals(csv, h->cosines + t * h->m, h->m, ",");
            fprintf(csv, ",%zu,%zu\n", h->conflicts[t], h->pairs[t]);
        }
    return cod_output_close(output, message);
}

cod_status history_write_weights(const char *folder, const cod_trace *trace,
                                 const history *all, size_t count, cod_message *message)
{
    char *columns;
    double *row = calloc(trace->m + 1, sizeof *row);
    if (row == NULL)
        return cod_fail(message, COD_EMEMORY, "out of memory");
    cod_status status = cod_data_columns("step", 'w', trace->m, "", &columns);
    if (status != COD_OK) {
        free(row);
        return cod_fail(message, status, "out of memory");
    }
    cod_data *data;
    cod_data_head head = {.title = trace->name,
                          .columns = columns,
                          .labels = (const char *const *)trace->objectives,
                          .m = trace->m};
    status = cod_data_open(folder, "weights.dat", &head, &data, message);
    for (size_t k = 0; status == COD_OK && k < count; k++) {
        cod_data_set(data, all[k].text, cod_method_place(all[k].text));
        for (size_t t = 0; t < trace->steps; t++) {
            row[0] = (double)t;
            memcpy(row + 1, all[k].weights + t * trace->m, trace->m * sizeof *row);
            cod_data_row(data, row);
        }
        cod_data_break(data);
    }
    if (status == COD_OK)
        status = cod_data_close(data, message);
    free(columns);
    free(row);
    return status;
}
