#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# No two free pages are neighbours: an object up to a page never needs more than
# one, so each is served as long as there are single pages. Nobody is about to be
# killed for the sake of a longer slab, and it is not asked for again and again.
# SLUB in the same place is the control. See frag.c.
# boots: frag
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OBJECTS=60000
SINGLE=20000

param() {
	cat "/sys/module/frag/parameters/$1"
}

# calls HEAP KEY: of the page allocator.
calls() {
	if [ -e "$SQ/heaps/$1" ]; then
		field "heaps/$1/stats" "source_$2"
	else
		echo 0
	fi
}

# scene WHERE SIZE GFP
scene() {
	local ratio

	heap=default
	[ "$1" != heap ] || heap=frag
	gets=$(calls $heap gets)
	fails=$(calls $heap fails)
	[ $heap = default ] || gets=0 fails=0
	mark
	helper frag "where=$1" "objects=$OBJECTS" "size=$2" "gfp=$3" || return 1
	got=$(param got)
	took=$(param us)
	ooms=$(param ooms)
	single=$(param single)
	gets=$(($(calls $heap gets) - gets))
	fails=$(($(calls $heap fails) - fails))
	ratio=
	[ "$1" = slub ] || ratio=", of SLUB's $((took * 100 / (control + 1))) %"
	[ "$1" = slub ] || ratio="$ratio; page allocator: $gets calls, $fails refused"
	report="$1 $2 $3: $got objects of $single single pages, $took us$ratio, \
OOM $ooms ($(param others) of others)"
}

# served: as by SLUB. Nothing there was killed for, and none warned of.
served() {
	echo "$report"
	[ "$single" -ge $SINGLE ] && same "objects" "$got" "$OBJECTS" &&
		same "times about to kill" "$ooms" 0 && said_nothing_like 'WARNING'
}

# A longer slab may be asked for now and then, not for each shorter one.
gives_in() {
	echo "$report"
	[ "$fails" -le $((gets / 32)) ]
}

plan 45
need load
for size in 600 512; do
	for gfp in kernel nofs atomic nofail; do
		need scene slub $size $gfp
		check "SLUB: $OBJECTS of $size, $gfp" served
		note "$report"
		control=$took
		rmmod frag
		for where in cache heap; do
			need scene $where $size $gfp
			check "$where: $OBJECTS of $size, $gfp" served
			note "$report"
			check "$where: gives in, $size $gfp" gives_in
			[ $where$gfp != heapnofail ] ||
				check "$size: squirrel is sound" sound
			rmmod frag
		done
	done
done
check "all memory goes back" given_back 0
finish
