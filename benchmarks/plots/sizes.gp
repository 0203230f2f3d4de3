# ns/item over the list size, beside the limit of the machine and the handwritten baseline.
#
# Variables: data (columns n, ours, q1, q3, handwritten, limit), output, title.
load folder."/style.gp"
set output output
set title title
set logscale xy
set format x "10^{%T}"
set xlabel "items a list"
set ylabel "ns an item"
set style fill transparent solid 0.2 noborder
plot data using 1:3:4 with filledcurves lc rgb "#0072b2" title "quartiles", \
     data using 1:2 ls 1 title "RankLoss", \
     data using 1:5 ls 2 title "handwritten", \
     data using 1:6 with lines ls 7 title "limit"
