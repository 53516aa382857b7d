/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/figure_data.h"

#include "core/spec.h"
#include "lab/data.h"
#include "lab/file.h"
#include "lab/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct scanner {
    cod_figure_data *data;
    cod_figure_set
        next;     /* the set that the next row begins, where method is not NULL */
    size_t blank; /* blank lines since the last row */
    size_t index; /* gnuplot's, of the last row */
    int has_row;
    size_t columns;
} scanner;

void cod_figure_data_clear(cod_figure_data *data)
{
    for (size_t i = 0; i < data->m; i++)
        free(data->labels[i]);
    for (size_t k = 0; k < data->count; k++)
        free(data->sets[k].method);
    free(data->labels);
    free(data->sets);
    free(data->title);
    free(data->columns);
    *data = (cod_figure_data){0};
}

/* The comment's value where the line begins with "# KEY: ", or NULL. */
static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);
    if (strncmp(line, "# ", 2) != 0 || strncmp(line + 2, key, length) != 0 ||
        strncmp(line + 2 + length, ": ", 2) != 0)
        return NULL;
    return line + length + 4;
}

static cod_status keep_text(const char *text, char **text_kept)
{
    free(*text_kept);
    *text_kept = strdup(text);
    return *text_kept == NULL ? COD_EMEMORY : COD_OK;
}

static cod_status keep_labels(const char *text, cod_figure_data *data)
{
    if (data->m > 0)
        return COD_OK;
    size_t count = 1;
    for (const char *c = text; *c != '\0'; c++)
        count += *c == '\t';
    data->labels = calloc(count, sizeof *data->labels);
    if (data->labels == NULL)
        return COD_EMEMORY;
    for (data->m = 0; data->m < count; data->m++) {
        size_t length = strcspn(text, "\t");
        data->labels[data->m] = strndup(text, length);
        if (data->labels[data->m] == NULL)
            return COD_EMEMORY;
        text += length + (text[length] == '\t');
    }
    return COD_OK;
}

static cod_status scan_comment(scanner *s, const char *line)
{
    const char *value;
    if ((value = value_of(line, "title")) != NULL)
        return keep_text(value, &s->data->title);
    if ((value = value_of(line, "columns")) != NULL) {
        s->columns = cod_data_count_columns(value);
        return keep_text(value, &s->data->columns);
    }
    if ((value = value_of(line, "labels")) != NULL)
        return keep_labels(value, s->data);
    if ((value = value_of(line, "method")) != NULL)
        return keep_text(value, &s->next.method);
    if ((value = value_of(line, "place")) != NULL) {
        char *end;
        s->next.place = strtoul(value, &end, 10);
        if (*end != '\0' || *value == '-' || s->next.place > 1000)
            return COD_ESYNTAX;
    }
    return COD_OK;
}

/* Numbers, as many as there are columns. */
static int is_row(const scanner *s, const char *line)
{
    size_t count = 0;
    for (char *end; *line != '\0'; line = end, count++) {
        strtod(line, &end);
        if (end == line || (*end != ' ' && *end != '\0'))
            return 0;
        end += strspn(end, " ");
    }
    return count == s->columns;
}

static cod_status scan_row(scanner *s)
{
    cod_figure_data *data = s->data;
    int begins_curve = s->has_row && s->blank >= 1;
    s->index += s->has_row && s->blank >= 2;
    s->blank = 0;
    s->has_row = 1;
    if (s->next.method == NULL) {
        if (data->count > 0)
            data->sets[data->count - 1].curves += (size_t)begins_curve;
        return COD_OK;
    }
    cod_figure_set *sets = realloc(data->sets, (data->count + 1) * sizeof *data->sets);
    if (sets == NULL)
        return COD_EMEMORY;
    data->sets = sets;
    s->next.index = s->index;
    s->next.curves = 1;
    s->next.variant = 0;
    for (size_t k = 0; k < data->count; k++)
        s->next.variant += sets[k].place == s->next.place;
    sets[data->count++] = s->next;
    s->next.method = NULL;
    return COD_OK;
}

static void say_bad_line(const scanner *s, const char *name, size_t number,
                         const char *line, cod_message *message)
{
    if (line[0] == '#')
        cod_fail(message, COD_ESYNTAX, "%s, line %zu: is no place", name, number);
    else
        cod_fail(message, COD_ESYNTAX, "%s, line %zu: is no row of %zu numbers", name,
                 number, s->columns);
}

static cod_status scan(FILE *stream, const char *name, scanner *s, cod_message *message)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    cod_status status = COD_OK;
    for (size_t number = 1;
         status == COD_OK && (length = getline(&line, &room, stream)) >= 0; number++) {
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (number == 1 && strcmp(line, "# codescent-data 1") != 0)
            status = cod_fail(message, COD_ESYNTAX,
                              "%s, line 1: is not a data file of codescent", name);
        else if (line[0] == '#')
            status = scan_comment(s, line);
        else if (line[0] == '\0')
            s->blank++;
        else if (s->data->columns != NULL && !is_row(s, line))
            status = COD_ESYNTAX;
        else
            status = scan_row(s);
        if (status == COD_ESYNTAX && number > 1)
            say_bad_line(s, name, number, line, message);
    }
    if (status == COD_OK && !feof(stream)) /* a line that could not be read */
        status = cod_file_fail(name, message);
    free(line);
    return status;
}

