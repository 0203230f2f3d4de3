# What the pictures have in common. Colours: Okabe and Ito's, which colour-blind readers can tell apart.
set terminal svg size 760,460 font "sans-serif,13" background rgb "white"
set datafile missing "-"
set grid xtics ytics lc rgb "#dddddd" lw 1
set border 3 lc rgb "#666666"
set tics nomirror
set key outside right top Left reverse samplen 2
set style data linespoints
set style line 1 lc rgb "#0072b2" lw 2.5 pt 7 ps 0.6
set style line 2 lc rgb "#d55e00" lw 1.5 pt 5 ps 0.5
set style line 3 lc rgb "#009e73" lw 1.5 pt 9 ps 0.6
set style line 4 lc rgb "#cc79a7" lw 1.5 pt 11 ps 0.6
set style line 5 lc rgb "#e69f00" lw 1.5 pt 13 ps 0.6
set style line 6 lc rgb "#56b4e9" lw 1.5 pt 3 ps 0.6
set style line 7 lc rgb "#000000" lw 1.5 dt 2 pt 0
set style line 8 lc rgb "#999999" lw 1.5 pt 2 ps 0.6
