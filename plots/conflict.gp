# SPDX-License-Identifier: GPL-3.0-or-later
# The lowest cosine between two gradients of a step, one panel a method that computed
# them: each step, and the mean of the last 20. Again: gnuplot conflict.gp
FORMAT = '@FORMAT@' # png, svg or pdf
@DATA@
WIDTH = 7.0 # inches
HEIGHT = 0.95 + 1.35 * COUNT

@PALETTE@
set output 'conflict.'.FORMAT
set multiplot layout COUNT,1 title TITLE noenhanced \
    margins screen 0.8 / WIDTH, screen 1 - 0.15 / WIDTH, \
            screen 0.55 / HEIGHT, screen 1 - 0.6 / HEIGHT \
    spacing screen 0, screen 0.38 / HEIGHT
set border 3
set ylabel 'cosine' offset 1, 0
set format x ''
set ytics 1
set mytics 2
stats 'conflict.dat' using 1 nooutput
first = STATS_min; last = max(STATS_max, first + 1) # the same in each panel
set xtics round_near(max(last - first, 6) / 6.0)
set xrange [first:last]
set yrange [-1.05:1.05]
unset key
ROOM = 20
array LAST[ROOM]
# The mean of what came last; `seen` counts the steps of the panel.
moving(y) = (seen = seen + 1, LAST[1 + (seen - 1) % ROOM] = y, \
    (sum [k = 1:(seen < ROOM ? seen : ROOM)] LAST[k]) / (seen < ROOM ? seen : ROOM))
do for [i = 1:COUNT] {
    seen = 0
    set label 1 METHOD[i] at graph 0, graph 1 offset 0, 0.6 left noenhanced
    if (i == COUNT) {
        set xlabel 'step'
        set format x '%h'
    }
    plot 0 with lines linecolor rgb GREY linewidth 0.6, \
        'conflict.dat' index INDEX[i] using 1:2 with points pointtype 7 pointsize 0.2 \
        linecolor rgb '#B8B8B8', \
        'conflict.dat' index INDEX[i] using 1:(moving($2)) with lines linewidth 1.2 \
        linecolor rgb colour(PLACE[i])
}
unset multiplot
unset output
