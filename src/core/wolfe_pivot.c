/* SPDX-License-Identifier: MIT */
/* Block pivoting for the min-norm point (Judice and Pires 1994, Comput. Oper. Res. 21):
 * u = C_SS^-1 b, then all with u < 0 leave S at once and all whose inequality is
 * violated enter. What is sure goes first into the factor, so that what changes is its
 * end. Ends where the number of wrong ones does not get smaller: wolfe_double.c takes
 * over. */
#include "core/wolfe_pivot.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Sweeps of a cold start; rounds without progress before giving up; classes of
 * certainty; rows that enter one by one. */
enum { SWEEPS = 6, PATIENCE = 3, CLASSES = 6, FEW = 16 };

cod_pivoting cod_pivoting_of(const cod_wolfe *w)
{
    double *work = w->work;
    size_t room = w->stride + COD_PANEL;
    /* the first 2 stride of work are the certificate's, and its list is over u */
    return (cod_pivoting){.factor = cod_factor_at(w->factor, w->m),
                          .u = work + 2 * room,
                          .r = work + 3 * room,
                          .x = work + 4 * room,
                          .spare = work + 5 * room};
}

/* ---- the first support ---- */

/* u_j relative to what it would be alone: 1/2 and more, 1/4 and more, ... */
static size_t class_of(const cod_wolfe *w, const double *u, size_t j)
{
    double ratio = u[j] * w->C[j * w->stride + j] / w->b[j];
    size_t class = 0;
    while (class + 1 < CLASSES && ratio < 0.5) {
        ratio *= 2;
        class ++;
    }
    return class;
}

static void order_support(cod_wolfe *w, const double *u)
{
    size_t begin[CLASSES + 1] = {0};
    for (size_t j = 0; j < w->m; j++) {
        w->inside[j] = u[j] > 0 ? (unsigned char)(1 + class_of(w, u, j)) : 0;
        if (w->inside[j] > 0)
            begin[w->inside[j]]++;
    }
    for (size_t k = 0; k < CLASSES; k++)
        begin[k + 1] += begin[k];
    w->count = begin[CLASSES];
    for (size_t j = 0; j < w->m; j++)
        if (w->inside[j] > 0)
            w->support[begin[w->inside[j] - 1]++] = j;
}

static void begin(cod_wolfe *w, const cod_pivoting *p, const double *start)
{
    size_t bytes = w->stride * sizeof(double);
    memset(p->u, 0, bytes);
    if (start != NULL) {
        memcpy(p->u, start, w->m * sizeof(double));
    } else {
        for (size_t j = 0; j < w->stride; j++)
            p->r[j] = -w->b[j];
        size_t sweeps = w->m < 2 * SWEEPS ? w->m / 2 + 1 : SWEEPS;
        sweeps = sweeps < w->max_iter ? sweeps : w->max_iter;
        for (; w->iterations < sweeps; w->iterations++)
            w->kernels->sweep(w, p->u, p->r);
    }
    order_support(w, p->u);
}

/* ---- the factor ---- */

void cod_pivoting_leave(cod_wolfe *w, size_t place)
{
    w->inside[w->support[place]] = 0;
    w->count--;
    memmove(w->support + place, w->support + place + 1,
            (w->count - place) * sizeof *w->support);
}

/* Leaves out a row that depends on those before it. */
static void leave_out(cod_wolfe *w, cod_pivoting *p, size_t place)
{
    cod_pivoting_leave(w, place);
    p->dependent = 1;
}

/* How small a pivot is rounding. */
static double tiny(const cod_wolfe *w)
{
    return 16 * DBL_EPSILON * (double)(w->count + 1);
}

/* Appends the few that are missing. */
static void append_support(cod_wolfe *w, cod_pivoting *p, size_t done)
{
    while (done < w->count) {
        done = w->kernels->append(w, &p->factor, done, tiny(w), p->x);
        if (done < w->count)
            leave_out(w, p, done);
    }
}

