/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"
#include "lab/file.h"
#include "lab/json.h"
#include "lab/matrix_file.h"
#include "lab/methods.h"
#include "lab/results.h"
#include "lab/solver_json.h"

typedef struct arguments {
    const char *method;
    const char *gramian;
    reals losses;
    reals preference;
    size_t repeat;
    uint64_t seed;
    size_t threads;
    int json;
} arguments;

static const argument table[] = {
    {"method", ARGUMENT_TEXT, offsetof(arguments, method), "SPEC",
     "the method, such as mgda or 'mgda(normalize=l2)'"},
    {"gramian", ARGUMENT_TEXT, offsetof(arguments, gramian), "FILE",
     "a ready Gramian in place of the gradients; - is standard input"},
    {"losses", ARGUMENT_REALS, offsetof(arguments, losses), "A,B,...",
     "one loss for each objective"},
    {"preference", ARGUMENT_REALS, offsetof(arguments, preference), "A,B,...",
     "for methods that are told one: a number for each objective"},
    {"repeat", ARGUMENT_COUNT, offsetof(arguments, repeat), "K",
     "apply the method, with its state, K times and print each"},
    {"seed", ARGUMENT_SEED, offsetof(arguments, seed), "S",
     "seed of the random stream"},
    {"threads", ARGUMENT_COUNT, offsetof(arguments, threads), "T",
     "threads; the result is the same for any number", MOST_THREADS},
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
};

#define MOST_BATCHES 3

/* What is combined, and the step's results. */
typedef struct job {
    const arguments *given;
    char **files;
    size_t file_count;
    const char *file;                 /* the first one, or the Gramian's */
    cod_matrix batches[MOST_BATCHES]; /* the first one may be a Gramian */
    const void **rows;                /* of all files */
    size_t m, n;
    cod_solver *solver;
    double *weights, *direction, *gramian;
    int has_weights;
    cod_certificate certificate;
} job;

static void clear(job *j)
{
    for (size_t k = 0; k < MOST_BATCHES; k++)
        cod_matrix_clear(&j->batches[k]);
    cod_solver_free(j->solver);
    free(j->rows);
    free(j->weights);
    free(j->direction);
    free(j->gramian);
}

