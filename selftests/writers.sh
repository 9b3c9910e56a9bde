#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Files of debugfs and sysfs are written and read while squirrel.ko comes and goes:
# who was in time has his effect, who was late an error, and none is left behind.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

PARAMETER=/sys/module/squirrel/parameters/reclaim
GO=$TMP/go

rounds=8
slow && rounds=3

# endlessly NAME COMMAND...: while there is $GO, and this script; each success is a
# line of NAME's. It has no part in the script's output, whose end is waited for.
endlessly() {
	local name=$1

	shift
	while [ -e "$GO" ] && kill -0 $$; do
		! "$@" >/dev/null 2>&1 || echo >>"$TMP/$name"
	done
}

by_debugfs() {
	put "$SQ/reclaim/mode" "parallel 1" && put "$SQ/reclaim/mode" "series 10" &&
		put "$SQ/reclaim/run" 1
}

by_sysfs() {
	put $PARAMETER "parallel 1" && put $PARAMETER off
}

# All that can be read; the last of it has to be there.
look() {
	find "$SQ" -type f ! -name run -exec cat {} +
	[ "$(field summary pages_held)" -ge 0 ]
}

grown() {
	[ "$(wc -l <"$TMP/$1")" -gt "$2" ]
}

# had_a_turn: each of them once more.
had_a_turn() {
	local name

	for name in debugfs sysfs look; do
		until_true grown $name "$(wc -l <"$TMP/$name")" || {
			echo "$name has no success"
			return 1
		}
	done
}

# A file that is open is a reference, for a moment.
gone() {
	not_loaded squirrel || rmmod squirrel
}

round() {
	load && helper hoard where=cache objects=3000 size=500 && had_a_turn &&
		sound && rmmod hoard && until_true gone
}

all_rounds() {
	local i=0

	while [ "$i" -lt "$rounds" ]; do
		i=$((i + 1))
		round || {
			echo "round $i of $rounds"
			return 1
		}
	done
}

plan 5
: >"$GO"
for name in debugfs sysfs look; do
	: >"$TMP/$name"
done
endlessly debugfs by_debugfs >/dev/null 2>&1 &
endlessly sysfs by_sysfs >/dev/null 2>&1 &
endlessly look look >/dev/null 2>&1 &
check "$rounds times in and out" all_rounds
rm "$GO"
wait
check "it is as good as new" load
check "squirrel is sound" sound
finish
