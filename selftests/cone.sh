#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# One source that knows the kernel's caches only, on squirrel and on the kernel.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

nothing_left() {
	same "caches left" "$(ls "$SQ/caches")" "" && sound
}

plan 11
need load reclaim=off
mark
check "on squirrel: loads" sample cone
check "on squirrel: all its checks hold" said '^cone: ok, 5 caches$'
check "on squirrel: none fails" said_nothing_like 'does not hold'
check "on squirrel: its caches were squirrel's" \
	[ "$(field heaps/default/stats pages_fetched)" -gt 0 ]
check "on squirrel: unloads" rmmod cone
check "on squirrel: nothing is left" nothing_left
mark
check "on the kernel: loads" sample cone_slab
check "on the kernel: all its checks hold" said '^cone_slab: ok, 5 caches$'
check "on the kernel: unloads" rmmod cone_slab
finish
