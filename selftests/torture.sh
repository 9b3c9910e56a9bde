#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# All contexts of all CPUs at once (see torture_main.c), while everything that can be
# changed from outside is: debugging, strategies, CPUs, memory; and allocations are made to
# fail. The boot's word
# squirrel_torture_seconds says how long; make torture sets it.
# boots: stock kasan kcsan step bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

SECONDS_EACH=$(sed -n 's/.*squirrel_torture_seconds=\([0-9]*\).*/\1/p' /proc/cmdline)
if [ -z "$SECONDS_EACH" ]; then
	SECONDS_EACH=6
	slow && SECONDS_EACH=10
fi
CG=$TMP/cgroup
HOG=$TMP/hog

tortured() {
	mark
	helper torture "seconds=$1" "timer_us=$timer" ${2:+"seed=$2"} &&
		said '^torture: SUCCESS seed=[0-9]+ ' && return 0
	log_since
	return 1
}

# ---- what is changed meanwhile ------------------------------------------------

# next N: sets r to a number below N. Seeded, so that the same comes in the same order.
rnd=4711
next() {
	rnd=$(((rnd * 1103515245 + 12345) & 0x7fffffff))
	r=$(((rnd >> 8) % $1))
}

# pick WORD...: sets picked to one of them.
pick() {
	next $#
	shift "$r"
	picked=$1
}

# With each of them, where it is to be had.
KASAN=
! grep -q ' kasan_poison$' /proc/kallsyms || KASAN=K

debugging() {
	pick F Z P U FZ ZP FZP FZPU FZPU Q ZPQ FZPUQ G FZPUQG - - -
	case $picked in
	-) put "$SQ/debug" - ;;
	*) put "$SQ/debug" "$picked$KASAN,torture*" ;;
	esac
}

# Each allocation and free is a line of the log: of one cache, and for a moment, or there would
# be nothing else in it.
logged() {
	pick 8 24 64 200 rcu ctor limit 3000 12000
	put "$SQ/caches/torture_$picked/debug" T
	put "$SQ/caches/torture_$picked/debug" -
}

# One of the next allocations fails, of whatever context.
failing() {
	next 300
	put "$SQ/fail" "$((r + 1)),torture"
}

fallen() {
	same "hit" "$(field fail hit)" 1
}

# Heaps and caches come and go: those that are there from the start do not.
strategy() {
	pick segregated first best
	put "$SQ/heaps/torture/strategy" "$picked"
}

cpu() {
	local online=/sys/devices/system/cpu/cpu$1/online

	[ ! -e "$online" ] || { put "$online" 0 && put "$online" 1; }
}

looks() {
	cat "$SQ/summary" "$SQ/heaps/torture/live" "$SQ/heaps/torture/stats" \
		"$SQ/caches/torture_64/live" >/dev/null
	sound || touch "$TMP/unsound"
}

# A hog takes nearly all there is, and goes; a small one is throttled by its cgroup. Where
# each page takes a millisecond it is content with what it has after a while.
hog() {
	local mib

	mib=$(awk '/^MemAvailable/ { print int($2 / 1024) - 160 }' /proc/meminfo)
	[ "$mib" -gt 0 ] && timeout 30 dd if=/dev/zero of="$HOG/all" bs=1M count="$mib" 2>/dev/null
	rm -f "$HOG/all"
}

cgroup_hog() {
	[ ! -e "$CG/child" ] || sh -c "echo \$\$ >'$CG/child/cgroup.procs' &&
		exec dd if=/dev/zero of='$HOG/some' bs=1M count=24" 2>/dev/null
	rm -f "$HOG/some"
	echo 3 >/proc/sys/vm/drop_caches
}

prepare() {
	mkdir -p "$CG" "$HOG" && mount -t tmpfs -o size=95% hog "$HOG"
	mount -t cgroup2 none "$CG" && echo +memory >"$CG/cgroup.subtree_control" &&
		mkdir "$CG/child" && echo 16M >"$CG/child/memory.high"
}

