# SPDX-License-Identifier: GPL-3.0-or-later
# The front in objective space. Draw it again with: gnuplot front.gp
FORMAT = '@FORMAT@' # png, svg or pdf
HEIGHT = 4.6        # inches
@DATA@
# Room for the legend, by the longest name.
longest = 10
do for [i = 1:COUNT] {
    longest = strlen(METHOD[i]) > longest ? strlen(METHOD[i]) : longest
}
LEGEND = 0.55 + 0.088 * longest
WIDTH = 5.0 + LEGEND # inches
HAVE_TRUE_FRONT = @TRUE_FRONT@
HAVE_RAYS = @RAYS@
RAYS = HAVE_RAYS ? 'rays.dat' : 'front.dat' # gnuplot looks for files that it draws nothing of

@PALETTE@
set output 'front.'.FORMAT
set title TITLE noenhanced
set xlabel LABEL[1]
set ylabel LABEL[2]
set border 3
set lmargin at screen 0.85 / WIDTH
set rmargin at screen 1 - (LEGEND + 0.1) / WIDTH
set key at screen 1 - LEGEND / WIDTH, graph 1 left top Left reverse samplen 1.5 spacing 1.3
set offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04

# Ends that others of their method dominate are small dots.
on_front(y) = valid(3) && $3 == 0 ? NaN : y
dominated(y) = valid(3) && $3 == 0 ? y : NaN
dots = 0
stats 'front.dat' using (dots = dots + (valid(3) && $3 == 0), 0) nooutput

plot for [k = 1:HAVE_RAYS] RAYS using 1:2 with lines dashtype 2 linewidth 0.7 \
        linecolor rgb '#606060' title 'preferences', \
    for [k = 1:HAVE_TRUE_FRONT] 'true-front.dat' using 1:2 with lines linewidth 2.4 \
        linecolor rgb GREY title 'true front', \
    for [i = 1:COUNT] 'front.dat' index INDEX[i] using 1:(dominated($2)) with points \
        pointtype 7 pointsize 0.5 linecolor rgb colour(PLACE[i]) notitle, \
    for [i = 1:COUNT] 'front.dat' index INDEX[i] using 1:(on_front($2)) with points \
        pointtype marker(PLACE[i], VARIANT[i]) pointsize 0.85 linewidth 1.2 \
        linecolor rgb colour(PLACE[i]) title METHOD[i], \
    for [k = 1:dots > 0] NaN with points pointtype 7 pointsize 0.5 linecolor rgb GREY \
        title 'dominated'
unset output
