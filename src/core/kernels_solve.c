/* SPDX-License-Identifier: MIT */
/* What is done with a factor (kernels_factor.c), and products with C, for one
 * instruction set (COD_ISA, a name). Whatever the width of the vectors, each number is
 * the same sum in the same order. */
#include "core/kernels_panel.h"

enum { FEW = WIDTH > 2 ? WIDTH / 2 : 1 }; /* rows that do not pay for WIDTH of them */

/* ---- U'^-1 ---- */

void COD_PASTE(cod_forward_, COD_ISA, )(const cod_factor *f, size_t n, double *x)
{
    forward(1, 0, f, n, x, 0);
}

/* ---- U^-1 ---- */

/* Elements `column` .. end of `count` rows times x, 0 for those that lack to WIDTH:
 * eight lanes a row, added across. */
static ALWAYS_INLINE vector dots(int count, const double *const rows[WIDTH],
                                 size_t column, size_t end, const double *x)
{
    vector sum[WIDTH][PARTS] = {0}, all[WIDTH];
    size_t c = column + (end - column + COD_PANEL - 1) / COD_PANEL * COD_PANEL;
    while (c > column) { /* what comes last has just been made */
        c -= COD_PANEL;
        UNROLL
        for (int v = 0; v < PARTS; v++) {
            vector y = load_double(x + c + (size_t)v * WIDTH);
            UNROLL
            for (int r = 0; r < count; r++)
                sum[r][v] += y * load_double(rows[r] + c + (size_t)v * WIDTH);
        }
    }
    UNROLL
    for (int r = 0; r < WIDTH; r++)
        all[r] = add_halves(sum[r], PARTS);
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
        vector rest =
            load_double(x + first + g) - dots(WIDTH, rows, first + COD_PANEL, n, x);
        memcpy(x + first + g, &rest, sizeof rest);
    }
    UNROLL
    for (int v = 0; v < PARTS; v++) {
        for (size_t r = 0; r < WIDTH; r++)
            rows[r] = corner + ((size_t)v * WIDTH + r) * COD_PANEL;
        sum[v] = dots(WIDTH, rows, 0, COD_PANEL, x + first);
    }
    memcpy(x + first, sum, sizeof sum);
}

void COD_PASTE(cod_back_, COD_ISA, )(const cod_factor *f, size_t n, double *x)
{
    size_t panels = (n + COD_PANEL - 1) / COD_PANEL;
    memset(x + n, 0, COD_PANEL * sizeof(double));
    while (panels-- > 0)
        back_panel(f, panels * COD_PANEL, n, x);
}

/* ---- corners ---- */

/* The inverse X of one: X_r = (e_r - sum of U_rc X_c over c > r) / U_rr; 0 from row
 * `height` on. */
static ALWAYS_INLINE void invert_corner(const cod_factor *f, size_t first,
                                        size_t height)
{
    static const double unit[2 * COD_PANEL] = {[COD_PANEL] = 1}, none[COD_PANEL] = {0};
    vector x[COD_PANEL][PARTS];
    UNROLL
    for (int r = COD_PANEL - 1; r >= 0; r--) {
        int there = (size_t)r < height;
        const double *row =
            there ? f->U + (first + (size_t)r) * f->stride + first : none;
        double inverse = there ? f->inverse[first + (size_t)r] : 0;
        UNROLL
        for (int v = 0; v < PARTS; v++) {
            x[r][v] = load_double(unit + COD_PANEL - r + v * WIDTH);
            UNROLL
            for (int c = COD_PANEL - 1; c > r; c--)
                x[r][v] -= row[c] * x[c][v];
            x[r][v] *= inverse;
        }
    }
    memcpy(f->corners + first * COD_PANEL, x, sizeof x);
}

void COD_PASTE(cod_corners_, COD_ISA, )(const cod_factor *f, size_t first, size_t n)
{
    size_t k = first / COD_PANEL * COD_PANEL;
    for (; k < n; k += COD_PANEL)
        invert_corner(f, k, n - k);
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

/* r = C u - b for some rows, `most` or fewer. */
static ALWAYS_INLINE void take_rows(int most, const cod_wolfe *w, const size_t *list,
                                    size_t count, const double *u, double *ret_r)
{
    const double *rows[WIDTH];
    double sums[WIDTH];
    for (size_t r = 0; r < (size_t)most; r++)
        rows[r] = w->C + list[r < count ? r : 0] * w->stride;
    vector sum = dots(most, rows, 0, w->m, u);
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
    for (size_t k = 0; k < count; k += WIDTH) {
        size_t some = count - k < WIDTH ? count - k : WIDTH;
        if (some <= FEW)
            take_rows(FEW, w, w->outside + k, some, u, ret_r);
        else
            take_rows(WIDTH, w, w->outside + k, some, u, ret_r);
    }
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
