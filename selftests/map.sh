#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Maps at all sizes: each object of a page, each page, and 64 MiB at a glance.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

MAX_LINES=50
MAX_WIDTH=80
LARGE=$((48 * PAGE + 2688))
MANY=$(((64 << 20) / PAGE))

# all_pages FILE: how many pages the map says there are.
all_pages() {
	sed -n '1s/.* in all: \([0-9]*\) pages*$/\1/p' "$SQ/$1"
}

# unit FILE: pages per character; "object" where each object is shown.
unit() {
	sed -n '1s/^# one character: \([0-9]* page\|1 object\).*/\1/p' "$SQ/$1" |
		awk '{ print $2 == "object" ? $2 : $1 }'
}

# rows FILE: the characters alone: no gap behind them, no bytes of an object.
rows() {
	sed -n '/^[0-9a-f]\{16\} /s/ [x+].*$//p; t; /^[0-9a-f]/p' "$SQ/$1" |
		cut -c 18-
}

# cells FILE [CHARACTERS]: how many of them.
cells() {
	rows "$1" | tr -d '\n' | tr -c -d "${2:-!-~}" | wc -c
}

# fits FILE: it is small enough to look at, and shows as much as it says.
fits() {
	local n size

	awk -v lines=$MAX_LINES -v width=$MAX_WIDTH '
		length > width || NR > lines { print "too large: " $0; bad = 1 }
		!/^#/ && !/^[0-9a-f]+ [-#0-9mdqLl. ]+( x[0-9]+)?( \+[0-9]+[KMG])?$/ {
			print "odd line: " $0; bad = 1
		}
		END { exit bad }' "$SQ/$1" || return 1
	n=$(cells "$1")
	size=$(unit "$1")
	[ "$size" = object ] && return 0
	echo "$n characters of $size pages, $(all_pages "$1") in all"
	[ $((n * size)) -ge "$(all_pages "$1")" ]
}

# explained FILE: the legend has what occurs, and nothing else.
explained() {
	rows "$1" | sed 's/[0-9]/0/g; s/./&\n/g' | sort -u | grep '[^ ]' \
		>"$TMP/occur"
	sed -n '2,$s/^#   //p' "$SQ/$1" | sed 's/   /\n/g' |
		sed 's/ .*//; s/0-9/0/; /^[bx+]/d' |
		sort >"$TMP/legend"
	diff "$TMP/occur" "$TMP/legend"
}

one_page() {
	local f=caches/hoard

	same "pages" "$(all_pages $f/map)" 1 &&
		same "unit" "$(unit $f/map)" object &&
		same "objects" "$(cells $f/map)" "$(field $f/stats objects)" &&
		same "live" "$(cells $f/map '#')" 1 &&
		same "waiting" "$(cells $f/map m)" \
			"$(field $f/stats objects_in_magazines)" &&
		[ "$(cells $f/map m)" -gt 0 ] &&
		same "in the slab" "$(cells $f/map -)" \
			"$(field $f/stats objects_in_slabs)"
}

# A map of pages shows each one.
pages_shown() {
	local f=caches/hoard

	same "pages" "$(all_pages $f/map)" "$(field $f/stats slab_pages)" &&
		same "unit" "$(unit $f/map)" 1 &&
		same "shown" "$(cells $f/map)" "$(all_pages $f/map)"
}

# Those with live objects are enough for them, and no more than there are.
live_shown() {
	local f=caches/hoard live

	live=$(cells $f/map '#0-9')
	echo "$live pages with live objects"
	[ $((live * PAGE / 256)) -ge "$(field $f/stats live_objects)" ] &&
		[ "$live" -le "$(field $f/stats slab_pages)" ] &&
		[ "$(cells $f/map '#')" -gt 0 ]
}

# scattered FILE: has it pages of squirrel's beside others in many of its characters?
scattered() {
	[ $(($(cells "$1") * $(unit "$1"))) -gt $(($(all_pages "$1") * 9 / 8)) ]
}

# live_percent FILE: of what is shown, each character taken for as much as any other; a
# digit is that many tenths, or a bit more.
live_percent() {
	rows "$1" | tr -d ' \n' | sed 's/./&\n/g' | awk '
		/./ { all++ } /#/ { n += 10 } /[0-9]/ { n += $0 + 0.5 }
		END { print int(10 * n / all) }'
}

