#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Nine of ten objects go, at random: so nearly every slab has one left. Their
# pages come back all the same, but for those that the rest lies in; with the
# reclaimer off they stay. Under a load that only swings, nothing is fetched and
# given back again and again. A shrink of a cache reaches all CPUs.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OBJECTS=6000
SIZE=1500
KEEP=600
SECONDS_TO_TRIM=3

hoard() {
	helper hoard where=cache objects=$OBJECTS size=$SIZE keep=$KEEP \
		scatter=1 cpu=0
}

# Pages that the kept objects lie in, from their addresses.
touched() {
	cat /sys/module/hoard/parameters/touched
}

pages() {
	field caches/hoard/stats slab_pages
}

# Nearly as many are held as all objects needed. In slabs, if those are long:
# where the kernel has only single pages many a slab is empty, and its page with
# the heap.
stay() {
	echo "$(held) pages held, $(pages) in slabs, $(touched) touched"
	[ "$(held)" -ge $((OBJECTS * SIZE / PAGE * 9 / 10)) ]
}

# shrunk: to what is touched, and a page of some slabs.
shrunk() {
	echo "$(pages) pages, $(touched) touched"
	[ "$(pages)" -ge "$(touched)" ] &&
		[ "$(pages)" -le $(($(touched) * 5 / 4 + 32)) ]
}

# They do not stay with the heap either.
handed_on() {
	echo "$(field summary pages_free) of $(held) pages are free"
	[ "$(field summary pages_free)" -le 200 ]
}

fetched() {
	field heaps/default/stats pages_fetched
}

# One in sixteen objects goes and comes, all the time.
swing() {
	helper hoard where=cache objects=2000 size=$SIZE swings=200 cpu=0
}

# steady PAGES: not much more was fetched than all objects need.
steady() {
	echo "$1 pages before, $(fetched) now"
	[ $(($(fetched) - $1)) -le $((2000 * SIZE / PAGE * 3)) ]
}

# Objects that CPUs and nodes keep at hand.
waiting() {
	echo $(($(field caches/hoard/stats objects_in_magazines) +
		$(field caches/hoard/stats objects_in_depots)))
}

plan 17
need load reclaim=off
need helper hoard objects=1000 size=64 keep=1 cpu=1
check "objects wait on CPU 1" [ "$(waiting)" -gt 0 ]
rmmod hoard
check "CPU 0 shrinks the cache" helper hoard objects=1000 size=64 keep=1 cpu=1 \
	shrink=0
check "none waits there then" same "objects waiting" "$(waiting)" 0
rmmod hoard

check "off: fill, and free nine of ten" hoard
sleep $SECONDS_TO_TRIM
check "off: pages stay" stay
check "asked: a run" reclaim
check "asked: pages went" shrunk
rmmod hoard

need put "$SQ/reclaim/mode" parallel
check "parallel: fill, and free nine of ten" hoard
check "parallel: pages go by themselves" until_true shrunk
check "parallel: and back to the kernel" until_true handed_on
check "parallel: what is in use stayed" \
	same "live objects" "$(field caches/hoard/stats live_objects)" $KEEP
check "squirrel is sound" sound
rmmod hoard
check "all memory goes back" given_back 0

before=$(fetched)
check "a load that swings" swing
check "its pages stay with it" steady "$before"
finish
