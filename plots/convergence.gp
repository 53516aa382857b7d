# SPDX-License-Identifier: GPL-3.0-or-later
# Stationarity over the steps, a line a run. Again: gnuplot convergence.gp
FORMAT = '@FORMAT@' # png, svg or pdf
HEIGHT = 4.4        # inches
@DATA@
# Room for the legend, by the longest name.
longest = 10
do for [i = 1:COUNT] {
    longest = strlen(METHOD[i]) > longest ? strlen(METHOD[i]) : longest
}
LEGEND = 0.55 + 0.088 * longest
WIDTH = 5.0 + LEGEND # inches

@PALETTE@
set output 'convergence.'.FORMAT
set title TITLE noenhanced
set xlabel 'step'
set ylabel 'stationarity'
set border 3
set logscale y
set format y '10^{%T}'
# What is below the floor, 0 included, is drawn on it.
FLOOR = 1e-8
floored(y) = y < FLOOR ? FLOOR : y
stats 'convergence.dat' using (floored($3)) nooutput
set yrange [STATS_min / 2:max(STATS_max, 10 * STATS_min) * 2]
if (STATS_min == FLOOR) {
    set ytics add ('≤ 10^{-8}' FLOOR)
}
set lmargin at screen 0.95 / WIDTH
set rmargin at screen 1 - (LEGEND + 0.1) / WIDTH
set key at screen 1 - LEGEND / WIDTH, graph 1 left top Left reverse samplen 2 spacing 1.3
set offsets 0, graph 0.02, 0, 0
plot for [i = 1:COUNT] 'convergence.dat' index INDEX[i] using 1:(floored($3)) with lines \
    linewidth 1 dashtype 1 + VARIANT[i] linecolor rgb colour(PLACE[i]) title METHOD[i]
unset output
