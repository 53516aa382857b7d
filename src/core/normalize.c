/* SPDX-License-Identifier: MIT */
/* Every method on a Gramian can be shown that of rescaled gradients: l2, loss and loss+
 * as in the code of Sener and Koltun (2018), and the gradients of the log-losses. */
#include <math.h>

#include "core/solver_private.h"

unsigned cod_normalize_needs(int normalize)
{
    switch (normalize) {
    case COD_NORMALIZE_L2:
        return COD_NEED_NORMS;
    case COD_NORMALIZE_LOSS:
    case COD_NORMALIZE_LOG:
        return COD_NEED_LOSSES;
    case COD_NORMALIZE_LOSS_PLUS:
        return COD_NEED_LOSSES | COD_NEED_NORMS;
    default:
        return 0;
    }
}

/* What row i is divided by. A zero row stays as it is. */
static cod_status find_divisor(const cod_solver *node, const cod_step *step, size_t i,
                               double *ret_divisor)
{
    int normalize = node->choice.normalize;
    double divisor = 1;
    if (normalize == COD_NORMALIZE_L2 || normalize == COD_NORMALIZE_LOSS_PLUS)
        divisor = step->norms[i] > 0 ? step->norms[i] : 1;
    if (normalize != COD_NORMALIZE_L2) {
        if (!(step->losses[i] > 0))
            return cod_step_fail(step, COD_EDOMAIN,
                                 "the loss of objective %zu is %g: normalize divides "
                                 "by the losses, which have to be > 0",
                                 i % step->m + 1, step->losses[i]);
        divisor *= step->losses[i];
    }
    if (!(divisor > 0) || isinf(divisor))
        return cod_step_fail(step, COD_EOVERFLOW,
                             "what normalize divides the gradient of objective %zu by "
                             "is out of range",
                             i % step->m + 1);
    *ret_divisor = divisor;
    return COD_OK;
}

/* A row divided by its own norm has length 1, or 1 over its loss, without rounding. */
static double scaled_square(const cod_solver *node, const cod_step *step, size_t i,
                            double square)
{
    int normalize = node->choice.normalize;
    if (square == 0 || normalize == COD_NORMALIZE_LOSS ||
        normalize == COD_NORMALIZE_LOG)
        return square;
    return normalize == COD_NORMALIZE_L2 ? 1 : 1 / step->losses[i] / step->losses[i];
}

cod_status cod_normalize_gramian(cod_solver *node, cod_step *step)
{
    size_t rows = step->rows;
    double *divisors = node->scaled + rows * rows;
    for (size_t i = 0; i < rows; i++) {
        cod_status status = find_divisor(node, step, i, &divisors[i]);
        if (status != COD_OK)
            return status;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j <= i; j++) {
            double entry = step->gramian[i * rows + j] / divisors[i] / divisors[j];
            if (i == j)
                entry = scaled_square(node, step, i, entry);
            if (!isfinite(entry))
                return cod_step_fail(
                    step, COD_EOVERFLOW,
                    "the normalised gradient of objective %zu overflows",
                    i % step->m + 1);
            node->scaled[i * rows + j] = node->scaled[j * rows + i] = entry;
        }
    step->gramian = node->scaled;
    return COD_OK;
}
