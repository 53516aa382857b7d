/* SPDX-License-Identifier: MIT */
/* An active-set method on w around semismooth Newton steps (Qi and Sun 1993, Math.
 * Program. 58): psi is quadratic as long as the same coordinates are clipped, with
 * Hessian J_F J_F' over the free coordinates F. Each step goes along the Newton
 * direction of the face in hand to the exact minimum of the piecewise quadratic, or to
 * the face's border; psi never rises, and there are finitely many faces and pieces.
 *
 * A face is described by its edges e_i = (g_i - g_b) / |g_i - g_b| from the smallest of
 * its gradients, g_b: they stay well scaled where the gradients are decades apart, or
 * nearly the same. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/twofold.h"
#include "descent/bounded.h"

static double dot(size_t n, const double *a, const double *b)
{
    cod_twofold sum = {0, 0};
    for (size_t j = 0; j < n; j++)
        sum = twofold_add_product(sum, a[j], b[j]);
    return sum.high;
}

static double clip(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

void cod_bounded_point(cod_bounded *ws)
{
    size_t n = ws->n;
    for (size_t j = 0; j < n; j++) {
        cod_twofold sum = {0, 0};
        for (size_t i = 0; i < ws->m; i++)
            sum = twofold_add_product(sum, ws->w[i], ws->jacobian[i * n + j]);
        ws->c[j] = sum.high;
        ws->v[j] = clip(-sum.high, ws->down[j], ws->up[j]);
    }
}

/* ---- the certificate ---- */

/* How far objective i is from optimal, in units of |g_i| sum w|g|; positive where its
 * weight should grow. */
static double violation(const cod_bounded *ws, size_t i, double mean, double total)
{
    double excess = ws->slope[i] - mean;
    if (excess == 0 || (excess < 0 && ws->w[i] == 0))
        return 0;
    return excess / (ws->norm[i] * total);
}

/* c, v and the slopes at w. ret_worst: the objective outside the support, not barred,
 * whose weight should grow most, or m. */
typedef struct verdict {
    double kkt;     /* of all */
    double support; /* of those with weight */
    double outside; /* of `worst` */
    size_t worst;
} verdict;

static verdict judge(cod_bounded *ws)
{
    verdict found = {.worst = ws->m};
    double total = 0;
    cod_bounded_point(ws);
    for (size_t i = 0; i < ws->m; i++) {
        ws->slope[i] = dot(ws->n, ws->jacobian + i * ws->n, ws->v);
        total += ws->w[i] * ws->norm[i];
    }
    double mean = dot(ws->m, ws->w, ws->slope);
    for (size_t i = 0; i < ws->m; i++) {
        double e = violation(ws, i, mean, total);
        found.kkt = fmax(found.kkt, fabs(e));
        if (ws->w[i] > 0) {
            found.support = fmax(found.support, fabs(e));
        } else if (!ws->barred[i] && e > found.outside) {
            found.outside = e;
            found.worst = i;
        }
    }
    return found;
}

/* ---- the Newton direction ---- */

/* The support and, where there is one, a newcomer, the smallest gradient first. */
static size_t choose_set(cod_bounded *ws, size_t newcomer)
{
    size_t count = 0;
    for (size_t i = 0; i < ws->m; i++)
        if (ws->w[i] > 0 || i == newcomer) {
            ws->set[count++] = i;
            if (ws->norm[i] < ws->norm[ws->set[0]]) {
                ws->set[count - 1] = ws->set[0];
                ws->set[0] = i;
            }
        }
    return count;
}

/* g_i - g_b in column j, exactly */
static cod_twofold edge(const cod_bounded *ws, size_t i, size_t j)
{
    return two_sum(ws->jacobian[ws->set[i] * ws->n + j],
                   -ws->jacobian[ws->set[0] * ws->n + j]);
}

static cod_twofold edge_product(const cod_bounded *ws, size_t i, size_t k)
{
    cod_twofold sum = {0, 0};
    for (size_t j = 0; j < ws->n; j++)
        if (-ws->c[j] > ws->down[j] && -ws->c[j] < ws->up[j])
            sum = twofold_add(sum, twofold_multiply(edge(ws, i, j), edge(ws, k, j)));
    return twofold_divide(sum, two_product(ws->length[i], ws->length[k]));
}

static cod_twofold edge_slope(const cod_bounded *ws, size_t i)
{
    cod_twofold sum = {0, 0};
    for (size_t j = 0; j < ws->n; j++)
        sum = twofold_add(sum, twofold_multiply(edge(ws, i, j), twofold(ws->v[j])));
    return twofold_divide(sum, twofold(ws->length[i]));
}

/* The gradient (negative) and the Hessian of psi along the edges 1 .. count-1. */
static void expand(cod_bounded *ws, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < ws->n; j++)
            ws->q[j] = edge(ws, i, j).high;
        double length = cod_norm(ws->n, ws->q);
        ws->length[i] = length > 0 ? length : 1;
        ws->p[i] = edge_slope(ws, i);
        for (size_t k = 1; k <= i; k++)
            ws->hessian[i * ws->m + k] = edge_product(ws, i, k);
    }
}

