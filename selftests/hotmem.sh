#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Memory that comes after squirrel was loaded, above all there was, also at the
# other end of what the machine can address, and of a node that had none: it is
# used like any other. The page map costs next to nothing before there are objects,
# wherever memory lies, and then in proportion to what is held.
# boots: numa
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

BLOCKS=/sys/devices/system/memory
# Pages that may be held without any object: 64 KiB.
MAP=16
# What a few pages that lie far apart cost: a leaf of the page map each.
APART=32
FAR=0x200000000000

param() {
	cat "/sys/module/nodes/parameters/$1"
}

# on NODE: how many objects are there.
on() {
	param on | cut -d, -f $(($1 + 1))
}

# blocks FROM TO: numbers of the blocks of memory between two addresses.
blocks() {
	local m bytes

	bytes=$((0x$(cat $BLOCKS/block_size_bytes)))
	for m in $BLOCKS/memory*; do
		m=${m##*memory}
		if [ $((m * bytes)) -ge $(($1)) ] && [ $((m * bytes)) -lt $(($2)) ]; then
			echo "$m"
		fi
	done | sort -n
}

# online WHAT BLOCK...
online() {
	local what=$1 m

	shift
	[ $# -gt 0 ] || return 1
	for m in "$@"; do
		put "$BLOCKS/memory$m/state" "$what" || return 1
	done
}

first_pfn() {
	echo $(($1 * 0x$(cat $BLOCKS/block_size_bytes) / 4096))
}

cheap_map() {
	echo "$(field summary pages_meta) pages of agents and page map"
	[ "$(field summary pages_meta)" -le $MAP ]
}

# A sixteenth of what is held, and what there is without it.
map_in_proportion() {
	local used meta

	used=$(field summary pages_used)
	meta=$(field summary pages_meta)
	echo "$meta pages of agents and page map for $used in use"
	[ "$meta" -le $((MAP + APART + used / 16)) ]
}

# Nothing is asked of squirrel between; a page is what the reclaimer may need to
# split a block.
costs_nothing() {
	local meta

	meta=$(field summary pages_meta)
	echo "$meta pages of agents and page map, $1 before"
	[ "$meta" -le $(($1 + 1)) ]
}

# taken PARAMETERS: all objects are had, and some of them from where memory is new.
taken() {
	helper nodes "$@" || return 1
	report="$*: $(param got) had, $(param far) of new memory, nodes $(param on)"
	echo "$report"
	[ "$(param got)" -eq "$(param objects)" ] && [ "$(param far)" -gt 0 ]
}

# of_node N: and all of them of node N.
of_node() {
	local node=$1

	shift
	taken "$@" && same "objects on node $node" "$(on "$node")" \
		"$(param objects)"
}

drop() {
	map_in_proportion && sound && rmmod nodes
}

NEAR=$(blocks 0x40000000 $FAR)
DISTANT=$(blocks $FAR 0x300000000000)
if [ -z "$NEAR" ] || [ -z "$DISTANT" ]; then
	skip_all "no memory is plugged in"
fi
# shellcheck disable=SC2086 # words
set -- $NEAR
movable=$1
shift
near=$(first_pfn "$1")
far=$(first_pfn "${DISTANT%%[!0-9]*}")

plan 32
need load
check "at load the page map is small" cheap_map
# Classes of the default heap that are there before.
need helper hoard where=default objects=2000 keep=100 size=1000

before=$(field summary pages_meta)
check "movable memory comes" online online_movable "$movable"
check "memory comes" online online_kernel "$@"
check "it costs nothing yet" costs_nothing "$before"
for where in cache heap default; do
	check "$where: it is used" taken where=$where objects=2000 size=4096 \
		"beyond=$near"
	note "$report"
	check "$where: and goes" drop
	check "$where: by large blocks, too" taken \
		where=$where objects=100 size=200000 "beyond=$near"
	note "$report"
	check "$where: and they go" drop
done
check "nothing is of movable memory" online offline "$movable"

# shellcheck disable=SC2086 # words
check "memory comes far away, of a node that had none" \
	online online_kernel $DISTANT
for where in cache heap default; do
	check "$where: it is had by node" of_node 1 where=$where node=1 \
		objects=2000 size=4096 "beyond=$far"
	note "$report"
	check "$where: and goes" drop
done
check "a CPU of that node has it" of_node 1 where=cache cpu=1 objects=2000 \
	"beyond=$far"
check "and it goes" drop
rmmod hoard
check "all memory goes back" given_back 0
rmmod squirrel

# All of it is there at load now.
need load
check "at load the page map is small again" cheap_map
check "far memory is had" of_node 1 where=heap node=1 objects=2000 "beyond=$far"
check "and goes again" drop
finish
