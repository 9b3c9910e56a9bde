#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# What a client reads behind its object, and reads or writes after the free, faults at that
# very instruction if the object is guarded (letter G), or was so for a sample, and squirrel
# says whose object it was. Then the task goes on; or, with guard_oops=Y and on arm64, the
# kernel ends it. The kernel is to survive an oops here, and the judge is told that one is
# wanted.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# Does who touched something go on?
goes_on() {
	[ "$(uname -m)" = x86_64 ] && [ "$(cat $PARAMS/guard_oops)" = N ]
}

went_on() {
	if goes_on; then
		said '^guarded: went on$'
	else
		! said '^guarded: went on$'
	fi
}

touched() {
	wanted 'an oops is' guarded helper guarded touch="$1" of="$2" ${sampled:+"sampled=$sampled"}
	# shellcheck disable=SC2034 # listen() asks for it: what there was is there
	heard=1
	said_times 1 'Oops: ' && said '(RIP: .*|pc : )guarded_touch[a-z_]*\+.*\[guarded\]' &&
		went_on || return 1
	# Where a module's code begins the kernel has forgotten the byte by then.
	said "^squirrel: guarded(/[0-9]+)?: $3: .* bytes, (byte $4|most likely, by a register), from guarded_touch[a-z_]*\+.*\[guarded\]" &&
		said '^squirrel:   allocated .* from guarded_alloc\+.*\[guarded\]' || return 1
	case $1 in
	read_behind) ;;
	*) said '^squirrel:   freed .* from guarded_(free|thread)\+.*\[guarded\]' || return 1 ;;
	esac
}

# Of the object in question, and of others; and it is unmapped, freed and gone.
all_well() {
	sound && mark && rmmod guarded && said '^guarded: all is well$' &&
		said_nothing_like '^squirrel: '
}

none() {
	mark
	helper guarded touch=none of="$1" && size=$(field caches/guarded/stats object_size) &&
		said_nothing_like '^squirrel: ' && all_well
}

figures() {
	helper guarded touch=none || return 1
	same guarded "$(field caches/guarded/stats objects_guarded)" 8 &&
		same missed "$(field caches/guarded/stats objects_guard_missed)" 0 &&
		same word "$(cat "$SQ/caches/guarded/debug")" UG &&
		put "$SQ/caches/guarded/debug" - &&
		same guarded "$(field caches/guarded/stats objects_guarded)" 8 && all_well
}

sampled=
plan 23
PARAMS=/sys/module/squirrel/parameters
need load reclaim=off
for of in cache heap; do
	check "nothing is told of who touches nothing, $of" none $of
	check "a read behind an object is caught, $of" \
		touched read_behind $of "read behind an object" "$size"
	check "and no data is damaged" all_well
	check "a read after the free is caught, $of" \
		touched read_after $of "read after free" $((size / 2))
	check "and no data is damaged" all_well
	[ $of = cache ] || continue
	check "a write after the free is caught, $of" \
		touched write_after $of "write after free" $((size / 2))
	check "and no data is damaged" all_well
done
put $PARAMS/guard_oops Y
check "with guard_oops=Y who reads after the free is ended" \
	touched read_after cache "read after free" $((size / 2))
check "and no data is damaged" all_well
put $PARAMS/guard_oops N
refuse "what is neither Y nor N is refused" put $PARAMS/guard_oops maybe
check "what is guarded is counted, and stays when the letter goes" figures
put "$SQ/sample" 10
sampled=1
for of in cache heap; do
	check "a read after the free of an object that was only sampled is caught, $of" \
		touched read_after $of "read after free" $((size / 2))
	check "and no data is damaged" all_well
done
put "$SQ/sample" 0
check "squirrel is sound" sound
finish
