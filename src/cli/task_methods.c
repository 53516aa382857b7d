/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/task_methods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <codescent/method.h>

#include "cli/program.h"
#include "core/spec.h"
#include "lab/methods.h"

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

/* ---- --quick ---- */

static int has_option(const cod_spec *spec, const char *name)
{
    for (size_t k = 0; k < spec->option_count; k++)
        if (strcmp(spec->options[k].name, name) == 0)
            return 1;
    return 0;
}

static void print_quick(FILE *stream, const cod_spec *spec, const cod_spec *quick)
{
    const char *mark = "(";
    fputs(spec->name, stream);
    for (size_t k = 0; k < spec->option_count; k++, mark = ", ")
        fprintf(stream, "%s%s=%s", mark, spec->options[k].name, spec->options[k].value);
    for (size_t k = 0; k < quick->option_count; k++)
        if (!has_option(spec, quick->options[k].name)) {
            fprintf(stream, "%s%s=%s", mark, quick->options[k].name,
                    quick->options[k].value);
            mark = ", ";
        }
    fputc(')', stream);
}

cod_status task_quick_text(const cod_task_def *def, const char *text, char **ret_text,
                           cod_message *message)
{
    cod_spec *spec, *quick;
    char *made = NULL;
    size_t size;
    cod_status status = cod_spec_parse(text, &spec, message);
    if (status < 0)
        return status;
    status = cod_spec_parse(def->quick, &quick, message);
    if (status < 0) {
        cod_spec_free(spec);
        return status;
    }
    FILE *stream = open_memstream(&made, &size);
    if (stream != NULL) {
        print_quick(stream, spec, quick);
        if (fclose(stream) != 0) {
            free(made);
            made = NULL;
        }
    }
    cod_spec_free(spec);
    cod_spec_free(quick);
    *ret_text = made;
    return made == NULL ? no_memory(message) : COD_OK;
}

/* ---- --method and --scales ---- */

/* Texts with commas between, in a stream. */
typedef struct list {
    FILE *stream;
    size_t count;
} list;

static void add(list *l, const char *text)
{
    fprintf(l->stream, "%s%s", l->count++ > 0 ? "," : "", text);
}

static const cod_method *method_of(const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "( "), text);
    return cod_all_method_find(name, NULL);
}

/* As published, where that is another scale than unit sum. */
static void add_published(list *l, const char *text)
{
    const cod_method *method = method_of(text);
    size_t length = strlen(text);
    if (method == NULL || method->emit != NULL || method->inner > 0 ||
        method->traits & COD_TRAIT_SUM_ONE || strcmp(method->name, "linear") == 0 ||
        strstr(text, "output=") != NULL)
        return;
    if (text[length - 1] == ')')
        fprintf(l->stream, ",%.*s, output=native)", (int)length - 1, text);
    else
        fprintf(l->stream, ",%s(output=native)", text);
    l->count++;
}

static void add_scales(list *l, const char *text, int both)
{
    add(l, text);
    if (both)
        add_published(l, text);
}

static int is_listed(const char *const *texts, const cod_method *method)
{
    for (; *texts != NULL; texts++)
        if (method_of(*texts) == method)
            return 1;
    return 0;
}

static void add_own(list *l, const cod_task *task, int both)
{
    for (const char *const *own = task->def->methods(task->options); *own != NULL;
         own++)
        add_scales(l, *own, both);
}

/* Whether a method takes so many objectives; else says why not. */
static int takes(const cod_task *task, const cod_method *method)
{
    cod_message message = {{0}};
    cod_solver *solver = NULL;
    cod_setup setup = {.m = task->m, .n = 1, .steps = 1, .epochs = 1};
    setup.methods = cod_lab_methods(&setup.method_count);
    if (cod_solver_alloc(method->name, &setup, &solver, &message) != COD_OK)
        complain(EXIT_DONE, "left out of all methods: %s", message.text);
    cod_solver_free(solver);
    return solver != NULL;
}

/* No sets; no wrappers, of which there is no end. */
static void add_others(list *l, const cod_task *task, int both)
{
    const char *const *own = task->def->methods(task->options);
    for (size_t k = 0; k < cod_all_method_count(); k++) {
        const cod_method *method = cod_all_method_at(k);
        if (method->inner == 0 && !(method->traits & COD_TRAIT_SET) &&
            !is_listed(own, method) && takes(task, method))
            add_scales(l, method->name, both);
    }
}

static cod_status write_list(FILE *stream, const cod_task *task, const char *wanted,
                             int both, cod_message *message)
{
    char **given = NULL;
    list l = {stream, 0};
    if (wanted == NULL) {
        add_own(&l, task, both);
        return COD_OK;
    }
    cod_status status = cod_spec_split(wanted, &given, message);
    for (size_t k = 0; status == COD_OK && given[k] != NULL; k++) {
        if (strcmp(given[k], "all") == 0) {
            add_own(&l, task, both);
            add_others(&l, task, both);
        } else {
            add_scales(&l, given[k], both);
        }
    }
    cod_split_free(given);
    return status;
}

cod_status task_methods(const cod_task *task, const char *wanted, int both,
                        char ***ret_texts, cod_message *message)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return no_memory(message);
    cod_status status = write_list(stream, task, wanted, both, message);
    if (fclose(stream) != 0 && status == COD_OK)
        status = no_memory(message);
    if (status == COD_OK)
        status = cod_spec_split(text, ret_texts, message);
    free(text);
    return status;
}
