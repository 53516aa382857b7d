/* SPDX-License-Identifier: MIT */
/* A method of your own, in your own file, through the same door as the built-in ones.
 *
 * "smooth-losses" smooths the shares of the losses: p_i = L_i / sum L, and
 * w <- beta w + (1 - beta) p, from uniform weights. It has an option (beta) and a state
 * (the weights), which the library checks, saves, restores and shows. */
#include <stdio.h>

#include <codescent/codescent.h>

typedef struct options {
    double beta;
} options;

static const cod_option table[] = {
    COD_OPTION_REAL(options, beta, 0.9, 0, COD_BELOW_1, NULL, "",
                    "how much of the old weights is kept"),
};

typedef struct state {
    double *smooth; /* m entries; the library allocates them */
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, smooth, COD_EXTENT_M, "", "the smoothed weights"),
};

static cod_status prepare(const cod_step *step)
{
    const state *kept = step->state;
    for (size_t i = 0; i < step->m; i++)
        kept->smooth[i] = 1.0 / (double)step->m;
    return COD_OK;
}

static cod_status solve(const cod_step *step, double *weights)
{
    const options *chosen = step->options;
    const state *kept = step->state;
    double sum = 0;
    for (size_t i = 0; i < step->m; i++) {
        if (step->losses[i] <= 0)
            return cod_step_fail(step, COD_EDOMAIN, "loss %zu is %g, not above 0",
                                 i + 1, step->losses[i]);
        sum += step->losses[i];
    }
    for (size_t i = 0; i < step->m; i++) {
        kept->smooth[i] = chosen->beta * kept->smooth[i] +
                          (1 - chosen->beta) * (step->losses[i] / sum);
        weights[i] = kept->smooth[i];
    }
    return COD_OK;
}

static const cod_method smooth_losses = {
    .abi = COD_METHOD_ABI,
    .name = "smooth-losses",
    .summary = "shares of the losses, smoothed over steps",
    .citation = "an example",
    .needs = COD_NEED_LOSSES,
    .traits = COD_TRAIT_SUM_ONE | COD_TRAIT_NONNEGATIVE | COD_TRAIT_SYMMETRIC,
    .options_size = sizeof(options),
    .options = table,
    .option_count = 1,
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = 1,
    .prepare = prepare,
    .solve = solve,
};

int main(void)
{
    const cod_method *const mine[] = {&smooth_losses};
    const cod_setup setup = {.m = 2, .methods = mine, .method_count = 1};
    const double losses[4][2] = {{3, 1}, {2, 2}, {1, 1}, {1, 3}};
    double weights[2];
    cod_solver *solver;
    cod_message message;
    cod_status status =
        cod_solver_alloc("smooth-losses(beta=0.5)", &setup, &solver, &message);
    if (status != COD_OK)
        return fprintf(stderr, "%s\n", message.text), 1;
    for (int k = 0; k < 4 && status == COD_OK; k++) {
        status = cod_solver_weights(solver, losses[k], NULL, weights, NULL);
        if (status == COD_OK)
            printf("step %d: weights %.4f %.4f\n", k + 1, weights[0], weights[1]);
        else
            fprintf(stderr, "%s\n", cod_solver_message(solver));
    }
    cod_solver_free(solver);
    return status != COD_OK;
}
