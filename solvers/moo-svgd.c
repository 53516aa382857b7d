/* SPDX-License-Identifier: MIT */
/* Multi-objective Stein variational gradient descent: each point of a set follows the
 * min-norm directions of all, by a kernel of the distances between their losses, and is
 * driven away from its neighbours. */
#include "solvers.h"

typedef struct options {
    double bandwidth;
    double repulsion;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(options, bandwidth, NAN, COD_ABOVE_0, COD_UNBOUNDED, "median", "",
                    "h of the kernel exp(-|f_p - f_q|^2/h); median: the median of "
                    "the squared distances over the logarithm of the number of points; "
                    "a smaller h keeps the points nearer to the front"),
    COD_OPTION_REAL(options, repulsion, 1, 0, COD_UNBOUNDED, NULL, "",
                    "factor on the kernel's gradient"),
};

static size_t work(const cod_step *step)
{
    return step->points * step->points + step->m * step->m + step->rows;
}

static double distance2(const cod_step *step, size_t p, size_t q)
{
    double sum = 0;
    for (size_t i = 0; i < step->m; i++) {
        double gap = step->losses[p * step->m + i] - step->losses[q * step->m + i];
        sum += gap * gap;
    }
    return sum;
}

/* The k-th smallest, counted from 0, with all smaller ones before it (Hoare 1961). */
static double select_in(size_t count, double *x, size_t k)
{
    size_t from = 0, to = count - 1;
    while (from < to) {
        double pivot = x[from + (to - from) / 2];
        size_t i = from, j = to;
        for (;; i++, j--) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j)
                break;
            double kept = x[i];
            x[i] = x[j];
            x[j] = kept;
        }
        if (k <= j)
            to = j;
        else
            from = j + 1;
    }
    return x[k];
}

/* The median is over all pairs, each point with itself too, as in the authors' code. */
static double bandwidth(const cod_step *step)
{
    double given = ((const options *)step->options)->bandwidth, *all = step->work;
    size_t points = step->points, count = points * points;
    if (!isnan(given))
        return given;
    for (size_t p = 0; p < points; p++)
        for (size_t q = 0; q < points; q++)
            all[p * points + q] = distance2(step, p, q);
    double median = select_in(count, all, count / 2);
    if (count % 2 == 0)
        median = 0.5 * (median + select_in(count, all, count / 2 - 1));
    return median / log((double)points);
}

/* Min-norm weights of each point, from its diagonal block of the Gramian. */
static cod_status find_descent(const cod_step *step, double *ret_w)
{
    size_t m = step->m;
    double *block = step->work + step->points * step->points;
    for (size_t p = 0; p < step->points; p++) {
        for (size_t k = 0; k < m * m; k++)
            block[k] = step->gramian[(p * m + k / m) * step->rows + p * m + k % m];
        cod_status status =
            cod_minnorm_solve(step->minnorm, block, NULL, NULL, ret_w + p * m, NULL);
        if (status < COD_OK)
            return cod_step_fail(step, status, "point %zu: %s", p + 1,
                                 cod_status_text(status));
    }
    return COD_OK;
}

/* d_p = (sum_q k_pq g*_q - 2/h sum_q k_pq (f_p - f_q) J_p) / points: the repulsion by
 * the point's own gradients, as in the authors' code. */
static cod_status solve(const cod_step *step, double *weights)
{
    size_t m = step->m;
    double *star = step->work + step->points * step->points + m * m;
    double share = 1 / (double)step->points, h = bandwidth(step);
    double repulsion = ((const options *)step->options)->repulsion;
    cod_status status = find_descent(step, star);
    for (size_t p = 0; status == COD_OK && p < step->points; p++)
        for (size_t q = 0; q < step->points; q++) {
            double *w = weights + p * step->rows, square = distance2(step, p, q);
            double kernel = share * (square > 0 ? exp(-square / h) : 1);
            for (size_t i = 0; i < m; i++) {
                double gap = step->losses[p * m + i] - step->losses[q * m + i];
                w[q * m + i] += kernel * star[q * m + i];
                if (gap != 0 && kernel > 0)
                    w[p * m + i] -= repulsion * 2 / h * kernel * gap;
            }
        }
    return status;
}

const cod_method cod_method_moo_svgd = {
    .abi = COD_METHOD_ABI,
    .name = "moo-svgd",
    .summary = "a set of points that descend together and repel each other",
    .citation = "Liu, Tong and Liu 2021, NeurIPS",
    .bibtex = "@inproceedings{liu2021profiling,\n"
              "  author = {Liu, Xingchao and Tong, Xin and Liu, Qiang},\n"
              "  title = {Profiling {P}areto front with multi-objective {S}tein\n"
              "           variational gradient descent},\n"
              "  booktitle = {Advances in Neural Information Processing Systems},\n"
              "  volume = {34}, year = {2021}\n"
              "}\n",
    .needs = COD_NEED_LOSSES | COD_NEED_GRAMIAN,
    .traits = COD_TRAIT_SET | COD_TRAIT_SYMMETRIC | COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .work = work,
    .solve = solve,
};
