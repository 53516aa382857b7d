/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the data files that figures are drawn from; their layout is in figure.h.
 *
 *     cod_data_open(folder, "weights.dat", &head, &data, message);
 *     for each method:
 *         cod_data_set(data, "mgda(normalize=l2)", cod_method_place("mgda(...)"));
 *         for each run:  for each step: cod_data_row(data, numbers);
 *                        cod_data_break(data);
 *     cod_data_close(data, message);
 *
 * The calls between open and close report nothing; errors are caught by close. */
#ifndef COD_LAB_DATA_H
#define COD_LAB_DATA_H

#include <stddef.h>

#include <codescent/problem.h>
#include <codescent/status.h>

typedef struct cod_data cod_data;

typedef struct cod_data_head {
    const char *title;         /* such as "zdt1(n=30)" */
    const char *columns;       /* names with blanks between: "step w_1 w_2" */
    const char *const *labels; /* what figures call the objectives; NULL: f_1 .. f_m */
    size_t m;                  /* number of objectives */
} cod_data_head;

/* The columns are counted from head->columns. COD_OK; COD_EFILE; COD_EMEMORY. */
COD_MUST_CHECK cod_status cod_data_open(const char *folder, const char *name,
                                        const cod_data_head *head, cod_data **ret_data,
                                        cod_message *ret_message);

/* "step w_1 .. w_m" and the like: `before` and `after` may be "". Written to ret_text,
 * to be freed; COD_EMEMORY. */
COD_MUST_CHECK cod_status cod_data_columns(const char *before, char letter, size_t m,
                                           const char *after, char **ret_text);

/* The words of a "columns" text. */
size_t cod_data_count_columns(const char *text);

/* Begins a set. Empty sets are allowed: they are not in the figure. */
void cod_data_set(cod_data *data, const char *method, size_t place);
/* One row, as many numbers as there are columns. */
void cod_data_row(cod_data *data, const double *values);
/* Ends a curve. */
void cod_data_break(cod_data *data);
/* COD_OK; COD_EFILE. Frees `data` in every case. */
COD_MUST_CHECK cod_status cod_data_close(cod_data *data, cod_message *ret_message);
/* Gives the file up; NULL is harmless. */
void cod_data_abandon(cod_data *data);

/* A method's place in the library's list, by the name that its text begins with: what
 * its colour and its marker follow from, the same in every figure. A name that is not
 * in the list has the place after the last. */
size_t cod_method_place(const char *text);

/* Writes true-front.dat from the problem's known front, of at most `count` points; a
 * front of two objectives is cut where it is not connected. Does nothing where the
 * front is not known. COD_OK; COD_EFILE; COD_EMEMORY */
COD_MUST_CHECK cod_status cod_true_front_write(const char *folder, const char *title,
                                               const cod_problem *problem, size_t count,
                                               cod_message *ret_message);

/* Writes contours.dat: the objectives on a grid over lower .. upper (2 entries each).
 * Does nothing where n is not 2. COD_OK; COD_EFILE; COD_EMEMORY; COD_EARGUMENT */
COD_MUST_CHECK cod_status cod_contours_write(const char *folder, const char *title,
                                             const cod_problem *problem,
                                             const double *lower, const double *upper,
                                             cod_message *ret_message);

#endif
