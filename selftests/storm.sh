#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Task, softirq, hardirq and NMI on one CPU, in the middle of each other; see
# storm.c.
# boots: stock kasan kcsan step bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OPS=2000000
slow && OPS=100000

stormed() {
	mark
	helper storm "ops=$OPS" && said '^storm: SUCCESS ' && return 0
	log_since
	return 1
}

tell() {
	listen
	sed -n 's/^storm: \(SUCCESS\|FAILURE\)/# &/p' "$TMP/log"
}

steps_of() {
	said "steps_$1=[1-9][0-9]*"
}

# Who counts in which context must not matter: of cache and heap, as many frees
# as allocations, and nothing live.
even_at() {
	local f="$1/stats"

	same "frees of $1" "$(field "$f" frees)" "$(field "$f" allocs)" &&
		same "live in $1" "$(field "$f" live_objects)" 0
}

even() {
	even_at caches/storm && even_at heaps/storm
}

quietly() {
	mark
	rmmod storm && said_nothing_like '^squirrel:'
}

# An object of the cache or the heap that is kept.
lost_one() {
	helper storm ops=1000 keep=1 || return 1
	if even; then
		echo "was not noticed"
		return 1
	fi
	rmmod storm
}

noticed() {
	mark
	if helper storm "ops=$OPS" busted=1; then
		echo "was not noticed"
		return 1
	fi
	said '^storm: FAILURE '
}

plan 13
need load
check "$OPS steps" stormed
tell
check "softirq had its turn" steps_of softirq
check "hardirq had its turn" steps_of hardirq
nmi=
why="one CPU cannot send itself an NMI at random"
[ "$(uname -m)" = x86_64 ] || why="the test has no NMI on this architecture"
if [ "$(nproc)" -ge 2 ] && [ "$(uname -m)" = x86_64 ]; then
	nmi=1
	check "NMI had its turn" steps_of nmi
else
	skip "NMI had its turn" "$why"
fi
check "as many frees as allocations" even
check "unloads, with nothing to say" quietly
check "an object that is lost is noticed" lost_one
check "squirrel is sound" sound
check "all memory goes back" given_back 0
if [ "$nmi" ]; then
	check "a write from NMI is noticed" noticed
else
	skip "a write from NMI is noticed" "there is no NMI"
fi
check "squirrel is sound after that" sound
finish
