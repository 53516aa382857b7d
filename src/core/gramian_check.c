/* SPDX-License-Identifier: MIT */
/* Is this a Gramian? Symmetric, finite, no negative diagonal, no eigenvalue below -1e-6
 * times the trace: Gramians made in float32 have small negative ones. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <lapacke.h>

#include "core/solver_private.h"
#include "core/spec.h"

/* fmax() is a call */
static double larger(double a, double b)
{
    return b > a ? b : a;
}

/* Rounding in float32 leaves relative differences of this size between the triangles.
 */
#define SYMMETRY_TOLERANCE 1e-6
#define LOWEST_EIGENVALUE  (-1e-6)

static cod_status check_entries(size_t m, const double *G, cod_message *message)
{
    for (size_t k = 0; k < m * m; k++)
        if (!isfinite(G[k]))
            return cod_fail(message, COD_ENONFINITE,
                            "the Gramian's entry (%zu, %zu) is %s", k / m + 1,
                            k % m + 1, isnan(G[k]) ? "NaN" : "infinite");
    for (size_t i = 0; i < m; i++)
        if (G[i * m + i] < 0)
            return cod_fail(message, COD_EDOMAIN,
                            "the Gramian's diagonal entry of objective %zu is %g: a "
                            "squared norm is >= 0",
                            i + 1, G[i * m + i]);
    return COD_OK;
}

/* Whether the entries (i, j) and (j, i) are the same but for rounding. */
static int is_symmetric(size_t m, const double *G, size_t i, size_t j)
{
    double a = G[i * m + j], b = G[j * m + i];
    double norms = sqrt(G[i * m + i]) * sqrt(G[j * m + j]);
    double size = larger(norms, larger(fabs(a), fabs(b)));
    return fabs(a - b) <= SYMMETRY_TOLERANCE * size;
}

static cod_status copy_symmetric(size_t m, const double *G, double *copy,
                                 cod_message *message)
{
    for (size_t i = 0; i < m; i++) {
        copy[i * m + i] = G[i * m + i];
        for (size_t j = 0; j < i; j++) {
            double a = G[i * m + j], b = G[j * m + i];
            if (a != b && !is_symmetric(m, G, i, j))
                return cod_fail(message, COD_ESYMMETRY,
                                "the Gramian is not symmetric: entry (%zu, %zu) is %g, "
                                "entry (%zu, %zu) is %g",
                                i + 1, j + 1, a, j + 1, i + 1, b);
            copy[i * m + j] = copy[j * m + i] = a == b ? a : 0.5 * a + 0.5 * b;
        }
    }
    return COD_OK;
}

/* Whether G / trace + shift I has a Cholesky factor, so no eigenvalue below -shift. */
static int is_positive(size_t m, const double *G, double trace, double shift,
                       double *scratch)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j <= i; j++)
            scratch[i * m + j] = G[i * m + j] / trace;
        scratch[i * m + i] += shift;
    }
    return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)m, scratch,
                               (lapack_int)m) == 0;
}

/* The lowest eigenvalue over the trace by bisection on is_positive(), to two digits. */
static double lowest_eigenvalue(size_t m, const double *G, double trace, double above,
                                double *scratch)
{
    double below = 2 * above;
    while (!is_positive(m, G, trace, below, scratch))
        below *= 2;
    for (int k = 0; k < 10; k++) {
        double middle = 0.5 * (above + below);
        if (is_positive(m, G, trace, middle, scratch))
            below = middle;
        else
            above = middle;
    }
    return -0.5 * (above + below);
}

/* G is 2 x 2: the lower root of its characteristic polynomial, over the trace. */
static double lowest_of_two(const double *G, double trace)
{
    double a = G[0] / trace, c = G[3] / trace, b = G[1] / trace;
    return 0.5 * (1 - hypot(a - c, 2 * b));
}

cod_status cod_gramian_check(size_t m, const double *gramian, double *scratch,
                             double *ret_copy, double *ret_indefinite,
                             cod_message *ret_message)
{
    cod_status status = check_entries(m, gramian, ret_message);
    if (status == COD_OK)
        status = copy_symmetric(m, gramian, ret_copy, ret_message);
    if (status != COD_OK)
        return status;
    double trace = 0, largest = 0, lowest = 0;
    for (size_t i = 0; i < m; i++)
        trace += ret_copy[i * m + i];
    for (size_t k = 0; k < m * m; k++)
        largest = larger(largest, fabs(ret_copy[k]));
    *ret_indefinite = 0;
    if (isinf(trace))
        return cod_fail(ret_message, COD_EOVERFLOW, "the Gramian's trace overflows");
    if (trace < DBL_MIN * 1e20 && largest <= trace)
        return COD_OK;
    double rounding = 16 * (double)m * DBL_EPSILON;
    if (largest > trace)
        lowest = -1; /* beyond Cauchy and Schwarz; the trace may even be 0 */
    else if (m == 2)
        lowest = lowest_of_two(ret_copy, trace);
    else if (m > 2 && !is_positive(m, ret_copy, trace, rounding, scratch))
        lowest = lowest_eigenvalue(m, ret_copy, trace, rounding, scratch);
    if (lowest < LOWEST_EIGENVALUE)
        return cod_fail(
            ret_message, COD_EINDEFINITE,
            "the Gramian has an eigenvalue of about %.2g times its trace: it "
            "is not one of real gradients",
            lowest);
    *ret_indefinite = lowest < -rounding ? lowest : 0;
    return COD_OK;
}
