/* SPDX-License-Identifier: MIT */
#include "transcription.h"

#include <math.h>
#include <string.h>

enum { MOST = TRANSCRIPTION_MOST };

void transcribe_linear(transcription *t, const situation *s, double *w)
{
    for (size_t i = 0; i < s->m; i++)
        w[i] = t->count > 0 ? t->list[i] : 1.0 / (double)s->m;
}

/* ---- mgda: every face of the simplex ---- */

/* Gauss with pivoting on the optimality system of the face S, [G_SS 1; 1' 0] (w, -l) =
 * (0, 1). Returns 0 where it is singular. */
static int face(size_t m, const long double *G, unsigned S, long double *w)
{
    long double A[MOST + 1][MOST + 2] = {{0}};
    size_t index[MOST], n = 0;
    for (size_t i = 0; i < m; i++)
        if (S >> i & 1)
            index[n++] = i;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++)
            A[a][b] = G[index[a] * m + index[b]];
        A[a][n] = A[n][a] = 1;
    }
    A[n][n + 1] = 1;
    for (size_t k = 0; k <= n; k++) {
        size_t best = k;
        for (size_t r = k; r <= n; r++)
            best = fabsl(A[r][k]) > fabsl(A[best][k]) ? r : best;
        if (A[best][k] == 0)
            return 0;
        for (size_t c = 0; c <= n + 1; c++) {
            long double kept = A[k][c];
            A[k][c] = A[best][c];
            A[best][c] = kept;
        }
        for (size_t r = 0; r <= n; r++)
            for (size_t c = n + 2; r != k && c-- > k;)
                A[r][c] -= A[r][k] / A[k][k] * A[k][c];
    }
    memset(w, 0, m * sizeof *w);
    for (size_t a = 0; a < n; a++)
        w[index[a]] = A[a][n + 1] / A[a][a];
    return 1;
}

static void shortest(size_t m, const long double *G, double *ret_w)
{
    long double least = INFINITY;
    for (unsigned S = 1; S < 1U << m; S++) {
        long double w[MOST], square = 0;
        int inside = face(m, G, S, w);
        for (size_t i = 0; i < m; i++)
            inside = inside && w[i] >= 0;
        for (size_t i = 0; inside && i < m; i++)
            for (size_t j = 0; j < m; j++)
                square += w[i] * G[i * m + j] * w[j];
        if (!inside || square >= least)
            continue;
        least = square;
        for (size_t i = 0; i < m; i++)
            ret_w[i] = (double)w[i];
    }
}

/* By how much the weights move when the entries off the diagonal are rounded to double
 * once more: near 1e-12 where gradients are nearly dependent. */
static void find_rounding(transcription *t, size_t m, long double *G, const double *w)
{
    memset(t->rounding, 0, sizeof t->rounding);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++) {
            double moved[MOST];
            long double entry = G[i * m + j];
            G[i * m + j] = G[j * m + i] = entry * (1 + 0x1p-52L);
            shortest(m, G, moved);
            G[i * m + j] = G[j * m + i] = entry;
            for (size_t k = 0; k < m; k++)
                t->rounding[k] += fabs(moved[k] - w[k]);
        }
}

/* Sener and Koltun's normalisers; the weights go to the gradients as they are, but for
 * log, where they go to those of the log-losses. */
