#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# A client's bugs are found by debugging, on a kernel that has no checks of its own: each
# kind is named, with who allocated and freed the object, from whatever context; and
# debugging is switched while it is in use.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# Not on KASAN's kernel: there the last call of a function is no jump, so callers have
# other names, and KASAN sees some of it itself.
KINDS="behind:write_behind_(an_object|a_large_block)
front:write_in_front_of_an_object
after_free:write_after_free
second:second_free
second_later:second_free
middle:free_of_a_pointer_into_the_middle
other:free_of_another_(cache's_object|heap's_memory)
foreign:free_of_memory_that_is_not_squirrel's"

# begin: squirrel as new, and what was said before is not looked at.
begin() {
	unload plant
	unload squirrel
	need load reclaim=off
	mark
}

WHO='^squirrel: plant(_other)?(/[0-9]+)?: '

# planted KIND FROM: a line for each, and nothing else is wrong. Loaded anew, squirrel
# counts anew how many lines there were of late.
planted() {
	local what n

	what=$(echo "$KINDS" | sed -n "s/^$1://p" | tr _ ' ')
	begin
	helper plant bug="$1" from="$2" debug=FZPU || { log_since; return 1; }
	n=$(word_after 'plant: ' | sed -n 's/ planted$//p')
	until_true enough "$n" "$WHO$what"
	said_times "$n" "$WHO$what" || return 1
	case $1 in
	behind | front | after_free)
		said_times "$n" '^squirrel:   allocated .* from plant_alloc\+.*\[plant\]' ||
			return 1 ;;
	esac
	# Where the compiler makes no jump of a call at the end it is plant_free() itself.
	[ "$1" = after_free ] && { said_times "$n" \
		'^squirrel:   freed .* from (after|plant)_free\+.*\[plant\]' || return 1; }
	sound && rmmod plant && rmmod squirrel
}

# What is told later may come while it waits.
enough() {
	# shellcheck disable=SC2034 # listen() asks for it
	heard=
	said_times "$@"
}

# no_bug FROM: nobody is told anything.
no_bug() {
	begin
	helper plant bug=none from="$1" debug=FZPU && rmmod plant &&
		said_nothing_like '^squirrel: ' && rmmod squirrel
}

# What plant.ko leaves of its heap, in bytes: one of each size.
ALL=$((100 + 4096 + 5 * PAGE - 480))

# Who has what is left is told while it lives, and when the cache is to go.
leak() {
	begin
	helper plant bug=leak debug=FZPU || return 1
	cat "$SQ/caches/plant/live" "$SQ/heaps/plant/live"
	grep -q '^ *1 *100 .* plant_alloc+.*\[plant\]$' "$SQ/caches/plant/live" &&
		grep -q "^ *3 *$ALL .* plant_alloc+.*\[plant\]\$" "$SQ/heaps/plant/live" &&
		rmmod plant &&
		said "cache 'plant': destroy refused, 1 objects \(100 bytes\) are live\$" &&
		said '^squirrel:   1 of 100 bytes in all, .* from plant_alloc\+' &&
		said "^squirrel:   3 of $ALL bytes in all, .* from plant_alloc\+" &&
		rmmod squirrel
}

switch() {
	put "$SQ/caches/torture/debug" "$1" && put "$SQ/heaps/torture/debug" "$1"
}

words() {
	put "$SQ/debug" "FZ,pla*" && same rule "$(head -n 1 "$SQ/debug")" "FZ,pla*" &&
		helper plant && same plant "$(cat "$SQ/caches/plant/debug")" FZ &&
		same plant "$(cat "$SQ/heaps/plant/debug")" FZ &&
		put "$SQ/caches/plant/debug" +U &&
		same plant "$(cat "$SQ/caches/plant/debug")" FZU &&
		put "$SQ/debug" - && same plant "$(cat "$SQ/caches/plant/debug")" - &&
		! put "$SQ/debug" "FZX,*" && ! put "$SQ/caches/plant/debug" "f" &&
		said "plant: debug 'f': wanted are letters" && rmmod plant
}

# Of a cache and of a heap: what was live before the mark is not listed, whatever is marked.
snapshot() {
	local file

	begin
	helper plant bug=leak debug=FZPU || return 1
	for file in "$SQ/caches/plant/snapshot" "$SQ/heaps/plant/snapshot"; do
		grep -q ' plant_alloc+.*\[plant\]$' "$file" || return 1
		put "$file" 1 && ! put "$file" 2 || return 1
		! grep ' plant_alloc+' "$file" || return 1
		grep -q ' plant_alloc+' "${file%/*}/live" || return 1
	done
	rmmod plant && put "$SQ/snapshot" 1 && ! put "$SQ/snapshot" nut &&
		helper plant bug=leak debug=FZPU || return 1
	cat "$SQ/caches/plant/snapshot" "$SQ/heaps/plant/snapshot"
	grep -q '^ *1 *100 .* plant_alloc+' "$SQ/caches/plant/snapshot" &&
		grep -q "^ *3 *$ALL .* plant_alloc+" "$SQ/heaps/plant/snapshot" || return 1
	put "$SQ/snapshot" 1 && ! grep ' plant_alloc+' "$SQ/heaps/plant/snapshot" &&
		! grep ' plant_alloc+' "$SQ/caches/plant/snapshot" && rmmod plant
}

# What was freed is kept; who writes to it is found when it may be handed out again at last.
quarantine() {
	begin
	helper plant bug=after_free debug=ZPUQ || return 1
	[ "$(field heaps/plant/stats objects_in_quarantine)" -gt 0 ] || return 1
	reclaim && same quarantine "$(field heaps/plant/stats objects_in_quarantine)" 0 &&
		said "${WHO}write after free" && rmmod plant
}

# Each is a line.
lines() {
	begin
	helper plant bug=none debug=T || return 1
	until_true enough 1 '^squirrel: plant: alloc .*, 100 bytes, by insmod.* from plant_alloc\+' &&
		said '^squirrel: plant: free .* by insmod\[[0-9]+\] on CPU ., from ' && rmmod plant
}

whose() {
	put "$SQ/whose" 1000 && same state "$(field whose state)" "not squirrel's" &&
		! put "$SQ/whose" nut
}

from="task softirq hardirq"
plan $((8 * 3 + 3 + 1 + 5 + 2))
rt=
! uname -v | grep -q PREEMPT_RT || rt="memory is not to be had in hard interrupts on PREEMPT_RT"
for f in $from; do
	if [ -n "$rt" ] && [ "$f" = hardirq ]; then
		skip "without a bug there is no report, $f" "$rt"
		for k in $KINDS; do
			skip "${k%%:*} is found, $f" "$rt"
		done
		continue
	fi
	check "without a bug there is no report, $f" no_bug "$f"
	for k in $KINDS; do
		check "${k%%:*} is found, $f" planted "${k%%:*}" "$f"
	done
done
check "a leak is told, with who allocated it" leak
check "what was freed is in quarantine" quarantine
check "allocations and frees are lines" lines
check "what came since a mark is told, and nothing else" snapshot
begin
check "flags are switched by what is written" words
check "whose an address is" whose
finish
