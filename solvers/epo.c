/* SPDX-License-Identifier: MIT */
/* Exact Pareto optimal search: towards the point of the front where the losses, each
 * times its preference, are equal; by a linear program in the weights, whose solver
 * allocates in every step. */
#include "solvers.h"

#include "lab/linear_program.h"

#define SMALLEST 1e-16 /* share, whose logarithm is taken */

enum { RELAXED, RESTRICTED };
enum { NONE, PUBLISHED };

typedef struct options {
    int descent;
    double tolerance;
    int scale;
} options;

static const cod_option table[] = {
    COD_OPTION_CHOICE(options, descent, RELAXED, "relaxed|restricted",
                      "once balanced, all objectives fall; restricted: without losing "
                      "the balance"),
    COD_OPTION_REAL(options, tolerance, 1e-4, COD_ABOVE_0, COD_UNBOUNDED, NULL, "",
                    "the losses count as balanced where their non-uniformity is at "
                    "most this"),
    COD_OPTION_CHOICE(options, scale, NONE, "none|published",
                      "published: weights times 10 max(non-uniformity, 0.1), which is "
                      "how the authors' loop steps"),
};

typedef struct state {
    double *non_uniformity;
} state;

static const cod_field fields[] = {
    COD_FIELD_REALS(state, non_uniformity, COD_EXTENT_ONE, "nats",
                    "mu, the divergence of the shares of the r_i L_i from even ones"),
};

static const cod_input inputs[] = {
    {"preference", COD_EXTENT_M, COD_ABOVE_0, COD_UNBOUNDED, 1,
     "r: at the goal r_i L_i is the same for all i; for the ray through p, r_i = "
     "1/p_i"},
};

/* What a step is made of, in the workspace. */
typedef struct program {
    double *G;     /* over its largest entry, with which the linear program is scaled */
    double *Ga;    /* G times the anchoring direction a, as one more row of the same */
    double *least; /* m + 1: of the rows times w */
    double *gain;  /* what is maximised */
    double *shares; /* r_i L_i over their sum */
    double *a;      /* a_i = r_i (log(m share_i) - mu) */
} program;

static size_t work(const cod_step *step)
{
    return (step->m + 1) * (step->m + 1) + 3 * step->m;
}

static program lay_out(const cod_step *step)
{
    size_t m = step->m;
    double *G = step->work, *least = G + m * (m + 1);
    return (program){.G = G,
                     .Ga = G + m * m,
                     .least = least,
                     .gain = least + m + 1,
                     .shares = least + 2 * m + 1,
                     .a = least + 3 * m + 1};
}

/* The shares, and mu: their divergence from even ones. */
static cod_status find_shares(const cod_step *step, const double *r, const program *p,
                              double *ret_mu)
{
    double sum = 0, mu = 0;
    for (size_t i = 0; i < step->m; i++) {
        if (step->losses[i] < 0)
            return cod_step_fail(step, COD_EDOMAIN,
                                 "compares shares of losses >= 0; that of objective "
                                 "%zu is %g",
                                 i + 1, step->losses[i]);
        sum += p->shares[i] = r[i] * step->losses[i];
    }
    if (!(sum > 0) || isinf(sum))
        return cod_step_fail(step, sum > 0 ? COD_EOVERFLOW : COD_EDOMAIN,
                             "the sum of preferences times losses is %g", sum);
    for (size_t i = 0; i < step->m; i++) {
        p->shares[i] = fmax(p->shares[i] / sum, SMALLEST);
        mu += p->shares[i] * log((double)step->m * p->shares[i]);
    }
    *ret_mu = fmax(mu, 0);
    return COD_OK;
}

static void find_anchor(const cod_step *step, const double *r, double mu,
                        const program *p)
{
    size_t m = step->m;
    double largest = 0;
    for (size_t i = 0; i < m; i++) {
        largest = fmax(largest, step->gramian[i * m + i]);
        p->a[i] = r[i] * (log((double)m * p->shares[i]) - mu);
    }
    for (size_t k = 0; k < m * m; k++)
        p->G[k] = largest > 0 ? step->gramian[k] / largest : 0;
    for (size_t i = 0; i < m; i++) {
        p->Ga[i] = 0;
        for (size_t j = 0; j < m; j++)
            p->Ga[i] += p->G[i * m + j] * p->a[j];
    }
}

