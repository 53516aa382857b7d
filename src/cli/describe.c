/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options, needs and traits, as text and as JSON: all from the tables. */
#include <math.h>
#include <string.h>

#include "cli/program.h"
#include "core/options_table.h"
#include "lab/json.h"

void print_wrapped(const char *text, int indent)
{
    int column = indent;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + length > 80) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        printf("%.*s", length, text);
        column += length;
        text += length;
        if (*text == ' ') {
            text++;
            if (*text != '\0' && column + 1 + (int)strcspn(text, " ") <= 80) {
                putchar(' ');
                column++;
            } else if (*text != '\0') {
                printf("\n%*s", indent, "");
                column = indent;
            }
        }
    }
    putchar('\n');
}

/* ---- options ---- */

void print_options(const cod_option *table, size_t count)
{
    char head[160], range[120], initial[64];
    for (size_t k = 0; k < count; k++) {
        cod_options_print_default(&table[k], initial, sizeof initial);
        cod_options_print_range(&table[k], range, sizeof range);
        snprintf(head, sizeof head, "%s%s%s", table[k].name,
                 initial[0] != '\0' ? "=" : "", initial);
        printf("  %-20s %s%s%s%s\n", head, range, table[k].unit[0] != '\0' ? " (" : "",
               table[k].unit, table[k].unit[0] != '\0' ? ")" : "");
        printf("%23s", "");
        print_wrapped(table[k].doc, 23);
    }
}

json_t *options_json(const cod_option *table, size_t count)
{
    json_t *all = json_array();
    char range[120], initial[64];
    for (size_t k = 0; k < count; k++) {
        cod_options_print_default(&table[k], initial, sizeof initial);
        cod_options_print_range(&table[k], range, sizeof range);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name",
                                             table[k].name, "default", initial, "range",
                                             range, "unit", table[k].unit, "doc",
                                             table[k].doc));
    }
    return all;
}

/* ---- bits ---- */

typedef struct bit {
    unsigned bit;
    const char *text;
} bit;

static void bits_text(const bit *table, size_t count, unsigned bits, char *ret_text,
                      size_t size)
{
    size_t length = 0;
    ret_text[0] = '\0';
    for (size_t k = 0; k < count; k++)
        if ((bits & table[k].bit) && length < size)
            length += (size_t)snprintf(ret_text + length, size - length, "%s%s",
                                       length > 0 ? ", " : "", table[k].text);
    if (length == 0)
        snprintf(ret_text, size, "nothing");
}

void needs_text(unsigned needs, char *ret_text, size_t size)
{
    static const bit table[] = {
        {COD_NEED_LOSSES, "losses"},
        {COD_NEED_NORMS, "gradient norms"},
        {COD_NEED_GRAMIAN, "Gramian"},
        {COD_NEED_CROSS, "cross-Gramian of independent batches"},
        {COD_NEED_ROWS, "rows"},
        {COD_NEED_AFTER, "losses after the update"},
    };
    bits_text(table, COUNT(table), needs, ret_text, size);
}

void traits_text(unsigned traits, char *ret_text, size_t size)
{
    static const bit table[] = {
        {COD_TRAIT_STOCHASTIC, "stochastic"},
        {COD_TRAIT_SET, "moves a set of points"},
        {COD_TRAIT_WEIGHTED, "takes weights"},
        {COD_TRAIT_PREFERENCE, "takes a preference"},
        {COD_TRAIT_BOUNDED, "bounds inside the subproblem"},
        {COD_TRAIT_SUM_ONE, "weights sum to one"},
        {COD_TRAIT_NONNEGATIVE, "weights >= 0"},
        {COD_TRAIT_NONCONFLICTING, "non-conflicting where normalize=none"},
        {COD_TRAIT_SCALE_FREE, "invariant to scaling all gradients"},
        {COD_TRAIT_SYMMETRIC, "permutes with the objectives"},
    };
    bits_text(table, COUNT(table), traits, ret_text, size);
}
