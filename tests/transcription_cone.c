/* SPDX-License-Identifier: MIT */
/* Projections on the dual cone by trying every active set. */
#include "transcription.h"

#include <math.h>
#include <string.h>

enum { MOST = TRANSCRIPTION_MOST };

/* z with (G (u + z))_F = 0 and z = 0 elsewhere, by Gauss. Returns 0 where G_FF is
 * singular. */
static int on_set(size_t m, const long double *G, const double *u, unsigned F,
                  long double *z)
{
    long double A[MOST][MOST + 1] = {{0}};
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            if (F >> i & 1) {
                A[i][j] = F >> j & 1 ? G[i * m + j] : 0;
                A[i][m] -= G[i * m + j] * u[j];
            } else {
                A[i][j] = i == j;
            }
    for (size_t k = 0; k < m; k++) {
        if (A[k][k] == 0) /* no pivoting: G_FF is definite or singular */
            return 0;
        for (size_t r = 0; r < m; r++)
            for (size_t c = m + 1; r != k && c-- > k;)
                A[r][c] -= A[r][k] / A[k][k] * A[k][c];
    }
    for (size_t i = 0; i < m; i++)
        z[i] = A[i][m] / A[i][i];
    return 1;
}

/* The least of z_i on F and of (G (u + z))_i elsewhere, both in units of lengths. */
static long double margin(size_t m, const long double *G, const double *u, unsigned F,
                          const long double *z)
{
    long double size = 0, least = INFINITY;
    for (size_t i = 0; i < m; i++)
        size += (u[i] + fabsl(z[i])) * sqrtl(G[i * m + i]);
    for (size_t i = 0; i < m; i++) {
        long double y = 0, length = sqrtl(G[i * m + i]);
        for (size_t j = 0; j < m; j++)
            y += G[i * m + j] * (u[j] + z[j]);
        least = fminl(least, F >> i & 1 ? z[i] * length / size : y / length / size);
    }
    return least;
}

/* Adds argmin { v'Gv : v >= u }: of the 2^m sets, the one that is right by the widest
 * margin, since rounding may spoil the others. */
static void add_projection(size_t m, const long double *G, const double *u, double *w)
{
    long double widest = -INFINITY, z[MOST], best[MOST] = {0};
    for (unsigned F = 0; F < 1U << m; F++) {
        if (!on_set(m, G, u, F, z))
            continue;
        long double its = margin(m, G, u, F, z);
        if (!(its > widest))
            continue;
        widest = its;
        memcpy(best, z, sizeof best);
    }
    for (size_t i = 0; i < m; i++)
        w[i] += (double)(u[i] + best[i]);
}

static void load(const transcription *t, const situation *s, long double *G, double *u)
{
    long double trace = 0;
    for (size_t i = 0; i < s->m; i++) {
        trace += s->gramian[i * s->m + i];
        u[i] = t->count == 0   ? 1 / (double)s->m
               : t->count == 1 ? t->list[0]
                               : t->list[i];
    }
    for (size_t i = 0; i < s->m; i++)
        for (size_t j = 0; j < s->m; j++)
            G[i * s->m + j] = s->gramian[i * s->m + j] + (i == j) * t->beta * trace;
}

/* Quinton and Rey 2024; beta: TorchJD's ridge. */
void transcribe_upgrad(transcription *t, const situation *s, double *w)
{
    long double G[MOST * MOST];
    double u[MOST];
    load(t, s, G, u);
    memset(w, 0, s->m * sizeof *w);
    for (size_t i = 0; i < s->m; i++) {
        double one[MOST] = {0};
        one[i] = u[i];
        add_projection(s->m, G, one, w);
    }
}

/* Lopez-Paz and Ranzato 2017, equation (11), for the mean. */
void transcribe_dualproj(transcription *t, const situation *s, double *w)
{
    long double G[MOST * MOST];
    double u[MOST];
    load(t, s, G, u);
    memset(w, 0, s->m * sizeof *w);
    add_projection(s->m, G, u, w);
}
