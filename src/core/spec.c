/* SPDX-License-Identifier: MIT */
#include "core/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

/* What a message quotes may hold anything; a message is one line. */
cod_status cod_vfail(cod_message *message, cod_status status, const char *format,
                     va_list arguments)
{
    if (message == NULL)
        return status;
    vsnprintf(message->text, sizeof message->text, format, arguments);
    for (char *c = message->text; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return status;
}

cod_status cod_fail(cod_message *message, cod_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cod_vfail(message, status, format, arguments);
    va_end(arguments);
    return status;
}

#define NAME_MAX_LENGTH 64

static int same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edit distance with swaps of neighbours (Damerau 1964, restricted); capitals do not
 * count. Names longer than NAME_MAX_LENGTH are nowhere near. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_LENGTH + 1];
    size_t la = strlen(a), lb = strlen(b);
    if (la > NAME_MAX_LENGTH || lb > NAME_MAX_LENGTH)
        return NAME_MAX_LENGTH;
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= lb; j++)
        above[j] = j;
    for (size_t i = 1; i <= la; i++) {
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]) && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[lb];
}

/* Near: at most a third of the letters differ, or one is the other's beginning. */
static int is_near(const char *name, const char *candidate, size_t *ret_distance)
{
    size_t length = strlen(name);
    *ret_distance = edit_distance(name, candidate);
    if (length >= 2 && strncmp(name, candidate, length) == 0)
        *ret_distance = *ret_distance < 2 ? *ret_distance : 1;
    return *ret_distance <= (length < 3 ? 1 : 1 + length / 3);
}

/* "; there are a, b, c", where that is short; else "". */
static void say_all(const void *list, size_t count, cod_name_at name_at, char *ret_text,
                    size_t size)
{
    size_t length = 0;
    for (size_t k = 0; k < count && length < size; k++)
        length += (size_t)snprintf(ret_text + length, size - length, "%s%s",
                                   k == 0 ? "; there are " : ", ", name_at(list, k));
    if (count < 2 || length >= size)
        ret_text[0] = '\0';
}

