#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# A CPU goes and leaves its magazines full: what is in them comes back.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

ONLINE=/sys/devices/system/cpu/cpu1/online
[ -e $ONLINE ] || skip_all "this machine cannot take CPU 1 offline"

timer=300
slow && timer=3000

magazines() {
	field caches/hoard/stats objects_in_magazines
}

adds_up() {
	same objects "$(field caches/hoard/stats objects)" $((
		$(field caches/hoard/stats objects_in_slabs) +
		$(field caches/hoard/stats objects_in_magazines) +
		$(field caches/hoard/stats objects_in_depots) +
		$(field caches/hoard/stats live_objects)))
}

empty() {
	[ "$(magazines)" -eq 0 ]
}

told() {
	[ "$(field reclaim/stats cpus_dead)" -eq 1 ]
}

# Down and up as often as it goes while the torture lasts.
toggle() {
	local n=0

	while not_torn; do
		put $ONLINE 0 || return 1
		sleep 0.2
		put $ONLINE 1 || return 1
		sleep 0.2
		n=$((n + 1))
	done
	echo $n >"$TMP/toggles"
}

not_torn() {
	[ ! -e "$TMP/torn" ]
}

# While it went down and up, some seconds: it succeeds.
torture_once() {
	mark
	rm -f "$TMP/torn"
	{
		helper torture seconds=5 "timer_us=$timer"
		touch "$TMP/torn"
	} &
	toggle
	wait
	heard=
	note "$(cat "$TMP/toggles") times down and up"
	log_since
	said '^torture: SUCCESS' && loaded torture
}

# As many rounds of it as CPU 1 needs to go three times, however slow that is.
tortured() {
	local rounds=0 tries=0

	while torture_once; do
		rounds=$((rounds + $(cat "$TMP/toggles")))
		tries=$((tries + 1))
		[ "$rounds" -lt 3 ] || return 0
		[ "$tries" -lt 20 ] || return 1
		rmmod torture || return 1
	done
	return 1
}

come_back() {
	put $ONLINE 1 2>/dev/null
	clean_up
}
trap come_back EXIT

# What a CPU left that is offline is nobody's.
nothing_refused() {
	mark
	helper gone cpu=1 rounds=20 || return 1
	log_since
	said '^gone: refused 0 of 20$' && rmmod gone
}

plan 21
need load reclaim=off
check "CPU 1 fills its magazines" helper hoard cpu=1 objects=1000 size=64
check "they are full" [ "$(magazines)" -gt 0 ]
check "CPU 1 goes" put $ONLINE 0
check "squirrel was told" until_true told
check "its magazines are emptied" until_true empty
check "no object is lost" adds_up
check "squirrel is sound" sound
check "unloads meanwhile" rmmod hoard
check "all memory goes back" given_back 0
check "CPU 0 works alone" helper hoard cpu=0 objects=1000 size=64
check "unloads again" rmmod hoard
check "CPU 1 comes back" put $ONLINE 1
check "and works" helper hoard cpu=1 objects=1000 size=64
check "it has magazines again" [ "$(magazines)" -gt 0 ]
rmmod hoard

check "a cache goes right after a CPU that used it" nothing_refused

# In the middle of it.
check "torture while CPU 1 comes and goes" tortured
check "squirrel is sound after that" sound
check "unloads after that" goes torture
check "all memory goes back after that" given_back 0
finish
