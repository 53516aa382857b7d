/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/linear_program.h"

#include "core/finite.h"
#include "core/spec.h"

#include <glpk.h>

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define MOST      100000000 /* rows or variables, GLPK's limit */
#define TOLERANCE 1e-9
#define ROUNDING  (8 * DBL_EPSILON)

typedef enum verdict {
    SOLVED,
    INFEASIBLE,
    UNSOLVED,
    BROKEN, /* an error of GLPK's */
} verdict;

/* The program as it is solved: since sum x = 1, a row (a, b) is as good as (a - b, 0).
 * A large number that all entries of a row have in common thus hides nothing. */
typedef struct program {
    size_t n;
    size_t rows; /* those that cut something off */
    double *A;   /* rows x n: entries less b, the largest one from 1/2 to 1 */
    double *c;   /* less its largest entry, likewise */
    double *x;
    double *work; /* 1 + n or 1 + rows, whichever is more */
    int *index;   /* likewise, GLPK's numbers: index[k] = k */
    jmp_buf escape;
    char said[128]; /* what GLPK says of an error */
    verdict verdict;
} program;

static cod_status no_memory(cod_message *message)
{
    return cod_fail(message, COD_EMEMORY, "out of memory");
}

/* ---- reading ---- */

static double lowest(size_t n, const double *values)
{
    double value = values[0];
    for (size_t j = 1; j < n; j++)
        value = fmin(value, values[j]);
    return value;
}

static double highest(size_t n, const double *values)
{
    double value = values[0];
    for (size_t j = 1; j < n; j++)
        value = fmax(value, values[j]);
    return value;
}

static double largest(size_t n, const double *values)
{
    return fmax(highest(n, values), -lowest(n, values));
}

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += a[j] * b[j];
    return sum;
}

/* By a power of two, so that nothing is rounded. */
static void scale_to_one(size_t n, double *values)
{
    int exponent;
    (void)frexp(largest(n, values), &exponent);
    for (size_t j = 0; j < n; j++)
        values[j] = ldexp(values[j], -exponent);
}

/* ret_row = row - b, scaled. What differs from b by rounding is taken to be b. */
static void shift(size_t n, const double *row, double b, double *ret_row)
{
    int exponent; /* scaled first, or the difference could overflow */
    double scale = fmax(largest(n, row), fabs(b));
    (void)frexp(scale, &exponent);
    scale = ldexp(scale, -exponent);
    b = ldexp(b, -exponent);
    for (size_t j = 0; j < n; j++) {
        double difference = ldexp(row[j], -exponent) - b;
        ret_row[j] = fabs(difference) <= ROUNDING * scale ? 0 : difference;
    }
    scale_to_one(n, ret_row);
}

/* Rows that hold everywhere are left out; INFEASIBLE where one holds nowhere. */
static verdict read_rows(program *p, size_t rows, const double *A, const double *b)
{
    for (size_t i = 0; i < rows; i++) {
        if (isinf(b[i]))
            continue;
        double *row = p->A + p->rows * p->n;
        shift(p->n, A + i * p->n, b[i], row);
        if (highest(p->n, row) < 0)
            return INFEASIBLE;
        p->rows += lowest(p->n, row) < 0;
    }
    return UNSOLVED;
}

/* ---- GLPK ---- */

/* GLPK is silent but for errors, where it speaks up even though it was told not to.
 * The first line says what; the second would name its source file. */
static int hear(void *data, const char *text)
{
    program *p = data;
    if (p->said[0] == '\0') {
        strncpy(p->said, text, sizeof p->said - 1);
        p->said[strcspn(p->said, "\n")] = '\0';
    }
    return 1; /* and it is not printed */
}

/* GLPK would call abort() next. */
static void leave(void *data)
{
    program *p = data;
    longjmp(p->escape, 1);
}

/* p->work = the values in units of 2^-bits, whole numbers; bits = 0: as they are. */
static void take(program *p, const double *values, int bits)
{
    for (size_t j = 0; j < p->n; j++)
        p->work[j + 1] = bits == 0 ? values[j] : rint(ldexp(values[j], bits));
}

/* Rows and c in units of 2^-bits, as above. Without rounding, a method can go round in
 * circles where many rows meet in a point: they are set apart by 2^-60 or so. */
