# SPDX-License-Identifier: GPL-3.0-or-later
# Stationarity over the steps, a line a run. Again: gnuplot convergence.gp
FORMAT = '@FORMAT@' # png, svg or pdf
WIDTH = 6.8         # inches
HEIGHT = 4.4
@DATA@

@PALETTE@
set output 'convergence.'.FORMAT
set title TITLE noenhanced
set xlabel 'step'
set ylabel 'stationarity'
set border 3
set logscale y
set format y '10^{%T}'
set key outside right top Left reverse samplen 2 spacing 1.3
set offsets 0, graph 0.02, graph 0.02, graph 0.02
plot for [i = 1:COUNT] 'convergence.dat' index INDEX[i] using 1:3 with lines \
    linewidth 1 dashtype 1 + VARIANT[i] linecolor rgb colour(PLACE[i]) title METHOD[i]
unset output
