#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own checkers, where it has them, are asked when an object is freed: lockdep
# whether a lock in it is held, KCSAN whether another CPU is at it.
# boots: kasan kcsan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# has NAME: the kernel has that checker.
has() {
	grep -q " $1\$" /proc/kallsyms
}

# reported PATTERN WHAT: by the kernel, when held.ko frees what is in use.
reported() {
	local status=0

	mark
	echo "squirrel-test: reports are wanted of [held]" >/dev/kmsg
	helper held what="$2" || status=1
	echo "squirrel-test: that was all" >/dev/kmsg
	[ $status -eq 0 ] && said "$1" || status=1
	dmesg -c >/dev/null
	goes held && return $status
}

# one NAME TITLE PATTERN WHAT
one() {
	if has "$1"; then
		check "$2" reported "$3" "$4"
	else
		skip "$2" "the kernel has no $1"
	fi
}

plan 5
need load
one debug_check_no_locks_freed "a lock that is held in what is freed is told" \
	'WARNING: held lock freed!' lock
one __kcsan_check_access "a write to what is being freed is told" \
	'BUG: KCSAN: assert: race in .*write_late' race
check "squirrel is sound" sound
finish