void transcribe_mgda(transcription *t, const situation *s, double *w)
{
    size_t m = s->m;
    long double G[MOST * MOST] = {0}, scale[MOST];
    for (size_t i = 0; i < m; i++) {
        long double norm = sqrtl(s->gramian[i * m + i]), loss = s->losses[i];
        scale[i] = t->normalize == NORMALIZE_L2          ? norm
                   : t->normalize == NORMALIZE_LOSS      ? loss
                   : t->normalize == NORMALIZE_LOSS_PLUS ? loss * norm
                   : t->normalize == NORMALIZE_LOG       ? loss
                                                         : 1;
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            G[i * m + j] = s->gramian[i * m + j] / (scale[i] * scale[j]);
    shortest(m, G, w);
    if (t->normalize != NORMALIZE_NONE)
        find_rounding(t, m, G, w);
    for (size_t i = 0; t->normalize == NORMALIZE_LOG && i < m; i++) {
        w[i] /= s->losses[i];
        t->rounding[i] /= s->losses[i];
    }
}

/* ---- uncertainty ---- */

/* a: s_i; b, c: Adam's moments. The weight, and the derivative by s_i of the whole. */
static double uncertain(int form, double s, double loss, double *derivative)
{
    double e = exp(-s);
    switch (form) {
    case FORM_HALF:
        *derivative = -0.5 * e * loss + 0.5;
        return 0.5 * e;
    case FORM_CLASSIFICATION:
        *derivative = -e * loss + 0.5;
        return e;
    case FORM_HALF_ALL:
        *derivative = 0.5 * (-e * loss + 1);
        return 0.5 * e;
    case FORM_POSITIVE:
        *derivative = -0.5 * e * loss + exp(s) / (1 + exp(s));
        return 0.5 * e;
    default:
        *derivative = -e * loss + 1;
        return e;
    }
}

void transcribe_uncertainty(transcription *t, const situation *s, double *w)
{
    double time = (double)s->step + 1;
    for (size_t i = 0; i < s->m; i++) {
        double g;
        if (t->form == FORM_OPTIMUM) {
            w[i] = 1 / s->losses[i];
            continue;
        }
        if (!t->begun)
            t->a[i] = t->init;
        w[i] = uncertain(t->form, t->a[i], s->losses[i], &g);
        if (t->sgd) {
            t->a[i] -= t->lr * g;
            continue;
        }
        t->b[i] = 0.9 * t->b[i] + 0.1 * g;
        t->c[i] = 0.999 * t->c[i] + 0.001 * g * g;
        double first = t->b[i] / (1 - pow(0.9, time));
        double second = t->c[i] / (1 - pow(0.999, time));
        t->a[i] -= t->lr * first / (sqrt(second) + 1e-8);
    }
    t->begun = 1;
}

/* ---- schedules ---- */

static double ramp(int kind, double u)
{
    const double pi = 3.14159265358979323846;
    if (u > 1)
        u = 1;
    if (kind == RAMP_COSINE)
        return (1 - cos(pi * u)) / 2;
    if (kind == RAMP_EXPONENTIAL)
        return (exp(5 * u) - 1) / (exp(5.0) - 1);
    return u;
}

void transcribe_annealing(transcription *t, const situation *s, double *w)
{
    double time = (double)(t->unit == UNIT_EPOCH ? s->epoch : s->step);
    w[(size_t)t->list[0]] = 1;
    for (size_t k = 1; k < s->m; k++)
        w[(size_t)t->list[k]] = ramp(t->ramp, time / t->steps[k - 1]);
}

void transcribe_alternation(transcription *t, const situation *s, double *w)
{
    int64_t time = t->unit == UNIT_EPOCH ? s->epoch : s->step;
    size_t turn = (size_t)(time / t->period) % t->count;
    for (size_t i = 0; i < s->m; i++)
        w[i] = i == (size_t)t->list[turn];
}

/* ---- adaptive ---- */

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static void normalize(size_t m, double *w)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        sum += w[i];
    for (size_t i = 0; i < m; i++)
        w[i] /= sum;
}

/* a: the averages */
void transcribe_by_losses(transcription *t, const situation *s, double *w)
{
    size_t m = s->m;
    double S = 0;
    for (size_t i = 0; i < m; i++) {
        t->a[i] = t->momentum * t->a[i] + (1 - t->momentum) * s->losses[i];
        S += t->a[i];
    }
    for (size_t i = 0; i < m; i++)
        w[i] =
            S == 0 ? 1 : clamp((S - t->a[i]) / ((double)(m - 1) * S), t->low, t->high);
    normalize(m, w);
}

void transcribe_by_gradients(transcription *t, const situation *s, double *w)
{
    size_t m = s->m, zeros = 0;
    double S = 0, inverses = 0;
    for (size_t i = 0; i < m; i++) {
        double square = s->gramian[i * m + i];
        if (t->shard > 0)
            square = s->squares[(t->shard - 1) * m + i];
        t->a[i] = t->momentum * t->a[i] + (1 - t->momentum) * sqrt(square);
        S += t->a[i];
        zeros += t->a[i] == 0;
        inverses += 1 / t->a[i];
    }
    for (size_t i = 0; i < m; i++) {
        double p = t->a[i] / S;
        if (t->sense == SENSE_INVERSE && zeros > 0)
            p = t->a[i] == 0 ? 1.0 / (double)zeros : 0;
        else if (t->sense == SENSE_INVERSE)
            p = 1 / t->a[i] / inverses;
        w[i] = S == 0 ? 1 : clamp(p, t->low, t->high);
    }
    normalize(m, w);
}

/* ---- dwa ---- */

/* total[0]: of this epoch, total[1]: of the last, total[2]: of the one before. */
void transcribe_dwa(transcription *t, const situation *s, double *w)
{
    double sum = 0;
    int64_t unit = t->unit == UNIT_EPOCH ? s->epoch : s->step;
    if (t->period != unit) {
        memmove(t->total[1], t->total[0], 2 * sizeof t->total[0]);
        memmove(&t->number[1], &t->number[0], 2 * sizeof t->number[0]);
        memset(t->total[0], 0, sizeof t->total[0]);
        t->number[0] = 0;
        t->period = unit;
    }
    for (size_t i = 0; i < s->m; i++) {
        double mean[3];
        for (size_t k = 1; k < 3; k++)
            mean[k] = t->total[k][i] / (double)t->number[k];
        w[i] = t->number[2] == 0 ? 1 : exp(mean[1] / mean[2] / t->temperature);
        sum += w[i];
        t->total[0][i] += s->losses[i];
    }
    t->number[0]++;
    for (size_t i = 0; i < s->m; i++)
        w[i] *= (double)s->m / sum;
}

