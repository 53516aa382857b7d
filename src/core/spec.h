/* SPDX-License-Identifier: MIT */
/* The text that names a method, a problem, a step rule or an experiment:
 *
 *     name
 *     name(option=value, option=a:b:c, name(...), name)
 *
 * Options are named; a bare name or a name with parentheses is an inner spec. Blanks
 * around names, values, "=" and "," mean nothing. */
#ifndef COD_CORE_SPEC_H
#define COD_CORE_SPEC_H

#include <stdarg.h>
#include <stddef.h>

#include <codescent/status.h>

/* Wrappers within wrappers, at the most. */
#define COD_SPEC_DEPTH 8

typedef struct cod_spec cod_spec;

typedef struct cod_spec_option {
    char *name;
    char *value;
} cod_spec_option;

struct cod_spec {
    char *name;
    cod_spec_option *options;
    size_t option_count;
    cod_spec **inner;
    size_t inner_count;
};

/* COD_OK; COD_ESYNTAX (the message shows where); COD_EMEMORY. */
COD_MUST_CHECK cod_status cod_spec_parse(const char *text, cod_spec **ret_spec,
                                         cod_message *ret_message);
void cod_spec_free(cod_spec *spec);

/* Whether an option of that name is given; not those of inner specs. */
int cod_spec_gives(const cod_spec *spec, const char *name);

/* Splits "a,b(x=1,y=2),c" at the commas outside parentheses. The parts are copies in
 * one NULL-terminated array, to be freed with cod_split_free(). */
COD_MUST_CHECK cod_status cod_spec_split(const char *text, char ***ret_parts,
                                         cod_message *ret_message);
void cod_split_free(char **parts);

/* Formats into a message (NULL: nowhere) and returns `status`. */
cod_status cod_fail(cod_message *message, cod_status status, const char *format, ...)
    COD_PRINTF(3, 4);
cod_status cod_vfail(cod_message *message, cod_status status, const char *format,
                     va_list arguments);

/* "unknown WHAT 'NAME'; did you mean 'NEAREST'?" for the list of names that
 * name_at(list, k) gives; the second half only where one is near. Returns COD_ENAME. */
typedef const char *(*cod_name_at)(const void *list, size_t k);
cod_status cod_fail_name(cod_message *message, const char *what, const char *name,
                         const void *list, size_t count, cod_name_at name_at);

#endif
