/* SPDX-License-Identifier: MIT */
/* One face of the dual-cone problem: the Cholesky factor of its matrix, which is kept
 * while the face stays, and the minimiser. */
#include "core/cone_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <cblas.h>
#include <lapacke.h>

/* Up to here LAPACK's calls cost more than they save. */
#define SMALL 24

/* Is F what `set` was factored from? */
static int is_factored(const cod_cone *c)
{
    size_t a = 0;
    if (!c->factored || c->its_ridge != c->ridge)
        return 0;
    for (size_t i = 0; i < c->m; i++)
        if (c->inside[i] && (a == c->count || c->set[a++] != i))
            return 0;
    return a == c->count;
}

static void gather(cod_cone *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->m; i++) { /* what is inside is not to be guessed */
        c->set[count] = i;
        count += c->inside[i];
    }
    c->count = count;
    for (size_t a = 0; a < c->count; a++) {
        const double *row = c->C + c->set[a] * c->m;
        double *column = c->factor + a * c->count;
        for (size_t b = a; b < c->count; b++)
            column[b] = row[c->set[b]];
        column[a] += c->ridge * column[a];
    }
}

/* In place, the lower triangle by columns; stops at a pivot that is not positive. */
static int factor_small(size_t n, double *L)
{
    for (size_t k = 0; k < n; k++) {
        double *column = L + k * n;
        if (!(column[k] > 0))
            return 0;
        double inverse = 1 / sqrt(column[k]);
        for (size_t i = k; i < n; i++)
            column[i] *= inverse;
        for (size_t j = k + 1; j < n; j++) {
            double times = column[j];
            for (size_t i = j; i < n; i++)
                L[j * n + i] -= times * column[i];
        }
    }
    return 1;
}

static int factor(cod_cone *c)
{
    size_t n = c->count;
    gather(c);
    n = c->count;
    int done = n <= SMALL ? factor_small(n, c->factor)
                          : LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)n,
                                                c->factor, (lapack_int)n) == 0;
    double null = c->ridge > 0 ? 0 : 16 * DBL_EPSILON * (double)(n + 1);
    for (size_t a = 0; done && a < n; a++) {
        double pivot = c->factor[a * n + a], root = c->root[c->set[a]];
        done = pivot * pivot > null * root * root; /* no pivot within rounding of 0 */
        c->inverse[a] = 1 / pivot;
    }
    c->its_ridge = c->ridge;
    c->iterations += n > 0;
    return c->factored = done;
}

void cod_cone_solve_factor(const cod_cone *c, double *right)
{
    size_t n = c->count;
    const double *L = c->factor;
    if (n > SMALL) {
        /* dpotrs is made for many right-hand sides */
        cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, L,
                    (int)n, right, 1);
        cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, (int)n, L,
                    (int)n, right, 1);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        double x = right[k] *= c->inverse[k];
        for (size_t i = k + 1; i < n; i++)
            right[i] -= L[k * n + i] * x;
    }
    /* each from all before it at once: a sum would wait for every addition */
    for (size_t k = n; k-- > 0;) {
        double x = right[k] *= c->inverse[k];
        for (size_t i = 0; i < k; i++)
            right[i] -= L[i * n + k] * x;
    }
}

cod_status cod_cone_face(cod_cone *c)
{
    if (!is_factored(c)) {
        if (c->iterations >= c->max_iter)
            return COD_STOPPED_MAXITER;
        if (!factor(c))
            return COD_ENUMERIC;
    }
    for (size_t a = 0; a < c->count; a++)
        c->right[a] = -c->q[c->set[a]];
    cod_cone_solve_factor(c, c->right);
    memset(c->x, 0, c->m * sizeof *c->x);
    for (size_t a = 0; a < c->count; a++)
        c->x[c->set[a]] = c->right[a];
    return COD_OK;
}