/* Towards balance: w'G a as large as can be. Objectives that the anchoring direction
 * lowers are free, the others rise no faster than along it, the most excessive one not
 * at all. Where it lowers none, none may rise. */
static void aim_at_balance(const cod_step *step, const program *p)
{
    size_t lowered = 0;
    double most = 0;
    for (size_t i = 0; i < step->m; i++) {
        lowered += p->Ga[i] > 0;
        most = fmax(most, p->shares[i]);
    }
    for (size_t i = 0; i < step->m; i++) {
        p->gain[i] = p->Ga[i];
        p->least[i] = p->Ga[i] > 0 ? -INFINITY : p->Ga[i];
        if (lowered == 0 || p->shares[i] == most)
            p->least[i] = 0;
    }
}

/* Descent: the sum of the G w as large as can be, where no objective rises; restricted:
 * w'G a >= min(0, max G a) too. */
static void aim_at_descent(const cod_step *step, const program *p)
{
    size_t m = step->m;
    double most = -INFINITY;
    for (size_t i = 0; i < m; i++) {
        p->least[i] = p->gain[i] = 0;
        most = fmax(most, p->Ga[i]);
        for (size_t j = 0; j < m; j++)
            p->gain[i] += p->G[j * m + i];
    }
    p->least[m] = fmin(most, 0);
}

static cod_status solve(const cod_step *step, double *weights)
{
    const options *chosen = step->options;
    const double *r = cod_step_input(step, "preference");
    const program p = lay_out(step);
    double mu = 0, value, scale;
    cod_status status = find_shares(step, r, &p, &mu);
    if (status != COD_OK)
        return status;
    ((const state *)step->state)->non_uniformity[0] = mu;
    find_anchor(step, r, mu, &p);
    int balanced = mu <= chosen->tolerance;
    if (balanced)
        aim_at_descent(step, &p);
    else
        aim_at_balance(step, &p);
    cod_message message;
    status = cod_linear_program(step->m,
                                step->m + (balanced && chosen->descent == RESTRICTED),
                                p.G, p.least, p.gain, weights, &value, &message);
    if (status != COD_OK)
        return cod_step_fail(step, status, "%s: %s", balanced ? "descent" : "balance",
                             message.text);
    scale = chosen->scale == PUBLISHED ? 10 * fmax(mu, 0.1) : 1;
    for (size_t i = 0; i < step->m; i++)
        weights[i] *= scale;
    return COD_OK;
}

const cod_method cod_method_epo = {
    .abi = COD_METHOD_ABI,
    .name = "epo",
    .summary = "exact Pareto optimal search: to where the front meets a ray of "
               "preference",
    .citation = "Mahapatra and Rajan 2020, ICML, algorithm 1",
    .bibtex =
        "@inproceedings{mahapatra2020multi,\n"
        "  author = {Mahapatra, Debabrata and Rajan, Vaibhav},\n"
        "  title = {Multi-task learning with user preferences: gradient descent with\n"
        "           controlled ascent in {P}areto optimization},\n"
        "  booktitle = {International Conference on Machine Learning},\n"
        "  pages = {6597--6607}, year = {2020}\n"
        "}\n",
    .needs = COD_NEED_LOSSES | COD_NEED_GRAMIAN,
    .traits = COD_TRAIT_PREFERENCE | COD_TRAIT_SUM_ONE | COD_TRAIT_NONNEGATIVE |
              COD_TRAIT_SCALE_FREE,
    .options_size = sizeof(options),
    .options = table,
    .option_count = COD_COUNT(table),
    .state_size = sizeof(state),
    .fields = fields,
    .field_count = COD_COUNT(fields),
    .inputs = inputs,
    .input_count = COD_COUNT(inputs),
    .work = work,
    .solve = solve,
};