/* One file of gradients for each batch, all of one shape. */
static int read_files(job *j)
{
    cod_message message = {{0}};
    cod_status status = COD_OK;
    if (j->given->gramian != NULL)
        status = cod_gramian_read(j->given->gramian, &j->batches[0], &message);
    for (size_t k = 0; status == COD_OK && k < j->file_count; k++)
        status = cod_matrix_read(j->files[k], &j->batches[k], &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    const cod_matrix *first = &j->batches[0];
    j->m = first->rows;
    j->n = j->given->gramian != NULL ? 0 : first->columns;
    j->rows = calloc(MOST_BATCHES * j->m, sizeof *j->rows);
    if (j->rows == NULL)
        return complain(EXIT_FAILED, "no memory");
    for (size_t k = 0; k < j->file_count; k++) {
        const cod_matrix *batch = &j->batches[k];
        if (batch->rows != j->m || batch->columns != j->n || batch->type != first->type)
            return complain(EXIT_USAGE,
                            "%s has another shape or type than %s: %zu x %zu, not "
                            "%zu x %zu",
                            cod_file_name(j->files[k]), cod_file_name(j->file),
                            batch->rows, batch->columns, j->m, j->n);
        memcpy(j->rows + k * j->m, batch->row, j->m * sizeof *j->rows);
    }
    return EXIT_DONE;
}

/* A list of one finite number for each objective, or none. */
static int check_list(const job *j, const char *name, const reals *list)
{
    if (list->count > 0 && list->count != j->m)
        return complain(EXIT_USAGE, "--%s has %zu entries, %s has %zu objectives", name,
                        list->count, cod_file_name(j->file), j->m);
    for (size_t i = 0; i < list->count; i++)
        if (!isfinite(list->values[i]))
            return complain(EXIT_USAGE, "--%s: the entry of objective %zu is %g", name,
                            i + 1, list->values[i]);
    return EXIT_DONE;
}

static int make_solver(job *j)
{
    const arguments *given = j->given;
    cod_message message = {{0}};
    cod_setup setup = {.m = j->m,
                       .n = j->n,
                       .seed = given->seed,
                       .threads = (unsigned)given->threads,
                       .certify = 1,
                       .steps = given->repeat > 1 ? (int64_t)given->repeat : 0};
    setup.methods = cod_lab_methods(&setup.method_count);
    cod_status status = cod_solver_alloc(given->method, &setup, &j->solver, &message);
    if (status == COD_ESHAPE) /* between the file and the method */
        return complain(EXIT_USAGE, "%s: %s", cod_file_name(j->file), message.text);
    if (status != COD_OK)
        return complain_status(status, &message);
    if (given->preference.count > 0)
        status = cod_solver_feed(j->solver, "preference", given->preference.values,
                                 given->preference.count);
    if (status != COD_OK)
        return complain(EXIT_USAGE, "--preference: %s", cod_solver_message(j->solver));
    return EXIT_DONE;
}

static int prepare(job *j)
{
    int code = read_files(j);
    if (code == EXIT_DONE)
        code = check_list(j, "losses", &j->given->losses);
    if (code == EXIT_DONE)
        code = check_list(j, "preference", &j->given->preference);
    if (code == EXIT_DONE)
        code = make_solver(j);
    if (code != EXIT_DONE)
        return code;
    j->weights = calloc(j->m, sizeof(double));
    j->direction = calloc(j->n + 1, sizeof(double));
    j->gramian = calloc(j->m * j->m, sizeof(double));
    if (j->weights == NULL || j->direction == NULL || j->gramian == NULL)
        return complain(EXIT_FAILED, "no memory");
    return EXIT_DONE;
}

/* The Gramian that is shown: the given one, or that of the rows. */
static cod_status find_gramian(job *j)
{
    if (j->given->gramian != NULL) {
        memcpy(j->gramian, j->batches[0].data, j->m * j->m * sizeof(double));
        return COD_OK;
    }
    cod_pool *pool;
    cod_status status = cod_pool_alloc((unsigned)j->given->threads, j->m, &pool);
    if (status != COD_OK)
        return status;
    status = cod_gramian(pool, j->m, j->n, j->rows, j->batches[0].type, j->gramian);
    cod_pool_free(pool);
    return status;
}

/* What the program's user can do about an input that is missing, or "". */
static const char *hint(const job *j, cod_status status, const cod_plan *plan)
{
    if (status != COD_EMISSING)
        return "";
    if ((plan->needs & COD_NEED_LOSSES) && j->given->losses.count == 0)
        return ": give --losses";
    return strstr(cod_solver_message(j->solver), "preference") != NULL
               ? ": give --preference"
               : "";
}

static int solve(job *j, const cod_plan *plan)
{
    const double *losses = j->given->losses.count > 0 ? j->given->losses.values : NULL;
    cod_status status;
    if (j->given->gramian != NULL)
        status = cod_solver_weights(j->solver, losses, j->batches[0].data, j->weights,
                                    &j->certificate);
    else
        status =
            cod_solver_step(j->solver, losses, j->rows, j->batches[0].type, j->weights,
                            j->direction, COD_FLOAT64, &j->certificate);
    if (status != COD_OK)
        return complain(status_code(status), "%s: %s%s", cod_file_name(j->file),
                        cod_solver_message(j->solver), hint(j, status, plan));
    return EXIT_DONE;
}

/* One step; the method's own message says what is wrong. */
static int step(job *j)
{
    cod_plan plan;
    const double *losses = j->given->losses.count > 0 ? j->given->losses.values : NULL;
    cod_status status = cod_solver_plan(j->solver, &plan);
    if (status != COD_OK)
        return complain(EXIT_USAGE, "%s", cod_solver_message(j->solver));
    cod_solver_abandon(j->solver);
    if (j->file_count > 0 && j->file_count != plan.batches)
        return complain(EXIT_USAGE,
                        "%s takes the gradients of %zu independent batch%s, a file "
                        "each: %zu given",
                        j->given->method, plan.batches, plan.batches == 1 ? "" : "es",
                        j->file_count);
    int code = solve(j, &plan);
    if (code != EXIT_DONE)
        return code;
    j->has_weights = cod_solver_method(j->solver)->emit == NULL;
    if ((plan.needs & COD_NEED_AFTER) && losses != NULL)
        status = cod_solver_after(j->solver, losses);
    if (status == COD_OK)
        status = find_gramian(j);
    return status == COD_OK ? EXIT_DONE : complain_status(status, NULL);
}

static void warn(const job *j)
{
    if (j->certificate.known & COD_KNOWN_INDEFINITE)
        complain(EXIT_DONE,
                 "warning: the Gramian has an eigenvalue of %.2g times its trace, as "
                 "Gramians made in float32 have",
                 j->certificate.indefinite);
}

/* ---- output ---- */

static json_t *known_json(const cod_certificate *certificate, unsigned bit,
                          double value)
{
    return certificate->known & bit ? cod_json_real(value) : json_null();
}

static json_t *count_json(const cod_certificate *certificate, unsigned bit,
                          size_t value)
{
    return certificate->known & bit ? json_integer((json_int_t)value) : json_null();
}

static json_t *certificate_json(const cod_certificate *c)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kkt",
                     known_json(c, COD_KNOWN_KKT, c->kkt), "stationarity",
                     known_json(c, COD_KNOWN_STATIONARITY, c->stationarity), "norm",
                     known_json(c, COD_KNOWN_NORM, c->norm), "conflicts",
                     count_json(c, COD_KNOWN_NORM, c->conflicts), "conflicting_pairs",
                     count_json(c, COD_KNOWN_STATIONARITY, c->conflicting_pairs),
                     "indefinite", known_json(c, COD_KNOWN_INDEFINITE, c->indefinite),
                     "iterations", count_json(c, COD_KNOWN_KKT, c->iterations));
}

