/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/segmentation/smooth.h"

/* The cubic B-spline's four weights at t in [0, 1) between two lattice points. */
static void weigh(double t, double ret_weights[4])
{
    double u = 1 - t;
    ret_weights[0] = u * u * u / 6;
    ret_weights[1] = (4 + t * t * (3 * t - 6)) / 6;
    ret_weights[2] = (4 + u * u * (3 * u - 6)) / 6;
    ret_weights[3] = t * t * t / 6;
}

/* One row of the lattice, interpolated along the plane's columns. */
static void fill_row(cod_random random, size_t row, double period, double amplitude,
                     size_t width, double *lattice, double *ret_row)
{
    size_t points = (size_t)((double)(width - 1) / period) + 4;
    for (size_t c = 0; c < points; c++)
        lattice[c] =
            amplitude * (2 * cod_random_uniform(random, ((uint64_t)row << 32) + c) - 1);
    for (size_t j = 0; j < width; j++) {
        double at = (double)j / period, w[4];
        const double *l = lattice + (size_t)at;
        weigh(at - (double)(size_t)at, w);
        ret_row[j] = w[0] * l[0] + w[1] * l[1] + w[2] * l[2] + w[3] * l[3];
    }
}

void cod_smooth_add(cod_random random, double period, double amplitude, size_t height,
                    size_t width, double *work, double *plane)
{
    double *lattice = work + 4 * width, *rows[4];
    size_t filled = 0; /* lattice rows so far; row r lies in place r modulo 4 */
    for (size_t i = 0; i < height; i++) {
        double at = (double)i / period, w[4];
        size_t first = (size_t)at;
        for (; filled < first + 4; filled++)
            fill_row(random, filled, period, amplitude, width, lattice,
                     work + filled % 4 * width);
        for (size_t r = 0; r < 4; r++)
            rows[r] = work + (first + r) % 4 * width;
        weigh(at - (double)first, w);
        for (size_t j = 0; j < width; j++)
            plane[i * width + j] += w[0] * rows[0][j] + w[1] * rows[1][j] +
                                    w[2] * rows[2][j] + w[3] * rows[3][j];
    }
}
