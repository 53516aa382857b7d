/* SPDX-License-Identifier: MIT */
/* What is done with a factor (kernels_factor.c), and products with C, for one
 * instruction set (COD_ISA, a name). Whatever the width of the vectors, each number is
 * the same sum in the same order. */
#include "core/kernels_factor.h"
#include "core/kernels_vector.h"

#include <math.h>

enum { PARTS = COD_PANEL / WIDTH, TOGETHER = 4 };

/* ---- U'^-1 ---- */

/* x over one panel, given what is above it: times the corner's inverse. */
static ALWAYS_INLINE void forward_corner(const double *corner, double *x)
{
    vector sum[PARTS];
    double s[COD_PANEL];
    memcpy(s, x, sizeof s);
    UNROLL
    for (int v = 0; v < PARTS; v++) {
        vector even = {0}, odd = {0};
        const double *at = corner + v * WIDTH;
        UNROLL
        for (int r = 0; r < COD_PANEL; r += 2) {
            even += s[r] * load_double(at + r * COD_PANEL);
            odd += s[r + 1] * load_double(at + (r + 1) * COD_PANEL);
        }
        sum[v] = even + odd;
    }
    memcpy(x, sum, sizeof sum);
}

/* The last panel, where that is not a whole one. */
static ALWAYS_INLINE void forward_last(const cod_factor *f, size_t first, size_t n,
                                       double *x)
{
    for (size_t r = first; r < n; r++) {
        for (size_t q = first; q < r; q++)
            x[r] -= f->U[q * f->stride + r] * x[q];
        x[r] *= f->inverse[r];
    }
}

/* Takes a panel's part out of elements `column` .. + WIDTH - 1 of each x; s: the
 * panel's. */
static ALWAYS_INLINE void take_panel(int count, const cod_factor *f, size_t first,
                                     size_t column, double s[TOGETHER][COD_PANEL],
                                     double *x, size_t apart)
{
    const double *row = f->U + first * f->stride + column;
    vector u[COD_PANEL];
    UNROLL
    for (int r = 0; r < COD_PANEL; r++)
        u[r] = load_double(row + (size_t)r * f->stride);
    UNROLL
    for (int q = 0; q < count; q++) {
        double *at = x + (size_t)q * apart + column;
        vector even = load_double(at), odd = {0};
        UNROLL
        for (int r = 0; r < COD_PANEL; r += 2) {
            even -= s[q][r] * u[r];
            odd += s[q][r + 1] * u[r + 1];
        }
        even -= odd;
        memcpy(at, &even, sizeof even);
    }
}

/* x <- U'^-1 x for `count` of them, `apart` doubles from one to the next. */
static ALWAYS_INLINE void forward(int count, const cod_factor *f, size_t n, double *x,
                                  size_t apart)
{
    double s[TOGETHER][COD_PANEL];
    size_t k = 0;
    for (; k + COD_PANEL <= n; k += COD_PANEL) {
        UNROLL
        for (int q = 0; q < count; q++) {
            double *at = x + (size_t)q * apart + k;
            forward_corner(f->corners + k * COD_PANEL, at);
            memcpy(s[q], at, sizeof s[q]);
        }
        for (size_t c = k + COD_PANEL; c < n; c += WIDTH)
            take_panel(count, f, k, c, s, x, apart);
    }
    for (int q = 0; q < count; q++)
        forward_last(f, k, n, x + (size_t)q * apart);
}

void COD_PASTE(cod_forward_, COD_ISA, )(const cod_factor *f, size_t n, double *x)
{
    forward(1, f, n, x, 0);
}

static NEVER_INLINE void forward_two(const cod_factor *f, size_t n, double *x,
                                     size_t apart)
{
    forward(2, f, n, x, apart);
}

static NEVER_INLINE void forward_four(const cod_factor *f, size_t n, double *x,
                                      size_t apart)
{
    forward(TOGETHER, f, n, x, apart);
}

/* Columns column .. column + count - 1, of as many rows as the factor has. */
static void extend_by(const cod_wolfe *w, const cod_factor *f, size_t rows,
                      size_t column, size_t count, double *x)
{
    size_t apart = w->stride + COD_PANEL, padded = count > 2 ? TOGETHER : count;
    for (size_t q = 0; q < padded; q++) {
        size_t last = q < count ? q : count - 1;
        const double *row = w->C + w->support[column + last] * w->stride;
        for (size_t a = 0; a < rows; a++)
            x[q * apart + a] = row[w->support[a]];
    }
    if (count == 1)
        COD_PASTE(cod_forward_, COD_ISA, )(f, rows, x);
    else if (count == 2)
        forward_two(f, rows, x, apart);
    else
        forward_four(f, rows, x, apart);
    for (size_t a = 0; a < rows; a++)
        for (size_t q = 0; q < count; q++)
            f->U[a * f->stride + column + q] = x[q * apart + a];
}

