#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Under memory pressure free memory goes back, also when the reclaimer is off.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OBJECTS=20000
KEEP=100

# All that is free at hand, but for what little was freed since, is gone.
fell() {
	local now

	now=$(held)
	echo "held $1 pages, now $now"
	[ "$now" -lt $(($1 / 4)) ]
}

runs() {
	field reclaim/stats runs_pressure
}

more_runs() {
	[ "$(runs)" -gt "$1" ]
}

# The kernel asks its shrinkers, as it does when memory is short.
squeeze() {
	echo 2 >/proc/sys/vm/drop_caches
}

pages_back() {
	[ "$(field reclaim/stats pages_given_back)" -gt "$1" ]
}

plan 13
need load reclaim=off
helper hoard objects=$OBJECTS size=1000 keep=$KEEP
full=$(held)
before=$(runs)
back=$(field reclaim/stats pages_given_back)
check "free memory stays at hand" [ "$full" -gt $((4000 * 4096 / PAGE)) ]
check "it is offered" [ "$(field reclaim/stats pages_reclaimable)" -gt $((4000 * 4096 / PAGE)) ]
check "shrinkers are asked" squeeze
check "squirrel's was" more_runs "$before"
check "pages went back" fell "$full"
check "and were counted" pages_back "$back"
check "what is in use stayed" \
	[ "$(field caches/hoard/stats live_objects)" -eq $KEEP ]
check "squirrel is sound" sound
rmmod hoard

# Large blocks of a heap: no slabs, no magazines.
need helper hoard where=heap objects=100 size=200000 keep=1
full=$(held)
check "heap: free memory stays at hand" [ "$full" -gt $((4000 * 4096 / PAGE)) ]
squeeze
check "heap: pages went back" fell "$full"
check "heap: what is in use stayed" \
	[ "$(field heaps/hoard/stats live_objects)" -eq 1 ]
finish
