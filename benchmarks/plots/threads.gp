# How many times faster than one thread, over the items of the batch.
#
# Variables: data (columns items, then one for each list size), sizes (their names), threads, output, title.
load folder."/style.gp"
set output output
set title title
set logscale x 2
set format x "2^{%L}"
set xlabel "items of the batch"
set ylabel "times as fast as one thread"
set yrange [0:threads * 1.1]
plot for [k = 1:words(sizes)] data using 1:k + 1 ls k title "n = ".word(sizes, k), \
     threads with lines ls 7 title "limit"
