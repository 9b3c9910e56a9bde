#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Objects as large as a page take one page each: no header page, no rest.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OBJECTS=1000
PAGE=4096

# a_page_each FILE: of slots as of pages, and as many as are asked for. It is read once:
# in between, pages of slabs may go.
a_page_each() {
	local objects debugfs=$SQ status=0

	cat "$SQ/$1" >"$TMP/stats"
	SQ=$TMP
	objects=$(field stats objects)
	same "pages of the slabs" "$(field stats slab_pages)" "$objects" &&
		same "live objects" "$(field stats live_objects)" $OBJECTS &&
		[ "$objects" -ge $OBJECTS ] || status=1
	SQ=$debugfs
	return $status
}

# Nothing but slabs is in use in a heap that has no larger objects.
nothing_else() {
	local debugfs=$SQ status=0

	cat "$SQ/heaps/hoard/stats" >"$TMP/stats"
	SQ=$TMP
	same "pages in use" "$(field stats pages_used)" \
		"$(field stats slab_pages)" || status=1
	SQ=$debugfs
	return $status
}

# By the kernel's own count, with all that squirrel keeps about them: a sixteenth
# of a page each is allowed for that.
machine_agrees() {
	local now

	now=$(free_pages)
	echo "free pages were $free, are $now"
	[ $((free - now)) -le $((OBJECTS + OBJECTS / 16 + 100)) ]
}

if slow; then
	plan 8
else
	plan 9
fi
need load
free=$(free_pages)
need helper hoard where=heap objects=$OBJECTS keep=$OBJECTS size=$PAGE
check "heap: a page for each object" a_page_each heaps/hoard/stats
check "heap: and nothing else" nothing_else
if ! slow; then
	check "heap: the machine agrees" machine_agrees
fi
check "heap: client unloads" rmmod hoard
need helper hoard where=cache objects=$OBJECTS keep=$OBJECTS size=$PAGE
check "cache: a page for each object" a_page_each caches/hoard/stats
check "cache: client unloads" rmmod hoard
check "squirrel is sound" sound
finish
