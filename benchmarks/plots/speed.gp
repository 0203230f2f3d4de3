# Times of the handwritten baseline and the peers in units of the library's, over the list size.
#
# Variables: data (columns n, handwritten, JAX, PyTorch, PyTorch compiled, NumPy, numba), output, title.
load folder."/style.gp"
load folder."/half.gp"
set output output
set title title
set logscale x
set logscale y 2
set yrange [0.25:32]
set format x "10^{%T}"
set xlabel "items a list"
set ylabel "times as long as RankLoss takes"
plot data using 1:6 ls 6 title "NumPy", \
     data using 1:4 ls 4 title "PyTorch", \
     data using 1:5 ls 5 title "PyTorch, compiled", \
     data using 1:3 ls 3 title "JAX", \
     data using 1:7 ls 8 title "numba", \
     data using 1:2 ls 2 title "C, -ffast-math", \
     1 with lines ls 1 title "RankLoss"
