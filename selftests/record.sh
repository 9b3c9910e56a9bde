#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The commands squirrel record and squirrel replay: what is recorded is what was done, to the
# object; it plays; how much each strategy holds is said; and what is refused.
# boots: stock bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/squirrel.inc.sh"

TRACING=/sys/kernel/tracing
[ -e $TRACING/events ] || mount -t tracefs none $TRACING 2>/dev/null
[ -e $TRACING/events ] || skip_all "a kernel without tracefs"
echo 0 >$TRACING/options/record-cmd	# as in trace.sh
[ -x "$SQUIRREL" ] || skip_all "the command squirrel is not here"
INSTANCE=$TRACING/instances/squirrel-record
FILE=$TMP/recorded
HOARD="insmod $DIR/selftests/hoard.ko"

# No file that is not whole, no instance of tracefs, and nobody listens.
nothing_left() {
	[ ! -e "$FILE.part" ] && [ ! -e "$INSTANCE" ] || {
		ls -d "$FILE.part" "$INSTANCE"
		return 1
	}
}

u32() {
	od -A n -t u4 -j "$1" -N 4 "$FILE" | tr -d ' '
}

# text_at OFFSET: up to its end, which is a 0.
text_at() {
	dd if="$FILE" bs=1 skip="$1" count=56 2>/dev/null | tr '\0' '\n' | head -n 1
}

# has ALLOCS FREES PEAK LEFT: the head of the file agrees.
has() {
	same records "$(u32 24)" $(($1 + $2)) && same objects "$(u32 32)" "$1" &&
		same peak "$(u32 40)" "$3" && same left "$(u32 76)" "$4"
}

# plays STRATEGY...: the recording, as replay.ko sees it; and has said so of each.
plays() {
	local s options=

	for s; do
		options="$options -s $s"
	done
	# shellcheck disable=SC2086 # words
	ends 0 replay "$FILE" $options || {
		dmesg | grep replay:
		return 1
	}
	same strategies "$(sed 1,2d "$TMP/out" | sed 's/ .*//' | xargs)" "$*" &&
		not_loaded replay
}

# figure STRATEGY COLUMN
figure() {
	awk -v s="$1" -v c="$2" '$1 == s { print $c }' "$TMP/out"
}

not_there_yet() {
	complains 1 "not loaded" record "$FILE" -d 0.1 &&
		complains 1 "not loaded" replay "$DIR/traces/boot.trace"
}

# Of a cache: all of it, who did it, and no interrupts off where there were none.
of_cache() {
	ends 0 record "$FILE" -- $HOARD objects=4000 keep=3000 size=300 && nothing_left &&
		grep -q "^$FILE: 4000 allocations and 1000 frees of 1 caches" "$TMP/out" &&
		grep -q '^live: 4000 at most, 3000 at the end$' "$TMP/out" &&
		same "other lines" "$(wc -l <"$TMP/out")" 2 && has 4000 1000 4000 3000 &&
		same name "$(text_at 80)" hoard && same size "$(u32 120)" 300 &&
		same slot "$(u32 124)" "$(field caches/hoard/stats slot_size)" &&
		same allocations "$(u32 136)" 4000 || return 1
	text_at $(($(u32 56) + 8)) | grep -q '^hoard_take+0x' &&
		same flags "$(od -A n -t u1 -j $(($(u32 64) + 12)) -N 1 "$FILE" |
			tr -d ' ')" 16
}

# Who traces afterwards has as much room as if nobody had recorded before: a kernel gives the
# buffer of all its size when it is first used.
others_room() {
	put $TRACING/events/squirrel/squirrel_misuse/enable 1 &&
		put $TRACING/events/squirrel/squirrel_misuse/enable 0 &&
		cat $TRACING/buffer_size_kb && [ "$(cat $TRACING/buffer_size_kb)" -gt 1000 ]
}

held_by_it() {
	local pages=$((4000 * 304 / PAGE)) s

	plays segregated first best || return 1
	for s in segregated first best; do
		[ "$(figure $s 2)" -ge $pages ] && [ "$(figure $s 2)" -le $((pages * 2)) ] &&
			[ "$(figure $s 3)" -le "$(figure $s 2)" ] &&
			[ "$(figure $s 3)" -gt 0 ] && [ "$(figure $s 4)" -gt 0 ] || {
			echo "$s: not what $pages pages of objects hold"
			return 1
		}
	done
}

