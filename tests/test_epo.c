/* SPDX-License-Identifier: MIT */
/* EPO against a transcription whose linear programs are solved by going through all
 * corners: on recorded losses and Gramians, and on generated rows in shards. */
#include "recorded.h"
#include "sets.h"

#include <codescent/method.h>

#include "lab/methods.h"

enum { MOST = 3, N = 9, SHARDS = 2, STEPS = 250 };

static const size_t lengths[SHARDS] = {4, 5};

static cod_solver *make(const char *text, size_t m, const double *r)
{
    cod_solver *solver;
    cod_message message;
    cod_setup setup = {.m = m, .n = N, .shards = SHARDS, .lengths = lengths};
    setup.methods = cod_lab_methods(&setup.method_count);
    if (cod_solver_alloc(text, &setup, &solver, &message) != COD_OK)
        fail_msg("%s: %s", text, message.text);
    if (r != NULL)
        assert_status(cod_solver_feed(solver, "preference", r, m), COD_OK);
    return solver;
}

/* ---- the formula ---- */

/* A linear program: the most of gain.w over the simplex where row i times w is at least
 * least[i]. */
typedef struct program {
    size_t m, rows;
    long double row[MOST + 1][MOST], least[MOST + 1], gain[MOST];
} program;

static int is_allowed(const program *p, const long double *w, long double slack)
{
    for (size_t i = 0; i < p->m; i++)
        if (w[i] < -slack)
            return 0;
    for (size_t k = 0; k < p->rows; k++) {
        long double sum = 0, size = fabsl(p->least[k]);
        for (size_t i = 0; i < p->m; i++) {
            sum += p->row[k][i] * w[i];
            size = fmaxl(size, fabsl(p->row[k][i]));
        }
        if (!isinf(p->least[k]) && sum < p->least[k] - slack * size)
            return 0;
    }
    return 1;
}

static long double gain_of(const program *p, const long double *w)
{
    long double sum = 0;
    for (size_t i = 0; i < p->m; i++)
        sum += p->gain[i] * w[i];
    return sum;
}

/* On the segment from a to b all constraints are linear: its ends, and where they hold
 * with equality. */
static void search_segment(const program *p, const long double *a, const long double *b,
                           long double *best)
{
    long double w[MOST];
    for (size_t k = 0; k < p->rows + 2; k++) {
        long double t = (long double)(k % 2), at_a = 0, at_b = 0;
        if (k >= 2) {
            for (size_t i = 0; i < p->m; i++) {
                at_a += p->row[k - 2][i] * a[i];
                at_b += p->row[k - 2][i] * b[i];
            }
            if (isinf(p->least[k - 2]) || at_a == at_b)
                continue;
            t = (p->least[k - 2] - at_a) / (at_b - at_a);
            if (t < 0 || t > 1)
                continue;
        }
        for (size_t i = 0; i < p->m; i++)
            w[i] = (1 - t) * a[i] + t * b[i];
        if (is_allowed(p, w, 1e-17L))
            *best = fmaxl(*best, gain_of(p, w));
    }
}

/* The value of a program in two or three weights. For three: the corners lie on the
 * simplex's sides and on the lines where a constraint holds with equality. */
static long double value_of(const program *p)
{
    long double best = -INFINITY, e[MOST][MOST] = {{1}, {0, 1}, {0, 0, 1}};
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < i; j++)
            search_segment(p, e[i], e[j], &best);
    for (size_t k = 0; p->m == 3 && k < p->rows; k++) {
        long double ends[3][MOST];
        size_t count = 0;
        for (size_t i = 0; i < 3 && !isinf(p->least[k]); i++) {
            size_t j = (i + 1) % 3;
            long double gap = p->row[k][j] - p->row[k][i];
            long double t = gap != 0 ? (p->least[k] - p->row[k][i]) / gap : -1;
            if (t < 0 || t > 1)
                continue;
            for (size_t c = 0; c < 3; c++)
                ends[count][c] = (1 - t) * e[i][c] + t * e[j][c];
            count++;
        }
        for (size_t a = 0; a < count; a++)
            for (size_t b = 0; b < a; b++)
                search_segment(p, ends[a], ends[b], &best);
    }
    return best;
}

/* Mahapatra and Rajan 2020, algorithm 1; returns mu. */
static long double transcribe(size_t m, const double *losses, const double *G,
                              const double *r, int restricted, program *p)
{
    long double sum = 0, mu = 0, share[MOST], a[MOST], Ga[MOST], most = 0;
    long double highest = -INFINITY, lowered = 0;
    for (size_t i = 0; i < m; i++)
        sum += (long double)r[i] * losses[i];
    for (size_t i = 0; i < m; i++) {
        share[i] = r[i] * losses[i] / sum;
        mu += share[i] * logl((long double)m * share[i]);
        most = fmaxl(most, share[i]);
    }
    for (size_t i = 0; i < m; i++)
        a[i] = r[i] * (logl((long double)m * share[i]) - mu);
    *p = (program){.m = m, .rows = m};
    for (size_t i = 0; i < m; i++) {
        Ga[i] = 0;
        for (size_t j = 0; j < m; j++) {
            p->row[i][j] = G[i * m + j];
            Ga[i] += G[i * m + j] * a[j];
        }
        highest = fmaxl(highest, Ga[i]);
        lowered += Ga[i] > 0;
    }
    for (size_t i = 0; i < m && mu > 1e-4L; i++) {
        p->gain[i] = Ga[i];
        p->least[i] = lowered == 0 || share[i] == most ? 0
                      : Ga[i] > 0                      ? -INFINITY
                                                       : Ga[i];
    }
    for (size_t i = 0; i < m && mu <= 1e-4L; i++)
        for (size_t j = 0; j < m; j++)
            p->gain[i] += G[j * m + i];
    if (mu <= 1e-4L && restricted) {
        p->rows = m + 1;
        p->least[m] = fminl(0, highest);
        memcpy(p->row[m], Ga, sizeof Ga);
    }
    return mu;
}

