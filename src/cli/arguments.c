/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a verb: one table gives parsing, checks and help. */
#include "cli/program.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/spec.h"

static int usage(const verb *chosen, const char *format, const char *a, const char *b)
{
    char text[512];
    snprintf(text, sizeof text, format, a, b);
    return complain(EXIT_USAGE, "%s (codescent %s --help)", text, chosen->name);
}

/* ---- help ---- */

static void print_help(const verb *chosen)
{
    printf("usage: codescent %s %s%s[options]\n\n%s\n", chosen->name, chosen->operands,
           chosen->operands[0] != '\0' ? " " : "", chosen->summary);
    if (chosen->details != NULL)
        printf("\n%s\n", chosen->details);
    puts("\noptions:");
    for (size_t k = 0; k < chosen->argument_count; k++) {
        const argument *a = &chosen->arguments[k];
        char head[64];
        snprintf(head, sizeof head, "--%s%s%s", a->name, a->value != NULL ? " " : "",
                 a->value != NULL ? a->value : "");
        printf("  %-22s ", head);
        if (strlen(head) > 22)
            printf("\n%25s", "");
        print_wrapped(a->doc, 25);
    }
    printf("  %-22s show this help\n", "--help");
}

/* ---- values ---- */

#define NO_MEMORY (-1)

static int read_count(const char *text, size_t max, size_t *ret_value)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value == 0 ||
        value > (max > 0 ? max : SIZE_MAX / 2))
        return 0;
    *ret_value = (size_t)value;
    return 1;
}

static int read_seed(const char *text, uint64_t *ret_value)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value > INT64_MAX) /* what a JSON document can hold */
        return 0;
    *ret_value = value;
    return 1;
}

static int read_real(const char *text, char **ret_end, double *ret_value)
{
    if (strchr("+-.0123456789", text[0]) == NULL || text[0] == '\0')
        return 0;
    *ret_value = strtod(text, ret_end);
    return *ret_end > text && isfinite(*ret_value);
}

/* "1,2,3" or "1:2:3"; NaN is the verb's to refuse, by its number. 1, or 0 for another
 * text, or NO_MEMORY. */
static int read_reals(const char *text, reals *ret_reals)
{
    size_t count = 1;
    for (const char *at = text; *at != '\0'; at++)
        count += *at == ',' || *at == ':';
    double *values = calloc(count, sizeof *values);
    char *end = (char *)text;
    if (values == NULL)
        return NO_MEMORY;
    for (size_t k = 0; k < count; k++) {
        const char *from = end + (k > 0);
        values[k] = strtod(from, &end);
        if (end == from || memchr(from, 'x', (size_t)(end - from)) != NULL ||
            (*end != (k + 1 < count ? ',' : '\0') &&
             *end != (k + 1 < count ? ':' : '\0'))) {
            free(values);
            return 0;
        }
    }
    *ret_reals = (reals){count, values};
    return 1;
}

static int read_value(const argument *a, const char *text, void *member)
{
    char *end;
    switch (a->kind) {
    case ARGUMENT_FLAG:
        *(int *)member = 1;
        return 1;
    case ARGUMENT_TEXT:
        *(const char **)member = text;
        return text[0] != '\0';
    case ARGUMENT_COUNT:
        return read_count(text, a->max, member);
    case ARGUMENT_SEED:
        return read_seed(text, member);
    case ARGUMENT_REAL:
        return read_real(text, &end, member) && *end == '\0' && *(double *)member > 0;
    case ARGUMENT_REALS:
        return read_reals(text, member);
    }
    return 0;
}

static void say_wanted(const argument *a, char *ret_text, size_t size)
{
    static const char *const wanted[] = {
        [ARGUMENT_FLAG] = "absent",
        [ARGUMENT_TEXT] = "not empty",
        [ARGUMENT_COUNT] = "a whole number >= 1",
        [ARGUMENT_SEED] = "a whole number from 0 to 2^63 - 1",
        [ARGUMENT_REAL] = "a number > 0",
        [ARGUMENT_REALS] = "numbers with , or : between",
    };
    snprintf(ret_text, size, "%s", wanted[a->kind]);
    if (a->max > 0)
        snprintf(ret_text, size, "a whole number from 1 to %zu", a->max);
}

