/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/program.h"
#include "core/spec.h"
#include "experiments/experiments.h"
#include "experiments/problems.h"
#include "experiments/tasks.h"
#include "lab/methods.h"

typedef struct arguments {
    int cite;
    int json;
} arguments;

static const argument table[] = {
    {"cite", ARGUMENT_FLAG, offsetof(arguments, cite), NULL, "only the BibTeX entry"},
    {"json", ARGUMENT_FLAG, offsetof(arguments, json), NULL, "one JSON document"},
};

static int cite(const char *name, const char *bibtex)
{
    if (bibtex == NULL)
        return complain(EXIT_FAILED, "%s has no BibTeX entry", name);
    fputs(bibtex, stdout);
    return EXIT_DONE;
}

static void head(const char *name, const char *summary, const char *citation)
{
    printf("%s: %s\n", name, summary);
    printf("  from  ");
    print_wrapped(citation, 8);
}

/* ---- methods ---- */

static json_t *fields_json(const cod_method *method)
{
    json_t *fields = json_array();
    for (size_t k = 0; k < method->field_count; k++)
        json_array_append_new(
            fields, json_pack("{s:s, s:s, s:s}", "name", method->fields[k].name, "unit",
                              method->fields[k].unit, "doc", method->fields[k].doc));
    return fields;
}

static json_t *inputs_json(const cod_method *method)
{
    json_t *inputs = json_array();
    for (size_t k = 0; k < method->input_count; k++)
        json_array_append_new(inputs, json_pack("{s:s, s:b, s:s}", "name",
                                                method->inputs[k].name, "required",
                                                method->inputs[k].required, "doc",
                                                method->inputs[k].doc));
    return inputs;
}

static int method_json(const cod_method *method, const char *needs, const char *traits)
{
    size_t count;
    const cod_option *engine = cod_engine_options(&count);
    return print_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o}",
                                "name", method->name, "summary", method->summary,
                                "citation", method->citation, "needs", needs, "traits",
                                traits, "inner", (json_int_t)method->inner, "options",
                                options_json(method->options, method->option_count),
                                "engine_options", options_json(engine, count), "inputs",
                                inputs_json(method), "fields", fields_json(method)));
}

static int show_method(const char *name, const arguments *given)
{
    cod_message message = {{0}};
    const cod_method *method = cod_all_method_find(name, &message);
    if (method == NULL)
        return complain(EXIT_USAGE, "%s", message.text);
    if (given->cite)
        return cite(name, method->bibtex);
    char needs[128], traits[256];
    needs_text(method->needs, needs, sizeof needs);
    traits_text(method->traits, traits, sizeof traits);
    if (given->json)
        return method_json(method, needs, traits);
    head(method->name, method->summary, method->citation);
    if (method->inner > 0)
        printf("  wraps %zu method%s: %s\n", method->inner,
               method->inner > 1 ? "s" : "", method->example);
    if (method->inner > 0) {
        puts("  needs what the methods inside need");
    } else {
        printf("  needs %s\n  is    ", needs);
        print_wrapped(traits, 8);
    }
    puts(method->option_count > 0 ? "\noptions:" : "\nno options of its own");
    print_options(method->options, method->option_count);
    puts("\noptions of every method (normalize: of those that use a Gramian):");
    size_t count;
    const cod_option *engine = cod_engine_options(&count);
    print_options(engine, count);
    if (method->input_count > 0)
        puts("\ntold from outside:");
    for (size_t k = 0; k < method->input_count; k++) {
        printf("  %-20s ", method->inputs[k].name);
        print_wrapped(method->inputs[k].doc, 23);
    }
    if (method->field_count > 0)
        puts("\nfields (state that can be read, saved and restored):");
    for (size_t k = 0; k < method->field_count; k++)
        printf("  %-20s %s\n", method->fields[k].name, method->fields[k].doc);
    return EXIT_DONE;
}

/* ---- problems ---- */

static int problem_json(const cod_problem *p, const double *reference)
{
    const cod_problem_def *def = p->def;
    json_t *point = json_array();
    for (size_t i = 0; i < p->m; i++)
        json_array_append_new(point, json_real(reference[i]));
    return print_json(json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:b, s:b, s:b, s:o, s:o}", "name", def->name,
        "summary", def->summary, "citation", def->citation, "m", (json_int_t)p->m, "n",
        (json_int_t)p->n, "bounded", (def->traits & COD_PROBLEM_BOUNDED) != 0, "convex",
        (def->traits & COD_PROBLEM_CONVEX) != 0, "front_known", def->front != NULL,
        "reference", point, "options", options_json(def->options, def->option_count)));
}

