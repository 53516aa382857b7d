/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would each method have done on recorded losses and Gramians? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/describe_replay.h"
#include "cli/program.h"
#include "core/spec.h"
#include "lab/data.h"
#include "lab/figure.h"
#include "lab/json.h"
#include "lab/methods.h"
#include "lab/results.h"
#include "lab/trace.h"

typedef struct arguments {
    const char *method;
    const char *out;
    const char *format;
    size_t epoch_steps;
    reals preference;
    uint64_t seed;
    int json;
} arguments;

static const argument table[] = {
    {"method", ARGUMENT_TEXT, offsetof(arguments, method), "A,B,...",
     "the methods; commas inside parentheses do not split"},
    {"out", ARGUMENT_TEXT, offsetof(arguments, out), "DIR",
     "write the weights and their figure into this new folder"},
    {"format", ARGUMENT_TEXT, offsetof(arguments, format), "F",
     "png, svg or pdf (default png)"},
    {"epoch-steps", ARGUMENT_COUNT, offsetof(arguments, epoch_steps), "N",
     "steps in an epoch, for methods that count epochs (default: all in one)"},
    {"preference", ARGUMENT_REALS, offsetof(arguments, preference), "A,B,...",
     "for methods that are told one: a number for each objective"},
    {"seed", ARGUMENT_SEED, offsetof(arguments, seed), "S",
     "seed of the random stream"},
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
};

static void clear(history *all, size_t count)
{
    for (size_t k = 0; all != NULL && k < count; k++) {
        free(all[k].weights);
        free(all[k].norm);
        free(all[k].cosines);
        free(all[k].conflicts);
        free(all[k].pairs);
    }
    free(all);
}

/* ---- replaying ---- */

/* Cosine of the direction with each gradient; 0 where one of them is zero. */
static void find_cosines(const double *G, const double *w, size_t m, double norm,
                         double *ret_cosines)
{
    for (size_t i = 0; i < m; i++) {
        double product = 0, size = sqrt(G[i * m + i]) * norm;
        for (size_t j = 0; j < m; j++)
            product += G[i * m + j] * w[j];
        double cosine = size > 0 ? product / size : 0;
        ret_cosines[i] = fmin(fmax(cosine, -1), 1);
    }
}

static cod_status replay_step(cod_solver *solver, const cod_trace *trace, size_t t,
                              history *h)
{
    size_t m = trace->m;
    const double *losses = trace->losses + t * m, *G = trace->gramians + t * m * m;
    cod_plan plan;
    cod_certificate certificate = {0};
    cod_status status = cod_solver_plan(solver, &plan);
    if (status == COD_OK)
        status =
            cod_solver_weights(solver, losses, G, h->weights + t * m, &certificate);
    /* The losses after the update are the next ones that were recorded. */
    if (status == COD_OK && (plan.needs & COD_NEED_AFTER))
        status = cod_solver_after(solver, t + 1 < trace->steps ? losses + m : losses);
    if (status != COD_OK)
        return status;
    h->norm[t] = certificate.norm;
    h->conflicts[t] = certificate.conflicts;
    h->pairs[t] = certificate.conflicting_pairs;
    find_cosines(G, h->weights + t * m, m, h->norm[t], h->cosines + t * m);
    return COD_OK;
}

/* The preference, for a method that is told one; what a trace cannot serve. */
static int tell(const arguments *given, cod_solver *solver)
{
    cod_status status = COD_OK;
    if (cod_solver_moves_set(solver))
        return complain(EXIT_USAGE,
                        "%s moves a set of points together; a trace is of one point",
                        cod_solver_method(solver)->name);
    if (!cod_solver_takes(solver, "preference"))
        return EXIT_DONE;
    if (given->preference.count == 0)
        return complain(EXIT_USAGE, "%s is told a preference: give --preference",
                        cod_solver_method(solver)->name);
    status = cod_solver_feed(solver, "preference", given->preference.values,
                             given->preference.count);
    if (status != COD_OK)
        return complain(EXIT_USAGE, "--preference: %s", cod_solver_message(solver));
    return EXIT_DONE;
}

static int replay_method(const arguments *given, const cod_trace *trace, history *h)
{
    size_t per_epoch = given->epoch_steps > 0 ? given->epoch_steps : trace->steps;
    cod_setup setup = {.m = trace->m,
                       .steps = (int64_t)trace->steps,
                       .epochs = (int64_t)((trace->steps + per_epoch - 1) / per_epoch),
                       .seed = given->seed};
    setup.methods = cod_lab_methods(&setup.method_count);
    cod_solver *solver;
    cod_message message = {{0}};
    cod_status status = cod_solver_alloc(h->text, &setup, &solver, &message);
    if (status ==
        COD_ESHAPE) /* the trace has another number of objectives, or no rows */
        return complain(EXIT_USAGE, "trace %s: %s", trace->name, message.text);
    if (status != COD_OK)
        return complain_status(status, &message);
    int code = tell(given, solver);
    for (size_t t = 0; code == EXIT_DONE && t < trace->steps; t++) {
        if (t > 0 && t % per_epoch == 0)
            status = cod_solver_epoch(solver);
        if (status == COD_OK)
            status = replay_step(solver, trace, t, h);
        if (status != COD_OK)
            code = complain(status_code(status), "trace %s, step %zu: %s", trace->name,
                            t + 1, cod_solver_message(solver));
    }
    cod_solver_free(solver);
    return code;
}