void COD_PASTE(cod_extend_, COD_ISA, )(const cod_wolfe *w, const cod_factor *f,
                                       size_t from, double *scratch)
{
    for (size_t c = from; c < w->count; c += TOGETHER)
        extend_by(w, f, from, c, w->count - c < TOGETHER ? w->count - c : TOGETHER,
                  scratch);
    for (size_t a = 0; a < from; a++) /* whole vectors are read */
        memset(f->U + a * f->stride + w->count, 0, COD_PANEL * sizeof(double));
}

/* ---- U^-1 ---- */

/* Elements `column` .. end of WIDTH rows times x: eight lanes a row, added across. */
static ALWAYS_INLINE vector dots(const double *const rows[WIDTH], size_t column,
                                 size_t end, const double *x)
{
    vector sum[WIDTH][PARTS] = {0}, all[WIDTH];
    size_t c = column + (end - column + COD_PANEL - 1) / COD_PANEL * COD_PANEL;
    while (c > column) { /* what comes last has just been made */
        c -= COD_PANEL;
        UNROLL
        for (int v = 0; v < PARTS; v++) {
            vector y = load_double(x + c + (size_t)v * WIDTH);
            UNROLL
            for (int r = 0; r < WIDTH; r++)
                sum[r][v] += y * load_double(rows[r] + c + (size_t)v * WIDTH);
        }
    }
    UNROLL
    for (int r = 0; r < WIDTH; r++) {
        UNROLL
        for (int half = PARTS / 2; half > 0; half /= 2)
            UNROLL
        for (int v = 0; v < half; v++)
            sum[r][v] += sum[r][v + half];
        all[r] = sum[r][0];
    }
    return add_across(all);
}

/* ret_x = x - U x over columns first + COD_PANEL .. for rows first .. ; then times the
 * corner's inverse. */
static ALWAYS_INLINE void back_panel(const cod_factor *f, size_t first, size_t n,
                                     double *x)
{
    const double *rows[WIDTH], *corner = f->corners + first * COD_PANEL;
    vector sum[PARTS];
    for (size_t g = 0; g < COD_PANEL && first + COD_PANEL < n; g += WIDTH) {
        for (size_t r = 0; r < WIDTH; r++)
            rows[r] = f->U + (first + g + r) * f->stride;
        vector rest = load_double(x + first + g) - dots(rows, first + COD_PANEL, n, x);
        memcpy(x + first + g, &rest, sizeof rest);
    }
    UNROLL
    for (int v = 0; v < PARTS; v++) {
        for (size_t r = 0; r < WIDTH; r++)
            rows[r] = corner + ((size_t)v * WIDTH + r) * COD_PANEL;
        sum[v] = dots(rows, 0, COD_PANEL, x + first);
    }
    memcpy(x + first, sum, sizeof sum);
}

/* The last panel, where that is not a whole one. */
static void back_last(const cod_factor *f, size_t first, size_t n, double *x)
{
    for (size_t r = n; r-- > first;) {
        const double *row = f->U + r * f->stride;
        for (size_t c = n - 1; c > r; c--)
            x[r] -= row[c] * x[c];
        x[r] *= f->inverse[r];
    }
}

void COD_PASTE(cod_back_, COD_ISA, )(const cod_factor *f, size_t n, double *x)
{
    size_t panels = n / COD_PANEL;
    memset(x + n, 0, COD_PANEL * sizeof(double));
    back_last(f, panels * COD_PANEL, n, x);
    while (panels-- > 0)
        back_panel(f, panels * COD_PANEL, n, x);
}

/* ---- corners ---- */

/* The inverse X of one: X_r = (e_r - sum of U_rc X_c over c > r) / U_rr. */
static ALWAYS_INLINE void invert_corner(const cod_factor *f, size_t first)
{
    vector x[COD_PANEL][PARTS];
    UNROLL
    for (int r = COD_PANEL - 1; r >= 0; r--) {
        const double *row = f->U + (first + (size_t)r) * f->stride + first;
        double unit[COD_PANEL] = {0};
        unit[r] = 1;
        memcpy(x[r], unit, sizeof unit);
        UNROLL
        for (int v = 0; v < PARTS; v++) {
            UNROLL
            for (int c = COD_PANEL - 1; c > r; c--)
                x[r][v] -= row[c] * x[c][v];
            x[r][v] *= f->inverse[first + (size_t)r];
        }
    }
    memcpy(f->corners + first * COD_PANEL, x, sizeof x);
}

