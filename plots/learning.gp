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
PANEL = 2.5
weight(variant) = 1.1 + 1.1 * (variant / 5) # there are five dashes
HEIGHT = 0.95 + (PANEL + 0.25) * M

@PALETTE@
set output 'learning.'.FORMAT
set multiplot title TITLE noenhanced
set border 3
set lmargin at screen 0.95 / WIDTH
set rmargin at screen 1 - (LEGEND + 0.1) / WIDTH
set format x ''
unset key
do for [j = 1:M] {
    set tmargin at screen 1 - (0.45 + (j - 1) * (PANEL + 0.25)) / HEIGHT
    set bmargin at screen 1 - (0.45 + j * (PANEL + 0.25) - 0.25) / HEIGHT
    set ylabel LABEL[j].', held out'
    stats 'learning.dat' using (column(j + 1)) nooutput
    unset logscale y
    set ytics autofreq
    if (STATS_min > 0 && STATS_max > 8 * STATS_min) {
        set logscale y
        set ytics (1) # and others, so that every decade has three
        do for [d = -6:9] {
            set ytics add (10.0**d, 2 * 10.0**d, 5 * 10.0**d)
        }
    }
    if (j == M) {
        set xlabel 'step'
        set format x '%h'
    }
    plot for [i = 1:COUNT] 'learning.dat' index INDEX[i] using 1:(column(j + 1)) with lines \
        linewidth weight(VARIANT[i]) dashtype 1 + VARIANT[i] % 5 linecolor rgb colour(PLACE[i])
}
# The legend in a plot of its own: beside one panel it would be cut into columns.
set lmargin at screen 1 - LEGEND / WIDTH
set rmargin at screen 1
set tmargin at screen 1 - 0.45 / HEIGHT
set bmargin at screen 0
unset border
unset tics
unset xlabel
unset ylabel
unset logscale y
set key inside left top Left reverse samplen 2 spacing 1.2
plot [0:1] [0:1] for [i = 1:COUNT] NaN with lines linewidth weight(VARIANT[i]) dashtype 1 + VARIANT[i] % 5 \
    linecolor rgb colour(PLACE[i]) title METHOD[i]
unset multiplot
unset output
