# For two pictures beside each other, or one above the other on a phone: names and axes are in the same places.
set terminal svg size 416,440 font "sans-serif,13" background rgb "white"
set key at screen 0.06,0.02 left bottom Left reverse samplen 2 maxrows 4 width -3
set lmargin at screen 0.22
set rmargin at screen 0.96
set tmargin at screen 0.9
set bmargin at screen 0.4
