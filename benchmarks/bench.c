/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <cblas.h>
#include <string.h>
#include <unistd.h>

#include "bench_private.h"
#include "core/spec.h"
#include "lab/json.h"
#include "lab/results.h"

static const bench_table tables[] = {
    {.name = "gramian",
     .title = "Gramian: speeds relative to a plain sum of the same bytes (sum: in "
              "float64, read: in the\nelements' own type), to the products of a dgemm "
              "of 1024 rows, and to ssyrk or dsyrk, with\nthe same threads.",
     .run = bench_gramian,
     .names = {"data", "type", "m", "threads"},
     .speeds = 1},
    {.name = "combine",
     .title = "Weighted sum of rows: speeds relative to a plain sum of the bytes that "
              "are read and written\n(sum, read: as above), to a plain loop that adds "
              "the rows up (add), and to sgemv or dgemv,\nwith the same threads.",
     .run = bench_combine,
     .names = {"data", "type", "m", "threads"},
     .speeds = 1},
    {.name = "minnorm",
     .title = "Min-norm point, cold, on up to 64 Gramians in turn. Times in units of "
              "LAPACK's dpotrf of m\nand of 64 rows.",
     .run = bench_minnorm,
     .names = {"gradients", "m"},
     .alone = 1},
    {.name = "warm",
     .title =
         "Min-norm point of m gradients with 2 m elements: cold, in units of "
         "dpotrf; warm, from the\nweights before every entry of G changed by 1 "
         "%, in units of dpotrf of the support's size;\nresumed after one gradient "
         "was replaced, each in its turn, its row of G found or named, in units of "
         "cold.",
     .run = bench_minnorm_warm,
     .names = {"m"},
     .alone = 1},
    {.name = "batch",
     .title = "Many small min-norm problems in one call, and one by one: time for "
              "each.",
     .run = bench_minnorm_batch,
     .names = {"m", "problems"},
     .alone = 1},
    {.name = "cone",
     .title = "Projections on the dual cone: of each gradient, which are m, and of the "
              "mean; on up to 64\nGramians in turn. Times in units of LAPACK's dpotrf "
              "of m and of 64 rows.",
     .run = bench_cone,
     .names = {"projected", "m"},
     .alone = 1},
    {.name = "methods",
     .title = "One step of each method, weights alone. Times in units of LAPACK's "
              "dpotrf of m rows.",
     .run = bench_methods,
     .names = {"method", "m", "given"},
     .alone = 1},
#ifdef COD_BENCH_NETWORK
    {.name = "network",
     .title = "A training step of the segmentation task's network, 8 crops of 64 x 64, "
              "one thread. Times\nin units of OpenBLAS's sgemm with as many "
              "multiplications.",
     .run = bench_network,
     .names = {"part"}},
    {.name = "layers",
     .title = "The same network, layer by layer, in the same units: one pass forward "
              "and back, and\noneDNN's code.",
     .run = bench_layers,
     .names = {"layer"}},
#endif
};

enum { COUNT = sizeof tables / sizeof *tables };

const bench_table *bench_table_at(size_t k)
{
    return k < COUNT ? &tables[k] : NULL;
}

const bench_table *bench_table_find(const char *name)
{
    for (size_t k = 0; k < COUNT; k++)
        if (strcmp(tables[k].name, name) == 0)
            return &tables[k];
    return NULL;
}

static const char *name_at(const void *list, size_t k)
{
    (void)list;
    return tables[k].name;
}

unsigned bench_threads(void)
{
    enum { MOST = 64 };
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > MOST ? MOST : (unsigned)processors;
}

/* What bare times can be compared by; BLAS has one thread. */
static json_t *make_machine(const char *kernels)
{
    char processor[256];
    bench_cholesky *cholesky = bench_cholesky_alloc(BENCH_REFERENCE_ROWS);
    if (cholesky == NULL)
        return NULL;
    bench_work work = {.run = bench_cholesky_run, .arg = cholesky};
    bench_measure(&work, 1, 1, 0.05);
    bench_cholesky_free(cholesky);
    cod_processor_name(processor, sizeof processor);
    json_t *machine =
        json_pack("{s:s, s:o, s:s, s:I, s:s}", "version", cod_version(), "processor",
                  cod_json_text(processor), "kernels", kernels, "threads",
                  (json_int_t)bench_threads(), "openblas", openblas_get_corename());
    if (machine == NULL || bench_put_time(machine, "dpotrf64_us", &work, 1e-6) != 0) {
        json_decref(machine);
        return NULL;
    }
    return machine;
}

