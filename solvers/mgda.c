/* SPDX-License-Identifier: MIT */
/* MGDA: the weights of the minimum-norm point of the gradients' convex hull. */
#include "solvers.h"

typedef struct options {
    int minnorm;
    int64_t max_iter;
    double tol;
} options;

static const cod_option table[] = {
    COD_OPTION_CHOICE(options, minnorm, COD_MINNORM_EXACT, "exact|fw|line-search",
                      "the solver: exact, or as published: fw (Frank-Wolfe, TorchJD's "
                      "rule) and line-search (Sener and Koltun)"),
    COD_OPTION_INT(options, max_iter, NAN, 1, 1e9, "auto", "iterations",
                   "limit; auto: exact 20 m + 100, fw 100, line-search 250"),
    COD_OPTION_REAL(options, tol, NAN, COD_ABOVE_0, 1, "auto", "",
                    "stops at: exact the certificate kkt (1e-12), fw the step (1e-3), "
                    "line-search the change (1e-5)"),
};

typedef struct state {
    double *previous;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, previous, COD_EXTENT_ROWS, "",
                    "the last step's weights, whose support is tried first"),
};

static cod_status solve(const cod_step *step, double *weights)
{
    const options *chosen = step->options;
    const state *kept = step->state;
    cod_minnorm_options how = {
        .algorithm = (cod_minnorm_algorithm)chosen->minnorm,
        .max_iter = chosen->max_iter == COD_AUTO_INT ? 0 : (size_t)chosen->max_iter,
        .tol = isnan(chosen->tol) ? 0 : chosen->tol,
    };
    cod_minnorm_info info;
    const double *start = step->step > 0 ? kept->previous : NULL;
    cod_status status =
        cod_minnorm_solve(step->minnorm, step->gramian, start, &how, weights, &info);
    if (status == COD_STOPPED_MAXITER && how.algorithm == COD_MINNORM_EXACT &&
        how.max_iter == 0)
        return cod_step_fail(step, COD_ENUMERIC,
                             "the min-norm solver stopped at kkt %.1e", info.kkt);
    if (status < COD_OK)
        return cod_step_fail(step, status, "%s", cod_status_text(status));
    for (size_t i = 0; i < step->rows; i++)
        kept->previous[i] = weights[i];
    cod_certificate *certificate = step->certificate;
    certificate->kkt = fmax(certificate->kkt, info.kkt);
    certificate->iterations += info.iterations;
    certificate->known |= COD_KNOWN_KKT;
    if (how.algorithm == COD_MINNORM_EXACT) {
        certificate->stationarity = info.norm;
        certificate->known |= COD_KNOWN_STATIONARITY;
    }
    return COD_OK;
}

const cod_method cod_method_mgda = {
    .abi = COD_METHOD_ABI,
    .name = "mgda",
    .summary = "the min-norm point of the gradients' convex hull",
    .citation = "Desideri 2012, C. R. Acad. Sci. Paris 350:313-318; Sener and Koltun "
                "2018, NeurIPS",
    .bibtex =
        "@article{desideri2012mgda,\n"
        "  author = {D{\\'e}sid{\\'e}ri, Jean-Antoine},\n"
        "  title = {Multiple-gradient descent algorithm ({MGDA}) for multiobjective "
        "optimization},\n"
        "  journal = {Comptes Rendus Math{\\'e}matique},\n"
        "  volume = {350}, number = {5--6}, pages = {313--318}, year = {2012}\n"
        "}\n"
        "@inproceedings{sener2018multi,\n"
        "  author = {Sener, Ozan and Koltun, Vladlen},\n"
        "  title = {Multi-task learning as multi-objective optimization},\n"
        "  booktitle = {Advances in Neural Information Processing Systems},\n"
        "  volume = {31}, year = {2018}\n"
        "}\n",
    .needs = COD_NEED_GRAMIAN,
    .traits = COD_TRAIT_BOUNDED | COD_TRAIT_SUM_ONE | COD_TRAIT_NONNEGATIVE |
              COD_TRAIT_NONCONFLICTING | COD_TRAIT_SCALE_FREE | COD_TRAIT_SYMMETRIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .solve = solve,
};
