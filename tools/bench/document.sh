#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# document.sh: put what the last `make bench` and `make bench-memory` measured, and the same
# with KERNEL=7.3, into Documentation: the plots, the table of performance.rst between the
# comments that say so, and the appendices, which are written anew. An appendix keeps the
# part of which nothing was measured here.
. "$(dirname "$0")/../lib.sh"

docs=$SQ_TOP/Documentation
parts=$SQ_TOP/tools/bench
new=$SQ_BUILD/bench/appendix.rst
# "FOLDER KERNEL" of each that is shown
KERNELS=("bench 6.1" "bench-7.3 7.3")

title() {
	printf '%s\n%s\n' "$1" "${1//?/=}"
}

# table FILE OLD TITLE: a part of an appendix, from FILE, else as it is in OLD.
table() {
	title "$3"
	if [ -s "$1" ]; then
		printf '\n::\n\n'
		sed 's/^/    /; s/ *$//' "$1"
		echo
	else
		awk -v title="$3" 'on && /^Linux / { exit } on > 1 { print } on { on++ }
			$0 == title { on = 1 }' "$2"
	fi
}

# appendix NAME TABLE TITLE TEXT: Documentation/NAME of the TABLE of each kernel.
appendix() {
	local pair

	touch "$docs/$1"
	{
		printf '.. SPDX-License-Identifier: GPL-2.0\n'
		printf '.. Written by tools/bench/document.sh; do not change it by hand.\n\n'
		printf '%s\n' "${3//?/=}"
		title "$3"
		printf '\n%s\n\n' "$4"
		for pair in "${KERNELS[@]}"; do
			table "$SQ_BUILD/${pair% *}/$2" "$docs/$1" "Linux ${pair#* }"
		done
	} | cat -s >"$new"
	mv "$new" "$docs/$1"
}

# between WORD FILE: FILE's text comes between the comments WORD of performance.rst.
between() {
	awk -v word="$1" -v file="$2" '
		$0 ~ "^.. " word " end" { inside = 0 }
		!inside { print }
		$0 ~ "^.. " word " begin" {
			inside = 1
			print ""
			while ((getline line < file) > 0)
				print line
			print ""
		}
	' "$docs/performance.rst" >"$docs/performance.rst.new"
	mv "$docs/performance.rst.new" "$docs/performance.rst"
}

[ -s "$SQ_BUILD/bench/table.txt" ] || die "no build/bench/table.txt; run make bench first"
results=("$SQ_BUILD/bench/results.tsv")
[ ! -s "$SQ_BUILD/bench-7.3/results.tsv" ] || results+=("$SQ_BUILD/bench-7.3/results.tsv")
awk -f "$parts/figures.awk" "$parts/rows" "${results[@]}" >"$SQ_BUILD/bench/figures.rst"
between figures "$SQ_BUILD/bench/figures.rst"
appendix performance-tables.rst table.txt "All figures of make bench" \
	"What each row is, and how it is measured, is in performance-method.rst."
appendix memory-tables.rst memory.txt "All figures of make bench-memory" \
	"How it is measured is in memory.rst. Pages of 4 KiB."
cp "$SQ_BUILD/bench/results.svg" "$docs/performance.svg"
for trace in boot fs proc; do
	[ ! -s "$SQ_BUILD/bench/memory-$trace.svg" ] ||
		cp "$SQ_BUILD/bench/memory-$trace.svg" "$docs/memory-$trace.svg"
done
say "Documentation has the figures of the last run"