static int allocate(history *h, const cod_trace *trace, const char *text)
{
    size_t steps = trace->steps, m = trace->m;
    h->text = text;
    h->steps = steps;
    h->m = m;
    h->weights = calloc(steps * m, sizeof(double));
    h->norm = calloc(steps, sizeof(double));
    h->cosines = calloc(steps * m, sizeof(double));
    h->conflicts = calloc(steps, sizeof(size_t));
    h->pairs = calloc(steps, sizeof(size_t));
    return h->weights != NULL && h->norm != NULL && h->cosines != NULL &&
           h->conflicts != NULL && h->pairs != NULL;
}

/* ---- results ---- */

static int write_results(const arguments *given, const cod_trace *trace,
                         const history *all, size_t count, cod_results *results)
{
    cod_message message = {{0}};
    FILE *out = given->json ? NULL : stdout;
    json_t *methods = json_array();
    for (size_t k = 0; k < count; k++)
        json_array_append_new(methods, cod_json_text(all[k].text));
    json_t *content =
        json_pack("{s:s, s:o, s:o, s:I, s:I, s:I}", "command", "replay", "trace",
                  cod_json_text(trace->name), "methods", methods, "steps",
                  (json_int_t)trace->steps, "seed", (json_int_t)given->seed,
                  "epoch_steps", (json_int_t)given->epoch_steps);
    const char *folder = cod_results_path(results);
    cod_status status = cod_results_manifest(results, content, 0, &message);
    if (status == COD_OK)
        status = history_write(folder, all, count, &message);
    if (status == COD_OK)
        status = history_write_weights(folder, trace, all, count, &message);
    if (status == COD_OK)
        status = cod_results_manifest(results, content, 1, &message);
    json_decref(content);
    int code = EXIT_DONE;
    if (status != COD_OK) {
        code = complain(EXIT_FAILED, "%s", message.text);
    } else {
        if (out != NULL)
            fprintf(out, "results %s\n", folder);
        code = draw_figures(folder, "weights", given->format, 0, out);
    }
    return code;
}

/* The table or the document, and the folder where one was asked for. */
static int report(const arguments *given, const cod_trace *trace, const history *all,
                  size_t count)
{
    cod_message message = {{0}};
    cod_results *results = NULL;
    if (given->out != NULL) {
        cod_status status = cod_results_alloc(given->out, &results, &message);
        if (status != COD_OK)
            return complain_status(status, &message);
    }
    if (!given->json)
        history_print(all, count);
    int code = EXIT_DONE, printed = EXIT_DONE;
    if (results != NULL)
        code = write_results(given, trace, all, count, results);
    if (given->json)
        printed = history_print_json(
            all, count, results != NULL ? cod_results_path(results) : NULL);
    cod_results_free(results);
    return code != EXIT_DONE ? code : printed;
}

/* ---- the verb ---- */

static int replay(const arguments *given, const cod_trace *trace, char **texts)
{
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    history *all = calloc(count, sizeof *all);
    int code = all != NULL ? EXIT_DONE : complain(EXIT_FAILED, "no memory");
    for (size_t k = 0; code == EXIT_DONE && k < count; k++)
        code = allocate(&all[k], trace, texts[k]) ? replay_method(given, trace, &all[k])
                                                  : complain(EXIT_FAILED, "no memory");
    if (code == EXIT_DONE)
        code = report(given, trace, all, count);
    clear(all, count);
    return code;
}

static int run(const void *values, char **operands, size_t count)
{
    (void)count;
    const arguments *given = values;
    cod_message message = {{0}};
    cod_trace trace = {0};
    char **texts = NULL;
    if (given->method == NULL)
        return complain(EXIT_USAGE,
                        "replay: give --method A,B,... (codescent replay --help)");
    cod_status status = cod_spec_split(given->method, &texts, &message);
    if (status == COD_OK && given->format != NULL)
        status = cod_format_check(given->format, &message);
    if (status == COD_OK)
        status = cod_trace_read(operands[0], &trace, &message);
    int code = status == COD_OK ? replay(given, &trace, texts)
                                : complain_status(status, &message);
    cod_trace_clear(&trace);
    cod_split_free(texts);
    return code;
}

const verb verb_replay = {
    .name = "replay",
    .operands = "TRACE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "what each method would have done on a recorded trace",
    .details =
        "TRACE is a folder with losses.npy (steps x m) and gramians.npy (steps x m "
        "x m).\nConflicts are objectives that the direction would raise (g_i.d < "
        "0), conflicting\npairs are objectives with g_i.g_j < 0. With --out the steps "
        "are written as CSV\nand the weights drawn.",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