static cod_status run_table(const bench_table *table, const char *kernels,
                            json_t *document, cod_message *ret_message)
{
    json_t *rows = json_array();
    if (json_object_set_new(document, table->name, rows) != 0)
        return cod_fail(ret_message, COD_EMEMORY, "no memory for the benchmark");
    int threads = openblas_get_num_threads();
    openblas_set_num_threads(table->alone ? 1 : threads);
    cod_status status = table->run(rows, kernels);
    openblas_set_num_threads(threads);
    if (status < 0)
        return cod_fail(ret_message, status, "benchmark %s: %s", table->name,
                        cod_status_text(status));
    return COD_OK;
}

static cod_status collect(const char *what, const json_t *like, const char *kernels,
                          json_t *document, cod_message *ret_message)
{
    int threads = openblas_get_num_threads();
    openblas_set_num_threads(1);
    json_t *machine = make_machine(kernels);
    openblas_set_num_threads(threads);
    if (json_object_set_new(document, "machine", machine) != 0 || cod_json_lost())
        return cod_fail(ret_message, COD_EMEMORY, "no memory for the benchmark");
    cod_status status = COD_OK;
    for (size_t k = 0; k < COUNT && status == COD_OK; k++)
        if ((what == NULL || strcmp(what, tables[k].name) == 0) &&
            (like == NULL || json_object_get(like, tables[k].name) != NULL))
            status = run_table(&tables[k], kernels, document, ret_message);
    return status;
}

cod_status cod_bench_check(const char *what, cod_message *ret_message)
{
    if (what == NULL || bench_table_find(what) != NULL)
        return COD_OK;
    return cod_fail_name(ret_message, "benchmark", what, NULL, COUNT, name_at);
}

cod_status cod_bench_run(const char *what, const json_t *like, const char *kernels,
                         json_t **ret_document, cod_message *ret_message)
{
    const cod_kernels *chosen;
    cod_status status = cod_kernels_find(kernels, &chosen, ret_message);
    if (status == COD_OK)
        status = cod_bench_check(what, ret_message);
    if (status < 0)
        return status;
    json_t *document = json_object();
    if (document == NULL)
        return cod_fail(ret_message, COD_EMEMORY, "no memory for the benchmark");
    status = collect(what, like, chosen->name, document, ret_message);
    if (status == COD_OK)
        *ret_document = document;
    else
        json_decref(document);
    return status;
}

cod_status cod_bench_print(FILE *out, const json_t *document)
{
    const json_t *machine = json_object_get(document, "machine");
    bench_print_machine(out, machine);
    fprintf(out, "; dpotrf of %d rows: %.4g us\n", BENCH_REFERENCE_ROWS,
            json_number_value(json_object_get(machine, "dpotrf64_us")));
    fputs("Every measured column: the best turn (the median of all, and how wide their "
          "middle half is).\n\n",
          out);
    for (size_t k = 0; k < COUNT; k++) {
        const json_t *rows = json_object_get(document, tables[k].name);
        if (rows == NULL)
            continue;
        fprintf(out, "%s\n", tables[k].title);
        bench_print_rows(out, rows);
        fputc('\n', out);
    }
    return COD_OK;
}

void bench_print_machine(FILE *out, const json_t *machine)
{
    fprintf(out, "codescent %s, %s, %s kernels, up to %lld threads, OpenBLAS for %s",
            json_string_value(json_object_get(machine, "version")),
            json_string_value(json_object_get(machine, "processor")),
            json_string_value(json_object_get(machine, "kernels")),
            (long long)json_integer_value(json_object_get(machine, "threads")),
            json_string_value(json_object_get(machine, "openblas")));
}
