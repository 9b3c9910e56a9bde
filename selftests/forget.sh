#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# kmemleak, where the kernel has it, finds what a client forgets, of caches and heaps,
# debugged or not, and nothing else: neither what only an object points to, nor what was freed.
# boots: kasan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

KMEMLEAK=/sys/kernel/debug/kmemleak

# What is older than 5 s, and did not change between two scans, is told.
leaks() {
	echo "squirrel-test: leaks are wanted" >/dev/kmsg
	echo clear >"$KMEMLEAK"
	echo scan >"$KMEMLEAK"
	sleep 6
	echo scan >"$KMEMLEAK"
	echo "squirrel-test: that was all" >/dev/kmsg
	cat "$KMEMLEAK" >"$TMP/leaks"
}

# named FUNCTION: one object that it has allocated was told. Of large blocks some may not be.
named() {
	same "$1" "$(grep -c "$1+" "$TMP/leaks")" 1
}

told() {
	helper forget ${1:+"debug=$1"} || return 1
	leaks
	if named forget_cache && named forget_heap && grep -q 'forget_large+' "$TMP/leaks" &&
		same others "$(grep -cE '(forget_secret|remember|use_and_free)\+' "$TMP/leaks")" 0 &&
		same reports "$(grep -c '^unreferenced object' "$TMP/leaks")" \
			"$(grep -c 'forget_[a-z]*+' "$TMP/leaks")"; then
		return 0
	fi
	sed 's/^/# /' "$TMP/leaks"
	return 1
}

silent() {
	leaks
	[ ! -s "$TMP/leaks" ] || {
		sed 's/^/# /' "$TMP/leaks"
		return 1
	}
}

[ -e "$KMEMLEAK" ] || skip_all "the kernel has no kmemleak"
plan 15
need load reclaim=off
for debug in "" FZPUQ G T; do
	check "what a client forgets is told, debug=$debug" told "$debug"
	check "the client goes" goes forget
	check "and what it has freed, or its heap has, is not told" silent
done
check "squirrel is sound" sound
finish
