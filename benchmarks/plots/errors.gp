# Errors of float32 losses over how far one item leads the others.
#
# Variables: data (columns lead, RankLoss, JAX, PyTorch, NumPy), output, title.
load folder."/style.gp"
load folder."/half.gp"
set output output
set title title
set logscale y
set xrange [-6:20]
set yrange [0.1:1e9]
set ytics ("1" 1, "10^2" 1e2, "10^4" 1e4, "10^6" 1e6, "10^8" 1e8)
set label "every digit lost" at 19.5,1.2e8 right
set xlabel "score of the relevant item less the next"
set ylabel "last places of a float, at worst"
plot data using 1:5 ls 6 title "NumPy", \
     data using 1:4 ls 4 title "PyTorch", \
     data using 1:3 ls 3 title "JAX", \
     data using 1:2 ls 1 title "RankLoss"