/* The weights need not be the only best ones: they are allowed, and as good as the best
 * corner. */
static void check_weights(const char *text, size_t m, const double *losses,
                          const double *G, const double *r, const double *w,
                          const cod_solver *solver)
{
    program p;
    cod_view view;
    int restricted = strstr(text, "restricted") != NULL;
    long double v[MOST], size = 0, sum = 0;
    long double mu = transcribe(m, losses, G, r, restricted, &p);
    long double scale = strstr(text, "published") != NULL ? 10 * fmaxl(mu, 0.1L) : 1.0L;
    assert_status(cod_solver_field(solver, "non_uniformity", &view), COD_OK);
    assert_close(view.reals[0], (double)mu, 1e-12, 1e-14);
    for (size_t i = 0; i < m; i++) {
        v[i] = w[i] / scale;
        sum += v[i];
        size = fmaxl(size, fabsl(p.gain[i]));
    }
    assert_close((double)sum, 1, 1e-12, 0);
    assert_true(is_allowed(&p, v, 2e-9L));
    assert_close((double)gain_of(&p, v), (double)value_of(&p), 1e-8,
                 (double)(1e-8L * size));
}

static const char *const texts[] = {"epo", "epo(descent=restricted)",
                                    "epo(scale=published)",
                                    "epo(descent=restricted, scale=published)"};
#define TEXTS (sizeof texts / sizeof *texts)

static void test_epo_on_recorded_steps(void **state)
{
    const double r[] = {0.25, 0.75, 0.5};
    (void)state;
    for (size_t t = 0; t < TEXTS; t++)
        for (size_t m = 2; m <= trace.m && m <= MOST; m++) {
            cod_solver *solver = make(texts[t], m, r);
            for (size_t k = 0; k < STEPS; k++) {
                double w[MOST], G[MOST * MOST];
                const double *losses = trace.losses + k * trace.m;
                recorded_gramian(k, m, G);
                if (cod_solver_weights(solver, losses, G, w, NULL) != COD_OK)
                    fail_msg("step %zu: %s", k, cod_solver_message(solver));
                check_weights(texts[t], m, losses, G, r, w, solver);
            }
            cod_solver_free(solver);
        }
}

/* ---- generated rows ---- */

typedef struct input {
    size_t m;
    double losses[MOST], r[MOST], rows[MOST][N], gramian[MOST * MOST];
} input;

/* In every second one the losses are balanced. */
static void draw_input(uint64_t *seed, size_t m, int balanced, input *in)
{
    in->m = m;
    for (size_t i = 0; i < m; i++) {
        in->r[i] = exp(4 * draw(seed) - 2);
        in->losses[i] =
            balanced ? (1 + 1e-3 * draw(seed)) / in->r[i] : draw(seed) + 0.1;
        for (size_t k = 0; k < N; k++)
            in->rows[i][k] = (2 * draw(seed) - 1) * (double)(i + 1);
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            in->gramian[i * m + j] = 0;
            for (size_t k = 0; k < N; k++)
                in->gramian[i * m + j] += in->rows[i][k] * in->rows[j][k];
        }
}

static void test_epo_on_rows_in_shards(void **state)
{
    uint64_t seed = 8;
    int infeasible = 0;
    (void)state;
    for (int step = 0; step < 2000; step++) {
        input in;
        double w[MOST], v[MOST];
        size_t m = 2 + (size_t)step % 2;
        const char *text = texts[(size_t)step / 2 % TEXTS];
        draw_input(&seed, m, step % 3 == 0, &in);
        cod_solver *solver = make(text, m, in.r), *ready = make(text, m, in.r);
        for (size_t s = SHARDS; s-- > 0;) {
            const void *at[MOST];
            size_t from = s == 0 ? 0 : lengths[0];
            for (size_t i = 0; i < m; i++)
                at[i] = in.rows[i] + from;
            const cod_shard shard = {from, lengths[s], COD_FLOAT64, at};
            assert_status(cod_solver_shard(solver, &shard), COD_OK);
        }
        assert_status(cod_solver_losses(solver, in.losses), COD_OK);
        cod_status status = cod_solver_solve(solver, w, NULL);
        assert_status(cod_solver_weights(ready, in.losses, in.gramian, v, NULL),
                      status);
        if (status == COD_OK) {
            check_weights(text, m, in.losses, in.gramian, in.r, w, solver);
            for (size_t i = 0; i < m; i++)
                assert_close(w[i], v[i], 1e-8, 1e-10);
        } else { /* restricted descent: there may be no such direction */
            program p;
            transcribe(m, in.losses, in.gramian, in.r, 1, &p);
            assert_status(status, COD_EDOMAIN);
            assert_non_null(strstr(cod_solver_message(solver), "infeasible"));
            assert_true(value_of(&p) == -INFINITY &&
                        strstr(text, "restricted") != NULL);
            infeasible++;
        }
        cod_solver_free(solver);
        cod_solver_free(ready);
    }
    assert_true(infeasible > 0 && infeasible < 200);
}

