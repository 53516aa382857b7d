/* SPDX-License-Identifier: MIT */
/* The min-norm point of any gradients, and of any symmetric matrix: weights >= 0 of
 * unit sum whose certificate, in quadruple precision, is what the solver says; for
 * gradients within 12 decades at most 1e-12, from any start, after any change, and in a
 * batch. */
#include "fuzz_gradients.h"

#define TOLERANCE 1e-12

static void require_weights(const gradients *g, const double *w)
{
    double sum = 0;
    for (size_t i = 0; i < g->m; i++) {
        require(w[i] >= 0, "weight %zu is %g", i, w[i]);
        sum += w[i];
    }
    require(fabs(sum - 1) <= 1e-14, "the sum is 1 + %g", sum - 1);
}

/* Of an exact solve. */
static void require_solved(const gradients *g, const double *w, cod_status status,
                           double kkt)
{
    double its = quad_kkt(g->m, g->G, w);
    require_weights(g, w);
    require_status(status, COD_OK, COD_STOPPED_MAXITER);
    require(!g->ordinary || status == COD_OK, "kkt %g", kkt);
    require((status == COD_OK) == (kkt <= TOLERANCE), "kkt %g", kkt);
    require(!g->ordinary || its <= TOLERANCE, "kkt %g, not %g", its, kkt);
    require(!g->ordinary || fabs(its - kkt) <= 1e-10 * its + 1e-15, "kkt %g, not %g",
            its, kkt);
    double again = cod_minnorm_kkt(g->m, g->G, w);
    require(!g->ordinary || fabs(its - again) <= 1e-10 * its + 1e-20,
            "cod_minnorm_kkt %g, not %g", its, again);
}

static void require_norm(const gradients *g, const double *w, double norm)
{
    long double size = weighted_length(g, w);
    long double square = fmaxl((long double)square_of(g, w), 0);
    require(norm >= 0, "norm %g", norm);
    require(!g->ordinary ||
                fabsl(norm * (long double)norm - square) <= 1e-13L * size * size,
            "norm %g, not %Lg", norm, sqrtl(square));
}

/* Refused for the reason there is; returns whether it was solved. */
static int solve(cod_minnorm *ws, const gradients *g, const double *start,
                 const cod_minnorm_options *options, double *ret_w)
{
    cod_minnorm_info info = {0};
    double negative = 0;
    for (size_t i = 0; i < g->m; i++)
        negative = fmin(negative, g->G[i * g->m + i]);
    for (size_t i = 0; i < g->m; i++)
        ret_w[i] = -7;
    cod_status status = cod_minnorm_solve(ws, g->G, start, options, ret_w, &info);
    if (!lower_is_finite(g) || negative < 0) {
        require(status == (lower_is_finite(g) ? COD_EDOMAIN : COD_ENONFINITE), "%s",
                cod_status_key(status));
        require(ret_w[0] == -7 && ret_w[g->m - 1] == -7, "weights after an error");
        return 0;
    }
    if (!g->from_rows && status == COD_ENUMERIC)
        return 0;
    require_status(status, COD_OK, COD_STOPPED_MAXITER);
    if (options->algorithm != COD_MINNORM_EXACT) {
        require_weights(g, ret_w);
        return 0;
    }
    require_solved(g, ret_w, status, info.kkt);
    require_norm(g, ret_w, info.norm);
    return 1;
}

/* Both have the same norm: it is the minimum. */
static void require_as_short(const gradients *g, const double *w, const double *other)
{
    long double size = fmaxl(weighted_length(g, w), weighted_length(g, other));
    long double difference = (long double)(square_of(g, w) - square_of(g, other));
    require(!g->ordinary || fabsl(difference) <= 8 * TOLERANCE * size * size,
            "squares differ by %Lg of %Lg", difference, size * size);
}

/* From a start, after a change of one row, found or listed, and as it was, all in one
 * workspace. */