# What goes that nobody saw come is left out.
strangers() {
	ends 0 record "$FILE" -- sh -c "rmmod hoard; $HOARD objects=50 size=70" &&
		grep -q '^left out: 3000 frees of what was there before$' "$TMP/out" &&
		has 50 50 50 0 && rmmod hoard && plays best
}

# Of a heap that is destroyed with what is in it, and made anew where it was: nobody told.
of_heaps() {
	ends 0 record "$FILE" -- sh -c "$HOARD where=heap objects=60 keep=9 size=5000;
		rmmod hoard; $HOARD where=default objects=5 keep=5 size=100000" &&
		has 65 60 60 5 && same names "$(text_at 80) $(text_at 144)" "hoard default" &&
		same sizes "$(u32 184)" 100000 && rmmod hoard && plays first best
}

# Of a module that has gone when debugfs is asked; its objects are all that says.
of_gone() {
	ends 0 record "$FILE" -- sh -c "$HOARD objects=30 size=72; rmmod hoard" &&
		has 30 30 30 0 && same size "$(u32 120)" 72 && plays best
}

# What has run in a module's init function has no name any more, and gets nobody else's.
of_init() {
	local i=0 s n="$TMP/names"

	ends 0 record "$FILE" -- insmod "$DIR/samples/acorn.ko" hold=1 || return 1
	while [ $i -lt "$(u32 44)" ]; do
		text_at $(($(u32 56) + 64 * i + 8))
		i=$((i + 1))
	done >"$n"
	cat "$n"
	s=$(grep -c '^0x[0-9a-f]*$' "$n")
	[ "$s" -gt 0 ] && ! grep -v '^0x\|^acorn_[a-z_]*+0x[0-9a-f]\{1,3\}$' "$n" && rmmod acorn
}

none_at_all() {
	helper hoard objects=20 keep=10 || return 1
	rm -f "$FILE"
	complains 1 "nothing was allocated" record "$FILE" -- rmmod hoard &&
		complains 1 "nothing was allocated" record "$FILE" -d 0.2 && [ ! -e "$FILE" ]
}

# begin ARGUMENTS...: a recording in the background that listens by now.
begin() {
	"$SQUIRREL" record "$@" >"$TMP/out" 2>"$TMP/err" &
	recorder=$!
	until_true listening
}

listening() {
	grep -q 1 $INSTANCE/events/squirrel/squirrel_alloc/enable 2>/dev/null
}

until_stopped() {
	begin "$FILE" || return 1
	helper hoard objects=40 keep=10 || return 1
	kill -INT $recorder
	wait $recorder || return 1
	nothing_left && has 40 30 40 10 && rmmod hoard
}

only_one() {
	local status=0

	begin "$FILE" || return 1
	"$SQUIRREL" record "$TMP/other" -d 1 2>"$TMP/other.err" || status=$?
	kill -TERM $recorder
	wait $recorder
	cat "$TMP/other.err"
	same status $status 1 && grep -q 'another recording is under way' "$TMP/other.err" &&
		[ ! -e "$TMP/other.part" ] && nothing_left
}

# What a recording that was killed has left goes with the next.
after_kill() {
	begin "$FILE" || return 1
	kill -KILL $recorder
	wait $recorder
	[ -e $INSTANCE ] || return 1
	ends 0 record "$FILE" -- $HOARD objects=40 keep=10 && nothing_left &&
		has 40 30 40 10 && rmmod hoard
}

# There is no room for 500 of them; what is there is whole, and plays.
lost() {
	ends 0 record "$FILE" -b 64 -- $HOARD objects=60000 keep=100 size=64 &&
		grep -q '^squirrel: [1-9][0-9]* events were lost' "$TMP/err" &&
		[ "$(u32 32)" -lt 60000 ] && rmmod hoard && plays best
}

full_disk() {
	mkdir -p "$TMP/small"
	mount -t tmpfs -o size=64k none "$TMP/small" || return 1
	complains 1 "No space left" record "$TMP/small/f" -- $HOARD objects=9000 keep=10 &&
		same "files left" "$(ls "$TMP/small")" "" && umount "$TMP/small" && rmmod hoard
}

# word KEY: its number in replay.ko's report.
word() {
	listen
	sed -n "s/^replay: subject=.* $1=\([0-9]*\).*/\1/p" "$TMP/log"
}

