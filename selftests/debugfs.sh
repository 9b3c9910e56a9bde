#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# What stands in debugfs: the files of the layout, figures that can be read by a
# program and that agree with each other, and writes that are taken or refused.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# The tree as "permissions path", without the directories' own.
tree() {
	(cd "$SQ" && find . -type f -exec stat -c '%a %n' {} \; | sort -k 2)
}

wanted_tree() {
	local c h

	echo "400 ./check"
	echo "600 ./debug"
	echo "600 ./fail"
	echo "600 ./kmem_events"
	echo "600 ./sample"
	echo "600 ./snapshot"
	echo "400 ./summary"
	echo "400 ./summary_all"
	echo "600 ./whose"
	for c in acorn hoard; do
		echo "400 ./caches/$c/blocks"
		echo "400 ./caches/$c/check"
		echo "600 ./caches/$c/debug"
		echo "600 ./caches/$c/fail"
		echo "400 ./caches/$c/histogram"
		echo "400 ./caches/$c/live"
		echo "400 ./caches/$c/map"
		echo "400 ./caches/$c/peak"
		echo "600 ./caches/$c/sample"
		echo "600 ./caches/$c/snapshot"
		echo "400 ./caches/$c/stats"
	done
	for h in acorn_hollow default; do
		echo "400 ./heaps/$h/blocks"
		echo "400 ./heaps/$h/check"
		echo "600 ./heaps/$h/debug"
		echo "600 ./heaps/$h/fail"
		echo "400 ./heaps/$h/histogram"
		echo "400 ./heaps/$h/live"
		echo "400 ./heaps/$h/map"
		echo "400 ./heaps/$h/peak"
		echo "600 ./heaps/$h/sample"
		echo "600 ./heaps/$h/snapshot"
		echo "400 ./heaps/$h/stats"
		echo "600 ./heaps/$h/strategy"
	done
	echo "400 ./reclaim/history"
	echo "600 ./reclaim/mode"
	echo "200 ./reclaim/run"
	echo "400 ./reclaim/stats"
}

layout_right() {
	tree >"$TMP/tree"
	wanted_tree | sort -k 2 >"$TMP/wanted"
	diff "$TMP/wanted" "$TMP/tree"
}

readable() {
	local file

	find "$SQ" -type f ! -name run >"$TMP/files"
	while read -r file; do
		cat "$file" >"$TMP/content" || return 1
		[ -s "$TMP/content" ] || {
			echo "$file is empty"
			return 1
		}
	done <"$TMP/files"
}

# well_formed FILE: "key: number" lines, each key once; names are words.
well_formed() {
	awk -v file="$1" '
		/^(name|owner|strategy): [!-~]+$/ { n[$1]++; next }
		/^[a-z_]+: [0-9]+$/ { n[$1]++; next }
		{ print file ": odd line: " $0; bad = 1 }
		END {
			for (k in n)
				if (n[k] > 1) {
					print file ": twice: " k
					bad = 1
				}
			exit bad || !NR
		}' "$SQ/$1"
}

all_stats() {
	(cd "$SQ" && find . -name stats | sed 's|^\./||')
}

all_well_formed() {
	local file

	for file in $(all_stats); do
		well_formed "$file" || return 1
	done
}

# The summary ends in such lines, after a table: what holds most comes first, and what
# it holds is told with a unit as well.
summary_well_formed() {
	awk -v page=$PAGE '
		function human(k,    u) {
			for (u = 1; k >= 1024 && u < 5; u++)
				k /= 1024
			return k
		}
		tail && /^[a-z_]+: [0-9]+$/ { n++; next }
		/^$/ { tail = 1; next }
		tail { print "odd line: " $0; bad = 1; next }
		NR == 1 { next }
		$1 != "cache" && $1 != "heap" { print "odd row: " $0; bad = 1 }
		NF != 8 { print "odd number of columns: " $0; bad = 1 }
		$8 !~ /^[0-9]+\.[0-9][KMGTP]$/ { print "no unit: " $0; bad = 1 }
		($8 + 0) > human($6 * page / 1024) + 0.01 ||
		($8 + 0) < human($6 * page / 1024) - 0.2 {
			print "not the same: " $0
			bad = 1
		}
		NR > 2 && $6 > last { print "not sorted: " $0; bad = 1 }
		{ last = $6 }
		END { exit bad || !n }' "$SQ/summary"
}

