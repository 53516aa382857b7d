/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <codescent/method.h>

#include "core/spec.h"
#include "lab/study_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cod_method *find_method(const cod_study_options *options, const char *name)
{
    for (size_t k = 0; k < options->method_count; k++)
        if (strcmp(options->methods[k]->name, name) == 0)
            return options->methods[k];
    return cod_method_find(name);
}

static unsigned traits_of(const cod_study_options *options, const cod_spec *spec)
{
    const cod_method *method = find_method(options, spec->name);
    return method == NULL ? 0 : method->traits;
}

/* Takes weights that the text does not give. */
static int lacks_weights(const cod_study_options *options, const cod_spec *spec)
{
    return (traits_of(options, spec) & COD_TRAIT_WEIGHTED) &&
           !cod_spec_gives(spec, "weights");
}

static int takes(const cod_study_options *options, const cod_spec *spec)
{
    if (lacks_weights(options, spec) ||
        (traits_of(options, spec) & COD_TRAIT_PREFERENCE))
        return 1;
    for (size_t k = 0; k < spec->inner_count; k++)
        if (takes(options, spec->inner[k]))
            return 1;
    return 0;
}

cod_status cod_study_takes_preference(const cod_study_options *options,
                                      const char *text, int *ret_takes,
                                      cod_message *message)
{
    cod_spec *spec;
    cod_status status = cod_spec_parse(text, &spec, message);
    if (status < 0)
        return status;
    *ret_takes = takes(options, spec);
    cod_spec_free(spec);
    return COD_OK;
}

static int moves_set(const cod_study_options *options, const cod_spec *spec)
{
    int moves = (traits_of(options, spec) & COD_TRAIT_SET) != 0;
    for (size_t k = 0; k < spec->inner_count; k++)
        moves |= moves_set(options, spec->inner[k]);
    return moves;
}

cod_status cod_study_moves_set(const cod_study_options *options, const char *text,
                               int *ret_moves, cod_message *message)
{
    cod_spec *spec;
    cod_status status = cod_spec_parse(text, &spec, message);
    if (status < 0)
        return status;
    *ret_moves = moves_set(options, spec);
    cod_spec_free(spec);
    return COD_OK;
}

static void print_spec(FILE *stream, const cod_study_options *options,
                       const cod_spec *spec, size_t m, const double *preference)
{
    const char *mark = "(";
    fputs(spec->name, stream);
    for (size_t k = 0; k < spec->option_count; k++, mark = ", ")
        fprintf(stream, "%s%s=%s", mark, spec->options[k].name, spec->options[k].value);
    if (lacks_weights(options, spec)) {
        fprintf(stream, "%sweights=", mark);
        for (size_t i = 0; i < m; i++)
            fprintf(stream, "%s%.17g", i > 0 ? ":" : "", preference[i]);
        mark = ", ";
    }
    for (size_t k = 0; k < spec->inner_count; k++, mark = ", ") {
        fputs(mark, stream);
        print_spec(stream, options, spec->inner[k], m, preference);
    }
    if (*mark == ',')
        fputc(')', stream);
}

cod_status cod_study_text(const cod_study_options *options, const char *text, size_t m,
                          const double *preference, char **ret_text)
{
    cod_spec *spec;
    char *made = NULL;
    size_t size;
    if (preference == NULL) {
        *ret_text = strdup(text);
        return *ret_text == NULL ? COD_EMEMORY : COD_OK;
    }
    cod_status status = cod_spec_parse(text, &spec, NULL);
    if (status < 0)
        return status;
    FILE *stream = open_memstream(&made, &size);
    if (stream != NULL) {
        print_spec(stream, options, spec, m, preference);
        if (fclose(stream) != 0) {
            free(made);
            made = NULL;
        }
    }
    cod_spec_free(spec);
    *ret_text = made;
    return made == NULL ? COD_EMEMORY : COD_OK;
}
