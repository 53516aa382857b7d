/* SPDX-License-Identifier: MIT */
/* Any text as the name of a method. What parses, printed, parses to the same; what
 * makes a solver, printed from the options in force, makes the same solver. */
#include "fuzz_steps.h"

#include "core/spec.h"

#include <ctype.h>

/* ---- printing ---- */

typedef struct text {
    char *at;
    size_t length;
    size_t room;
} text;

static void put(text *to, const char *part)
{
    size_t length = strlen(part);
    if (to->length + length >= to->room) {
        to->room = 2 * (to->length + length + 64);
        to->at = realloc(to->at, to->room);
        require(to->at != NULL, "no memory");
    }
    memcpy(to->at + to->length, part, length + 1);
    to->length += length;
}

static void print_spec(const cod_spec *spec, text *to)
{
    put(to, spec->name);
    put(to, "(");
    for (size_t k = 0; k < spec->option_count; k++) {
        put(to, spec->options[k].name);
        put(to, "=");
        put(to, spec->options[k].value);
        if (k + 1 < spec->option_count + spec->inner_count)
            put(to, ",");
    }
    for (size_t k = 0; k < spec->inner_count; k++) {
        print_spec(spec->inner[k], to);
        if (k + 1 < spec->inner_count)
            put(to, ",");
    }
    put(to, ")");
}

/* The options in force, but for empty lists and texts, which cannot be written. */
static void print_options(const cod_solver *solver, const cod_option *table,
                          size_t count, size_t longest, text *to, const char **between)
{
    char *value = fuzz_memory(longest);
    for (size_t k = 0; k < count; k++) {
        cod_status status = cod_solver_option(solver, table[k].name, value, longest);
        require(status == COD_OK, "option %s: %s", table[k].name,
                cod_status_key(status));
        if (value[0] == '\0')
            continue;
        put(to, *between);
        put(to, table[k].name);
        put(to, "=");
        put(to, value);
        *between = ",";
    }
    free(value);
}

static void print_solver(const cod_solver *solver, size_t longest, text *to)
{
    const cod_method *method = cod_solver_method(solver);
    const char *between = "";
    size_t count;
    const cod_option *table = cod_engine_options(&count);
    put(to, method->name);
    put(to, "(");
    print_options(solver, method->options, method->option_count, longest, to, &between);
    print_options(solver, table, count, longest, to, &between);
    for (size_t k = 0; k < method->inner; k++) {
        put(to, between);
        print_solver(cod_solver_inner(solver, k), longest, to);
        between = ",";
    }
    put(to, ")");
}

/* ---- what holds ---- */

static void require_one_line(const char *value)
{
    for (; *value != '\0'; value++)
        require(*value == '\t' || !iscntrl((unsigned char)*value), "'%s'", value);
}

static void require_word(const char *word, const char *where)
{
    size_t length = strlen(word);
    require(length > 0 && strchr(" \t", word[0]) == NULL &&
                strchr(" \t", word[length - 1]) == NULL,
            "'%s' in '%s'", word, where);
}

static void require_same(const cod_spec *a, const cod_spec *b, int depth)
{
    require(depth <= COD_SPEC_DEPTH, "%d levels", depth);
    require(strcmp(a->name, b->name) == 0, "'%s', '%s'", a->name, b->name);
    require(a->option_count == b->option_count && a->inner_count == b->inner_count,
            "%zu and %zu, %zu and %zu", a->option_count, a->inner_count,
            b->option_count, b->inner_count);
    for (size_t k = 0; k < a->option_count; k++)
        require(strcmp(a->options[k].name, b->options[k].name) == 0 &&
                    strcmp(a->options[k].value, b->options[k].value) == 0,
                "option %zu of %s", k, a->name);
    for (size_t k = 0; k < a->option_count; k++)
        require_one_line(a->options[k].value);
    for (size_t k = 0; k < a->inner_count; k++)
        require_same(a->inner[k], b->inner[k], depth + 1);
}

static int try_parse(const char *from)
{
    cod_spec *spec = NULL, *again = NULL;
    cod_message message = {""};
    text printed = {0};
    cod_status status = cod_spec_parse(from, &spec, &message);
    require_status(status, COD_OK, COD_ESYNTAX);
    require_message(status, &message);
    require((spec != NULL) == (status == COD_OK), "%p", (void *)spec);
    if (spec == NULL)
        return 0;
    print_spec(spec, &printed);
    status = cod_spec_parse(printed.at, &again, &message);
    require(status == COD_OK, "'%s' comes back as '%s'", from, printed.at);
    require_same(spec, again, 1);
    cod_spec_free(spec);
    cod_spec_free(again);
    free(printed.at);
    return 1;
}

static void try_split(const char *from)
{
    char **parts = NULL, **again = NULL;
    cod_message message = {""};
    text joined = {0};
    cod_status status = cod_spec_split(from, &parts, &message);
    require_status(status, COD_OK, COD_ESYNTAX);
    require_message(status, &message);
    if (status != COD_OK) {
        require(parts == NULL, "parts of what was refused");
        return;
    }
    for (size_t k = 0; parts[k] != NULL; k++) {
        require_word(parts[k], from);
        put(&joined, k > 0 ? "," : "");
        put(&joined, parts[k]);
    }
    status = cod_spec_split(joined.at, &again, &message);
    require(status == COD_OK, "'%s' comes back as '%s'", from, joined.at);
    size_t k = 0;
    for (; parts[k] != NULL && again[k] != NULL; k++)
        require(strcmp(parts[k], again[k]) == 0, "'%s', '%s'", parts[k], again[k]);
    require(parts[k] == NULL && again[k] == NULL, "another number of parts");
    cod_split_free(parts);
    cod_split_free(again);
    free(joined.at);
}

static void try_solver(const char *from, size_t points, fuzz_input *in)
{
    cod_solver *solver = NULL, *again = NULL;
    cod_message message = {""};
    text printed = {0};
    size_t size, its_size;
    cod_status status = make_solver(from, points, 0, &solver, &message);
    require_status(status, COD_OK, COD_ESYNTAX, COD_ENAME, COD_EOPTION, COD_ESHAPE,
                   COD_EMISSING, COD_EUNSUPPORTED);
    require_message(status, &message);
    require((solver != NULL) == (status == COD_OK), "%p", (void *)solver);
    if (solver == NULL)
        return;
    print_solver(solver, 32 * strlen(from) + 64, &printed);
    status = make_solver(printed.at, points, 0, &again, &message);
    require(status == COD_OK, "'%s' comes back as '%s': %s", from, printed.at,
            message.text);
    unsigned char *bytes = save_solver(solver, &size);
    unsigned char *its_bytes = save_solver(again, &its_size);
    require(size == its_size && memcmp(bytes, its_bytes, size) == 0,
            "'%s' and '%s' are not the same", from, printed.at);
    for (int k = 0; k < 3; k++)
        (void)take_step(solver, in);
    free(bytes);
    free(its_bytes);
    free(printed.at);
    cod_solver_free(solver);
    cod_solver_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = fuzz_begin(data, size);
    char *from = fuzz_memory(size + 1);
    memcpy(from, data, size);
    try_split(from);
    if (try_parse(from))
        for (size_t points = 1; points <= POINTS_MOST; points++)
            try_solver(from, points, &in);
    free(from);
    return 0;
}
