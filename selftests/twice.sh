#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Objects that are freed a second time while another CPU moves them from magazines
# and depots to their slabs: all of it is refused and counted; see twice.c.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

[ "$(nproc)" -gt 1 ] || skip_all "there is one CPU only"

SECONDS_EACH=4
slow && SECONDS_EACH=8

twice() {
	mark
	helper twice seconds=$SECONDS_EACH && return 0
	log_since
	return 1
}

# second_frees: how many there were; rounds: how often CPU 0 has shrunk the cache.
second_frees() {
	word_after 'twice: ' | sed -n 's/^\([0-9]*\) second frees.*/\1/p'
}

rounds() {
	word_after 'twice: ' | sed -n 's/.*second frees in \([0-9]*\) rounds$/\1/p'
}

refused() {
	same "misuse" "$(field caches/twice/stats misuse)" "$(second_frees)" &&
		same "frees" "$(field caches/twice/stats frees)" \
			"$(field caches/twice/stats allocs)" &&
		same "live objects" "$(field caches/twice/stats live_objects)" 0
}

plan 9
need load reclaim=off
check "second frees while CPU 0 shrinks, $SECONDS_EACH s" twice
note "$(second_frees) second frees in $(rounds) rounds"
check "there were some" [ "$(rounds)" -gt 2 ]
check "all were refused and counted" refused
check "squirrel is sound" sound
check "it can be destroyed" rmmod twice
check "which leaves no word" said_nothing_like 'twice.*(live|more frees)'
check "all memory goes back" given_back 0
finish