static void add_step_json(const job *j, json_t *object)
{
    json_object_set_new(object, "weights",
                        cod_json_reals(j->has_weights ? j->weights : NULL, j->m));
    json_object_set_new(object, "direction",
                        cod_json_reals(j->n > 0 ? j->direction : NULL, j->n));
    json_object_set_new(object, "certificate", certificate_json(&j->certificate));
    json_object_set_new(object, "gramian", cod_json_matrix(j->gramian, j->m, j->m));
}

static void print_named(const char *name, const double *values, size_t count)
{
    fputs(name, stdout);
    cod_print_reals(stdout, values, count, " ");
    putchar('\n');
}

static void print_step(const job *j, size_t k)
{
    const cod_certificate *c = &j->certificate;
    if (k == 0)
        printf("method        %s\n", j->given->method);
    if (j->given->repeat > 0)
        printf("step          %zu\n", k + 1);
    if (j->has_weights)
        print_named("weights       ", j->weights, j->m);
    if (j->n > 0)
        print_named("direction     ", j->direction, j->n);
    if (c->known & COD_KNOWN_NORM)
        print_named("norm          ", &c->norm, 1);
    if (c->known & COD_KNOWN_NORM)
        printf("conflicts     %zu\n", c->conflicts);
    if (c->known & COD_KNOWN_STATIONARITY)
        print_named("stationarity  ", &c->stationarity, 1);
    if (c->known & COD_KNOWN_KKT)
        printf("kkt           %.3g\n", c->kkt);
}

static int all_steps(job *j, json_t *document)
{
    json_t *steps = document != NULL ? json_array() : NULL;
    size_t count = j->given->repeat > 0 ? j->given->repeat : 1;
    int code = EXIT_DONE;
    for (size_t k = 0; code == EXIT_DONE && k < count; k++) {
        code = step(j);
        if (code != EXIT_DONE)
            break;
        if (k == 0)
            warn(j);
        if (document == NULL) {
            print_step(j, k);
        } else if (j->given->repeat == 0) {
            add_step_json(j, document);
        } else {
            json_t *one = json_object();
            add_step_json(j, one);
            json_array_append_new(steps, one);
        }
    }
    if (document != NULL && j->given->repeat > 0)
        json_object_set(document, "steps", steps);
    json_decref(steps);
    return code;
}

static int combine(job *j)
{
    int code = prepare(j);
    if (code != EXIT_DONE || !j->given->json)
        return code == EXIT_DONE ? all_steps(j, NULL) : code;
    json_t *document =
        json_pack("{s:s, s:o}", "method", cod_solver_method(j->solver)->name, "options",
                  cod_solver_json(j->solver));
    if (document == NULL)
        return print_json(NULL);
    code = all_steps(j, document);
    if (code == EXIT_DONE)
        return print_json(document);
    json_decref(document);
    return code;
}

static int run(const void *values, char **operands, size_t count)
{
    const arguments *given = values;
    if (given->method == NULL)
        return complain(EXIT_USAGE, "combine: give --method SPEC (codescent combine "
                                    "--help)");
    if ((given->gramian != NULL) == (count > 0))
        return complain(EXIT_USAGE, "combine: give %s (codescent combine --help)",
                        count > 0 ? "files of gradients or --gramian, not both"
                                  : "a file of gradients, or - , or --gramian FILE");
    job j = {.given = given,
             .files = operands,
             .file_count = count,
             .file = count > 0 ? operands[0] : given->gramian};
    int code = combine(&j);
    clear(&j);
    return code;
}

const verb verb_combine = {
    .name = "combine",
    .operands = "[FILE|-]...",
    .operands_max = MOST_BATCHES,
    .summary = "gradients (or their Gramian) to weights, direction and certificate",
    .details =
        "FILE has one gradient a row: CSV, blanks between numbers, or .npy "
        "(float32,\nfloat64). Methods that work on independent batches (modo, sdmgrad) "
        "take a file for\neach. The direction is to be subtracted from x.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
