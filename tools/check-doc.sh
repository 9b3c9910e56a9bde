#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-doc.sh [TREE]: every function that TREE/src exports to clients
# (EXPORT_SYMBOL_GPL) has kernel-doc that names its Context: and, unless it
# returns nothing, its Return:. A function __x behind a macro may be documented
# under the macro's name x.
. "$(dirname "$0")/lib.sh"

tree=${1:-$SQ_TOP}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# Comments and the words of each, one line a comment: "name rest of comment".
find "$tree/src" "$tree/include" -name '*.[ch]' ! -name '*.mod.c' \
	-exec cat {} + >"$work/all"
awk '
	/^\/\*\*/ { block = ""; on = 1; next }
	on && /\*\// { print block; on = 0; next }
	on { sub(/^ \*[ \t]?/, ""); block = block " " $0 }
' "$work/all" | sed -E 's/^ *([A-Za-z_0-9]+)(\(\))? +- /\1 /' >"$work/docs"

# Where definitions and prototypes begin, as one line up to the parenthesis.
# shellcheck disable=SC2020 # sets are what is meant
tr '\n' ' ' <"$work/all" | tr ';{}' '\n\n\n' >"$work/code"

while IFS= read -r name; do
	# Data that an inline function needs is not for clients to use.
	grep -qE "[ *]${name}(\\[|=| =)" "$work/code" &&
		! grep -qE "[ *]${name}\\(" "$work/code" && continue
	doc=$(grep -E "^(${name}|${name#__}) " "$work/docs" | sed -n 1p || true)
	if [ -z "$doc" ]; then
		echo "$name is exported and has no kernel-doc"
		bad=1
		continue
	fi
	if [[ $doc != *" Context:"* ]]; then
		echo "the kernel-doc of $name has no Context:"
		bad=1
	fi
	if [[ $doc != *" Return:"* ]] &&
		! grep -qE "(^|[^*A-Za-z_0-9])void +${name}\(" "$work/code"; then
		echo "the kernel-doc of $name has no Return:"
		bad=1
	fi
done < <(sed -nE 's/^EXPORT_SYMBOL_GPL\(([A-Za-z_0-9]+)\).*/\1/p' "$work/all" |
	sort -u)
exit $bad
