# SPDX-License-Identifier: GPL-3.0-or-later
# Held-out losses, and the score to judge by, over the steps: a panel each, a line a
# method. Draw it again with: gnuplot learning.gp
FORMAT = '@FORMAT@' # png, svg or pdf
@DATA@
# Room for the legend, by the longest name.
longest = 10
do for [i = 1:COUNT] {
    longest = strlen(METHOD[i]) > longest ? strlen(METHOD[i]) : longest
}
LEGEND = 0.65 + 0.088 * longest
WIDTH = 6.2 + LEGEND # inches
HEIGHT = 0.95 + 2.6 * M

@PALETTE@
set output 'learning.'.FORMAT
set multiplot layout M,1 title TITLE noenhanced \
    margins screen 0.95 / WIDTH, screen 1 - (LEGEND + 0.1) / WIDTH, \
            screen 0.55 / HEIGHT, screen 1 - 0.5 / HEIGHT \
    spacing screen 0, screen 0.3 / HEIGHT
set border 3
set format x ''
do for [j = 1:M] {
    set ylabel LABEL[j] noenhanced
    stats 'learning.dat' using (column(j + 1)) nooutput
    unset logscale y
    if (STATS_min > 0 && STATS_max > 8 * STATS_min) { set logscale y }
    if (j == 1) {
        set key at screen 1 - LEGEND / WIDTH, graph 1 left top vertical Left reverse \
            samplen 2 spacing 1.2 maxrows 60
    } else {
        unset key
    }
    if (j == M) {
        set xlabel 'step'
        set format x '%h'
    }
    plot for [i = 1:COUNT] 'learning.dat' index INDEX[i] using 1:(column(j + 1)) with lines \
        linewidth 1.1 dashtype 1 + VARIANT[i] linecolor rgb colour(PLACE[i]) title METHOD[i]
}
unset multiplot
unset output
