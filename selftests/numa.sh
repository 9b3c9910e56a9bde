#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Where memory is taken, on a machine of several nodes: on the node that is asked
# for, by a call or at create; nowhere else if it must not; and where that node is
# full, as much elsewhere as is needed and not a slab for each object. Node 2 has
# memory and no CPU, node 1 a CPU and perhaps no memory, node 3 is never there.
# boots: numa
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

param() {
	cat "/sys/module/nodes/parameters/$1"
}

on() {
	param on | cut -d, -f $(($1 + 1))
}

# got N: objects.
got() {
	echo "$(param got) of $(param objects) objects, by node $(param on)"
	[ "$(param got)" -eq "$1" ]
}

# all_on NODE: everything that was asked for.
all_on() {
	got "$(param objects)" && same "objects on node $1" "$(on "$1")" \
		"$(param objects)"
}

# refused_here: some are not had, and none of them elsewhere.
refused_here() {
	echo "$(param got) of $(param objects) objects, by node $(param on)"
	[ "$(param got)" -lt "$(param objects)" ] &&
		same "objects on node 2" "$(on 2)" "$(param got)"
}

pages() {
	case $1 in
	cache) field caches/nodes/stats slab_pages ;;
	heap) field heaps/nodes/stats slab_pages ;;
	default) field heaps/default/stats slab_pages ;;
	esac
}

# no_more_than PAGES
no_more_than() {
	echo "$pages pages for $(param got) objects"
	[ "$pages" -le "$1" ]
}

# before WHERE: its pages, if it is there without us.
before() {
	if [ "$1" = default ]; then
		pages default
	else
		echo 0
	fi
}

nodes() {
	was=$(before "${1#where=}")
	helper nodes "$@" || return 1
	pages=$(($(pages "${1#where=}") - was))
}

[ -d /sys/devices/system/node/node2 ] || skip_all "there is no node 2"

plan 59
need load
for where in cache heap default; do
	need nodes where=$where node=2
	check "$where: on the node that is asked for" all_on 2
	rmmod nodes
	need reclaim
	need nodes where=$where node=2 size=200000 objects=50
	check "$where: large ones, too" all_on 2
	rmmod nodes
	need nodes where=$where node=2 thisnode=1 full=2
	check "$where: a full node has none, and no other will do" refused_here
	rmmod nodes
	need nodes where=$where node=2 full=2 objects=10000
	check "$where: a full node by preference: all are had" got 10000
	check "$where: and not by a slab each" no_more_than 2700
	note "$where: $pages pages, by node $(param on)"
	rmmod nodes
	need nodes where=$where cpu=1
	check "$where: a CPU whose node has no memory is served" got 1000
	rmmod nodes
	need nodes where=$where node=1
	check "$where: so is who prefers that node" got 1000
	rmmod nodes
	need nodes where=$where node=3
	check "$where: a node that is not there has nothing" got 0
	rmmod nodes
	need nodes where=$where node=3 thisnode=1
	check "$where: whether another will do or not" got 0
	rmmod nodes

	# Freed on another CPU, they are where they were.
	need nodes where=$where node=2 objects=5000 free_cpu=1
	check "$where: freed elsewhere and taken again, on their node" all_on 2
	check "$where: in the pages they had" no_more_than 1400
	rmmod nodes
	need nodes where=$where objects=5000 free_cpu=1
	check "$where: memory of one CPU, freed on the other" got 5000
	check "$where: is not made twice" no_more_than 1400
	rmmod nodes
	# What another node's objects leave here is for who wants that node.
	need nodes where=$where node=2 objects=2000 free_cpu=0 again=-1
	check "$where: remote objects freed here, local ones taken" all_on 0
	check "$where: squirrel is sound" sound
	rmmod nodes
done

refused_all() {
	got 0 && same "objects before" "$(param first)" "$(param objects)"
}

# elsewhere TITLE PARAMETER...: there is free memory of ours on node 0, which nobody
# gives back (quiet: for that is what our shrinker would do), and none on node 2.
elsewhere() {
	local title=$1

	shift
	need nodes "$@" node=0 thisnode=1 full=2 free_cpu=0 again=2 quiet=1
	check "$title of another node will not do" refused_all
	rmmod nodes
}

need put "$SQ/reclaim/mode" off
elsewhere "cache: objects" where=cache
for where in heap default; do
	elsewhere "$where: objects" where=$where
	elsewhere "$where: blocks" where=$where size=200000 objects=50
done
need put "$SQ/reclaim/mode" parallel

for where in cache heap; do
	need nodes where=$where home=2
	check "$where: on its own node" all_on 2
	rmmod nodes
	mark
	refuse "$where: a node that is not there is no home" \
		helper nodes where=$where home=3
done
need nodes where=cache home=2 reserve=500 objects=500 full=2
check "cache: its reserve is on its node" all_on 2
rmmod nodes
need nodes where=heap home=2 reserve=2000000 objects=1000 full=2
check "heap: its reserve is on its node" all_on 2
rmmod nodes
check "all memory goes back" given_back 0
finish
