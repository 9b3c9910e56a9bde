# SPDX-License-Identifier: GPL-2.0
# A failure sweep: a client's load is run once for each of its allocations, which fails,
# until none did. To be sourced, with squirrel loaded:
#
#	sweep MODULE COMMAND...
#
# The command loads the module, has it do its work and takes it out again; what it returns
# does not matter. It goes on as long as the machine does and nothing is left behind.
#	sweep_sites MODULE COMMAND...
#
# runs it once for each call site of its allocations instead: the first of each fails, and
# once more for the last of each that allocates more than once (not with SWEEP_FIRST=1 in the
# environment). $sites is how many there were. A load that does not always do the same is run
# until each that was seen has failed, four times as often as there are call sites at most.
#
# With SWEEP_STEP=S in the environment only each Sth allocation fails, from the first on;
# with SWEEP_LAST=N the Nth is the last one.
# shellcheck shell=dash

SQ=${SQ:-/sys/kernel/debug/squirrel}

# swept KEY: a figure of the sweep.
swept() {
	sed -n "s/^$1: //p" "$SQ/fail"
}

# What there is of others, and how much of the default heap is live.
what_is_left() {
	ls "$SQ/caches" "$SQ/heaps"
	grep '^live_objects:' "$SQ/heaps/default/stats"
}

# sweep MODULE COMMAND...: fails as soon as something is left; $runs is how often it ran.
sweep() {
	local module=$1 before at=1 status=0

	shift
	runs=0
	before=$(what_is_left)
	while :; do
		runs=$((runs + 1))
		echo "$at,$module" >"$SQ/fail" || return 1
		at=$((at + ${SWEEP_STEP:-1}))
		"$@"
		[ "$(swept hit)" = 1 ] || break
		if [ "$(what_is_left)" = "$before" ]; then
			[ "$at" -le "${SWEEP_LAST:-$at}" ] && continue
			break
		fi
		echo "left behind when an allocation failed:"
		what_is_left
		cat "$SQ/fail"
		status=1
		break
	done
	echo 0 >"$SQ/fail"
	return $status
}

# left_behind BEFORE: is there more than before?
left_behind() {
	[ "$(what_is_left)" != "$1" ] || return 1
	echo "left behind when an allocation failed:"
	what_is_left
	cat "$SQ/fail"
}

# sweep_lasts MODULE COMMAND...: of the call sites that allocate more than once.
sweep_lasts() {
	local module=$1 at lasts

	shift
	lasts=$(sed -n 's/^site: //p' "$SQ/fail" | awk '$1 && $1 != $2 { print $2 }')
	for at in $lasts; do
		runs=$((runs + 1))
		echo "$at,$module" >"$SQ/fail" || return 1
		"$@"
		! left_behind "$before" || return 1
	done
}

# sweep_sites MODULE COMMAND...: fails as soon as something is left, or if a call site was seen
# that did not fail; $runs is how often it ran, $sites how many there were.
sweep_sites() {
	local module=$1 before hit=1 status=0

	runs=0
	before=$(what_is_left)
	shift
	sites=0
	while [ "$status" = 0 ] && [ "$runs" -le $((4 * sites + 8)) ] &&
		{ [ "$hit" = 1 ] || [ "$sites" != "$(swept sites_failed)" ]; }; do
		runs=$((runs + 1))
		echo "site,$module" >"$SQ/fail" || return 1
		"$@"
		hit=$(swept hit)
		sites=$(swept sites)
		! left_behind "$before" || status=1
	done
	if [ "$sites" != "$(swept sites_failed)" ] || [ "$(swept sites_lost)" != 0 ]; then
		cat "$SQ/fail"
		status=1
	fi
	[ "$status" != 0 ] || [ -n "${SWEEP_FIRST:-}" ] || sweep_lasts "$module" "$@" || status=1
	echo 0 >"$SQ/fail"
	return $status
}
