#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# A client takes a million objects and frees them, but for one that it forgets: two
# commands say where that was allocated, on a kernel that was built without any of this.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OBJECTS=1000000

taken() {
	put "$SQ/debug" U,hoard &&
		helper hoard objects=$OBJECTS size=64 keep=1
}

# The first command is the one above, and this the second. No other place has anything.
one_is_left() {
	cat "$SQ/caches/hoard/live"
	[ "$(grep -c '^ *[0-9][0-9]*  *[0-9]' "$SQ/caches/hoard/live")" -eq 1 ] &&
		grep -q '^ *1 *64 .* hoard_take+.*\[hoard\]$' "$SQ/caches/hoard/live"
}

plan 6
need load
check "a million come and one stays" taken
check "live says whose it is" one_is_left
put "$SQ/debug" -
check "its client goes" rmmod hoard
check "squirrel is sound" sound
finish
