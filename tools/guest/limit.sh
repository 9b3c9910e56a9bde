# SPDX-License-Identifier: GPL-2.0
# limit.sh SECONDS LOG COMMAND...: run COMMAND, and kill it when LOG, where somebody keeps
# what it says, has not grown for so long. How long it takes in all is no matter: on a
# busy machine that may be any time. The exit status is COMMAND's.
# shellcheck shell=dash

limit=$1
log=$2
shift 2
every=$(((limit + 59) / 60))

# Seconds are counted by looks, so that a guest which stood still itself is not blamed.
watch() {
	size=
	while sleep "$every"; do
		now=$(stat -c %s "$log" 2>/dev/null)
		if [ "$now" != "$size" ]; then
			size=$now
			left=$limit
		fi
		left=$((left - every))
		if [ "$left" -le 0 ]; then
			kill -KILL "$1"
			return
		fi
	done
}

"$@" &
pid=$!
watch "$pid" >/dev/null 2>&1 &
watcher=$!
wait "$pid"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
