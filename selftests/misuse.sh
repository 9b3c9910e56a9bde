#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# What a client does wrong gets the answer it should: an error, one line in the
# log that names cache, address and caller, a count, and otherwise nothing. With
# hardened=0 a cache's pointers are taken on trust, all else is refused as before.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# Reports of one place in 5 s, before the kernel starts to leave some out. One that
# is loaded anew begins to count anew.
BURST=8

STOLEN="was put or freed by others while in use \(1 in all\); kept out of use\$"

# Who is told to have called.
CLIENT='.*\[misuse\]'

reports=0
wanted=

# ready [PARAMETER=VALUE...]
ready() {
	wanted="reclaim=off $*"
	# shellcheck disable=SC2086 # words
	load $wanted
}

# one_more: before each report.
one_more() {
	reports=$((reports + 1))
	[ $((reports % BURST)) -eq 0 ] || return 0
	unload misuse
	# shellcheck disable=SC2086 # words
	rmmod squirrel && load $wanted
}

# scene NAME [PARAMETER=VALUE]: play it; it checks what a client sees.
scene() {
	unload misuse
	mark
	helper misuse "scene=$1" ${2:+"$2"} && said "^misuse: $1 ok\$" &&
		return 0
	log_since
	return 1
}

# Everything goes on: nothing broken, and the client gets its memory back.
goes_on() {
	sound && rmmod misuse && given_back 0
}

# quiet NAME: the scene causes no line at all.
quiet() {
	scene "$1" && said_nothing_like '^squirrel:' && goes_on
}

# refusals NAME PATTERN: one line for each refusal.
refusals() {
	local n

	scene "$1" || return 1
	n=$(word_after 'misuse: refusals ')
	said_times "$n" "^squirrel: $2" && said_times "$n" '^squirrel:' &&
		same "caches" "$(ls "$SQ/caches" | tr '\n' ' ')" \
			"misuse_a misuse_b " &&
		same "heaps" "$(ls "$SQ/heaps" | tr '\n' ' ')" \
			"default misuse_a misuse_b " && goes_on
}

# pattern_of TEXT: what matches it. Until the kernel has a key to hash addresses
# with, %p is a word in parentheses.
pattern_of() {
	echo "$1" | sed 's/[()]/\\&/g'
}

# report NAME CACHE-OR-HEAP PATTERN [CALLER [PARAMETER=VALUE]]: one report, which
# is counted there.
report() {
	local bad all here caller=${4:-$CLIENT}

	one_more || return 1
	all=$(field summary misuse)
	here=$(field "$2/stats" misuse 2>/dev/null)
	scene "$1" "${5:-}" || return 1
	bad=$(pattern_of "$(word_after "misuse: bad pointer ")")
	said_times 1 '^squirrel:' &&
		said "^squirrel: ${2##*/}(/[0-9]+)?: $3,? of $bad, called from $caller; ignored\$" &&
		same "misuse in summary" "$(field summary misuse)" \
			$((all + 1)) &&
		same "misuse of $2" "$(field "$2/stats" misuse)" \
			$((here + 1)) && goes_on
}

# at_slab NAME CACHE-OR-HEAP: taken on trust, and seen when the object is in its slab
# twice; by whom it was freed cannot be told then.
at_slab() {
	report "$1" "$2" "second free" 0x0 settle=1
}

# stolen NAME CACHE-OR-HEAP: a page that others put is reported, counted, and out
# of use. The last heap is gone with its figures.
stolen() {
	local bad all pages

	one_more || return 1
	all=$(field summary misuse)
	pages=$(field summary pages_stolen)
	scene "$1" || return 1
	bad=$(pattern_of "$(word_after "misuse: bad pointer ")")
	said_times "$3" '^squirrel:' &&
		said "^squirrel: ${2##*/}: page $bad $STOLEN" &&
		same "misuse in summary" "$(field summary misuse)" \
			$((all + 1)) &&
		same "pages_stolen in summary" \
			"$(field summary pages_stolen)" $((pages + 1)) ||
		return 1
	[ ! -e "$SQ/$2/stats" ] ||
		same "pages_stolen of $2" "$(field "$2/stats" pages_stolen)" 1 ||
		return 1
	goes_on
}

# limited NAME FILE: refusals for the limit are not counted as lack of memory.
limited() {
	scene "$1" && said_nothing_like '^squirrel:' &&
		same "failed_limit" "$(field "$2/stats" failed_limit)" "$3" &&
		same "failed_nomem" "$(field "$2/stats" failed_nomem)" 0 &&
		goes_on
}

no_memory() {
	scene no_memory &&
		same "failed_limit" \
			"$(field heaps/misuse_b/stats failed_limit)" 0 &&
		same "failed_nomem" \
			"$(field heaps/misuse_b/stats failed_nomem)" 1 &&
		goes_on
}

too_large() {
	scene alloc_size &&
		said_times 2 "^squirrel: heap '[a-z_]*': [0-9]+ bytes asked for" &&
		said_times 2 '^squirrel:' && goes_on
}

