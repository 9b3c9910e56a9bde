#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Strategies of other modules: a heap is changed to one and back, also while it
# is used; none goes while it is in use; none can do harm.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

FILE=$SQ/heaps/default/strategy
TRACE=$DIR/traces/boot.trace

choose() {
	put "$FILE" "$1" && grep -q -F -w "[$1]" "$FILE" &&
		same strategy "$(field heaps/default/stats strategy)" "$1"
}

listed() {
	same "$FILE" "$(cat "$FILE")" "$1 "
}

refused() {
	if put "$FILE" "$1" 2>"$TMP/error"; then
		echo "'$1' was taken"
		return 1
	fi
	grep -q -F 'Invalid argument' "$TMP/error"
}

# Large and small requests by whatever the default heap's strategy is now.
works() {
	helper hoard where=default objects=200 size=20000 &&
		rmmod hoard &&
		helper hoard where=default objects=2000 size=200 &&
		rmmod hoard && sound
}

faults() {
	field heaps/default/stats strategy_faults
}

# in_use MODULE: cannot be unloaded, and is as before.
in_use() {
	if rmmod "$1" 2>"$TMP/error"; then
		echo "$1 was unloaded"
		return 1
	fi
	loaded "$1" && grep -q -E 'unavailable|busy' "$TMP/error"
}

replayed() {
	mark
	helper_trace "strategy=$1" || {
		log_since
		return 1
	}
	said '^replay: subject=squirrel .* failed=0 pattern_errors=0 ' &&
		rmmod replay && sound
}

helper_trace() {
	sample replay "trace=$TRACE" subject=squirrel "events=$events" "$@"
}

# survived KIND: whatever a strategy answers, it works, is counted and told once.
survived() {
	local before

	before=$(faults)
	mark
	helper fickle "give=$1" && choose fickle && works &&
		choose segregated && rmmod fickle &&
		said_times 1 "^squirrel: strategy 'fickle': gave .* to heap 'default'; .* is used instead" &&
		[ "$(faults)" -gt "$before" ]
}

# takes STRATEGY FILE: it does, or is not there any more.
takes() {
	{ echo "$1" >"$2"; } 2>/dev/null || [ ! -e "$2" ]
}

# change_all MODULE: all heaps change, to its strategy and away; then it is
# unloaded, whatever those heaps are doing, and loaded again. By the shell alone:
# with all CPUs under load it takes long to start a program.
change_all() {
	local s file

	for s in first "${1#strategy_}" segregated; do
		for file in "$SQ"/heaps/*/strategy; do
			# The load makes heaps and destroys them, and others of the
			# same name. While a directory goes what is still in it can
			# be seen, but not be opened by a shell (O_CREAT).
			takes "$s" "$file" || until_true takes "$s" "$file" || {
				echo "$file does not take $s"
				return 1
			}
		done
		changes=$((changes + 1))
	done
	# One made a moment ago may have it still.
	until_true rmmod "$1" && sample "$1" && return
	echo "$1 was not unloaded and loaded"
	return 1
}

change_while() {
	# The heap of the load is there before it is changed.
	until_true [ -e "$SQ/heaps/torture/strategy" ] || return 1
	while kill -0 "$1" 2>/dev/null; do
		change_all strategy_next && change_all strategy_buddy ||
			return 1
	done
}

changed_under_load() {
	local changes=0 load status

	helper torture "seconds=$seconds" "timer_us=$timer" &
	load=$!
	change_while $load
	status=$?
	wait $load || return 1
	echo "$changes changes"
	[ $status -eq 0 ] && [ "$changes" -ge 6 ] &&
		said '^torture: SUCCESS' && sound
}

seconds=8
timer=300
events=100000
if slow; then
	seconds=15
	timer=3000
	events=20000
fi

plan 26
need load reclaim=off
check "segregated, first and best" listed "[segregated] first best"
check "others are refused" refused next
check "next fit loads" sample strategy_next
check "and is listed" listed "[segregated] first best next"
check "the default heap changes to it" choose next
check "and works" works
check "without a wrong answer" same faults "$(faults)" 0
check "so it cannot be unloaded" in_use strategy_next
check "a heap may be made with it" replayed next
check "the default heap changes back" choose best
check "then it can be unloaded" rmmod strategy_next
check "and is refused" refused next
check "buddy loads" sample strategy_buddy
check "and is used" choose buddy
check "and works" works
check "a heap may be made with it" replayed buddy
choose segregated

for kind in none used small inside wild; do
	check "a strategy that finds $kind is survived" survived $kind
done

forgotten() {
	mark
	helper fickle forget=1 heap=1 && rmmod fickle &&
		said "^squirrel: strategy 'fickle': its module goes" &&
		refused fickle && sound
}
check "one that is forgotten goes with its module" forgotten

check "next fit loads again" sample strategy_next
check "heaps change under load" changed_under_load
finish
