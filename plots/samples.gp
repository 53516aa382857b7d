# SPDX-License-Identifier: GPL-3.0-or-later
# The contact sheet: samples-tiles.png, with the tiles' names. Again: gnuplot samples.gp
FORMAT = '@FORMAT@' # png, svg or pdf
@DATA@
array LEFT[COUNT]
array TOP[COUNT]
do for [i = 1:COUNT] {
    stats 'samples.dat' index INDEX[i] using 1 nooutput
    LEFT[i] = STATS_min
    stats 'samples.dat' index INDEX[i] using 2 nooutput
    TOP[i] = STATS_min
}
stats 'samples.dat' index INDEX[1] using 3 nooutput
TILE = STATS_min
stats 'samples.dat' index INDEX[1] using 4 nooutput
WIDE = STATS_min
stats 'samples.dat' index INDEX[1] using 5 nooutput
HIGH = STATS_min
SCALE = 1.9 / TILE # inches of a pixel
WIDTH = SCALE * WIDE
HEIGHT = SCALE * HIGH + 0.4

@PALETTE@
set output 'samples.'.FORMAT
set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 1 - 0.4 / HEIGHT
set label 1000 TITLE at screen 0.5, screen 1 - 0.2 / HEIGHT center noenhanced
unset border
unset tics
unset grid
unset key
set xrange [0:WIDE]
set yrange [0:HIGH]
set size noratio
do for [i = 1:COUNT] {
    set label i METHOD[i] at LEFT[i], HIGH - TOP[i] + 10 left noenhanced \
        font 'sans,'.sprintf('%.1f', 0.78 * fitting(METHOD[i], 30)) front
}
plot 'samples-tiles.png' binary filetype=png with rgbimage
unset output