static void try_resume(fuzz_input *in, cod_minnorm *ws, const gradients *g)
{
    static const cod_minnorm_options resume = {.resume = 1}, cold = {0};
    double first[M_MOST], w[M_MOST], start[M_MOST];
    gradients changed = *g;
    if (!solve(ws, g, NULL, &resume, first))
        return;
    for (size_t i = 0; i < g->m; i++)
        start[i] = fuzz_byte(in) % 4 == 0 ? fuzz_double(in) : fuzz_byte(in);
    if (solve(ws, g, start, &cold, w))
        require_as_short(g, first, w);
    if (solve(ws, g, NULL, &resume, w))
        require_as_short(g, first, w);
    const size_t row = fuzz_byte(in) % g->m;
    const cod_minnorm_options listed = {.resume = 1, .rows = &row, .row_count = 1};
    draw_row(in, &changed, row, ELEMENT_NORMAL);
    if (!g->from_rows || !find_gramian(&changed))
        return;
    if (solve(ws, &changed, NULL, &resume, w) &&
        solve(ws, &changed, NULL, &cold, start))
        require_as_short(&changed, w, start);
    if (solve(ws, g, NULL, &listed, w))
        require_as_short(g, first, w);
    if (solve(ws, &changed, NULL, &listed, w))
        require_as_short(&changed, w, start);
    if (solve(ws, g, NULL, &resume, w))
        require_as_short(g, first, w);
}

enum { BATCH_MOST = 11 };

/* The problem with its gradients in another order, and the problem after it. */
static void rotate(const gradients *g, gradients *ret)
{
    *ret = *g;
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->m; j++) {
            size_t a = (i + 1) % g->m, b = (j + 1) % g->m;
            ret->G[i * g->m + j] = g->G[a >= b ? a * g->m + b : b * g->m + a];
        }
}

static void try_batch(fuzz_input *in, cod_minnorm *ws, const gradients *g)
{
    size_t count = fuzz_most(in, BATCH_MOST), square = g->m * g->m;
    gradients problems[BATCH_MOST + 1];
    double G[BATCH_MOST * M_MOST * M_MOST] = {0}, w[BATCH_MOST * M_MOST],
                                   kkt[BATCH_MOST];
    double alone[M_MOST], its;
    cod_status statuses[BATCH_MOST];
    problems[0] = *g;
    for (size_t k = 0; k < count; k++) {
        memcpy(G + k * square, problems[k].G, square * sizeof *G);
        rotate(&problems[k], &problems[k + 1]);
    }
    cod_status status = cod_minnorm_batch(ws, count, G, w, kkt, statuses),
               worst = COD_OK;
    for (size_t k = 0; k < count; k++) {
        worst = statuses[k] < 0 && worst >= 0 ? statuses[k]
                : worst == COD_OK             ? statuses[k]
                                              : worst;
        require((statuses[k] < 0) == isnan(kkt[k]), "%s, kkt %g",
                cod_status_key(statuses[k]), kkt[k]);
        if (statuses[k] >= 0)
            require_solved(&problems[k], w + k * g->m, statuses[k], kkt[k]);
        for (size_t i = 0; statuses[k] < 0 && i < g->m; i++)
            require(w[k * g->m + i] == 0, "weights of no problem");
        cod_status one = cod_minnorm_batch(ws, 1, G + k * square, alone, &its, NULL);
        require(one == statuses[k] &&
                    memcmp(alone, w + k * g->m, g->m * sizeof *w) == 0 &&
                    memcmp(&its, &kkt[k], sizeof its) == 0,
                "problem %zu is another one alone", k);
        one = cod_minnorm_solve(ws, G + k * square, NULL, NULL, alone, NULL);
        require((one < 0) == (statuses[k] < 0), "%s, %s", cod_status_key(one),
                cod_status_key(statuses[k]));
        if (one >= 0)
            require_as_short(&problems[k], alone, w + k * g->m);
    }
    require(status == worst, "%s, not %s", cod_status_key(status),
            cod_status_key(worst));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = fuzz_begin(data, size);
    gradients g;
    double w[M_MOST];
    cod_minnorm *ws;
    unsigned what = fuzz_byte(&in);
    if (!draw_gradients(&in, &g))
        return 0;
    require(cod_minnorm_alloc(g.m, &ws) == COD_OK, "a workspace");
    const cod_minnorm_options options = {.algorithm = what % 4 == 1 ? COD_MINNORM_FW
                                                      : what % 4 == 2
                                                          ? COD_MINNORM_LINE_SEARCH
                                                          : COD_MINNORM_EXACT};
    (void)solve(ws, &g, NULL, &options, w);
    try_resume(&in, ws, &g);
    try_batch(&in, ws, &g);
    cod_minnorm_free(ws);
    return 0;
}