/* ---- famo ---- */

/* a: the logits; b, c: Adam's moments. Their gradient by the softmax's Jacobian,
 * dz_j/dxi_i = z_i ([i = j] - z_j). */
void transcribe_famo(transcription *t, const situation *s, double *w)
{
    size_t m = s->m;
    double z[MOST], delta[MOST], sum = 0;
    for (size_t i = 0; i < m; i++)
        sum += z[i] = exp(t->a[i]);
    for (size_t i = 0; i < m; i++) {
        z[i] /= sum;
        double before = s->losses[i] - t->lower[i] + 1e-8;
        delta[i] = log(before) - log(s->after[i] - t->lower[i] + 1e-8);
        w[i] = z[i] / before;
    }
    normalize(m, w);
    double k = (double)s->step + 1;
    for (size_t i = 0; i < m; i++) {
        double g = t->decay * t->a[i];
        for (size_t j = 0; j < m; j++)
            g += delta[j] * z[i] * ((i == j) - z[j]);
        t->b[i] = 0.9 * t->b[i] + 0.1 * g;
        t->c[i] = 0.999 * t->c[i] + 0.001 * g * g;
        t->a[i] -= t->lr * (t->b[i] / (1 - pow(0.9, k))) /
                   (sqrt(t->c[i] / (1 - pow(0.999, k))) + 1e-8);
    }
}

/* ---- gradvac ---- */

static long double form(size_t m, const double *G, const long double *a,
                        const long double *b)
{
    long double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            sum += a[i] * G[i * m + j] * b[j];
    return sum;
}

/* Wang et al. 2021, algorithm 1: the turned gradient is sum_k c_k g_k. */
void transcribe_gradvac(transcription *t, const situation *s, double *w)
{
    size_t m = s->m;
    memset(w, 0, m * sizeof *w);
    for (size_t i = 0; i < m; i++) {
        long double c[MOST] = {0};
        c[i] = 1;
        for (size_t k = 0; k < m; k++) {
            size_t j = s->orders[i * m + k];
            if (j == i)
                continue;
            long double e[MOST] = {0}, *target = &t->target[i * m + j];
            e[j] = 1;
            long double own = sqrtl(form(m, s->gramian, c, c));
            long double its = sqrtl(form(m, s->gramian, e, e));
            long double phi = form(m, s->gramian, c, e) / (own * its);
            if (phi < *target)
                c[j] += own *
                        (*target * sqrtl(1 - phi * phi) -
                         phi * sqrtl(1 - *target * *target)) /
                        (its * sqrtl(1 - *target * *target));
            *target = (1 - (long double)t->beta) * *target + t->beta * phi;
        }
        for (size_t k = 0; k < m; k++)
            w[k] += (double)c[k];
    }
}

/* ---- gradnorm ---- */

/* a: the weights; b, c: Adam's moments; lower: the first losses. Chen et al. 2018,
 * algorithm 1: the weights of a step are those before its update. */
void transcribe_gradnorm(transcription *t, const situation *s, double *w)
{
    size_t m = s->m;
    double length[MOST], ratio[MOST], target = 0, rate = 0, sum = 0;
    double k = (double)s->step + 1;
    for (size_t i = 0; i < m; i++) {
        if (s->step == 0) {
            t->a[i] = 1;
            t->lower[i] = s->losses[i];
        }
        w[i] = t->a[i];
        length[i] = sqrt(t->shard > 0 ? s->squares[(t->shard - 1) * m + i]
                                      : s->gramian[i * m + i]);
        ratio[i] = s->losses[i] / t->lower[i];
        rate += ratio[i] / (double)m;
        target += fabs(w[i] * length[i]) / (double)m;
    }
    for (size_t i = 0; i < m; i++) {
        double excess =
            fabs(w[i]) * length[i] - target * pow(ratio[i] / rate, t->alpha);
        double g = (excess > 0) - (excess < 0);
        g *= w[i] < 0 ? -length[i] : length[i];
        t->b[i] = 0.9 * t->b[i] + 0.1 * g;
        t->c[i] = 0.999 * t->c[i] + 0.001 * g * g;
        t->a[i] -= t->lr * (t->b[i] / (1 - pow(0.9, k))) /
                   (sqrt(t->c[i] / (1 - pow(0.999, k))) + 1e-8);
        sum += t->a[i];
    }
    for (size_t i = 0; i < m; i++)
        t->a[i] *= (double)m / sum;
}
