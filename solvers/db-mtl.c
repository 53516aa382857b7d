/* SPDX-License-Identifier: MIT */
/* DB-MTL: the gradients of the log-losses, averaged, each stretched to the longest
 * one's length, and added. */
#include "solvers.h"

#define EPSILON 1e-8 /* the authors' */

typedef struct options {
    double beta;
    double sigma;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(
        options, beta, 0.9, 0, COD_BELOW_1, NULL, "",
        "what is left of the average: b <- g + beta/k^sigma (b - g), from 0"),
    COD_OPTION_REAL(options, sigma, 0, 0, COD_UNBOUNDED, NULL, "",
                    "decay of beta; k counts from 1"),
};

static size_t memory(const cod_step *step)
{
    return step->rows;
}

/* The gradient of log(L_i + 1e-8) joins the average. */
static cod_status visit(const cod_step *step, const cod_block *block,
                        double *statistics)
{
    (void)statistics;
    const options *chosen = step->options;
    double beta = chosen->beta * pow((double)step->step + 1, -chosen->sigma);
    for (size_t i = 0; i < step->m; i++) {
        double *average = block->memory + i * block->stride;
        double loss = step->losses[i] + EPSILON;
        if (!(loss > 0))
            return cod_step_fail(
                step, COD_EDOMAIN,
                "takes logarithms of the losses; that of objective %zu "
                "is %g",
                i + 1, step->losses[i]);
        for (size_t k = 0; k < block->length; k++) {
            double g = cod_block_at(block, i, k) / loss;
            average[k] = g + beta * (average[k] - g);
        }
    }
    return COD_OK;
}

static cod_status solve(const cod_step *step, double *weights)
{
    double longest = 0;
    for (size_t i = 0; i < step->m; i++)
        longest = fmax(longest, step->norms[i]);
    for (size_t i = 0; i < step->m; i++)
        weights[i] = step->norms[i] > 0 ? longest / step->norms[i] : 0;
    return COD_OK;
}

const cod_method cod_method_db_mtl = {
    .abi = COD_METHOD_ABI,
    .name = "db-mtl",
    .summary = "averaged gradients of the log-losses, all stretched to one length",
    .citation =
        "Lin, Jiang, Ye, Zhang, Chen, Chen, Liu and Kwok 2023, arXiv 2308.12029, "
        "algorithm 1",
    .bibtex =
        "@article{lin2023dual,\n"
        "  author = {Lin, Baijiong and Jiang, Weisen and Ye, Feiyang and Zhang, Yu\n"
        "            and Chen, Pengguang and Chen, Ying-Cong and Liu, Shu and Kwok, "
        "James T.},\n"
        "  title = {Dual-balancing for multi-task learning},\n"
        "  journal = {arXiv preprint arXiv:2308.12029}, year = {2023}\n"
        "}\n",
    .needs = COD_NEED_LOSSES | COD_NEED_NORMS | COD_NEED_ROWS,
    .traits = COD_TRAIT_NONNEGATIVE | COD_TRAIT_SYMMETRIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .rewrites = 1,
    .memory = memory,
    .visit = visit,
    .solve = solve,
};
