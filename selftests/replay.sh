#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The recorded trace, in each strategy and reclaim mode (all of it once in each, a
# part in the other pairs of them); that the replayer sees damage done to objects;
# and that it refuses damaged traces.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

TRACE=$DIR/traces/boot.trace
[ -e "$TRACE" ] || skip_all "there is no traces/boot.trace"

# On a slow kernel a part of the trace has to do.
part=
slow && part=events=20000

# play TRACE [PARAMETER=VALUE...]: on squirrel alone.
play() {
	local trace=$1

	shift
	# shellcheck disable=SC2086 # part may be nothing
	sample replay "trace=$trace" subject=squirrel $part "$@"
}

all_right() {
	said '^replay: subject=squirrel .* failed=0 pattern_errors=0 ' &&
		said_nothing_like '^squirrel:'
}

# One run gives all memory back; and the page map is as it was moments later.
nothing_held() {
	given_back 0 && until_true back_to "$before" && return 0
	same "pages held by blocks" "$(held_by_blocks)" "$before"
	cat "$SQ/summary"
	return 1
}

# settled: a grace period has passed, it seems, and nothing goes any more.
settled() {
	local last=$before

	reclaim
	sleep 0.5
	before=$(held_by_blocks)
	[ "$before" = "$last" ]
}

# shortly COMMAND...: with a part of the trace, on a fast kernel as well.
shortly() {
	local part=${part:-events=100000}

	"$@"
}

# replayed STRATEGY HEAP: pattern right, all memory back after reclaim.
replayed() {
	mark
	play "$TRACE" "strategy=$1" heap="$2" || {
		log_since
		return 1
	}
	all_right || return 1
	rmmod replay || return 1
	nothing_held && sound
}

# noticed N: a planted defect makes the load fail, and nothing stays behind.
noticed() {
	mark
	if play "$TRACE" "busted=$1"; then
		echo "was not noticed"
		log_since
		return 1
	fi
	said '^replay: .* pattern_errors=[1-9]' || return 1
	nothing_held && not_loaded replay
}

# not_taken PATTERN PARAMETER...: refused with EINVAL, in a line that says why.
not_taken() {
	local pattern=$1

	shift
	mark
	if play "$TRACE" "$@" 2>"$TMP/error"; then
		echo "was played"
		return 1
	fi
	grep -q -F 'Invalid argument' "$TMP/error" &&
		said "^replay: .*$pattern" && not_loaded replay
}

# word KEY: its number in the report.
word() {
	listen
	sed -n "s/^replay: subject=.* $1=\([0-9]*\).*/\1/p" "$TMP/log"
}

# What is live at the end stays to be looked at, and only then comes the report.
kept() {
	mark
	play "$TRACE" keep=1 || return 1
	live=$(($(field summary live_objects)))
	said_nothing_like '^replay: subject=' && sound && rmmod replay &&
		all_right && same "live objects" "$live" "$(word drained)" &&
		nothing_held
}

# calls RATE OPERATIONS: their number, from how many a million operations make.
calls() {
	echo $(($(word "$1") * $2 / 1000000))
}

# What squirrel says it fetched for one heap the probes have seen, and what it
# gave back: with the frees at the end there are more calls than without.
calls_counted() {
	local gets ops

	mark
	play "$TRACE" keep=1 pagecalls=1 || return 1
	gets=$(($(field heaps/replay/stats source_gets)))
	rmmod replay && all_right || return 1
	ops=$(($(word allocs) + $(word frees)))
	echo "$gets fetches of the heap's own; $(word_after 'replay: .* page_allocs=') calls of all"
	[ "$gets" -gt 0 ] && [ "$(word page_allocs)" -ge "$gets" ] &&
		[ "$(word page_calls_per_million)" -gt 0 ] &&
		[ "$(calls page_calls_whole $((ops + $(word drained))))" -gt \
			"$(calls page_calls_per_million $ops)" ] && nothing_held
}

# Live objects are in squirrel's pages, and there is room for them; and of each look
# there is every figure.
looked_at() {
	local used touched notes=/sys/kernel/debug/squirrel_replay/looks

	mark
	play "$TRACE" keep=1 touched=1 looks=10 samples=1 || return 1
	used=$(($(field summary pages_used)))
	same "looks" "$(grep -c '^pages_held: [0-9]' $notes)" \
		"$(grep -c '^evenly: ' $notes)" &&
		same "even ones" "$(grep -c '^evenly: 1' $notes)" 10 || return 1
	rmmod replay && all_right || return 1
	touched=$(word touched_end)
	echo "$touched of $used pages"
	[ "$touched" -le "$used" ] &&
		[ $((touched * PAGE)) -ge "$(word bytes_end)" ] && nothing_held
}

