/* SPDX-License-Identifier: MIT */
/* One face of the dual-cone problem: the Cholesky factor of its matrix, which is kept
 * while the face stays, and the minimiser. */
#include "core/cone_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

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
    c->count = 0;
    for (size_t i = 0; i < c->m; i++)
        if (c->inside[i])
            c->set[c->count++] = i;
    for (size_t a = 0; a < c->count; a++) {
        const double *row = c->C + c->set[a] * c->m;
        double *entry = c->factor + a * c->count;
        for (size_t b = 0; b <= a; b++)
            entry[b] = row[c->set[b]];
        entry[a] += c->ridge * entry[a];
    }
}

/* In place, the lower triangle; stops at a pivot that is not positive. */
static int factor_small(size_t n, double *L)
{
    for (size_t a = 0; a < n; a++) {
        double *row = L + a * n;
        for (size_t b = 0; b <= a; b++) {
            const double *other = L + b * n;
            double sum = row[b];
            for (size_t k = 0; k < b; k++)
                sum -= row[k] * other[k];
            if (b < a)
                row[b] = sum / other[b];
            else if (sum > 0)
                row[a] = sqrt(sum);
            else
                return 0;
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
                          : LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n,
                                                c->factor, (lapack_int)n) == 0;
    double null = c->ridge > 0 ? 0 : 16 * DBL_EPSILON * (double)(n + 1);
    for (size_t a = 0; done && a < n; a++) {
        double pivot = c->factor[a * n + a], root = c->root[c->set[a]];
        done = pivot * pivot > null * root * root; /* no pivot within rounding of 0 */
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
        LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, 1, L, (lapack_int)n,
                            right, (lapack_int)n);
        return;
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t k = 0; k < a; k++)
            right[a] -= L[a * n + k] * right[k];
        right[a] /= L[a * n + a];
    }
    for (size_t a = n; a-- > 0;) {
        right[a] /= L[a * n + a];
        for (size_t k = 0; k < a; k++)
            right[k] -= L[a * n + k] * right[a];
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