/* h - sum_{1 <= l < end} a_l b_l */
static cod_twofold reduced(cod_twofold h, const cod_twofold *a, const cod_twofold *b,
                           size_t end)
{
    for (size_t l = 1; l < end; l++)
        h = twofold_subtract(h, twofold_multiply(a[l], b[l]));
    return h;
}

/* p = -(H + shift)^-1 gradient by Cholesky. H may be singular: the tiny shift leaves
 * the direction one of descent, and in H's null space a long one, which the line search
 * cuts at the border or where a coordinate changes sides. Twice the precision of a
 * double is for gradients that are opposite and decades larger than the rest: of their
 * edges' Hessian the eigenvalue that matters is below the rounding of a double. */
static void newton_direction(cod_bounded *ws, size_t count)
{
    size_t m = ws->m;
    cod_twofold *p = ws->p;
    double shift = 0x1p-100 * (double)(count + 4);
    for (size_t i = 1; i < count; i++) {
        cod_twofold *row = ws->hessian + i * m;
        for (size_t k = 1; k < i; k++)
            row[k] = twofold_divide(reduced(row[k], row, ws->hessian + k * m, k),
                                    ws->hessian[k * m + k]);
        cod_twofold pivot = twofold_add(reduced(row[i], row, row, i), twofold(shift));
        row[i] = twofold_root(pivot.high > shift ? pivot : twofold(shift));
        p[i] = twofold_divide(reduced(p[i], row, p, i), row[i]);
    }
    for (size_t i = count - 1; i >= 1; i--) {
        for (size_t l = i + 1; l < count; l++)
            p[i] =
                twofold_subtract(p[i], twofold_multiply(ws->hessian[l * m + i], p[l]));
        p[i] = twofold_divide(p[i], ws->hessian[i * m + i]);
    }
}

/* dw and q = J'dw from p. */
static void change_of_weights(cod_bounded *ws, size_t count)
{
    double sum = 0;
    memset(ws->dw, 0, ws->m * sizeof *ws->dw);
    memset(ws->q, 0, ws->n * sizeof *ws->q);
    for (size_t i = 1; i < count; i++) {
        double change = ws->p[i].high / ws->length[i];
        ws->dw[ws->set[i]] = change;
        sum += change;
        for (size_t j = 0; j < ws->n; j++)
            ws->q[j] += change * edge(ws, i, j).high;
    }
    ws->dw[ws->set[0]] = -sum;
}

/* ---- the step ---- */

/* The longest step that keeps the weights >= 0; ret_block is the first to reach 0. */
static double border(const cod_bounded *ws, size_t *ret_block)
{
    double tmax = INFINITY;
    *ret_block = ws->m;
    for (size_t i = 0; i < ws->m; i++)
        if (ws->dw[i] < 0 && ws->w[i] / -ws->dw[i] < tmax) {
            tmax = ws->w[i] / -ws->dw[i];
            *ret_block = i;
        }
    return tmax;
}

static void move(cod_bounded *ws, double t, size_t block)
{
    double sum = 0;
    for (size_t i = 0; i < ws->m; i++) {
        ws->w[i] = i == block ? 0 : fmax(ws->w[i] + t * ws->dw[i], 0);
        sum += ws->w[i];
    }
    for (size_t i = 0; i < ws->m; i++)
        ws->w[i] /= sum;
}

/* One step on the support and the newcomer; 0 where it would not move. */
static int step(cod_bounded *ws, size_t newcomer)
{
    size_t count = choose_set(ws, newcomer), block;
    if (count < 2)
        return 0;
    expand(ws, count);
    newton_direction(ws, count);
    change_of_weights(ws, count);
    double tmax = border(ws, &block);
    if (!(tmax > 0)) {
        ws->barred[block] = 1; /* only the newcomer can stand on the border */
        return block == newcomer;
    }
    if (isinf(tmax))
        return 0;
    double t = cod_bounded_line(ws, tmax);
    if (!(t > 0))
        return 0;
    move(ws, t, t < tmax ? ws->m : block);
    memset(ws->barred, 0, ws->m);
    return 1;
}

static void start(cod_bounded *ws)
{
    size_t smallest = 0;
    for (size_t i = 1; i < ws->m; i++)
        if (ws->norm[i] < ws->norm[smallest])
            smallest = i;
    memset(ws->w, 0, ws->m * sizeof *ws->w);
    memset(ws->barred, 0, ws->m);
    ws->w[smallest] = 1;
}

double cod_bounded_newton(cod_bounded *ws)
{
    const double enough = 2 * DBL_EPSILON;
    double best = INFINITY;
    start(ws);
    for (size_t k = 0; k < 20 * ws->m + 200; k++) {
        verdict now = judge(ws);
        if (now.kkt < best) {
            best = now.kkt;
            memcpy(ws->best, ws->w, ws->m * sizeof *ws->w);
        }
        if (now.kkt <= enough)
            break;
        /* Somebody joins where the face in hand is nearly done. */
        int join = now.worst < ws->m && 0.1 * now.outside >= now.support;
        if (!step(ws, join ? now.worst : ws->m) &&
            (join || now.worst == ws->m || !step(ws, now.worst)))
            break;
    }
    memcpy(ws->w, ws->best, ws->m * sizeof *ws->w);
    cod_bounded_point(ws);
    return best;
}
