/* SPDX-License-Identifier: MIT */
/* The active set of wolfe.h for one precision: included by wolfe_double.c and
 * wolfe_twofold.c, which define
 *
 *     real                      the type
 *     R(x), D(a)                from and to double
 *     ADD SUB MUL DIV ROOT      arithmetic
 *     ENTRY(w, i, j)            the matrix: C, or C + lift b b'
 *     PIVOT_ROUNDING            no pivot is below this, relative to the diagonal
 *     SLACK_ROUNDING            no slack is above minus this, relative to sum u
 *     PROGRESS_ROUNDING         b'u that grows by no more, relatively, does not grow
 *     SOLVE                     the function's name */

typedef struct parts {
    real *L; /* the factor */
    real *u; /* m: the present point, 0 outside S */
    real *y; /* m: solution on S, in the order of S */
    real *l; /* m: the factor's next row */
    real *q; /* m: scratch */
} parts;

static parts parts_of(const cod_wolfe *w)
{
    real *work = w->work;
    return (parts){w->factor, work, work + w->m, work + 2 * w->m, work + 3 * w->m};
}

/* l with L l = C_Sj; returns the pivot C_jj - l'l. */
static real next_row(const cod_wolfe *w, const parts *p, size_t j, real *l)
{
    size_t m = w->m;
    real pivot = ENTRY(w, j, j);
    for (size_t a = 0; a < w->count; a++) {
        real sum = ENTRY(w, j, w->support[a]);
        const real *La = p->L + a * m;
        for (size_t k = 0; k < a; k++)
            sum = SUB(sum, MUL(La[k], l[k]));
        l[a] = DIV(sum, La[a]);
        pivot = SUB(pivot, MUL(l[a], l[a]));
    }
    return pivot;
}

/* A pivot within rounding of 0, or below. */
static int is_null(const cod_wolfe *w, size_t j, real pivot)
{
    double unit = PIVOT_ROUNDING * (double)(w->count + 1);
    return !(D(pivot) > unit * D(ENTRY(w, j, j)));
}

static void append(cod_wolfe *w, const parts *p, size_t j, const real *l, real pivot)
{
    real *row = p->L + w->count * w->m;
    for (size_t a = 0; a < w->count; a++)
        row[a] = l[a];
    row[w->count] = ROOT(pivot);
    w->support[w->count++] = j;
    w->inside[j] = 1;
}

/* Takes the support's entry number r out: deletes the factor's row and rotates the rest
 * back to a triangle. */
static void drop(cod_wolfe *w, const parts *p, size_t r)
{
    size_t m = w->m;
    w->inside[w->support[r]] = 0;
    p->u[w->support[r]] = R(0);
    w->count--;
    for (size_t a = r; a < w->count; a++) {
        w->support[a] = w->support[a + 1];
        for (size_t k = 0; k <= a + 1; k++)
            p->L[a * m + k] = p->L[(a + 1) * m + k];
    }
    for (size_t a = r; a < w->count; a++) {
        real x = p->L[a * m + a], z = p->L[a * m + a + 1];
        real length = ROOT(ADD(MUL(x, x), MUL(z, z)));
        real c = DIV(x, length), s = DIV(z, length);
        p->L[a * m + a] = length;
        for (size_t i = a + 1; i < w->count; i++) {
            real *row = p->L + i * m + a;
            real left = ADD(MUL(c, row[0]), MUL(s, row[1]));
            row[1] = SUB(MUL(c, row[1]), MUL(s, row[0]));
            row[0] = left;
        }
    }
}

/* x <- C_SS^-1 x, given L^-1 x where `half` is set. */
static void solve_factor(const cod_wolfe *w, const parts *p, real *x, int half)
{
    size_t m = w->m;
    for (size_t a = 0; !half && a < w->count; a++) {
        for (size_t k = 0; k < a; k++)
            x[a] = SUB(x[a], MUL(p->L[a * m + k], x[k]));
        x[a] = DIV(x[a], p->L[a * m + a]);
    }
    for (size_t a = w->count; a-- > 0;) {
        x[a] = DIV(x[a], p->L[a * m + a]);
        for (size_t k = 0; k < a; k++)
            x[k] = SUB(x[k], MUL(p->L[a * m + k], x[a]));
    }
}