void COD_PASTE(cod_corners_, COD_ISA, )(const cod_factor *f, size_t first, size_t n)
{
    size_t k = first / COD_PANEL * COD_PANEL;
    for (; k + COD_PANEL <= n; k += COD_PANEL)
        invert_corner(f, k);
}

/* ---- products with C ---- */

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

static void add_all_rows(const cod_wolfe *w, const double *u, double *ret_r)
{
    size_t a = 0;
    for (size_t i = 0; i < w->stride; i++)
        ret_r[i] = -w->b[i];
    for (; a + 4 <= w->count; a += 4)
        add_rows(w, w->support + a, 4, u, ret_r);
    for (; a < w->count; a++)
        add_rows(w, w->support + a, 1, u, ret_r);
}

/* r = C u - b for some rows, WIDTH or fewer. */
static void take_rows(const cod_wolfe *w, const size_t *list, size_t count,
                      const double *u, double *ret_r)
{
    const double *rows[WIDTH];
    double sums[WIDTH];
    for (size_t r = 0; r < WIDTH; r++)
        rows[r] = w->C + list[r < count ? r : 0] * w->stride;
    vector sum = dots(rows, 0, w->m, u);
    memcpy(sums, &sum, sizeof sum);
    for (size_t r = 0; r < count; r++)
        ret_r[list[r]] = sums[r] - w->b[list[r]];
}

void COD_PASTE(cod_slack_, COD_ISA, )(const cod_wolfe *w, const double *u, size_t count,
                                      double *ret_r)
{
    if (count > w->count) {
        add_all_rows(w, u, ret_r);
        return;
    }
    for (size_t k = 0; k < count; k += WIDTH)
        take_rows(w, w->outside + k, count - k < WIDTH ? count - k : WIDTH, u, ret_r);
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

/* ---- the factor's rows and columns ---- */

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
            f->y[a] = w->b[support[a]];
    }
}

/* Row k of the factor of T'T + u u', where row k + 1 has T's: to T_k, times `grow`,
 * comes the rest w of u, times `part`, from which p T_k has been taken. */
static ALWAYS_INLINE void update_row(const cod_factor *f, size_t n, size_t k, double *w,
                                     double p, double grow, double part)
{
    double *row = f->U + k * f->stride;
    const double *old = row + f->stride + 1;
    for (size_t c = k / WIDTH * WIDTH; c < n; c += WIDTH) { /* whole lines: no matter
                                                             * what is on the left */
        vector t = load_double(old + c), rest = load_double(w + c) - p * t;
        vector x = grow * t + part * rest;
        memcpy(w + c, &rest, sizeof rest);
        memcpy(row + c, &x, sizeof x);
    }
}

/* What is below the row that leaves gets that row u: T'T + u u' (Gill, Golub, Murray
 * and Saunders 1974, Math. Comput. 28, method C1). With p = T'^-1 u, all that waits for
 * the row before is the rest of u; the rotations' square roots do not. */
void COD_PASTE(cod_drop_, COD_ISA, )(const cod_factor *f, size_t n, size_t place,
                                     double *scratch)
{
    double *w = scratch, rest = f->y[place], sum = 1, root = 1;
    memset(w + n, 0, COD_PANEL * sizeof *w);
    memcpy(w + place, f->U + place * f->stride + place + 1, (n - place) * sizeof *w);
    for (size_t a = 0; a < place; a++)
        for (size_t c = place; c < n; c += WIDTH) {
            double *at = f->U + a * f->stride + c;
            vector next = load_double(at + 1);
            memcpy(at, &next, sizeof next);
        }
    for (size_t k = place; k + 1 < n; k++) {
        double p = w[k] * f->inverse[k + 1], next = sum + p * p;
        double next_root = sqrt(next), both = 1 / (root * next_root);
        double grow = next * both, part = p * both;
        update_row(f, n, k, w, p, grow, part);
        rest -= p * f->y[k + 1];
        f->y[k] = grow * f->y[k + 1] + part * rest;
        f->inverse[k] = 1 / f->U[k * f->stride + k];
        sum = next;
        root = next_root;
    }
}
