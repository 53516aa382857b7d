/* SPDX-License-Identifier: MIT */
/* GradDrop: in each coordinate the gradients of one sign, chosen at random by how much
 * the signs agree, are kept and the others dropped. */
#include "solvers.h"

typedef struct options {
    cod_list leak;
} options;

static const cod_option table[] = {
    COD_OPTION_LIST(
        options, leak, 0, 1, "",
        "share of a dropped gradient that passes all the same: one for all, "
        "or one for each objective; by default 0"),
};

static cod_status check(const cod_step *step)
{
    return cod_check_each(step, "leak", &((const options *)step->options)->leak);
}

/* Algorithm 1: P = (1 + sum g / sum |g|) / 2, U uniform; positive
 * elements are kept where P > U, negative ones where P < U. */
static cod_status emit(const cod_step *step, const cod_block *block, size_t point,
                       double *ret_direction)
{
    (void)point;
    const cod_list *leak = &((const options *)step->options)->leak;
    for (size_t k = 0; k < block->length; k++) {
        double sum = 0, size = 0, d = 0;
        for (size_t i = 0; i < step->m; i++) {
            double g = cod_block_at(block, i, k);
            sum += g;
            size += fabs(g);
        }
        double purity = size > 0 ? 0.5 * (1 + sum / size) : 0.5;
        double u = cod_random_uniform(step->random, block->offset + k);
        for (size_t i = 0; i < step->m; i++) {
            double g = cod_block_at(block, i, k);
            int kept = g > 0 ? purity > u : purity < u;
            d += kept ? g : cod_each(leak, i, 0) * g;
        }
        ret_direction[k] = d;
    }
    return COD_OK;
}

const cod_method cod_method_graddrop = {
    .abi = COD_METHOD_ABI,
    .name = "graddrop",
    .summary = "in each coordinate the gradients of one sign, chosen at random",
    .citation =
        "Chen, Ngiam, Huang, Luong, Kretzschmar, Chai and Anguelov 2020, NeurIPS, "
        "algorithm 1",
    .bibtex =
        "@inproceedings{chen2020just,\n"
        "  author = {Chen, Zhao and Ngiam, Jiquan and Huang, Yanping and Luong, "
        "Thang and\n"
        "            Kretzschmar, Henrik and Chai, Yuning and Anguelov, Dragomir},\n"
        "  title = {Just pick a sign: optimizing deep multitask models with gradient\n"
        "           sign dropout},\n"
        "  booktitle = {Advances in Neural Information Processing Systems},\n"
        "  volume = {33}, year = {2020}\n"
        "}\n",
    .needs = COD_NEED_ROWS,
    .traits = COD_TRAIT_STOCHASTIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .check = check,
    .emit = emit,
};
