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

/* The text with further options, those that it does not give itself; to be freed, or
 * NULL where memory is short. */
static char *with_options(const cod_spec *spec, const cod_spec_option *further,
                          size_t count)
{
    char *text = NULL;
    const char *mark = "(";
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return NULL;
    fputs(spec->name, stream);
    for (size_t k = 0; k < spec->option_count; k++, mark = ", ")
        fprintf(stream, "%s%s=%s", mark, spec->options[k].name, spec->options[k].value);
    for (size_t k = 0; k < count; k++)
        if (!cod_spec_gives(spec, further[k].name)) {
            fprintf(stream, "%s%s=%s", mark, further[k].name, further[k].value);
            mark = ", ";
        }
    if (*mark != '(')
        fputc(')', stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

cod_status task_quick_text(const cod_task_def *def, const char *text, char **ret_text,
                           cod_message *message)
{
    cod_spec *spec, *quick;
    cod_status status = cod_spec_parse(text, &spec, message);
    if (status < 0)
        return status;
    status = cod_spec_parse(def->quick, &quick, message);
    if (status < 0) {
        cod_spec_free(spec);
        return status;
    }
    char *made = with_options(spec, quick->options, quick->option_count);
    cod_spec_free(spec);
    cod_spec_free(quick);
    if (made == NULL)
        return no_memory(message);
    *ret_text = made;
    return COD_OK;
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

/* Whether a method has another scale as published than unit sum. */
static int has_scale(const cod_method *method)
{
    return method != NULL && method->emit == NULL && method->inner == 0 &&
           !(method->traits & COD_TRAIT_SUM_ONE) && strcmp(method->name, "linear") != 0;
}

/* As published, where that is another scale. */
static cod_status add_published(list *l, const char *text, cod_message *message)
{
    cod_spec *spec;
    cod_spec_option native = {.name = (char[]){"output"}, .value = (char[]){"native"}};
    if (!has_scale(method_of(text)))
        return COD_OK;
    cod_status status = cod_spec_parse(text, &spec, message);
    if (status < 0)
        return status;
    if (!cod_spec_gives(spec, native.name)) {
        char *published = with_options(spec, &native, 1);
        if (published != NULL)
            add(l, published);
        else
            status = no_memory(message);
        free(published);
    }
    cod_spec_free(spec);
    return status;
}

static cod_status add_scales(list *l, const char *text, int both, cod_message *message)
{
    add(l, text);
    return both ? add_published(l, text, message) : COD_OK;
}

static int is_listed(const char *const *texts, const cod_method *method)
{
    for (; *texts != NULL; texts++)
        if (method_of(*texts) == method)
            return 1;
    return 0;
}

static cod_status add_own(list *l, const cod_task *task, int both, cod_message *message)
{
    cod_status status = COD_OK;
    const char *const *own = task->def->methods(task->options);
    for (; status == COD_OK && *own != NULL; own++)
        status = add_scales(l, *own, both, message);
    return status;
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
static cod_status add_others(list *l, const cod_task *task, int both,
                             cod_message *message)
{
    cod_status status = COD_OK;
    const char *const *own = task->def->methods(task->options);
    for (size_t k = 0; status == COD_OK && k < cod_all_method_count(); k++) {
        const cod_method *method = cod_all_method_at(k);
        if (method->inner == 0 && !(method->traits & COD_TRAIT_SET) &&
            !is_listed(own, method) && takes(task, method))
            status = add_scales(l, method->name, both, message);
    }
    return status;
}

static cod_status write_list(FILE *stream, const cod_task *task, const char *wanted,
                             int both, cod_message *message)
{
    char **given = NULL;
    list l = {stream, 0};
    if (wanted == NULL)
        return add_own(&l, task, both, message);
    cod_status status = cod_spec_split(wanted, &given, message);
    for (size_t k = 0; status == COD_OK && given[k] != NULL; k++) {
        int all = strcmp(given[k], "all") == 0;
        status = all ? add_own(&l, task, both, message)
                     : add_scales(&l, given[k], both, message);
        if (status == COD_OK && all)
            status = add_others(&l, task, both, message);
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
