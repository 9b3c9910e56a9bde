#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Each piece of memory that squirrel asks the kernel for is refused once, when it is
# loaded and when it serves a client: what it was for is refused whole, and nothing
# is left of it (what leaks, kmemleak tells at the end of the boot).
# boots: kasan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

SLABS=/sys/kernel/debug/failslab
PAGES=/sys/kernel/debug/fail_page_alloc
# Loads with less and less.
STEPS=40
STEP=256

# Calls are traced by the kernel where it has no memory for its own percpu data.
TROUBLE=${TROUBLE%|Call Trace}

# Any allocation may be refused, also one that could wait; without a word.
set_up() {
	put $SLABS/verbose 0 && put $SLABS/ignore-gfp-wait N &&
		put $SLABS/task-filter Y && put $SLABS/times -1 &&
		put $SLABS/interval 1 && put $PAGES/verbose 0 &&
		put $PAGES/ignore-gfp-wait N && put $PAGES/min-order 0
}

# scene NAME: nothing broken, and nothing held. With less than ten plays, nothing
# was refused.
scene() {
	mark
	helper scarce "scene=$1" || {
		log_since
		return 1
	}
	rmmod scarce && said "^scarce: $1: plays=[1-9][0-9]" &&
		said_nothing_like '^squirrel: .*(live|broken|twice)' &&
		same "caches left" "$(ls "$SQ/caches")" "" &&
		same "heaps left" "$(ls "$SQ/heaps")" default && sound
}

tell() {
	listen
	sed -n 's/^scarce: /# /p' "$TMP/log"
}

# load_within BYTES: after so many bytes of slabs there are none for the rest of what
# squirrel does when it is loaded: see stingy.c. (A single refusal would not do: busybox
# tries a load that failed once more, in another way. And without pages no program goes on.)
load_within() {
	local status

	heard=
	put "$SLABS/space" "$1" && put "$SLABS/probability" 100 || return 1
	insmod "$DIR/squirrel.ko" reclaim=off >"$TMP/insmod" 2>&1
	status=$?
	put "$SLABS/probability" 0
	return $status
}

# least: what a load needs, by halves.
least() {
	local low=0 high=1048576 mid

	while [ $((high - low)) -gt $STEP ]; do
		mid=$(((low + high) / 2))
		if load_within $mid; then
			high=$mid
			rmmod squirrel || return 1
		else
			low=$mid
		fi
	done
	needed=$high
	[ "$needed" -lt 1048576 ]
}

# Files of debugfs may be missing: nothing depends on them.
as_far_as_shown() {
	[ ! -e "$SQ/check" ] || sound
}

# with_less: loaded, or not there at all.
with_less() {
	local i=0 space=$needed

	refused=0
	while [ "$i" -lt $STEPS ]; do
		i=$((i + 1))
		space=$((space - STEP))
		if load_within $space; then
			as_far_as_shown && rmmod squirrel
		else
			refused=$((refused + 1))
			not_loaded squirrel
		fi || {
			echo "with $space bytes of $needed"
			return 1
		}
		[ ! -e "$SQ" ] || {
			echo "with $space bytes of $needed: $SQ is left"
			return 1
		}
	done
	echo "$refused of $STEPS loads refused"
	[ "$refused" -gt 5 ]
}

[ -e /proc/self/fail-nth ] && [ -e "$DIR/selftests/scarce.ko" ] ||
	skip_all "a kernel without fault injection"
plan 13
need set_up
need helper stingy
check "a load needs some memory" least
check "with less it is refused, and nothing is left" with_less
note "$needed bytes of slabs needed; $refused of $STEPS loads refused"
need rmmod stingy
check "it loads as ever" load reclaim=off
for name in cache heap objects bulk sizes; do
	check "$name: whatever is refused" scene $name
	tell
done
check "an unknown scene is no scene" sh -c \
	"! insmod $DIR/selftests/scarce.ko scene=none"
check "all memory goes back" given_back 0
check "squirrel is sound" sound
finish
