/* SPDX-License-Identifier: MIT */
/* One face of the dual-cone problem: the Cholesky factor of its matrix, which is kept
 * while the face stays, and the minimiser. */
#include "core/cone_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Up to here whole panels cost more than they save. */
#define SMALL COD_PANEL

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

static void list_set(cod_cone *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->m; i++) { /* what is inside is not to be guessed */
        c->set[count] = i;
        count += c->inside[i];
    }
    c->count = count;
}

/* In place; returns the first row whose pivot is not positive, or n. */
static size_t factor_small(const cod_factor *f, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        double *row = f->U + k * f->stride;
        if (!(row[k] > 0))
            return k;
        double inverse = f->inverse[k] = 1 / sqrt(row[k]);
        for (size_t i = k; i < n; i++)
            row[i] *= inverse;
        for (size_t j = k + 1; j < n; j++) {
            double *other = f->U + j * f->stride;
            for (size_t i = j; i < n; i++)
                other[i] -= row[j] * row[i];
        }
    }
    return n;
}

static void solve_small(const cod_factor *f, size_t n, double *right)
{
    for (size_t k = 0; k < n; k++) {
        double x = right[k] *= f->inverse[k];
        for (size_t i = k + 1; i < n; i++)
            right[i] -= f->U[k * f->stride + i] * x;
    }
    /* each from all before it at once: a sum would wait for every addition */
    for (size_t k = n; k-- > 0;) {
        double x = right[k] *= f->inverse[k];
        for (size_t i = 0; i < k; i++)
            right[i] -= f->U[i * f->stride + k] * x;
    }
}

static int factor(cod_cone *c)
{
    const cod_factor *f = &c->factor;
    list_set(c);
    size_t n = c->count;
    c->kernels->gather(c, f);
    int done = n == (n <= SMALL ? factor_small(f, n)
                                : c->hull->factor(f, (cod_factor_range){.n = n}, 0));
    double null = c->ridge > 0 ? 0 : 16 * DBL_EPSILON * (double)(n + 1);
    for (size_t a = 0; done && a < n; a++) {
        double pivot = f->U[a * f->stride + a], root = c->root[c->set[a]];
        done = pivot * pivot > null * root * root; /* no pivot within rounding of 0 */
    }
    c->its_ridge = c->ridge;
    c->iterations += n > 0;
    return c->factored = done;
}

void cod_cone_solve_factor(const cod_cone *c, double *right)
{
    if (c->count <= SMALL) {
        solve_small(&c->factor, c->count, right);
        return;
    }
    c->hull->forward(&c->factor, c->count, right);
    c->hull->back(&c->factor, c->count, right);
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
