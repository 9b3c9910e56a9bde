#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Figures of memory that is held and not used: waste, fragmentation, what is
# free and where, what pins slabs, what a run of the reclaimer yielded. Each is
# worked out a second time from others.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

# permille PART WHOLE
permille() {
	[ "$2" -gt 0 ] && echo $((1000 * $1 / $2)) || echo 0
}

# waste FILE GIVEN: the parts and the whole; GIVEN is what live objects got.
waste() {
	local f=$1 bytes

	bytes=$(field "$f" internal_waste_bytes)
	same "$f: waste" "$bytes" $(($(field "$f" padding_bytes) +
		$(field "$f" slab_tail_bytes) +
		$(field "$f" large_rounding_bytes))) &&
		same "$f: part" "$(field "$f" internal_waste_permille)" \
			"$(permille "$bytes" $(($2 +
				$(field "$f" slab_tail_bytes))))"
}

cache_waste() {
	local f=caches/$1/stats live slot size

	live=$(field "$f" live_objects)
	slot=$(field "$f" slot_size)
	size=$(field "$f" object_size)
	waste "$f" $((live * slot)) &&
		same "$f: padding" "$(field "$f" padding_bytes)" \
			$((live * (slot - size))) &&
		same "$f: tails" "$(field "$f" slab_tail_bytes)" \
			$(($(field "$f" slab_bytes) -
				$(field "$f" objects) * slot))
}

# The tutorial's note: 10000 bytes in whole pages, three of 4 KiB. Where pages are larger
# than that it is an object of a class.
heap_waste() {
	local f=heaps/acorn_hollow/stats bytes rounding

	if [ "$PAGE" -lt 10000 ]; then
		bytes=$(((10000 + PAGE - 1) / PAGE * PAGE))
		rounding=$((bytes - 10000))
	else
		bytes=$(field $f live_bytes)
		rounding=0
	fi
	same "large rounding" "$(field $f large_rounding_bytes)" $rounding && waste $f $bytes
}

waste_right() {
	cache_waste acorn && cache_waste hoard && heap_waste
}

cache_free() {
	local f=caches/$1/stats slot place

	slot=$(field "$f" slot_size)
	for place in slabs magazines depots; do
		same "$f: $place" "$(field "$f" free_bytes_in_$place)" \
			$((slot * $(field "$f" objects_in_$place))) || return 1
	done
}

# column FILE N: sum of a column of the table of size classes.
column() {
	awk -v n="$2" '/^class/ { on = 1; next } on { sum += $n }
		END { print sum + 0 }' "$SQ/$1"
}

heap_free() {
	local h=heaps/$1

	same "$h: slabs" "$(column "$h/histogram" 6)" \
		"$(field "$h/stats" free_bytes_in_slabs)" &&
		same "$h: magazines" "$(column "$h/histogram" 7)" \
			"$(field "$h/stats" free_bytes_in_magazines)" &&
		same "$h: depots" "$(column "$h/histogram" 8)" \
			"$(field "$h/stats" free_bytes_in_depots)"
}

free_right() {
	cache_free acorn && cache_free hoard && heap_free default &&
		heap_free acorn_hollow
}

# Much was freed and went to all three places.
free_somewhere() {
	local place

	for place in slabs magazines depots; do
		[ "$(field summary free_bytes_in_$place)" -gt 0 ] || {
			grep free_bytes "$SQ/summary"
			grep -E "^(objects|slabs)" "$SQ/caches/hoard/stats"
			return 1
		}
	done
}

blocks_right() {
	local h f free scattered

	for h in default acorn_hollow; do
		f=heaps/$h/stats
		free=$(($(field $f pages_free) * PAGE))
		scattered=0
		[ $free -eq 0 ] || scattered=$((1000 -
			$(permille "$(field $f largest_free)" $free)))
		same "$h: fragmentation" \
			"$(field $f external_fragmentation_permille)" \
			$scattered &&
			same "$h: hits" "$(field $f coalesce_hits_permille)" \
				"$(permille "$(field $f merges)" \
					"$(field $f coalesce_tries)")" ||
			return 1
	done
}