static int show_problem(const char *text, const arguments *given)
{
    size_t count;
    const cod_problem_def *const *list = cod_problem_list(&count);
    cod_problem *problem;
    cod_message message = {{0}};
    cod_status status = cod_problem_alloc(text, list, count, &problem, &message);
    if (status != COD_OK)
        return complain_status(status, &message);
    const cod_problem_def *def = problem->def;
    double reference[16] = {0};
    if (problem->m <= 16 && def->reference != NULL)
        def->reference(problem, reference);
    int code = EXIT_DONE;
    if (given->cite) {
        code = cite(def->name, def->bibtex);
    } else if (given->json) {
        code = problem_json(problem, reference);
    } else {
        head(def->name, def->summary, def->citation);
        printf("  m = %zu objectives, n = %zu variables%s%s; its front is %sknown\n",
               problem->m, problem->n,
               def->traits & COD_PROBLEM_BOUNDED ? ", bounded" : ", no bounds",
               def->traits & COD_PROBLEM_CONVEX ? ", convex" : "",
               def->front != NULL ? "" : "not ");
        printf("  box of x_1 [%g, %g]; reference point of the hypervolume (",
               problem->lower[0], problem->upper[0]);
        for (size_t i = 0; i < problem->m; i++)
            printf("%s%g", i > 0 ? ", " : "", reference[i]);
        puts(")");
        puts(def->option_count > 0 ? "\noptions:" : "\nno options");
        print_options(def->options, def->option_count);
    }
    cod_problem_free(problem);
    return code;
}

/* ---- learning tasks ---- */

static json_t *scores_json(const cod_task_def *def)
{
    json_t *scores = json_array();
    for (size_t k = 0; k < def->score_count; k++)
        json_array_append_new(
            scores, json_pack("{s:s, s:s, s:s}", "name", def->scores[k].name, "unit",
                              def->scores[k].unit, "doc", def->scores[k].doc));
    return scores;
}

static int show_task(const char *name, const arguments *given)
{
    cod_message message = {{0}};
    const cod_task_def *def = cod_task_find(name, &message);
    if (def == NULL)
        return complain(EXIT_USAGE, "%s", message.text);
    if (given->cite)
        return cite(name, def->bibtex);
    if (given->json)
        return print_json(json_pack(
            "{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "name", def->name, "summary",
            def->summary, "citation", def->citation, "step_rule", def->step_rule,
            "steps", (json_int_t)def->steps, "options",
            options_json(def->options, def->option_count), "scores", scores_json(def)));
    head(def->name, def->summary, def->citation);
    printf("  steps %lld, by %s, unless told otherwise\n\noptions:\n",
           (long long)def->steps, def->step_rule);
    print_options(def->options, def->option_count);
    puts("\nscores:");
    for (size_t k = 0; k < def->score_count; k++) {
        printf("  %-20s ", def->scores[k].name);
        print_wrapped(def->scores[k].doc, 23);
    }
    return EXIT_DONE;
}

/* ---- experiments ---- */

static int show_experiment(const char *name, const arguments *given)
{
    cod_message message = {{0}};
    const cod_experiment *experiment = cod_experiment_find(name, &message);
    if (experiment == NULL)
        return complain(EXIT_USAGE, "%s", message.text);
    if (given->cite)
        return cite(name, experiment->bibtex);
    if (given->json)
        return print_json(json_pack("{s:s, s:s, s:s, s:s}", "name", experiment->name,
                                    "summary", experiment->summary, "citation",
                                    experiment->citation, "settings",
                                    experiment->settings));
    head(experiment->name, experiment->summary, experiment->citation);
    printf("  with  ");
    print_wrapped(experiment->settings, 8);
    return EXIT_DONE;
}

/* ---- the verb ---- */

static const char *word_at(const void *list, size_t k)
{
    return ((const char *const *)list)[k];
}

static int run(const void *values, char **operands, size_t count)
{
    (void)count;
    static const char *const words[] = {"method", "problem", "task", "experiment"};
    const arguments *given = values;
    if (given->cite && given->json)
        return complain(EXIT_USAGE, "show: --cite or --json, not both");
    if (strcmp(operands[0], "method") == 0)
        return show_method(operands[1], values);
    if (strcmp(operands[0], "problem") == 0)
        return show_problem(operands[1], values);
    if (strcmp(operands[0], "task") == 0)
        return show_task(operands[1], values);
    if (strcmp(operands[0], "experiment") == 0)
        return show_experiment(operands[1], values);
    cod_message message = {{0}};
    cod_fail_name(&message, "kind", operands[0], words, COUNT(words), word_at);
    return complain(EXIT_USAGE, "%s (codescent show --help)", message.text);
}

const verb verb_show = {
    .name = "show",
    .operands = "method|problem|task|experiment NAME",
    .operands_min = 2,
    .operands_max = 2,
    .summary = "one of them: options, needs, citation",
    .size = sizeof(arguments),
    .arguments = table,
    .argument_count = COUNT(table),
    .run = run,
};
