#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Caches that end while the reclaimer is at them: nothing is live, so none is refused; see
# ender.c.
# boots: stock kasan kcsan step
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

[ "$(nproc)" -gt 1 ] || skip_all "there is one CPU only"

SECONDS_EACH=4
slow && SECONDS_EACH=8

ended() {
	mark
	helper ender seconds=$SECONDS_EACH && return 0
	log_since
	return 1
}

plan 6
need load reclaim=off
check "caches end while the reclaimer runs, $SECONDS_EACH s" ended
note "$(word_after 'ender: ' | head -n 1)"
check "none was refused" said_nothing_like 'ender.*(live|refused, |more frees)'
check "squirrel is sound" sound
check "all memory goes back" given_back 0
finish