cod_status cod_fail_name(cod_message *message, const char *what, const char *name,
                         const void *list, size_t count, cod_name_at name_at)
{
    const char *nearest = NULL;
    char all[120];
    size_t best = NAME_MAX_LENGTH;
    for (size_t k = 0; k < count; k++) {
        size_t distance;
        const char *candidate = name_at(list, k);
        if (is_near(name, candidate, &distance) && distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    if (nearest == NULL) {
        say_all(list, count, name_at, all, sizeof all);
        return cod_fail(message, COD_ENAME, "unknown %s '%.64s'%s", what, name, all);
    }
    return cod_fail(message, COD_ENAME, "unknown %s '%.64s'; did you mean '%s'?", what,
                    name, nearest);
}

/* ---- parsing ---- */

typedef struct parser {
    const char *text;
    const char *at;
    int depth;
    cod_message *message;
} parser;

/* Not a line's end: these texts stand in tables and in comments of one line. */
static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(parser *p)
{
    while (is_blank(*p->at))
        p->at++;
}

static cod_status syntax(parser *p, const char *what)
{
    return cod_fail(p->message, COD_ESYNTAX, "%s at character %zu of '%.120s'", what,
                    (size_t)(p->at - p->text) + 1, p->text);
}

/* Copies [from, to) without blanks at its ends. */
static char *copy_trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return strndup(from, (size_t)(to - from));
}

/* Grows an array by one zeroed element; NULL if there is no memory. */
static void *grow(void **array, size_t *count, size_t size)
{
    char *grown = realloc(*array, (*count + 1) * size);
    if (grown == NULL)
        return NULL;
    *array = grown;
    return memset(grown + (*count)++ * size, 0, size);
}

static const char *scan_word(const char *at)
{
    while (isalnum((unsigned char)*at) || *at == '-' || *at == '_' || *at == '+')
        at++;
    return at;
}

static cod_status parse_spec(parser *p, cod_spec **ret_spec);

/* value: everything up to the next "," or ")" that is not inside parentheses */
static cod_status parse_option(parser *p, const char *name, const char *name_end,
                               cod_spec *spec)
{
    const char *value = ++p->at;
    while (*p->at != '\0' && strchr(",()=", *p->at) == NULL &&
           (is_blank(*p->at) || !iscntrl((unsigned char)*p->at)))
        p->at++;
    if (*p->at != '\0' && *p->at != ',' && *p->at != ')')
        return syntax(p, "unexpected character in an option's value");
    cod_spec_option *option =
        grow((void **)&spec->options, &spec->option_count, sizeof *option);
    if (option == NULL)
        return cod_fail(p->message, COD_EMEMORY, "no memory");
    option->name = copy_trimmed(name, name_end);
    option->value = copy_trimmed(value, p->at);
    if (option->name == NULL || option->value == NULL)
        return cod_fail(p->message, COD_EMEMORY, "no memory");
    if (option->value[0] == '\0')
        return syntax(p, "an option without a value");
    return COD_OK;
}

static cod_status parse_argument(parser *p, cod_spec *spec)
{
    skip_blanks(p);
    const char *name = p->at, *name_end = scan_word(name);
    if (name_end == name)
        return syntax(p, "expected a name");
    p->at = name_end;
    skip_blanks(p);
    if (*p->at == '=')
        return parse_option(p, name, name_end, spec);
    p->at = name;
    cod_spec **inner = grow((void **)&spec->inner, &spec->inner_count, sizeof *inner);
    if (inner == NULL)
        return cod_fail(p->message, COD_EMEMORY, "no memory");
    return parse_spec(p, inner);
}

static cod_status parse_arguments(parser *p, cod_spec *spec)
{
    p->at++;
    skip_blanks(p);
    if (*p->at == ')') {
        p->at++;
        return COD_OK;
    }
    for (;;) {
        cod_status status = parse_argument(p, spec);
        if (status != COD_OK)
            return status;
        skip_blanks(p);
        if (*p->at == ')') {
            p->at++;
            return COD_OK;
        }
        if (*p->at != ',')
            return syntax(p, *p->at == '\0' ? "missing ')'" : "expected ',' or ')'");
        p->at++;
    }
}

static cod_status parse_spec(parser *p, cod_spec **ret_spec)
{
    if (p->depth >= COD_SPEC_DEPTH)
        return cod_fail(p->message, COD_ESYNTAX,
                        "methods are nested too deep, %d levels being the most, at "
                        "character %zu of '%.120s'",
                        COD_SPEC_DEPTH, (size_t)(p->at - p->text) + 1, p->text);
    skip_blanks(p);
    const char *name = p->at, *end = scan_word(name);
    if (end == name)
        return syntax(p, "expected a name");
    cod_spec *spec = calloc(1, sizeof *spec);
    if (spec == NULL)
        return cod_fail(p->message, COD_EMEMORY, "no memory");
    *ret_spec = spec;
    spec->name = copy_trimmed(name, end);
    if (spec->name == NULL)
        return cod_fail(p->message, COD_EMEMORY, "no memory");
    p->at = end;
    skip_blanks(p);
    if (*p->at != '(')
        return COD_OK;
    p->depth++;
    cod_status status = parse_arguments(p, spec);
    p->depth--;
    return status;
}

cod_status cod_spec_parse(const char *text, cod_spec **ret_spec,
                          cod_message *ret_message)
{
    if (text == NULL || ret_spec == NULL)
        return cod_fail(ret_message, COD_EARGUMENT, "no text to read a name from");
    parser p = {.text = text, .at = text, .message = ret_message};
    cod_spec *spec = NULL;
    cod_status status = parse_spec(&p, &spec);
    if (status == COD_OK) {
        skip_blanks(&p);
        if (*p.at != '\0')
            status = syntax(&p, "unexpected text");
    }
    if (status != COD_OK) {
        cod_spec_free(spec);
        return status;
    }
    *ret_spec = spec;
    return COD_OK;
}

void cod_spec_free(cod_spec *spec)
{
    if (spec == NULL)
        return;
    for (size_t k = 0; k < spec->option_count; k++) {
        free(spec->options[k].name);
        free(spec->options[k].value);
    }
    for (size_t k = 0; k < spec->inner_count; k++)
        cod_spec_free(spec->inner[k]);
    free(spec->options);
    free(spec->inner);
    free(spec->name);
    free(spec);
}

int cod_spec_gives(const cod_spec *spec, const char *name)
{
    for (size_t k = 0; k < spec->option_count; k++)
        if (strcmp(spec->options[k].name, name) == 0)
            return 1;
    return 0;
}

/* ---- splitting ---- */

static void free_parts(char **parts, size_t count)
{
    for (size_t k = 0; k < count; k++)
        free(parts[k]);
    free(parts);
}

/* The end of the part that begins here: the next comma outside parentheses. */
static const char *part_end(const char *at)
{
    int depth = 0;
    for (; *at != '\0' && (*at != ',' || depth > 0); at++)
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
    return at;
}

cod_status cod_spec_split(const char *text, char ***ret_parts, cod_message *ret_message)
{
    char **parts = NULL;
    size_t count = 0;
    for (const char *from = text;;) {
        const char *end = part_end(from);
        char **part = grow((void **)&parts, &count, sizeof *part);
        if (part == NULL || (*part = copy_trimmed(from, end)) == NULL)
            goto no_memory;
        if (**part == '\0') {
            free_parts(parts, count);
            return cod_fail(ret_message, COD_ESYNTAX, "an empty name in '%.120s'",
                            text);
        }
        if (*end == '\0')
            break;
        from = end + 1;
    }
    if (grow((void **)&parts, &count, sizeof *parts) == NULL)
        goto no_memory;
    *ret_parts = parts;
    return COD_OK;
no_memory:
    free_parts(parts, count);
    return cod_fail(ret_message, COD_EMEMORY, "no memory");
}

void cod_split_free(char **parts)
{
    size_t count = 0;
    while (parts != NULL && parts[count] != NULL)
        count++;
    free_parts(parts, count);
}
