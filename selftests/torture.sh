#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# All contexts of all CPUs at once; see torture_main.c.
# boots: stock kasan kcsan step bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

SECONDS_EACH=6
slow && SECONDS_EACH=10

tortured() {
	mark
	helper torture "seconds=$1" "timer_us=$timer" ${2:+"seed=$2"} &&
		said '^torture: SUCCESS seed=[0-9]+ ' && return 0
	log_since
	return 1
}

# NMI is storm.sh's.
tell() {
	listen
	sed -n 's/^torture: \(SUCCESS\|FAILURE\)/# &/p' "$TMP/log"
}

# Failed, for the planted defect and for nothing else.
noticed() {
	mark
	if helper torture seconds=1 "timer_us=$timer" busted=1; then
		echo "was not noticed"
		log_since
		return 1
	fi
	said '^torture: FAILURE ' && said '^torture: cpu .*: overwritten' &&
		not_loaded torture
}

# Nobody has anything any more, nothing was misused.
all_free() {
	local f

	for f in "$SQ"/caches/torture_*/stats "$SQ"/heaps/torture/stats; do
		same "live in $f" "$(sed -n 's/^live_objects: //p' "$f")" 0 &&
			same "misuse in $f" "$(sed -n 's/^misuse: //p' "$f")" \
				0 || return 1
	done
	said_nothing_like '^squirrel:'
}

reserve_kept() {
	[ "$(field caches/torture_3000/stats objects)" -ge 8 ]
}

timer=300
slow && timer=3000
plan 13
need load
check "all contexts, $SECONDS_EACH s" tortured $SECONDS_EACH
tell
check "everything was freed" all_free
check "squirrel is sound" sound
put "$SQ/reclaim/mode" off
reclaim
check "squirrel is sound after a run" sound
check "the reserve is kept" reserve_kept
check "unloads" rmmod torture
check "all memory goes back" given_back 0

check "a planted use after free is noticed" noticed
tell
check "squirrel is sound after that" sound
check "a seed can be given" tortured 1 4711
check "and is used" said '^torture: SUCCESS seed=4711 '
finish