static glp_prob *make_problem(program *p, int bits)
{
    glp_prob *glpk = glp_create_prob();
    int n = (int)p->n, rows = (int)p->rows;
    glp_set_obj_dir(glpk, GLP_MAX);
    glp_add_cols(glpk, n);
    glp_add_rows(glpk, rows + 1);
    take(p, p->c, bits);
    for (int j = 1; j <= n; j++) {
        glp_set_col_bnds(glpk, j, GLP_LO, 0, 0);
        glp_set_obj_coef(glpk, j, p->work[j]);
    }
    for (int i = 0; i < rows; i++) {
        double apart = bits == 0 ? 0 : ldexp(1 + i, bits - 60);
        take(p, p->A + (size_t)i * p->n, bits);
        glp_set_mat_row(glpk, i + 1, n, p->index, p->work);
        glp_set_row_bnds(glpk, i + 1, GLP_LO, -apart, 0);
    }
    for (int j = 1; j <= n; j++)
        p->work[j] = 1;
    glp_set_mat_row(glpk, rows + 1, n, p->index, p->work);
    glp_set_row_bnds(glpk, rows + 1, GLP_FX, 1, 1);
    return glpk;
}

/* ret_sum = c + A'y for the y >= 0 that GLPK has; the sum of y. */
static double add_duals(const program *p, glp_prob *glpk, const double *c,
                        double *ret_sum)
{
    double total = 0;
    for (size_t j = 0; j < p->n; j++)
        ret_sum[j] = c == NULL ? 0 : c[j];
    for (size_t i = 0; i < p->rows; i++) {
        double y = fmax(-glp_get_row_dual(glpk, (int)i + 1), 0);
        for (size_t j = 0; j < p->n; j++)
            ret_sum[j] += p->A[i * p->n + j] * y;
        total += y;
    }
    return total;
}

/* Whether the answer is one, whatever way it was found; leaves it in p->x. With any
 * y >= 0, max_j (c + A'y)_j is a bound of c'x on the set. */
static int stands(program *p, glp_prob *glpk)
{
    double sum = 0;
    for (size_t j = 0; j < p->n; j++) {
        double x = glp_get_col_prim(glpk, (int)j + 1);
        if (!(x >= -TOLERANCE))
            return 0;
        p->x[j] = fmax(x, 0);
        sum += p->x[j];
    }
    if (!(fabs(sum - 1) <= TOLERANCE))
        return 0;
    for (size_t j = 0; j < p->n; j++)
        p->x[j] /= sum;
    for (size_t i = 0; i < p->rows; i++)
        if (!(dot(p->n, p->A + i * p->n, p->x) >= -TOLERANCE))
            return 0;
    double total = add_duals(p, glpk, p->c, p->work);
    double gap = highest(p->n, p->work) - dot(p->n, p->c, p->x);
    return gap <= TOLERANCE * (1 + total);
}

/* `code`: what glp_simplex() or glp_exact() returned. */
static verdict judge(program *p, glp_prob *glpk, int code)
{
    if (code != 0)
        return UNSOLVED;
    int status = glp_get_status(glpk);
    if (status == GLP_OPT && stands(p, glpk))
        return SOLVED;
    return status == GLP_NOFEAS ? INFEASIBLE : UNSOLVED;
}

/* Whether there is no point for sure: y >= 0 with A'y < 0 proves it, and such y are the
 * dual variables of max { t : A x >= t }. */
static int is_empty(program *p, const glp_smcp *settings)
{
    glp_prob *glpk = make_problem(p, 0);
    int t = glp_add_cols(glpk, 1), rows = (int)p->rows;
    for (int j = 1; j < t; j++)
        glp_set_obj_coef(glpk, j, 0);
    for (int i = 1; i <= rows; i++)
        p->work[i] = -1;
    glp_set_obj_coef(glpk, t, 1);
    glp_set_col_bnds(glpk, t, GLP_FR, 0, 0);
    glp_set_mat_col(glpk, t, rows, p->index, p->work);
    if (glp_simplex(glpk, settings) != 0)
        return 0;
    double total = add_duals(p, glpk, NULL, p->work);
    return highest(p->n, p->work) < -TOLERANCE * total;
}

static verdict by_simplex(program *p, glp_smcp *settings)
{
    static const int methods[] = {GLP_PRIMAL, GLP_DUALP};
    verdict found = UNSOLVED;
    glp_prob *glpk = make_problem(p, 0);
    for (size_t k = 0; k < 2 && found == UNSOLVED; k++) {
        glp_std_basis(glpk);
        settings->meth = methods[k];
        found = judge(p, glpk, glp_simplex(glpk, settings));
        if (found == INFEASIBLE && !is_empty(p, settings))
            found = UNSOLVED;
    }
    return found;
}

/* glp_exact() takes whole numbers as they are and any other as a fraction that may be
 * off by 1e-10: rows and c are made whole, in units of 2^-EXACT_BITS. */
#define EXACT_BITS 100

static verdict by_rationals(program *p, const glp_smcp *settings)
{
    glp_prob *glpk = make_problem(p, EXACT_BITS);
    return judge(p, glpk, glp_exact(glpk, settings));
}