cache_in_use() {
	scene cache_destroy &&
		said_times 1 "^squirrel: cache 'misuse_d': destroy refused, 3 objects \(300 bytes\) are live" &&
		said_times 1 '^squirrel:' && goes_on
}

heap_in_use() {
	scene heap_destroy &&
		said_times 1 "^squirrel: heap 'misuse_d': destroyed with 6 objects \([0-9]+ bytes\) live; freed" &&
		said_times 1 '^squirrel:' && goes_on
}

# no_place: no word in the log is an address of kernel memory; a hash begins with 0.
no_place() {
	mark
	! grep -E 'squirrel: .*[^0-9a-f]ff[0-9a-f]{14}([^0-9a-f]|$)' \
		"$TMP/kernel.log"
}

hardened() {
	[ "$(cat /sys/module/squirrel/parameters/hardened)" = Y ]
}

A=caches/misuse_a
H=heaps/misuse_a
FOREIGN="free of memory that is not squirrel's"
MIDDLE="free of a pointer into the middle"
GONE="(second free, or free of memory given back|$FOREIGN)"

senseless() {
	check "bad caches are refused" refusals create_cache "cache"
	check "bad heaps are refused" refusals create_heap "heap"
	check "the largest of each is not" quiet create_edge
	check "sizes 0, too large, overflowing" too_large
	check "realloc of nothing, to nothing, to too much" quiet alloc_realloc
	check "free of nothing does nothing" quiet nothing
	check "no such node, no such mode" quiet numbers
}

bad_pointers_of_caches() {
	check "cache: foreign pointer" report cache_foreign $A "$FOREIGN"
	check "cache: pointer to static data" report cache_static $A "$FOREIGN"
	check "cache: pointer into the middle" report cache_middle $A "$MIDDLE"
	check "cache: odd pointer" report cache_odd $A "$MIDDLE"
	check "cache: second free" report cache_second $A "second free"
	check "cache: second free, others between" report cache_later $A \
		"second free"
	check "cache: free of what was given back" report cache_gone $A "$GONE"
	check "cache: another cache's object" report cache_wrong $A \
		"free of another cache's object"
	check "cache: a heap's object" report cache_heap $A \
		"free of another cache's object"
	check "cache: a bad one in a bulk" report cache_bulk $A "$FOREIGN"
	check "cache: one twice in a bulk" report cache_twins $A "second free"
}

bad_pointers_of_heaps() {
	check "heap: foreign pointer" report heap_foreign $H "$FOREIGN"
	check "heap: another heap's object" report heap_other $H \
		"free of another heap's memory"
	check "heap: a cache's object" report heap_cache $H \
		"free of another heap's memory"
	check "heap: large, into the middle" report large_middle $H "$MIDDLE"
	check "heap: large, second free" report large_second $H "second free.*"
	check "heap: large, another heap's" report large_other $H \
		"free of another heap's memory"
	check "default heap: another heap's object" report default_other \
		heaps/default "free of another heap's memory"
	check "heap: realloc of a foreign pointer" report heap_realloc $H \
		"realloc"
	check "default heap: realloc of a foreign pointer" report \
		default_realloc heaps/default "realloc"
}

pages_of_others() {
	check "page of a slab put by others" stolen page_slab caches/misuse_b 1
	check "page of a slab freed by others, twice" stolen page_free \
		caches/misuse_b 1
	check "page of a large block put by others" stolen page_large \
		heaps/misuse_b 1
	check "page of a heap put by others, then its end" stolen page_heap \
		heaps/misuse_d 2
	check "page of a slab that others refer to" quiet held_slab
	check "page of a large block that others refer to" quiet held_large
}

ends_and_limits() {
	check "cache destroyed in use: refused" cache_in_use
	check "heap destroyed in use: freed" heap_in_use
	check "cache at its limit" limited cache_limit caches/misuse_b 3
	check "heap at its limit" limited heap_limit heaps/misuse_b 1
	check "heap at its limit, large blocks" limited large_limit \
		heaps/misuse_b 1
	check "no memory" no_memory
}

on_trust() {
	check "not hardened: second free, seen at the slab" at_slab \
		cache_second $A
	check "not hardened: the same, others between" at_slab cache_later $A
	check "not hardened: heap, second free" at_slab heap_second $H
	check "not hardened: magazines full, seen at once" report cache_full \
		$A "second free"
	check "not hardened: one twice in a bulk" report cache_twins $A \
		"second free"
}

need ready
if hardened; then
	plan 51
else
	plan 40
fi
senseless
! hardened || bad_pointers_of_caches
bad_pointers_of_heaps
pages_of_others
ends_and_limits
check "an unknown scene is no scene" sh -c \
	"! insmod $DIR/selftests/misuse.ko scene=none"
check "squirrel can be unloaded" rmmod squirrel
check "no report has told where memory is" no_place

need ready hardened=0
on_trust
check "not hardened: large, second free" report large_second $H "second free.*"
check "not hardened: squirrel can be unloaded" rmmod squirrel
finish
