/* SPDX-License-Identifier: MIT */
/* The Cholesky factor of a piece of a Gramian, for one instruction set (COD_ISA, a
 * name): panels of COD_PANEL rows, each updated with all rows above it at once, so that
 * rows and columns can be added where the last call ended. Whatever the width of the
 * vectors, each number is the same sum in the same order. */
#include "core/kernels_factor.h"
#include "core/kernels_vector.h"

#include <math.h>

enum { STRIP = WIDTH == 8 ? 3 : 1 }; /* vectors side by side: COD_PANEL x STRIP sums */

typedef struct panel {
    size_t first, height;
    double corner[COD_PANEL][COD_PANEL]; /* U on the diagonal */
    double inverse[COD_PANEL];
} panel;

/* sum[r] = U_p,first+r U_p,column.. over the rows p above the panel. */
static ALWAYS_INLINE void products(int vectors, const cod_factor *f, size_t first,
                                   size_t column, vector sum[COD_PANEL][STRIP])
{
    const double *row = f->U;
    UNROLL
    for (int r = 0; r < COD_PANEL; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        sum[r][v] = (vector){0};
    for (size_t p = 0; p < first; p++, row += f->stride) {
        vector x[STRIP];
        UNROLL
        for (int v = 0; v < vectors; v++)
            x[v] = load_double(row + column + (size_t)v * WIDTH);
        UNROLL
        for (int r = 0; r < COD_PANEL; r++)
            UNROLL
        for (int v = 0; v < vectors; v++)
            sum[r][v] += row[first + (size_t)r] * x[v];
    }
}

/* Columns column .. column + vectors WIDTH - 1 of a panel, whose corner is known. */
static ALWAYS_INLINE void strip(int vectors, const cod_factor *f, const panel *p,
                                size_t column)
{
    vector x[COD_PANEL][STRIP];
    double *at = f->U + p->first * f->stride + column;
    products(vectors, f, p->first, column, x);
    UNROLL
    for (int r = 0; r < COD_PANEL; r++)
        UNROLL
    for (int v = 0; v < vectors; v++) {
        size_t offset = (size_t)r * f->stride + (size_t)v * WIDTH;
        x[r][v] = load_double(at + offset) - x[r][v];
        for (int q = 0; q < r; q++)
            x[r][v] -= p->corner[q][r] * x[q][v];
        x[r][v] *= p->inverse[r];
        if ((size_t)r < p->height)
            memcpy(at + offset, &x[r][v], sizeof x[r][v]);
    }
}

static NEVER_INLINE void strip_wide(const cod_factor *f, const panel *p, size_t column)
{
    strip(STRIP, f, p, column);
}

static NEVER_INLINE void strip_narrow(const cod_factor *f, const panel *p,
                                      size_t column)
{
    strip(1, f, p, column);
}

static void take_corner(const cod_factor *f, panel *p)
{
    memset(p->corner, 0, sizeof p->corner);
    memset(p->inverse, 0, sizeof p->inverse);
    for (size_t r = 0; r < p->height; r++) {
        for (size_t c = r; c < p->height; c++)
            p->corner[r][c] = f->U[(p->first + r) * f->stride + p->first + c];
        p->inverse[r] = f->inverse[p->first + r];
    }
}

/* Brings the corner up to date; what is past the panel's height is harmless junk. */
static void update_corner(const cod_factor *f, panel *p)
{
    for (size_t v = 0; v < COD_PANEL; v += WIDTH) {
        vector sum[COD_PANEL][STRIP];
        products(1, f, p->first, p->first + v, sum);
        for (size_t r = 0; r < COD_PANEL; r++) {
            vector x = load_double(f->U + (p->first + r) * f->stride + p->first + v) -
                       sum[r][0];
            memcpy(&p->corner[r][v], &x, sizeof x);
        }
    }
}

/* The corner's own factor; returns its height, or the row that fails: what is past
 * either is junk. */
static size_t factor_corner(panel *p, double tiny)
{
    enum { PARTS = COD_PANEL / WIDTH };
    vector x[COD_PANEL][PARTS];
    size_t made = p->height;
    memcpy(x, p->corner, sizeof x);
    UNROLL
    for (int k = 0; k < COD_PANEL; k++) {
        double pivot = x[k][k / WIDTH][k % WIDTH];
        int good = pivot > tiny;
        made = !good && (size_t)k < made ? (size_t)k : made;
        p->inverse[k] = 1 / sqrt(good ? pivot : 1);
        UNROLL
        for (int v = 0; v < PARTS; v++)
            x[k][v] *= p->inverse[k];
        UNROLL
        for (int r = k + 1; r < COD_PANEL; r++)
            UNROLL
        for (int v = 0; v < PARTS; v++)
            x[r][v] -= x[k][r / WIDTH][r % WIDTH] * x[k][v];
    }
    memcpy(p->corner, x, sizeof x);
    return made;
}

static void write_corner(const cod_factor *f, const panel *p)
{
    for (size_t r = 0; r < p->height; r++) {
        for (size_t c = r; c < p->height; c++)
            f->U[(p->first + r) * f->stride + p->first + c] = p->corner[r][c];
        f->inverse[p->first + r] = p->inverse[r];
    }
}

size_t COD_PASTE(cod_factor_, COD_ISA, )(const cod_factor *f, cod_factor_range range,
                                         double tiny)
{
    panel p = {.first = range.rows};
    while (p.first < range.n) {
        int old = p.first < range.from;
        size_t most = (old ? range.from : range.n) - p.first, made;
        p.height = made = most < COD_PANEL ? most : COD_PANEL;
        if (old) {
            take_corner(f, &p);
        } else {
            update_corner(f, &p);
            p.height = made = factor_corner(&p, tiny);
            write_corner(f, &p);
            memset(p.inverse + made, 0, (COD_PANEL - made) * sizeof *p.inverse);
        }
        size_t c = old ? range.from : p.first + made;
        for (; c + STRIP * WIDTH <= range.n; c += STRIP * WIDTH)
            strip_wide(f, &p, c);
        for (; c < range.n; c += WIDTH)
            strip_narrow(f, &p, c);
        if (p.first >= range.b)
            strip_narrow(f, &p, f->b);
        p.first += made;
        if (made < COD_PANEL && made < most)
            break;
    }
    return p.first;
}

/* x over one panel, given what is right of it. */
static void back_corner(const cod_factor *f, size_t first, size_t height, double *x)
{
    for (size_t r = height; r-- > 0;) {
        const double *row = f->U + (first + r) * f->stride + first;
        double sum = x[first + r];
        for (size_t c = height - 1; c > r; c--)
            sum -= row[c] * x[first + c];
        x[first + r] = sum * f->inverse[first + r];
    }
}

/* What rows first .. first + WIDTH - 1 have right of `column`, times x: eight lanes a
 * row. */
static ALWAYS_INLINE void back_sums(const cod_factor *f, size_t first, size_t column,
                                    size_t end, const double *x,
                                    double ret_sums[WIDTH][COD_PANEL])
{
    vector sum[WIDTH][COD_PANEL / WIDTH] = {0};
    const double *row = f->U + first * f->stride;
    for (size_t c = column; c < end; c += COD_PANEL)
        UNROLL
    for (int v = 0; v < COD_PANEL / WIDTH; v++) {
        vector y = load_double(x + c + (size_t)v * WIDTH);
        UNROLL
        for (int r = 0; r < WIDTH; r++)
            sum[r][v] +=
                y * load_double(row + (size_t)r * f->stride + c + (size_t)v * WIDTH);
    }
    memcpy(ret_sums, sum, sizeof sum);
}

void COD_PASTE(cod_back_, COD_ISA, )(const cod_factor *f, size_t n, double *ret_x)
{
    for (size_t a = 0; a < n; a++)
        ret_x[a] = f->U[a * f->stride + f->b];
    memset(ret_x + n, 0, COD_PANEL * sizeof(double));
    for (size_t first = (n + COD_PANEL - 1) / COD_PANEL * COD_PANEL; first > 0;) {
        first -= COD_PANEL;
        size_t height = n - first < COD_PANEL ? n - first : COD_PANEL;
        for (size_t g = 0; g < COD_PANEL && first + COD_PANEL < n; g += WIDTH) {
            double s[WIDTH][COD_PANEL];
            back_sums(f, first + g, first + COD_PANEL, n, ret_x, s);
            for (size_t r = 0; r < WIDTH; r++)
                ret_x[first + g + r] -= ((s[r][0] + s[r][4]) + (s[r][2] + s[r][6])) +
                                        ((s[r][1] + s[r][5]) + (s[r][3] + s[r][7]));
        }
        back_corner(f, first, height, ret_x);
    }
}

/* r += C u for the rows in the support, four at a time */
static ALWAYS_INLINE void add_rows(const cod_wolfe *w, const size_t *rows, int count,
                                   const double *u, double *r)
{
    const double *x[4];
    double factors[4];
    for (int k = 0; k < count; k++) {
        x[k] = w->C + rows[k] * w->stride;
        factors[k] = u[rows[k]];
    }
    for (size_t i = 0; i < w->stride; i += WIDTH) {
        vector sum = load_double(r + i);
        UNROLL
        for (int k = 0; k < count; k++)
            sum += factors[k] * load_double(x[k] + i);
        memcpy(r + i, &sum, sizeof sum);
    }
}

void COD_PASTE(cod_slack_, COD_ISA, )(const cod_wolfe *w, const double *u,
                                      double *ret_r)
{
    size_t a = 0;
    for (size_t i = 0; i < w->stride; i++)
        ret_r[i] = -w->b[i];
    for (; a + 4 <= w->count; a += 4)
        add_rows(w, w->support + a, 4, u, ret_r);
    for (; a < w->count; a++)
        add_rows(w, w->support + a, 1, u, ret_r);
}

void COD_PASTE(cod_sweep_, COD_ISA, )(const cod_wolfe *w, double *u, double *r)
{
    for (size_t j = 0; j < w->m; j++) {
        const double *row = w->C + j * w->stride;
        double now = u[j] - r[j] * w->inverse[j];
        double step = now > 0 ? now - u[j] : -u[j];
        if (step == 0)
            continue;
        u[j] = now > 0 ? now : 0;
        for (size_t i = 0; i < w->stride; i += WIDTH) {
            vector sum = load_double(r + i) + step * load_double(row + i);
            memcpy(r + i, &sum, sizeof sum);
        }
    }
}

void COD_PASTE(cod_gather_, COD_ISA, )(const cod_wolfe *w, const cod_factor *f,
                                       size_t first, size_t from)
{
    for (size_t a = first; a < w->count; a++) {
        const double *restrict row = w->C + w->support[a] * w->stride;
        const size_t *restrict support = w->support;
        double *restrict to = f->U + a * f->stride;
        for (size_t c = a > from ? a : from; c < w->count; c++)
            to[c] = row[support[c]];
        memset(to + w->count, 0, COD_PANEL * sizeof *to); /* whole vectors are read */
        if (a >= from)
            to[f->b] = w->b[support[a]];
    }
}

/* The rotation that brings row k + 1's diagonal into the carried row; writes row k. */
static void rotate(const cod_factor *f, size_t n, size_t k, double *carried)
{
    double *row = f->U + k * f->stride;
    const double *next = row + f->stride;
    double x = carried[k], z = next[k + 1], inverse = 1 / sqrt(x * x + z * z);
    double cosine = x * inverse, sine = z * inverse;
    for (size_t c = k; c < n; c += WIDTH) {
        vector a = load_double(carried + c), b = load_double(next + c + 1);
        vector up = cosine * a + sine * b, down = cosine * b - sine * a;
        memcpy(row + c, &up, sizeof up);
        memcpy(carried + c, &down, sizeof down);
    }
    f->inverse[k] = inverse;
}

void COD_PASTE(cod_drop_, COD_ISA, )(const cod_factor *f, size_t n, size_t place,
                                     double *scratch)
{
    double *row = f->U + place * f->stride, y = row[f->b];
    memset(scratch + n, 0, COD_PANEL * sizeof *scratch);
    memcpy(scratch + place, row + place + 1, (n - place) * sizeof *scratch);
    for (size_t a = 0; a < place; a++) {
        double *at = f->U + a * f->stride + place;
        memmove(at, at + 1, (n - place + COD_PANEL - 1) * sizeof *at);
    }
    for (size_t k = place; k + 1 < n; k++) {
        double *here = f->U + k * f->stride, below = here[f->stride + f->b];
        double x = scratch[k], z = here[f->stride + k + 1];
        rotate(f, n, k, scratch);
        here[f->b] = (x * y + z * below) * f->inverse[k];
        y = (x * below - z * y) * f->inverse[k];
    }
}