/* ---- the command line ---- */

static const char *argument_name_at(const void *table, size_t k)
{
    return ((const argument *)table)[k].name;
}

static int unknown_option(const verb *chosen, const char *text)
{
    cod_message message = {{0}};
    char name[64];
    if (text[0] == '-' && text[1] != '-')
        return usage(chosen, "unknown option '%s'%s", text, "");
    text += 2;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text);
    for (size_t k = 0; k < chosen->argument_count; k++)
        if (strcmp(chosen->arguments[k].name, name) == 0)
            return usage(chosen, "option --%s takes no value%s", name, "");
    cod_fail_name(&message, "option", name, chosen->arguments, chosen->argument_count,
                  argument_name_at);
    return usage(chosen, "%s%s", message.text, "");
}

static void free_values(const verb *chosen, char *values)
{
    for (size_t k = 0; k < chosen->argument_count; k++)
        if (chosen->arguments[k].kind == ARGUMENT_REALS)
            free(((reals *)(void *)(values + chosen->arguments[k].offset))->values);
    free(values);
}

/* -1 to go on, or an exit code. */
static int take_value(const verb *chosen, const argument *a, const char *text,
                      char *values)
{
    char name[128], wanted[64];
    void *member = values + a->offset;
    if (a->kind == ARGUMENT_REALS) { /* given twice */
        free(((reals *)member)->values);
        *(reals *)member = (reals){0, NULL};
    }
    int taken = read_value(a, text, member);
    if (taken == 1)
        return -1;
    if (taken == NO_MEMORY)
        return complain(EXIT_FAILED, "no memory");
    snprintf(name, sizeof name, "--%s %.60s", a->name, text);
    say_wanted(a, wanted, sizeof wanted);
    return usage(chosen, "option %s: the value has to be %s", name, wanted);
}

/* Fills `values`; -1 to go on, or an exit code. */
static int read_options(const verb *chosen, int argc, char **argv, char *values)
{
    struct option options[32] = {{0}};
    size_t n = chosen->argument_count;
    for (size_t k = 0; k < n; k++)
        options[k] = (struct option){chosen->arguments[k].name,
                                     chosen->arguments[k].kind == ARGUMENT_FLAG
                                         ? no_argument
                                         : required_argument,
                                     NULL, (int)k + 1};
    options[n] = (struct option){"help", no_argument, NULL, 1000};
    opterr = 0;
    optind = 1;
    for (;;) {
        int before = optind, found = getopt_long(argc, argv, ":", options, NULL);
        const char *text = argv[before < argc ? before : argc - 1];
        if (found == -1)
            return -1;
        if (found == 1000) {
            print_help(chosen);
            return EXIT_DONE;
        }
        if (found == ':')
            return usage(chosen, "option %s needs a value%s", argv[optind - 1], "");
        if (found == '?')
            return unknown_option(chosen, optind > before ? argv[optind - 1] : text);
        const argument *a = &chosen->arguments[found - 1];
        int code = take_value(chosen, a, optarg != NULL ? optarg : "", values);
        if (code >= 0)
            return code;
    }
}

/* Reads the options and counts the operands; -1 to go on, or an exit code. */
static int read_line(const verb *chosen, int argc, char **argv, char *values,
                     size_t *ret_operands)
{
    int code = read_options(chosen, argc, argv, values);
    size_t operands = (size_t)(argc - optind);
    if (code < 0 && operands < chosen->operands_min)
        code = usage(chosen, "%s: missing %s", chosen->name, chosen->operands);
    if (code < 0 && operands > chosen->operands_max)
        code = usage(chosen, "unexpected '%s'%s",
                     argv[(size_t)optind + chosen->operands_max], "");
    *ret_operands = operands;
    return code;
}

static char *new_values(const verb *chosen)
{
    return calloc(1, chosen->size > 0 ? chosen->size : 1);
}

