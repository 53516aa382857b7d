/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/program.h"
#include "experiments/experiments.h"
#include "lab/figure.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/results.h"

typedef struct arguments {
    const char *out;
    const char *format;
    size_t jobs;
    int json, quiet;
} arguments;

static const argument table[] = {
    {"out", ARGUMENT_TEXT, offsetof(arguments, out), "DIR",
     "the result folder, made anew (default results/EXPERIMENT)"},
    {"format", ARGUMENT_TEXT, offsetof(arguments, format), "F",
     "png, svg or pdf (default png)"},
    {"jobs", ARGUMENT_COUNT, offsetof(arguments, jobs), "J",
     "runs at a time; the results are the same for any number", MOST_THREADS},
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
    {"quiet", ARGUMENT_FLAG, offsetof(arguments, quiet), NULL, "no progress line"},
};

static json_t *claims_json(const cod_reproduction *r)
{
    json_t *claims = json_array();
    for (size_t k = 0; k < r->claim_count; k++)
        json_array_append_new(
            claims, json_pack("{s:s, s:s, s:s, s:b}", "claim", r->claims[k].text,
                              "published", r->claims[k].published, "measured",
                              r->claims[k].measured, "met", r->claims[k].met));
    return claims;
}

static void print_claims(const cod_reproduction *r)
{
    for (size_t k = 0; k < r->claim_count; k++)
        printf("%-8s %s\n         published: %s\n         measured:  %s\n",
               r->claims[k].met ? "met" : "NOT MET", r->claims[k].text,
               r->claims[k].published, r->claims[k].measured);
}

static cod_status write_claims(const cod_reproduction *r, cod_message *message)
{
    cod_output *output;
    cod_status status = cod_output_open(r->folder, "claims.csv", &output, message);
    if (status != COD_OK)
        return status;
    fputs("claim,published,measured,met\n", output->stream);
    for (size_t k = 0; k < r->claim_count; k++) {
        cod_print_cell(output->stream, r->claims[k].text);
        fputc(',', output->stream);
        cod_print_cell(output->stream, r->claims[k].published);
        fputc(',', output->stream);
        cod_print_cell(output->stream, r->claims[k].measured);
        fprintf(output->stream, ",%d\n", r->claims[k].met);
    }
    return cod_output_close(output, message);
}

static int conclude(const cod_experiment *experiment, const cod_reproduction *r,
                    const arguments *given)
{
    int code = EXIT_DONE, drawn;
    if (given->json) {
        drawn = draw_figures(r->folder, NULL, given->format, 0, NULL);
        code = print_json(json_pack("{s:s, s:o, s:o}", "experiment", experiment->name,
                                    "results", cod_json_text(r->folder), "claims",
                                    claims_json(r)));
    } else {
        print_claims(r);
        printf("results %s\n", r->folder);
        drawn = draw_figures(r->folder, NULL, given->format, 0, stdout);
    }
    if (drawn == EXIT_INTERRUPTED)
        return drawn;
    for (size_t k = 0; code == EXIT_DONE && k < r->claim_count; k++)
        if (!r->claims[k].met)
            code = complain(EXIT_NOT_MET, "%s: a published outcome was not met",
                            experiment->name);
    return code == EXIT_DONE ? drawn : code;
}

static int reproduce(const cod_experiment *experiment, const arguments *given,
                     cod_results *results)
{
    cod_message message = {{0}};
    progress_line progress = progress_begin("runs", given->quiet);
    cod_reproduction r = {.folder = cod_results_path(results),
                          .jobs = (unsigned)given->jobs,
                          .progress = progress_show,
                          .progress_data = &progress,
                          .interrupt = &interrupted};
    json_t *content = json_pack("{s:s, s:s, s:s}", "command", "reproduce", "experiment",
                                experiment->name, "settings", experiment->settings);
    cod_status status = cod_results_manifest(results, content, 0, &message);
    interrupt_catch();
    if (status == COD_OK)
        status = experiment->run(&r, &message);
    progress_end(&progress);
    if (status == COD_OK)
        status = write_claims(&r, &message);
    if (status == COD_OK)
        status = cod_results_manifest(results, content, 1, &message);
    json_decref(content);
    if (status == COD_EINTERRUPTED)
        return complain(EXIT_INTERRUPTED, "interrupted: %s has what had finished",
                        r.folder);
    return status == COD_OK ? conclude(experiment, &r, given)
                            : complain(EXIT_FAILED, "%s", message.text);
}

static int run(const void *values, char **operands, size_t count)
{
    (void)count;
    const arguments *given = values;
    cod_message message = {{0}};
    const cod_experiment *experiment = cod_experiment_find(operands[0], &message);
    if (experiment == NULL)
        return complain(EXIT_USAGE, "%s", message.text);
    char folder[256];
    snprintf(folder, sizeof folder, "results/%s", experiment->name);
    cod_results *results;
    cod_status status = COD_OK;
    if (given->format != NULL)
        status = cod_format_check(given->format, &message);
    if (status == COD_OK)
        status = cod_results_alloc(given->out != NULL ? given->out : folder, &results,
                                   &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    int code = reproduce(experiment, given, results);
    cod_results_free(results);
    return code;
}

const verb verb_reproduce = {
    .name = "reproduce",
    .operands = "EXPERIMENT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "a published experiment: its figure, its outcome beside ours",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
