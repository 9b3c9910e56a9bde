#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# document.sh: put what the last `make bench` measured into
# Documentation/performance.rst, between the comments that say so.
. "$(dirname "$0")/../lib.sh"

doc=$SQ_TOP/Documentation/performance.rst
table=$SQ_BUILD/bench/table.txt
[ -s "$table" ] || die "no $table; run make bench first"

awk -v table="$table" '
	/^\.\. results end/ { inside = 0 }
	!inside { print }
	/^\.\. results begin/ {
		inside = 1
		print "\n::\n"
		while ((getline line < table) > 0)
			print (line == "" ? "" : "    " line)
		print ""
	}
' "$doc" >"$doc.new"
mv "$doc.new" "$doc"