static verdict attempt(program *p)
{
    glp_smcp settings;
    glp_init_smcp(&settings);
    settings.msg_lev = GLP_MSG_OFF;
    settings.tol_bnd = settings.tol_dj = TOLERANCE;
    /* far more than it takes; what cycles must end, and not by the clock */
    settings.it_lim = 1000 + 10 * (int)(p->n + p->rows);
    verdict found = by_simplex(p, &settings);
    return found != UNSOLVED ? found : by_rationals(p, &settings);
}

static cod_status report(const program *p, cod_message *message)
{
    switch (p->verdict) {
    case SOLVED:
        return COD_OK;
    case INFEASIBLE:
        return cod_fail(message, COD_EDOMAIN, "the linear program is infeasible");
    case UNSOLVED:
        return cod_fail(message, COD_ENUMERIC,
                        "GLPK finds no answer to the linear program that holds");
    case BROKEN:
        break;
    }
    if (strstr(p->said, "memory") != NULL)
        return no_memory(message);
    return cod_fail(message, COD_ENUMERIC, "GLPK: %s", p->said);
}

/* GLPK's environment, and its objects with it, is the thread's own. After an error it
 * can only be freed. Numbers of glp_exact() that GMP holds are then lost, and GMP that
 * is refused memory ends the process, there is no other way: it is the last resort. */
static cod_status solve(program *p, cod_message *message)
{
    int there = glp_init_env();
    if (there == 1)
        return cod_fail(message, COD_EORDER,
                        "this thread has a GLPK environment already");
    if (there != 0)
        return no_memory(message);
    glp_term_out(GLP_OFF);
    glp_term_hook(hear, p);
    glp_error_hook(leave, p);
    p->verdict = BROKEN;
    if (setjmp(p->escape) == 0)
        p->verdict = attempt(p);
    glp_free_env();
    return report(p, message);
}

/* ---- the call ---- */

static cod_status check(size_t n, size_t rows, const double *A, const double *b,
                        const double *c, const double *x, cod_message *message)
{
    if (c == NULL || x == NULL || n == 0 || n > MOST || rows > MOST ||
        (rows > 0 && (A == NULL || b == NULL)))
        return cod_fail(message, COD_EARGUMENT,
                        "no linear program, or one of too many rows or variables");
    if (!cod_all_finite(n, c))
        return cod_fail(message, COD_ENONFINITE,
                        "the objective of the linear program is not finite");
    for (size_t i = 0; i < rows; i++)
        if (b[i] != -INFINITY && !(isfinite(b[i]) && cod_all_finite(n, A + i * n)))
            return cod_fail(message, COD_ENONFINITE,
                            "row %zu of the linear program is not finite", i + 1);
    return COD_OK;
}

/* Without rows: the first of the best vertices. */
static void take_best(program *p)
{
    size_t best = 0;
    for (size_t j = 0; j < p->n; j++) {
        best = p->c[j] > p->c[best] ? j : best;
        p->x[j] = 0;
    }
    p->x[best] = 1;
}

static cod_status run(program *p, size_t rows, const double *A, const double *b,
                      const double *c, cod_message *message)
{
    shift(p->n, c, highest(p->n, c), p->c);
    p->verdict = read_rows(p, rows, A, b);
    if (p->verdict == INFEASIBLE)
        return report(p, message);
    if (p->rows > 0)
        return solve(p, message);
    take_best(p);
    return COD_OK;
}

cod_status cod_linear_program(size_t n, size_t rows, const double *A, const double *b,
                              const double *c, double *ret_x, double *ret_value,
                              cod_message *ret_message)
{
    cod_status status = check(n, rows, A, b, c, ret_x, ret_message);
    if (status < 0)
        return status;
    program p = {.n = n};
    size_t longer = n > rows ? n : rows;
    double *values = malloc((rows * n + 2 * n + longer + 1) * sizeof *values);
    p.index = malloc((longer + 1) * sizeof *p.index);
    if (values != NULL && p.index != NULL) {
        p.c = values;
        p.x = values + n;
        p.A = values + 2 * n;
        p.work = p.A + rows * n;
        for (size_t k = 0; k <= longer; k++)
            p.index[k] = (int)k;
        status = run(&p, rows, A, b, c, ret_message);
    } else {
        status = no_memory(ret_message);
    }
    if (status == COD_OK) {
        if (ret_value != NULL) /* between the ends of c, which rounding could leave */
            *ret_value = fmin(fmax(dot(n, c, p.x), lowest(n, c)), highest(n, c));
        memcpy(ret_x, p.x, n * sizeof *ret_x);
    }
    free(values);
    free(p.index);
    return status;
}

const char *cod_linear_program_version(void)
{
    return glp_version();
}
