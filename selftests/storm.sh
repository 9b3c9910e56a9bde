#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Task, softirq, hardirq and NMI on one CPU, in the middle of each other; see
# storm.c.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

OPS=2000000
slow && OPS=100000

stormed() {
	mark
	helper storm "ops=$OPS" && said '^storm: SUCCESS ' && return 0
	log_since
	return 1
}

tell() {
	listen
	sed -n 's/^storm: \(SUCCESS\|FAILURE\)/# &/p' "$TMP/log"
}

steps_of() {
	said "steps_$1=[1-9][0-9]*"
}

noticed() {
	mark
	if helper storm "ops=$OPS" busted=1; then
		echo "was not noticed"
		return 1
	fi
	said '^storm: FAILURE '
}

plan 11
need load
check "$OPS steps" stormed
tell
check "softirq had its turn" steps_of softirq
check "hardirq had its turn" steps_of hardirq
nmi=
if [ "$(nproc)" -ge 2 ] && [ "$(uname -m)" = x86_64 ]; then
	nmi=1
	check "NMI had its turn" steps_of nmi
else
	skip "NMI had its turn" "one CPU cannot send itself an NMI at random"
fi
check "unloads" rmmod storm
check "squirrel is sound" sound
check "all memory goes back" given_back 0
if [ "$nmi" ]; then
	check "a write from NMI is noticed" noticed
else
	skip "a write from NMI is noticed" "there is no NMI"
fi
check "squirrel is sound after that" sound
finish
