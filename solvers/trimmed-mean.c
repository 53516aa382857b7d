/* SPDX-License-Identifier: MIT */
/* Trimmed mean, coordinate by coordinate: no weights, no Gramian. */
#include "solvers.h"

typedef struct options {
    int64_t trim;
} options;

static const cod_option table[] = {
    COD_OPTION_INT(options, trim, 1, 0, COD_ROWS_MAX / 2, NULL, "",
                   "how many of the lowest, and of the highest, are left out"),
};

static cod_status check(const cod_step *step)
{
    int64_t trim = ((const options *)step->options)->trim;
    if (2 * (size_t)trim >= step->m)
        return cod_step_fail(step, COD_EOPTION,
                             "option trim=%lld leaves none of %zu gradients",
                             (long long)trim, step->m);
    return COD_OK;
}

/* Shell's sort with Ciura's gaps: no memory, and fast on few. */
static void sort(size_t n, double *x)
{
    static const size_t gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < COD_COUNT(gaps); g++)
        for (size_t i = gaps[g]; i < n; i++) {
            double kept = x[i];
            size_t j = i;
            for (; j >= gaps[g] && x[j - gaps[g]] > kept; j -= gaps[g])
                x[j] = x[j - gaps[g]];
            x[j] = kept;
        }
}

static cod_status emit(const cod_step *step, const cod_block *block, size_t point,
                       double *ret_direction)
{
    (void)point;
    size_t m = step->m, trim = (size_t)((const options *)step->options)->trim;
    double column[COD_ROWS_MAX];
    for (size_t k = 0; k < block->length; k++) {
        double sum = 0;
        for (size_t i = 0; i < m; i++)
            column[i] = cod_block_at(block, i, k);
        sort(m, column);
        for (size_t i = trim; i < m - trim; i++)
            sum += column[i];
        ret_direction[k] = sum / (double)(m - 2 * trim);
    }
    return COD_OK;
}

const cod_method cod_method_trimmed_mean = {
    .abi = COD_METHOD_ABI,
    .name = "trimmed-mean",
    .summary = "coordinate by coordinate, the mean without the extremes",
    .citation = "Yin, Chen, Ramchandran and Bartlett 2018, ICML, definition 2",
    .bibtex =
        "@inproceedings{yin2018byzantine,\n"
        "  author = {Yin, Dong and Chen, Yudong and Ramchandran, Kannan and Bartlett, "
        "Peter},\n"
        "  title = {Byzantine-robust distributed learning: towards optimal "
        "statistical\n"
        "           rates},\n"
        "  booktitle = {International Conference on Machine Learning},\n"
        "  pages = {5650--5659}, year = {2018}\n"
        "}\n",
    .needs = COD_NEED_ROWS,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .check = check,
    .emit = emit,
};
