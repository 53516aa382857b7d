/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <cblas.h>
#include <string.h>
#include <unistd.h>

#include "bench_private.h"
#include "core/spec.h"

static const struct {
    const char *name;
    const char *title;
    cod_status (*run)(json_t *rows, const char *kernels);
    int alone; /* BLAS gets one thread: so do we */
} benchmarks[] = {
    {"gramian",
     "Gramian. Speeds relative to a plain sum of the same bytes (sum: in float64, "
     "read: in "
     "the\nelements' own type) and to ssyrk or dsyrk, with the same threads.",
     bench_gramian},
    {"combine",
     "Weighted sum of rows. Speeds relative to a plain sum of the bytes that are read "
     "and\n"
     "written (sum, read: as above), to sgemv or dgemv, and to a plain loop that adds "
     "the "
     "rows up\n(add), with the same threads.",
     bench_combine},
    {"minnorm",
     "Min-norm point, on 64 Gramians in turn. Time in units of LAPACK's dpotrf of that "
     "m.",
     bench_minnorm, 1},
    {"warm",
     "Min-norm point of m gradients with 2 m elements: cold; warm, from the weights "
     "before every\nentry of G changed by 1 %, in units of dpotrf of the support's "
     "size; resumed after one\ngradient was replaced, each in its turn, its row of G "
     "found or named. Spread: the slowest\nquarter's distance from the fastest, of the "
     "median.",
     bench_minnorm_warm, 1},
    {"batch",
     "Many small min-norm problems in one call, and one by one. Time for each.",
     bench_minnorm_batch, 1},
    {"cone",
     "Projections on the dual cone: of each gradient, which are m, and of the mean; on "
     "64\nGramians in turn. Time in units of LAPACK's dpotrf of that m.",
     bench_cone, 1},
    {"methods",
     "One step of each method, weights alone. Time in units of LAPACK's dpotrf of that "
     "m.",
     bench_methods, 1},
#ifdef COD_BENCH_NETWORK
    {"network",
     "A training step of the segmentation task's network, 8 crops of 64 x 64, one "
     "thread. Time\nin units of OpenBLAS's sgemm with as many multiplications.",
     bench_network},
    {"layers",
     "The same network, layer by layer: what one pass takes, and oneDNN's code.",
     bench_layers},
#endif
};

enum { COUNT = sizeof benchmarks / sizeof *benchmarks };

const char *cod_bench_name(size_t k)
{
    return k < COUNT ? benchmarks[k].name : NULL;
}

static const char *name_at(const void *list, size_t k)
{
    (void)list;
    return cod_bench_name(k);
}

static void print_cell(FILE *out, const json_t *value, int width)
{
    if (json_is_real(value))
        fprintf(out, "%*.*g", width, 4, json_real_value(value));
    else if (json_is_integer(value))
        fprintf(out, "%*lld", width, (long long)json_integer_value(value));
    else if (json_is_string(value))
        fprintf(out, "%*s", width, json_string_value(value));
    else
        fprintf(out, "%*s", width, "-");
}

