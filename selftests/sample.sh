#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Some allocations are debugged, whoever makes them, and a leak is found by that; what is
# sampled is switched while it is in use.
# boots: stock kasan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# Leaked objects of the heap that have a call site, and how many there are that have none.
known() {
	awk '/ plant_alloc\+/ { nr += $1 } END { print nr + 0 }' "$SQ/heaps/plant/live"
}

# A tenth of 400, more or less: they are debugged some at a time.
found() {
	helper plant bug=drip || return 1
	echo "$(known) of 400 are known"
	cat "$SQ/heaps/plant/live"
	[ "$(known)" -ge 5 ] && [ "$(known)" -le 200 ] &&
		[ "$(field heaps/plant/live untracked)" -ge 200 ]
}

words() {
	put "$SQ/heaps/plant/sample" 7 && same heap "$(cat "$SQ/heaps/plant/sample")" 7 &&
		put "$SQ/caches/plant/sample" 9 &&
		same cache "$(cat "$SQ/caches/plant/sample")" 9 &&
		grep -q '^cache plant  *- sample=9$' "$SQ/debug" &&
		put "$SQ/caches/plant/sample" 9-G &&
		same plain "$(cat "$SQ/caches/plant/sample")" 9-G &&
		grep -q '^cache plant  *- sample=9-G$' "$SQ/debug" &&
		! put "$SQ/sample" nut && said "sample: sample 'nut': wanted is a number" &&
		! put "$SQ/caches/plant/sample" -1 && put "$SQ/sample" 0 &&
		same heap "$(cat "$SQ/heaps/plant/sample")" 0 &&
		same cache "$(cat "$SQ/caches/plant/sample")" 0 &&
		! grep '^cache plant ' "$SQ/debug"
}

# On and off as fast as it goes, while all contexts of all CPUs are at it.
changes() {
	while [ ! -e "$TMP/torn" ]; do
		for n in 1 13 0 100; do
			put "$SQ/sample" $n
			[ ! -e "$SQ/heaps/torture/sample" ] ||
				put "$SQ/heaps/torture/sample" 3
		done
	done >/dev/null 2>&1
	put "$SQ/sample" 0
}

tortured() {
	local changer status=0

	changes &
	changer=$!
	helper torture "seconds=$seconds" "timer_us=$timer" || status=1
	touch "$TMP/torn"
	wait $changer
	[ $status -eq 0 ] && said '^torture: SUCCESS' && said_nothing_like '^squirrel:'
}

timer=300
seconds=5
slow && timer=3000
plan 14
mark
refuse "hardened=0 has no sampling" load hardened=0 sample=10
check "it says so" said '^squirrel: sample: with hardened=0 nothing is sampled'
refuse "no number" load sample=nut
need load reclaim=off sample=10
check "a leak is found, as it is sampled" found
mark
check "it is switched by what is written" words
check "squirrel is sound" sound
check "the client goes" rmmod plant
mark
check "torture while it is switched" tortured
check "squirrel is sound after it" sound
check "the torture goes" goes torture
reclaim
check "all memory goes back" given_back 0
check "squirrel goes" rmmod squirrel
finish
