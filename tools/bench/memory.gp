# SPDX-License-Identifier: GPL-2.0
# memory-TRACE.svg: what was live and held over one trace.
# -e "series='…'; trace='…'; out='…'" tells where it is and which.
set terminal svg size 1200,500 font "sans,13" background "white"
set output out
set datafile separator "\t"

rows(subject) = sprintf("< awk -F '\t' '$1 == \"real\" && $2 == \"%s\" && ($3 \" \" $4 \" \" $5) == \"%s\"' %s", trace, subject, series)
SQ = "squirrel segregated parallel"

set title "Trace \"" . trace . "\", stock kernel, one CPU, slab\\_nomerge"
set grid ytics
set key outside top center horizontal
set xrange [0:*]
set yrange [0:*]
set xlabel "records played, millions"
set ylabel "pages of 4 KiB"
plot rows(SQ) using ($9/1e6):($7/4096) with filledcurves y1=0 title "live, as asked for" lc rgb "#d5dbdb", \
     rows("slab - -") using ($9/1e6):8 with lines title "SLUB holds" lc rgb "#7f8c8d" lw 1.5, \
     rows(SQ) using ($9/1e6):8 with lines title "squirrel holds" lc rgb "#c0392b" lw 1.5