# sums FILE: what is in a cache or heap adds up.
sums() {
	local f=$1

	same "$f: objects" "$(field "$f" objects)" $((
		$(field "$f" objects_in_slabs) +
		$(field "$f" objects_in_magazines) +
		$(field "$f" objects_in_depots) +
		$(field "$f" live_objects) - ${2:-0})) &&
		same "$f: slab_bytes" "$(field "$f" slab_bytes)" \
			$(($(field "$f" slab_pages) * PAGE)) &&
		same "$f: live" "$(field "$f" live_objects)" \
			$(($(field "$f" allocs) - $(field "$f" frees))) &&
		same "$f: slabs" "$(field "$f" slabs)" \
			$(($(field "$f" slabs_made) -
				$(field "$f" slabs_released)))
}

caches_add_up() {
	local c

	for c in acorn hoard; do
		sums caches/$c/stats || return 1
		same "$c: live_bytes" "$(field caches/$c/stats live_bytes)" \
			$(($(field caches/$c/stats live_objects) *
				$(field caches/$c/stats object_size))) ||
			return 1
	done
}

heap_adds_up() {
	local f=heaps/$1/stats

	sums "$f" "$(field "$f" large_objects)" &&
		same "$f: pages_held" "$(field "$f" pages_held)" \
			$(($(field "$f" pages_used) +
				$(field "$f" pages_free))) &&
		same "$f: bytes_held" "$(field "$f" bytes_held)" \
			$(($(field "$f" pages_held) * PAGE)) &&
		same "$f: fetched" "$(field "$f" pages_held)" \
			$(($(field "$f" pages_fetched) -
				$(field "$f" pages_returned)))
}

heaps_add_up() {
	heap_adds_up default && heap_adds_up acorn_hollow
}

# column KIND N: sum of a column of the summary's table over rows of that kind.
# What squirrel has for itself is none of its clients'.
column() {
	awk -v kind="$1" -v n="$2" '
		$1 == kind && $2 !~ /^squirrel-/ { sum += $n }
		END { print sum + 0 }' "$SQ/summary"
}

# all_rows N: sum of that column over all rows, squirrel's own among them.
all_rows() {
	awk -v n="$1" '
		/^$/ { exit }
		NR > 1 { sum += $n }
		END { print sum + 0 }' "$SQ/summary"
}

# row NAME [FILE]: the pages in the row of that name.
row() {
	awk -v name="$1" '
		/^$/ { exit }
		$2 == name { print $6 }' "$SQ/${2:-summary}"
}

# Pages are told once: with the cache, not with the heap that it has them from.
caches_have_their_pages() {
	same "hoard" "$(row hoard)" "$(field caches/hoard/stats slab_pages)" || return 1
	[ "$(row default)" -le $(($(field heaps/default/stats pages_held) -
		$(row hoard))) ] || {
		echo "default: $(row default) of $(field heaps/default/stats pages_held)"
		return 1
	}
}

# What has nothing is in summary_all only, and both end in the same figures.
nothing_left_out() {
	local n

	awk '/^$/ { exit } NR > 1 && !$4 && !$6 && !$7 { print; bad = 1 }
		END { exit bad }' "$SQ/summary" || return 1
	awk '/^$/ { exit } NR > 1 { print $1, $2 }' "$SQ/summary_all" >"$TMP/rows"
	for n in "$SQ"/caches/*/ "$SQ"/heaps/*/; do
		n=${n%/}
		grep -q " ${n##*/}$" "$TMP/rows" || {
			echo "no row for $n"
			return 1
		}
	done
	same "summary_all: heaps" "$(field summary_all heaps)" "$(field summary heaps)"
}

summary_adds_up() {
	local key

	for key in pages_used pages_free; do
		same "summary: $key" "$(field summary $key)" \
			"$(total heaps $key)" || return 1
	done
	same "summary: pages_held" "$(held)" $((
		$(field summary pages_used) + $(field summary pages_free) +
		$(field summary pages_meta))) &&
		same "summary: heaps" "$(field summary heaps)" 2 &&
		same "table: pages" "$(all_rows 6)" \
			"$(total heaps pages_held)" &&
		same "table: heap live" "$(column heap 4)" \
			"$(total heaps live_objects)" &&
		same "table: heap live bytes" "$(column heap 5)" \
			"$(total heaps live_bytes)"
}

# All that clients hold, whether in a cache, a class or a block of its own.
summary_counts_all() {
	same "summary: live_objects" "$(field summary live_objects)" \
		$(($(column cache 4) + $(column heap 4))) &&
		same "summary: live_bytes" "$(field summary live_bytes)" \
			$(($(column cache 5) + $(column heap 5)))
}

# histogram FILE COLUMN [TABLE]: its sum, in the first or second table.
histogram() {
	awk -v n="$2" -v table="${3:-1}" '
		BEGIN { at = 1 }
		/^$/ { at++; next }
		at == table && $1 ~ /^[0-9]+$/ { sum += $n }
		END { print sum + 0 }' "$SQ/$1"
}

