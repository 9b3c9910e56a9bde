#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# coverage.sh: KUnit on a UML kernel that counts which lines run (GCOV_KERNEL). Prints
# how many of the lines of each file of src/ did, of each layer, and in all; what did not
# is in build/coverage/*.gcov, lines with #####. Fails if a test does, or if it is fewer than
# SQ_BAR of 100 (default 90). Lines of headers are counted nowhere.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

need_packages gcc
dir=$(boot_dir uml-gcov)
out=$SQ_BUILD/coverage
bar=${SQ_BAR:-90}

# The kernel has its counters in debugfs; tools/guest/kunit.sh copies them out, to what
# is a folder here as well.
"$SQ_TOP/tools/build.sh" uml-gcov GCOV_PROFILE=y
"$SQ_TOP/tools/try.sh" uml-gcov >"$SQ_BUILD/coverage.log"
read -r passed failed skipped <"$dir/counts"
say "KUnit: $passed passed, $failed failed, $skipped skipped (build/coverage.log)"

rm -rf "$out"
mkdir -p "$out"
data=$dir/root/squirrel/gcov
[ -d "$data/src" ] || die "the guest left no counters in $data"

# lines_of OBJECT: "FILE RUN ALL" of its source, and FILE.gcov in $out. Counters and what
# the compiler has left of a file have to lie side by side.
lines_of() {
	local base=${1%.gcda} name

	name=${base//\//_}
	mkdir "$out/tmp"
	cp "$data/$1" "$out/tmp/x.gcda"
	cp "$SQ_BUILD/uml-gcov/$base.gcno" "$out/tmp/x.gcno"
	(cd "$out/tmp" && gcov -p x.gcda) 2>/dev/null |
		awk -v file="$base.c" '
			/^File / { mine = index($0, file "\x27") > 0 }
			mine && /^Lines executed/ {
				split($0, part, /[:% ]+/)
				printf "%s %.0f %d\n", file, part[3] * part[5] / 100, part[5]
				mine = 0
			}'
	mv "$out/tmp/"*"${base//\//#}.c.gcov" "$out/$name.c.gcov"
	rm -rf "$out/tmp"
}

(cd "$data" && find src -name '*.gcda' | sort) | while read -r object; do
	lines_of "$object"
done >"$out/lines"

awk -v bar="$bar" '
	function percent(run, all) { return all ? 100 * run / all : 100 }
	function row(name, run, all) {
		printf "%-44s %6d %6d %6.1f\n", name, run, all, percent(run, all)
	}
	BEGIN { printf "%-44s %6s %6s %6s\n", "file", "run", "lines", "%" }
	{
		row($1, $2, $3)
		split($1, part, "/")
		layer = part[3] == "" ? "src" : part[1] "/" part[2]
		if (!(layer in all))
			order[++n] = layer
		run[layer] += $2
		all[layer] += $3
		total_run += $2
		total += $3
	}
	END {
		print ""
		for (i = 1; i <= n; i++)
			row(order[i], run[order[i]], all[order[i]])
		row("total", total_run, total)
		if (!total || percent(total_run, total) < bar) {
			print "fewer than " bar " %"
			exit 1
		}
	}' "$out/lines"
[ "$failed" -eq 0 ]
