#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The reclaimer runs when its mode says so: off, series, parallel.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

count() {
	field reclaim/stats "$1"
}

runs() {
	echo $(($(count runs_series) + $(count runs_parallel)))
}

# use MODE: 20000 allocations in it, all freed.
use() {
	put "$SQ/reclaim/mode" "$1" &&
		helper hoard where=cache objects=20000 size=500
}

between() {
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ] && return 0
	echo "$1 is not between $2 and $3"
	return 1
}

low() {
	[ "$(held)" -lt $(($1 / 4)) ]
}

plan 14
need load reclaim=off
check "off: use" use off
sleep 0.5
check "off: no run" [ "$(runs)" -eq 0 ]
check "off: memory stays" [ "$(held)" -gt $((2000 * 4096 / PAGE)) ]
full=$(held)
check "asked: a run" reclaim
check "asked: memory went back" low "$full"
rmmod hoard

check "series: use" use "series 1000"
check "series: every 1000 allocations" between "$(count runs_series)" 18 22
check "series: no other run" [ "$(count runs_parallel)" -eq 0 ]
rmmod hoard

series=$(count runs_series)
check "parallel: use" use "parallel 20"
check "parallel: memory goes back by itself" until_true low "$full"
check "parallel: it was its doing" [ "$(count runs_parallel)" -gt 0 ]
check "parallel: no other run" [ "$(count runs_series)" -eq "$series" ]
finish
