#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# watch.sh [-l | -e] DIR COMMAND...: run COMMAND, which boots a guest, and end it when the
# guest stands still: when nothing was added to DIR/console.log for SQ_STILL_BOOT
# seconds before its first program runs, or after that neither there nor to
# DIR/result.log for SQ_STILL seconds; or when it has run for SQ_TIMEOUT seconds in
# all. Where it stood is said. SQ_BEGUN is a command for when the job has written its
# first line. SQ_QUIT is an expression: a line of one of the logs that it matches is
# reason enough to end it. With -l what COMMAND writes is console.log; with -e
# its errors are qemu.log.
#
# Exit status: that of COMMAND, or
#	64	stood still before its first program: nothing of ours has run yet
#	65	stood still later
#	66	the time is over
#	67	SQ_QUIT was found
. "$(dirname "$0")/lib.sh"

log=
case ${1:-} in
-l | -e)
	log=$1
	shift
	;;
esac
[ $# -ge 2 ] || die "usage: tools/watch.sh [-l | -e] DIR COMMAND..."
dir=$1
shift
still_boot=${SQ_STILL_BOOT:-60}
still=${SQ_STILL:-300}
limit=${SQ_TIMEOUT:-300}
every=${SQ_WATCH_EVERY:-2}

sizes() {
	stat -c %s "$dir/console.log" "$dir/result.log" 2>/dev/null
}

# The kernel says so in its log; a job's first line is as good.
has_begun() {
	[ -s "$dir/result.log" ] ||
		grep -q -a 'Run /init as init process' "$dir/console.log" 2>/dev/null
}

where() {
	say "the kernel's last line: $(last_line "$dir/console.log")"
	[ ! -s "$dir/result.log" ] ||
		say "the job's last line: $(last_line "$dir/result.log")"
}

# Ended with all its processes, whatever it takes.
end_it() {
	kill -- -"$pid" 2>/dev/null || true
	for _ in 1 2 3 4 5 6; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.5
	done
	kill -9 -- -"$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

# A group of its own for COMMAND.
set -m
case $log in
-l) "$@" <&0 >"$dir/console.log" 2>&1 & ;;
-e) "$@" <&0 2>"$dir/qemu.log" & ;;
*) "$@" <&0 & ;;
esac
pid=$!
set +m
trap end_it EXIT
before=
since=$SECONDS
verdict=
while kill -0 "$pid" 2>/dev/null; do
	now=$(sizes)
	if [ "$now" != "$before" ]; then
		before=$now
		since=$SECONDS
	fi
	if [ -n "${SQ_BEGUN:-}" ] && [ -s "$dir/result.log" ]; then
		eval "$SQ_BEGUN"
		SQ_BEGUN=
	fi
	quiet=$((SECONDS - since))
	if [ -n "${SQ_QUIT:-}" ] &&
		grep -q -a -E -e "$SQ_QUIT" "$dir/console.log" "$dir/result.log"; then
		verdict=67
		say "that is enough"
	elif [ "$SECONDS" -ge "$limit" ]; then
		verdict=66
		say "time limit of $limit s reached"
	elif has_begun; then
		if [ "$quiet" -ge "$still" ]; then
			verdict=65
			say "the guest has stood still for $quiet s"
		fi
	elif [ "$quiet" -ge "$still_boot" ]; then
		verdict=64
		say "the guest has stood still for $quiet s, before its first program"
	fi
	if [ -n "$verdict" ]; then
		where
		exit "$verdict"
	fi
	sleep "$every"
done
status=0
wait "$pid" || status=$?
trap - EXIT
exit "$status"
