#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# What NMI leaves on a CPU that goes offline is done when that is back: squirrel waits for such
# work of its own, at the latest when it goes.
# boots: stock kasan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

CPU=/sys/devices/system/cpu/cpu1/online

# figure NAME: a parameter of dying.ko.
figure() {
	cat "/sys/module/dying/parameters/$1"
}

is_done() {
	[ "$(figure ran)" = "$1" ]
}

comes_back() {
	echo 0 >$CPU || return 1
	[ "$(figure queued)" = "$1" ] && [ "$(figure ran)" = $(($1 - 1)) ] || {
		echo "queued $(figure queued), ran $(figure ran): too early"
		echo 1 >$CPU
		return 1
	}
	echo 1 >$CPU && until_true is_done "$1"
}

[ -e $CPU ] || skip_all "one CPU, or it cannot go"
plan 5
need load
need helper dying
check "what was queued as it went is done when it is back" comes_back 1
check "and again" comes_back 2
check "it goes" rmmod dying
finish
