#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The tutorial client: it runs, and while it holds memory squirrel stays.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

tells() {
	said '^acorn: one acorn of 7 g from the oak, 28 bytes per object$' &&
		said '^acorn: a basket of 16 in one call$' &&
		said '^acorn: a note of [0-9]+ bytes: buried under the third birch$' &&
		said "^acorn: a tally, squirrel's own: yes\$" &&
		said '^acorn: ok'
}

holds() {
	same "live acorns" "$(field caches/acorn/stats live_objects)" 1 &&
		same "live notes" \
			"$(field heaps/acorn_hollow/stats live_objects)" 1
}

plan 16
need load reclaim=off
mark
check "loads" sample acorn
check "tells what it does" tells
check "squirrel complains of nothing" said_nothing_like '^squirrel:'
check "unloads" rmmod acorn
check "says that it is gone" said '^acorn: gone$'
check "its cache and heap are gone" \
	[ ! -e "$SQ/caches/acorn" ] && [ ! -e "$SQ/heaps/acorn_hollow" ]

mark
check "loads and holds two objects" sample acorn hold=1
check "they are live in debugfs" holds
refuse "squirrel cannot be unloaded now" rmmod squirrel
check "squirrel is still there" [ -d "$SQ/caches/acorn" ]
check "they are still live" holds
check "unloads" rmmod acorn
check "nothing is reported as left" said_nothing_like 'refused|destroyed with'
check "then squirrel can be unloaded" rmmod squirrel
finish
