#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-layers-test.sh TREE OBJECTS: the layer script must accept a copy of TREE
# as it is and refuse it with each of these breaches planted.
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "usage: tools/check-layers-test.sh TREE OBJECTS"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
# What is said of a good tree.
GOOD='^layers: 0 upward calls; rooms: 0 upward calls; circles: 0$'

fresh() {
	rm -rf "$work/tree" "$work/objects"
	mkdir -p "$work/tree" "$work/objects"
	local p

	for p in include src kunit samples selftests; do
		[ ! -d "$tree/$p" ] || cp -r "$tree/$p" "$work/tree/"
	done
	(cd "$objects" && find src -name '*.o' -print0 |
		xargs -0 -r cp --parents -t "$work/objects")
}

fail() {
	echo "layer script, $*"
	failed=1
}

# expect TITLE WANTED PATTERN: WANTED is good or breach; PATTERN must be said.
expect() {
	local got=good

	"$SQ_TOP/tools/check-layers.sh" "$work/tree" "$work/objects" \
		>"$work/out" 2>&1 || got=breach
	if [ "$got" != "$2" ] || ! grep -qE "$3" "$work/out"; then
		fail "$1: wanted $2 ($3), got $got:"
		sed 's/^/    /' "$work/out"
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

# plant_object OBJECT DEFINED CALLED: an object that has the function DEFINED and
# calls CALLED by a prototype of its own, which no include shows. Its source has
# nothing to say.
plant_object() {
	plant "${1%.o}.c" ''
	mkdir -p "$(dirname "$work/objects/$1")"
	printf 'void %s(void);\nvoid %s(void);\nvoid %s(void) { %s(); }\n' \
		"$3" "$2" "$2" "$3" | gcc -x c -c -o "$work/objects/$1" -
}

# first_symbol PATH: a function that the objects of a folder, or one object, have.
first_symbol() {
	find "$objects/src/$1" -name '*.o' ! -name '*.mod.o' -exec nm -g {} + |
		awk '$2 == "T" && $3 !~ /^(__|init_module|cleanup)/ { print $3 }' | sed -n 1p
}

tree=$(cd "$1" && pwd)
objects=$(cd "$2" && pwd)

fresh
expect "nothing planted" good "$GOOD"

# ---- where files are ----------------------------------------------------------

place_breach() { # place_breach FILE WHAT
	fresh
	plant "$1" ''
	expect "$1" breach "^$1: is in no $2"
}

place_breach src/planted.c layer
place_breach src/planted/planted.h layer
place_breach src/allocator/planted.c room
place_breach src/allocator/planted/planted.c room

# ---- includes -----------------------------------------------------------------

include_breach() { # include_breach FILE LINE
	fresh
	plant "$1" "$2"
	expect "$1: $2" breach "^$1: may not include"
}

include_good() { # include_good FILE LINE
	fresh
	plant "$1" "$2"
	expect "$1: $2" good "$GOOD"
}

# between layers
include_breach src/reclaimer/planted.c '#include "block/block.h"'
include_breach src/reclaimer/planted.c '#include "utility/utility.h"'
include_breach src/allocator/path/planted.c '#include "block/block.h"'
include_breach src/allocator/path/planted.c '#include "utility/internal.h"'
include_breach src/allocator/allocator.c '#include "reclaimer/reclaimer.h"'
include_breach src/utility/planted.c '#include "allocator/allocator.h"'
include_breach src/utility/planted.c '#include "allocator/common/common.h"'
include_breach src/block/planted.c '  #  include "utility/utility.h"'
include_breach src/debugfs/planted.c '#include "block/block.h"'
include_breach src/debugfs/planted.c '#include "utility/utility.h"'
include_breach src/debugfs/planted.c '#include "allocator/view/view.h"'
include_good src/reclaimer/planted.c '#include "allocator/allocator.h"'

# between rooms
include_breach src/allocator/slab/planted.c '#include "allocator/cache/cache.h"'
include_breach src/allocator/common/planted.h '#include "allocator/pages/pages.h"'
include_breach src/allocator/view/planted.c '#include "allocator/path/path.h"'
include_breach src/allocator/path/planted.c '#include "allocator/view/view.h"'
include_breach src/allocator/reclaim.c '#include "allocator/path/path.h"'
include_good src/allocator/cache/planted.c '#include "allocator/slab/slab.h"'
include_good src/allocator/cache/planted.c '#include "allocator/cache/cache.h"'
include_good src/allocator/reclaim.c '#include "allocator/cache/cache.h"'
include_good src/allocator/allocator.c '#include "allocator/view/view.h"'

# other ways to the same headers
include_breach src/block/planted.c '#include "../utility/internal.h"'
include_breach src/block/planted.c '#include <utility/utility.h>'
include_breach src/block/planted.c '#include PLANTED'
include_breach samples/planted.c '#include "../src/allocator/allocator.h"'
include_breach kunit/utility_kunit_planted.c \
	'#include "utility/../reclaimer/internal.h"'

# faces, the ground, and what clients include
include_breach src/allocator/allocator.h '#include "utility/utility.h"'
include_breach src/allocator/allocator.h '#include <squirrel/squirrel.h>'
include_breach src/utility/utility.h '#include "block/block.h"'
include_breach src/compat.h '#include "block/block.h"'
include_breach src/assert.h '#include <squirrel/kernel.h>'
include_breach src/utility/planted.c '#include <squirrel/kernel.h>'
include_breach src/utility/planted.c '#include <squirrel/squirrel.h>'
include_breach src/utility/planted.c '#include <squirrel/strategy.h>'
include_breach src/reclaimer/planted.c '#include <squirrel/strategy.h>'
include_breach src/reclaimer/planted.c '#include <squirrel/reclaim.h>'
include_breach src/allocator/path/planted.c '#include <squirrel/kmem_cache.h>'
include_breach include/squirrel/cache.h '#include "block/block.h"'
include_breach include/squirrel/cache.h '#include <block/block.h>'
include_good src/block/planted.c '#include "assert.h"'
include_good src/block/block.h '#include "compat.h"'

# those who test, and clients
include_breach kunit/block_kunit_planted.c '#include "utility/utility.h"'
include_breach kunit/allocator_kunit_planted.c '#include "utility/internal.h"'
include_breach kunit/allocator_kunit_planted.c '#include "reclaimer/reclaimer.h"'
include_breach kunit/fake_planted.c '#include "utility/utility.h"'
include_breach kunit/planted.c '#include "utility/internal.h"'
include_breach samples/planted.c '#include "allocator/allocator.h"'
include_breach samples/planted.c '#include <squirrel/cache.h>'
include_breach selftests/planted.c '#include <squirrel/kernel.h>'
include_good kunit/allocator_kunit_planted.c '#include "allocator/slab/slab.h"'
include_good kunit/allocator_kunit_planted.c '#include "block/block.h"'
include_good selftests/bench/planted.c '#include <squirrel/kmem_cache.h>'

# ---- versions -----------------------------------------------------------------

version_breach() { # version_breach LINE
	fresh
	plant src/utility/planted.c "$1"
	expect "$1" breach '^src/utility/planted.c:1: kernel versions'
}

version_breach '#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)'
version_breach '#if SQ_KERNEL_SINCE(6, 2)'

# ---- symbols ------------------------------------------------------------------

# symbol_breach OBJECT TAKEN_FROM PATTERN: PATTERN follows the symbol in what is said
symbol_breach() {
	local symbol

	symbol=$(first_symbol "$2")
	if [ -z "$symbol" ]; then
		fail "no function in src/$2 to plant a call to"
		return
	fi
	fresh
	plant_object "src/$1" sq_planted "$symbol"
	expect "$1 calls $symbol of $2" breach "^src/$1: uses $symbol of $3\$"
}

symbol_good() { # symbol_good OBJECT TAKEN_FROM
	fresh
	plant_object "src/$1" sq_planted "$(first_symbol "$2")"
	expect "$1 calls $2" good "$GOOD"
}

symbol_breach reclaimer/planted.o block block
symbol_breach reclaimer/planted.o utility utility
symbol_breach allocator/path/planted.o block block
symbol_breach allocator/allocator.o reclaimer reclaimer
symbol_breach utility/planted.o allocator allocator
symbol_breach block/planted.o utility utility
symbol_breach debugfs/planted.o block block
symbol_breach debugfs/planted.o utility utility
symbol_good reclaimer/planted.o allocator

symbol_breach allocator/slab/planted.o allocator/cache 'the room cache above its own'
symbol_breach allocator/common/planted.o allocator/pages 'the room pages above its own'
symbol_breach allocator/view/planted.o allocator/path 'the room path beside its own'
symbol_breach allocator/path/planted.o allocator/reclaim.o \
	'the room reclaim.c beside its own'
symbol_breach allocator/path/planted.o allocator/allocator.o \
	'the room allocator.c above its own'
symbol_good allocator/cache/planted.o allocator/common

fresh
plant_object src/assert.o sq_planted_assert sq_planted_elsewhere
plant_object src/block/planted.o sq_planted sq_planted_assert
expect "block calls assert" good "$GOOD"

# circle LAYER A B: two objects of one layer that call each other.
circle() {
	fresh
	plant_object "src/$1/$2.o" sq_planted_a sq_planted_b
	plant_object "src/$1/$3.o" sq_planted_b sq_planted_a
	expect "circle of $2 and $3 in $1" breach \
		"^circle in $1: src/$1/$2.o src/$1/$3.o\$"
	grep -qF "    src/$1/$2.o needs src/$1/$3.o: sq_planted_b" "$work/out" ||
		fail "circle in $1: what closes it is not named"
	grep -q '; circles: 1$' "$work/out" || fail "circle in $1: is not counted"
}

circle utility planted_a planted_b
rm "$work/tree/src/utility/planted_b.c"
expect "an object that is left over" good "$GOOD"
circle allocator slab/planted_a slab/planted_b
circle debugfs planted_a planted_b

exit $failed