cod_status cod_figure_data_read(const char *path, cod_figure_data *ret_data,
                                cod_message *message)
{
    cod_figure_data data = {0};
    scanner s = {.data = &data};
    const char *name = cod_file_name(path);
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return cod_file_fail(name, message);
    cod_status status = scan(stream, name, &s, message);
    fclose(stream);
    free(s.next.method);
    if (status == COD_EMEMORY)
        status = cod_fail(message, status, "%s: out of memory", name);
    if (status == COD_OK && (data.title == NULL || data.columns == NULL || data.m == 0))
        status = cod_fail(
            message, COD_ESYNTAX,
            "%s: lacks its comments '# title:', '# columns:', '# labels:'", name);
    if (status < 0)
        cod_figure_data_clear(&data);
    else
        *ret_data = data;
    return status;
}

/* ---- for the script ---- */

/* In single quotes gnuplot reads everything as it is: no commands in backquotes, no
 * macros. It stumbles over a doubled quote at the beginning, so a quote becomes the
 * typographic one. */
static void print_character(FILE *stream, char c)
{
    if (c == '\'')
        fputs("\u2019", stream);
    else
        fputc((unsigned char)c < ' ' ? ' ' : c, stream);
}

static void print_quoted(FILE *stream, const char *text)
{
    fputc('\'', stream);
    for (; *text != '\0'; text++)
        print_character(stream, *text);
    fputc('\'', stream);
}

/* A label is drawn as enhanced text, for the index of f_{1}; in any other name the
 * signs of that language mean themselves. */
static void print_label(FILE *stream, const char *text)
{
    int plain = strncmp(text, "f_{", 3) != 0;
    fputc('\'', stream);
    for (; *text != '\0'; text++) {
        if (plain && strchr("_^{}@&~\\", *text) != NULL)
            fputc('\\', stream);
        print_character(stream, *text);
    }
    fputc('\'', stream);
}

/* One of the sets' texts or numbers, for print_array(). */
typedef void (*item_printer)(FILE *stream, const cod_figure_data *data, size_t k);

static void print_array(FILE *stream, const char *name, size_t count, item_printer item,
                        const cod_figure_data *data)
{
    fprintf(stream, "array %s[%zu] = [", name, count);
    for (size_t k = 0; k < count; k++) {
        fputs(k > 0 ? ", " : "", stream);
        item(stream, data, k);
    }
    fputs("]\n", stream);
}

static void label_item(FILE *stream, const cod_figure_data *data, size_t k)
{
    print_label(stream, data->labels[k]);
}

static void method_item(FILE *stream, const cod_figure_data *data, size_t k)
{
    print_quoted(stream, data->sets[k].method);
}

static void index_item(FILE *stream, const cod_figure_data *data, size_t k)
{
    fprintf(stream, "%zu", data->sets[k].index);
}

#define COLOURS 7 /* of palette.gp */

/* The place that a set is drawn with: its own, or, where another method before it has
 * that colour in this figure, the next whose colour is free. */
static size_t drawn_place(const cod_figure_data *data, size_t k)
{
    size_t taken[COLOURS], of[COLOURS], count = 0;
    for (size_t i = 0; i <= k; i++) {
        size_t place = data->sets[i].place, seen = 0;
        while (seen < count && of[seen] != place)
            seen++;
        if (seen == count && count == COLOURS)
            return data->sets[k].place; /* more methods than colours */
        for (size_t j = 0; seen == count && j < count; j++)
            if (taken[j] % COLOURS == place % COLOURS) {
                place++;
                j = SIZE_MAX; /* from the first again */
            }
        if (seen == count) {
            of[count] = data->sets[i].place;
            taken[count++] = place;
        }
        if (i == k)
            return taken[seen];
    }
    return data->sets[k].place;
}

static void place_item(FILE *stream, const cod_figure_data *data, size_t k)
{
    fprintf(stream, "%zu", drawn_place(data, k));
}

static void variant_item(FILE *stream, const cod_figure_data *data, size_t k)
{
    fprintf(stream, "%zu", data->sets[k].variant);
}

static void runs_item(FILE *stream, const cod_figure_data *data, size_t k)
{
    fprintf(stream, "%zu", data->sets[k].curves);
}

void cod_figure_data_print(const cod_figure_data *data, FILE *stream)
{
    fputs("TITLE = ", stream);
    print_quoted(stream, data->title);
    fprintf(stream, "\nM = %zu # objectives\n", data->m);
    print_array(stream, "LABEL", data->m, label_item, data);
    fprintf(stream, "COUNT = %zu # methods\n", data->count);
    print_array(stream, "METHOD", data->count, method_item, data);
    fputs("# where each method's data are, its colour and marker, its runs\n", stream);
    print_array(stream, "INDEX", data->count, index_item, data);
    print_array(stream, "PLACE", data->count, place_item, data);
    print_array(stream, "VARIANT", data->count, variant_item, data);
    print_array(stream, "RUNS", data->count, runs_item, data);
}