int verb_main(const verb *chosen, int argc, char **argv)
{
    size_t operands;
    char *values = new_values(chosen);
    if (values == NULL)
        return complain(EXIT_FAILED, "no memory");
    int code = read_line(chosen, argc, argv, values, &operands);
    if (code < 0)
        code = chosen->run(values, argv + optind, operands);
    free_values(chosen, values);
    return code;
}

/* ---- a command line that is kept with a study ---- */

static size_t size_of(argument_kind kind)
{
    static const size_t sizes[] = {
        [ARGUMENT_FLAG] = sizeof(int),     [ARGUMENT_TEXT] = sizeof(const char *),
        [ARGUMENT_COUNT] = sizeof(size_t), [ARGUMENT_SEED] = sizeof(uint64_t),
        [ARGUMENT_REAL] = sizeof(double),  [ARGUMENT_REALS] = sizeof(reals),
    };
    return sizes[kind];
}

/* What was not given is zero. */
static int is_given(const argument *a, const char *values)
{
    static const char zeros[sizeof(reals)];
    return memcmp(values + a->offset, zeros, size_of(a->kind)) != 0;
}

static void print_value(const argument *a, const void *member, FILE *stream)
{
    const reals *list = member;
    switch (a->kind) {
    case ARGUMENT_FLAG:
        return;
    case ARGUMENT_TEXT:
        fprintf(stream, "=%s", *(const char *const *)member);
        return;
    case ARGUMENT_COUNT:
        fprintf(stream, "=%zu", *(const size_t *)member);
        return;
    case ARGUMENT_SEED:
        fprintf(stream, "=%llu", (unsigned long long)*(const uint64_t *)member);
        return;
    case ARGUMENT_REAL:
        fprintf(stream, "=%.17g", *(const double *)member);
        return;
    case ARGUMENT_REALS:
        for (size_t k = 0; k < list->count; k++)
            fprintf(stream, "%c%.17g", k == 0 ? '=' : ':', list->values[k]);
        return;
    }
}

static json_t *option_text(const argument *a, const char *values)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return NULL;
    fprintf(stream, "--%s", a->name);
    print_value(a, values + a->offset, stream);
    json_t *option = fclose(stream) == 0 ? json_string(text) : NULL;
    free(text);
    return option;
}

json_t *verb_line(const verb *chosen, const void *values, char **operands, size_t count)
{
    json_t *line = json_array();
    int bad = line == NULL || json_array_append_new(line, json_string(chosen->name));
    for (size_t k = 0; !bad && k < count; k++)
        bad = json_array_append_new(line, json_string(operands[k]));
    for (size_t k = 0; !bad && k < chosen->argument_count; k++) {
        const argument *a = &chosen->arguments[k];
        if (!a->local && is_given(a, values))
            bad = json_array_append_new(line, option_text(a, values));
    }
    if (bad)
        json_decref(line);
    return bad ? NULL : line;
}

/* Takes the local values over; they stay the caller's to free. */
static void take_local(const verb *chosen, const char *local, char *values)
{
    for (size_t k = 0; k < chosen->argument_count; k++) {
        const argument *a = &chosen->arguments[k];
        if (a->local && is_given(a, local))
            memcpy(values + a->offset, local + a->offset, size_of(a->kind));
    }
}

int verb_again(const verb *chosen, const json_t *line, const void *local)
{
    size_t argc = json_array_size(line), operands;
    for (size_t k = 0; k < chosen->argument_count; k++)
        if (!chosen->arguments[k].local && is_given(&chosen->arguments[k], local))
            return usage(chosen, "--%s is the study's, which has it already%s",
                         chosen->arguments[k].name, "");
    char *values = new_values(chosen), **argv = calloc(argc + 1, sizeof *argv);
    int code = values == NULL || argv == NULL ? complain(EXIT_FAILED, "no memory") : -1;
    for (size_t k = 0; code < 0 && k < argc; k++)
        argv[k] = (char *)json_string_value(json_array_get(line, k));
    if (code < 0)
        code = read_line(chosen, (int)argc, argv, values, &operands);
    if (code < 0) {
        take_local(chosen, local, values);
        code = chosen->run(values, argv + optind, operands);
    }
    free(argv);
    if (values != NULL)
        free_values(chosen, values);
    return code;
}
