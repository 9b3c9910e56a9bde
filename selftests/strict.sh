#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# All contexts at once, on a machine that ends with the first warning of its kernel.
# boots: numa
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

strict() {
	same panic_on_warn "$(cat /proc/sys/kernel/panic_on_warn)" 1
}

ran() {
	mark
	helper "$@" && said "^$1: SUCCESS " && return 0
	log_since
	return 1
}

plan 9
check "a warning is the end" strict
need load
check "torture" ran torture seconds=2 timer_us=300
check "unloads" goes torture
check "storm" ran storm ops=200000
check "unloads again" rmmod storm
check "squirrel is sound" sound
check "all memory goes back" given_back 0
finish
