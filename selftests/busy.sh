#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# squirrel.ko stays while somebody has memory from it, and goes right after.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

refs() {
	cat /sys/module/squirrel/refcnt
}

# stays REFERENCES: unload is refused, and all is as before.
stays() {
	local tree

	same "references" "$(refs)" "$1" || return 1
	tree=$(find "$SQ" | sort)
	if rmmod squirrel; then
		echo "was unloaded"
		return 1
	fi
	same "debugfs" "$(find "$SQ" | sort)" "$tree" &&
		same "references" "$(refs)" "$1"
}

plan 33
check "unused, it has no references" sh -c "insmod $DIR/squirrel.ko &&
	[ \$(cat /sys/module/squirrel/refcnt) -eq 0 ]"
put "$SQ/reclaim/mode" off

# Each load of a client is a reference, and so is each cache or heap, ...
need helper hoard where=cache keep=1
check "a client with a cache: stays" stays 3
check "client unloads" rmmod hoard
check "goes" rmmod squirrel

need load reclaim=off
need helper hoard where=heap keep=1
check "a client with a heap: stays" stays 2
check "client unloads" rmmod hoard
check "goes" rmmod squirrel

# ... and memory of the default heap.
need load reclaim=off
need helper hoard where=default objects=100 keep=1
check "a client with memory of the default heap: stays" stays 2
check "client unloads" rmmod hoard
check "goes" rmmod squirrel

for kind in small large; do
	size=200
	[ $kind = small ] || size=100000
	need load reclaim=off
	mark
	need helper hoard where=default objects=10 keep=1 leave=1 size=$size
	check "$kind: a client goes and leaves memory" rmmod hoard
	check "$kind: stays without any client" stays 1
	left=$(word_after 'hoard: left ')
	check "$kind: stays in use, says the summary" \
		[ "$(field heaps/default/stats live_objects)" -eq 1 ]
	# shellcheck disable=SC2086 # two parameters
	check "$kind: somebody else frees it" helper hoard $left
	check "$kind: client unloads" rmmod hoard
	check "$kind: goes" rmmod squirrel
done

# A cache in use outlives the client that could not destroy it.
told() {
	said "^squirrel: cache 'hoard': destroy refused, 2 objects \(400 bytes\) are live"
}

readable() {
	cat "$SQ/summary" "$SQ/caches/hoard/map" "$SQ/caches/hoard/histogram" &&
		same owner "$(field caches/hoard/stats owner)" hoard &&
		same live "$(field caches/hoard/stats live_objects)" 2 && sound
}

free_first() {
	local first

	first=$(word_after 'hoard: left ' | head -n 1)
	echo "$first"
	# shellcheck disable=SC2086 # two parameters
	helper hoard $first && rmmod hoard
}

need load reclaim=off
mark
need helper hoard where=cache objects=10 keep=2 leave=1 size=200
check "left cache: its client goes" rmmod hoard
check "left cache: that was reported" told
left=$(word_after 'hoard: left ' | tail -n 1)
check "left cache: can be looked at" readable
check "left cache: stays" stays 2
check "left cache: an object is freed by somebody else" free_first
check "left cache: still stays" stays 2
# shellcheck disable=SC2086 # two parameters
check "left cache: so is the last, and it is destroyed" helper hoard $left
check "left cache: client unloads" rmmod hoard
check "left cache: goes" rmmod squirrel
finish