# After a run nothing but the kept object's slab is left.
pinned_right() {
	local f=caches/hoard/stats

	reclaim
	same "slabs" "$(field $f slabs)" 1 &&
		same "pinned slabs" "$(field $f slabs_pinned_by_one)" 1 &&
		same "pinned pages" "$(field $f pages_pinned_by_one)" \
			"$(field $f slab_pages)" &&
		same "of all" "$(field summary pages_pinned_by_one)" \
			"$(total heaps pages_pinned_by_one)"
}

summary_right() {
	local key

	for key in padding_bytes slab_tail_bytes large_rounding_bytes \
		internal_waste_bytes free_bytes_in_slabs \
		free_bytes_in_magazines free_bytes_in_depots; do
		same "summary: $key" "$(field summary $key)" \
			$(($(total caches $key) + $(total heaps $key))) ||
			return 1
	done
}

# Freed large blocks grow older, as nobody takes any.
age_grows() {
	local f=heaps/hoard/stats old mean

	old=$(field $f free_age_ms_oldest)
	mean=$(field $f free_age_ms_mean)
	[ "$(field $f pages_free)" -gt 0 ] || {
		cat "$SQ/$f"
		return 1
	}
	sleep 1
	old=$(($(field $f free_age_ms_oldest) - old))
	mean=$(($(field $f free_age_ms_mean) - mean))
	echo "older by $old ms, $mean ms on average"
	[ $old -ge 900 ] && [ $mean -ge 900 ] && [ $mean -le $((old * 10)) ]
}

# A run that finds something is the last one, and the first of the history.
run_right() {
	local pages useful f=reclaim/stats

	pages=$(field $f pages_given_back)
	useful=$(field $f runs_useful)
	reclaim
	pages=$(($(field $f pages_given_back) - pages))
	[ $pages -gt 0 ] &&
		same "pages" "$(field $f last_run_pages)" $pages &&
		same "useful runs" "$(field $f runs_useful)" $((useful + 1)) &&
		same "mean" "$(field summary reclaim_pages_per_run)" \
			"$(field $f reclaim_pages_per_run)" &&
		same "history" "$(awk 'NR == 2 { print $1, $6 }' \
			"$SQ/reclaim/history")" "asked $pages"
}

history_right() {
	awk 'NR == 1 { if (NF != 7) bad = 1; next }
		NF != 7 || $1 !~ /^(series|parallel|asked|pressure)$/ { bad = 1 }
		$2 < ago { bad = 1 }
		{ ago = $2 }
		END { exit bad || NR < 2 || NR > 17 }' "$SQ/reclaim/history"
}

# The background's runs are in it as well.
background_told() {
	# It stays, for squirrel gives back what is free when a module goes.
	helper hoard objects=$((PAGE / 2)) size=300 keep=1 &&
		put "$SQ/reclaim/mode" "parallel 1" &&
		until_true grep -q '^parallel' "$SQ/reclaim/history" && rmmod hoard && return 0
	cat "$SQ/reclaim/history" "$SQ/reclaim/stats"
	return 1
}

plan 14
need load reclaim=off
need sample acorn hold=1
# Twice before: magazines become as large as they may be beside the load, and
# only then depots are filled.
need helper hoard objects=30000 keep=1 size=300 swings=2
check "waste is the sum of its parts" waste_right
check "free bytes are counted by place" free_right
check "there are some in each place" free_somewhere
check "fragmentation and merges" blocks_right
check "the summary is the sum" summary_right
check "one object pins a slab" pinned_right
check "fragmentation and merges after a run" blocks_right
check "hoard unloads" rmmod hoard
need helper hoard where=heap objects=100 keep=1 size=20000
check "free memory grows older" age_grows
check "a run is told of" run_right
need rmmod hoard
check "the history is a table" history_right
check "the background is in it" background_told
finish