histograms_right() {
	local c h

	for c in acorn hoard; do
		same "$c: histogram" "$(histogram caches/$c/histogram 2)" \
			"$(field caches/$c/stats slabs)" || return 1
	done
	for h in heaps/default heaps/acorn_hollow; do
		same "$h: free" "$(histogram $h/histogram 2)" \
			"$(field $h/stats blocks_free)" &&
			same "$h: used" "$(histogram $h/histogram 3)" \
				"$(field $h/stats blocks_used)" || return 1
	done
}

classes_right() {
	local h

	for h in heaps/default heaps/acorn_hollow; do
		same "$h: live in classes" "$(histogram $h/histogram 2 2)" \
			$(($(field $h/stats live_objects) -
				$(field $h/stats large_objects))) &&
			same "$h: objects" "$(histogram $h/histogram 3 2)" \
				"$(field $h/stats objects)" &&
			same "$h: slabs" "$(histogram $h/histogram 4 2)" \
				"$(field $h/stats slabs)" &&
			same "$h: pages" "$(histogram $h/histogram 5 2)" \
				"$(field $h/stats slab_pages)" || return 1
	done
}

# map FILE: how many pages it says there are. What it shows: map.sh.
map() {
	sed -n '1s/.* in all: \([0-9]*\) pages*$/\1/p' "$SQ/$1"
}

maps_right() {
	local c h

	for c in acorn hoard; do
		same "$c: map" "$(map caches/$c/map)" \
			"$(field caches/$c/stats slab_pages)" || return 1
	done
	for h in default acorn_hollow; do
		same "$h: map" "$(map heaps/$h/map)" \
			"$(field heaps/$h/stats pages_held)" || return 1
	done
}

# bad_write FILE TEXT: EINVAL, a line in the log that says why, and the file reads as
# before.
bad_write() {
	local before

	before=$(cat "$SQ/$1" 2>/dev/null)
	mark
	if put "$SQ/$1" "$2" 2>"$TMP/error"; then
		echo "'$2' was taken: $(cat "$SQ/$1" 2>/dev/null)"
		return 1
	fi
	grep -q -F 'Invalid argument' "$TMP/error" || {
		cat "$TMP/error"
		return 1
	}
	one_line "$1" "$2" &&
		same "$1" "$(cat "$SQ/$1" 2>/dev/null)" "$before"
}

# one_line FILE TEXT: since the mark, squirrel said one line, which names the file.
one_line() {
	listen
	[ "$(grep -c '^squirrel: ' "$TMP/log")" -eq 1 ] &&
		grep '^squirrel: ' "$TMP/log" | grep -q -F -e "${1##*/}" -e "${1%%/*}" ||
	{
		echo "$1: '$2' was refused, and the log says:"
		cat "$TMP/log"
		return 1
	}
}

no_bad_whose() {
	local bad

	for bad in "" x 0xg "12 34" 0x112233445566778899; do
		bad_write whose "$bad" || return 1
	done
}

no_bad_debug() {
	local bad file

	for bad in Y F+ "+" "FZ PU" "-X"; do
		for file in debug caches/hoard/debug heaps/default/debug; do
			bad_write $file "$bad" || return 1
		done
	done
}

no_bad_fail() {
	local bad file

	for bad in x -1 1.5; do
		for file in fail caches/hoard/fail heaps/default/fail; do
			bad_write $file "$bad" || return 1
		done
	done
	bad_write fail 3
}

no_bad_mode() {
	local bad

	bad_write reclaim/mode on && bad_write reclaim/mode "series 0" ||
		return 1
	slow && return
	for bad in "" " " OFF "off 1" "series -1" "series x" "series 1 2" \
		"parallel 0" "parallel 60001" "parallel 1.5" \
		"series 99999999999999999999" "series 0x10" \
		"a word that is far longer than any that this file could take"; do
		bad_write reclaim/mode "$bad" || return 1
	done
}

# long LENGTH: a word of that many characters, its newline among them.
long() {
	printf "%$(($1 - 1))s" | tr ' ' x
}

# 63 characters are read and refused for what they say, more for their number; a
# kernel with KASAN knows if they were read all the same.
no_long_words() {
	local n

	for n in 63 64 65 100; do
		bad_write reclaim/mode "$(long $n)" &&
			bad_write reclaim/run "$(long $n)" &&
			bad_write heaps/default/strategy "$(long $n)" ||
			return 1
	done
}

