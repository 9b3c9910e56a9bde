# SPDX-License-Identifier: GPL-2.0
# results.svg of results.tsv. -e "results='…'; out='…'" tells where they are.
set terminal svg size 1200,900 font "sans,13" background "white"
set output out
set datafile separator "\t"

# The rows of one clock, one case (a pattern) and one subject, "size per_op"
rows(case, subject) = sprintf("< awk -F '\t' '$2 == \"insn\" && $3 ~ /^%s$/ && $5 == \"%s\"' %s", case, subject, results)

SQ = "#c0392b"
SL = "#7f8c8d"
FL = "#2c3e50"
set multiplot layout 2,2 title "Instructions per alloc and free, stock kernel, init\\_on\\_alloc=0\n "
set grid ytics
set key outside top center horizontal
set yrange [0:*]

set title "One object, a batch of 1024, bulk calls; 128 bytes"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9
set xtics rotate by -25
hist(subject) = sprintf("< awk -F '\t' '$2 == \"insn\" && $4 == 128 && $3 ~ /^(pair|batch-[a-z]*|bulk-(8|16|64|256)|heap|heap-const)$/ && $5 == \"%s\"' %s", subject, results)
plot hist("squirrel") using 6:xtic(3) title "squirrel" lc rgb SQ, \
     hist("slub") using 6 title "SLUB" lc rgb SL, \
     hist("floor") using 6 title "floor" lc rgb FL

set style data linespoints
set xtics norotate
set logscale x 2
set title "Heap, size known at run time"
set xlabel "bytes"
plot rows("heap", "squirrel") using 4:6 title "squirrel" lc rgb SQ pt 7, \
     rows("heap", "slub") using 4:6 title "kmalloc" lc rgb SL pt 7, \
     rows("heap", "floor") using 4:6 title "floor" lc rgb FL pt 7

set title "Large blocks"
set xlabel "KiB"
set logscale y 10
set yrange [10:*]
plot rows("large", "squirrel") using ($4/1024):6 title "squirrel" lc rgb SQ pt 7, \
     rows("large", "slub") using ($4/1024):6 title "kmalloc" lc rgb SL pt 7, \
     rows("large", "floor") using ($4/1024):6 title "floor" lc rgb FL pt 7
unset logscale y
set yrange [0:*]

set title "Cost against the number of live objects, 32 bytes"
unset logscale x
set xlabel "live objects, power of ten"
set xrange [2.8:6.2]
set xtics 1
exponent(case) = real(substr(case, 9, 9))
plot rows("live-10.[3-6]", "squirrel") using (exponent(strcol(3))):6 title "squirrel" lc rgb SQ pt 7, \
     rows("live-10.[3-6]", "slub") using (exponent(strcol(3))):6 title "SLUB" lc rgb SL pt 7, \
     rows("live-10.[3-6]", "floor") using (exponent(strcol(3))):6 title "floor" lc rgb FL pt 7
unset multiplot
