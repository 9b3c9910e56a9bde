#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The drop-in's own suite in objects that are redirected, with no header: the same
# tests, those of #undef, of other headers' inline functions and of prebuilt objects;
# then a whole folder of objects that have kmalloc() from squirrel as well.
# boots: stock kasan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/dropin.inc.sh"

nothing_kept() {
	unload "$player" && until_true given_back 0
}

need load reclaim=off
need insert "$DIR/squirrel_dropin.ko"
play dropin_all
nr=$(nr_played)
unload dropin_all
play dropin_obj
nr=$((nr + $(nr_played)))
plan $((nr + 9))
each_played
check "dropin_obj: nothing is left of all that" nothing_left
check "dropin_obj: all is given back" nothing_kept
play dropin_obj only=flags_lost
check "dropin_obj: what is lost is said again to who comes again" \
	is ok "$(cut -d ' ' -f 1 "$TMP/played")"
unload dropin_obj
play dropin_all
each_played
check "dropin_all: nothing is left of all that" nothing_left
check "dropin_all: all is given back" nothing_kept
unload squirrel_dropin
refuse "without squirrel_dropin.ko it does not load" helper dropin_all
need insert "$DIR/squirrel_dropin.ko"
helper dropin_all only=none 2>/dev/null
check "squirrel_dropin.ko can go when nobody uses it" rmmod squirrel_dropin
finish