change() {
	next 100
	if [ "$r" -lt 30 ]; then
		debugging
	elif [ "$r" -lt 47 ]; then
		failing
	elif [ "$r" -lt 50 ]; then
		logged
	elif [ "$r" -lt 75 ]; then
		strategy
	elif [ "$r" -lt 87 ]; then
		next 4
		cpu "$r"
	elif [ "$r" -lt 95 ]; then
		looks
	elif [ "$r" -lt 98 ]; then
		cgroup_hog
	else
		hog
	fi
}

changes() {
	local n=2	# that a failure and flag T are among them is sure

	# Not before all of them are there: who cannot be made ends the module.
	until_true [ -e "$SQ/caches/torture_12000/debug" ] || return
	put "$SQ/fail" 1,torture
	until_true fallen
	logged
	while [ ! -e "$TMP/torn" ]; do
		change
		n=$((n + 1))
		echo $n >"$TMP/changes"
	done >/dev/null 2>"$TMP/change.err"
	put "$SQ/fail" 0
	put "$SQ/debug" -
}

# Both at once; who changes is done before the rest is looked at.
tortured_and_changed() {
	local changer status=0

	rm -f "$TMP/torn"
	changes &
	changer=$!
	tortured "$1" || status=1
	touch "$TMP/torn"
	wait $changer
	[ $status -eq 0 ] && [ ! -e "$TMP/unsound" ] && [ "$(cat "$TMP/changes")" -ge 5 ]
}

tell() {
	listen
	sed -n 's/^torture: \(SUCCESS\|FAILURE\)/# &/p' "$TMP/log"
}

# Failed, for the planted defect and for nothing else.
noticed() {
	mark
	if helper torture "timer_us=$timer" busted=lost_pattern; then
		echo "was not noticed"
		log_since
		return 1
	fi
	said "^torture: FAILURE .* wrong='overwritten'" && said '^torture: cpu .*: overwritten' &&
		not_loaded torture
}

# Nobody has anything any more, nothing was misused.
all_free() {
	local f

	for f in "$SQ"/caches/torture_*/stats "$SQ"/heaps/torture/stats; do
		same "live in $f" "$(sed -n 's/^live_objects: //p' "$f")" 0 &&
			same "misuse in $f" "$(sed -n 's/^misuse: //p' "$f")" \
				0 || return 1
	done
	listen
	# But for the lines of flag T.
	sed -i -E '/^squirrel: (torture_[a-z0-9]+: (alloc|free) .* on CPU |[0-9]+ lines of flag T)/d' \
		"$TMP/log"
	said_nothing_like '^squirrel:'
}

# injected: how many allocations the sweep had fail, of what is there still.
injected() {
	echo $(($(total caches failed_injected) + $(total heaps failed_injected)))
}

some_failed() {
	[ "$(injected)" -gt 0 ] && same "sweep" "$(field fail fails)" 0
}

reserve_kept() {
	[ "$(field caches/torture_3000/stats objects)" -ge 8 ]
}

timer=300
slow && timer=3000
plan 14
need load
prepare >/dev/null 2>&1
check "all contexts, $SECONDS_EACH s" tortured_and_changed "$SECONDS_EACH"
tell
note "$(cat "$TMP/changes") changes meanwhile, $(injected) allocations were made to fail"
check "some of its allocations were made to fail" some_failed
check "everything was freed" all_free
check "squirrel is sound" sound
put "$SQ/reclaim/mode" off
reclaim
check "squirrel is sound after a run" sound
check "the reserve is kept" reserve_kept
check "unloads" goes torture
check "all memory goes back" given_back 0

check "a planted overwrite is noticed" noticed
tell
check "squirrel is sound after that" sound
check "a seed can be given" tortured 1 4711
check "and is used" said '^torture: SUCCESS seed=4711 '
umount "$HOG"
umount "$CG" 2>/dev/null
finish
