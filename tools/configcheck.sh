#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# configcheck.sh FRAGMENT CONFIG: is every line that FRAGMENT asks for true in
# CONFIG? CONFIG_X=n holds where X is not set or unknown. Where a fragment
# names an option twice the last line counts.
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "usage: tools/configcheck.sh FRAGMENT CONFIG"

awk '
	FNR == NR {
		if ($0 ~ /^CONFIG_[A-Za-z0-9_]+=/) {
			name = substr($0, 1, index($0, "=") - 1)
			want[name] = substr($0, index($0, "=") + 1)
			line[name] = FNR
		}
		next
	}
	/^CONFIG_[A-Za-z0-9_]+=/ {
		got[substr($0, 1, index($0, "=") - 1)] = substr($0, index($0, "=") + 1)
	}
	END {
		for (name in want) {
			have = (name in got) ? got[name] : "n"
			if (have == want[name])
				continue
			printf "line %d asks %s=%s, the kernel has %s\n",
				line[name], name, want[name], have
			bad = 1
		}
		exit bad
	}
' "$1" "$2" || die "the configuration does not hold what the fragment asks"
