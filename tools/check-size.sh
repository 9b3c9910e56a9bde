#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-size.sh [TREE]: no header of TREE has more than 250 lines, no function of
# its src and include more than 40 between its braces. Names those that have.
. "$(dirname "$0")/lib.sh"

cd "${1:-$SQ_TOP}"
HEADER=250
FUNCTION=40

long_headers() {
	files_in '*.h' include src kunit samples selftests | xargs -r wc -l |
		awk -v max="$HEADER" '$2 != "total" && $1 > max {
			print $2 ": has " $1 " lines, a header at most " max
		}'
}

# A function's braces are alone in the first column, also those of one that a macro
# defines. The last line above the first that has its name begins there as well.
long_functions() {
	files_in '*.[ch]' src include | xargs -r awk -v max="$FUNCTION" '
		FNR == 1 { start = 0; head = "" }
		/^}/ && start {
			if (FNR - start - 1 > max)
				print FILENAME ":" start ": " head " has " \
					FNR - start - 1 " lines, a function at most " max
			start = 0
		}
		/^{/ {
			start = FNR
			sub(/\(.*/, "", head)
			sub(/.*[ \t*]/, "", head)
			next
		}
		start { next }
		/^[A-Za-z_].*\(/ { head = $0 }
	'
}

! { long_headers; long_functions; } | grep .
