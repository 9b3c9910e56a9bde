#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# squirrel.ko goes in and out, again and again, and leaves nothing behind.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# Pages by which the free memory of an idle machine wanders: less than two for
# each round.
SLACK=80

rounds=50
slow && rounds=5

once() {
	load && [ -d "$SQ" ] && rmmod squirrel && [ ! -e "$SQ" ]
}

many() {
	local i=0

	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		once || {
			echo "round $i of $1"
			return 1
		}
	done
}

plan 9
check "loads" load
check "debugfs has its directory" [ -d "$SQ" ]
check "a second load is refused" sh -c "! insmod $DIR/squirrel.ko"
check "unloads" rmmod squirrel
check "debugfs has it no more" [ ! -e "$SQ" ]
many 3
before=$(free_pages)
check "$rounds times in and out" many "$rounds"
check "free memory is what it was" no_less "$before" $SLACK
finish
