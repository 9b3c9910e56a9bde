#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own fault injection, where it has that, says which allocations of what is swept
# fail: always, now and then, or the task's Nth.
# boots: kasan kcsan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/sweep.inc.sh"

FAIL=/sys/kernel/debug/fail_squirrel

# set_to NAME=VALUE...: what should_fail() goes by; no stack of each.
set_to() {
	local of

	echo 0 >$FAIL/verbose || return 1
	for of; do
		echo "${of#*=}" >"$FAIL/${of%%=*}" || return 1
	done
}

none_left() {
	[ "$(what_is_left)" = "$before" ] && sound
}

# It is refused as often as was asked for, then it is not. insmod tries twice.
once_only() {
	set_to probability=100 interval=1 times=2 || return 1
	put "$SQ/fail" kernel,acorn || return 1
	! insmod "$DIR/samples/acorn.ko" 2>/dev/null && [ "$(swept hit)" = 1 ] &&
		[ "$(swept fails)" = kernel ] && [ "$(cat $FAIL/times)" = 0 ] && none_left &&
		sample acorn && rmmod acorn
}

# Every Nth is refused, of 22 that acorn has.
each_interval() {
	local n refused=0

	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		set_to probability=100 interval=$n times=-1 || return 1
		put "$SQ/fail" kernel,acorn || return 1
		sample acorn 2>/dev/null || refused=$((refused + 1))
		not_loaded acorn || command rmmod acorn || return 1
		none_left || return 1
	done
	echo "$refused of $n loads refused"
	[ "$refused" = $n ]
}

# Nobody else's: acorn is not what is swept.
others_are_spared() {
	set_to probability=100 interval=1 times=-1 || return 1
	put "$SQ/fail" kernel,squirrel_nobody || return 1
	sample acorn && rmmod acorn && [ "$(swept hit)" = 0 ]
}

# The task's own count comes before all else that should_fail() goes by.
of_a_task() {
	local n=0 hit=0

	set_to probability=0 times=1 || return 1
	put "$SQ/fail" kernel,acorn || return 1
	while [ $n -lt 400 ] && [ $hit = 0 ]; do
		n=$((n + 1))
		sh -c "echo $n >/proc/self/fail-nth && exec insmod $DIR/samples/acorn.ko" \
			>/dev/null 2>&1
		hit=$(swept hit)
		not_loaded acorn || command rmmod acorn || return 1
	done
	dmesg -c >/dev/null
	echo "the $n-th of the task's"
	[ "$hit" = 1 ] && none_left
}

goes_with_it() {
	put "$SQ/fail" 0 && unload squirrel && [ ! -e $FAIL ]
}

[ -e /proc/self/fail-nth ] || skip_all "a kernel without fault injection"
plan 7
need load reclaim=off
before=$(what_is_left)
check "an allocation that should_fail() chooses fails" once_only
check "whichever it chooses" each_interval
check "nobody's else" others_are_spared
check "a task's fail-nth counts them" of_a_task
check "its directory goes with squirrel" goes_with_it
finish