static int cell_width(const char *key, json_t *rows)
{
    size_t width = strlen(key);
    size_t k;
    json_t *row;
    json_array_foreach(rows, k, row)
    {
        const json_t *value = json_object_get(row, key);
        size_t length = json_is_real(value) ? 9 : json_is_integer(value) ? 8 : 1;
        if (json_is_string(value))
            length = strlen(json_string_value(value));
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Column heads are the keys of the first row. */
static void print_table(FILE *out, const char *title, json_t *rows)
{
    json_t *first = json_array_get(rows, 0);
    const char *key;
    json_t *value;
    fprintf(out, "%s\n", title);
    if (first == NULL)
        return;
    json_object_foreach(first, key, value)
        fprintf(out, " %*s", cell_width(key, rows), key);
    fputc('\n', out);
    size_t k;
    json_t *row;
    json_array_foreach(rows, k, row)
    {
        json_object_foreach(first, key, value)
        {
            fputc(' ', out);
            print_cell(out, json_object_get(row, key), cell_width(key, rows));
        }
        fputc('\n', out);
    }
    fputc('\n', out);
}

/* What bare times can be compared by; BLAS has one thread. */
static json_t *machine(const char *kernels)
{
    bench_cholesky *cholesky = bench_cholesky_alloc(BENCH_REFERENCE_ROWS);
    if (cholesky == NULL)
        return NULL;
    bench_work work = {.run = bench_cholesky_run, .arg = cholesky};
    bench_measure(&work, 1, 0.05);
    bench_cholesky_free(cholesky);
    return json_pack("{s:s, s:s, s:I, s:f, s:f}", "version", cod_version(), "kernels",
                     kernels, "processors", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
                     "dpotrf64_us", work.time.min * 1e6, "dpotrf64_median_us",
                     work.time.median * 1e6);
}

static cod_status collect(const char *what, const cod_kernels *kernels,
                          json_t *document, cod_message *ret_message)
{
    int threads = openblas_get_num_threads();
    openblas_set_num_threads(1);
    json_t *found = machine(kernels->name);
    openblas_set_num_threads(threads);
    if (found == NULL || json_object_set_new(document, "machine", found) != 0)
        return cod_fail(ret_message, COD_EMEMORY, "no memory for the benchmark");
    for (size_t k = 0; k < COUNT; k++) {
        if (what != NULL && strcmp(what, benchmarks[k].name) != 0)
            continue;
        json_t *rows = json_array();
        if (rows == NULL ||
            json_object_set_new(document, benchmarks[k].name, rows) != 0)
            return cod_fail(ret_message, COD_EMEMORY, "no memory for the benchmark");
        openblas_set_num_threads(benchmarks[k].alone ? 1 : threads);
        cod_status status = benchmarks[k].run(rows, kernels->name);
        openblas_set_num_threads(threads);
        if (status < 0)
            return cod_fail(ret_message, status, "benchmark %s: %s", benchmarks[k].name,
                            cod_status_text(status));
    }
    return COD_OK;
}

static void print_document(FILE *out, json_t *document)
{
    json_t *found = json_object_get(document, "machine");
    fprintf(out,
            "codescent %s, %s kernels, %lld processors; dpotrf of 64 rows: %.4g us\n",
            json_string_value(json_object_get(found, "version")),
            json_string_value(json_object_get(found, "kernels")),
            (long long)json_integer_value(json_object_get(found, "processors")),
            json_real_value(json_object_get(found, "dpotrf64_us")));
    fprintf(out, "Times are the fastest of several repetitions, and their median.\n\n");
    for (size_t k = 0; k < COUNT; k++) {
        json_t *rows = json_object_get(document, benchmarks[k].name);
        if (rows != NULL)
            print_table(out, benchmarks[k].title, rows);
    }
}

cod_status cod_bench_run(const char *what, const char *kernels, int json, FILE *out,
                         cod_message *ret_message)
{
    const cod_kernels *chosen;
    cod_status status = cod_kernels_find(kernels, &chosen, ret_message);
    if (status < 0)
        return status;
    size_t k = 0;
    while (what != NULL && k < COUNT && strcmp(what, benchmarks[k].name) != 0)
        k++;
    if (k == COUNT)
        return cod_fail_name(ret_message, "benchmark", what, NULL, COUNT, name_at);
    json_t *document = json_object();
    if (document == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "no memory for the benchmark");
    status = collect(what, chosen, document, ret_message);
    if (status == COD_OK && json) {
        json_dumpf(document, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        fputc('\n', out);
    } else if (status == COD_OK) {
        print_document(out, document);
    }
    json_decref(document);
    return status;
}

int cod_bench(const char *what, int json, FILE *out)
{
    return cod_bench_run(what, NULL, json, out, NULL);
}
