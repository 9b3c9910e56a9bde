#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-layers-test.sh TREE OBJECTS: the layer script must accept a copy of TREE
# as it is and refuse it with each of these breaches planted.
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "usage: tools/check-layers-test.sh TREE OBJECTS"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fresh() {
	rm -rf "$work/tree" "$work/objects"
	mkdir -p "$work/tree" "$work/objects"
	local p

	for p in include src kunit samples selftests; do
		[ ! -d "$tree/$p" ] || cp -r "$tree/$p" "$work/tree/"
	done
	(cd "$objects" && find src -name '*.o' -exec cp --parents {} "$work/objects" \;)
}

# expect TITLE WANTED PATTERN: WANTED is good or breach; a breach must be named.
expect() {
	local got=good

	"$SQ_TOP/tools/check-layers.sh" "$work/tree" "$work/objects" \
		>"$work/out" 2>&1 || got=breach
	if [ "$got" != "$2" ] ||
		{ [ -n "$3" ] && ! grep -qE "$3" "$work/out"; }; then
		echo "layer script, $1: wanted $2 ($3), got $got:"
		sed 's/^/    /' "$work/out"
		failed=1
	fi
}

# plant FILE LINE: add LINE to the top of FILE, which may be new.
plant() {
	local file=$work/tree/$1

	mkdir -p "$(dirname "$file")"
	touch "$file"
	printf '%s\n' "$2" | cat - "$file" >"$file.new"
	mv "$file.new" "$file"
}

# plant_object FOLDER SYMBOL: an object there that calls SYMBOL by a prototype
# of its own, which no include shows.
plant_object() {
	mkdir -p "$work/objects/src/$1"
	printf 'void %s(void);\nvoid sq_planted(void);\nvoid sq_planted(void) { %s(); }\n' \
		"$2" "$2" | gcc -x c -c -o "$work/objects/src/$1/planted.o" -
}

first_symbol() { # first_symbol FOLDER: a function that its objects define
	find "$objects/src/$1" -name '*.o' ! -name '*.mod.o' -exec nm -g {} + |
		awk '$2 == "T" && $3 !~ /^(__|init_module|cleanup)/ { print $3 }' | sed -n 1p
}

tree=$(cd "$1" && pwd)
objects=$(cd "$2" && pwd)

fresh
expect "nothing planted" good ''

include_breach() { # include_breach FILE LINE
	fresh
	plant "$1" "$2"
	expect "$1: $2" breach "^$1: may not include"
}

include_breach src/reclaimer/planted.c '#include <squirrel/block.h>'
include_breach src/allocator/planted.c '#include <squirrel/block.h>'
include_breach src/allocator/planted.c '#include <squirrel/reclaimer.h>'
include_breach src/utility/planted.c '#include <squirrel/allocator.h>'
include_breach src/utility/planted.c '#include <squirrel/squirrel.h>'
include_breach src/utility/planted.c '#include <squirrel/strategy.h>'
include_breach src/reclaimer/planted.c '#include <squirrel/strategy.h>'
include_breach src/block/planted.c '#include "../utility/internal.h"'
include_breach src/block/planted.c '  #  include <squirrel/utility.h>'
include_breach src/debugfs/planted.c '#include <squirrel/block.h>'
include_breach include/squirrel/allocator.h '#include <squirrel/utility.h>'
include_breach kunit/block_kunit_planted.c '#include <squirrel/utility.h>'
include_breach kunit/allocator_kunit_planted.c '#include "utility/internal.h"'
include_breach kunit/fake_planted.c '#include <squirrel/utility.h>'
include_breach samples/planted.c '#include <squirrel/allocator.h>'

fresh
plant src/utility/planted.c '#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)'
expect "version check" breach '^src/utility/planted.c:1: kernel versions'

symbol_breach() { # symbol_breach FOLDER TAKEN_FROM
	local symbol

	symbol=$(first_symbol "$2")
	if [ -z "$symbol" ]; then
		echo "layer script: no function in $2 to plant a call to"
		failed=1
		return
	fi
	fresh
	plant_object "$1" "$symbol"
	expect "$1 calls $2" breach "^src/$1/planted.o: uses $symbol of $2"
}

symbol_breach reclaimer block
symbol_breach reclaimer utility
symbol_breach allocator block
symbol_breach allocator reclaimer
symbol_breach utility allocator
symbol_breach block utility
symbol_breach debugfs block

fresh
plant_object reclaimer "$(first_symbol allocator)"
expect "reclaimer calls allocator" good ''

exit $failed