void cod_pivoting_factor(cod_wolfe *w, cod_pivoting *p, size_t done)
{
    cod_factor_range range = {.from = done};
    if (done > 0 && w->count - done <= FEW) {
        append_support(w, p, done);
        return;
    }
    w->kernels->gather(w, &p->factor, 0, done);
    for (;;) {
        range.n = w->count;
        size_t made = w->kernels->factor(&p->factor, range, tiny(w));
        if (made == w->count)
            return;
        leave_out(w, p, made);
        for (size_t a = 0; a < made; a++) {
            double *row = p->factor.U + a * p->factor.stride + made;
            memmove(row, row + 1, (w->count - made) * sizeof *row);
            memset(row + w->count - made, 0, cod_factor_zeros(w->count) * sizeof *row);
        }
        w->kernels->gather(w, &p->factor, made, made);
        range.rows = range.from = made;
    }
}

/* ---- the exchange ---- */

/* Rotations are slower than the panels of a new factor, but pass over less. */
static int rotations_pay(size_t count, size_t dropped, size_t first)
{
    uint64_t n = count, behind = count - first;
    return 360 * dropped * (behind + 8) <= n * (n * n + 360);
}

/* Leaves the first n rows of the factor. */
static void cut_factor(cod_wolfe *w, const cod_factor *f, size_t n)
{
    for (size_t a = 0; a < n; a++)
        memset(f->U + a * f->stride + n, 0, cod_factor_zeros(n) * sizeof *f->U);
    w->kernels->corners(f, n, n);
}

/* Takes out what is negative: returns how much of the factor is left. */
static size_t drop_negative(cod_wolfe *w, cod_pivoting *p)
{
    size_t first = 0, count = 0;
    while (first < w->count && !(p->x[first] < 0))
        first++;
    for (size_t a = first; a < w->count; a++)
        count += p->x[a] < 0;
    int rotate = rotations_pay(w->count, count, first);
    for (size_t a = w->count; a-- > first;)
        if (p->x[a] < 0) {
            if (rotate)
                w->kernels->drop(&p->factor, w->count, a, p->spare);
            cod_pivoting_leave(w, a);
        }
    if (!rotate)
        cut_factor(w, &p->factor, first);
    return rotate ? w->count : first;
}

/* Marks what is violated beyond rounding: as most_violated() in wolfe_template.h. */
static size_t count_violated(const cod_wolfe *w, const cod_pivoting *p)
{
    double unit = DBL_EPSILON * (double)(w->count + 4);
    size_t count = 0;
    for (size_t k = 0; k < p->out; k++) {
        size_t j = w->outside[k];
        if (p->r[j] < -unit * (p->sizes + w->b[j])) {
            w->inside[j] = 2;
            count++;
        }
    }
    return count;
}

static void enter(cod_wolfe *w, const cod_pivoting *p)
{
    for (size_t k = 0; k < p->out; k++) {
        size_t j = w->outside[k];
        if (w->inside[j] != 2)
            continue;
        w->inside[j] = 1;
        w->support[w->count++] = j;
    }
}

/* The negative cut off: a point to go on from, or the answer. */
static cod_status finish(cod_wolfe *w, const cod_pivoting *p, cod_status status)
{
    double most[4] = {0}, largest = 0;
    for (size_t j = 0; j < w->m; j += 4) /* zeros are behind u */
        for (size_t k = 0; k < 4; k++)
            most[k] = p->u[j + k] > most[k] ? p->u[j + k] : most[k];
    for (size_t k = 0; k < 4; k++)
        largest = most[k] > largest ? most[k] : largest;
    if (!(largest > 0) || isinf(largest))
        return COD_ENUMERIC;
    double scale = 1 / largest;
    if (isinf(scale))
        return COD_ENUMERIC;
    for (size_t j = 0; j < w->m; j++) {
        double v = p->u[j] * scale;
        w->v[j] = v > 0 ? v : 0;
    }
    return status;
}