# nul FILE TEXT: what is behind a NUL counts; the shell cannot hold one.
nul() {
	local before

	before=$(cat "$SQ/$1" 2>/dev/null)
	if printf '%s\000x' "$2" 2>/dev/null >"$SQ/$1"; then
		echo "'$2' and a NUL was taken by $1"
		return 1
	fi
	same "$1" "$(cat "$SQ/$1" 2>/dev/null)" "$before"
}

no_cut_words() {
	nul reclaim/mode "series 3" && nul reclaim/run 1 &&
		nul heaps/default/strategy best
}

# The directory of the caches is made when first walked through: tools that look
# at it before and after must not be misled.
same_inode() {
	local before after

	before=$(stat -c %i "$SQ/caches")
	ls "$SQ/caches/" >"$TMP/list" || return 1
	after=$(stat -c %i "$SQ/caches")
	same "inode" "$after" "$before" && [ -s "$TMP/list" ]
}

no_bad_run() {
	local bad runs

	runs=$(field reclaim/stats runs_asked)
	for bad in "" 0 11; do
		bad_write reclaim/run "$bad" || return 1
	done
	same "runs" "$(field reclaim/stats runs_asked)" "$runs"
}

no_bad_strategy() {
	local bad

	for bad in "" worst "first best" firstfirst; do
		bad_write heaps/default/strategy "$bad" || return 1
	done
}

# check_tells: it is in the heap whose page was spoilt, and nowhere else.
check_tells() {
	helper spoil && same check "$(cat "$SQ/check")" 1 &&
		same default "$(cat "$SQ/heaps/default/check")" 1 &&
		same spoil "$(cat "$SQ/caches/spoil/check")" 0 && rmmod spoil &&
		same default "$(cat "$SQ/heaps/default/check")" 0
}

nothing_else_written() {
	local file

	find "$SQ" -type f ! -name mode ! -name run ! -name strategy ! -name debug \
		! -name whose ! -name fail ! -name snapshot ! -name sample \
		! -name kmem_events >"$TMP/files"
	while read -r file; do
		if put "$file" 1 2>/dev/null; then
			echo "$file was written to"
			return 1
		fi
	done <"$TMP/files"
}

good_mode() {
	put "$SQ/reclaim/mode" "$1" &&
		same mode "$(cat "$SQ/reclaim/mode")" "${2:-$1}"
}

good_modes() {
	put "$SQ/reclaim/mode" series &&
		grep -q '^series [1-9][0-9]*$' "$SQ/reclaim/mode" &&
		good_mode "series 1" && good_mode "series  77" "series 77" &&
		put "$SQ/reclaim/mode" parallel &&
		grep -q '^parallel [1-9][0-9]*$' "$SQ/reclaim/mode" &&
		good_mode "parallel 60000" && good_mode off
}

good_strategies() {
	local s

	for s in first best segregated; do
		put "$SQ/heaps/default/strategy" $s &&
			grep -q -F -w "[$s]" "$SQ/heaps/default/strategy" &&
			same strategy "$(field heaps/default/stats strategy)" \
				$s || return 1
	done
}

good_run() {
	local runs

	runs=$(field reclaim/stats runs_asked)
	reclaim && same "runs" "$(field reclaim/stats runs_asked)" $((runs + 1))
}

plan 34
need load reclaim=off
need sample acorn hold=1
need helper hoard objects=5000 keep=500 size=300
check "the caches' directory stays what it is" same_inode
check "the files are those of the layout" layout_right
check "all can be read" readable
refuse "run cannot be read" cat "$SQ/reclaim/run"
check "stats are keys and numbers" all_well_formed
check "the summary is a table, keys and numbers" summary_well_formed
check "figures of caches add up" caches_add_up
check "figures of heaps add up" heaps_add_up
check "the summary agrees with the heaps" summary_adds_up
check "the summary counts large objects too" summary_counts_all
check "caches have their pages" caches_have_their_pages
check "what has nothing is left out" nothing_left_out
check "histograms count all slabs and blocks" histograms_right
check "histograms of heaps count all classes" classes_right
check "maps count all pages" maps_right
check "bad modes are refused" no_bad_mode
check "bad runs are refused" no_bad_run
check "bad strategies are refused" no_bad_strategy
check "bad addresses are refused" no_bad_whose
check "bad flags of debugging are refused" no_bad_debug
check "bad failures are refused" no_bad_fail
check "words of 63 characters and more are refused" no_long_words
check "words with a NUL are refused" no_cut_words
check "nothing else can be written" nothing_else_written
check "check tells where a rule is broken" check_tells
check "good modes are taken" good_modes
check "good strategies are taken" good_strategies
check "a run is run" good_run
check "figures add up afterwards" caches_add_up
check "maps count all pages afterwards" maps_right
check "check finds nothing" sound
check "clients unload" sh -c "rmmod hoard && rmmod acorn"
finish