/* Saved and restored in between; all gradients times one number. */
static void test_epo_state_and_scale(void **state)
{
    uint64_t seed = 9;
    input in;
    double w[MOST], v[MOST], r[MOST] = {1, 2, 3};
    unsigned char bytes[1024];
    (void)state;
    cod_solver *first = make("epo", 3, r), *second = make("epo", 3, NULL);
    draw_input(&seed, 3, 0, &in);
    assert_status(cod_solver_weights(first, in.losses, in.gramian, w, NULL), COD_OK);
    assert_true(cod_solver_save_size(first) <= sizeof bytes);
    assert_status(cod_solver_save(first, bytes, cod_solver_save_size(first)), COD_OK);
    assert_status(cod_solver_restore(second, bytes, cod_solver_save_size(second)),
                  COD_OK);
    for (int k = 0; k < 20; k++) {
        draw_input(&seed, 3, k % 2, &in);
        assert_status(cod_solver_weights(first, in.losses, in.gramian, w, NULL),
                      COD_OK);
        assert_status(cod_solver_weights(second, in.losses, in.gramian, v, NULL),
                      COD_OK);
        assert_memory_equal(w, v, sizeof w);
        for (size_t i = 0; i < 9; i++)
            in.gramian[i] *= 0x1p-200;
        assert_status(cod_solver_weights(second, in.losses, in.gramian, v, NULL),
                      COD_OK);
        assert_memory_equal(w, v, sizeof w);
    }
    cod_solver_free(first);
    cod_solver_free(second);
}

static void test_epo_refuses(void **state)
{
    static const struct {
        double r[3];
        size_t count;
        cod_status status;
        const char *culprit;
    } bad[] = {
        {{1, 2}, 2, COD_ESHAPE, "preference has 3 entries, 2 were given"},
        {{1, 0, 2}, 3, COD_EDOMAIN, "entry 2 of preference is 0, not a number > 0"},
        {{1, 2, -1}, 3, COD_EDOMAIN, "entry 3 of preference is -1"},
        {{1, NAN, 2}, 3, COD_ENONFINITE, "entry 2 of preference"},
    };
    const double r[] = {1, 1, 1}, G[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    double losses[] = {1, 2, 3}, w[3];
    cod_solver *solver = make("cr-mogm(epo)", 3, NULL);
    (void)state;
    assert_status(cod_solver_weights(solver, losses, G, w, NULL), COD_EMISSING);
    assert_non_null(strstr(cod_solver_message(solver), "epo needs to be told its "
                                                       "preference"));
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_status(cod_solver_feed(solver, "preference", bad[k].r, bad[k].count),
                      bad[k].status);
        assert_non_null(strstr(cod_solver_message(solver), bad[k].culprit));
    }
    assert_status(cod_solver_feed(solver, "preference", r, 3), COD_OK);
    losses[1] = -1;
    assert_status(cod_solver_weights(solver, losses, G, w, NULL), COD_EDOMAIN);
    assert_non_null(strstr(cod_solver_message(solver), "objective 2 is -1"));
    losses[0] = losses[1] = losses[2] = 0;
    assert_status(cod_solver_weights(solver, losses, G, w, NULL), COD_EDOMAIN);
    assert_non_null(strstr(cod_solver_message(solver), "times losses is 0"));
    losses[0] = losses[1] = 1e308;
    assert_status(cod_solver_weights(solver, losses, G, w, NULL), COD_EOVERFLOW);
    losses[0] = losses[1] = 0;
    cod_solver *both = make("warmup(k=1, epo, epo(descent=restricted))", 3, r);
    for (int k = 0; k < 2; k++) { /* both were told */
        losses[0] = losses[1] = losses[2] = 1;
        assert_status(cod_solver_weights(both, losses, G, w, NULL), COD_OK);
    }
    cod_solver_free(both);
    losses[0] = losses[2] = 0;
    losses[1] = 1; /* one alone is not 0 */
    assert_status(cod_solver_weights(solver, losses, G, w, NULL), COD_OK);
    cod_solver_free(solver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epo_on_recorded_steps),
        cmocka_unit_test(test_epo_on_rows_in_shards),
        cmocka_unit_test(test_epo_state_and_scale),
        cmocka_unit_test(test_epo_refuses),
    };
    return cmocka_run_group_tests(tests, read_trace, clear_trace);
}
