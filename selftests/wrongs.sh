#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# What clients do wrong, 327 times: each kind with caches and heaps, small, a page and
# large, from a task, softirq and hardirq. With debugging each is told as what it is, and
# who allocated and freed it; without, memory of others is as it was in any case.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# As many as make sense of 18: see kinds in wrongs.c.
KINDS="overflow:18
underflow:15
write_after_free:15
second_free:18
second_free_later:18
second_free_overwritten:18
second_free_bulk:9
foreign_static:18
foreign_kernel:18
interior:18
other_caches:18
other_heaps:18
after_destroy:18
leak_at_destroy:18"

# With G, of all sizes. Only on x86 does who touched what is not mapped go on, also in an
# interrupt.
GUARDED="guarded_overflow
guarded_underflow
guarded_write_after_free
guarded_read_after_free"

# What a module that is gone has left, of each size.
LEFT="100 4096 $((5 * PAGE - 480))"
SITE='from leave_in_(task|softirq|hardirq)\+.*\[leaver\]$'

begin() {
	unload wrongs
	unload squirrel
	need load reclaim=off
	mark
}

right() {
	said "^wrongs: $1 right: $2 of $2\$" || {
		grep "^wrongs: $1," "$TMP/log"
		return 1
	}
}

# With debugging off it is no matter what is said, but all go on. None is left out then, nor
# what is written beside an object.
harmless() {
	begin
	helper wrongs && right overflow 18 && right underflow 18 &&
		said "^wrongs: all right: ([0-9]+) of \1\$" && sound && rmmod wrongs
}

guarded() {
	local k

	begin
	wanted 'oopses are' wrongs helper wrongs debug=FZPUG || return 1
	# shellcheck disable=SC2034 # listen() asks for it: what there was is there
	heard=1
	for k in $GUARDED; do
		right "$k" 18 || return 1
	done
	said "^wrongs: all right: 72 of 72\$" && sound && rmmod wrongs
}

# With warn=Y a report is a warning as well.
warns() {
	begin
	put /sys/module/squirrel/parameters/warn Y &&
		wanted 'warnings are' squirrel helper plant bug=second from=task debug=U || return 1
	# shellcheck disable=SC2034 # as above
	heard=1
	said_times "$(word_after 'plant: ' | sed -n 's/ planted$//p')" '^WARNING: .*report[.]c:' &&
		said '(RIP: |pc : ).*\[squirrel\]' && rmmod plant &&
		put /sys/module/squirrel/parameters/warn N
}

# A module goes: each place that allocated is named while it has a name.
leavers() {
	local size

	begin
	helper wrongs debug=FZPU && mark && helper leaver && rmmod leaver || return 1
	for size in $LEFT; do
		said_times 1 "^squirrel: module 'leaver' goes and leaves cache 'leaver_$size', 3 objects" &&
			said_times 1 "^squirrel: module 'leaver' goes and leaves heap 'leaver_$size'" &&
			said_times 6 "^squirrel:   1 of $size bytes in all, .*, $SITE" || return 1
	done
	for size in task softirq hardirq; do
		said_times 6 "^squirrel:   1 of .* from leave_in_$size\+" || return 1
	done
	rmmod wrongs
}

! uname -v | grep -q PREEMPT_RT ||
	skip_all "memory is not to be had in hard interrupts on PREEMPT_RT"
plan 22
begin
need helper wrongs debug=FZPU
listen
for k in $KINDS; do
	note "$(grep "^wrongs: ${k%%:*} right: " "$TMP/log")"
	check "${k%%:*}: each is told as what it is" right "${k%%:*}" "${k#*:}"
done
check "squirrel is sound" sound
if [ "$(uname -m)" = x86_64 ]; then
	check "with G, what is touched beside an object and after its free is told: 72 of 72" guarded
else
	skip "with G, what is touched beside an object and after its free is told" \
		"an oops in an interrupt ends this machine"
fi
check "what a module leaves is told with who allocated it: 18 of 18" leavers
check "without debugging, memory of others is as it was" harmless
note "without debugging: $(grep '^wrongs: all right: ' "$TMP/log")"
check "with warn=Y a report is a warning as well" warns
begin
need helper wrongs debug=FZPU deaf=1
check "where nothing is wrong nothing is right" said '^wrongs: all right: 0 of '
finish
