/* SPDX-License-Identifier: MIT */
/* Many small min-norm problems in one call. */
#include <codescent/minnorm.h>

#include <math.h>
#include <string.h>

#include "core/kernels_hull.h"
#include "core/minnorm_private.h"

/* Where the results go; kkt and statuses may be NULL. */
typedef struct results {
    size_t m;
    double *w;
    double *kkt;
    cod_status *statuses;
    cod_status worst; /* the first error, else the first status that is not COD_OK */
} results;

static void put(results *to, size_t k, cod_status status, double kkt)
{
    if (to->kkt != NULL)
        to->kkt[k] = kkt;
    if (to->statuses != NULL)
        to->statuses[k] = status;
    if (to->worst >= COD_OK && (status < COD_OK || to->worst == COD_OK))
        to->worst = status;
}

static void solve_alone(cod_minnorm *ws, const double *G, size_t k, results *to)
{
    size_t m = to->m;
    cod_minnorm_info info = {.kkt = NAN};
    cod_status status =
        cod_minnorm_solve(ws, G + k * m * m, NULL, NULL, to->w + k * m, &info);
    if (status < COD_OK)
        memset(to->w + k * m, 0, m * sizeof *to->w);
    put(to, k, status, info.kkt);
}

/* Up to COD_BATCH problems from number `first` on, side by side; where a certificate is
 * not as good as the solver's usually is, by the solver. */
static void solve_group(cod_minnorm *ws, const double *G, size_t first, size_t count,
                        results *to)
{
    double group[COD_BATCH * COD_BATCH_ROWS * COD_BATCH_ROWS];
    double w[COD_BATCH * COD_BATCH_ROWS], kkt[COD_BATCH];
    size_t m = to->m;
    const double *from = G + first * m * m;
    if (count < COD_BATCH) {
        memset(group, 0, COD_BATCH * m * m * sizeof *group);
        memcpy(group, from, count * m * m * sizeof *group);
        from = group;
    }
    ws->wolfe.kernels->batch(m, from, w, kkt);
    for (size_t k = 0; k < count; k++) {
        if (!(kkt[k] <= COD_GOOD_KKT)) {
            solve_alone(ws, G, first + k, to);
            continue;
        }
        memcpy(to->w + (first + k) * m, w + k * m, m * sizeof *w);
        put(to, first + k, COD_OK, kkt[k]);
    }
}

cod_status cod_minnorm_batch(cod_minnorm *ws, size_t count, const double *G,
                             double *ret_w, double *ret_kkt, cod_status *ret_statuses)
{
    if (ws == NULL || (count > 0 && (G == NULL || ret_w == NULL)))
        return COD_EARGUMENT;
    results to = {ws->wolfe.m, ret_w, ret_kkt, ret_statuses, COD_OK};
    size_t step = to.m >= 2 && to.m <= COD_BATCH_ROWS ? COD_BATCH : 1;
    for (size_t k = 0; k < count; k += step) {
        if (step == 1)
            solve_alone(ws, G, k, &to);
        else
            solve_group(ws, G, k, count - k < step ? count - k : step, &to);
    }
    ws->wolfe.kept = 0; /* a batch is nothing that a later call goes on from */
    return to.worst;
}
