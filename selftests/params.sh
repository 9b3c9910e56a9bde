#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The parameters of squirrel.ko: each is described and visible, a good value has
# its effect, a bad one refuses the load or the write and changes nothing.
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

PARAMS=/sys/module/squirrel/parameters

documented() {
	tr '\000' '\n' <"$DIR/squirrel.ko" | sed -n 's/^parm=\([a-z_]*\):.*/\1/p' |
		sort
}

described() {
	local name

	documented >"$TMP/documented"
	tr '\000' '\n' <"$DIR/squirrel.ko" |
		sed -n 's/^parmtype=\([a-z_]*\):.*/\1/p' >"$TMP/types"
	# reclaim has calls of its own, so no type: sysfs shows that it is there
	while read -r name; do
		grep -q -x "$name" "$TMP/documented" || {
			echo "$name has no description"
			return 1
		}
	done <"$TMP/types"
	[ -s "$TMP/documented" ]
}

# All that is documented is visible, and nothing else.
visible() {
	same "list of parameters" \
		"$(find "$PARAMS" -type f | sed 's|.*/||' | sort | tr '\n' ' ')" \
		"$(documented | tr '\n' ' ')"
}

# with PARAMETER=VALUE COMMAND...: loaded so, does the command succeed?
with() {
	local parameter=$1 status

	shift
	load "$parameter" || return 1
	"$@"
	status=$?
	rmmod squirrel || return 1
	return $status
}

strategy_is() {
	grep -q -F -w "[$1]" "$SQ/heaps/default/strategy" &&
		same strategy "$(field heaps/default/stats strategy)" "$1" &&
		same "strategy parameter" "$(cat $PARAMS/strategy)" "$1"
}

hardened_is() {
	same hardened "$(cat $PARAMS/hardened)" "$1"
}

sample_is() {
	same sample "$(cat "$SQ/sample")" "$1" &&
		same "the default heap's" "$(cat "$SQ/heaps/default/sample")" "$1"
}

# quarantine BYTES FEWEST MOST: so many of 200 objects of a kilobyte are kept.
quarantine() {
	local nr

	load "quarantine=$1" debug=Q reclaim=off || return 1
	helper hoard where=heap objects=200 size=1024 || return 1
	nr=$(field heaps/hoard/stats objects_in_quarantine)
	echo "$nr are in quarantine"
	rmmod hoard && rmmod squirrel && [ "$nr" -ge "$2" ] && [ "$nr" -le "$3" ]
}

# A mode without a number has a default, which is for the reclaimer to choose.
mode_like() {
	local mode

	read -r mode <"$SQ/reclaim/mode"
	echo "reclaim/mode is $mode"
	mode_is "$mode" && [ "${mode% *}" = "$1" ] && [ "${mode#* }" -gt 0 ]
}

mode_is() {
	same reclaim/mode "$(cat "$SQ/reclaim/mode")" "$1" &&
		same "reclaim parameter" "$(cat $PARAMS/reclaim)" "$1"
}

# Not of what the kernel would call either: shrinkers, as it does here, and a
# callback for CPUs that go.
nothing_stays() {
	local states=/sys/devices/system/cpu/hotplug/states

	echo 2 >/proc/sys/vm/drop_caches
	not_loaded squirrel && [ ! -e "$SQ" ] && [ -e $states ] &&
		! grep squirrel $states
}

# bad_load PARAMETER=VALUE: refused with EINVAL and a line, and nothing stays.
bad_load() {
	mark
	if load "$1" 2>"$TMP/error"; then
		echo "was loaded"
		rmmod squirrel
		return 1
	fi
	grep -q -F 'Invalid argument' "$TMP/error" || {
		cat "$TMP/error"
		return 1
	}
	nothing_stays && said "^squirrel: .*(unknown|invalid)"
}

# bad_write VALUE: refused with EINVAL; the mode stays.
bad_write() {
	local before

	before=$(cat "$SQ/reclaim/mode")
	if put $PARAMS/reclaim "$1" 2>"$TMP/error"; then
		echo "'$1' was taken as '$(cat $PARAMS/reclaim)'"
		return 1
	fi
	grep -q -F 'Invalid argument' "$TMP/error" && mode_is "$before"
}

good_write() {
	put $PARAMS/reclaim "$1" && mode_is "$2"
}

# One of each kind comes first: that is enough where all takes long.
bad_loads="strategy=worst hardened=maybe reclaim=never reclaim=series+0"
bad_writes="sometimes series+0"
if ! slow; then
	bad_loads="$bad_loads strategy= strategy=First strategy
		strategy=first+best reclaim= reclaim=series+x
		reclaim=series+-1 reclaim=parallel+60001
		reclaim=off+3 reclaim=series+18446744073709551616
		reclaim=a_word_that_is_longer_than_any_mode_could_be
		reclaim=off+++++++++++++++++++++++++++++++++++x"
	bad_writes="$bad_writes parallel+0 parallel+60001 off+1 series+5+6"
fi

# spaced WORD: a + is a space.
spaced() {
	echo "$1" | tr + ' '
}

# The kernel wants a value with spaces in quotes.
quoted() {
	spaced "$1" | sed '/ /s/=\(.*\)/="\1"/'
}

# shellcheck disable=SC2086 # lists of words
plan $((28 + $(set -- $bad_loads $bad_writes; echo $#)))
check "every parameter is described" described
check "loads without parameters" load
check "what is described is visible" visible
check "strategy is segregated" strategy_is segregated
check "hardened is on" hardened_is Y
check "reclaim is parallel" mode_like parallel
check "unloads" rmmod squirrel

for s in segregated first best; do
	check "strategy=$s" with strategy=$s strategy_is $s
done
check "hardened=0" with hardened=0 hardened_is N
check "hardened=1" with hardened=1 hardened_is Y
check "reclaim=off" with reclaim=off mode_is off
check "reclaim=series" with reclaim=series mode_like series
check "reclaim=series 7" with 'reclaim="series 7"' mode_is "series 7"
check "reclaim=parallel" with reclaim=parallel \
	mode_like parallel
check "reclaim=parallel 60000" with 'reclaim="parallel 60000"' \
	mode_is "parallel 60000"

check "sample=0" with sample=0 sample_is 0
check "sample=10" with sample=10 sample_is 10
check "quarantine=65536" quarantine 65536 20 64

for bad in $bad_loads; do
	bad=$(quoted "$bad")
	check "refused: $bad" bad_load "$bad"
done

check "loads again" load reclaim=off
check "write off" good_write off off
check "write series 500" good_write "series 500" "series 500"
check "write parallel" put $PARAMS/reclaim parallel
check "which has a default" mode_like parallel
for bad in $bad_writes; do
	bad=$(spaced "$bad")
	check "write refused: $bad" bad_write "$bad"
done
refuse "strategy cannot be written" put $PARAMS/strategy first
finish
