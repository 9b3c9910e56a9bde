#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Failure sweeps of clients of ours: wherever they allocate it fails, and nothing crashes and
# nothing is left behind.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/sweep.inc.sh"

TRACE=$DIR/traces/boot.trace

gone() {
	not_loaded "$1" || command rmmod "$1"
}

acorn() {
	sample acorn 2>/dev/null
	gone acorn
}

# Its beginning: caches and heaps are made, and each kind of call comes. Of the caches, heaps
# and the default heap it has memory in one function, which calls last, so that is one site.
play() {
	sample replay "trace=$TRACE" subject=squirrel events=300 "heap=$1" 2>/dev/null
	gone replay
}

# What it has to have before its contexts start, and what these do first, which is never the
# same.
torture() {
	helper torture seconds=0 2>/dev/null
	gone torture
}

# swept_through CLIENT LEAST: so many runs at least, or the sweep did not meet it.
swept_through() {
	sweep "$1" "$1" || return 1
	echo "$1: $runs runs"
	[ "$runs" -ge "$2" ] && sound
}

# each_site LEAST CLIENT COMMAND...: so many call sites at least.
each_site() {
	local least=$1 client=$2

	shift
	sweep_sites "$@" || return 1
	echo "$client: $sites sites, $runs runs"
	[ "$sites" -ge "$least" ] && sound
}

# A kernel that Debian ships cannot choose.
kernel_is_asked() {
	[ ! -e /proc/self/fail-nth ] || return 0
	mark
	! put "$SQ/fail" kernel,acorn && said "fail 'kernel': the kernel has no fault injection" &&
		put "$SQ/fail" 0
}

plan 8
need load
check "acorn: each allocation fails once" swept_through acorn 10
note "acorn: $runs runs"
check "acorn: each call site fails, the first time and the last" each_site 7 acorn acorn
note "acorn: $sites sites, $runs runs"
for heap in own default; do
	title="replay, $heap heap: each call site fails, the first time and the last"
	if [ -e "$TRACE" ]; then
		check "$title" each_site 2 replay play $heap
		note "replay, $heap heap: $sites sites, $runs runs"
	else
		skip "$title" "there is no traces/boot.trace"
	fi
done
check "without fault injection the kernel is not asked" kernel_is_asked
SWEEP_FIRST=1
check "torture: each call site fails" each_site 8 torture torture
note "torture: $sites sites, $runs runs"
finish
