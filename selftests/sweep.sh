#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Failure sweeps of clients of ours: whichever of their allocations fails, nothing crashes
# and nothing is left behind.
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

# Its beginning: caches and heaps are made, and each kind of call comes.
replay() {
	sample replay "trace=$TRACE" subject=squirrel events=300 2>/dev/null
	gone replay
}

# What it has to have before its contexts start; those bear with failures.
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

plan 5
need load
check "acorn: each allocation fails once" swept_through acorn 10
note "acorn: $runs runs"
# There are hundreds, and a run takes a second.
SWEEP_STEP=9
SWEEP_LAST=90
if [ -e "$TRACE" ]; then
	check "replay: each ninth of its first allocations fails once" swept_through replay 8
	note "replay: $runs runs"
else
	skip "replay: each ninth of its first allocations fails once" "there is no traces/boot.trace"
fi
SWEEP_STEP=3
SWEEP_LAST=24
check "torture: each third of its first allocations fails once" swept_through torture 6
note "torture: $runs runs"
finish
