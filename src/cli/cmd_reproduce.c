/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/program.h"
#include "cli/study_folder.h"
#include "experiments/experiments.h"
#include "lab/figure.h"
#include "lab/json.h"
#include "lab/lab.h"
#include "lab/results.h"

typedef struct arguments {
    study_arguments study;
} arguments;

static const argument table[] = {
    STUDY_ARGUMENTS(arguments, study, "EXPERIMENT"),
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
    if (given->study.json) {
        drawn = draw_figures(r->folder, NULL, given->study.format, 0, NULL);
        code = print_json(json_pack("{s:s, s:o, s:o}", "experiment", experiment->name,
                                    "results", cod_json_text(r->folder), "claims",
                                    claims_json(r)));
    } else {
        print_claims(r);
        printf("results %s\n", r->folder);
        drawn = draw_figures(r->folder, NULL, given->study.format, 0, stdout);
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
                     const study_folder *folder, json_t *content, cod_sweep_options how)
{
    cod_message message = {{0}};
    progress_line progress = progress_begin("runs", given->study.quiet);
    cod_reproduction r = {.folder = cod_results_path(folder->results), .how = how};
    r.how.store = folder->store;
    r.how.progress = progress_show;
    r.how.progress_data = &progress;
    r.how.interrupt = &interrupted;
    interrupt_catch();
    cod_status status = experiment->run(&r, &message);
    progress_end(&progress);
    int whole = r.claim_count > 0; /* a part of the runs makes no claim */
    if (status == COD_OK && whole)
        status = write_claims(&r, &message);
    if (status == COD_OK && whole)
        status = cod_results_manifest(folder->results, content, 1, &message);
    if (status == COD_EINTERRUPTED)
        return complain(EXIT_INTERRUPTED, "interrupted: go on with --resume %s",
                        r.folder);
    return status == COD_OK ? conclude(experiment, &r, given)
                            : complain(EXIT_FAILED, "%s", message.text);
}

static int run(const void *values, char **operands, size_t count)
{
    const arguments *given = values;
    const study_arguments *study = &given->study;
    cod_message message = {{0}};
    if (count == 0 && study->resume == NULL)
        return complain(EXIT_USAGE,
                        "reproduce: missing EXPERIMENT (codescent reproduce --help)");
    if (count == 0)
        return study_again(&verb_reproduce, study->resume, values);
    const cod_experiment *experiment = cod_experiment_find(operands[0], &message);
    if (experiment == NULL)
        return complain(EXIT_USAGE, "%s", message.text);
    char wanted[256];
    snprintf(wanted, sizeof wanted, "results/%s", experiment->name);
    cod_sweep_options how = {.jobs = (unsigned)study->jobs, .retry = study->retry};
    cod_status status = read_part(study->part, &how, &message);
    if (status == COD_OK && study->format != NULL)
        status = cod_format_check(study->format, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    study_folder folder = {0};
    json_t *line = verb_line(&verb_reproduce, values, operands, count);
    json_t *content = json_pack("{s:s, s:s, s:s}", "command", "reproduce", "experiment",
                                experiment->name, "settings", experiment->settings);
    int code =
        study_folder_open(line, content, study->out != NULL ? study->out : wanted,
                          study->resume, &folder);
    if (code < 0)
        code = reproduce(experiment, given, &folder, content, how);
    json_decref(line);
    json_decref(content);
    study_folder_close(&folder);
    return code;
}

const verb verb_reproduce = {
    .name = "reproduce",
    .operands = "EXPERIMENT",
    .operands_min = 0,
    .operands_max = 1,
    .summary = "a published experiment: its figure, its outcome beside ours",
    .size = sizeof(arguments),
    .study = offsetof(arguments, study),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
