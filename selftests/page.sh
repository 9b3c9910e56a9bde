#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Objects as large as a page take one page each: no header page, no rest.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OBJECTS=1000

# a_page_each FILE: of slots as of pages, and as many as are asked for.
a_page_each() {
	local objects

	objects=$(field "$1" objects)
	same "pages of the slabs" "$(field "$1" slab_pages)" "$objects" &&
		same "live objects" "$(field "$1" live_objects)" $OBJECTS &&
		[ "$objects" -ge $OBJECTS ]
}

# nothing_else FILE: but slabs is in use in a heap that has no larger objects.
nothing_else() {
	same "pages in use" "$(field "$1" pages_used)" "$(field "$1" slab_pages)"
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
check "heap: a page for each object" once heaps/hoard/stats a_page_each
check "heap: and nothing else" once heaps/hoard/stats nothing_else
if ! slow; then
	check "heap: the machine agrees" machine_agrees
fi
check "heap: client unloads" rmmod hoard
need helper hoard where=cache objects=$OBJECTS keep=$OBJECTS size=$PAGE
check "cache: a page for each object" once caches/hoard/stats a_page_each
check "cache: client unloads" rmmod hoard
check "squirrel is sound" sound
finish
