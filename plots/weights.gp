# SPDX-License-Identifier: GPL-3.0-or-later
# The objectives' weights over the steps, one panel a method. Again: gnuplot weights.gp
FORMAT = '@FORMAT@' # png, svg or pdf
@DATA@
# Room for the legend, by the longest name and the number of columns.
longest = 4
do for [j = 1:M] {
    longest = strlen(LABEL[j]) > longest ? strlen(LABEL[j]) : longest
}
LEGEND = (0.55 + 0.085 * longest) * (1 + (M - 1) / 6)
WIDTH = 6.25 + LEGEND # inches
HEIGHT = 0.95 + 1.45 * COUNT

@PALETTE@
set output 'weights.'.FORMAT
set multiplot layout COUNT,1 title TITLE noenhanced \
    margins screen 0.8 / WIDTH, screen 1 - (LEGEND + 0.05) / WIDTH, \
            screen 0.55 / HEIGHT, screen 1 - 0.6 / HEIGHT \
    spacing screen 0, screen 0.38 / HEIGHT
set border 3
set ylabel 'weight' offset 1, 0
set format x ''
stats 'weights.dat' using 1 nooutput
first = STATS_min; last = max(STATS_max, first + 1) # the same in each panel
set xtics round_near(max(last - first, 6) / 6.0)    # whole steps
do for [i = 1:COUNT] {
    # From 0 (or below) to the largest weight, with some room; about three tics.
    low = 0.0; high = 0.0; apart = 0.0
    set xrange [*:*]; set yrange [*:*] # stats looks at what is within alone
    do for [j = 1:M] {
        stats 'weights.dat' index INDEX[i] using j + 1 nooutput
        low = STATS_min < low ? STATS_min : low
        high = STATS_max > high ? STATS_max : high
        stats 'weights.dat' index INDEX[i] using (abs(column(j + 1) - $2)) nooutput
        apart = STATS_max > apart ? STATS_max : apart
    }
    note = M > 1 && apart < 1e-3 * (high - low) ? ' (all equal)' : ''
    high = high > low ? high : low + 1
    set xrange [first:last]
    set yrange [low - 0.04 * (high - low):high + 0.06 * (high - low)]
    set ytics round_near((high - low) / 3)
    set label 1 METHOD[i].note at graph 0, graph 1 offset 0, 0.6 left noenhanced
    if (i == 1) {
        set key at screen 1 - LEGEND / WIDTH, graph 1 left top vertical maxrows 6 enhanced \
            Left reverse samplen 1.5 spacing 1.3
    } else {
        unset key
    }
    if (i == COUNT) {
        set xlabel 'step'
        set format x '%h'
    }
    plot for [j = 1:M] 'weights.dat' index INDEX[i] using 1:(column(j + 1)) with lines \
        linewidth 1.1 dashtype objective_dash(j) linecolor rgb objective(j) title LABEL[j]
}
unset multiplot
unset output
