#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own checkers, where it has them, are asked when an object is freed: lockdep
# whether a lock in it is held, KCSAN whether another CPU is at it. And with K KASAN reports who
# touches what is not his.
# boots: kasan kcsan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# has NAME: the kernel has that checker.
has() {
	grep -q " $1\$" /proc/kallsyms
}

# lockdep_is_on: a report turns it off, and held.ko on again, or all tests after this one
# are without.
lockdep_is_on() {
	[ ! -e /proc/lockdep_stats ] || grep -q 'debug_locks: *1$' /proc/lockdep_stats
}

# reported PATTERN WHAT [LETTERS]: by the kernel, when held.ko does that.
reported() {
	local status=0

	mark
	echo "squirrel-test: reports are wanted of [held]" >/dev/kmsg
	[ -z "$3" ] || touch /tmp/wanted_kasan
	helper held what="$2" ${3:+"debug=$3"} || status=1
	echo "squirrel-test: that was all" >/dev/kmsg
	[ $status -eq 0 ] && said "$1" || status=1
	dmesg -c >/dev/null
	goes held && lockdep_is_on && return $status
}

# one NAME TITLE PATTERN WHAT [LETTERS]
one() {
	if has "$1"; then
		check "$2" reported "$3" "$4" "$5"
	else
		skip "$2" "the kernel has no $1"
	fi
}

plan 9
need load reclaim=off
one debug_check_no_locks_freed "a lock that is held in what is freed is told" \
	'WARNING: held lock freed!' lock
one __kcsan_check_access "a write to what is being freed is told" \
	'BUG: KCSAN: assert: race in .*write_late' race
for letters in K FZPUK; do
	one kasan_poison "debug=$letters: a byte behind an object" \
		'BUG: KASAN: slab-out-of-bounds in read_at' behind $letters
	one kasan_poison "debug=$letters: a byte of what was freed" \
		'BUG: KASAN: (slab-)?use-after-free in read_at' after $letters
done
check "squirrel is sound" sound
finish