/* Wolfe's minor cycle: to the minimiser of the face if it is inside, else to the
 * border, out with what is 0 there, and again. Returns whether the point moved. */
static int minimise_on_support(cod_wolfe *w, const parts *p)
{
    int moved = 0;
    for (;;) {
        for (size_t a = 0; a < w->count; a++)
            p->y[a] = R(w->b[w->support[a]]);
        solve_factor(w, p, p->y, 0);
        double step = 1;
        size_t hit = w->count;
        for (size_t a = 0; a < w->count; a++) {
            double u = D(p->u[w->support[a]]), y = D(p->y[a]);
            if (y > 0 || u / (u - y) >= step)
                continue;
            step = u / (u - y);
            hit = a;
        }
        for (size_t a = 0; a < w->count; a++) {
            real *u = &p->u[w->support[a]];
            *u = hit == w->count ? p->y[a] : ADD(*u, MUL(R(step), SUB(p->y[a], *u)));
        }
        moved |= step > 0;
        if (hit == w->count || w->count == 1)
            return moved;
        drop(w, p, hit);
        for (size_t a = w->count; a-- > 0;)
            if (!(D(p->u[w->support[a]]) > 0) && w->count > 1)
                drop(w, p, a);
        w->iterations++;
    }
}

/* The index whose slack (C u - b)_j is most negative, beyond rounding; m if there is
 * none. ret_slack gets it. */
static size_t most_violated(const cod_wolfe *w, const parts *p, real *ret_slack)
{
    size_t m = w->m, worst = m;
    double sum = 0, weight = 0, least = 0;
    for (size_t a = 0; a < w->count; a++) {
        sum += D(p->u[w->support[a]]);
        weight += D(p->u[w->support[a]]) * w->b[w->support[a]];
    }
    double unit = SLACK_ROUNDING * (double)(w->count + 4);
    for (size_t j = 0; j < m; j++) {
        if (w->inside[j])
            continue;
        real slack = R(-w->b[j]);
        for (size_t a = 0; a < w->count; a++)
            slack = ADD(slack, MUL(ENTRY(w, j, w->support[a]), p->u[w->support[a]]));
        double relative = D(slack) / sqrt(w->C[j * w->stride + j]);
        double rounding = unit * (sum + w->b[j] * (1 + w->lift * weight));
        if (D(slack) < -rounding && relative < least) {
            least = relative;
            worst = j;
            *ret_slack = slack;
        }
    }
    return worst;
}

/* ---- dependent rows ---- */

/* Where C_SS with j is singular, or by rounding indefinite, z = (-C_SS^-1 c_Sj, 1) has
 * no curvature, or less: the objective falls along it to a border. On the way C u - b
 * stays 0 on S and changes by the pivot in j, so the same holds when the border's entry
 * has left.
 */

/* The first border along z: its place in S, or w->count where there is none. */
static size_t first_border(const cod_wolfe *w, const parts *p, const real *z,
                           double *ret_step)
{
    size_t hit = w->count;
    *ret_step = INFINITY;
    for (size_t a = 0; a < w->count; a++) {
        double border = -D(p->u[w->support[a]]) / D(z[a]);
        if (D(z[a]) < 0 && border < *ret_step) {
            *ret_step = border;
            hit = a;
        }
    }
    return hit;
}

/* No border: the origin is in the hull of S and j. With pivot p the exact solution is v
 * = p u - slack z, for p of either sign. */
static void take_origin(cod_wolfe *w, const parts *p, size_t j, const real *z,
                        real pivot, real slack)
{
    for (size_t a = 0; a <= w->count; a++) {
        real *u = &p->u[a < w->count ? w->support[a] : j];
        *u = SUB(MUL(pivot, *u), a < w->count ? MUL(slack, z[a]) : slack);
    }
    w->support[w->count++] = j;
    w->inside[j] = 1;
}

