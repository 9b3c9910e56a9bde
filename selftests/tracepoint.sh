#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Allocations and frees with the kernel's timer, run queue and workqueue locks
# held; see tracepoint.c. What takes one of them hangs the machine.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

HITS=300
slow && HITS=40

tried() {
	mark
	helper tracepoint "hits=$HITS" && said '^tracepoint: SUCCESS ' &&
		said '^squirrel: tracepoint: second free of ' && return 0
	log_since
	return 1
}

# in_mode MODE: while the reclaimer is in that mode.
in_mode() {
	put "$SQ/reclaim/mode" "$1" || return 1
	tried
}

tell() {
	listen
	sed -n 's/^tracepoint: \(.*hits\|no .*\|SUCCESS.*\|FAILURE.*\)$/# \1/p' \
		"$TMP/log"
}

[ -e "$DIR/selftests/tracepoint.ko" ] ||
	skip_all "a kernel without tracepoints"
plan 12
need load
for mode in "parallel 1" "series 500" off; do
	check "$mode" in_mode "$mode"
	tell
	[ "$mode" != "parallel 1" ] ||
		check "timers were hit" said "^tracepoint: timer_start: [1-9]"
	check "unloads after $mode" rmmod tracepoint
done
check "the background still runs" put "$SQ/reclaim/mode" parallel
check "squirrel is sound" sound
check "all memory goes back" given_back 0
finish
