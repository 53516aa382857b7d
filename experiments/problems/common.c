/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/problems/common.h"

cod_status cod_size_two(const void *options, cod_problem_size *ret_size)
{
    const cod_n_options *o = options;
    *ret_size = (cod_problem_size){.m = 2, .n = (size_t)o->n};
    return COD_OK;
}

void cod_fill_box(const cod_problem *problem, double lower, double upper,
                  double *ret_lower, double *ret_upper)
{
    for (size_t j = 0; j < problem->n; j++) {
        ret_lower[j] = lower;
        ret_upper[j] = upper;
    }
}

/* ---- points along a curve ---- */

/* Chords of the polygon that measures a piece. */
#define CHORDS 4000

/* Walks along a piece, chord by chord. */
typedef struct walk {
    cod_curve curve;
    const void *data;
    double from, to; /* parameters of the piece's ends */
    int chord;       /* the chord underfoot */
    double length;   /* its length */
    double before;   /* length of the chords behind */
    double end[2];   /* its last point */
} walk;

static double parameter(const walk *w, double chord)
{
    double u = chord / CHORDS;
    return u <= 0 ? w->from : u >= 1 ? w->to : w->from + u * (w->to - w->from);
}

static void next_chord(walk *w)
{
    double start[2] = {w->end[0], w->end[1]};
    w->before += w->length;
    w->chord++;
    w->curve(w->data, parameter(w, w->chord + 1), w->end);
    w->length = hypot(w->end[0] - start[0], w->end[1] - start[1]);
}

static walk walk_begin(cod_curve curve, const void *data, const double *ends)
{
    walk w = {.curve = curve, .data = data, .from = ends[0], .to = ends[1]};
    w.chord = -1;
    curve(data, w.from, w.end);
    next_chord(&w);
    return w;
}

/* The parameter at distance s from the beginning; s may only grow. */
static double walk_to(walk *w, double s)
{
    while (w->before + w->length < s && w->chord + 1 < CHORDS)
        next_chord(w);
    double part = w->length > 0 ? (s - w->before) / w->length : 0;
    return parameter(w, w->chord + fmin(fmax(part, 0), 1));
}

static double piece_length(cod_curve curve, const void *data, const double *ends)
{
    walk w = walk_begin(curve, data, ends);
    walk_to(&w, INFINITY);
    return w.before + w.length;
}

static void piece_points(cod_curve curve, const void *data, const double *ends,
                         double length, size_t count, double *ret_points)
{
    walk w = walk_begin(curve, data, ends);
    for (size_t k = 0; k < count; k++) {
        double t = ends[0];
        if (k > 0 && k + 1 == count)
            t = ends[1];
        else if (k > 0)
            t = walk_to(&w, length * ((double)k / (double)(count - 1)));
        curve(data, t, ret_points + 2 * k);
    }
}

size_t cod_curve_points(cod_curve curve, const void *data, size_t pieces,
                        const double *ends, size_t count, double *ret_points)
{
    double lengths[COD_MOST_PIECES], total = 0, before = 0;
    size_t written = 0;
    for (size_t k = 0; k < pieces; k++)
        total += lengths[k] = piece_length(curve, data, ends + 2 * k);
    for (size_t k = 0; k < pieces; k++) {
        before += lengths[k];
        size_t until = (size_t)(before / total * (double)count + 0.5);
        if (until > count || k + 1 == pieces)
            until = count;
        piece_points(curve, data, ends + 2 * k, lengths[k], until - written,
                     ret_points + 2 * written);
        written = until;
    }
    return written;
}

/* ---- a lattice ---- */

/* The number of lattice points with h parts, (h + m - 1) over (m - 1), or most + 1. */
static size_t lattice_size(size_t m, size_t h, size_t most)
{
    size_t size = 1;
    for (size_t k = 1; k < m; k++) {
        if (size > most * k / (h + k))
            return most + 1;
        size = size * (h + k) / k;
    }
    return size;
}

size_t cod_lattice(size_t m, size_t count, double *ret_weights)
{
    size_t h = 0, written = 0;
    if (count < m)
        return 0;
    while (m > 1 && lattice_size(m, h + 1, count) <= count)
        h++;
    /* parts in falling order: take one from the last that has any but the final one,
     * and give it, with all of the final one, to the next */
    double *w = ret_weights;
    for (size_t i = 0; i < m; i++)
        w[i] = i == 0 ? (double)h : 0;
    for (;;) {
        size_t k = m - 1;
        written++;
        while (k > 0 && w[k - 1] == 0)
            k--;
        if (k == 0)
            break;
        for (size_t i = 0; i < m; i++)
            w[m + i] = w[i];
        w += m;
        double last = w[m - 1];
        w[m - 1] = 0;
        w[k - 1] -= 1;
        w[k] = last + 1;
    }
    for (size_t k = 0; k < written * m; k++)
        ret_weights[k] /= h > 0 ? (double)h : 1;
    return written;
}