# ---- damaged traces -----------------------------------------------------------

u64_at() {
	od -A n -t u8 -j "$2" -N 8 "$1" | tr -d ' '
}

# patch FILE OFFSET OCTAL...: overwrite bytes.
patch() {
	local file=$1 at=$2

	shift 2
	# shellcheck disable=SC2059 # the format is the bytes
	printf "$(printf '\\%s' "$@")" |
		dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
}

# refused FILE PATTERN: with EINVAL, one line that names the place, and nothing
# stays behind.
refused() {
	mark
	if play "$1" 2>"$TMP/error"; then
		echo "was played"
		return 1
	fi
	grep -q -F 'Invalid argument' "$TMP/error" || {
		cat "$TMP/error"
		return 1
	}
	# busybox tries twice
	listen
	same "different lines" "$(grep '^replay:' "$TMP/log" | sort -u |
		wc -l)" 1 &&
		said "^replay: .*$2" &&
		same "pages held by blocks" "$(held_by_blocks)" "$before" &&
		same "caches left" "$(ls "$SQ/caches")" ""
}

# with_bytes PATTERN OFFSET OCTAL...: the trace with other bytes there.
with_bytes() {
	local pattern=$1 at=$2 status

	shift
	[ -e "$TMP/bad.trace" ] || cp "$TRACE" "$TMP/bad.trace"
	patch "$TMP/bad.trace" "$@"
	refused "$TMP/bad.trace" "$pattern"
	status=$?
	dd if="$TRACE" of="$TMP/bad.trace" bs=1 skip="$at" seek="$at" \
		count=$(($# - 1)) conv=notrunc 2>/dev/null
	return $status
}

# cut_to BYTES PATTERN: only the first part of the trace.
cut_to() {
	local status

	head -c "$1" "$TRACE" >"$TMP/cut.trace"
	refused "$TMP/cut.trace" "$2"
	status=$?
	rm "$TMP/cut.trace"
	return $status
}

if slow; then
	plan 27
else
	plan 36
fi
need load reclaim=off
# The first use fetches a page of descriptors that stays.
need sample acorn
rmmod acorn
before=
need until_true settled
size=$(wc -c <"$TRACE")
first=$(u64_at "$TRACE" 64)
record=12345
at=$((first + 16 * record))

for strategy in segregated first best; do
	for mode in off "series 1000" "parallel 20"; do
		put "$SQ/reclaim/mode" "$mode"
		case $strategy-$mode in
		segregated-off | first-series* | best-parallel*) far= ;;
		*) far=shortly ;;
		esac
		check "$strategy fit, reclaim $mode" $far replayed $strategy own
	done
done
put "$SQ/reclaim/mode" off
check "on the default heap" shortly replayed segregated default

check "an overrun is noticed" noticed 1
check "a use after free is noticed" noticed 2

check "what is live can be kept" shortly kept
check "calls of the page allocator are counted" shortly calls_counted
check "refused: pagecalls=maybe" not_taken "invalid for parameter .pagecalls" \
	pagecalls=maybe
check "pages are looked at while a trace is played" shortly looked_at
check "refused: more looks than samples" not_taken "parameter looks: " looks=201
check "refused: keep of two subjects" not_taken "parameter keep: " \
	subject=both keep=1

# A trace that is not freed again is some thousand pages.
free=$(free_pages)
check "refused: bad magic" with_bytes 'header: bad magic' 0 130
check "refused: bad op" with_bytes "record $record: unknown op" $at 11
check "refused: bad object id" \
	with_bytes "record $record: object id" $((at + 4)) 377 377 377 377
check "refused: cut in the middle" cut_to $((size / 2)) 'header: bad nevents'
check "refused: empty" cut_to 0 'not a trace'
if ! slow; then
	check "refused: version 2" with_bytes 'header: bad version' 8 2
	check "refused: a cache without a name" \
		with_bytes 'cache 0: bad name' 80 0
	check "refused: bad cpu" \
		with_bytes "record $record: unknown cpu" $((at + 1)) 377
	check "refused: bad cache" \
		with_bytes "record $record: unknown cache" $((at + 2)) 377 377
	check "refused: first record frees" \
		with_bytes "record 0: frees" $((first)) 1
	check "refused: cut in the last record" \
		cut_to $((size - 1)) 'header: bad nevents'
	check "refused: cut in the header" cut_to 40 'not a trace'
	check "refused: a folder" refused "$TMP" 'not a trace'
	refuse "refused: no such file" play "$TMP/none"
fi
rm "$TMP/bad.trace"
check "no memory is lost" no_less "$free" 500
check "squirrel is sound" sound
finish