# 64 MiB, half of them live. Where the kernel has them is its own matter.
half_live() {
	local f=heaps/hoard/map live

	[ "$(all_pages $f)" -ge $MANY ] && [ "$(unit $f)" -ge $((MANY / 2048)) ] ||
		return 1
	cat "$SQ/$f"
	if scattered $f; then
		live=$(live_percent $f)
		echo "live: about $live percent"
		[ "$live" -ge 30 ] && [ "$live" -le 70 ]
		return
	fi
	live=$(($(cells $f '#') * $(unit $f)))
	echo "live: $live pages"
	[ $live -ge $((MANY * 3 / 7)) ] && [ $live -le $((MANY * 51 / 100)) ] &&
		[ $(($(cells $f '.-') * $(unit $f))) -ge $((MANY * 3 / 7)) ]
}

large_shown() {
	local f=heaps/hoard

	same "large" "$(field $f/stats large_objects)" 3 &&
		same "unit" "$(unit $f/map)" 1 &&
		same "first pages" "$(cells $f/map L)" 3 &&
		same "further pages" "$(cells $f/map l)" \
			$((3 * ((LARGE - 1) / PAGE))) &&
		same "free" "$(cells $f/map .)" "$(field $f/stats pages_free)"
}

# read_while PID: maps and figures, as long as that process is there.
read_while() {
	local map

	until_true [ -e "$SQ/heaps/torture/map" ] || return 1
	while kill -0 "$1" 2>/dev/null; do
		for map in "$SQ"/heaps/*/map "$SQ"/caches/torture_*/map \
			"$SQ/summary" "$SQ"/heaps/*/stats; do
			reads=$((reads + 1))
			cat "$map" >/dev/null 2>"$TMP/error" && continue
			# Heaps come and go.
			[ ! -e "$map" ] && continue
			cat "$TMP/error"
			return 1
		done
	done
}

# Maps of what changes all the time: as many rounds of it as 20 reads need, however
# slow they are.
read_on() {
	local seconds=4 reads=0 tries=0 status torture

	slow && seconds=8
	while [ $reads -lt 20 ] && [ $tries -lt 20 ]; do
		tries=$((tries + 1))
		unload torture
		helper torture seconds=$seconds timer_us=3000 &
		torture=$!
		read_while $torture
		status=$?
		wait $torture && [ $status -eq 0 ] || return 1
	done
	echo "$reads reads in $tries rounds"
	[ $reads -ge 20 ]
}

# What the page map and the descriptors take: 64 KiB.
takes_little() {
	echo "pages_meta: $(field summary pages_meta)"
	[ "$(field summary pages_meta)" -le 16 ]
}

# Whoever may read it sees where memory is, and nobody else may.
for_root_only() {
	same "permissions" "$(stat -c %a "$SQ/caches/hoard/map")" 400 &&
		grep -q '^ff[0-9a-f]\{14\} ' "$SQ/caches/hoard/map" && return 0
	cat "$SQ/caches/hoard/map"
	return 1
}

size_checks() {
	check "$1: it fits" fits "$2"
	check "$1: the legend is right" explained "$2"
}

# sized TITLE FILE: it fits and is explained.
sized() {
	once "$2" size_checks "$1"
}

plan 28
need load reclaim=off
check "loaded: to know of no page takes little" takes_little
need helper hoard objects=6 keep=1 size=256
note "pages_meta: $(field summary pages_meta)"
check "a page: to know of it takes little" takes_little
check "a page: each object is shown" one_page
sized "a page" caches/hoard/map
check "a page: its address is for root only" for_root_only
check "a page: unloads" rmmod hoard

need helper hoard objects=2000 keep=1000 size=256
check "pages: each is shown" pages_shown
check "pages: live objects are seen" live_shown
sized "pages" caches/hoard/map
check "pages: unloads" rmmod hoard

need helper hoard where=heap objects=3 keep=3 size=$LARGE
check "large blocks are shown" large_shown
sized "large blocks" heaps/hoard/map
check "large blocks: unloads" rmmod hoard

need helper hoard where=heap objects=$MANY keep=$((MANY / 2)) size="$PAGE"
check "64 MiB: half is live" half_live
sized "64 MiB" heaps/hoard/map
sized "default heap" heaps/default/map
check "64 MiB: unloads" rmmod hoard

check "maps of memory in use can be read" read_on
check "squirrel is sound" sound
sized "the rest" heaps/default/map
finish
