# ns/item over the list size, beside the peers.
#
# Variables: data (columns n, RankLoss, JAX, PyTorch, PyTorch compiled, NumPy, numba), output, title.
load folder."/style.gp"
set output output
set title title
set logscale xy
set format x "10^{%T}"
set xlabel "items a list"
set ylabel "ns an item"
plot data using 1:2 ls 1 title "RankLoss", \
     data using 1:3 ls 2 title "JAX", \
     data using 1:4 ls 3 title "PyTorch", \
     data using 1:5 ls 4 title "PyTorch, compiled", \
     data using 1:6 ls 5 title "NumPy", \
     data using 1:7 ls 6 title "numba"
