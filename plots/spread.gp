# SPDX-License-Identifier: GPL-3.0-or-later
# The first two losses on the test data: medians between their quartiles, and each seed
# small. Draw it again with: gnuplot spread.gp
FORMAT = '@FORMAT@' # png, svg or pdf
HEIGHT = 5.2        # inches
@DATA@
# Room for the legend, by the longest name.
longest = 10
do for [i = 1:COUNT] {
    longest = strlen(METHOD[i]) > longest ? strlen(METHOD[i]) : longest
}
LEGEND = 0.55 + 0.088 * longest
WIDTH = 5.6 + LEGEND # inches

@PALETTE@
set output 'spread.'.FORMAT
set xlabel LABEL[1].', on the test data'
set ylabel LABEL[2].', on the test data'
set border 3
# The ranges follow the quartiles: one seed that went astray would leave no room for the
# others. The title counts what is outside.
stats 'spread.dat' every ::0::0 using (column(M + 1)) name 'XL' nooutput
stats 'spread.dat' every ::0::0 using (column(M + 2)) name 'XH' nooutput
stats 'spread.dat' every ::0::0 using (column(M + 3)) name 'YL' nooutput
stats 'spread.dat' every ::0::0 using (column(M + 4)) name 'YH' nooutput
if (XL_min > 0 && XH_max > 8 * XL_min) { set logscale x }
if (YL_min > 0 && YH_max > 8 * YL_min) { set logscale y }
room(low, high) = high > low ? high - low : abs(low) > 0 ? abs(low) : 1
lowest(low, high) = low > 0 && high > 8 * low ? low / 1.5 : low - 0.25 * room(low, high)
highest(low, high) = low > 0 && high > 8 * low ? high * 1.5 : high + 0.25 * room(low, high)
X0 = lowest(XL_min, XH_max); X1 = highest(XL_min, XH_max)
Y0 = lowest(YL_min, YH_max); Y1 = highest(YL_min, YH_max)
stats 'spread.dat' using ($1 < X0 || $1 > X1 || $2 < Y0 || $2 > Y1) name 'OUT' nooutput
set title TITLE.(OUT_sum > 0 ? sprintf(' (%d runs are outside)', OUT_sum) : '') noenhanced
set lmargin at screen 0.95 / WIDTH
set rmargin at screen 1 - (LEGEND + 0.1) / WIDTH
set key at screen 1 - LEGEND / WIDTH, graph 1 left top Left reverse samplen 1.5 spacing 1.2

# The weighted sums as one curve, in the order in which they were given, each with its
# weights.
rest(text) = text[strstrt(text, 'weights=') + 8:strlen(text) - 1] # up to the parenthesis
first(text) = strstrt(text, ',') > 0 ? text[1:strstrt(text, ',') - 1] : text
weights(text) = strstrt(text, 'weights=') > 0 ? first(rest(text)) : text

array X[COUNT]
array Y[COUNT]
n = 0
do for [i = 1:COUNT] {
    if (METHOD[i][1:6] eq 'linear') {
        n = n + 1
        stats 'spread.dat' index INDEX[i] every ::0::0 using 1 nooutput
        X[n] = STATS_min
        stats 'spread.dat' index INDEX[i] every ::0::0 using 2 nooutput
        Y[n] = STATS_min
        set label n weights(METHOD[i]) at X[n], Y[n] offset 0.6, 0.5 left \
            noenhanced textcolor rgb GREY font 'sans,'.sprintf('%.1f', 0.7 * FONT)
    }
}
set xrange [X0:X1]
set yrange [Y0:Y1]
set samples max(n, 2)
plot sample [k = 1:max(n, 2)] '+' using (n > 1 ? X[int(k + 0.5)] : NaN):(n > 1 ? Y[int(k + 0.5)] : NaN) \
        with lines linecolor rgb GREY linewidth 0.8 notitle, \
    for [i = 1:COUNT] 'spread.dat' index INDEX[i] every ::1 using 1:2 with points \
        pointtype 7 pointsize 0.25 linecolor rgb colour(PLACE[i]) notitle, \
    for [i = 1:COUNT] 'spread.dat' index INDEX[i] every ::0::0 \
        using 1:2:(column(M + 1)):(column(M + 2)):(column(M + 3)):(column(M + 4)) \
        with xyerrorbars pointtype marker(PLACE[i], VARIANT[i]) pointsize 0.9 \
        linewidth 0.8 linecolor rgb colour(PLACE[i]) title METHOD[i]
unset output
