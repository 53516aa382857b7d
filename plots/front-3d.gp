# SPDX-License-Identifier: GPL-3.0-or-later
# The front in objective space, and its three projections. Again: gnuplot front.gp
FORMAT = '@FORMAT@' # png, svg or pdf
WIDTH = 7.6         # inches
@DATA@
HAVE_RAYS = @RAYS@
RAYS = HAVE_RAYS ? 'rays.dat' : 'front.dat' # gnuplot looks for files that it draws nothing of
FOOT = 0.7 + 0.24 * (COUNT + 2 + HAVE_RAYS) # x label and legend
HEIGHT = 6.0 + FOOT
HAVE_TRUE_FRONT = @TRUE_FRONT@

@PALETTE@
FAINT = '#B8B8B8'
TRUE_FRONT = HAVE_TRUE_FRONT ? 'true-front.dat' : 'front.dat'
set output 'front.'.FORMAT
set multiplot title TITLE noenhanced

# Ends that others of their method dominate are small dots.
on_front(z) = valid(4) && $4 == 0 ? NaN : z
dominated(z) = valid(4) && $4 == 0 ? z : NaN
dots = 0
stats 'front.dat' using (dots = dots + (valid(4) && $4 == 0), 0) nooutput

# Seen from where no objective is good.
set origin 0.01, (FOOT + 3.05) / HEIGHT
set size 0.5, 2.75 / HEIGHT
set lmargin 1
set rmargin 1
set tmargin 0
set bmargin 0
set view 64, 130, 0.92, 1.1
set xyplane relative 0
set xlabel LABEL[1]
set ylabel LABEL[2]
set zlabel LABEL[3] offset 0.8, 0
set tics offset 0, 0
# About three tics an axis.
stats 'front.dat' using 1:2 nooutput
set xtics round_near(max(STATS_max_x - STATS_min_x, 1e-9) / 3.0) offset 0, -0.3
set ytics round_near(max(STATS_max_y - STATS_min_y, 1e-9) / 3.0) offset 0, -0.3
set border 127 + 256 + 512 linewidth 0.6 linecolor rgb '#606060'
unset key
splot for [k = 1:HAVE_RAYS] RAYS using 1:2:3 with lines linewidth 0.5 \
        linecolor rgb '#909090', \
    for [k = 1:HAVE_TRUE_FRONT] TRUE_FRONT using 1:2:3 with points pointtype 7 \
        pointsize 0.2 linecolor rgb FAINT, \
    for [i = 1:COUNT] 'front.dat' index INDEX[i] using 1:2:(dominated($3)) with points \
        pointtype 7 pointsize 0.35 linecolor rgb colour(PLACE[i]), \
    for [i = 1:COUNT] 'front.dat' index INDEX[i] using 1:2:(on_front($3)) with points \
        pointtype marker(PLACE[i], VARIANT[i]) pointsize 0.6 linewidth 1.2 \
        linecolor rgb colour(PLACE[i])

set border 3 linewidth 0.75 linecolor rgb 'black'
set xtics autofreq offset 0, 0
set ytics autofreq offset 0, 0
set offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04
array X[3] = [1, 1, 2]
array Y[3] = [2, 3, 3]
array LEFT[3] = [0.59, 0.09, 0.59]
array BOTTOM[3] = [FOOT + 3.1, FOOT, FOOT]
do for [p = 1:3] {
    set lmargin at screen LEFT[p]
    set rmargin at screen LEFT[p] + 0.38
    set bmargin at screen BOTTOM[p] / HEIGHT
    set tmargin at screen (BOTTOM[p] + 2.4) / HEIGHT
    set xlabel LABEL[X[p]]
    set ylabel LABEL[Y[p]] offset 0.5, 0
    if (p == 3) {
        set key at screen 0.5, screen 0.08 / HEIGHT center bottom vertical maxcols 1 Left reverse \
            samplen 1.5 width 1 spacing 1.2
    }
    plot for [k = 1:HAVE_RAYS] RAYS using X[p]:Y[p] with lines linewidth 0.5 \
            linecolor rgb '#909090' title 'preferences', \
        for [k = 1:HAVE_TRUE_FRONT] TRUE_FRONT using X[p]:Y[p] with points pointtype 7 \
            pointsize 0.2 linecolor rgb FAINT notitle, \
        for [k = 1:HAVE_TRUE_FRONT] NaN with points pointtype 7 pointsize 0.5 \
            linecolor rgb FAINT title 'true front', \
        for [i = 1:COUNT] 'front.dat' index INDEX[i] \
            using X[p]:(dominated(column(Y[p]))) with points pointtype 7 pointsize 0.35 \
            linecolor rgb colour(PLACE[i]) notitle, \
        for [i = 1:COUNT] 'front.dat' index INDEX[i] \
            using X[p]:(on_front(column(Y[p]))) with points \
            pointtype marker(PLACE[i], VARIANT[i]) pointsize 0.6 linewidth 1.2 \
            linecolor rgb colour(PLACE[i]) title METHOD[i], \
        for [k = 1:dots > 0] NaN with points pointtype 7 pointsize 0.35 \
            linecolor rgb GREY title 'dominated'
}
unset multiplot
unset output
