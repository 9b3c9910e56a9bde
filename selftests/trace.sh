#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Each of squirrel's tracepoints is hit by what it is about, and tells it truly; the
# kernel's kmem:kmalloc and kmem:kfree are told of squirrel's objects if asked for.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

TRACING=/sys/kernel/tracing
[ -e $TRACING/events ] || mount -t tracefs none $TRACING 2>/dev/null
[ -e $TRACING/events ] || skip_all "a kernel without tracefs"

# With names of tasks the kernel traces its scheduler as well, and patches that each time
# an event goes on or off. An emulated CPU was seen to stay at such a place for good: it went
# on taking the breakpoint that was there no more.
echo 0 >$TRACING/options/record-cmd
# An oops that was wanted (guard.sh) turned it off.
echo 1 >$TRACING/tracing_on

# events ON EVENT...: begin anew, with these alone; 0: with none.
events() {
	local on=$1 e

	shift
	for e in "$@"; do
		put $TRACING/events/$e/enable "$on" || return 1
	done
	[ "$on" -eq 0 ] || : >$TRACING/trace
}

# traced PATTERN: how many lines of the trace are like that.
traced() {
	grep -v '^#' $TRACING/trace >"$TMP/trace"
	grep -c -E -- "$1" "$TMP/trace"
}

hit() {
	[ "$(traced "$1")" -ge "${2:-1}" ] || {
		echo "not in the trace ${2:-1} times: $1"
		grep '^# entries' $TRACING/trace
		head -n 12 "$TMP/trace"
		return 1
	}
}

all_there() {
	local e

	for e in alloc free refill drain coalesce fetch give_back reclaim_run pressure \
		misuse; do
		[ -e $TRACING/events/squirrel/squirrel_$e/format ] || {
			echo "there is no squirrel_$e"
			return 1
		}
	done
}

# 40 objects come, the half of them goes: that many of each, of a known call site.
of_each() {
	events 1 squirrel/squirrel_alloc squirrel/squirrel_free &&
		helper hoard objects=40 keep=20 size=300 &&
		hit 'squirrel_alloc: name=hoard call_site=[a-z_0-9.]*\+0x.* \[hoard\] .* bytes=300 ' \
			40 || return 1
	same "allocations" "$(traced 'squirrel_alloc: name=hoard ')" 40 &&
		same "frees" "$(traced 'squirrel_free: name=hoard ')" 20 &&
		rmmod hoard &&
		same "frees in the end" "$(traced 'squirrel_free: name=hoard ')" 40 &&
		events 0 squirrel/squirrel_alloc squirrel/squirrel_free
}

# What lies in the ring buffer behind a short name is not of a longer one that was there before:
# tools compare all of the array.
padded() {
	local cpu

	events 1 squirrel/squirrel_alloc &&
		sample replay "trace=$DIR/traces/boot.trace" events=200000 subject=squirrel &&
		rmmod replay && : >$TRACING/trace && helper hoard objects=40 size=300 &&
		events 0 squirrel/squirrel_alloc && rmmod hoard || return 1
	for cpu in $TRACING/per_cpu/cpu*; do
		timeout 2 cat "$cpu/trace_pipe_raw" | od -An -v -tx1 | tr -d ' \n' |
			grep -o '686f61726400.\{84\}'
	done >"$TMP/names"
	# Not all of them are whole in what is read.
	[ "$(wc -l <"$TMP/names")" -ge 20 ] &&
		same "names with more behind them" "$(grep -v -c '0\{86\}$' "$TMP/names")" 0
}

# Of the default heap: of a class and large; the size is what is known of it.
of_heap() {
	events 1 squirrel/squirrel_alloc squirrel/squirrel_free &&
		helper hoard where=default objects=6 keep=1 size=$1 &&
		hit "squirrel_alloc: name=default .* \\[hoard\\] .* bytes=$2 " 6 &&
		rmmod hoard &&
		hit 'squirrel_free: name=default ' 6 &&
		events 0 squirrel/squirrel_alloc squirrel/squirrel_free
}

quiet() {
	: >$TRACING/trace
	helper hoard objects=400 keep=2 size=300 && rmmod hoard || return 1
	same "lines" "$(traced squirrel)" 0
}

slow_ones() {
	events 1 squirrel || return 1
	events 0 squirrel/squirrel_alloc squirrel/squirrel_free
	helper hoard objects=4000 keep=7 size=300 && rmmod hoard && reclaim || return 1
	events 0 squirrel
	hit 'squirrel_refill: name=hoard objects=[0-9]' &&
		hit 'squirrel_drain: name=hoard objects=[1-9]' &&
		hit 'squirrel_fetch: addr=.* pages=[1-9]' &&
		hit 'squirrel_coalesce: merges=[1-9]' &&
		hit 'squirrel_give_back: addr=.* pages=[1-9].* lost=0$' &&
		hit 'squirrel_reclaim_run: mode=asked objects=.* pages=[1-9]'
}