/* Whether j is negative in S, or violated outside. */
static int is_wrong(const cod_wolfe *w, const cod_pivoting *p, size_t j)
{
    return w->inside[j] == 2 || (w->inside[j] == 1 && p->u[j] < 0);
}

/* Lets all but the last index be right: exchanging that one alone ends for certain
 * where rows are independent (Murty 1974, Linear Algebra Appl. 9). */
static void leave_one_wrong(cod_wolfe *w, const cod_pivoting *p)
{
    size_t last = w->m - 1;
    while (last > 0 && !is_wrong(w, p, last))
        last--;
    for (size_t j = 0; j < last; j++)
        w->inside[j] = w->inside[j] == 2 ? 0 : w->inside[j];
    for (size_t a = 0; a < w->count; a++)
        if (w->support[a] != last)
            p->x[a] = fabs(p->x[a]);
}

/* Lists what is not in S; returns how many are. */
static size_t list_outside(size_t m, const unsigned char *inside, size_t *ret_outside)
{
    size_t out = 0;
    for (size_t j = 0; j < m; j++) {
        ret_outside[out] = j;
        out += !inside[j];
    }
    return out;
}

/* u from x, and what else is known of S and the rest. */
static void take_solution(cod_wolfe *w, cod_pivoting *p)
{
    double sizes[4] = {0}, wrong[4] = {0};
    memset(p->u, 0, w->stride * sizeof(double));
    const size_t *support = w->support, n = w->count;
    unsigned char *inside = w->inside;
    double *u = p->u;
    for (size_t a = 0; a < n; a++) {
        u[support[a]] = p->x[a];
        inside[support[a]] = 1;
    }
    for (size_t a = 0; a < w->count; a += 4) /* zeros are behind x */
        for (size_t k = 0; k < 4; k++) {
            sizes[k] += fabs(p->x[a + k]);
            wrong[k] += p->x[a + k] < 0 ? 1.0 : 0.0;
        }
    p->sizes = (sizes[0] + sizes[2]) + (sizes[1] + sizes[3]);
    p->wrong = (size_t)((wrong[0] + wrong[2]) + (wrong[1] + wrong[3]));
    p->out = list_outside(w->m, w->inside, w->outside);
}

/* Solves on S, of whose factor `done` rows are there. */
static void solve(cod_wolfe *w, cod_pivoting *p, size_t done)
{
    cod_pivoting_factor(w, p, done);
    memcpy(p->x, p->factor.y, w->count * sizeof(double));
    w->kernels->back(&p->factor, w->count, p->x);
    take_solution(w, p);
    w->kernels->slack(w, p->u, p->out, p->r);
}

cod_status cod_pivoting_run(cod_wolfe *w, cod_pivoting *p, size_t done)
{
    size_t least = SIZE_MAX;
    int patience = PATIENCE;
    for (;;) {
        solve(w, p, done);
        size_t wrong = p->wrong + count_violated(w, p);
        if (wrong == 0)
            return finish(w, p, COD_OK);
        patience = wrong < least ? PATIENCE : patience - (patience > 0);
        least = wrong < least ? wrong : least;
        if ((patience == 0 && p->dependent) || w->iterations >= w->max_iter)
            return finish(w, p, COD_STOPPED_MAXITER);
        if (patience == 0)
            leave_one_wrong(w, p);
        w->iterations += patience == 0 ? 1 : wrong;
        done = drop_negative(w, p);
        enter(w, p);
        if (w->count == 0)
            return finish(w, p, COD_STOPPED_MAXITER);
    }
}

cod_status cod_wolfe_pivot(cod_wolfe *w, const double *start)
{
    cod_pivoting p = cod_pivoting_of(w);
    begin(w, &p, start);
    return cod_pivoting_run(w, &p, 0);
}
