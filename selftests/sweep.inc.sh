# SPDX-License-Identifier: GPL-2.0
# A failure sweep: a client's load is run once for each of its allocations, which fails,
# until none did. To be sourced, with squirrel loaded:
#
#	sweep MODULE COMMAND...
#
# The command loads the module, has it do its work and takes it out again; what it returns
# does not matter. It goes on as long as the machine does and nothing is left behind.
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
