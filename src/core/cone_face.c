/* SPDX-License-Identifier: MIT */
/* One face of the dual-cone problem: the Cholesky factor of its matrix, which is kept
 * while the face stays, and the minimiser. */
#include "core/cone_private.h"

#include <float.h>
#include <string.h>

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

static int factor(cod_cone *c)
{
    const cod_factor *f = &c->factor;
    list_set(c);
    size_t n = c->count;
    c->kernels->gather(c, f);
    int done = c->hull->factor(f, (cod_factor_range){.n = n}, 0) == n;
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
