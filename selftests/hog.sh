#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Four fifths of a small machine's memory are squirrel's free memory, and nobody
# looks after it: then somebody else takes what there is, page by page. He gets it,
# nobody is killed for it, and what is live stays as it is.
# boots: frag
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

SIZE=1000
KEEP=100

# meminfo KEY: pages
meminfo() {
	echo $(($(sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo) * 1024 / PAGE))
}

killed() {
	sed -n 's/^oom_kill //p' /proc/vmstat
}

most_of() {
	echo "holds $1 pages of $2"
	[ "$1" -ge $(($2 * 80 / 100)) ]
}

# Nearly all that was free before squirrel had any.
hog() {
	mount -t tmpfs -o "size=$(($1 * PAGE))" hog "$TMP/hog" &&
		dd if=/dev/zero of="$TMP/hog/all" bs="$PAGE" "count=$1" 2>&1
}

# went_back BEFORE AFTER: 95 % of it.
went_back() {
	[ $((($1 - $2) * 100)) -ge $(($1 * 95)) ]
}

plan 10
need load reclaim=off
free=$(meminfo MemFree)
total=$(meminfo MemTotal)
need helper hoard "objects=$((total * 8 / 10 * PAGE / SIZE))" size=$SIZE keep=$KEEP
full=$(held)
before=$(killed)
mkdir "$TMP/hog"
check "four fifths of the machine's memory are squirrel's" most_of "$full" "$total"
check "and are free" [ "$(field caches/hoard/stats live_objects)" -eq $KEEP ]
check "a hog gets its memory" hog $((free * 93 / 100))
check "nobody was killed for it" same "kills" "$(killed)" "$before"
now=$(held)
note "$full of $total pages held ($free were free), $now after the hog: $(((full - now) * 1000 / full)) in 1000 went back"
check "it came from squirrel" went_back "$full" "$now"
check "what is live is as it was" [ "$(field caches/hoard/stats live_objects)" -eq $KEEP ]
check "squirrel is sound" sound
umount "$TMP/hog"
rmmod hoard
check "all memory goes back" given_back 0
finish