# replay.ko's own work, on two CPUs, in all contexts, of dozens of caches and a heap, becomes a
# recording with each of its objects; which plays.
round_trip() {
	mark
	ends 0 record "$FILE" -b 65536 -- insmod "$DIR/samples/replay.ko" \
		"trace=$DIR/traces/boot.trace" subject=squirrel events=200000 && rmmod replay &&
		[ ! -s "$TMP/err" ] &&
		same objects "$(u32 32)" "$(word allocs)" &&
		same frees $(($(u32 24) - $(u32 32))) $(($(word frees) + $(word drained))) &&
		same left "$(u32 76)" 0 && ! grep -q guessed "$TMP/out" &&
		[ "$(u32 20)" -gt 30 ] && plays segregated
}

# The recorded boot; all of it is 7376 pages at most.
of_boot() {
	ends 0 replay "$DIR/traces/boot.trace" -s best -m "$DIR/samples/replay.ko" &&
		head -n 1 "$TMP/out" | grep -q ': 28*.*M live at most; pages held, of' &&
		[ "$(figure best 2)" -gt $((7376 * 4096 / PAGE)) ] &&
		[ "$(figure best 2)" -lt $((9400 * 4096 / PAGE)) ] &&
		[ "$(figure best 3)" -gt $((5213 * 4096 / PAGE)) ] &&
		[ "$(figure best 3)" -lt "$(figure best 2)" ]
}

not_played() {
	local trace=$DIR/traces/boot.trace

	head -c 100000 "$trace" >"$TMP/cut"
	complains 1 "is no recording" replay "$DIR/squirrel.ko" &&
		complains 1 "No such file" replay /nowhere &&
		complains 1 "cannot be played with strategy 'best' (Invalid argument)" \
			replay "$TMP/cut" -s best &&
		complains 1 "cannot be played with strategy 'nut'" replay "$trace" -s nut &&
		complains 1 "no strategy 'a b'" replay "$trace" -s "a b" &&
		complains 1 "/nowhere.ko" replay "$trace" -m /nowhere.ko &&
		complains 1 "cannot be played" replay "$trace" -m "$TMP/cut" || return 1
	sample replay "trace=$trace" events=1000 subject=squirrel || return 1
	complains 1 "is loaded" replay "$trace" && rmmod replay
}

# Alone, as a package has it: where replay.ko is to be had.
without_module() {
	cp "$SQUIRREL" "$TMP/alone"
	(
		cd "$TMP" && SQUIRREL=$TMP/alone &&
			complains 1 "replay.ko is not here: say where with -m; man squirrel" \
				replay "$DIR/traces/boot.trace"
	)
}

not_recorded() {
	complains 1 "/nowhere/x.part" record /nowhere/x &&
		complains 1 "no-such-command: No such file" record "$FILE" -- no-such-command
}

bad_usage() {
	complains 2 "file is wanted" record && complains 2 "file is wanted" replay &&
		complains 2 "no option -x" record -x f && complains 2 "no option -" record - &&
		complains 2 "no option -x" replay -x f && complains 2 "too much" record a b &&
		complains 2 "too much" replay a b && complains 2 "-d: '0'" record f -d 0 &&
		complains 2 "-d wants" record f -d && complains 2 "-b: '1'" record f -b 1 &&
		complains 2 "-s wants" replay f -s && complains 2 "-m wants" replay f -m &&
		complains 2 "command is wanted" record f --
}

helped() {
	local c

	for c in record replay; do
		ends 0 --help && grep -q "^  $c " "$TMP/out" && ends 0 $c --help &&
			head -n 1 "$TMP/out" | grep -q "^usage: squirrel $c FILE" || return 1
	done
}

plan 23
check "without the module both say so" not_there_yet
need load reclaim=off
check "a cache's objects, each of them, and by whom" of_cache
check "who traces afterwards has room" others_room
check "what the strategies hold of that" held_by_it
check "frees of what was there before are left out" strangers
check "heaps, also the default one, and large blocks" of_heaps
check "a cache that is gone" of_gone
check "of functions that are gone" of_init
check "without an allocation there is no file" none_at_all
unload hoard
check "until it is stopped" until_stopped
check "one at a time" only_one
check "after one that was killed" after_kill
check "what was lost is told" lost
check "a disk that is full" full_disk
check "replay.ko's own objects, there and back" round_trip
check "the recorded boot" of_boot
check "what cannot be played: 1" not_played
check "without replay.ko: where it is to be had" without_module
check "what cannot be recorded: 1" not_recorded
check "what is not understood: 2" bad_usage
check "both have --help" helped
finish
