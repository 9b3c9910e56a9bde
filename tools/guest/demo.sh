# SPDX-License-Identifier: GPL-2.0
# Job: what `make demo` shows, nobody typing. A scene begins with a form feed and the seconds
# that it stays when all of it is there; a vertical tab and seconds are a pause before that.
# tools/demo.awk makes a picture of all of them. On the kernel's command line sqpause=0 leaves
# the waits out.
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel
TRACE=traces/boot.trace
ROWS=30
pause=1
! grep -q 'sqpause=0' /proc/cmdline || pause=0
failed=0

# scene SECONDS TEXT
scene() {
	[ -z "${wait:-}" ] || [ "$pause" = 0 ] || sleep "$wait"
	wait=$1
	printf '\f%s\n# %s\n' "$1" "$2"
}

# typed COMMAND: say it, do it, and show as much as a screen has. Who looks on has to read it.
typed() {
	printf '$ %s\n' "$1"
	[ "$pause" = 0 ] || sleep 2
	printf '\v2\n'
	sh -c "$1" >/tmp/shown 2>&1 || failed=1
	head -n "$ROWS" /tmp/shown
}

scene 12 "squirrel: an allocator of one's own for kernel modules. It is a module, so:"
typed "insmod squirrel.ko"
typed "insmod samples/acorn.ko; dmesg | grep -o 'acorn: .*'; rmmod acorn"

scene 15 "A client takes 5000 objects and forgets two. Who had them? Ask before it is loaded:"
typed "./squirrel debug 'hoard*' FZPU"
typed "insmod selftests/hoard.ko objects=5000 keep=2 size=300"
typed "./squirrel leaks"
grep -q ' 2 .*hoard_' /tmp/shown || failed=1
typed "rmmod hoard"
typed "./squirrel debug 'hoard*' -"

for round in 1 2 3; do
	scene 8 "The allocations of a booting kernel, played on squirrel; look $round"
	[ $round -gt 1 ] || insmod samples/replay.ko trace="$PWD/$TRACE" subject=squirrel keep=1 &
	sleep 1
	typed "./squirrel top -o | head -n 26"
done
wait
grep -q '^replay ' /proc/modules || failed=1

scene 25 "Its heap, by address: # live, digits tenths live, . m d and - free"
echo off >$DEBUG/reclaim/mode
typed "./squirrel map heaps/replay | head -n 30"
scene 25 "The reclaimer gives back what is free"
typed "./squirrel reclaim"
typed "./squirrel map heaps/replay | head -n 28"
rmmod replay || failed=1

scene 20 "Memory pressure, the reclaimer off: 20000 objects are made and all but 100 freed"
typed "insmod selftests/hoard.ko objects=20000 size=1000 keep=100"
typed "grep pages_held: $DEBUG/summary"
typed "echo 2 >/proc/sys/vm/drop_caches   # the kernel asks its shrinkers"
typed "grep pages_held: $DEBUG/summary"

scene 20 "All structures compared with each other, and away"
typed "./squirrel check"
typed "rmmod hoard; rmmod squirrel; lsmod | grep -c squirrel || true"
[ "$pause" = 0 ] || sleep "$wait"
printf '\f0\n'
[ "$failed" = 0 ] && echo "ok 1 - demo" || echo "not ok 1 - demo"
echo "1..1"