# Reading shrinkers' debugfs is not for all kernels; dropping caches asks them all.
pressed() {
	events 1 squirrel/squirrel_pressure || return 1
	helper hoard objects=4000 keep=0 size=300 || return 1
	echo 2 >/proc/sys/vm/drop_caches
	hit 'squirrel_pressure: pages=[0-9]' || return 1
	events 0 squirrel/squirrel_pressure
	rmmod hoard
}

# With hardened=0 a second free is left to the slab, which knows nothing of who did it.
misused() {
	events 1 squirrel/squirrel_misuse && helper misuse scene=heap_foreign &&
		hit 'squirrel_misuse: name=[a-z_]* call_site=.* \[misuse\] ptr=.* what=.*free' &&
		rmmod misuse || return 1
	if [ "$(cat /sys/module/squirrel/parameters/hardened)" = Y ]; then
		helper twice seconds=1 &&
			hit 'squirrel_misuse: name=twice call_site=.* \[twice\] ptr=.* what=second free$' &&
			rmmod twice || return 1
	fi
	events 0 squirrel/squirrel_misuse
}

# What debugging finds: a second free, and a free of what was written behind. KASAN is faster.
misused_debugged() {
	events 1 squirrel/squirrel_misuse && helper plant bug=second debug=FZPU &&
		hit 'squirrel_misuse: name=plant call_site=.* \[plant\] ptr=.* what=second free$' &&
		same "of cache and heap" "$(traced 'squirrel_misuse: .* what=second free')" 4 &&
		rmmod plant && helper plant bug=behind debug=FZPU &&
		hit 'squirrel_misuse: name=plant call_site=.* \[plant\] ptr=.* what=write behind' &&
		rmmod plant && events 0 squirrel/squirrel_misuse
}

kmem_told() {
	put "$SQ/kmem_events" Y || return 1
	same switch "$(cat "$SQ/kmem_events")" Y &&
		same parameter "$(cat /sys/module/squirrel/parameters/kmem_events)" Y &&
		events 1 kmem/kmalloc kmem/kfree &&
		helper hoard objects=40 keep=20 size=300 || return 1
	hit 'kmalloc: call_site=[a-z_0-9.]*\+0x.* \[hoard\] .*bytes_req=300 ' 40 &&
		hit 'kfree: call_site=.* \[hoard\] ptr=' 20 && rmmod hoard || return 1
	put "$SQ/kmem_events" N && events 1 kmem/kmalloc || return 1
	helper hoard objects=40 keep=20 size=300 && rmmod hoard &&
		same "when it is off" "$(traced 'bytes_req=300 ')" 0 &&
		events 0 kmem/kmalloc kmem/kfree
}

# What a tool does with kmem:kmalloc and kmem:kfree: what has come and not gone, by call
# site. 20 objects stay.
leak_found() {
	put "$SQ/kmem_events" Y && events 1 kmem/kmalloc kmem/kfree &&
		helper hoard objects=40 keep=20 size=300 || return 1
	events 0 kmem/kmalloc kmem/kfree
	put "$SQ/kmem_events" N
	awk '
		function word(key,    i) {
			i = index($0, key "=")
			return i ? substr($0, i + length(key) + 1) : ""
		}
		{ split(word("ptr"), ptr, " ") }
		/ kmalloc: / && /bytes_req=300 / { site[ptr[1]] = word("call_site") }
		/ kfree: / { delete site[ptr[1]] }
		END {
			for (p in site) {
				sub(" ptr=.*", "", site[p])
				n[site[p]]++
			}
			for (s in n)
				print n[s], s
		}' $TRACING/trace | sort -rn >"$TMP/leaks"
	cat "$TMP/leaks"
	head -n 1 "$TMP/leaks" | grep -q '^20 .*+0x.* \[hoard\]' && rmmod hoard
}

no_bad_switch() {
	if put "$SQ/kmem_events" maybe 2>/dev/null; then
		echo "taken"
		return 1
	fi
	same switch "$(cat "$SQ/kmem_events")" N
}

plan 17
need load reclaim=off
check "all events are there" all_there
check "off, nothing is traced" quiet
check "each allocation and free of a cache" of_each
check "names are padded" padded
check "of a heap's class" of_heap 200 '[0-9]*'
check "of a heap's large blocks" of_heap 100000 100000
check "refill, drain, fetch, coalesce, give back, run" slow_ones
check "pressure" pressed
check "misuse" misused
case ${SQUIRREL_KERNEL:-stock} in
kasan* | kcsan* | *-debug) skip "misuse of what is debugged" "the kernel's own checks are first" ;;
*) check "misuse of what is debugged" misused_debugged ;;
esac
check "kmem:kmalloc and kmem:kfree" kmem_told
if grep -q '(____ptrval____)' $TRACING/trace; then
	skip "a leak is found by its call site" "without entropy yet the kernel shows no pointer, not even hashed"
else
	check "a leak is found by its call site" leak_found
fi
check "a bad word for the switch is refused" no_bad_switch
check "squirrel is sound" sound
check "off again, nothing is traced" quiet
finish
