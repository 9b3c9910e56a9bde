#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# squirrel.ko goes in and out, again and again, and leaves nothing behind; with some work
# between if squirrel_load_rounds= on the kernel's command line says how often.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# Pages by which the free memory of an idle machine wanders: less than two for
# each round.
SLACK=80

# A kernel that looks at all takes its own memory meanwhile, and keeps what was freed
# for a while. What is lost each time is lost in all of so many tries.
TRIES=4

rounds=50
slow && rounds=5
asked=$(sed -n 's/.*squirrel_load_rounds=\([0-9]*\).*/\1/p' /proc/cmdline)
rounds=${asked:-$rounds}

# A cache and a heap that are emptied, and one that its client empties as it goes.
work() {
	insmod "$DIR/selftests/hoard.ko" objects=500 keep=100 && rmmod hoard &&
		insmod "$DIR/selftests/hoard.ko" where=heap objects=50 size=20000 keep=10 &&
		rmmod hoard
}

once() {
	load && [ -d "$SQ" ] && { [ -z "$asked" ] || work; } && rmmod squirrel && [ ! -e "$SQ" ]
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

# nothing_lost: in one of the tries.
nothing_lost() {
	local i=0 before

	while [ "$i" -lt $TRIES ]; do
		i=$((i + 1))
		before=$(free_pages)
		many "$rounds" || return 1
		! no_less "$before" $SLACK || return 0
	done
	return 1
}

plan 8
check "loads" load
check "debugfs has its directory" [ -d "$SQ" ]
check "a second load is refused" sh -c "! insmod $DIR/squirrel.ko"
check "unloads" rmmod squirrel
check "debugfs has it no more" [ ! -e "$SQ" ]
many 3
check "$rounds times in and out, and free memory is what it was" nothing_lost
finish