/* Takes j into S; what it depends on leaves first. Returns 0 where the origin is in the
 * hull: v is the point. */
static int admit(cod_wolfe *w, const parts *p, size_t j, real slack)
{
    real *z = p->l;
    for (;;) {
        real pivot = next_row(w, p, j, z);
        if (!is_null(w, j, pivot)) {
            append(w, p, j, z, pivot);
            return 1;
        }
        solve_factor(w, p, z, 1);
        for (size_t a = 0; a < w->count; a++)
            z[a] = SUB(R(0), z[a]);
        double step;
        size_t hit = first_border(w, p, z, &step);
        if (hit == w->count) {
            take_origin(w, p, j, z, pivot, slack);
            return 0;
        }
        for (size_t a = 0; a < w->count; a++) {
            real *u = &p->u[w->support[a]];
            *u = ADD(*u, MUL(R(step), z[a]));
        }
        p->u[j] = ADD(p->u[j], R(step));
        slack = ADD(slack, MUL(R(step), pivot));
        drop(w, p, hit);
    }
}

/* ---- the whole ---- */

/* The first support: that of `start`, as far as it is independent, or the shortest
 * gradient. */
static void begin(cod_wolfe *w, const parts *p, const double *start)
{
    size_t m = w->m, shortest = 0;
    w->count = 0;
    for (size_t i = 0; i < m; i++) {
        w->inside[i] = 0;
        p->u[i] = R(0);
        double ratio = w->b[i] / w->b[shortest];
        if (ratio * ratio * w->C[shortest * w->stride + shortest] >
            w->C[i * w->stride + i])
            shortest = i;
    }
    for (size_t i = 0; start != NULL && i < m; i++) {
        if (!(start[i] > 0))
            continue;
        real pivot = next_row(w, p, i, p->l);
        if (is_null(w, i, pivot))
            continue;
        append(w, p, i, p->l, pivot);
        p->u[i] = R(start[i]);
    }
    if (w->count > 0)
        return;
    append(w, p, shortest, p->l, ENTRY(w, shortest, shortest));
    p->u[shortest] = R(1);
}

/* What rounding left below 0 is cut off: the certificate judges. */
static cod_status finish(cod_wolfe *w, const parts *p, cod_status status)
{
    double largest = 0;
    for (size_t i = 0; i < w->m; i++)
        largest = fmax(largest, D(p->u[i]));
    if (!(largest > 0) || isinf(largest))
        return COD_ENUMERIC;
    for (size_t i = 0; i < w->m; i++)
        w->v[i] = fmax(D(p->u[i]) / largest, 0);
    return status;
}

/* b'u: at the minimiser of a face minus twice the objective there, so it has to grow.
 */
static real progress(const cod_wolfe *w, const parts *p)
{
    real sum = R(0);
    for (size_t a = 0; a < w->count; a++)
        sum = ADD(sum, MUL(R(w->b[w->support[a]]), p->u[w->support[a]]));
    return sum;
}

cod_status SOLVE(cod_wolfe *w, const double *start)
{
    parts p = parts_of(w);
    size_t limit = w->iterations + w->max_iter;
    begin(w, &p, start);
    minimise_on_support(w, &p);
    real last = progress(w, &p);
    while (w->iterations < limit) {
        real slack = R(0);
        size_t j = most_violated(w, &p, &slack);
        if (j == w->m)
            return finish(w, &p, COD_OK);
        w->iterations++;
        if (!admit(w, &p, j, slack))
            return finish(w, &p, COD_OK);
        int moved = minimise_on_support(w, &p);
        real now = progress(w, &p);
        int stuck = !w->inside[j] && !moved;
        if (stuck || D(SUB(now, last)) <= PROGRESS_ROUNDING * D(last))
            return finish(w, &p, COD_OK); /* rounding decides nothing more */
        last = now;
    }
    return finish(w, &p, COD_STOPPED_MAXITER);
}
