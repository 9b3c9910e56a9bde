#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Each allocation of a client fails once, on a kernel without fault injection: the client
# goes on or gives up, and nothing is left of it.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/sweep.inc.sh"

# Busybox tries a load that failed once more, in another way: then it is loaded after all.
acorn() {
	sample acorn 2>/dev/null
	unload acorn
}

replay() {
	sample replay "trace=$DIR/traces/boot.trace" subject=squirrel events=200 2>/dev/null
	unload replay
}

# with_leak: plant leaves an object when it is told to, whatever fails.
with_leak() {
	helper plant bug=leak 2>/dev/null
}

# all_swept MODULE COMMAND LEAST: so many at least have failed, and squirrel found nothing.
all_swept() {
	mark
	sweep "$1" "$2" || return 1
	echo "$((runs - 1)) allocations failed"
	[ $((runs - 1)) -ge "$3" ] && sound &&
		said_nothing_like '^squirrel: .*(live|twice|second|free of|write)'
}

tell() {
	note "$1: $((runs - 1)) allocations, each failed once"
}

# of FILE WORD: armed, it says what fails; off, no more.
of() {
	put "$SQ/$1" "$2" && same of "$(field fail of)" "$3" &&
		same fails "$(field fail fails)" "${2%%,*}" && put "$SQ/$1" 0 &&
		same fails "$(field fail fails)" 0
}

not_swept() {
	sweep plant with_leak && return 1
	unload plant
	return 0
}

plan 8
need load reclaim=off
check "acorn" all_swept acorn acorn 5
tell acorn
if [ -e "$DIR/traces/boot.trace" ]; then
	check "replay" all_swept replay replay 100
	tell replay
else
	skip "replay" "there is no traces/boot.trace"
fi
check "a client that leaves something is found" not_swept
mark
check "of a module" of fail 3,nut "module nut"
check "of a heap" of heaps/default/fail 7 "heap default"
refuse "of nobody" put "$SQ/fail" 3
finish
