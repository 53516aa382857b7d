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

/* ---- points along a curve ----------------------------------------------------------
 */

/* Chords of the polygon that measures a piece. */
#define CHORDS 20000

/* Walks along a piece, chord by chord. */
typedef struct walk {
    cod_curve curve;
    const void *data;
    double from, to; /* parameters of the piece's ends */
    int chord;       /* the chord ahead */
    double start[2]; /* its first point */
    double length;   /* its length */
    double before;   /* length of the chords behind */
} walk;

static double parameter(const walk *w, double chord)
{
    double u = chord / CHORDS;
    return u <= 0 ? w->from : u >= 1 ? w->to : w->from + u * (w->to - w->from);
}

static void measure(walk *w)
{
    double end[2];
    w->curve(w->data, parameter(w, w->chord), w->start);
    w->curve(w->data, parameter(w, w->chord + 1), end);
    w->length = hypot(end[0] - w->start[0], end[1] - w->start[1]);
}

static walk walk_begin(cod_curve curve, const void *data, double from, double to)
{
    walk w = {.curve = curve, .data = data, .from = from, .to = to};
    measure(&w);
    return w;
}

/* The parameter at distance s from the beginning; s may only grow. */
static double walk_to(walk *w, double s)
{
    while (w->before + w->length < s && w->chord + 1 < CHORDS) {
        w->before += w->length;
        w->chord++;
        measure(w);
    }
    double part = w->length > 0 ? (s - w->before) / w->length : 0;
    return parameter(w, w->chord + fmin(fmax(part, 0), 1));
}

static double piece_length(cod_curve curve, const void *data, double from, double to)
{
    walk w = walk_begin(curve, data, from, to);
    walk_to(&w, INFINITY);
    return w.before + w.length;
}

static void piece_points(cod_curve curve, const void *data, double from, double to,
                         double length, size_t count, double *ret_points)
{
    walk w = walk_begin(curve, data, from, to);
    for (size_t k = 0; k < count; k++) {
        double t = k == 0 ? from
                   : k + 1 == count
                       ? to
                       : walk_to(&w, length * (double)k / (double)(count - 1));
        curve(data, t, ret_points + 2 * k);
    }
}

size_t cod_curve_points(cod_curve curve, const void *data, size_t pieces,
                        const double *ends, size_t count, double *ret_points)
{
    double total = 0, before = 0;
    size_t written = 0;
    for (size_t k = 0; k < pieces; k++)
        total += piece_length(curve, data, ends[2 * k], ends[2 * k + 1]);
    for (size_t k = 0; k < pieces; k++) {
        double length = piece_length(curve, data, ends[2 * k], ends[2 * k + 1]);
        before += length;
        size_t until =
            k + 1 == pieces ? count : (size_t)(before / total * (double)count + 0.5);
        if (until > written)
            piece_points(curve, data, ends[2 * k], ends[2 * k + 1], length,
                         until - written, ret_points + 2 * written);
        written = until > written ? until : written;
    }
    return written;
}
